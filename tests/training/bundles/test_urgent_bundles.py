"""A fitted bundle with priorities: its cut, its measures, and what no wording may bring below P1."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.encoder.encoder import from_files
from tests.training.desk import fitted, open_home, ticket, write
from training.cli import cli
from training.config import RefitConfig
from training.evaluation.urgency_cutoff import Urgency
from training.report import page as report
from triage.model import bundle as bundles
from triage.model import urgency
from triage.model.assessment import Assessment, assess, ranked
from triage.model.bundle import Bundle
from triage.taxonomy.labels import PRIORITIES
from triage.text.cleaning import model_text

STRICT = RefitConfig(urgency=Urgency(miss_rate=0.05))

WORDS = {
    "P0": "outage unreachable everyone blank",
    "P1": "blocked deadline stuck",
    "P3": "colour wording font",
    "P4": "wish idea",
}
SHARES = ["P0", "P1", "P1", "P3", "P3", "P3", "P4", "P4"]


def urgent_ticket(number: int) -> dict[str, Any]:
    """Return a ticket whose words tell its priority."""
    random = Random(number)
    priority = random.choice(SHARES)
    words = random.choices(WORDS[priority].split(), k=3)
    return ticket(number, priority=priority, subject=" ".join(words))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("urgent")
    fitted(folder, [urgent_ticket(number) for number in range(700)], config=STRICT)
    return folder


@pytest.fixture(scope="module")
def bundle(home: Path) -> Bundle:
    return bundles.load(home / "candidate")


def tagged(bundle: Bundle, subject: str) -> Assessment:
    """Tag a ticket's priority the way serving does."""
    texts = [model_text(subject, "")]
    states = from_files(*bundle.encoder_files()).read(texts).states
    row = bundle.predict(texts, states)["priority"][0].tolist()
    by_label = dict(zip(bundle.heads["priority"].classes_, row, strict=True))
    why = urgency.alarm(LEXICON.find(texts[0]), by_label, bundle.urgent_cut)
    found = urgency.raised(
        assess(ranked(*zip(*by_label.items(), strict=True)), bundle.rules["priority"]), why, by_label
    )
    assert found is not None
    return found


LEXICON = urgency.default()
OUTAGES = ("sev1", "data loss", "production is down", "the site is down for everyone", "nobody can log in")
PLAIN = st.lists(st.sampled_from([*" ".join(WORDS.values()).split(), "please", "export"]), min_size=1, max_size=6).map(
    " ".join
)


def rank(tag: Assessment) -> int:
    return PRIORITIES.index(tag.label) if tag.label else len(PRIORITIES)


@settings(deadline=None, max_examples=60)
@given(PLAIN, st.sampled_from(OUTAGES), st.booleans())
def test_adding_an_outage_phrase_never_lowers_a_priority(bundle: Bundle, plain: str, phrase: str, first: bool) -> None:
    with_phrase = f"{phrase}. {plain}" if first else f"{plain}. {phrase}"
    assert rank(tagged(bundle, with_phrase)) == 0
    assert rank(tagged(bundle, with_phrase)) <= rank(tagged(bundle, plain))


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(OUTAGES),
    st.sampled_from(["{}", "Hello, could you please help? {}", "{} Thank you so much, have a lovely day!", "{}!!!"]),
    st.sampled_from([str, str.upper, str.title, lambda text: text.replace(" ", "  ")]),
)
def test_neither_politeness_nor_case_nor_spacing_brings_an_outage_below_p1(
    bundle: Bundle, phrase: str, around: str, written: Any
) -> None:
    assert rank(tagged(bundle, written(around.format(phrase)))) <= 1


@pytest.mark.parametrize("text", ["prodution is down", "dataloss", "nobdoy can log in", "the site is down for evryone"])
def test_a_slip_of_the_keyboard_does_not_bring_an_outage_below_p1(bundle: Bundle, text: str) -> None:
    assert rank(tagged(bundle, text)) <= 1


def test_the_cut_is_in_the_manifest_and_keeps_its_rate_on_the_held_out_tickets(bundle: Bundle) -> None:
    entry = bundle.manifest.heads["priority"]
    record, metrics = entry.urgency, entry.metrics
    assert record.miss_rate == 0.05
    assert record.n >= record.needed == 19
    assert record.cut == bundle.urgent_cut is not None
    assert record.lexicon == LEXICON.version
    assert metrics.floor.urgent_missed <= 0.05
    assert metrics.floor.recall_p0 >= metrics.recall_p0
    assert set(metrics.urgent_recall) == {"0.5", "0.8"}
    assert bundle.manifest.heads["category"].urgency is None


def test_the_report_says_what_is_missed_beside_the_accuracy(bundle: Bundle) -> None:
    lines = list(report.lines(bundle.manifest))
    assert any("urgent tickets missed" in line for line in lines)
    assert any("cost per ticket" in line for line in lines)


def test_evaluate_measures_the_floor_on_newer_tickets(home: Path) -> None:
    newer = write(home / "newer.jsonl", [urgent_ticket(number) for number in range(2_000, 2_150)])
    told = CliRunner().invoke(cli, ["evaluate", "--bundle", str(home / "candidate"), "--tickets", str(newer), "--json"])
    found = json.loads(told.stdout)["priority"]
    assert {"ordinal_cost", "urgent_recall", "urgent_missed", "recall_p0", "floor"} <= set(found)
    assert found["floor"]["urgent_missed"] <= found["urgent_missed"]
    assert found["floor"]["urgent_missed"] <= 0.12  # one draw of some 56 urgent tickets, 5 % expected


def test_too_few_urgent_tickets_give_no_cut_and_the_lexicon_still_raises(tmp_path: Path) -> None:
    done = fitted(tmp_path, [urgent_ticket(number) for number in range(200)], config=STRICT)
    record = done.manifest.heads["priority"].urgency
    assert record.cut is None
    assert "takes 19" in record.problem
    few = bundles.load(tmp_path / "candidate")
    assert few.urgent_cut is None
    assert tagged(few, "sev1").label == "P0"


def test_texts_are_tagged_one_by_one_as_in_a_batch(bundle: Bundle, home: Path) -> None:
    encoder = open_home(home).encoder(None)
    texts = [model_text(str(urgent_ticket(number)["subject"]), "") for number in range(8)]
    together = bundle.predict(texts, encoder.read(texts).states)["priority"]
    alone = np.vstack([bundle.predict([text], encoder.read([text]).states)["priority"] for text in texts])
    assert np.abs(together - alone).max() < 1e-5  # far below the cut's last digit
