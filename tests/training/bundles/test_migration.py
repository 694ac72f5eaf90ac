"""A fitted bundle through changes of its labels: what stays the same to the last digit, and what is given up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from tests.training.desk import START, fitted, open_home, tickets
from training.bundles.evaluate import evaluate
from training.bundles.migration import Migrated, migrate
from training.config import Head, RefitConfig
from training.data.taxonomy_relabelling import in_todays_words
from training.errors import MigrationRefused
from training.promotion.promotion import judge
from triage.model import bundle as bundles
from triage.model.assessment import Guess, assess, ranked
from triage.model.bundle import Bundle
from triage.model.golden import Golden
from triage.model.head_entry import HeadEntry
from triage.model.merged_labels import fold
from triage.model.refit_record import Relabelled
from triage.reason_codes import LONGEST_REASON, ReasonCode
from triage.taxonomy.changes_file import parse
from triage.taxonomy.labels import Label
from triage.tickets.closed_ticket import from_record

FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))


def change(line: str, day: int = 20, head: str = "category") -> str:
    return f'[[change]]\nat = 2026-01-{day:02}T00:00:00Z\nhead = "{head}"\n{line}\n'


RENAME = change('rename = "how_to"\nto = "question"')
MERGE = change('merge = ["billing", "how_to"]\nto = "question"')
SPLIT = change('split = "billing"\ninto = ["invoices", "prices"]')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bundle whose two heads are certified."""
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(600), out="first", config=FAST)
    return home


def moved(home: Path, text: str, out: str) -> tuple[Bundle, Migrated, Bundle]:
    before = bundles.load(home / "first")
    done = migrate(before, parse(text), home / out, at=START, encode=open_home(home).encode)
    return before, done, bundles.load(home / out)


def held_out(home: Path, bundle: Bundle) -> tuple[list[str], dict[str, np.ndarray]]:
    texts = list(bundle.golden.texts)
    return texts, bundle.predict(texts, open_home(home).encode(bundle, texts))


def entry(bundle: Bundle, head: str = "category") -> HeadEntry:
    return bundle.manifest.heads[head]


def test_a_rename_keeps_every_figure_and_every_certificate(home: Path) -> None:
    before, done, after = moved(home, RENAME, "renamed")
    old, new = entry(before), entry(after)
    assert list(new.labels) == ["question" if label == "how_to" else label for label in old.labels]
    assert replace(new.metrics, per_class=None) == replace(old.metrics, per_class=None)
    assert new.metrics.per_class
    assert old.metrics.per_class
    assert list(new.metrics.per_class.values()) == list(old.metrics.per_class.values())
    assert after.read(new.file) == before.read(old.file)
    [certificate], [was] = new.certificates, old.certificates
    same = ("alpha", "delta", "threshold", "n", "k", "tickets", "coverage", "window", "weights")
    assert [getattr(certificate, key) for key in same] == [getattr(was, key) for key in same]
    assert certificate.migrated
    assert certificate.migrated.certificate == was.id != certificate.id
    assert certificate.taxonomy == after.taxonomy_version != before.taxonomy_version
    assert assess([Guess("question", 1.0)], after.rules["category"]).mode == "auto"
    assert not done.heads["category"].touched
    (texts, theirs), (_, ours) = held_out(home, before), held_out(home, after)
    assert len(texts) > 10
    assert all((theirs[head] == ours[head]).all() for head in theirs)


def test_old_tickets_measure_a_renamed_bundle_as_they_did_before(home: Path) -> None:
    """The export still says how_to; asked in the bundle's words, every figure is the same."""
    before, _, after = moved(home, RENAME, "measured_anew")
    rows = [from_record(row) for row in tickets(150, first=5_000, created_at="2026-01-10T00:00:00Z")]
    todays, counts = in_todays_words(rows, after.manifest.label_history().changes)
    assert counts["category"].mapped == sum(row.labels["category"] == "how_to" for row in rows) > 0
    encode = open_home(home).encode
    old, new = evaluate(before, rows, encode)["category"], evaluate(after, todays, encode)["category"]
    new["per_class"] = {"how_to" if name == "question" else name: row for name, row in new["per_class"].items()}
    for figures in (old, new):
        figures.pop("certificates", None)  # by their ids, which name the taxonomy
    assert new == old


def test_a_rename_and_its_inverse_give_the_first_bundle_back(home: Path) -> None:
    before, _, after = moved(home, RENAME + change('rename = "question"\nto = "how_to"', 21), "there_and_back")
    assert after.taxonomy_version == before.taxonomy_version
    assert replace(entry(after), certificates=()) == replace(entry(before), certificates=())
    then, now = (Golden.from_json(each.read("golden.json")) for each in (before, after))
    assert now.texts == then.texts
    for head, expected in then.probabilities.items():  # of columns in another order the last digit may differ
        np.testing.assert_allclose(now.probabilities[head], expected, rtol=0, atol=2e-6)
    assert after.read("holdout.jsonl") == before.read("holdout.jsonl")


def test_only_the_head_that_was_merged_loses_its_certificate(home: Path) -> None:
    before, done, after = moved(home, MERGE, "merged")
    assert entry(before).certificates
    assert entry(after).certificates == ()
    said = assess([Guess("question", 1.0)], after.rules["category"])
    assert said.mode == "suggest"
    assert said.reason_code == ReasonCode.NO_CERTIFICATE
    (missing,) = entry(after).uncertified
    assert "'billing' and 'how_to' were merged into 'question' on 2026-01-20" in missing.reason
    assert entry(after, "product_area").certificates[0].n == entry(before, "product_area").certificates[0].n
    assert [head for head, each in done.heads.items() if each.touched] == ["category"]


def test_a_merged_head_is_wrong_exactly_where_the_summed_confusion_matrix_is(home: Path) -> None:
    before, _, after = moved(home, MERGE, "summed")
    workspace = open_home(home)
    rows = tickets(400, first=3_000)
    texts = [f"{row['subject']} {row['description']}" for row in rows]
    theirs = before.predict(texts, workspace.encode(before, texts))["category"].argmax(axis=1)
    ours = after.predict(texts, workspace.encode(after, texts))["category"].argmax(axis=1)
    into = {"billing": "question", "how_to": "question"}
    classes = before.heads["category"].classes_
    assert [after.heads["category"].classes_[i] for i in ours] == [into.get(classes[i], classes[i]) for i in theirs]


def test_folding_sums_any_confusion_matrix_exactly() -> None:
    """Random scores of 6 columns, random truth, random groups: row and column sums of one matrix are the other."""
    random = np.random.default_rng(7)
    for _ in range(50):
        columns = random.permutation([0, 1, 2, *random.integers(0, 3, 3)])
        scores, truth = random.normal(size=(300, 6)), random.integers(0, 6, 300)
        old, new = np.zeros((6, 6), int), np.zeros((3, 3), int)
        np.add.at(old, (truth, scores.argmax(axis=1)), 1)
        np.add.at(new, (columns[truth], fold(scores, columns.tolist()).argmax(axis=1)), 1)
        groups = np.eye(3, dtype=int)[columns]
        assert (groups.T @ old @ groups == new).all()


def test_a_merge_is_measured_again_on_the_tickets_that_measured_before(home: Path) -> None:
    before, _, after = moved(home, MERGE, "measured")
    old, new = entry(before).metrics, entry(after).metrics
    assert new.n == old.n
    assert new.accuracy is not None
    assert old.accuracy is not None
    assert new.accuracy >= old.accuracy
    assert new.per_class
    assert old.per_class
    assert set(new.per_class) == {"bug", "question"}
    counted = old.per_class["billing"].n + old.per_class["how_to"].n
    assert new.per_class["question"].n == counted


def test_what_was_split_is_answered_no_more_and_says_why(home: Path) -> None:
    _, _, after = moved(home, SPLIT, "split")
    rule, classes = after.rules["category"], after.heads["category"].classes_
    said = assess([Guess("billing", 0.9), Guess("bug", 0.1)], rule)
    assert (said.label, said.mode, said.alternatives) == (None, "abstain", (Guess("bug", 0.1),))
    assert "'billing' was split into 'invoices' and 'prices' on 2026-01-20" in said.reason
    assert (said.reason_code, len(said.reason) <= LONGEST_REASON) == (ReasonCode.OUT_OF_DOMAIN, True)
    below = assess(ranked(classes, [0.4 if label == "billing" else 0.6 for label in classes]), rule)
    assert "billing" not in {guess.label for guess in below.alternatives}
    assert {each.name for each in after.manifest.taxonomy.labels["category"]} == {
        "bug", "how_to", "invoices", "prices",
    }  # fmt: skip
    figures = entry(after).metrics.per_class or {}
    assert "billing" not in figures or not figures["billing"].n


def test_an_added_label_waits_for_its_tickets_and_touches_nothing(home: Path) -> None:
    before, _, after = moved(home, change('add = "praise"\ndescription = "thanks"'), "added")
    assert after.heads["category"].classes_ == before.heads["category"].classes_
    assert len(entry(after).certificates) == len(entry(before).certificates) == 1
    assert Label("praise", "thanks") in after.manifest.taxonomy.labels["category"]


@pytest.mark.parametrize("text", [RENAME, MERGE, SPLIT, change('retire = "bug"\nto = "how_to"')])
def test_a_migrated_bundle_passes_the_gates(home: Path, text: str) -> None:
    before, _, after = moved(home, text, "gated")
    verdict = judge(after.files.folder, before, open_home(home).encode)
    assert [gate for gate in verdict.gates if not gate.passed] == []


def test_a_second_migration_goes_on_from_the_first(home: Path) -> None:
    moved(home, MERGE, "one")
    text = MERGE + change('rename = "question"\nto = "ask"', 22)
    first = bundles.load(home / "one")
    migrate(first, parse(text), home / "two", at=START, encode=open_home(home).encode)
    second = bundles.load(home / "two")
    assert second.heads["category"].classes_ == ("ask", "bug")
    lineage = second.manifest.label_history()
    assert lineage.now("category", "how_to") == "ask"
    assert lineage.name_in(bundles.load(home / "first").taxonomy_version, "category", "ask") == "billing"
    assert lineage.name_in(first.taxonomy_version, "category", "ask") == "question"
    with pytest.raises(MigrationRefused, match="it has seen all these changes"):
        migrate(second, parse(text), home / "three", at=START, encode=open_home(home).encode)
    with pytest.raises(MigrationRefused, match="which the file lacks; only append to it"):
        migrate(second, parse(RENAME), home / "three", at=START, encode=open_home(home).encode)


def test_a_change_of_labels_that_the_bundle_never_had_is_refused(home: Path) -> None:
    with pytest.raises(MigrationRefused, match="category has no such label; it has: billing, bug, how_to"):
        moved(home, change('rename = "bugs"\nto = "faults"'), "typo")


def test_a_refit_learns_old_tickets_under_todays_names(home: Path) -> None:
    """Tickets until 20 January carry old names, later ones new names: the refit sees one label."""
    old, new = tickets(400), tickets(200, first=456)
    for row in new:
        row["category"] = {"how_to": "question"}.get(row["category"], row["category"])
    text = RENAME + change('split = "billing"\ninto = ["invoices", "billing"]', 20)
    done = fitted(home, [*old, *new], out="refitted", config=FAST, changes=parse(text))
    assert done.manifest.heads["category"].labels == ("billing", "bug", "question")
    how_to = sum(row["category"] == "how_to" for row in old)
    billing = sum(row["category"] == "billing" for row in old)
    assert done.manifest.data.relabelled == {"category": Relabelled(mapped=how_to, dropped=billing)}
    assert done.manifest.lineage
    assert [each.kind for each in done.manifest.lineage.changes] == ["rename", "split"]
