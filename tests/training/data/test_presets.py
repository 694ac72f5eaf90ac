"""Exports of known helpdesks, written as those write them."""

from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.data.closed_tickets import read
from training.data.column_mapping import ColumnMapping
from training.data.presets.names import NAMES
from training.data.presets.presets import likeliest, mapping_for, preset
from training.errors import ConfigRefused
from triage.taxonomy.heads import SHIPPED, Head
from triage.tickets.closed_ticket import FIELDS, ClosedTicket

TEXT = "After the update the export has no rows"
CSV = {
    "zendesk": {
        "Id": "101", "Subject": TEXT, "Created at": "2026-02-03 09:15:00 UTC", "Solved at": "2026-02-03 11:00:00 UTC",
        "Priority": "Urgent", "Status": "Closed", "Type": "Problem", "Via": "Mail", "Satisfaction Score": "Good",
        "Product area [list]": "exports", "Requester": "Ada",
    },
    "freshdesk": {
        "Ticket ID": "101", "Subject": TEXT, "Status": "Closed", "Priority": "Urgent", "Source": "Email",
        "Type": "Problem",
        "Created time": "2026-02-03 09:15:00", "Closed time": "2026-02-03 11:00:00", "Product": "exports",
        "Survey results": "Very satisfied",
    },
    "jira": {
        "Issue key": "SUP-101", "Summary": TEXT, "Issue Type": "Problem", "Priority": "Highest",
        "Component/s": "exports",
        "Created": "03/Feb/26 9:15 AM", "Resolved": "03/Feb/26 11:00 AM", "Resolution": "Done", "Description": "Steps",
    },
    "intercom": {
        "Conversation ID": "101", "Conversation title": TEXT, "Conversation started at (UTC)": "2026-02-03 09:15:00",
        "Last closed at": "2026-02-03 11:00:00", "Conversation topic": "Problem", "Priority": "not_priority",
        "Conversation rating": "5", "Channel": "email", "Conversation tag": "exports",
    },
    "hubspot": {
        "Ticket ID": "101", "Ticket name": TEXT, "Ticket description": "It is empty", "Create date": "2026-02-03 09:15",
        "Close date": "2026-02-03 11:00", "Priority": "URGENT", "Category": "Problem", "Source": "EMAIL",
        "Product": "exports",
    },
    "zammad": {
        "#": "101", "Title": TEXT, "Priority": "4 urgent", "Created at": "2026-02-03 09:15:00",
        "Close at": "2026-02-03 11:00",
        "Group": "exports", "Type": "Problem", "State": "closed",
    },
}  # fmt: skip


def written(folder: Path, row: dict[str, str]) -> Path:
    path = folder / "export.csv"
    with path.open("w", newline="") as file:
        sheet = csv.DictWriter(file, list(row))
        sheet.writeheader()
        sheet.writerow(row)
    return path


def ticket_of(path: Path, name: str, mapping: Path | None = None) -> ClosedTicket:
    (ticket,) = read(path, mapping_for(path, mapping, "UTC", name)).tickets
    return ticket


@pytest.mark.parametrize("name", NAMES)
def test_a_helpdesks_csv_is_read_without_a_mapping(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, CSV[name])
    assert (found := likeliest(list(CSV[name]), ColumnMapping())) is not None
    assert found.name == name
    ticket = ticket_of(path, name)
    assert ticket.subject == TEXT
    assert ticket.id.endswith("101")
    assert ticket.created_at is not None
    assert ticket.closed_at is not None
    assert (ticket.created_at.hour, ticket.closed_at.hour) == (9, 11)
    assert ticket.labels["priority"] == ("P3" if name == "intercom" else "P0")
    assert ticket.labels["category"] == "Problem"
    assert ticket.labels["product_area"] == "exports"
    assert ticket == ticket_of(path, "auto")


def test_tickets_of_zendesks_api_are_read_out_of_their_nested_objects(tmp_path: Path) -> None:
    row = {
        "id": 7, "subject": TEXT, "description": "Empty", "created_at": "2026-02-03T09:15:00Z", "priority": "high",
        "type": "problem", "via": {"channel": "email", "source": {"rel": None}},
        "satisfaction_rating": {"score": "bad"},
    }  # fmt: skip
    path = tmp_path / "tickets.jsonl"
    path.write_text(json.dumps(row) + "\n")
    ticket = ticket_of(path, "zendesk")
    assert (ticket.id, ticket.channel, ticket.csat, ticket.labels["priority"]) == ("7", "email", 1.0, "P1")


@pytest.mark.parametrize("name", NAMES)
def test_presets_name_fields_that_tickets_have_and_say_what_they_are(name: str) -> None:
    found = preset(name)
    assert set(found.columns) <= set(FIELDS)
    assert found.title
    assert set(found.values["priority"].values()) <= {"P0", "P1", "P2", "P3", "P4"}


def test_what_a_mapping_says_goes_before_the_preset(tmp_path: Path) -> None:
    path = written(tmp_path, CSV["zendesk"])
    mapping = tmp_path / "own.toml"
    mapping.write_text('[columns]\nproduct_area = "Type"\n[values.priority]\nUrgent = "P1"\n')
    ticket = ticket_of(path, "zendesk", mapping)
    assert (ticket.labels["product_area"], ticket.labels["priority"]) == ("Problem", "P1")


@pytest.mark.parametrize(
    ("name", "said"), [("jira", "the preset jira does not find an id"), ("auto", "no preset finds an id")]
)
def test_an_export_of_another_kind_is_refused_with_its_columns(tmp_path: Path, name: str, said: str) -> None:
    path = written(tmp_path, {"Ref": "1", "Words": "Help"})
    with pytest.raises(ConfigRefused, match=rf"{said} and a text in its columns: Ref, Words"):
        mapping_for(path, None, None, name)


def test_a_closing_time_that_nobody_can_read_loses_no_ticket(tmp_path: Path) -> None:
    path = written(tmp_path, CSV["zendesk"] | {"Solved at": "last week"})
    export = read(path, mapping_for(path, None, None, "zendesk"))
    assert (len(export.tickets), export.tickets[0].closed_at) == (1, None)
    assert (
        "closed_at (column 'Solved at'): 1 values are no time and are left out: 'last week'"
        in export.unread_sentences[0]
    )


def test_import_shows_what_it_understood_and_writes_a_mapping_that_fit_reads(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    lines = ["Ticket ID,Subject,Priority,Type,Created time,Group"]
    lines += [f'{number},"{TEXT} {number}",{("Urgent", "Someday")[number % 2]},Problem,{number}/02/2026 09:15,Billing'
              for number in range(1, 29)]  # fmt: skip
    path.write_text("\n".join(lines))
    told = CliRunner().invoke(cli, ["import", str(path), "--timezone", "Europe/Berlin"])
    assert told.exit_code == 0, told.output
    assert "Read as Freshdesk" in told.stdout
    assert "28 tickets from 2026-02-01 to 2026-02-28, 0 rows quarantined." in told.stdout
    assert "category: 1 label on 28 tickets: Problem 28" in told.stdout
    assert "'Someday' (14, first in line" in told.stdout
    out = tmp_path / "export.mapping.toml"
    record = tomllib.loads(out.read_text())
    assert record["date_format"] == "%d/%m/%Y %H:%M"
    assert record["columns"]["product_area"] == "Group"
    assert '# "Someday" = ?  # 14 rows' in out.read_text()
    assert [each.labels.get("priority") for each in read(path, mapping_for(path, out)).tickets[:2]] == [None, "P0"]
    again = CliRunner().invoke(cli, ["import", str(path)])
    assert again.exit_code == 2
    assert "is there already; --force writes over it" in again.stderr


def test_an_export_that_needs_a_time_zone_is_said_once_and_ends_with_one(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("Id,Subject,Created at\n1,Help,2026-02-03 09:15\n2,Help me,2026-02-03 09:16\n")
    told = CliRunner().invoke(cli, ["import", str(path)])
    assert told.exit_code == 1
    assert told.stdout.count("has no time zone") == 1
    assert "2 rows, first in line 2: created_at (column 'Created at') has no time zone" in told.stdout
    assert "No ticket can be read yet" in told.stdout


def test_a_mapping_is_written_so_that_it_is_read_as_it_was_meant(tmp_path: Path) -> None:
    path = written(tmp_path, {"id": "1", 'the "text"\\': TEXT, "created_at": "2026-02-03T09:15:00Z"})
    own = tmp_path / "own.toml"
    own.write_text("[columns]\nsubject = 'the \"text\"\\'\n")
    told = CliRunner().invoke(
        cli, ["import", str(path), "--mapping", str(own), "--out", str(tmp_path / "new.toml"), "--json"]
    )
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["columns"]["subject"] == 'the "text"\\'
    assert read(path, mapping_for(path, tmp_path / "new.toml")).tickets[0].subject == TEXT


@pytest.mark.parametrize("data", ["", "[1]\nnull\n", '{"a":' * 1_000 + "1" + "}" * 1_000 + "\n"])
def test_an_export_without_columns_is_looked_at_all_the_same(tmp_path: Path, data: str) -> None:
    (tmp_path / "export.jsonl").write_text(data)
    told = CliRunner().invoke(cli, ["import", str(tmp_path / "export.jsonl")])
    assert "No ticket can be read yet" in told.output


def test_an_export_is_not_written_over_by_its_mapping(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text("id,subject\n1,a\n")
    told = CliRunner().invoke(cli, ["import", str(path), "--out", str(path), "--force"], env={"COLUMNS": "300"})
    assert "is the export itself" in told.output
    assert path.read_text() == "id,subject\n1,a\n"


def test_what_moves_a_cursor_and_half_a_character_are_shown_as_signs(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_text('{"id": "1", "subject": "\\u001b[2Jx", "priority": "\\ud800", "\\ud800": 1}\n')
    told = CliRunner().invoke(cli, ["import", str(path)])
    assert "\ufffd[2Jx" in told.output
    assert "\x1b" not in told.output
    again = CliRunner().invoke(cli, ["import", str(path), "--force", "--json"])
    assert json.loads(again.output)["unused"] == ["\ud800"]


def test_a_name_of_two_lines_writes_nothing_into_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / 'x\n[columns]\nid = "y"\n#.csv'
    path.write_text("id,subject\n1,a\n")
    CliRunner().invoke(cli, ["import", str(path), "--out", str(tmp_path / "m.toml")])
    assert tomllib.loads((tmp_path / "m.toml").read_text())["columns"] == {"id": "id", "subject": "subject"}


OWN = {
    "id": "1", "subject": TEXT, "description": "It is empty", "created_at": "2026-02-03T09:15:00Z", "channel": "email",
    "category": "bug", "priority": "P1", "product_area": "exports", "resolution_type": "fixed", "type": "Incident",
}  # fmt: skip


def test_our_own_column_names_go_before_those_of_a_helpdesk(tmp_path: Path) -> None:
    path = written(tmp_path, OWN)
    assert ticket_of(path, "auto").labels == {"category": "bug", "priority": "P1", "product_area": "exports"}
    told = CliRunner().invoke(cli, ["import", str(path)])
    assert "Read as it is: the columns have our names." in told.stdout


def test_import_reads_the_columns_with_the_encoding_of_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes("Nr,Größe,Text\n1,groß,Hilfe\n".encode("cp1252"))
    mapping = tmp_path / "own.toml"
    mapping.write_text('encoding = "cp1252"\n[columns]\nid = "Nr"\ndescription = "Text"\nproduct_area = "Größe"\n')
    told = CliRunner().invoke(
        cli, ["import", str(path), "--mapping", str(mapping), "--out", str(tmp_path / "new.toml")]
    )
    assert told.exit_code == 0, told.output
    assert "1 label on 1 ticket: groß 1" in told.stdout


def test_import_knows_the_heads_of_the_home_that_is_named(tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, ["import", str(written(tmp_path, OWN)), "--home", str(tmp_path / "home")])
    assert told.exit_code == 0, told.output


TAGS = {
    "zendesk": ("Tags", "vip refund"),
    "freshdesk": ("Tags", "vip,refund"),
    "jira": ("Labels", "vip refund"),
    "intercom": ("Conversation tags", "vip, refund"),
    "hubspot": ("Tags", "vip; refund"),
    "zammad": ("Tags", "vip, refund"),
}
MULTI = Head("topics", "multi")


@pytest.mark.parametrize("name", NAMES)
def test_a_helpdesks_tags_are_the_labels_of_the_one_multi_head(tmp_path: Path, name: str) -> None:
    column, cell = TAGS[name]
    path = written(tmp_path, CSV[name] | {column: cell})
    mapping = mapping_for(path, None, "UTC", name, (*SHIPPED, MULTI))
    (ticket,) = read(path, mapping).tickets
    assert ticket.label_sets == {"topics": ("vip", "refund")}
    assert mapping_for(path, None, "UTC", name).columns.get("topics") is None
    two = mapping_for(path, None, "UTC", name, (*SHIPPED, MULTI, Head("teams", "multi")))
    assert column not in two.columns.values()  # nobody knows which it is


def test_jira_writes_a_column_for_each_label(tmp_path: Path) -> None:
    row = CSV["jira"]
    cells = [",".join([*row, "Labels", "Labels", "Labels"]), ",".join([*row.values(), "vip", "", "refund"])]
    (path := tmp_path / "export.csv").write_text("\n".join(cells), encoding="utf-8")
    (ticket,) = read(path, mapping_for(path, None, "UTC", "jira", (*SHIPPED, MULTI))).tickets
    assert ticket.label_sets == {"topics": ("vip", "refund")}


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        (["topics"], "topics: 2 labels on 1 ticket: vip 1, refund 1"),
        ([], 'Tags is not read: a head of kind "multi" in the taxonomy would learn its labels (docs/taxonomy.md).'),
        (["topics", "teams"], 'Tags may be any of topics, teams: say which in the mapping, [columns] topics = "Tags".'),
    ],
)
def test_import_counts_tags_or_says_what_lacks(tmp_path: Path, heads: list[str], said: str) -> None:
    path = written(tmp_path, CSV["zendesk"] | {"Tags": "vip refund"})
    declared = "".join(f'[[heads]]\nname = "{each}"\nkind = "multi"\n' for each in heads)
    (taxonomy := tmp_path / "taxonomy.toml").write_text(declared or '[[heads]]\nname = "category"\n', encoding="utf-8")
    told = CliRunner().invoke(cli, ["import", str(path), "--taxonomy", str(taxonomy)])
    assert told.exit_code == 0, told.output
    assert said in told.output.splitlines()
