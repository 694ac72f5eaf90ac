"""The queue of doubtful labels: it finds planted errors, says why, and what people accept is laid over the export."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score
from sklearn.preprocessing import normalize

from tests.benchmarks.noise import Ground, confused_with, flipped, outcome
from tests.training.desk import START, open_home, ticket, tickets, write
from training.commands.data_quality import relabel as command
from training.data import agent_corrections as corrections
from training.data import closed_tickets, labels
from training.data import label_overlay as overlay
from training.data.agent_corrections import Corrected
from training.data_quality import checks as care
from training.data_quality import label_errors as relabel
from training.data_quality import near_duplicates as likeness
from training.data_quality.out_of_fold import with_words
from training.data_quality.review import ask
from training.progress import Bars
from triage.errors import DecisionsNotReadable
from triage.tickets import label_decisions
from triage.tickets.closed_ticket import ClosedTicket, from_record
from triage.tickets.doubtful_labels import Suspect
from triage.tickets.label_decisions import Decision

pytestmark = pytest.mark.slow

SAMPLE = Path(__file__).parents[3] / "datasets" / "sample"
AFTER = {"bug": "billing", "billing": "how_to", "how_to": "bug"}
BY = {"by": "ana", "at": "2026-02-01T00:00:00+00:00"}


def vectors_of(texts: list[str], dim: int = 64) -> np.ndarray:
    """Return unit vectors of words alone, so that no encoder is needed."""
    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(texts)
    return normalize(TruncatedSVD(dim, random_state=0).fit_transform(words)).astype(np.float32)


def desk_of(found: list[ClosedTicket]) -> care.TicketSet:
    texts = [each.text for each in found]
    vectors = vectors_of(texts, 16)
    return care.TicketSet.of(found, vectors, labels.choose(found, 8), with_words(vectors, texts))


def closed(rows: list[dict[str, Any]]) -> list[ClosedTicket]:
    return [from_record(row | {"product_area": None}) for row in rows]


def queued(rows: list[dict[str, Any]], corrected: dict[tuple[str, str], Corrected] | None = None) -> relabel.Queue:
    return relabel.queue(desk_of(closed(rows)), ["category"], corrected or {})


@pytest.fixture(scope="module")
def sample() -> tuple[care.TicketSet, set[tuple[str, str]]]:
    found = closed_tickets.read(SAMPLE / "tickets.jsonl.gz").without_spam().tickets
    texts = [each.text for each in found]
    vectors = vectors_of(texts)
    with (SAMPLE / "planted.tsv").open(encoding="utf-8", newline="") as file:
        planted = {(row["id"], row["field"]) for row in csv.DictReader(file, delimiter="\t") if row["filed"]}
    return care.TicketSet.of(found, vectors, labels.choose(found, 8), with_words(vectors, texts)), planted


@pytest.mark.parametrize(("head", "least"), [("category", 0.7), ("priority", 0.55), ("product_area", 0.75)])
def test_the_errors_planted_in_the_sample_are_at_the_top(sample: Any, head: str, least: float) -> None:
    """About one label in twenty is wrong, so a random order has an average precision of 0.05 to 0.06."""
    desk, planted = sample
    found = desk.out_of_fold(head)
    wrong = [(desk.tickets[row].id, head) in planted for row in found.labelled]
    assert np.mean(wrong) < 0.07
    assert average_precision_score(wrong, relabel.doubts(found)[found.labelled]) > least


def test_reviewing_the_queue_wins_more_than_reviewing_at_random() -> None:
    rows = closed(tickets(700))
    texts = [each.text for each in rows]
    vectors = vectors_of(texts, 16)
    features, truth = with_words(vectors, texts), np.array([each.labels["category"] for each in rows], dtype=object)
    near = likeness.neighbours(vectors[:500])
    context = Ground(features[:500], near, np.arange(500), truth[:500], features[500:], truth[500:])
    for pairs in (None, confused_with(context)):
        done = outcome(context, flipped(context.truth, 0.2, np.random.default_rng(5), pairs), reviews=100)
        assert done.average_precision > 0.8 > 4 * 0.2 - 0.01  # four times the share that is wrong
        assert done.found > 0.8
        queue, random = done.per_100
        assert queue >= random


def test_a_wrong_label_comes_first_with_its_evidence_in_words() -> None:
    rows = tickets(200)
    rows[50]["category"] = AFTER[rows[50]["category"]]
    first = queued(rows).suspects[0]
    assert (first.id, first.label) == ("t-50", rows[50]["category"])
    assert AFTER[AFTER[first.label]] == first.proposed
    assert any(f"nearest tickets are {first.proposed}" in line for line in first.evidence)
    assert any(line.startswith(f"the model gives {first.proposed} 0.") for line in first.evidence), first.evidence


def test_a_missing_label_is_proposed() -> None:
    rows = tickets(200)
    meant = rows[50].pop("category")
    first = queued(rows).suspects[0]
    assert (first.id, first.label, first.proposed) == ("t-50", None, meant)


def test_an_agents_correction_outweighs_the_model_and_a_confirmation_calms_it() -> None:
    rows = tickets(200)
    right, rows[50]["category"] = rows[50]["category"], AFTER[rows[50]["category"]]
    confirmed = Corrected(rows[50]["category"], "ana", None)
    found = queued(rows, {("t-50", "category"): confirmed, ("t-7", "category"): Corrected("bug", "bo", "2026-02-01")})
    assert "t-50" not in [each.id for each in found.suspects]
    said = {
        each.id: each for each in queued(rows, {("t-50", "category"): Corrected(right, "bo", "2026-02-01")}).suspects
    }
    assert said["t-50"].evidence[0] == f"agent bo set {right} on 2026-02-01"
    assert said["t-50"].score > 0.95


def test_repeated_tickets_with_different_labels_are_evidence() -> None:
    rows = tickets(150)
    text = {"subject": "export csv broken", "description": "export csv broken empty error fails again"}
    rows += [ticket(n, category="bug" if n != 803 else "billing") | text for n in range(800, 806)]
    first = queued(rows).suspects[0]
    assert (first.id, first.proposed) == ("t-803", "bug")
    assert "5 of 5 tickets that repeat it have another label" in first.evidence


def run(*options: object, given: str | None = None) -> str:
    done = CliRunner().invoke(command, [str(option) for option in options], input=given)
    assert done.exit_code == 0, f"{done.output}\n{done.exception!r}"
    return done.stdout


def test_from_queue_to_overlay_and_back(tmp_path: Path) -> None:
    """Rank, review two of them, accept; the next queue does not ask again; undone, it does."""
    open_home(tmp_path)
    rows = [{**row, "product_area": None} for row in tickets(200)]
    right = rows[50]["category"]
    rows[50]["category"] = AFTER[right]
    del rows[60]["category"]
    file, queue, laid = write(tmp_path / "t.jsonl", rows), tmp_path / "queue.jsonl", tmp_path / "overlay.jsonl"
    ranked = ("--tickets", file, "--home", tmp_path, "--overlay", laid, "--out", queue)
    assert "category: about" in run(*ranked)
    assert json.loads(queue.read_text().splitlines()[0])["id"] in {"t-50", "t-60"}
    first = json.loads(queue.read_text().splitlines()[0])["id"] == "t-50"
    keys = "y\nn\nq\n" if first else "n\ny\nq\n"
    accepted = ("--accept", queue, "--overlay", laid, "--home", tmp_path)
    assert "1 labels changed and 1 confirmed" in run(*accepted, "--review", "--by", "ana", given=keys)
    assert "0 labels changed" in run(*accepted)  # taking a queue over twice changes nothing
    export = overlay.read(laid).applied(closed_tickets.read(file))
    assert {each.id: each.labels.get("category") for each in export.tickets}["t-50"] == right
    assert "1 labels changed" in run(*ranked)
    assert "t-50" not in queue.read_text()
    run("--undo", "t-50", "--overlay", laid, "--home", tmp_path)
    assert overlay.read(laid).applied(closed_tickets.read(file)).overlay.changed == 0
    run(*ranked)
    assert "t-50" in queue.read_text()


def test_a_decision_on_a_label_that_has_changed_since_is_left_out_and_counted(tmp_path: Path) -> None:
    export = closed_tickets.read(write(tmp_path / "t.jsonl", [ticket(1, category="bug"), ticket(2, category="bug")]))
    decisions = [
        Decision("t-1", "category", "bug", "billing", **BY),
        Decision("t-2", "category", "how_to", "billing", **BY),
        Decision("t-2", "category", "how_to", "bug", **BY),
        Decision("t-9", "category", "bug", "billing", **BY),
    ]
    label_decisions.append(tmp_path / "o.jsonl", decisions, START)
    found = overlay.read(tmp_path / "o.jsonl")
    laid = found.applied(export)
    assert [each.labels["category"] for each in laid.tickets] == ["billing", "bug"]
    assert laid.overlay is not None
    assert laid.overlay.changed == 1
    assert laid.overlay.refused == {
        overlay.CHANGED_SINCE: 1, overlay.ALREADY: 1, overlay.NO_SUCH_TICKET: 1
    }  # fmt: skip
    assert laid.overlay.sha256 == found.sha256
    assert export.tickets[0].labels["category"] == "bug"  # what was read stays as it was


def test_an_overlay_only_grows(tmp_path: Path) -> None:
    path = tmp_path / "o.jsonl"
    label_decisions.append(path, [Decision("t-1", "category", "bug", "billing", **BY)], START)
    before = path.read_bytes()
    label_decisions.append(path, label_decisions.undone(overlay.read(path).decisions, "bo", START), START)
    assert path.read_bytes().startswith(before)
    assert [each.label for each in overlay.read(path).decisions] == ["billing", "bug"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "line 1: the first line must say"),
        ('{"format": "firstline-overlay/2"}\n', "line 1: the first line must say"),
        ('{"format": "firstline-overlay/1"}\n{"id": "a"}\n', "line 2: has no head"),
        ('{"format": "firstline-overlay/1"}\nnonsense\n', "line 2: is not JSON"),
        (
            '{"format": "firstline-overlay/1"}\n{"id": "a", "head": "my mood", "was": null, "by": "b", "at": "c"}\n',
            "line 2: 'my mood' is no name of a head",
        ),
    ],
)
def test_what_is_no_overlay_is_refused_by_line(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "o.jsonl").write_text(content)
    with pytest.raises(DecisionsNotReadable, match=problem):
        overlay.read(tmp_path / "o.jsonl")


def test_a_correction_without_a_person_is_refused(tmp_path: Path) -> None:
    """A customer's click is no label."""
    (tmp_path / "c.jsonl").write_text('{"id": "t-1", "head": "category", "label": "bug", "actor": ""}\n')
    with pytest.raises(DecisionsNotReadable, match="line 1: has no actor"):
        corrections.read(tmp_path / "c.jsonl")


def test_a_reviewer_may_type_another_label_and_stop() -> None:
    suspects = [Suspect(f"t-{n}", "category", "bug", "billing", 0.9, ("why",), "text [x]") for n in range(3)]
    decided: list[Suspect] = []

    @click.command()
    def asked() -> None:
        decided.extend(ask(suspects, Bars(quiet=True)))

    assert CliRunner().invoke(asked, input="how_to\ns\nq\n").exit_code == 0
    assert [(each.decision, each.proposed) for each in decided] == [
        ("accept", "how_to"), (None, "billing"), (None, "billing")
    ]  # fmt: skip
