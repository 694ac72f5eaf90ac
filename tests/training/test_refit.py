"""Closed tickets to a promoted bundle, on a desk whose tickets are easy to tell apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest

from tests.tiny_bundle import tiny_bundle
from tests.training.desk import WORDS, fitted, ticket, tickets, workshop
from training import held_out
from training.bundle_evaluation import evaluate
from training.comparison import compare
from training.config import Data, Head, RefitConfig
from training.errors import NoRoomForBundle, NothingToLearn, ParityLost, TooManyBadRows
from training.promotion import Verdict, judge
from triage import bundle as bundles
from triage.bundle_files import seal
from triage.closed_ticket import from_record

FAST = RefitConfig(head=Head(strengths=(0.3,), vector_weights=(2.0,)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose current model knows 300 tickets."""
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(300), out="first", config=FAST)
    registry = workshop(home).registry
    registry.make_current(registry.add(home / "first"))
    return home


def verdict(home: Path, folder: Path, **options: bool) -> Verdict:
    shop = workshop(home)
    return judge(folder, shop.current(), shop.encode, **options)


def refusals(found: Verdict) -> list[str]:
    return [f"{gate.name}: {gate.reason}" for gate in found.gates if not gate.passed]


def test_a_refit_writes_a_bundle_that_knows_its_desk(home: Path) -> None:
    bundle = bundles.load(home / "first")
    assert list(bundle.heads) == ["category", "product_area"]
    assert bundle.heads["category"].classes_ == tuple(sorted(WORDS))
    metrics = bundle.manifest["heads"]["category"]["metrics"]
    assert metrics["accuracy"] > 0.95 > 0.6 > bundle.manifest["heads"]["category"]["trivial"]["accuracy"]
    assert metrics["n"] == 45  # the newest 15 % of 300
    assert bundle.manifest["data"]["window"] == {"from": "2026-01-01T00:00:00Z", "to": "2026-01-13T11:00:00Z"}
    assert bundle.manifest["data"]["split"]["how"] == "by time: the newest measure"
    assert [len(bundle.cases().records), bundle.cases().records[0]["kb_article_id"][0][:8]] == [300, "article-"]
    assert {"refit.toml", "report.html"} <= {entry["path"] for entry in bundle.manifest["files"]}


def test_the_report_is_one_file_that_needs_nothing_else(home: Path) -> None:
    page = bundles.load(home / "first").read("report.html").decode()
    assert "<svg" in page
    assert "held-out tickets" in page
    assert not any(link in page for link in ("http://", "https://", "<script", "src=", "@import"))


def test_the_same_tickets_give_the_same_bundle(home: Path) -> None:
    ids = [fitted(home, tickets(120), out=name, config=FAST).version for name in ("again-1", "again-1")]
    assert ids[0] == ids[1]


def test_a_bundle_measures_new_tickets_through_the_path_that_serves(home: Path) -> None:
    fresh = [from_record(row) for row in tickets(60, first=1_000)]
    found = evaluate(bundles.load(home / "first"), fresh, workshop(home).encode, foreign=["question where", "api key"])
    assert found["category"]["accuracy"] > 0.95
    assert found["category"]["n"] == 60
    assert 0 <= found["category"]["ood_auroc"] <= 1
    json.dumps(found, allow_nan=False)


def test_what_serves_never_learnt_from_the_held_out_tickets_and_remembers_them(home: Path) -> None:
    bundle = bundles.load(home / "first")
    rows = held_out.read(bundle)
    assert [row.id for row in rows] == [f"t-{n}" for n in range(255, 300)]
    assert len(held_out.read_seen(bundle)) == 255
    assert not {held_out.key(row.text) for row in rows} & set(held_out.read_seen(bundle).tolist())


def test_the_head_that_serves_says_of_held_out_tickets_what_it_was_measured_by(home: Path) -> None:
    bundle = bundles.load(home / "first")
    rows = held_out.read(bundle)
    texts = [row.text for row in rows]
    found = bundle.predict(texts, workshop(home).encode(bundle, texts))["category"]
    guesses = [bundle.heads["category"].classes_[column] for column in found.argmax(axis=1)]
    assert guesses == [row.guesses["category"] for row in rows]


def test_a_first_bundle_is_promoted(home: Path) -> None:
    shop = workshop(home)
    found = judge(home / "first", None, shop.encode)
    assert found.promoted, refusals(found)


def test_a_refit_with_more_tickets_is_promoted_after_a_fair_comparison(home: Path) -> None:
    fitted(home, tickets(360), out="second", config=FAST)
    compared = bundles.load(home / "second").manifest["comparison"]["heads"]["category"]
    assert compared["n"] == 54  # the newest 15 % of 360: the current model has never seen them
    found = verdict(home, home / "second")
    assert found.promoted, refusals(found)


def test_tickets_are_compared_only_where_that_is_fair_to_both(home: Path) -> None:
    """The current model was fitted on ticket 5; ticket 290 it was measured on, and 700 is new: both are fair."""
    current = bundles.load(home / "first")
    rows = [
        held_out.HeldOut(each.id, each.text, dict(each.labels), dict.fromkeys(each.labels, "anything"))
        for each in (from_record(ticket(number)) for number in (5, 290, 700))
    ]
    asked: list[str] = []

    def encode(bundle: bundles.Bundle, texts: Sequence[str]) -> np.ndarray:
        asked.extend(texts)
        return workshop(home).encode(bundle, texts)

    assert compare(rows, current, encode)["category"].n == 2
    assert asked == [rows[1].text, rows[2].text]


def test_shuffled_labels_are_refused(home: Path) -> None:
    rows = tickets(360)
    labels = [row["category"] for row in rows]
    Random(7).shuffle(labels)
    rows = [row | {"category": label, "product_area": None} for row, label in zip(rows, labels, strict=True)]
    fitted(home, rows, out="shuffled", config=FAST)
    found = verdict(home, home / "shuffled", accept_dropped_labels=True)
    assert not found.promoted
    assert any("better than chance" in refusal for refusal in refusals(found)), found


def test_a_model_that_has_become_worse_is_refused_in_words(home: Path) -> None:
    """Half of the bug tickets of late are labelled billing: the old model, fitted before, does not follow."""
    rows = tickets(400)
    for row in rows[:300]:
        row["category"] = "billing" if row["category"] == "bug" else row["category"]
    rows = [row | {"product_area": None} for row in rows]
    fitted(home, rows, out="worse", config=RefitConfig(head=FAST.head, data=Data(minimum_support=8)))
    found = verdict(home, home / "worse", accept_dropped_labels=True)
    assert [refusal for refusal in refusals(found) if "category: not worse: worse: " in refusal], refusals(found)


def test_lost_labels_are_refused_unless_they_are_meant(home: Path) -> None:
    rows = [row for row in tickets(400) if row["category"] != "how_to"]
    fitted(home, rows, out="fewer", config=FAST)
    found = verdict(home, home / "fewer")
    assert any("1 of 3 labels are lost: how_to" in refusal for refusal in refusals(found))
    assert verdict(home, home / "fewer", accept_dropped_labels=True).gates[-2].name != "category: labels"


def test_a_damaged_candidate_is_refused_and_the_old_model_stays(home: Path) -> None:
    fitted(home, tickets(120), out="damaged", config=FAST)
    (home / "damaged" / "golden.json").write_bytes(b"{}")
    found = verdict(home, home / "damaged")
    assert (found.promoted, found.version) == (False, None)
    assert "golden.json" in found.gates[0].reason


def test_a_swapped_label_map_is_refused_though_all_its_hashes_are_right(home: Path) -> None:
    fitted(home, tickets(150), out="swapped", config=FAST)
    manifest = json.loads((home / "swapped" / "manifest.json").read_text())
    manifest["heads"]["category"]["labels"].reverse()
    seal(home / "swapped", {key: value for key, value in manifest.items() if key not in {"id", "files", "format"}})
    found = verdict(home, home / "swapped")
    assert any("category: serves as measured" in refusal for refusal in refusals(found)), found


def test_a_bundle_that_does_not_say_how_it_was_measured_is_refused(home: Path, tmp_path: Path) -> None:
    found = verdict(home, tiny_bundle(tmp_path / "tiny"))
    assert any("only what `firstline-train fit` wrote is promoted" in refusal for refusal in refusals(found))


def test_a_current_model_that_remembers_nothing_does_not_stand_in_the_way(home: Path, tmp_path: Path) -> None:
    current = bundles.load(tiny_bundle(tmp_path / "tiny"))
    found = judge(home / "first", current, workshop(home).encode, accept_dropped_labels=True)
    assert found.promoted, refusals(found)


def test_until_keeps_newer_tickets_out(home: Path) -> None:
    done = fitted(home, tickets(300), out="until", config=FAST, until=datetime(2026, 1, 9, tzinfo=UTC))
    assert done.facts["data"]["tickets"] == 192  # eight days, one an hour
    assert done.facts["data"]["left_out"] == {"outside the asked time": 108}


def test_a_file_without_times_and_with_one_label_is_enough(home: Path) -> None:
    rows = sorted(tickets(200, created_at=None, category=None), key=lambda row: row["product_area"])
    done = fitted(home, rows, out="plain", config=FAST)
    assert list(done.facts["heads"]) == ["product_area"]
    assert done.facts["data"]["window"] is None
    assert "at random" in done.facts["data"]["split"]["how"]


def test_spam_teaches_nothing(home: Path) -> None:
    rows = tickets(150) + tickets(30, first=500, spam=True)
    assert fitted(home, rows, out="spam", config=FAST).facts["data"]["left_out"] == {"spam": 30}


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
        fitted(home, tickets(9), out="none", config=FAST)


def test_a_folder_that_is_no_bundle_is_left_alone(home: Path) -> None:
    (home / "photos").mkdir()
    (home / "photos" / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(NoRoomForBundle):
        fitted(home, tickets(120), out="photos", config=FAST)
    assert (home / "photos" / "holiday.jpg").exists()


def test_a_head_that_answers_otherwise_than_scikit_learn_is_not_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import export

    right = export._numpy

    def bent(head: object, learnt: object) -> object:
        classes, weights = right(head, learnt)
        weights.sparse[:] = 0
        return classes, weights

    monkeypatch.setattr(export, "_numpy", bent)
    with pytest.raises(ParityLost, match="differ by"):
        fitted(home, tickets(120), out="bent", config=FAST)
    assert not (home / "bent").exists()
