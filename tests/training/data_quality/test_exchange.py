"""The queue of doubtful labels goes to Label Studio and Prodigy, and comes back as decisions in the overlay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.data_quality import exchange
from triage.errors import DecisionsNotReadable
from triage.tickets import doubtful_labels, label_decisions
from triage.tickets.doubtful_labels import Suspect

SUSPECTS = [
    Suspect("t-1", "category", "bug", "billing", 0.9, ("neighbours say billing",), "charged twice"),
    Suspect("t-2", "category", "how_to", "bug", 0.8, (), "export is empty"),
    Suspect("t-2", "product_area", None, "reports", 0.7, (), "export is empty"),
    Suspect("t-3", "category", "bug", "how_to", 0.6, (), "how do I?", decision="keep"),
]
SAID = {("t-1", "category"): "billing", ("t-2", "category"): "how_to", ("t-2", "product_area"): "dashboard"}


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    doubtful_labels.write(tmp_path / "queue.jsonl", SUSPECTS)
    return tmp_path / "queue.jsonl"


def run(*words: object) -> str:
    done = CliRunner().invoke(cli, ["relabel", *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.output


def fill(path: Path) -> None:
    """Answer the tasks as their tools do: an option, or in Label Studio also a label that was typed."""
    if path.suffix == ".json":
        tasks: list[dict[str, Any]] = json.loads(path.read_text())
        for task in tasks:
            head, _, ticket = task["data"]["id"].partition(":")
            said = SAID[ticket, head]
            offered = said in [each["value"] for each in task["data"]["options"]]
            chosen = {"from_name": "label", "type": "choices", "value": {"choices": [said]}}
            typed = {"from_name": "label_other", "type": "textarea", "value": {"text": [said]}}
            task["annotations"] = [{"result": [chosen if offered else typed], "completed_by": 7}]
        path.write_text(json.dumps(tasks))
        return
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row |= {"accept": [SAID[row["meta"]["id"], row["meta"]["head"]]], "answer": "accept", "_annotator_id": "ann"}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.parametrize(("name", "who"), [("tasks.json", "Label Studio 7"), ("tasks.prodigy.jsonl", "Prodigy ann")])
def test_what_was_annotated_becomes_decisions(queue: Path, tmp_path: Path, name: str, who: str) -> None:
    tasks, overlay = tmp_path / name, tmp_path / "overlay.jsonl"
    assert "3 tasks in" in run("--accept", queue, "--export", tasks)  # what is decided is not asked
    content = tasks.read_text()
    assert not any(word in content for word in ("neighbours", "0.9", "proposed", "score"))
    fill(tasks)
    run("--accept", queue, "--import", tasks, "--overlay", overlay, "--by", "bob")
    found = {(each.id, each.head): (each.was, each.label, each.by) for each in label_decisions.read(overlay)}
    assert found == {
        ("t-1", "category"): ("bug", "billing", who),
        ("t-2", "category"): ("how_to", "how_to", who),
        ("t-2", "product_area"): (None, "dashboard", who),
        ("t-3", "category"): ("bug", "bug", "bob"),  # was decided in the queue
    }
    run("--accept", queue, "--import", tasks, "--overlay", overlay)
    assert len(label_decisions.read(overlay)) == 4  # nothing twice


def test_a_missing_label_may_stay_missing_and_what_was_not_answered_stays_open(queue: Path, tmp_path: Path) -> None:
    tasks, overlay = tmp_path / "tasks.prodigy.jsonl", tmp_path / "overlay.jsonl"
    run("--accept", queue, "--export", tasks)
    rows = [json.loads(line) for line in tasks.read_text().splitlines()]
    rows[0]["answer"], rows[1]["answer"] = "ignore", "reject"
    rows[2] |= {"accept": ["no label"], "answer": "accept"}
    strange = {"text": "x", "meta": {"id": "t-9", "head": "category"}, "accept": ["bug"], "answer": "accept"}
    tasks.write_text("".join(json.dumps(row) + "\n" for row in [*rows, strange]))
    run("--accept", queue, "--import", tasks, "--overlay", overlay)
    found = {(each.id, each.head): (each.was, each.label) for each in label_decisions.read(overlay)}
    assert found == {("t-2", "product_area"): (None, None), ("t-3", "category"): ("bug", "bug")}


def test_label_studios_interface_is_written_beside_the_tasks(queue: Path, tmp_path: Path) -> None:
    run("--accept", queue, "--export", tmp_path / "tasks.json")
    assert 'value="$options"' in (tmp_path / "tasks.xml").read_text()


def annotated(head: str, *chosen: object, name: str = "label") -> str:
    """Return what Label Studio exports of one task."""
    result = {"from_name": name, "type": "choices", "value": {"choices": list(chosen)}}
    return json.dumps([{"data": {"id": f"{head}:t-1"}, "annotations": [{"result": [result]}]}])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (annotated("category", ""), "category is empty"),
        (annotated("category", "x" * 201), "category is longer than 200 characters"),
        (annotated("category", "bug", "billing"), "category has 2 options chosen; choose one"),
        (annotated("category", 5), "the task's annotations are not as Label Studio's"),
        (annotated("category").replace("[]", '"billing"'), "the task's annotations are not as Label Studio's"),
    ],
)
def test_what_can_be_no_label_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tasks := tmp_path / "done.json").write_text(content)
    with pytest.raises(DecisionsNotReadable, match=f"line 1: {said}"):
        exchange.read(tasks, SUSPECTS)


def test_answers_that_nobody_asked_for_and_labels_that_the_queue_does_not_know_are_named(
    queue: Path, tmp_path: Path
) -> None:
    (tasks := tmp_path / "done.json").write_text(annotated("category", "biling"))
    said = run("--accept", queue, "--import", tasks, "--overlay", tmp_path / "overlay.jsonl")
    assert "category: no line of the queue has 'biling'" in said
    assert "left out" not in said
    tasks.write_text(annotated("intent", "refund"))
    said = run("--accept", queue, "--import", tasks, "--overlay", tmp_path / "overlay.jsonl")
    assert "1 answers left out: the queue does not ask about them" in said


def test_no_label_takes_a_label_away_and_a_label_with_the_separator_stays_whole(tmp_path: Path) -> None:
    suspects = [SUSPECTS[0], Suspect("t-1", "topics", ("a;b",), ("c",), 0.9, (), "x")]
    doubtful_labels.write(tmp_path / "queue.jsonl", suspects)
    tasks = json.loads(annotated("category", "no label")) + json.loads(annotated("topics", "a;b", "c", name="labels"))
    (tmp_path / "done.json").write_text(json.dumps(tasks))
    overlay = tmp_path / "overlay.jsonl"
    run("--accept", tmp_path / "queue.jsonl", "--import", tmp_path / "done.json", "--overlay", overlay)
    assert [each.label for each in label_decisions.read(overlay)] == [None, ("a;b", "c")]
