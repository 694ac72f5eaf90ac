"""`fields.toml` of a policy folder, the example of docs/fields.md, and the command that tries them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.cli import cli
from serving.policy import policies, ticket_fields
from serving.policy.errors import PoliciesMissing
from triage.errors import FieldsRefused
from triage.fields.declaration import default, parse
from triage.tickets.attributes import Attributes

PAGE = (Path(__file__).parents[3] / "docs/fields.md").read_text(encoding="utf-8")


def test_a_folder_may_hold_fields_alone_and_without_them_those_of_firstline_are_read(tmp_path: Path) -> None:
    assert [rule.name for rule in policies.load(None).fields.rules] == [rule.name for rule in default().rules]
    with pytest.raises(PoliciesMissing, match=r"fields\.toml"):
        policies.load(tmp_path)
    (tmp_path / "fields.toml").write_text('[build]\nkind = "version"\n', encoding="utf-8")
    own = policies.load(tmp_path)
    assert [rule.name for rule in own.fields.rules] == ["build"]
    assert policies.load(None, otherwise=own).fields == own.fields
    (tmp_path / "fields.toml").write_text("", encoding="utf-8")
    assert policies.load(tmp_path).fields.rules == ()


def test_a_field_may_be_asked_for_by_a_head_of_the_taxonomy_beside_it(tmp_path: Path) -> None:
    (tmp_path / "fields.toml").write_text(
        '[a]\nkind = "date"\nrequired_for = { intent = "refund" }\n', encoding="utf-8"
    )
    with pytest.raises(FieldsRefused, match="no condition can ask about 'intent'"):
        policies.load(tmp_path)
    (tmp_path / "taxonomy.toml").write_text('[[heads]]\nname = "intent"\n', encoding="utf-8")
    assert policies.load(tmp_path).fields.ask_for_labels


def test_a_mistake_names_the_field(tmp_path: Path) -> None:
    (tmp_path / "fields.toml").write_text('[serial]\nkind = "pattern"\npattern = "(a+)+b"\n', encoding="utf-8")
    with pytest.raises(FieldsRefused, match=r"\[serial\]: a repeat has no end"):
        policies.load(tmp_path)


def test_the_example_of_the_page_is_read_as_it_stands() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    fields = parse(example, ticket_fields.nearest)
    assert [rule.name for rule in fields.rules] == ["order_number", "serial_number", "product", "bought_on", "paid"]
    assert [rule.name for rule in fields.required_of(Attributes(category="billing"))] == ["order_number", "product"]
    assert [fields.rules[1].value_of(typed) for typed in ("SN: AB123456", "AB123456", "123")] == ["AB123456"] * 2 + [
        None
    ]


def test_the_page_shows_what_the_command_prints(tmp_path: Path) -> None:
    command = re.search(r'fields try "(.*)"', PAGE)
    assert command
    shown = re.findall(r"^    (\w+) +(\S+(?: EUR)?) +(description .*?) +valid$", PAGE, re.MULTILINE)
    done = CliRunner().invoke(cli, ["fields", "try", command[1], "--home", str(tmp_path)])
    assert [tuple(line.split("\t")[:3]) for line in done.stdout.splitlines()] == shown
    assert len(shown) == 5
    done = CliRunner().invoke(cli, ["fields", "try", command[1], "--json", "--home", str(tmp_path)])
    (example,) = re.findall(r"^```json\n(\{\"name\".*)\n", PAGE, re.MULTILINE)
    assert json.loads(example) in json.loads(done.stdout)


def test_a_file_is_tried_that_is_not_in_use(tmp_path: Path) -> None:
    (tmp_path / "new.toml").write_text('[product]\nkind = "dictionary"\nnames = ["Sync Agent"]\n', encoding="utf-8")
    asked = ["fields", "try", "the snyc agent", "--file", str(tmp_path / "new.toml"), "--home", str(tmp_path)]
    assert "product\tSync Agent\tdescription 4-14 'snyc agent'\tvalid" in CliRunner().invoke(cli, asked).stdout
    nothing = CliRunner().invoke(cli, [*asked[:2], "hello", *asked[3:]])
    assert nothing.stderr == "No field found. Declared are product.\n"


@pytest.mark.parametrize(
    ("written", "names", "found"),
    [
        ("scaner", ["scanner", "planner"], 0),
        ("plannre", ["scanner", "planner"], 1),
        ("scanner", ["scan"], None),
        ("", ["scanner"], None),
        ("scanner", [], None),
    ],
)
def test_the_nearest_name(written: str, names: list[str], found: int | None) -> None:
    assert ticket_fields.nearest(written, names, 0.85) == found
