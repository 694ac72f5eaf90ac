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

from serving.erasure import ErasureSubject, ErasureTrail
from serving.helpdesks.checking import latest
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import HelpdesksNotValid
from serving.tickets.erasing import erase
from tests.fakes import FrozenClock
from tests.serving.helpdesks.knowing_desk import CSV, PLANS, TABLE, Telling, connected
from tests.serving.helpdesks.test_sync import Both
from triage.tickets.customer import Customer
from triage.tickets.ticket import Ticket


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
        ({"organization.plan": "n/a", "Requester.Tags": "vip"}, None, {"plan": "enterprise"}),
        ({"organization.plan": "free", "tags": "plan_gold"}, None, {"plan": "free"}),
        ({"tags": "bug plan_gold urgent"}, None, {"plan": "enterprise"}),
        ({"tags": "bug, PLAN_Silver Plus, urgent"}, None, {"plan": "premium"}),
        ({"tags": "plan_silver plus"}, None, {"plan": "premium"}),
        ({"tags": "plan_bronze, plan_free"}, None, {"plan": "free"}),
        ({"tags": "vip"}, None, {}),
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
        customers.refresh()
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
        (TABLE.replace('"standard"\nacc', '"Standard"\nacc'), CSV, "[desk] 'Standard' is no plan"),
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


def test_a_ticket_follows_what_the_helpdesk_says_later_unless_it_was_erased(
    both_with: Callable[..., tuple[Both, Telling]],
) -> None:
    both, there = both_with()
    both.hear("7")
    both.round()
    now, customers = both.clock.now(), both.exchange.customers

    def follow(ticket: Ticket) -> Ticket:
        return customers.follow(ticket, there.connection, {"organization": "acme corp"}, now)

    ticket_id = both.ours("7").id
    changed = both.here.change(ticket_id, follow, at=now)
    assert (changed.account, changed.plan, changed.region) == ("Acme Corp", "premium", "eu")
    assert both.here.change(ticket_id, follow, at=now).version == changed.version
    trail = ErasureTrail(whose=ErasureSubject(ticket=ticket_id))
    both.links.database.write(lambda writing: erase(writing, trail))
    assert both.here.change(ticket_id, follow, at=now).account is None


def test_whoever_is_not_known_has_the_plan_of_the_connection(both_with: Callable[..., tuple[Both, Telling]]) -> None:
    both, _ = both_with(**{"organization.plan": "Golden"})
    both.hear("7")
    both.round()
    assert (both.ours("7").account, both.ours("7").plan) == (None, "standard")


def test_the_newest_tickets_that_came_from_there_are_found_for_a_check(
    both_with: Callable[..., tuple[Both, Telling]],
) -> None:
    both, _ = both_with()
    both.open()
    for remote_id in ("7", "8"):
        both.hear(remote_id)
    for _ in range(2):
        both.round()
    assert both.links.database.read(lambda reading: latest(reading, "desk")) == ["8", "7"]
