"""The examples of docs/helpdesks are read as they stand."""

from __future__ import annotations

import configparser
import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import read
from serving.policy.policies import load
from serving.settings import PREFIX, Settings

PAGE = Path(__file__).parents[3] / "docs/helpdesks/README.md"
PLANS = load(None).sla.plans


def examples(kind: str, page: Path = PAGE) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def in_folder(folder: Path, table: str) -> Path:
    [accounts] = examples("csv")
    for name in re.findall(r'_file = "([^"]+)"', table):
        (folder / name).write_text(accounts if name.endswith(".csv") else "s3cret\n", encoding="utf-8")
    path = folder / "helpdesks.toml"
    path.write_text(table, encoding="utf-8")
    return path


def test_every_setting_of_the_examples_is_one_and_the_files_can_be_parsed() -> None:
    named = set(re.findall(r"FIRSTLINE_\w+", PAGE.read_text(encoding="utf-8")))
    assert named <= {PREFIX + each.name.upper() for each in fields(Settings)}
    [unit], [compose] = examples("ini"), examples("yaml")
    parser = configparser.RawConfigParser(strict=True)
    parser.read_string(unit)
    assert parser["Service"]["ExecStart"].endswith("firstline serve")
    assert {"firstline", "caddy"} == set(yaml.safe_load(compose)["services"])
    own = yaml.safe_load((PAGE.parents[2] / "compose.yaml").read_text(encoding="utf-8"))
    assert "firstline" in own["services"]


@pytest.mark.parametrize("page", sorted(PAGE.parent.glob("*.md")), ids=lambda page: page.stem)
def test_the_connections_of_every_page_can_be_used(tmp_path: Path, page: Path) -> None:
    for table in examples("toml", page):
        Customers(read(in_folder(tmp_path, table)), PLANS)


@pytest.mark.parametrize("table", examples("toml"))
def test_every_example_of_a_connection_can_be_used(tmp_path: Path, table: str) -> None:
    connections = read(in_folder(tmp_path, table))
    Customers(connections, PLANS)
    assert all(each.token == "s3cret" for each in connections.values())


def test_the_example_of_customers_finds_them(tmp_path: Path) -> None:
    [table] = [each for each in examples("toml") if "accounts_file" in each]
    connections = read(in_folder(tmp_path, table))
    customers, zendesk = Customers(connections, PLANS), connections["zendesk"]
    accounts = customers.accounts(zendesk)
    assert accounts is not None
    assert accounts.problems == []
    fields = {"organization.plan": "Silver plus", "tags": "plan_gold", "organization.region": "emea", "brand": "atlas"}
    found = customers.of(zendesk, fields, "ceo.of.globex@gmail.com")
    assert (found.account, found.plan, found.arr, found.region) == ("Globex", "premium", 12_000.0, "eu")
    assert customers.of(zendesk, {"tags": "plan_gold"}, "x@acme.test").plan == "enterprise"
    assert customers.of(zendesk, {"organization.plan": "Trial"}, None).plan is None
