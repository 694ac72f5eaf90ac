"""Closed tickets to a promoted bundle, on a desk whose tickets are easy to tell apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from tests.training.desk import OTHER_DESK, WORDS, fitted, open_home, ticket, tickets
from training.bundles import held_out
from training.bundles.comparison import compare
from training.bundles.evaluate import evaluate, evaluate_gate
from training.classifiers import foreign_texts
from training.config import Head, RefitConfig
from training.errors import NoRoomForBundle, NothingToLearn, ParityLost, TooManyBadRows
from triage.model import bundle as bundles
from triage.model.certificate import Window
from triage.tickets.closed_ticket import from_record

FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose current model knows 300 tickets."""
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(300), out="first", config=FAST)
    registry = open_home(home).registry
    registry.make_current(registry.add(home / "first"))
    return home


def test_a_refit_writes_a_bundle_that_knows_its_desk(home: Path) -> None:
    bundle = bundles.load(home / "first")
    assert list(bundle.heads) == ["category", "product_area"]
    assert bundle.heads["category"].classes_ == tuple(sorted(WORDS))
    metrics = bundle.manifest.heads["category"].metrics
    assert metrics.accuracy > 0.95 > 0.6 > bundle.manifest.heads["category"].trivial.accuracy
    assert metrics.n == 45  # the newest 15 % of 300
    assert bundle.manifest.data.window == Window(first="2026-01-01T00:00:00Z", last="2026-01-13T11:00:00Z")
    assert bundle.manifest.data.split.how == "by time: the newest measure"
    assert [len(bundle.cases().records), bundle.cases().records[0]["kb_article_id"][0][:8]] == [300, "article-"]
    assert {"refit.toml", "report.html"} <= {file.path for file in bundle.manifest.files}


def test_the_report_is_one_file_that_needs_nothing_else(home: Path) -> None:
    page = bundles.load(home / "first").read("report.html").decode()
    assert "<svg" in page
    assert "newer tickets" in page
    assert not any(link in page for link in ("http://", "https://", "<script", "src=", "@import"))


def test_the_same_tickets_give_the_same_bundle(home: Path) -> None:
    ids = [fitted(home, tickets(120), out=name, config=FAST).version for name in ("again-1", "again-1")]
    assert ids[0] == ids[1]


def test_a_bundle_measures_new_tickets_through_the_path_that_serves(home: Path) -> None:
    fresh = [from_record(row) for row in tickets(60, first=1_000)]
    found = evaluate(bundles.load(home / "first"), fresh, open_home(home).encode, foreign=["question where", "api key"])
    assert found["category"]["accuracy"] > 0.95
    assert found["category"]["n"] == 60
    assert 0 <= found["category"]["ood_auroc"] <= 1
    json.dumps(found, allow_nan=False)


@pytest.fixture(scope="module")
def sure(home: Path) -> bundles.Bundle:
    """Return a bundle with certificates: 90 tickets are held out."""
    fitted(home, tickets(600), out="sure", config=FAST)
    return bundles.load(home / "sure")


def test_a_certified_head_never_learnt_from_the_held_out_tickets_and_the_bundle_remembers_them(
    sure: bundles.Bundle,
) -> None:
    rows = held_out.read(sure)
    assert [row.id for row in rows] == [f"t-{n}" for n in range(510, 600)]
    assert len(held_out.read_seen(sure)) == 510
    assert not {held_out.key(row.text) for row in rows} & set(held_out.read_seen(sure).tolist())
    assert not any(entry.taught_by_all for entry in sure.manifest.heads.values())


def test_a_head_without_a_certificate_learns_from_all_tickets_after_it_was_measured(home: Path) -> None:
    """45 held-out tickets are too few for a certificate, so nothing is lost by learning from them."""
    bundle = bundles.load(home / "first")
    assert all(entry.taught_by_all for entry in bundle.manifest.heads.values())
    assert bundle.manifest.heads["category"].metrics.n == 45
    assert len(held_out.read_seen(bundle)) == 300


def test_the_head_that_serves_says_of_held_out_tickets_what_it_was_measured_by(
    home: Path, sure: bundles.Bundle
) -> None:
    bundle, rows = sure, held_out.read(sure)
    texts = [row.text for row in rows]
    found = bundle.predict(texts, open_home(home).encode(bundle, texts))["category"]
    guesses = [bundle.heads["category"].classes_[column] for column in found.argmax(axis=1)]
    assert guesses == [row.guesses["category"] for row in rows]


def test_tickets_are_compared_only_where_that_is_fair_to_both(home: Path) -> None:
    """Ticket 5 taught the current model alone; what it said of 290 when measured is remembered; 700 is new."""
    current = bundles.load(home / "first")
    rows = [
        held_out.HeldOut(each.id, each.text, dict(each.labels), dict.fromkeys(each.labels, "anything"))
        for each in (from_record(ticket(number)) for number in (5, 290, 700))
    ]
    asked: list[str] = []

    def encode(bundle: bundles.Bundle, texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return open_home(home).encode(bundle, texts)

    assert compare(rows, current, encode)["category"].n == 2
    assert asked == [rows[2].text]


def test_until_keeps_newer_tickets_out(home: Path) -> None:
    done = fitted(home, tickets(300), out="until", config=FAST, until=datetime(2026, 1, 9, tzinfo=UTC))
    assert done.manifest.data.tickets == 192  # eight days, one an hour
    assert done.manifest.data.left_out == {"outside the asked time": 108}


def test_a_file_without_times_and_with_one_label_is_enough(home: Path) -> None:
    rows = sorted(tickets(200, created_at=None, category=None), key=lambda row: row["product_area"])
    done = fitted(home, rows, out="plain", config=FAST)
    assert list(done.manifest.heads) == ["product_area"]
    assert done.manifest.data.window is None
    assert "at random" in done.manifest.data.split.how


def test_spam_teaches_nothing(home: Path) -> None:
    rows = tickets(150) + tickets(30, first=500, spam=True)
    assert fitted(home, rows, out="spam", config=FAST).manifest.data.left_out == {"spam": 30}


def test_rows_in_quarantine_are_listed_beside_the_report(home: Path) -> None:
    rows = [*tickets(150), {"id": "t-3"}]
    fitted(home, rows, out="listed", config=FAST)
    (line,) = (home / "listed" / "quarantine.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "line": 151,
        "id": "t-3",
        "reason": "description subject and description are both empty",
    }


def test_too_many_bad_rows_stop_the_run_and_leave_the_list(home: Path) -> None:
    with pytest.raises(TooManyBadRows):
        fitted(home, [*tickets(9), {"id": "x"}], out="bad", config=FAST)
    assert len((home / "bad" / "quarantine.jsonl").read_text().splitlines()) == 1
    fitted(home, tickets(120), out="bad", config=FAST)  # and the next run may use the folder


def test_tickets_without_labels_are_nothing_to_learn_from(home: Path) -> None:
    with pytest.raises(NothingToLearn):
        fitted(home, tickets(50, category=None, product_area=None), out="none", config=FAST)
    with pytest.raises(NothingToLearn, match="only 0 label"):
        fitted(home, tickets(1), out="none", config=FAST)


def test_a_folder_that_is_no_bundle_is_left_alone(home: Path) -> None:
    (home / "photos").mkdir()
    (home / "photos" / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(NoRoomForBundle):
        fitted(home, tickets(120), out="photos", config=FAST)
    assert (home / "photos" / "holiday.jpg").exists()


def test_a_head_that_answers_otherwise_than_scikit_learn_is_not_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.bundles import export

    right = export._numpy

    def bent(head: object, learnt: object) -> object:
        classes, weights = right(head, learnt)
        weights.sparse[:] = 0
        return classes, weights

    monkeypatch.setattr(export, "_numpy", bent)
    with pytest.raises(ParityLost, match="differ by"):
        fitted(home, tickets(120), out="bent", config=FAST)
    assert not (home / "bent").exists()


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        (FAST.head, "softmax"),
        (Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.4,), margins=0), "softmax"),
        (Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,)), "whole_joint"),
    ],
)
def test_every_kind_of_head_serves_what_scikit_learn_says(
    home: Path, monkeypatch: pytest.MonkeyPatch, settings: Head, kind: str
) -> None:
    from training.classifiers import fit

    monkeypatch.setattr(fit, "best", lambda compared: compared[-1])
    done = fitted(home, tickets(150), out="kinds", config=RefitConfig(head=settings))
    for entry in done.manifest.heads.values():
        assert entry.choice.kind == kind
        assert entry.parity <= 1e-5
        assert [entry.rung, len(entry.candidates)] == ["fitted", 1 if settings.margins == 0 else 4]


def test_a_few_tickets_a_label_make_a_few_shot_head(home: Path) -> None:
    done = fitted(home, tickets(45), out="few", config=RefitConfig())
    entry = done.manifest.heads["category"]
    assert [entry.rung, entry.choice.kind] == ["few_shot", "few_shot"]
    assert entry.parity <= 1e-5


def test_a_refit_fits_a_foreign_text_gate_and_foreign_texts_are_measured_by_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_texts, "background", lambda: OTHER_DESK)
    fitted(home, tickets(300), out="gated", config=FAST)
    bundle = bundles.load(home / "gated")
    assert bundle.gate is not None
    assert "background texts are caught" in bundle.read("report.html").decode()
    assert set(bundle.gate.entry.energies) == {"category", "product_area"}
    assert bundle.gate.entry.measured.n == 45  # the newest 15 % of 300
    fresh = [from_record(row) for row in tickets(200, first=2_000)]
    encode, foreign = open_home(home).encode, ["api key", "key key api"]
    found = evaluate(bundle, fresh, encode, foreign=foreign)["category"]
    assert found["ood_recall"] == 1
    assert found["familiar"] > 0.9
    gate = evaluate_gate(bundle, fresh, encode, foreign=foreign)
    assert (gate["n"], gate["foreign"]["n"]) == (200, 2)
    assert gate["abstained"] == pytest.approx(1 - found["familiar"])
    assert gate["languages"] == {"unknown": {"n": 200, "abstained": gate["abstained"]}}


def test_in_a_bundle_with_a_certificate_no_head_learns_from_the_held_out_tickets(home: Path) -> None:
    """The certificate is tested behind the foreign-text gate, which reads the energies of all heads."""
    rows = [row | {"product_area": f"area-{number % 2}"} for number, row in enumerate(tickets(600))]  # at random
    done = fitted(home, rows, out="one-certified", config=FAST)
    category, area = (done.manifest.heads[head] for head in ("category", "product_area"))
    assert category.certificates
    assert not area.certificates
    assert not category.taught_by_all
    assert not area.taught_by_all
