"""May a bundle serve? Good ones are promoted, and sabotage of every kind is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner

from retrieval.encoder.encoder import from_files
from tests.tiny_bundle import tiny_bundle, tiny_encoder_files
from tests.training.desk import START, WORDS, fitted, open_home, tickets
from training.commands.models import promote
from training.config import Certificate, Head, RefitConfig
from training.promotion.promotion import Accepted, Refusal, Verdict, judge
from triage.model import bundle as bundles
from triage.model.bundle_files import seal
from triage.model.promotion import verdicts
from triage.taxonomy.change import Change

HEAD = Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0)
FAST = RefitConfig(head=HEAD)
DROPPED = Accepted(dropped_labels=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose current model knows 300 tickets, too few for a certificate."""
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(300), out="first", config=FAST)
    registry = open_home(home).registry
    registry.make_current(registry.add(home / "first"))
    return home


@pytest.fixture(scope="module")
def certified(home: Path) -> Path:
    """A bundle of 600 tickets, whose heads have certificates."""
    fitted(home, tickets(600), out="certified", config=FAST)
    return home / "certified"


def verdict(home: Path, folder: Path, accepted: Accepted | None = None, *, beside: Path | None = None) -> Verdict:
    workspace = open_home(home)
    return judge(folder, bundles.load(beside) if beside else workspace.current(), workspace.encode, accepted)


def refusals(found: Verdict) -> tuple[str, ...]:
    gates = found.gates if isinstance(found, Refusal) else ()
    return tuple(f"{gate.name}: {gate.reason}" for gate in gates if not gate.passed)


def resealed(
    folder: Path, out: Path, change: Callable[[dict[str, Any]], object], files: Mapping[str, bytes] | None = None
) -> Path:
    """Copy a bundle with another manifest and other files, all hashes right."""
    copytree(folder, out)
    for path, data in (files or {}).items():
        (out / path).write_bytes(data)
    manifest = json.loads((out / "manifest.json").read_text())
    change(manifest)
    seal(out, {key: value for key, value in manifest.items() if key not in {"id", "files", "format"}})
    return out


def test_a_first_bundle_is_promoted(home: Path) -> None:
    workspace = open_home(home)
    found = judge(home / "first", None, workspace.encode)
    assert found.promoted, refusals(found)


def test_a_refit_with_more_tickets_is_promoted_after_a_fair_comparison(home: Path) -> None:
    fitted(home, tickets(360), out="second", config=FAST)
    compared = bundles.load(home / "second").manifest.comparison
    assert compared
    # The newest 15 % of 360, but for texts that read alike: the current model has never seen them.
    assert compared.heads["category"].n in {53, 54}
    found = verdict(home, home / "second")
    assert found.promoted, refusals(found)


def test_shuffled_labels_are_refused(home: Path) -> None:
    rows = tickets(360)
    labels = [row["category"] for row in rows]
    Random(7).shuffle(labels)
    rows = [row | {"category": label, "product_area": None} for row, label in zip(rows, labels, strict=True)]
    fitted(home, rows, out="shuffled", config=FAST)
    found = verdict(home, home / "shuffled", DROPPED)
    assert not found.promoted
    assert any("better than chance" in refusal for refusal in refusals(found)), found


def test_a_model_that_has_become_worse_is_refused_in_words(home: Path) -> None:
    """Half of the bug tickets of late are labelled billing: the old model, fitted before, does not follow."""
    rows = tickets(400)
    for row in rows[:300]:
        row["category"] = "billing" if row["category"] == "bug" else row["category"]
    rows = [row | {"product_area": None} for row in rows]
    fitted(home, rows, out="worse", config=FAST)
    found = verdict(home, home / "worse", DROPPED)
    assert [refusal for refusal in refusals(found) if "category: not worse: worse: " in refusal], refusals(found)


def test_lost_labels_are_refused_unless_they_are_meant(home: Path) -> None:
    rows = [row for row in tickets(400) if row["category"] != "how_to"]
    fitted(home, rows, out="fewer", config=FAST)
    found = verdict(home, home / "fewer")
    assert any("1 of 3 labels are lost: how_to" in refusal for refusal in refusals(found))
    assert not any("labels are lost" in refusal for refusal in refusals(verdict(home, home / "fewer", DROPPED)))


def test_a_damaged_candidate_is_refused_and_the_old_model_stays(home: Path) -> None:
    fitted(home, tickets(120), out="damaged", config=FAST)
    (home / "damaged" / "golden.json").write_bytes(b"{}")
    found = verdict(home, home / "damaged")
    assert (found.promoted, found.version) == (False, None)
    assert "golden.json" in found.gates[0].reason


def test_a_swapped_label_map_is_refused_though_all_its_hashes_are_right(home: Path, tmp_path: Path) -> None:
    swapped = resealed(home / "first", tmp_path / "x", lambda m: m["heads"]["category"]["labels"].reverse())
    found = verdict(home, swapped)
    assert any("category: serves as measured" in refusal for refusal in refusals(found)), found


def test_a_bundle_that_does_not_say_how_it_was_measured_is_refused(home: Path, tmp_path: Path) -> None:
    found = verdict(home, tiny_bundle(tmp_path / "tiny"))
    assert any("only what `firstline-train fit` wrote is promoted" in refusal for refusal in refusals(found))


def test_a_current_model_that_remembers_nothing_does_not_stand_in_the_way(home: Path, tmp_path: Path) -> None:
    current = bundles.load(tiny_bundle(tmp_path / "tiny"))
    found = judge(home / "first", current, open_home(home).encode, DROPPED)
    assert found.promoted, refusals(found)


STALE = dict(
    zip(("encoder/model.onnx", "encoder/tokenizer.json", "encoder/encoder.json"), tiny_encoder_files(9), strict=True)
)


def test_a_stale_encoder_is_refused_though_all_its_hashes_are_right(home: Path, tmp_path: Path) -> None:
    stale = resealed(home / "first", tmp_path / "x", lambda _: None, STALE)
    assert any("the encoder inside is not the one it was fitted on" in each for each in refusals(verdict(home, stale)))


def test_a_stale_encoder_that_passes_itself_off_as_the_right_one_is_refused(home: Path, tmp_path: Path) -> None:
    """On a desk where every fourth label is drawn at random: heads that are always sure would not show it."""
    rows = [
        row | {"category": Random(f"label {n}").choice(sorted(WORDS))} if n % 4 == 0 else row
        for n, row in enumerate(tickets(300))
    ]
    fitted(home, rows, out="noisy", config=FAST)
    fingerprint = from_files(*STALE.values()).fingerprint
    stale = resealed(home / "noisy", tmp_path / "x", lambda m: m["encoder"].update(fingerprint=fingerprint), STALE)
    assert any(each.startswith("golden texts: category: golden text") for each in refusals(verdict(home, stale)))


def test_a_stale_encoder_breaks_the_seal_of_every_certificate(home: Path, certified: Path, tmp_path: Path) -> None:
    fingerprint = from_files(*STALE.values()).fingerprint
    stale = resealed(certified, tmp_path / "x", lambda m: m["encoder"].update(fingerprint=fingerprint), STALE)
    assert "certificate of category is of another encoder" in refusals(verdict(home, stale))[0]


def test_a_leaked_target_is_refused_unless_somebody_says_that_it_is_as_it_should_be(home: Path) -> None:
    """A column of the helpdesk that holds the label was written into the text of every closed ticket."""
    rows = [row | {"description": f"{row['description']} [queue: {row['category']}]"} for row in tickets(360)]
    fitted(home, rows, out="leaked", config=FAST)
    found = verdict(home, home / "leaked")
    assert [each for each in refusals(found) if each.startswith("leaks: category: ")], found
    assert any("--accept-noticed" in each for each in refusals(found))
    again = verdict(home, home / "leaked", Accepted(noticed=True))
    assert not [each for each in refusals(again) if each.startswith("leaks")]


def test_250_flipped_tickets_of_one_author_are_refused(home: Path) -> None:
    """Among 1,250 tickets of fifty accounts, those of one large account have each label turned into another."""
    flipped = {"bug": "billing", "billing": "how_to", "how_to": "bug"}
    rows = [
        row | {"account": f"account-{number % 50}", "product_area": None} for number, row in enumerate(tickets(1_250))
    ]
    for row in rows[::5]:
        row |= {"account": "acme", "category": flipped[row["category"]]}
    done = fitted(home, rows, out="flipped", config=FAST)
    assert sum(row["account"] == "acme" for row in rows) == 250
    assert done.manifest.care
    assert [each.account for each in done.manifest.care.authors] == ["acme"]
    assert [each for each in refusals(verdict(home, home / "flipped")) if each.startswith("authors: ")]


def test_a_certificate_that_the_current_model_has_may_not_be_lost(home: Path, certified: Path) -> None:
    found = verdict(home, home / "first", beside=certified)
    assert any("category: certificate: the current model has one: 0 of the 45" in each for each in refusals(found))
    assert not [each for each in refusals(verdict(home, certified)) if "certificate" in each]


def test_a_first_bundle_without_a_certificate_only_suggests_and_says_so(home: Path) -> None:
    gates = {gate.name: gate for gate in judge(home / "first", None, open_home(home).encode).gates}
    assert gates["category: certificate"].passed
    assert "none, so it only suggests: 0 of the 45" in gates["category: certificate"].reason


def test_asking_for_less_risk_is_a_reason_to_have_no_certificate_for_now(home: Path, certified: Path) -> None:
    fitted(home, tickets(600), out="strict", config=RefitConfig(head=HEAD, certificate=Certificate(alpha=0.01)))
    gates = {gate.name: gate for gate in verdict(home, home / "strict", beside=certified).gates}
    assert gates["category: certificate"].passed
    assert "at most 1% wrong is asked for instead of 5%" in gates["category: certificate"].reason


def renamed(manifest: dict[str, Any]) -> None:
    """Let the taxonomy have called bug reports `defect` before."""
    change = Change(at=START, head="category", kind="merge", before=("defect", "fault"), after=("bug",))
    manifest["lineage"] = {"changes": [{"id": change.id, **change.to_record()}], "versions": []}


def test_a_label_that_the_taxonomy_merged_is_not_lost_and_its_certificate_may_be(
    home: Path, certified: Path, tmp_path: Path
) -> None:
    def older(manifest: dict[str, Any]) -> None:
        labels = manifest["heads"]["category"]["labels"]
        labels[labels.index("bug")] = "defect"

    current = resealed(certified, tmp_path / "current", older)
    found = verdict(home, resealed(home / "first", tmp_path / "candidate", renamed), beside=current)
    gates = {gate.name: gate for gate in found.gates}
    assert gates["category: labels"].passed
    assert "bug" in gates["category: labels"].reason
    assert gates["category: certificate"].passed
    assert "its labels have changed" in gates["category: certificate"].reason
    assert gates["category: not worse"].passed  # what was `defect` then counts as `bug`
    assert not gates["product_area: certificate"].passed  # no change touched it
    unexplained = verdict(home, home / "first", beside=current)
    assert any("1 of 3 labels are lost: defect" in each for each in refusals(unexplained))


def described(manifest: dict[str, Any]) -> None:
    manifest["heads"]["category"] |= {"rung": "described", "metrics": {"n": 0}, "certificates": []}


def test_a_head_that_had_learnt_is_not_replaced_by_one_that_is_only_described(home: Path, tmp_path: Path) -> None:
    candidate = resealed(home / "first", tmp_path / "x", described)
    alone = {gate.name: gate for gate in judge(candidate, None, open_home(home).encode).gates}
    assert "it only suggests" in alone["category: measured"].reason
    assert alone["category: measured"].passed
    assert any("the current one has learnt" in each for each in refusals(verdict(home, candidate)))


def test_a_certificate_of_a_head_that_is_only_described_is_refused(certified: Path, home: Path, tmp_path: Path) -> None:
    pasted = resealed(certified, tmp_path / "x", lambda m: m["heads"]["category"].update(rung="described"))
    assert any("it cannot have a certificate" in each for each in refusals(verdict(home, pasted)))


def test_a_bundle_that_nobody_looked_at_says_so(home: Path, tmp_path: Path) -> None:
    older = resealed(home / "first", tmp_path / "x", lambda m: m.pop("care"))
    gates = {gate.name: gate for gate in verdict(home, older).gates}
    assert gates["leaks"].passed
    assert "nobody looked" in gates["leaks"].reason


def test_the_verdict_is_kept_and_gates_only_changes_nothing_that_serves(home: Path) -> None:
    """The console reads why a bundle was refused, and makes one current that passed."""
    registry = open_home(home).registry
    before = registry.current_id()
    done = CliRunner().invoke(promote, ["--bundle", str(home / "first"), "--home", str(home), "--gates-only"])
    assert "may be made current in the console" in done.output, done.output
    version = bundles.load(home / "first").id
    found = verdicts.kept(registry)[version]
    assert (found.promoted, found.beside, registry.current_id()) == (True, before, before)
    assert version in registry.versions()
    swapped = resealed(home / "first", home / "swapped", lambda m: m["heads"]["category"]["labels"].reverse())
    assert CliRunner().invoke(promote, ["--bundle", str(swapped), "--home", str(home)]).exit_code == 1
    refused = verdicts.kept(registry)[bundles.load(swapped).id]
    assert "category: serves as measured" in [gate.name for gate in refused.refusals]
