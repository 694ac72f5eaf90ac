"""Who a customer is: the helpdesk's fields, then the file of accounts, then nothing; never a guess, never an error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from serving.helpdesks.checking import checked, latest
from serving.helpdesks.customers import report
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import Connection, read
from serving.helpdesks.port.errors import DeskRefused, DeskUnreachable, HelpdesksNotValid
from serving.helpdesks.port.port import Ignored, Inbound
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.helpdesks.test_sync import Both
from triage.tickets.customer import Customer

PLANS = ("free", "standard", "premium", "enterprise")
TABLE = """
[desk]
kind = "standard"
token = "t0ken"
plan = "standard"
accounts_file = "accounts.csv"
[desk.customer]
account = "organization"
plan = ["organization.plan", "tags:plan_*", "tags:vip"]
arr = 360001
region = "organization.region"
language = "requester.locale"
brand = "Brand"
health = "organization.health"
[desk.values.plan]
Gold = "enterprise"
"Silver  Plus" = "premium"
vip = "enterprise"
trial = ""
[desk.values.arr]
"Tier 1" = 250000
"""
CSV = """account,domains,plan,arr,region,health
Acme Corp,acme.example,premium,9000,eu,green
Globex,"globex.example, gmail.com",free,,,
"""


def connected(folder: Path, table: str = TABLE, csv: str = CSV) -> tuple[Connection, Customers]:
    (folder / "accounts.csv").write_text(csv)
    (folder / "helpdesks.toml").write_text(table)
    found = read(folder / "helpdesks.toml")
    return found["desk"], Customers(found, PLANS)


@pytest.mark.parametrize(
    ("fields", "email", "known"),
    [
        ({}, None, {}),
        ({}, "ada@elsewhere.example", {}),
        ({}, "ada@gmail.com", {}),  # a mail provider's, whatever the file says
        ({}, "Ada@GLOBEX.example", {"account": "Globex", "plan": "free"}),
        ({"organization": ""}, "ada@globex.example", {"account": "Globex", "plan": "free"}),
        ({"organization": "globex"}, "ada@acme.example", {"account": "Globex", "plan": "free"}),
        ({"organization": "Initech"}, None, {"account": "Initech"}),
        ({"organization": "Initech"}, "ada@globex.example", {"account": "Initech", "plan": "free"}),
        ({"organization.plan": "Gold"}, None, {"plan": "enterprise"}),
        ({"organization.plan": " gOLD "}, None, {"plan": "enterprise"}),
        ({"organization.plan": "silver plus"}, None, {"plan": "premium"}),
        ({"organization.plan": "PREMIUM"}, None, {"plan": "premium"}),
        ({"organization.plan": "Golden"}, None, {}),
        ({"organization.plan": "Golden"}, "ada@globex.example", {"account": "Globex", "plan": "free"}),
        ({"organization.plan": "trial", "tags": "plan_gold"}, None, {"plan": "enterprise"}),
        ({"organization.plan": "n/a", "tags": "vip"}, None, {"plan": "enterprise"}),
        ({"organization.plan": "free", "tags": "plan_gold"}, None, {"plan": "free"}),
        ({"tags": "bug plan_gold urgent"}, None, {"plan": "enterprise"}),
        ({"tags": "bug, PLAN_Silver Plus, urgent"}, None, {"plan": "premium"}),
        ({"tags": "plan_silver plus"}, None, {"plan": "premium"}),
        ({"tags": "plan_bronze, plan_free"}, None, {"plan": "free"}),
        ({"tags": "myplan_gold, plan_, vips"}, None, {}),
        ({"field.360001": "$12,000"}, None, {"arr": 12_000.0}),
        ({"field.360001": "tier 1"}, None, {"arr": 250_000.0}),
        ({"field.360001": "lots"}, "a@acme.example", {"account": "Acme Corp", "plan": "premium", "arr": 9_000.0}
            | {"region": "eu", "health": "green"}),
        ({"requester.locale": "de-AT"}, None, {"language": "de"}),
        ({"requester.locale": "Klingon"}, None, {}),
        ({"brand": "Atlas", "ORGANIZATION.REGION": "apac"}, None, {"brand": "Atlas", "region": "apac"}),
        ({"organization": "ACME  corp", "organization.health": "red"}, None, {"account": "Acme Corp", "plan": "premium"}
            | {"arr": 9_000.0, "region": "eu", "health": "red"}),
        ({"organization": "x" * 201, "organization.health": "y" * 65, "brand": "\x00"}, None, {}),
    ],
)  # fmt: skip
def test_fields_come_first_then_the_file(
    tmp_path: Path, fields: Mapping[str, str], email: str | None, known: Mapping[str, Any]
) -> None:
    connection, customers = connected(tmp_path)
    assert customers.of(connection, fields, email) == Customer(**known)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Connection, Customers]:
    return connected(tmp_path_factory.mktemp("known"))


_NAMES = st.sampled_from(
    ["organization", "organization.plan", "tags", "field.360001", "organization.region", "requester.locale", "brand"]
)


@given(fields=st.dictionaries(_NAMES | st.text(), st.text() | st.none()), email=st.none() | st.text())
def test_no_text_makes_it_fail(known: tuple[Connection, Customers], fields: dict[str, Any], email: str | None) -> None:
    connection, customers = known
    found = customers.of(connection, fields, email)
    assert found.plan in {None, *PLANS}
    assert found.language is None or len(found.language) == 2
    assert found.account is None or found.account.isprintable()


def test_the_file_is_read_again_when_it_changes_and_kept_while_it_is_broken(tmp_path: Path) -> None:
    connection, customers = connected(tmp_path)

    def plan_after(content: str | None) -> str | None:
        path = tmp_path / "accounts.csv"
        if content is None:
            path.unlink()
        else:
            path.write_text(content)
            os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000))
        return customers.of(connection, {"organization": "globex"}, None).plan

    assert plan_after("account,plan\nGlobex,enterprise\n") == "enterprise"
    assert plan_after('account,plan\nGlobex,"free\n') == "enterprise"
    assert plan_after(None) == "enterprise"
    assert plan_after("account,plan\nGlobex,free\n") == "free"


@pytest.mark.parametrize(
    ("table", "csv", "said"),
    [
        (
            TABLE.replace('"enterprise"', '"golden"', 1),
            CSV,
            "[desk] 'golden' is no plan; write a plan of the policy (free",
        ),
        (TABLE.replace('"standard"\nacc', '"std"\nacc'), CSV, "[desk] 'std' is no plan; write a plan of the policy"),
        (TABLE, "name,plan\n", "accounts.csv: line 1 names no column account but name, plan"),
        (TABLE.replace("accounts.csv", "gone.csv"), CSV, "gone.csv: No such file"),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_what_to_write(
    tmp_path: Path, table: str, csv: str, said: str
) -> None:
    with pytest.raises(HelpdesksNotValid) as refused:
        connected(tmp_path, table, csv)
    assert said in str(refused.value)


class Telling(MemoryDesk):
    """A helpdesk that knows its customers."""

    def __init__(self, connection: Connection, **fields: str) -> None:
        super().__init__()
        self.connection, self.fields = connection, fields
        self.asked, self.refuses = 0, False

    def fetch(self, remote_id: str) -> Inbound | Ignored:
        self.asked += 1
        if self.refuses:
            raise DeskRefused("desk", 404)
        if self.down:
            raise DeskUnreachable("desk", "gone")
        return Inbound(remote_id=remote_id, subject="Fetched", email="x@acme.example", fields=self.fields)


@pytest.fixture
def opened(desk_app: Litestar) -> Iterator[Litestar]:
    with TestClient(desk_app):
        yield desk_app


@pytest.fixture
def both_with(opened: Litestar, clock: FrozenClock, tmp_path: Path) -> Callable[..., tuple[Both, Telling]]:
    def build(**fields: str) -> tuple[Both, Telling]:
        connection, customers = connected(tmp_path)
        there = Telling(connection, **fields)
        both = Both(opened, clock, there)
        object.__setattr__(both.exchange, "customers", customers)
        return both, there

    return build


ALL = {
    "organization": "Acme Corp", "organization.plan": "Gold", "field.360001": "12k", "organization.region": "apac",
    "requester.locale": "de-DE", "brand": "atlas", "organization.health": "red", "tags": "",
}  # fmt: skip


def test_a_ticket_is_opened_with_all_that_the_delivery_says(both_with: Callable[..., tuple[Both, Telling]]) -> None:
    both, there = both_with()
    both.hear("7", fields=ALL)
    both.round()
    ticket = both.ours("7")
    assert (ticket.account, ticket.plan, ticket.arr, ticket.health) == ("Acme Corp", "enterprise", 12_000.0, "red")
    assert (ticket.region, ticket.brand, ticket.language) == ("apac", "atlas", "de")
    assert there.asked == 0


def test_a_delivery_that_lacks_mapped_fields_is_completed_by_one_question(
    both_with: Callable[..., tuple[Both, Telling]],
) -> None:
    both, there = both_with(**ALL)
    both.hear("7", fields={"requester.locale": "fr"})
    both.round()
    ticket = both.ours("7")
    assert (ticket.subject, ticket.plan, ticket.language, there.asked) == ("Login fails", "enterprise", "de", 1)


@pytest.mark.parametrize("how", ["down", "refuses"])
def test_a_helpdesk_that_cannot_be_asked_delays_no_ticket(
    both_with: Callable[..., tuple[Both, Telling]], how: str
) -> None:
    both, there = both_with(**ALL)
    setattr(there, how, True)
    both.hear("7", email="ada@acme.example")
    both.round()
    ticket = both.ours("7")
    assert (ticket.account, ticket.plan, ticket.language) == ("Acme Corp", "premium", "en")


def test_whoever_is_not_known_has_the_plan_of_the_connection(both_with: Callable[..., tuple[Both, Telling]]) -> None:
    both, _ = both_with(**{"organization.plan": "Golden"})
    both.hear("7")
    both.round()
    assert (both.ours("7").account, both.ours("7").plan) == (None, "standard")


def test_a_check_tells_where_each_attribute_comes_from(tmp_path: Path) -> None:
    connected(tmp_path, csv="account,domains,plan,Owner\nAcme,acme.example,Golden,kim\n")
    settings = Settings(home=tmp_path, helpdesks=tmp_path / "helpdesks.toml")
    result = checked(settings)
    said = "\n".join(result.lines)
    assert "  plan              organization.plan, tags:plan_*, tags:vip, accounts.csv, else standard\n" in said
    assert "  arr               field.360001, accounts.csv\n" in said
    assert "1 accounts, 1 domains, 0 addresses; columns that are not read: Owner\n" in said
    assert "accounts.csv, line 2, column plan: 'Golden' is not understood; write a plan of the policy (free, " in said
    assert result.faults >= 1
    assert checked(settings, "des:7").lines == ["No ticket 'des:7': write one of desk:ID."]


def test_a_check_lists_the_words_of_the_latest_tickets_that_are_not_understood(
    both_with: Callable[..., tuple[Both, Telling]],
) -> None:
    both, there = both_with(**{"organization.plan": "Golden", "requester.locale": "de"})
    both.open()
    for remote_id in ("7", "8"):
        both.hear(remote_id)
    for _ in range(2):
        both.round()
    ids = both.links.database.read(lambda reading: latest(reading, "desk"))
    assert ids == ["8", "7"]
    customers = both.exchange.customers
    first, second = report.coverage(there.connection, customers, there, ids)
    assert first == "  last 2 tickets    known: account 2, plan 2, arr 2, region 2, language 2, brand 0, health 2"
    assert second.startswith("    plan: 'Golden' in organization.plan is not understood (2 times); write in [desk.")


def test_a_check_of_a_ticket_tells_what_it_would_get_and_what_can_be_mapped(tmp_path: Path) -> None:
    connection, customers = connected(tmp_path)
    there = Telling(connection, **{"organization.plan": "Golden", "field.360001": "7k", "note": "n" * 99})
    hint = "write in [desk.values.plan] which it is, a plan of the policy (free, standard, premium, enterprise)"
    plan = f'premium (accounts.csv, line 2); \'Golden\' in organization.plan is not understood, {hint}: "…" = "…"'
    assert list(report.sample(connection, customers, there, "7")) == [
        "  account           Acme Corp (accounts.csv, line 2)",
        f"  plan              {plan}",
        "  arr               7000.0 (field.360001)",
        "  region            eu (accounts.csv, line 2)",
        "  language          not known",
        "  brand             not known",
        "  health            green (accounts.csv, line 2)",
        "  its fields",
        "    field.360001 = '7k'",
        "    note = '" + "n" * 60 + "…'",
        "    organization.plan = 'Golden'",
    ]
