from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.packed import bomb
from tests.training.desk import ticket, tickets, write
from training.data import newest
from training.data.closed_tickets import quarantine_lines, read, refuse_when_bad
from training.data.column_mapping import ColumnMapping, read_mapping
from training.errors import ConfigRefused, TicketsNotReadable, TooManyBadRows
from triage.reading.bounded_files import LONGEST_LINE

UTF8 = '; save the file as UTF-8, or write encoding = "windows-1252" into the mapping'
CSV = 'id,subject,description,created_at,category\n1,"Export, empty","two\nlines",2026-01-01T00:00:00Z,bug\n'


def ids(path: Path, **options: object) -> list[str]:
    return [each.id for each in read(path, **options).tickets]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.csv.gz", "a.parquet"])
def test_every_format_gives_the_same_tickets(tmp_path: Path, name: str) -> None:
    rows = [
        {"id": str(n), "subject": f"s, {n}", "description": 'quoted "x"\ny', "created_at": f"2026-01-0{n}T00:00:00Z"}
        for n in (1, 2, 3)
    ]
    path = tmp_path / name
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    if ".csv" in name:
        cells = [",".join('"' + value.replace('"', '""') + '"' for value in row.values()) for row in rows]
        lines = "\ufeff" + "\r\n".join([",".join(rows[0]), *cells]) + "\r\n"
    if name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_bytes(gzip.compress(lines.encode()) if name.endswith("gz") else lines.encode())
    found = read(path)
    assert [each.id for each in found.tickets] == ["1", "2", "3"]
    assert {each.description for each in found.tickets} == {'quoted "x"\ny'}
    assert found.quarantined == ()


@pytest.mark.parametrize(
    ("mapping", "missing"),
    [({}, "id"), ({"id": "Nr"}, "Nr"), ({"id": "number", "category": "Tpye"}, "Tpye")],
)
def test_a_column_that_no_row_has_is_told_once_with_those_that_there_are(
    tmp_path: Path, mapping: dict[str, str], missing: str
) -> None:
    path = tmp_path / "foreign.csv"
    path.write_text("number,subject,type\n1,Export,bug\n2,Import,bug\n")
    with pytest.raises(TicketsNotReadable, match=f"no row has the column '{missing}'; it has: number, subject, type"):
        read(path, ColumnMapping(columns=mapping))


def test_a_time_in_which_no_ticket_was_created_is_refused_with_the_times_there_are(tmp_path: Path) -> None:
    export = read(write(tmp_path / "a.jsonl", [ticket(1)]))
    with pytest.raises(TicketsNotReadable, match="no ticket was created in the asked time; they are from 20"):
        export.between(None, datetime(1999, 1, 1, tzinfo=UTC))


def test_parquet_timestamps_are_instants(tmp_path: Path) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    pq.write_table(pa.Table.from_pylist([{"id": 1, "subject": "a", "created_at": at}]), tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").tickets[0].created_at == at


def test_bad_rows_are_quarantined_with_line_and_reason_and_the_rest_is_used(tmp_path: Path) -> None:
    lines = [
        json.dumps(ticket(1)).encode(),
        b'{"id": "x", "subject": "\xff"}',
        b"{nonsense",
        b"",
        b"[1]",
        json.dumps(ticket(1)).encode(),
        json.dumps(ticket(2, created_at="2026-01-01 10:00")).encode(),
        b'{"id": "n", "subject": "a\\u0000b"}',
        b'{"id": "s", "subject": "a\\ud800b"}',
        b"[" * 100_000,
        json.dumps(ticket(3)).encode(),
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    found = read(tmp_path / "a.jsonl")
    assert [each.id for each in found.tickets] == ["t-1", "t-3"]
    assert {row.line: row.reason for row in found.quarantined} == {
        2: "row is not UTF-8 (byte 25 of the line)" + UTF8,
        3: "row is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))",
        5: "row is not a JSON object",
        6: "id is the same as in line 1",
        7: "created_at has no time zone; write 2026-03-01T09:30:00Z or +01:00 at the end, or say the zone of the "
        "export with --timezone, such as --timezone Europe/Berlin",
        8: "subject contains a NUL character",
        9: "subject is not valid Unicode (a lone surrogate)",
        10: "row is nested too deeply",
    }
    assert json.loads(quarantine_lines(found.quarantined).splitlines()[3]) == {
        "line": 6,
        "id": "t-1",
        "reason": "id is the same as in line 1",
    }


def test_a_bad_line_of_csv_costs_that_line(tmp_path: Path) -> None:
    text = CSV.encode() + b"2,b,\xff,,bug\n3,too,few\n4,nul,a\x00b,,bug\n5,fine,,,bug\n"
    (tmp_path / "a.csv").write_bytes(text)
    found = read(tmp_path / "a.csv")
    assert [each.id for each in found.tickets] == ["1", "5"]
    assert [(row.line, row.reason) for row in found.quarantined] == [
        (4, "row is not UTF-8" + UTF8),
        (5, "row has 3 columns, the first line names 5"),
        (6, "description contains a NUL character"),
    ]


def test_tickets_come_in_order_of_time_and_keep_the_files_order_without_times(tmp_path: Path) -> None:
    rows = [ticket(3), ticket(1), ticket(2)]
    assert ids(write(tmp_path / "a.jsonl", rows)) == ["t-1", "t-2", "t-3"]
    assert ids(write(tmp_path / "b.jsonl", [row | {"created_at": ""} for row in rows])) == ["t-3", "t-1", "t-2"]
    rows[1]["created_at"] = None  # stays behind the row before it
    assert ids(write(tmp_path / "c.jsonl", rows)) == ["t-2", "t-3", "t-1"]


def test_of_many_tickets_the_newest_that_are_used_are_held_as_if_all_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "SLACK", 3)
    random = Random(17)
    rows = [ticket(n, spam=not n % 5) | ({} if n % 7 else {"created_at": None}) for n in range(60)]
    random.shuffle(rows)
    file = write(tmp_path / "a.jsonl", rows)
    kept = newest.Newest(10, lambda each: not each.spam)

    found = read(file, kept=kept).without_spam().newest(10)

    whole = read(file).without_spam().newest(10)
    assert found.tickets == whole.tickets
    assert found.left_out == whole.left_out
    assert kept.dropped > 20


def test_other_columns_are_ignored_and_counted(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.jsonl", [ticket(1, mood="bad"), ticket(2)]))
    assert found.ignored_columns == {"mood": 1}


def test_until_keeps_what_was_created_before_it(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.jsonl", tickets(4)))
    third = found.tickets[2].created_at
    assert [each.id for each in found.between(None, third).tickets] == ["t-0", "t-1"]
    assert [each.id for each in found.between(third, None).tickets] == ["t-2", "t-3"]


def test_until_needs_times(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.jsonl", tickets(3, created_at=None)))
    with pytest.raises(TicketsNotReadable, match="no row has created_at"):
        found.between(None, datetime(2026, 1, 1, tzinfo=UTC))


def test_too_large_a_share_of_bad_rows_stops_the_run(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.jsonl", [*tickets(9), {"id": "t-3"}]))
    refuse_when_bad(found, 0.1)
    with pytest.raises(TooManyBadRows, match=r"1 of 10 rows are bad.*line 10"):
        refuse_when_bad(found, 0.05)


def test_a_mapping_renames_the_columns_of_a_foreign_export(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('[columns]\nid = "Ticket"\ndescription = "Body"\ncategory = "Type"\n')
    rows = [{"Ticket": 7, "Body": "broken", "Type": "bug", "id": "other"}]
    found = read(write(tmp_path / "a.jsonl", rows), mapping=read_mapping(tmp_path / "map.toml"))
    assert (found.tickets[0].id, dict(found.tickets[0].labels)) == ("7", {"category": "bug"})


@pytest.mark.parametrize("text", ["[columns]\nbody = 'Body'", "[columns]\nid = 7", "[other]\nid = 'x'", "id ="])
def test_a_mapping_that_nobody_understands_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(ConfigRefused):
        read_mapping(tmp_path / "map.toml")


def test_a_file_that_is_cut_short_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(json.dumps(row).encode() + b"\n" for row in tickets(500)))
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "a.parquet").write_bytes(b"nothing")
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    (tmp_path / "b.csv").write_bytes(b"")
    for name in ("a.jsonl.gz", "a.parquet", "a.xlsx", "b.csv", "absent.jsonl"):
        with pytest.raises(TicketsNotReadable):
            read(tmp_path / name)


@pytest.mark.parametrize("name", ["bomb.jsonl.gz", "bomb.csv.gz"])
def test_a_gzip_bomb_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TicketsNotReadable, match="unpacks to more than 100 times its size"):
        read(bomb(tmp_path / name, first=b"id,description\n" if "csv" in name else b""))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_endless_line_is_refused(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.jsonl").write_bytes((" " * (LONGEST_LINE + 1)).encode(encoding))
    with pytest.raises(TicketsNotReadable, match="line 1 is longer"):
        read(tmp_path / "a.jsonl")


def test_an_empty_file_has_nothing_to_teach(tmp_path: Path) -> None:
    with pytest.raises(TicketsNotReadable, match="no rows"):
        refuse_when_bad(read(write(tmp_path / "a.jsonl", [])), 0.1)
