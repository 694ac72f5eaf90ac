"""The manifest is one typed record: what is written is read back, field by field, number by number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.manifests import a_certificate, a_head, a_manifest
from tests.training.desk import START, fitted, open_home, ticket
from training.bundles.migration import migrate
from training.config import Head, RefitConfig
from triage.model import bundle as bundles
from triage.model.answers_entry import AnswerFigures, Answers, AnswersUncertified, OraclePoint, RiskPoint
from triage.model.certificate import Window
from triage.model.head_entry import Cutoff, Metrics, Trivial, Uncertified
from triage.model.manifest import FORMAT, Manifest, from_record, to_record
from triage.taxonomy.changes_file import parse

SAMPLE = Path(__file__).parents[3] / "var/sample/bundle/manifest.json"
FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
PRIORITIES = {"bug": "P1", "billing": "P3", "how_to": "P4"}
RENAME = """
[[change]]
at = 2026-01-20T00:00:00Z
head = "category"
rename = "how_to"
to = "question"
"""


def on_disk(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    return found


def same(record: dict[str, Any], other: dict[str, Any]) -> bool:
    """Compare as JSON: 1 and 1.0 are two things."""
    return json.dumps(record, sort_keys=True) == json.dumps(other, sort_keys=True)


def labelled(number: int) -> dict[str, Any]:
    row = ticket(number)
    return row | {"priority": PRIORITIES[row["category"]] if number % 13 else "P0"}


def test_what_a_refit_and_a_migration_write_is_read_back_as_it_stands(tmp_path: Path) -> None:
    """With certificates, a cut for urgent tickets, a comparison, and a lineage: every part of the record."""
    workspace = open_home(tmp_path)
    first = fitted(tmp_path, [labelled(number) for number in range(300)], out="first", config=FAST)
    workspace.registry.make_current(workspace.registry.add(tmp_path / "first"))
    second = fitted(tmp_path, [labelled(number) for number in range(600)], out="second", config=FAST)
    before = bundles.load(tmp_path / "second")
    third = migrate(before, parse(RENAME), tmp_path / "third", at=START, encode=workspace.encode)
    assert second.manifest.comparison
    assert second.manifest.heads["category"].certificates
    assert second.manifest.heads["priority"].urgency
    assert third.manifest.lineage
    for folder, manifest in (("first", first.manifest), ("second", second.manifest), ("third", third.manifest)):
        record = on_disk(tmp_path / folder)
        assert from_record(record) == manifest
        assert same(to_record(manifest), record)


@pytest.mark.skipif(not SAMPLE.exists(), reason="no sample model in var/sample/bundle: run `make setup`")
def test_the_sample_bundle_is_read_back_as_it_stands() -> None:
    record = json.loads(SAMPLE.read_bytes())
    assert same(to_record(from_record(record)), record)


names = st.text(max_size=5)
shares = st.floats(0, 1)
counts = st.integers(0, 10_000)
slices = st.dictionaries(names, names, max_size=2)
metrics = st.builds(
    Metrics, n=counts, accuracy=st.none() | shares, selective_risk=st.just(msgspec.UNSET) | st.none() | shares
)
windows = st.builds(Window, first=names, last=names)
heads = st.builds(
    a_head,
    temperature=shares,
    familiar_at=st.none() | shares,
    rare=st.dictionaries(names, counts, max_size=2),
    metrics=metrics,
    trivial=st.builds(Trivial, label=st.none() | names, n=counts),
    certificates=st.lists(
        st.builds(a_certificate, slice=slices, window=st.none() | windows, alpha=shares), max_size=2
    ).map(tuple),
    uncertified=st.lists(
        st.builds(Uncertified, slice=slices, alpha=st.none() | shares, reason=names, more_labels=st.none() | counts),
        max_size=2,
    ).map(tuple),
    urgency=st.none()
    | st.builds(
        Cutoff, miss_rate=shares, under_cost=shares, over_cost=shares, most_raised=shares, cut=st.none() | shares,
        n=counts, needed=counts, problem=st.none() | names, lexicon=st.none() | names,
    ),
    columns=st.none() | st.lists(counts, min_size=1, max_size=3).map(tuple),
    withdrawn=st.none() | slices,
)  # fmt: skip
figures = st.builds(
    AnswerFigures, n=counts, unanswered=counts, auroc=st.none() | shares,
    auroc_interval=st.none() | st.tuples(shares, shares), ece=st.none(), answered=shares, wrong=st.none() | shares,
    clarified=shares, set_holds=st.none(), oracle=st.tuples(st.builds(OraclePoint, alpha=shares, answered=shares)),
    curve=st.tuples(st.builds(RiskPoint, share=shares, wrong=shares, low=shares, high=shares)),
)  # fmt: skip
learnt = st.builds(
    Answers,
    ranker=st.none() | st.dictionaries(names, shares, max_size=2),
    answer_at=st.none() | shares,
    uncertified=st.just(msgspec.UNSET) | st.none() | st.builds(AnswersUncertified, alpha=shares, delta=shares),
    measured=st.none() | figures,
)
manifests = st.builds(
    a_manifest,
    parent=st.none() | names,
    heads=st.dictionaries(names, heads, max_size=2),
    answers=st.just(msgspec.UNSET) | st.none() | learnt,
    migrated_from=st.none() | names,
)


@settings(deadline=None, max_examples=100)
@given(manifests)
def test_any_manifest_survives_its_record(manifest: Manifest) -> None:
    record = json.loads(json.dumps(to_record(manifest)))
    assert record["format"] == FORMAT
    assert from_record(record) == manifest
    assert same(to_record(from_record(record)), record)


def test_a_number_that_json_does_not_know_is_refused_before_it_is_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_record(a_manifest(heads={"category": a_head(temperature=float("nan"))}))
