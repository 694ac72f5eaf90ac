"""The CSM alert leaves as an event, once a window, and names an account only until it is erased."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from serving.erasure import MARK, ErasureSubject, ErasureTrail
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import read
from serving.helpdesks.port.port import Inbound
from serving.helpdesks.store import LinkStore
from serving.helpdesks.sync import Sync
from serving.storage.database import Database
from serving.storage.job_tables import outbox_events
from serving.tickets.accounts import AccountWatch
from serving.tickets.desk import Desk
from serving.tickets.erasing import erase
from tests.fakes import FixedTagger
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.webhooks.conftest import Scene
from tests.serving.webhooks.receiver import Receiver
from triage.tickets.customer import Customer, with_customer

ACME: dict[str, Any] = {"account": "acme", "plan": "enterprise", "arr": 250_000.0, "health": "red"}


def urgent(scene: Scene, **more: Any) -> str:
    wanted = {"subject": "All is down", "tags": {"priority": "P0"}} | ACME | more
    answer = scene.client.post("/v1/tickets", json=wanted)
    assert answer.status_code == 201, answer.text
    scene.clock.advance(timedelta(minutes=1))
    return str(answer.json()["id"])


def look(scene: Scene) -> None:
    AccountWatch(scene.client.app.state.context).alert(scene.clock.now())
    scene.work()


def test_an_account_with_several_urgent_tickets_is_told_of_once(scene: Scene, receiver: Receiver) -> None:
    scene.subscribe(receiver.url, "csm.alerted")
    first = urgent(scene)
    look(scene)
    assert receiver.received == []
    second = urgent(scene)
    for _ in range(3):
        look(scene)
    urgent(scene)  # in the same window
    look(scene)
    [received] = receiver.received
    body = json.loads(received.body)
    assert body["type"] == "csm.alerted"
    assert body["data"] == ACME | {
        "id": second,
        "csm": "named",
        "since": "2026-03-02T10:00:00Z",
        "tickets": [first, second],
    }


def test_accounts_of_little_value_and_tickets_that_are_not_urgent_raise_none(scene: Scene, receiver: Receiver) -> None:
    scene.subscribe(receiver.url, "csm.alerted")
    for _ in range(2):
        urgent(scene, account="small", plan="standard")
        urgent(scene, account="calm", tags={"priority": "P3"})
        urgent(scene, account=None)
    look(scene)
    assert receiver.received == []


def test_tickets_that_come_through_a_helpdesk_raise_it_as_tickets_of_the_api_do(
    scene: Scene, receiver: Receiver, tmp_path: Path
) -> None:
    """One is known by its organisation, one by its domain, and one was opened before the helpdesk knew whose it is."""
    (tmp_path / "accounts.csv").write_text("account;domains;arr;health\nAcme;acme.example;250k;red\n")
    (tmp_path / "helpdesks.toml").write_text(
        '[desk]\nkind = "standard"\naccounts_file = "accounts.csv"\nvalues.plan.Gold = "enterprise"\n'
        'customer.account = "organization"\ncustomer.plan = "tags:plan_*"\n'
    )
    context = scene.client.app.state.context
    connection = read(tmp_path / "helpdesks.toml")["desk"]
    there, desk, links = MemoryDesk(), Desk(context, FixedTagger()), LinkStore(context.database)
    customers = Customers({"desk": connection}, context.policies.sla.plans)
    sync = Sync({"desk": connection}, lambda _: there, desk, links, context.telemetry, customers)
    scene.subscribe(receiver.url, "csm.alerted")

    def arrives(remote_id: str, email: str, **fields: str) -> str:
        case = Inbound(remote_id=remote_id, subject="All is down", email=email, fields=fields)
        links.arrive("desk", [case], scene.clock.now())
        for link in links.arrived(scene.clock.now()):
            sync.open(link.id, scene.clock.now())
        scene.clock.advance(timedelta(minutes=1))
        return str(links.ticket_of("desk", remote_id))

    first = arrives("1", "ada@gmail.com", organization="ACME", tags="plan_gold, vip")
    later = arrives("2", "bob@gmail.com")
    look(scene)
    assert receiver.received == []
    now, known = scene.clock.now(), customers.of(connection, {"organization": "acme"}, None)
    desk.change(later, lambda ticket: with_customer(ticket, known, at=now, connection="desk"), at=now)
    look(scene)
    arrives("3", "eve@acme.example")  # in the same window
    look(scene)
    [received] = receiver.received
    assert json.loads(received.body)["data"] == {
        "id": first,
        "account": "Acme",
        "csm": "named",
        "since": "2026-03-02T10:00:00Z",
        "tickets": [first, later],
        "plan": "enterprise",
        "arr": 250_000.0,
        "health": "red",
    }


def test_an_account_that_became_known_later_is_erased_like_one_that_was_known_at_once(scene: Scene) -> None:
    desk, now = Desk(scene.client.app.state.context, None), scene.clock.now()
    ticket = urgent(scene, account=None)
    known = Customer(account="acme", arr=7.0)
    desk.change(ticket, lambda found: with_customer(found, known, at=now, connection="desk"), at=now)
    trail = ErasureTrail(whose=ErasureSubject(account="acme"))
    scene.client.app.state.context.database.write(lambda writing: erase(writing, trail))
    erased = desk.read(ticket)
    assert (erased.account, erased.arr, erased.subject) == (None, None, MARK)


def test_whoever_is_erased_is_in_no_event_that_is_kept(scene: Scene) -> None:
    for name in ("acme", "other"):
        for _ in range(2):
            urgent(scene, account=name)
    look(scene)
    database: Database = scene.client.app.state.context.database
    for _ in range(2):  # again, it changes nothing
        trail = ErasureTrail(whose=ErasureSubject(account="acme"))
        database.write(lambda writing, trail=trail: erase(writing, trail))
    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "csm.alerted")
    kept = database.read(lambda reading: list(reading.scalars(asked)))
    assert sorted((each["account"], each["arr"], each["health"]) for each in kept) == [
        (MARK, None, None),
        ("other", 250_000.0, "red"),
    ]
