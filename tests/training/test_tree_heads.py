"""A head whose labels are paths: joined from two columns, certified at the leaf or at the parent."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from tests.training.desk import fitted, ticket, write
from training.bundles.migrated_heads import entry_of, moved
from training.config import Head as HeadConfig
from training.config import RefitConfig
from training.data.closed_tickets import read
from training.data.column_mapping import ColumnMapping
from training.evaluation.certificates import Certification, Evidence, Step, Target
from training.evaluation.tree_levels import TreeSide, limit, prove_levels
from triage.model import bundle as bundles
from triage.model.assessment import Guess, HeadThresholds, Leaf, Level, assess
from triage.model.certificate import Certificate
from triage.reason_codes import ReasonCode
from triage.taxonomy import changes_file
from triage.taxonomy import labels as taxonomy
from triage.taxonomy.heads import Head
from triage.taxonomy.tree import Limits, is_kept, parents_of

TAXONOMY = taxonomy.parse(
    '[[heads]]\nname = "category"\n[[heads]]\nname = "topic"\nkind = "tree"\nlevels = ["category", "intent"]'
)
MAPPING = ColumnMapping(heads=TAXONOMY.declared)
FAST = RefitConfig(head=HeadConfig(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
INTENTS = {"bug": "ab", "billing": "cd", "how_to": "ef"}


def row(number: int) -> dict[str, Any]:
    """Return a ticket whose category is plain and whose intent nobody can tell."""
    found = ticket(number)
    return found | {"intent": Random(f"intent {number}").choice(INTENTS[found["category"]])}


class TestReading:
    def test_a_path_is_joined_from_its_columns_unless_the_row_has_it(self, tmp_path: Path) -> None:
        rows = [row(0), row(1) | {"topic": "a / b"}, row(2) | {"category": None}, row(3) | {"intent": ""}]
        found = read(write(tmp_path / "a.jsonl", rows), MAPPING)
        labels = [each.labels.get("topic") for each in found.tickets]
        assert labels == [f"{rows[0]['category']}/{rows[0]['intent']}", "a/b", None, rows[3]["category"]]
        assert "intent" not in found.ignored_columns

    def test_a_ticket_of_which_only_the_parent_is_known_teaches_no_leaf(self, tmp_path: Path) -> None:
        rows = [row(number) | {"category": "bug", "intent": "a"} for number in range(3)]
        rows += [row(3) | {"category": "bug", "intent": None}, row(4) | {"category": "other", "intent": None}]
        found = read(write(tmp_path / "a.jsonl", rows), MAPPING)
        assert [each.labels.get("topic") for each in found.tickets] == [*["bug/a"] * 3, None, "other"]

    def test_a_part_with_the_separator_sets_the_row_aside_and_says_what_to_do(self, tmp_path: Path) -> None:
        found = read(write(tmp_path / "a.jsonl", [row(0), row(1) | {"intent": "in/out"}]), MAPPING)
        said = 'contains "/", which stands between the parts of topic; map it ([values.intent])'
        assert [each.reason for each in found.quarantined] == [f"intent {said}"]

    @pytest.mark.parametrize("path", ["a//b", "/a", "a/b/c/d", "/"])
    def test_what_is_no_path_sets_the_row_aside(self, tmp_path: Path, path: str) -> None:
        found = read(write(tmp_path / "a.jsonl", [row(0), row(1) | {"topic": path}]), MAPPING)
        said = f"topic {path!r} has too many parts for a tree, or an empty one"
        assert [each.reason for each in found.quarantined] == [said]


class TestServing:
    CERTIFICATE = Certificate(id="crt_leaf", threshold=0.9, alpha=0.05, delta=0.05, n=100, k=0)
    PARENT = Certificate(id="crt_parent", threshold=0.8, alpha=0.05, delta=0.05, n=100, k=0)
    RULE = HeadThresholds(0.5, (Leaf(certificate=CERTIFICATE),), levels=(Level(Limits(1, 0.8, (0.7,)), PARENT),))

    def of(self, **shares: float) -> list[Guess]:
        return [Guess(label.replace("_", "/"), share) for label, share in sorted(shares.items(), key=lambda x: -x[1])]

    def test_a_sure_leaf_is_applied(self) -> None:
        found = assess(self.of(a_x=0.95, a_y=0.03, b_z=0.02), self.RULE)
        assert (found.label, found.mode, found.certificate) == ("a/x", "auto", "crt_leaf")

    def test_a_sure_parent_is_applied_where_the_leaf_is_not_and_says_so(self) -> None:
        found = assess(self.of(a_x=0.5, a_y=0.4, b_z=0.1), self.RULE)
        assert (found.label, found.mode, found.certificate) == ("a", "auto", "crt_parent")
        assert found.confidence == pytest.approx(0.9)
        assert found.reason_code is ReasonCode.CERTIFIED
        assert found.reason.startswith("Sure of a only, not of what is below it. Confidence 0.90 reaches 0.80")
        assert [each.label for each in found.alternatives] == ["a/x", "a/y"]

    def test_above_the_limit_and_below_the_threshold_the_leaf_is_suggested(self) -> None:
        found = assess(self.of(a_x=0.75, a_y=0.2, b_z=0.05), self.RULE)
        assert (found.label, found.mode) == ("a/x", "suggest")

    def test_an_unsure_parent_and_a_foreign_text_get_nothing(self) -> None:
        assert assess(self.of(a_x=0.4, b_z=0.35, a_y=0.25), self.RULE).mode == "abstain"
        assert assess(self.of(a_x=0.5, a_y=0.4, b_z=0.1), self.RULE, foreign=True).label is None

    def test_a_child_keeps_its_parent(self) -> None:
        assert parents_of("a/b/c") == ("a/b", "a")
        assert is_kept("a", "a/b")
        assert is_kept("a", "a")
        assert not is_kept("a", "ab")
        assert not is_kept("a/b", "a")
        assert not is_kept(None, "a")


class TestCertifying:
    LEAVES = ("a/x", "a/y", "b/z")

    def side(self, n: int, *, wrong: int = 0) -> TreeSide:
        """Return tickets of parent a whose leaf is a coin's; of the first `wrong` the parent is another."""
        probabilities = np.tile([0.5, 0.47, 0.03], (n, 1))
        labels = ["b/z"] * wrong + ["a/y"] * (n - wrong)
        return TreeSide(probabilities, labels, np.zeros(n, dtype=bool))

    def test_a_parent_earns_a_certificate_that_its_leaves_do_not(self) -> None:
        (found,) = prove_levels(self.LEAVES, (self.side(200), self.side(200)), [], Target(0.05, 0.025))
        assert (found.parts, found.labels, found.accuracy, found.below) == (1, 2, 1.0, (None,))
        # a sixth of the delta: ln(0.025 / 6) / ln(0.95) = 106.9 tickets without an error
        assert found.certification.tested_at.delta == pytest.approx(0.025 / 6)
        assert found.certification.passed is not None
        (few,) = prove_levels(self.LEAVES, (self.side(106), self.side(106)), [], Target(0.05, 0.025))
        assert few.certification.passed is None
        assert few.entry(BOUND).reason == (
            "it takes 107 held-out tickets without an error whose path is not applied further down"
        )

    def test_wrong_parents_earn_none(self) -> None:
        sides = self.side(200, wrong=20), self.side(200, wrong=20)
        (found,) = prove_levels(self.LEAVES, sides, [], Target(0.05, 0.025))
        assert found.certification.passed is None
        assert found.accuracy == 0.9

    def test_tickets_whose_leaf_is_applied_do_not_count_for_the_parent(self) -> None:
        passed = Certification(Target(0.05, 0.025), None, (Step(0.4, 1, 0, 1),))
        (found,) = prove_levels(self.LEAVES, (self.side(200), self.side(200)), [passed], Target(0.05, 0.025))
        assert found.below == (0.0,)
        assert found.certification.passed is None

    def test_a_limit_is_one_of_few_values_and_never_above_what_is_applied(self) -> None:
        calibrate = Evidence(np.linspace(0, 1, 101), np.ones(101, dtype=bool))
        assert [limit(calibrate, at) for at in (None, 0.09, 0.1, 0.59, 1.0)] == [
            None,
            0.0,
            pytest.approx(0.1),
            pytest.approx(0.45),
            pytest.approx(0.7),
        ]


BOUND: dict[str, Any] = {
    "head": "topic",
    "window": None,
    "encoder": "e",
    "taxonomy": "t",
    "weights": "w",
    "temperature": 1.0,
    "cascade": None,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bundle whose tree is certified at the parent: a coin decides among the leaves."""
    folder = tmp_path_factory.mktemp("home")
    fitted(folder, [row(number) for number in range(1_200)], config=FAST, mapping=MAPPING, taxonomy=TAXONOMY)
    return folder


def test_a_tree_is_fitted_certified_at_the_parent_and_served(home: Path) -> None:
    bundle = bundles.load(home / "candidate")
    entry = bundle.manifest.heads["topic"]
    assert len(entry.labels) == 6
    assert not entry.certificates
    (level,) = entry.levels
    assert level.certificate is not None
    assert (level.level, level.labels) == (1, 3)
    assert level.certificate in entry.earned
    assert entry.applied > 0.5
    report = (home / "candidate/report.html").read_text()
    assert "Level 1 (3 labels, accuracy" in report
    assert "No whole path is applied automatically" in report
    assert bundle.rules["topic"].certificates[-1].id == level.certificate.id
    assert bundle.manifest.taxonomy.heads == (*TAXONOMY.declared[:2], Head("priority"))


@pytest.mark.parametrize(("to", "stays"), [("bug/crash", True), ("how_to/a", False)])
def test_a_rename_keeps_the_parents_certificate_while_its_leaves_stay_below_it(
    home: Path, to: str, stays: bool
) -> None:
    entry = bundles.load(home / "candidate").manifest.heads["topic"]
    changes = changes_file.parse(
        f'[[change]]\nat = 2026-03-01T00:00:00Z\nhead = "topic"\nrename = "bug/a"\nto = "{to}"'
    )
    after = entry_of(entry, moved("topic", entry, changes), "new", changes.all)
    assert [each.certificate.taxonomy for each in after.levels if each.certificate] == ["new"] * stays
