"""A head of which a ticket has any number of labels, from the export to the gates of a promotion."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.training.desk import START, open_home, write
from tests.training.multi.desk import FAST, MAPPING, TAXONOMY, TOPICS, learn, row
from training.bundles import multi_evaluation
from training.bundles.migration import migrate
from training.bundles.multi_comparison import paired
from training.cli import cli
from training.config import Certificate
from training.data.closed_tickets import read
from training.data.column_mapping import read_mapping
from training.errors import ConfigRefused
from training.evaluation.certificates import Target
from training.multi.certifying import Sides, certify
from training.multi.metrics import measure, micro_f1, precision_at
from training.promotion.promotion import judge
from training.report.page import lines
from training.runs import folder
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.bundle_files import seal
from triage.taxonomy.changes_file import parse as parse_changes
from triage.tickets.closed_ticket import from_record, to_record

CERTIFIED = replace(FAST, certificate=Certificate(alpha=0.2, delta=0.1))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tags")
    learn(folder, map(row, range(900)), config=CERTIFIED)
    return folder


def test_a_list_of_labels_is_read_as_exports_write_it(tmp_path: Path) -> None:
    (tmp_path / "closed.csv").write_text(
        'id,subject,tags\n1,a,"vat, late refund"\n2,b,vat refund\n3,c,vat;vat\n4,d,\n5,e,"[""x"", ""y z""]"\n'
    )
    (tmp_path / "mapping.toml").write_text('[columns]\ntopics = "tags"\n[values.topics]\nVAT = "tax"\n')
    mapping = read_mapping(tmp_path / "mapping.toml", heads=TAXONOMY.declared)
    found = [each.label_sets["topics"] for each in read(tmp_path / "closed.csv", mapping).tickets]
    assert found == [("tax", "late refund"), ("tax", "refund"), ("tax",), (), ("x", "y z")]
    (tmp_path / "mapping.toml").write_text('[columns]\ntopics = "tags"\n[separators]\ntopics = " / "\n')
    (tmp_path / "other.csv").write_text("id,subject,tags\n1,a,late refund / vat\n")
    mapping = read_mapping(tmp_path / "mapping.toml", heads=TAXONOMY.declared)
    assert read(tmp_path / "other.csv", mapping).tickets[0].label_sets["topics"] == ("late refund", "vat")


def test_only_a_multi_head_has_a_separator(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text('[separators]\ncategory = "|"\n')
    with pytest.raises(ConfigRefused, match="topics is of kind"):
        read_mapping(tmp_path / "mapping.toml", heads=TAXONOMY.declared)


def test_a_row_without_the_column_says_nothing_of_its_labels_and_an_empty_list_says_none() -> None:
    plain = {"id": "1", "subject": "a"}
    assert "topics" not in from_record(plain, (), ("topics",)).label_sets
    ticket = from_record(plain | {"topics": [], "label_sources": {"topics": "person"}}, (), ("topics",))
    assert ticket.label_sets["topics"] == ()
    assert from_record(to_record(ticket), (), ("topics",)) == ticket
    unseen = from_record(plain | {"topics": ["a"], "label_sources": {"topics": "model_unseen"}}, (), ("topics",))
    assert unseen.seen_sets == {}


def test_figures_of_lists_of_labels() -> None:
    truth = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0]], dtype=bool)
    shown = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
    probabilities = np.array([[0.9, 0.6, 0.2], [0.1, 0.8, 0.3], [0.1, 0.2, 0.7]])
    found = measure(truth, shown, shown & False, probabilities)
    assert found.micro_f1 == pytest.approx(2 * 2 / (3 + 4))  # two of four are right, of three that are there
    # F1: first label 1, second 2/3 (one of two right), third 0
    assert found.macro_f1 == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert (found.coverage, found.applied) == (1.0, 0.0)
    assert precision_at(1, truth, probabilities) == 1.0  # the third ticket has no label, so it does not count
    assert precision_at(3, truth, probabilities) == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert precision_at(5, truth, probabilities) is None
    assert micro_f1(truth & False, shown & False) == 1.0


def test_each_label_is_tested_at_its_share_of_delta() -> None:
    rows = np.arange(100)
    probabilities = np.column_stack([np.full(100, 0.9), np.full(100, 0.9), np.full(100, 0.1)])
    truth = np.column_stack([rows >= 0, rows % 2 == 0, rows < 0])
    none = np.zeros(100, dtype=bool)
    sides = Sides(probabilities, truth, none), Sides(probabilities, truth, none)
    sure, half, unlikely = certify(sides, Target(0.05, 0.1))
    assert sure.passed is not None  # 0.95 ** 100 is 0.006
    assert half.passed is None
    assert unlikely.passed is None
    assert sure.tested_at.delta == pytest.approx(0.1)  # the other two cannot pass, so they take no share
    both = certify(
        tuple(Sides(each.probabilities[:, [0, 0]], each.truth[:, [0, 0]], none) for each in sides), Target(0.05, 0.1)
    )  # type: ignore[arg-type]
    assert [each.tested_at.delta for each in both] == [0.05, 0.05]
    foreign = Sides(probabilities, truth, ~none)
    assert all(each.passed is None for each in certify((sides[0], foreign), Target(0.05, 0.1)))


def test_a_multi_head_is_fitted_measured_and_certified(home: Path) -> None:
    bundle = bundles.load(home / "candidate")
    entry = bundle.manifest.multi["topics"]
    assert entry.names == tuple(sorted(TOPICS))
    assert entry.metrics.micro_f1 is not None
    assert entry.metrics.micro_f1 > 0.8
    assert entry.earned
    assert [label.name for label in bundle.manifest.taxonomy.labels["topics"]] == sorted(TOPICS)
    report = (home / "candidate/report.html").read_text()
    assert f"<p>{len(entry.earned)} of {len(TOPICS)} labels are applied" in report
    assert "A ticket has any number of these labels" in report
    assert any(line.startswith("topics: 5 labels, any number a ticket; micro-F1") for line in lines(bundle.manifest))
    newer = read(write(home / "newer.jsonl", map(row, range(2000, 2200))), MAPPING).tickets
    measured = multi_evaluation.evaluate(bundle, newer, open_home(home).encode)["topics"]
    assert measured["micro_f1"] > 0.8
    name = entry.earned[0].label
    assert measured["per_label"][name]["wrong"] <= 0.2 * measured["per_label"][name]["applied"]


def test_a_run_has_the_figures_of_lists(home: Path) -> None:
    manifest = bundles.load(home / "candidate").manifest
    with folder.recorded(home, folder.Begun({}, {}), lambda: START) as recorder:
        recorder.keep(manifest, home / "candidate", [])
    found = manifest.multi["topics"].metrics
    listed, shown = (
        CliRunner().invoke(cli, [*words, "--home", str(home)]).stdout for words in (["runs"], ["runs", "show", "last"])
    )
    assert f"topics {found.micro_f1:.3f}/{found.macro_f1:.3f} on {found.n}" in listed
    assert f"topics: n {found.n}, micro_f1 {found.micro_f1:.3f}" in shown


def test_a_foreign_text_gets_no_label_and_a_sure_one_is_applied(home: Path) -> None:
    head = bundles.load(home / "candidate").multi["topics"]
    certified = next(place for place, rule in enumerate(head.rules) if rule.apply_at is not None)
    sure = np.full(len(head.labels), 0.0)
    sure[certified] = 1.0
    said = head.assess(sure, foreign=False)
    assert said.labels is not None
    assert [(each.label, each.mode) for each in said.labels] == [(head.labels[certified], "auto")]
    assert (said.label, said.mode) == (None, "auto")
    assert head.assess(sure, foreign=True).labels == ()


def test_a_certificate_of_another_label_is_refused(home: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "bundle"
    shutil.copytree(home / "candidate", folder)
    record = json.loads((folder / "manifest.json").read_text())
    certified = next(each for each in record["multi"]["topics"]["labels"] if "certificate" in each)
    certified["certificate"]["label"] = "another"
    (folder / "manifest.json").unlink()
    seal(folder, {key: value for key, value in record.items() if key not in {"files", "id", "format"}})
    with pytest.raises(BundleRefused, match="another label"):
        bundles.load(folder)


def test_a_candidate_that_is_worse_is_refused(home: Path) -> None:
    current, encode = bundles.load(home / "candidate"), open_home(home).encode
    newer = [row(number) for number in range(2000, 2300)]
    shifted = [each | {"topics": newer[place - 1]["topics"]} for place, each in enumerate(newer[:200])]
    learn(home, [*shifted, *newer[200:]], out="worse")
    gates = {each.name: each for each in judge(home / "worse", current, encode).gates}
    assert not gates["topics: not worse"].passed
    assert "with 95 % confidence" in gates["topics: not worse"].reason
    assert gates["topics: certificates"].reason.startswith("at most 5% wrong is asked for instead of 20%")
    learn(home, [*shifted, *newer[200:]], out="as-much", config=CERTIFIED)
    gates = {each.name: each for each in judge(home / "as-much", current, encode).gates}
    assert not gates["topics: certificates"].passed  # no label could go on being applied
    assert gates["topics: certificates"].reason.startswith("0 labels are applied, ")
    gates = {each.name: each for each in judge(home / "candidate", None, encode).gates}
    assert gates["topics: serves as measured"].passed
    assert gates["topics: better than trivial"].passed


def test_the_bootstrap_of_lists_of_labels() -> None:
    truth = [{"a"}, {"a", "b"}, set()] * 20
    same = paired(truth, truth, truth)
    assert (same.micro_f1, same.no_loss) == (1.0, 1.0)
    lost = paired(truth, [set()] * 60, truth)
    assert (lost.micro_f1, lost.no_loss) == (0.0, 0.0)


def test_renamed_and_merged_labels_are_put_in_todays_words(tmp_path: Path) -> None:
    changes = parse_changes(
        """
        [[change]]
        at = 2026-06-01T00:00:00Z
        head = "topics"
        merge = ["refund", "tax"]
        to = "money"
        """
    )
    done = learn(tmp_path, map(row, range(300)), changes=changes)
    assert done.manifest.multi["topics"].names == ("angry", "export", "login", "money")
    assert done.manifest.data.relabelled["topics"].mapped > 50


def test_a_label_with_too_few_tickets_is_not_learnt_and_is_named(tmp_path: Path) -> None:
    rows = [row(number) for number in range(64)]
    rows[0]["topics"].append("rare")
    entry = learn(tmp_path, rows).manifest.multi["topics"]
    assert entry.rare == {"rare": 1}
    assert entry.taught_by_all  # so few tickets are cross-fitted
    assert "rare (1)" in (tmp_path / "candidate/report.html").read_text()


def test_a_bundle_that_is_migrated_keeps_the_certificates_of_renamed_labels(home: Path, tmp_path: Path) -> None:
    bundle = bundles.load(home / "candidate")
    certified = bundle.manifest.multi["topics"].earned[0].label
    other = next(label for label in TOPICS if label != certified)
    changes = parse_changes(
        f"""
        [[change]]
        at = 2026-06-01T00:00:00Z
        head = "topics"
        rename = "{certified}"
        to = "renamed"

        [[change]]
        at = 2026-06-02T00:00:00Z
        head = "topics"
        retire = "{other}"
        """
    )
    migrate(bundle, changes, tmp_path / "out", at=START, encode=open_home(home).encode)
    migrated = bundles.load(tmp_path / "out")
    rules = {rule.label: rule for rule in migrated.multi["topics"].rules}
    assert rules["renamed"].certificate is not None
    assert rules[other].suggest_at > 1  # it is shown no more
    assert set(migrated.manifest.spoken_labels()["topics"]) == {*TOPICS, "renamed"} - {certified, other}
    gates = {each.name: each for each in judge(tmp_path / "out", bundle, open_home(home).encode).gates}
    assert gates["topics: labels"].passed
