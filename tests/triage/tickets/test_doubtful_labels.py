"""A queue that somebody edited is read whole, or refused with the line and what is wrong in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from triage.errors import DecisionsNotReadable
from triage.tickets import doubtful_labels

ROW = {
    "id": "t-1",
    "head": "topics",
    "label": ["angry"],
    "proposed": ["refund"],
    "score": 0.9,
    "evidence": ["add refund"],
    "text": "Money back",
    "decision": None,
}


def queue(folder: Path, **changes: object) -> Path:
    (path := folder / "queue.jsonl").write_text(json.dumps(ROW | changes) + "\n")
    return path


def test_what_was_accepted_may_be_no_label_at_all(tmp_path: Path) -> None:
    (found,) = doubtful_labels.read(queue(tmp_path, label="bug", proposed=None, decision="accept"))
    assert (found.label, found.proposed) == ("bug", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"decision": "yes"}, 'decision is \'yes\'; write "accept", "keep" or null'),
        ({"proposed": None}, "proposed is null, which needs"),
        ({"proposed": "refund"}, "both be one label, or both a list"),
        ({"label": "angry"}, "both be one label, or both a list"),
        ({"proposed": [5]}, "proposed must be a label or a list"),
        ({"head": "No Head"}, "'No Head' is no name of a head"),
        ({"id": ""}, "has no id"),
        ({"id": 5}, "5 stands where a text must be"),
        ({"text": None}, "None stands where a text must be"),
        ({"text": "a\ud800"}, "no valid Unicode"),
        ({"evidence": "abc"}, "evidence is no list"),
        ({"evidence": [1]}, "1 stands where a text must be"),
        ({"score": "high"}, "score is no number"),
    ],
)
def test_a_line_that_is_none_is_refused(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(DecisionsNotReadable, match=f"line 1: .*{said}"):
        doubtful_labels.read(queue(tmp_path, **changes))


def test_a_line_without_a_field_names_it(tmp_path: Path) -> None:
    (path := tmp_path / "queue.jsonl").write_text('{"id": "t-1", "label": null, "proposed": "a"}\n')
    with pytest.raises(DecisionsNotReadable, match="has no head: it is no line of a queue"):
        doubtful_labels.read(path)
