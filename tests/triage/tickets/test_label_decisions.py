"""The file of decisions survives editors, kills and several people at once, and holds only what can be a label."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.training.desk import START
from triage.errors import DecisionsNotReadable
from triage.tickets import label_decisions
from triage.tickets.label_decisions import FORMAT, Decision

HEADER = json.dumps({"format": FORMAT}) + "\n"
BY = {"by": "kim", "at": "2026-03-01T00:00:00+00:00"}


def decision(number: int) -> Decision:
    return Decision(f"t-{number}", "topics", ("vat",), ("refund",), **BY)


def line(**changes: object) -> str:
    return json.dumps({"id": "t-1", "head": "topics", "was": [], "label": ["vat"], **BY} | changes) + "\n"


@pytest.fixture
def overlay(tmp_path: Path) -> Path:
    return tmp_path / "care" / "overlay.jsonl"


def test_of_people_who_decide_first_at_the_same_time_each_is_heard(tmp_path: Path) -> None:
    for attempt in range(20):
        path, ready = tmp_path / f"{attempt}.jsonl", Barrier(4)

        def decides(number: int, path: Path = path, ready: Barrier = ready) -> None:
            ready.wait()
            label_decisions.append(path, [decision(number)], START)

        with ThreadPoolExecutor(4) as people:
            list(people.map(decides, range(4)))
        assert {each.id for each in label_decisions.read(path)} == {"t-0", "t-1", "t-2", "t-3"}


def test_a_file_whose_last_line_an_editor_left_open_goes_on_in_a_line_of_its_own(overlay: Path) -> None:
    label_decisions.append(overlay, [decision(1)], START)
    overlay.write_bytes(overlay.read_bytes().rstrip(b"\n"))
    label_decisions.append(overlay, [decision(2)], START)
    assert [each.id for each in label_decisions.read(overlay)] == ["t-1", "t-2"]


@pytest.mark.parametrize("kept", [1, 40, 80])
def test_a_line_that_a_kill_cut_short_is_left_out_and_then_overwritten(overlay: Path, kept: int) -> None:
    label_decisions.append(overlay, [decision(1)], START)
    whole = overlay.read_bytes()
    overlay.write_bytes(whole + line().encode()[:kept])
    assert [each.id for each in label_decisions.read(overlay)] == ["t-1"]
    label_decisions.append(overlay, [decision(2)], START)
    assert overlay.read_bytes().startswith(whole)
    assert [each.id for each in label_decisions.read(overlay)] == ["t-1", "t-2"]


def test_a_header_that_a_kill_cut_short_is_written_again(overlay: Path) -> None:
    overlay.parent.mkdir()
    overlay.write_text('{"form')
    label_decisions.append(overlay, [decision(1)], START)
    assert [each.id for each in label_decisions.read(overlay)] == ["t-1"]


def test_labels_are_read_as_those_of_closed_tickets(overlay: Path) -> None:
    overlay.parent.mkdir()
    overlay.write_text(HEADER + line(label=[" vat ", "vat", ""]) + line(head="category", was=None, label=" bug "))
    assert [each.label for each in label_decisions.read(overlay)] == [("vat",), "bug"]


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (" ", "is empty; write null for none"),
        ("x" * 201, "is longer than 200 characters"),
        ("a\0b", "contains a NUL character"),
        (["a\ud800"], "is not valid Unicode"),
        ([str(n) for n in range(201)], "is no list of at most 200 labels"),
        ([1], "must be a label or a list of labels, or null for none"),
        ({"vat": True}, "must be a label or a list of labels, or null for none"),
    ],
)
def test_what_can_be_no_label_is_refused_with_its_line(overlay: Path, label: object, said: str) -> None:
    overlay.parent.mkdir()
    overlay.write_text(HEADER + line() + line(label=label))
    with pytest.raises(DecisionsNotReadable, match=rf"line 3: label {said}"):
        label_decisions.read(overlay)


def test_another_encoding_is_named(overlay: Path) -> None:
    overlay.parent.mkdir()
    overlay.write_bytes((HEADER + line().replace("kim", "zoé")).encode("latin-1"))
    with pytest.raises(DecisionsNotReadable, match="line 2: is not UTF-8; save the file as UTF-8"):
        label_decisions.read(overlay)
