"""Questions as files and answers out of them, in three formats; errors name the row."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.training.audit.noisy_desk import LABELS, answer, held
from tests.training.audit.test_desk import HEADER, ROWS, desk, population
from training.audit.answers import Answers
from training.audit.exchange import Taken, read, write
from training.audit.label_studio import interface
from triage.errors import DecisionsNotReadable

AT = datetime(2026, 2, 1, tzinfo=UTC)
KNOWN = {"category": LABELS}


def taken(path: Path) -> Taken:
    return read(path, desk(), KNOWN, "ann", AT)


def fill(path: Path, label: str = "bug") -> None:
    """Answer every question of a file as a person would who has it open in the right program."""
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(row | {"category": label} for row in rows)
    elif path.name.endswith(".prodigy.jsonl"):
        rows = [json.loads(each) for each in path.read_text().splitlines()]
        done = {"accept": [label], "answer": "accept", "_annotator_id": "desk-ann"}
        path.write_text("".join(json.dumps(row | done) + "\n" for row in rows))
    elif path.suffix == ".jsonl":
        rows = [json.loads(each) for each in path.read_text().splitlines()]
        for row in rows:
            row["heads"]["category"]["answer"] = label
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        result = {"from_name": "category", "to_name": "text", "type": "choices", "value": {"choices": [label]}}
        tasks = [
            task | {"id": n, "annotations": [{"completed_by": 7, "was_cancelled": False, "result": [result]}]}
            for n, task in enumerate(json.loads(path.read_text()))
        ]
        path.write_text(json.dumps(tasks))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "prodigy.jsonl"])
@pytest.mark.parametrize("label", ["bug", "billing", "how_to", "both", "neither", "cannot_tell"])
def test_what_is_written_and_filled_in_is_read_back(tmp_path: Path, ending: str, label: str) -> None:
    path = tmp_path / f"questions.{ending}"
    assert write(path, desk(), 20) == 20
    fill(path, label)
    found = taken(path)
    assert len(found.answers) == 20
    kinds = {each.heads["category"].kind for each in found.answers}
    assert kinds == {label if label in {"both", "neither", "cannot_tell"} else "label"}
    audit = desk()
    for each in found.answers:
        audit.take(each)
    assert len({each.id for each in audit.answers.lines}) == 20


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "prodigy.jsonl"])
def test_a_file_does_not_say_what_the_model_or_the_closed_ticket_said(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"questions.{ending}"
    write(path, desk(), 60)
    content = path.read_text()
    assert not any(word in content for word in ("guess", "model", "predictions", "confidence", "0.9"))
    assert "billing" in content


def test_what_was_not_answered_or_is_known_already_is_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text("id,category\nt-1,bug\nt-2,\nt-3,bug\nelsewhere,bug\n")
    found = read(path, desk(answers=Answers.of(HEADER, [answer("t-3", "bug")])), KNOWN, "ann", AT)
    assert [each.id for each in found.answers] == ["t-1"]
    assert found.left_out_in_words == (
        "; 1 left out: not in this audit; 1 left out: without an answer; 1 left out: answered before"
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "id,category\nt-1,bug\nt-2,bugs\n", "line 3: category is 'bugs'; it must be one of billing, bug"),
        ("a.csv", "ticket,category\n", "the first row must name the columns: id"),
        ("a.jsonl", "{}\n", 'line 1: needs "id", and "heads"'),
        ("a.jsonl", "x\n", "line 1: is not JSON"),
        ("a.jsonl", '{"id": "t-1", "heads": {"category": {"answer": 3}}}\n', "category is neither text nor null"),
        ("a.json", '{"data": {}}', "must be a list of tasks: export from Label Studio as JSON"),
        ("a.json", '[{"text": "x"}]', "line 1: task has no data"),
        ("a.jsonl", '{"id": ' + "[" * 100_000, "line 1: is not JSON"),
        ("a.json", "[" * 100_000, "is not JSON"),
        ("a.json", '[{"data": {"id": "t-1"}, "annotations": ["x"]}]', "line 1: the task's annotations are not"),
        (
            "a.json",
            '[{"data": {"id": "t-1"}, "annotations": [{"result": 5}]}]',
            "line 1: the task's annotations are not",
        ),
        ("a.prodigy.jsonl", "x\n", "line 1: is not JSON"),
        ("a.prodigy.jsonl", '{"text": "x"}\n', "line 1: is no task of Prodigy"),
        ("a.prodigy.jsonl", '{"meta": {"id": "t-1", "head": "category"}, "accept": "bug"}', "line 1: is no task"),
        (
            "a.prodigy.jsonl",
            '{"meta": {"id": "t-1", "head": "category"}, "accept": ["bug", "billing"], "answer": "accept"}',
            "line 1: 2 options are chosen; choose one",
        ),
        ("a.xlsx", "", "ends in .csv, .jsonl or .json"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_it_should_be(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DecisionsNotReadable, match=said):
        taken(tmp_path / name)


def test_prodigys_tasks_are_choices_and_what_was_rejected_or_ignored_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "questions.prodigy.jsonl"
    write(path, desk(), 5)
    tasks = [json.loads(each) for each in path.read_text().splitlines()]
    assert [set(each) for each in tasks] == [{"text", "options", "meta"}] * 5
    assert {"neither", "cannot_tell"} < {option["id"] for option in tasks[0]["options"]}
    said = ["accept", "reject", "ignore", "accept", "accept"]
    rows = [
        task | {"accept": [task["options"][0]["id"]], "answer": answer, "_session_id": "audit-bob"}
        for task, answer in zip(tasks, said, strict=True)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = taken(path)
    assert [each.id for each in found.answers] == [tasks[n]["meta"]["id"] for n in (0, 3, 4)]
    assert {each.who for each in found.answers} == {"Prodigy audit-bob"}
    assert found.left_out["without an answer"] == 2


def test_label_studios_other_label_and_its_skipped_tasks(tmp_path: Path) -> None:
    typed = {"from_name": "category_other", "to_name": "text", "type": "textarea", "value": {"text": ["how_to"]}}
    chosen = {"from_name": "category", "to_name": "text", "type": "choices", "value": {"choices": ["neither"]}}
    tasks = [
        {"data": {"id": "t-1"}, "annotations": [{"result": [chosen, typed], "completed_by": {"email": "a@b.example"}}]},
        {"data": {"id": "t-2"}, "annotations": [{"result": [], "was_cancelled": True}]},
    ]
    (tmp_path / "a.json").write_text(json.dumps(tasks))
    (found,) = taken(tmp_path / "a.json").answers
    assert (found.heads["category"].labels, found.who) == (("how_to",), "Label Studio a@b.example")


def test_label_studios_interface_lies_beside_the_tasks_and_names_their_options(tmp_path: Path) -> None:
    write(tmp_path / "tasks.json", desk(), 5)
    assert (tmp_path / "tasks.xml").read_text() == interface({"category": False})
    choices = ElementTree.fromstring(interface({"category": False})).find("Choices")
    assert choices is not None
    assert choices.attrib["value"] == "$category_options"
    task = json.loads((tmp_path / "tasks.json").read_text())[0]
    assert {"value": "cannot_tell"} in task["data"]["category_options"]


def test_a_spreadsheet_does_not_run_a_ticket_as_a_formula(tmp_path: Path) -> None:
    rows = [held(row.id, text="=1+1") for row in ROWS]
    write(tmp_path / "a.csv", desk(population(rows)), 3)
    assert "'=1+1" in (tmp_path / "a.csv").read_text()


def test_a_text_of_any_length_comes_back_and_a_row_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,text,category\nt-1,{'x' * 200_000},bug\nt-1,x,billing\n")
    found = taken(path)
    assert [each.heads["category"].labels for each in found.answers] == [("bug",)]
    assert found.left_out["answered before"] == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_no_cell_is_a_formula_and_the_answer_still_finds_its_ticket(tmp_path: Path, start: str) -> None:
    wanted = f"{start}cmd|' /C calc'!A0"
    audit = desk(population([replace(row, id=f"{wanted}{row.id}", text=f"{wanted}{row.text}") for row in ROWS]))
    write(tmp_path / "a.csv", audit, 5)
    with (tmp_path / "a.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell.startswith(start)] == []
    fill(tmp_path / "a.csv")
    assert len(read(tmp_path / "a.csv", audit, KNOWN, "ann", AT).answers) == 5


def test_a_csv_that_a_spreadsheet_saved_with_semicolons_is_read(tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    write(path, desk(), 3)
    fill(path)
    rows = list(csv.reader(path.read_text().splitlines()))
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    assert len(taken(path).answers) == 3


def test_a_file_in_another_encoding_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_bytes("id,category\nt-1,größe\n".encode("windows-1252"))
    with pytest.raises(DecisionsNotReadable, match="save it as CSV UTF-8"):
        taken(path)


def test_two_choices_for_a_head_with_one_label_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "questions.json"
    write(path, desk(), 1)
    fill(path)
    path.write_text(path.read_text().replace('["bug"]', '["bug", "billing"]'))
    with pytest.raises(DecisionsNotReadable, match="2 options are chosen; choose one"):
        taken(path)
