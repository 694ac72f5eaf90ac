"""Exports as desks' tools write them: read, or refused with the line, the column and what to write into the mapping."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.closed_tickets import Export, read, refuse_when_bad
from training.data.column_mapping import read_mapping
from training.errors import TicketsNotReadable, TooManyBadRows

HEADER = ["id", "subject", "description", "created_at", "category", "priority"]
N = 40
Row = list[str]


def sound(n: int = N) -> list[Row]:
    """Rows in which a field of every third has a comma, a semicolon, a quotation mark and two lines."""
    long = 'One, two; three | four\tand "five"\r\nsix'
    at = "2025-03-{:02}T10:00:00Z"
    return [
        [f"T-{i}", f"Bars {i}", long if i % 3 == 0 else "grey", at.format(1 + i % 28), "bug", "P2"] for i in range(n)
    ]


def sheet(rows: list[Row], header: list[str] = HEADER, delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows([header, *rows])
    return out.getvalue()


def taken(folder: Path, content: str | bytes, mapping: str = "", name: str = "export.csv") -> Export:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "map.toml").write_text(mapping, encoding="utf-8")
    return read(folder / name, read_mapping(folder / "map.toml") if mapping else None)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_encoding_and_end_of_line_is_read(
    tmp_path: Path, delimiter: str, encoding: str, end: str
) -> None:
    found = taken(tmp_path, sheet(sound(), delimiter=delimiter, end=end).encode(encoding))

    assert (len(found.tickets), found.quarantined) == (N, ())
    assert {each.description for each in found.tickets} == {"grey", sound()[0][2]}


@pytest.mark.parametrize("name", ["EXPORT.CSV", "Export.Csv.GZ", "a.TSV", "a.csv"])
def test_the_end_of_a_name_may_be_in_capitals(tmp_path: Path, name: str) -> None:
    plain = sheet(sound()).encode()
    assert len(taken(tmp_path, gzip.compress(plain) if name.lower().endswith("gz") else plain, name=name).tickets) == N


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_lines_are_read_in_every_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    lines = "".join(json.dumps({"id": i, "subject": "Grüße 🙂"}, ensure_ascii=False) + "\n" for i in range(3))
    found = taken(tmp_path, lines.encode(encoding), name="a.JSONL")
    assert ([each.subject for each in found.tickets], found.quarantined) == (["Grüße 🙂"] * 3, ())


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "", "\r\n"])
def test_the_line_that_names_the_delimiter_and_empty_lines_above_the_header_are_passed_over(
    tmp_path: Path, first: str
) -> None:
    found = taken(tmp_path, f"{first}\r\n" + sheet(sound(), delimiter=";") + "short;row\r\n")
    assert len(found.tickets) == N
    lines = f"{first}\r\n".count("\r\n") + 1 + N + len([row for row in sound() if "\r\n" in row[2]]) + 1
    assert [(row.line, row.reason) for row in found.quarantined] == [
        (lines, "row has 2 columns, the first line names 6")
    ]


def test_a_delimiter_and_an_encoding_can_be_said(tmp_path: Path) -> None:
    text = sheet([["1", "Grüße", "", "", "bug", ""]], delimiter="~").encode("cp1252")
    (ticket,) = taken(tmp_path, text, 'delimiter = "~"\nencoding = "windows-1252"\n').tickets
    assert ticket.subject == "Grüße"


def test_an_export_in_another_encoding_says_what_to_write(tmp_path: Path) -> None:
    found = taken(tmp_path, sheet([["1", "Grüße", "", "", "bug", ""]]).encode("cp1252"))
    with pytest.raises(TooManyBadRows, match=r'line 2 row is not UTF-8; save .* or write encoding = "windows-1252"'):
        refuse_when_bad(found, 0.05)


@pytest.mark.parametrize("name", ["Größe", "id"])
def test_a_header_in_another_encoding_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(TicketsNotReadable, match="line 1: is not UTF-8"):
        taken(tmp_path, sheet([["1", "a"]], [name, "Äpfel"]).encode("cp1252"))


def test_utf_16_that_is_cut_off_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(TicketsNotReadable, match="is not utf-16"):
        taken(tmp_path, sheet(sound()).encode("utf-16")[:-1])


OPENED = 'T-900,Hook,"The screen is empty,2025-02-20T10:00:00Z,bug,P2\r\n'
LATER = [
    "",
    'T-901,Bill,"Thanks, all fine",2025-03-01T10:00:00Z,billing,P3\r\n',
    'T-901,Bill,all fine",2025-03-01T10:00:00Z,billing,P3\r\n',
    'T-901,"Bill",all "fine",2025-03-01T10:00:00Z,billing,P3\r\n',
    'T-901,Bill,"Two\r\nlines",2025-03-01T10:00:00Z,billing,P3\r\n',
    'T-901,Bill,"One ""word""",2025-03-01T10:00:00Z,billing,P3\r\n',
]


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("between", [0, 1, 20])
@pytest.mark.parametrize("before", [0, 1, 20])
def test_a_quotation_mark_that_is_not_closed_stops_with_its_line_or_costs_its_row_alone(
    tmp_path: Path, later: str, between: int, before: int
) -> None:
    rows = [[f"T-{i}", "Bars", "grey", f"2025-03-{1 + i % 28:02}T10:00:00Z", "bug", "P2"] for i in range(60)]
    body = sheet(rows[: between + 10], header=rows[59]).partition("\r\n")[2].splitlines(keepends=True)
    text = sheet(rows[30 : 30 + before]) + OPENED + "".join(body[:between]) + later + "".join(body[between:])

    with pytest.raises(TicketsNotReadable, match=f"line {before + 2}: a quotation mark is opened .* not closed"):
        taken(tmp_path, text)


@given(
    st.lists(st.tuples(*[st.text(st.sampled_from('ab1 ,;"\n\r'), max_size=8)] * 3), max_size=12),
    st.sampled_from(",;\t|"),
)
def test_no_row_of_a_well_formed_sheet_is_ever_lost(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str, str]], delimiter: str
) -> None:
    rows = [[f"T-{i}", f"s{a}", b, "2025-03-01T10:00:00Z", c, "P2"] for i, (a, b, c) in enumerate(cells)]
    found = taken(tmp_path_factory.mktemp("sheet"), sheet(rows, delimiter=delimiter))
    assert [each.id for each in found.tickets] == [row[0] for row in rows]
    assert [each.subject for each in found.tickets] == [row[1] for row in rows]


def test_prose_with_as_many_commas_as_columns_is_no_swallowed_row(tmp_path: Path) -> None:
    rows = [["1", "a", "Hi,\nI tried, this, that, more, all\n3, 4, 5, of them, are, grey", "", "bug", ""]]
    assert len(taken(tmp_path, sheet(rows)).tickets) == 1


JIRA = ["Issue key", "Summary", "Created", "Labels", "Labels", "", "", "Comment", "Comment"]
JIRA_MAP = '[columns]\nid = "Issue key"\nsubject = "Summary"\ncreated_at = "Created"\n'


def test_columns_that_are_not_read_may_repeat_or_have_no_name(tmp_path: Path) -> None:
    rows = [["K-1", "Bars", "2025-03-01T10:00:00Z", *"abcdef"], ["K-2", "Bars", "2025-03-01T10:00:00Z", *"abcdef"]]
    found = taken(tmp_path, sheet(rows, JIRA), JIRA_MAP)
    assert ([each.id for each in found.tickets], dict(found.ignored_columns)) == (
        ["K-1", "K-2"],
        {"Labels": 2, "Comment": 2},
    )


@pytest.mark.parametrize(
    ("header", "mapping", "column"),
    [
        (["id", "subject", "subject"], "", "subject"),
        (["id", "id", "subject"], "", "id"),
        (["Key", "Summary", "Summary"], '[columns]\nid = "Key"\nsubject = "Summary"\n', "Summary"),
    ],
)
def test_a_column_that_is_read_and_repeated_is_named(
    tmp_path: Path, header: list[str], mapping: str, column: str
) -> None:
    with pytest.raises(TicketsNotReadable, match=f"line 1 names the column '{column}' 2 times"):
        taken(tmp_path, sheet([["1", "a", "b"]], header), mapping)


def test_a_blank_before_a_quotation_mark_is_no_text(tmp_path: Path) -> None:
    (ticket,) = taken(tmp_path, 'id, subject, created_at\n1, "Bars, grey", 2025-01-01T00:00:00Z\n').tickets
    assert ticket.subject == "Bars, grey"


def test_empty_cells_behind_the_last_column_are_passed_over(tmp_path: Path) -> None:
    assert len(taken(tmp_path, "id,subject\n1,Bars,,\n2,Bars,x\n").tickets) == 1
