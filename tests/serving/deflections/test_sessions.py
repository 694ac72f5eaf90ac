"""A session opens to its secret, and to secret keys; its customer sees a receipt, and nothing that is for agents."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest

from serving.storage.tables import deflections, receipts
from tests.fakes import FrozenClock
from tests.serving.conftest import Client
from tests.serving.deflections.sites import FORUM, SHOP, UNKNOWN, MakeKey, Site, site
from tests.serving.deflections.test_deflections import KNOWN, sessions

RECEIPT = {"survey", "id", "number", "status", "next_human_at", "transcript"}
FOR_AGENTS = ("tags", "tier", "team", "target", "account", "arr", "acme", "P1", "kim@example.com", "version", "email")


@pytest.fixture
def shop(knowing: Client, make_key: MakeKey) -> Site:
    return site(knowing, make_key)


def rows(client: Client, table: Any) -> list[dict[str, Any]]:
    database = client.app.state.context.database
    return [dict(row) for row in database.read(lambda c: c.execute(table.select()).mappings().all())]


def ticket_of(client: Client, session: dict[str, Any]) -> dict[str, Any]:
    """Return the ticket as agents see it."""
    listed = client.get("/v1/tickets").json()["tickets"]
    return next(each for each in listed if each["deflection_id"] == session["id"])


class TestTheSecret:
    def test_is_long_and_only_its_hash_is_kept(self, shop: Site) -> None:
        session = shop.ask()

        assert re.fullmatch(r"cs_[A-Za-z0-9_-]{43}", session["client_secret"])
        (row,) = rows(shop.client, deflections)
        assert row["secret_hash"] == hashlib.sha256(session["client_secret"].encode()).hexdigest()
        assert session["client_secret"] not in str(row)

    def test_is_another_one_for_each_session(self, shop: Site) -> None:
        assert len({shop.ask(visitor=f"v-{n}")["client_secret"] for n in range(20)}) == 20

    def test_comes_again_with_an_idempotent_repeat_and_stands_in_no_receipt(self, shop: Site) -> None:
        body, key = {"question": KNOWN, "visitor": "v-1"}, {"Idempotency-Key": "5f0c8c1e-7a47-4b2f"}
        first, again = (shop.post("/v1/deflections", body, **key) for _ in range(2))

        assert again.headers["idempotency-replayed"] == "true"
        assert again.content == first.content
        (kept,) = rows(shop.client, receipts)
        assert first.json()["client_secret"].encode() not in kept["content"]
        assert shop.look(again.json()).status_code == 200

    def test_opens_nothing_after_its_customer_was_erased(self, shop: Site) -> None:
        session = shop.ask(identity=shop.signed(email="kim@example.com"))
        assert shop.look(session).status_code == 200

        assert shop.client.post("/v1/erasures", json={"email": "Kim@example.com"}).status_code == 201

        assert shop.look(session).status_code == 404
        row = sessions(shop.client)[0]
        assert [row[name] for name in ("question", "identity_id", "email", "secret_hash")] == ["[erased]", *[None] * 3]

    def test_of_an_older_session_there_is_none(self, shop: Site, clock: FrozenClock) -> None:
        session = shop.ask()
        older = {"secret_hash": None, "key_id": None, "origin": None}
        database = shop.client.app.state.context.database
        database.write(lambda c: c.execute(deflections.update().values(older)))

        assert shop.look(session).status_code == 404
        assert shop.client.get(f"/v1/deflections/{session['id']}").status_code == 200


class TestTheReceipt:
    def test_shows_the_conversation_before_there_is_a_ticket(self, shop: Site) -> None:
        session = shop.ask()

        receipt = shop.look(session).json()

        assert receipt == {
            "id": session["id"],
            "number": None,
            "status": None,
            "next_human_at": "2026-03-02T10:00:00Z",
            "transcript": [
                {"at": "2026-03-02T10:00:00Z", "by": "customer", "text": UNKNOWN},
                {"at": "2026-03-02T10:00:00Z", "by": "firstline", "text": session["reason"]},
            ],
            "survey": None,
        }

    def test_is_all_that_a_visitor_gets_of_a_ticket(self, shop: Site) -> None:
        session = shop.ask(identity=shop.signed(account="acme", plan="enterprise", email="kim@example.com"))
        answer = shop.hand_off(session)

        assert answer.status_code == 201, answer.text
        assert set(answer.json()) == RECEIPT
        assert (answer.json()["id"], answer.json()["status"]) == (session["id"], "new")
        assert answer.headers["location"] == f"/v1/deflections/{session['id']}"
        assert "etag" not in answer.headers
        for receipt in (answer, shop.hand_off(session), shop.look(session)):
            assert [word for word in FOR_AGENTS if word in receipt.text] == []
            assert "tkt_" not in str(receipt.headers) + receipt.text

    def test_has_a_number_that_agents_find_in_the_tickets_id(self, shop: Site) -> None:
        session = shop.ask()
        number = shop.hand_off(session).json()["number"]

        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", number)
        ticket = ticket_of(shop.client, session)
        assert (ticket["number"], ticket["id"][-8:]) == (number, number.replace("-", "").lower())

    def test_its_number_finds_the_ticket_as_people_write_it(self, shop: Site) -> None:
        session = shop.ask()
        number = shop.hand_off(session).json()["number"]
        shop.hand_off(shop.ask(visitor="other"))
        written = [number, number.lower(), number.replace("-", ""), number.replace("0", "O").replace("1", "l")]
        for each in written:
            found = shop.client.get("/v1/tickets", params={"number": each}).json()["tickets"]
            assert [ticket["deflection_id"] for ticket in found] == [session["id"]]
        assert shop.client.get("/v1/tickets", params={"number": "0000-0000"}).json()["tickets"] == []
        for each in ("", "%", "K7Q2", "K7Q2-9XM%"):
            assert shop.client.get("/v1/tickets", params={"number": each}).status_code == 400

    def test_has_the_public_replies_of_agents_and_how_far_the_ticket_is(self, shop: Site, clock: FrozenClock) -> None:
        session = shop.ask()
        shop.hand_off(session)
        path = f"/v1/tickets/{ticket_of(shop.client, session)['id']}"
        clock.advance(timedelta(minutes=5))
        shop.client.post(f"{path}/replies", json={"text": "Which penguins?"})

        receipt = shop.look(session).json()
        assert (receipt["status"], receipt["transcript"][-1]["by"]) == ("open", "agent")
        assert receipt["transcript"][-1]["text"] == "Which penguins?"

        shop.client.post(f"{path}/transitions", json={"to": "resolved"})
        assert shop.look(session).json()["next_human_at"] is None

    def test_is_what_a_secret_key_sees_of_a_session_too(self, shop: Site) -> None:
        session = shop.ask()
        assert shop.client.get(f"/v1/deflections/{session['id']}").json() == shop.look(session).json()

    def test_is_not_what_a_secret_key_gets_of_the_ticket(self, shop: Site) -> None:
        session = shop.ask()
        ticket = shop.client.post(f"/v1/deflections/{session['id']}/ticket", json={"email": "kim@example.com"})
        assert ticket.json()["tags"]["category"]["label"] == "bug"
        assert ticket.headers["location"] == f"/v1/tickets/{ticket.json()['id']}"


class TestIdempotencyKeys:
    def test_of_one_origin_are_not_those_of_another(self, knowing: Client, make_key: MakeKey) -> None:
        key = make_key("widget", origins=(SHOP, FORUM))
        one, other = (Site(knowing, key, origin) for origin in (SHOP, FORUM))
        asked = {"question": UNKNOWN}, {"question": KNOWN}
        mine = one.post("/v1/deflections", asked[0], **{"Idempotency-Key": "1"})
        same = other.post("/v1/deflections", asked[0], **{"Idempotency-Key": "1"})
        assert (mine.status_code, same.status_code) == (201, 201)
        assert mine.json()["id"] != same.json()["id"]
        assert other.post("/v1/deflections", asked[1], **{"Idempotency-Key": "1"}).status_code == 422

    def test_of_a_session_repeat_nothing_to_who_has_not_its_secret(self, shop: Site) -> None:
        session, other = shop.ask(), shop.ask(visitor="other")
        body, key = {"email": "kim@example.com"}, {"Idempotency-Key": "1"}
        path = f"/v1/deflections/{session['id']}/ticket"
        assert shop.post(path, body, session["client_secret"], **key).status_code == 201
        assert shop.post(path, body, session["client_secret"], **key).headers["idempotency-replayed"] == "true"
        for secret in (None, "", other["client_secret"], session["client_secret"][:-1]):
            assert shop.post(path, body, secret, **key).status_code == 404


class TestMemory:
    """Who asks again what did not help gets a person: so whoever does, is remembered."""

    @pytest.mark.parametrize(
        ("origin", "new_key", "remembered"),
        [(SHOP, False, True), (FORUM, False, False), (SHOP, True, False), (FORUM, True, False)],
    )
    def test_of_a_visitor_is_shared_by_no_other_origin_or_key(
        self, knowing: Client, make_key: MakeKey, *, origin: str, new_key: bool, remembered: bool
    ) -> None:
        key = make_key("widget", origins=(SHOP, FORUM))
        Site(knowing, key, SHOP).ask(KNOWN, visitor="v-1")
        again = Site(knowing, make_key("widget", origins=(SHOP, FORUM)) if new_key else key, origin)
        assert (again.ask(KNOWN, visitor="v-1")["decision"] == "hand_off") is remembered

    def test_of_a_visitor_is_not_that_of_secret_keys(self, shop: Site) -> None:
        question = {"question": KNOWN, "visitor": "v-1"}
        shop.ask(KNOWN, visitor="v-1")
        assert [shop.client.post("/v1/deflections", json=question).json()["decision"] for _ in range(2)] == [
            "answer",
            "hand_off",
        ]

    def test_of_an_identity_is_reached_by_no_visitor_of_that_name(self, shop: Site) -> None:
        identity = shop.signed("user-17")
        shop.ask(KNOWN, visitor="user-17", identity=identity)
        assert shop.ask(KNOWN, visitor="user-17")["decision"] == "answer"
        assert shop.ask(KNOWN, visitor="user-17", identity=shop.signed("user-18"))["decision"] == "answer"
        assert shop.ask(KNOWN, visitor="user-17", identity=identity)["decision"] == "hand_off"
