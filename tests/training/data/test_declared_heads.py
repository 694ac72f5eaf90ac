"""An export is read by the heads that its desk declares."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from tests.training.desk import open_home, tickets, write
from training.cli import cli
from training.data.closed_tickets import read
from training.data.column_mapping import ColumnMapping, read_mapping
from training.data.labels import choose
from training.data.undeclared_columns import LabelColumn, UndeclaredColumns
from training.errors import ConfigRefused
from triage.taxonomy.heads import MULTI, Head, names_of

HEADS = (Head("category"), Head("intent"), Head("priority"))


def rows(n: int) -> list[dict[str, Any]]:
    """Return tickets in the shape of a bank's export: a category, and an intent that is a part of it."""
    random = Random(7)
    return [
        {**each, "intent": f"{each['category']}_{random.choice('ab')}", "status": "closed", "agent": f"a{number}"}
        for number, each in enumerate(tickets(n))
    ]


def test_labels_are_those_of_the_declared_heads(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.jsonl", rows(30)), ColumnMapping(heads=HEADS))
    assert set(found.tickets[0].labels) == {"category", "intent"}
    assert found.ignored_columns == {"product_area": 30, "status": 30, "agent": 30}
    assert [each.head for each in choose(found.tickets, 2)] == ["category", "intent"]


def test_a_column_that_looks_like_labels_is_named_with_the_line_to_write(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.jsonl", rows(100)))
    assert [(each.name, each.labels, each.rows) for each in found.undeclared] == [("intent", 6, 100)]
    assert found.undeclared[0].sentence.endswith('write into taxonomy.toml: [[heads]] name = "intent"')


def test_a_column_with_a_name_that_no_head_can_have_is_mapped(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.jsonl", [{**each, "Type": each["intent"]} for each in rows(100)]))
    assert [each.name for each in found.undeclared] == ["intent", "Type"]
    assert '[[heads]] name = "NAME", and in the mapping under [columns] NAME = "Type"' in found.undeclared[1].sentence


def test_a_mapping_maps_columns_and_values_of_declared_heads_only(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text('[columns]\nintent = "Type"\n[values.intent]\nRefunds = "refund"\n')
    export = write(tmp_path / "a.jsonl", [{**each, "Type": "Refunds"} for each in tickets(2)])
    found = read(export, read_mapping(path, heads=HEADS))
    assert [each.labels["intent"] for each in found.tickets] == ["refund", "refund"]
    with pytest.raises(ConfigRefused, match="intent = 'Type': fields are id, subject"):
        read_mapping(path)


def test_a_declared_head_without_a_label_says_how_to_name_its_column(tmp_path: Path) -> None:
    export = write(tmp_path / "a.jsonl", tickets(3))
    (said,) = read(export, ColumnMapping(heads=HEADS)).unread_sentences
    assert said.startswith("intent: the taxonomy declares it, and no ticket has a label of it.")
    assert said.endswith('[columns] intent = "…"')
    assert read(export).unread_sentences == []


def test_the_doctor_checks_declared_heads_and_names_others(tmp_path: Path) -> None:
    export, labels = write(tmp_path / "a.jsonl", rows(100)), tmp_path / "taxonomy.toml"
    labels.write_text("".join(f'[[heads]]\nname = "{name}"\n' for name in names_of(HEADS)))
    open_home(tmp_path)
    asked = ["doctor", "--tickets", str(export), "--home", str(tmp_path)]
    without = CliRunner().invoke(cli, asked).output
    assert "Column intent looks like labels (6 values on 100 tickets), and no head declares" in " ".join(
        without.split()
    )
    imported = ["import", str(export), "--out", str(tmp_path / "m.toml"), "--taxonomy", str(labels)]
    assert f"--taxonomy {labels} --out candidate" in CliRunner().invoke(cli, imported).output
    declared = CliRunner().invoke(cli, [*asked, "--taxonomy", str(labels)]).output
    assert "Column product_area looks like labels" in " ".join(declared.split())
    assert "Column intent looks" not in declared
    strange = CliRunner().invoke(cli, ["relabel", *asked[1:], "--out", str(tmp_path / "queue"), "--head", "intent"])
    assert strange.exit_code == 2
    assert "intent is no head; there are category, priority, product_area." in " ".join(strange.output.split())


def test_only_rows_with_a_value_count_for_a_column_that_looks_like_labels() -> None:
    columns = UndeclaredColumns()
    for number in range(60):
        columns.add("kind", ("a", "b", "")[number % 3])
    assert columns.like_labels() == (LabelColumn("kind", 2, 40),)


def test_import_counts_the_labels_of_lists_and_keeps_what_the_mapping_says_of_them(tmp_path: Path) -> None:
    (tmp_path / "desk.toml").write_text('[[heads]]\nname = "topics"\nkind = "multi"\n')
    said = tmp_path / "said.toml"
    said.write_text('empty = ["?"]\n[columns]\ntopics = "Tags"\n[separators]\ntopics = " + "\n')
    export = write(tmp_path / "a.jsonl", [{**each, "Tags": "vat id + refund"} for each in tickets(3)])
    options = ["--taxonomy", str(tmp_path / "desk.toml"), "--mapping", str(said), "--out", str(tmp_path / "new.toml")]
    told = CliRunner().invoke(cli, ["import", str(export), *options])
    assert f"Read as {said} says." in told.stdout.replace("\n", "")
    assert "topics: 2 labels on 3 tickets: vat id 3, refund 3" in told.stdout
    heads = (Head("topics", MULTI),)
    before, after = (read_mapping(each, heads=heads) for each in (said, tmp_path / "new.toml"))
    assert (after.separators, after.empty) == (before.separators, before.empty)
