"""Times and values as desks' tools write them: read, or named with what to write into the mapping."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.data.test_foreign_exports import sheet, sound, taken
from training.data.cell_values import CellValues
from training.data.closed_tickets import read, refuse_when_bad
from training.data.column_mapping import EMPTY, ColumnMapping, read_mapping
from training.data.dates import read_instant
from training.errors import ConfigRefused, TooManyBadRows
from triage.errors import BadClosedTicket
from triage.tickets.closed_ticket import LABELS, ClosedTicket

AT = datetime(2025, 2, 3, 15, 4, tzinfo=UTC)
SAID = [
    "2025-02-03T15:04:00Z", "2025-02-03 15:04:00 UTC", "2025-02-03 15:04 GMT", "2025-02-03 15:04:00 +0000",
    "2025-02-03 16:04:00 +01:00", "2025/02/03 15:04:00Z", "2025-2-3 15:04Z".replace("2025-2-3", "2025/2/3"),
    "2025-02-03T16:04:00+01:00[Europe/Berlin]", "2025-02-03T15:04:00.000000000Z", "Mon, 03 Feb 2025 15:04:00 +0000",
    "03 Feb 2025 15:04 +0000", 1738595040, "1738595040", "1738595040000", 1738595040.0, " 2025-02-03T15:04:00Z ",
]  # fmt: skip
ZONELESS = [
    "2025-02-03 16:04", "2025-02-03T16:04:00", "2025/02/03 16:04", "03.02.2025 16:04", "03.02.25 16:04",
    "3 Feb 2025 16:04", "Feb 3, 2025 16:04", "February 3, 2025 04:04 PM", "03-Feb-25 04:04 PM", "03/Feb/25 4:04 PM",
    "Mon, 03 Feb 2025 16:04:00", datetime(2025, 2, 3, 16, 4),
]  # fmt: skip
OPEN = {
    "03/02/2025 16:04": 'two days: write date_format = "%d/%m/%Y %H:%M" .* else date_format = "%m/%d/%Y %H:%M"',
    "23/02/2025": 'write date_format = "%d/%m/%Y" into',
    "02/23/25, 4:04 PM": 'write date_format = "%m/%d/%y, %I:%M %p" into',
    "yesterday": "is not an RFC 3339 instant",
    "2025-13-45T00:00:00Z": "is not an RFC 3339 instant",
    "": None,
}  # fmt: skip


@pytest.mark.parametrize("written", SAID)
def test_a_time_that_says_its_zone_is_read(written: object) -> None:
    for zone in ("", "America/Lima"):
        assert read_instant("created_at", written, _in(zone)) == AT


@pytest.mark.parametrize("written", ZONELESS)
def test_a_time_without_a_zone_is_read_in_the_one_that_was_said_and_else_asks_for_it(written: object) -> None:
    assert read_instant("created_at", written, _in("Europe/Berlin")) == AT
    with pytest.raises(BadClosedTicket, match=r"created_at has no time zone; .*--timezone Europe/Berlin"):
        read_instant("created_at", written, ColumnMapping())


@pytest.mark.parametrize(("written", "advice"), OPEN.items())
def test_a_time_that_is_open_says_what_to_write(written: str, advice: str | None) -> None:
    if advice is None:
        assert read_instant("created_at", written, ColumnMapping()) is None
        return
    with pytest.raises(BadClosedTicket, match=advice):
        read_instant("created_at", written, _in("Europe/Berlin"))


@pytest.mark.parametrize("form", ["%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%y%m%d %H%M"])
def test_a_form_that_was_said_is_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "map.toml").write_text(f'timezone = "UTC"\ndate_format = "{form}"\n')
    assert read_instant("created_at", AT.strftime(form), read_mapping(tmp_path / "map.toml")) == AT


@given(st.text(st.sampled_from("0123456789/.-: TZ+APMeb,"), max_size=22))
def test_no_time_is_a_traceback(written: str) -> None:
    with suppress(BadClosedTicket):
        read_instant("created_at", written, _in("UTC"))


def _in(zone: str) -> ColumnMapping:
    return read_mapping(None, zone or None)


def test_the_export_of_a_desk_without_zones_asks_for_one_and_then_is_read(tmp_path: Path) -> None:
    rows = [[*row[:3], "2025-01-01 10:00", *row[4:]] for row in sound()]
    with pytest.raises(TooManyBadRows, match=r"line 2 created_at has no time zone.*--timezone"):
        refuse_when_bad(taken(tmp_path, sheet(rows)), 0.05)
    assert read(tmp_path / "export.csv", read_mapping(None, "Asia/Tokyo")).tickets[0].created_at == datetime(
        2025, 1, 1, 1, tzinfo=UTC
    )


@pytest.mark.parametrize("word", [*EMPTY, "N/A", "NULL", "NaN", "None", " - ", ""])
@pytest.mark.parametrize(
    "name", ["category", "priority", "csat", "spam", "closed_at", "plan", "kb_article_id", "subject"]
)
def test_words_for_nothing_are_no_values(tmp_path: Path, word: str, name: str) -> None:
    row = {"id": "1", "description": "grey", name: word}
    found = taken(tmp_path, sheet([list(row.values())], list(row)))
    (ticket,) = found.tickets
    assert (dict(ticket.labels), ticket.csat, ticket.spam, ticket.closed_at, ticket.plan) == (
        {},
        None,
        False,
        None,
        None,
    )
    assert (ticket.kb_article_ids, ticket.subject, found.unread_values) == ((), "", ())


def test_the_words_for_nothing_can_be_said(tmp_path: Path) -> None:
    text = sheet([["1", "a", "", "", "none", ""], ["2", "a", "", "", "unknown", ""]])
    found = taken(tmp_path, text, 'empty = ["unknown"]\n')
    assert [dict(each.labels) for each in found.tickets] == [{"category": "none"}, {}]


@pytest.mark.parametrize("value", [float("nan"), None])
def test_what_pandas_writes_for_nothing_is_nothing(value: object) -> None:
    row = dict.fromkeys(("category", "csat", "spam", "created_at", "kb_article_id"), value)
    assert set(CellValues(ColumnMapping()).of(row, 2).values()) == {None}


def test_whole_numbers_that_pandas_made_floats_are_whole(tmp_path: Path) -> None:
    found = taken(tmp_path, '{"id": 7.0, "subject": "a", "kb_article_id": 12.0, "category": 3.0}\n', name="a.jsonl")
    assert [(each.id, each.kb_article_ids, each.labels["category"]) for each in found.tickets] == [("7", ("12",), "3")]


FLAGS = {
    "y": True,
    "n": False,
    "Yes": True,
    "ja": True,
    "WAHR": True,
    "FALSCH": False,
    "0": False,
    "1": True,
    "x": True,
}
PRIORITY = {
    "P1": "P1",
    "p3": "P3",
    "P0 - critical": "P0",
    "P2 (High)": "P2",
    "High": None,
    "1": None,
    "P9": None,
    "P10": None,
}
CSAT = {"4": 4, "4,5": 4.5, "4.5": 4.5, "good": None, "offered": None, "5/5": None}


@pytest.mark.parametrize(
    ("name", "word", "read_as"),
    [("spam", *each) for each in FLAGS.items()]
    + [("priority", *each) for each in PRIORITY.items()]
    + [("csat", *each) for each in CSAT.items()],
)
def test_a_value_is_understood_or_left_out_and_named(tmp_path: Path, name: str, word: str, read_as: object) -> None:
    found = taken(tmp_path, sheet([["1", "grey", word]], ["id", "subject", name], delimiter=";"))
    (ticket,) = found.tickets
    assert {"spam": ticket.spam, "priority": ticket.labels.get("priority"), "csat": ticket.csat}[name] == read_as
    assert bool(found.unread_sentences) == (read_as is None)


@pytest.mark.parametrize(
    ("name", "words", "meanings", "read_as"),
    [
        ("priority", ["Urgent", "HIGH ", "low"], {"urgent": "P0", "High": "P1", "low": "P4"}, ["P0", "P1", "P4"]),
        ("csat", ["good", "bad", "offered"], {"good": 5, "bad": 1, "offered": ""}, [5, 1, None]),
        ("spam", ["junk", "ham"], {"junk": True, "ham": False}, [True, False]),
        ("category", ["Fehler", "bug"], {"fehler": "bug"}, ["bug", "bug"]),
        ("channel", ["E-Mail"], {"e-mail": "email"}, ["email"]),
    ],
)
def test_values_can_be_mapped(
    tmp_path: Path, name: str, words: list[str], meanings: dict[str, object], read_as: list[object]
) -> None:
    table = f"[values.{name}]\n" + "".join(f"{json.dumps(word)} = {json.dumps(m)}\n" for word, m in meanings.items())
    found = taken(
        tmp_path, sheet([[str(i), "a", word] for i, word in enumerate(words)], ["id", "subject", name]), table
    )

    def get(each: ClosedTicket) -> object:
        return each.labels[name] if name in LABELS else getattr(each, name)

    assert [get(each) for each in found.tickets] == read_as
    assert found.unread_sentences == []


def test_what_is_left_out_is_told_with_the_column_the_lines_and_what_to_write(tmp_path: Path) -> None:
    words = ["Urgent", "High", "Urgent", "Normal"]
    rows = [[str(i), "a", word] for i, word in enumerate(words)]
    found = taken(tmp_path, sheet(rows, ["id", "subject", "Prio"]), '[columns]\npriority = "Prio"\n')
    (told,) = found.unread_sentences
    assert "priority (column 'Prio'): 4 values are none of P0, P1, P2, P3, P4 and are left out" in told
    assert "'Urgent' (2, first in line 2), 'High' (1, first in line 3)" in told
    assert '[values.priority] with lines such as "Urgent" = "P2"' in told


def test_a_fault_names_the_column_of_the_export(tmp_path: Path) -> None:
    found = taken(tmp_path, "id,subject,Opened\n1,a,1/2/2025\n", '[columns]\ncreated_at = "Opened"\n')
    assert found.quarantined[0].reason.startswith("created_at (column 'Opened') can be two days")


@pytest.mark.parametrize(
    "text",
    [
        "colums = 1", "[values]\nid = {a = 1}", "[values.priority]\nUrgent = []", "empty = 'a'", "timezone = 'Berlin'",
        "timezone = 3", "delimiter = ';;'", "encoding = 'klingon'", "encoding = 'base64'", "values = 3",
    ],
)  # fmt: skip
def test_a_mapping_is_checked(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(ConfigRefused):
        read_mapping(tmp_path / "map.toml")
