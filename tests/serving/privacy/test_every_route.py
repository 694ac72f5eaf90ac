"""An address and a visitor id, said wherever something can be said, are nowhere after their erasure."""

from __future__ import annotations

import gzip
import json
import logging
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.backup.backup import back_up
from serving.composition import slices
from serving.context import Context
from serving.erasure import MARK
from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from serving.tickets.snapshot import export
from tests.conftest import on_both_engines
from tests.fakes import FrozenClock
from tests.serving.conftest import ARTICLES, FixedModels, take_in
from tests.serving.privacy.test_erasing import rows_that_say, said_in

pytestmark = pytest.mark.usefixtures("migrated_home")

Client = TestClient[Litestar]

ANN, VISITOR = "ann.quibble@example.com", "visitor-8c1f0b"
HOOKS = """
[django_helpdesk]
url = "http://127.0.0.1:9"
hook_secret = "s3cret"
options.queue = 1
"""


@pytest.fixture
def client(
    settings: Settings, clock: FrozenClock, model: LoadedModel, make_key: Callable[..., dict[str, str]], tmp_path: Path
) -> Iterator[Client]:
    """The whole service with a helpdesk that sends webhooks."""
    helpdesks = tmp_path / "helpdesks.toml"
    helpdesks.write_text(HOOKS)

    def compose(context: Context) -> Any:
        return slices(context, models=FixedModels(model, settings, clock, context.telemetry))

    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    with TestClient(create_app(replace(settings, helpdesks=helpdesks), clock=clock, compose=compose)) as client:
        client.headers.update(make_key("admin"))
        take_in(client, ARTICLES)
        yield client


def post(client: Client, path: str, body: dict[str, Any], key: str = "") -> dict[str, Any]:
    answer = client.post(path, json=body, headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code < 300, (path, answer.text)
    said: dict[str, Any] = answer.json()
    return said


def ask_and_hand_off(client: Client, said: str) -> None:
    """Ask as the visitor, thrice, and hand one session off."""
    for number in range(3):
        asked = {"question": f"Where is my export no. {number}?", "visitor": VISITOR, "locale": "en"}
        session = post(client, "/v1/deflections", asked, key=f"asked {number} {said}")["id"]
    post(client, f"/v1/deflections/{session}/outcome", {"outcome": "not_helpful"})
    wanted = {"email": ANN.title(), "subject": said, "description": said}
    ticket = post(client, f"/v1/deflections/{session}/ticket", wanted, key=f"ticket of {said}")["id"]
    post(client, f"/v1/tickets/{ticket}/replies", {"text": f"Dear {said}", "actor": "kim"})
    post(client, f"/v1/tickets/{ticket}/replies", {"text": f"I am {said}", "by": "customer"})
    post(client, f"/v1/tickets/{ticket}/transitions", {"to": "resolved", "root_cause": said})
    post(client, f"/v1/tickets/{ticket}/transitions", {"to": "closed"})


def ask_without_a_name(client: Client, said: str) -> None:
    post(client, "/v1/deflections", {"question": f"I am {said}, where is my invoice?"}, key="k-anonymous")
    post(client, "/v1/deflections", {"question": "Invoice?", "account": said, "brand": said, "region": said})


def tag(client: Client, said: str) -> None:
    ticket = {"subject": said, "description": f"From {said}", "account": said, "external_id": said}
    tagging = post(client, "/v1/tags", ticket | {"brand": said, "region": said}, key=f"tag {said}")
    client.post(f"/v1/tags/{tagging['id']}/correction", json={"category": said})
    post(client, "/v1/tags", {"subject": "Mine", "description": "x", "external_id": f"zd:{said}"})


def mention_in_the_ticket_of_another(client: Client, said: str) -> str:
    """Say it in every field of somebody else's ticket; return its id."""
    opened = {"subject": f"Fwd: {said}", "description": f"{said} told me", "email": "ben@example.com", "health": said}
    more = {"attachments": [f"{said}.pdf"], "external_id": said, "brand": said, "region": said}
    ticket = str(post(client, "/v1/tickets", opened | more, key=f"of ben {said}")["id"])
    post(client, f"/v1/tickets/{ticket}/replies", {"text": f"Ask {said}, or {spellings(said)[-1]}.", "actor": said})
    packet = {"steps_taken": said, "customer_impact": said, "reproduction": said}
    client.post(f"/v1/tickets/{ticket}/escalations", json={"to": "T2", "packet": packet, "actor": said})
    answer = client.patch(f"/v1/tickets/{ticket}", json={"assignee": said}, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    return ticket


def send_hooks(client: Client, said: str) -> None:
    for number, sender in enumerate((ANN, "ben@example.com", f"Ann <{ANN}>")):
        case = {"id": number, "title": said, "description": f"By {said}", "submitter_email": sender}
        post(client, "/v1/inbound/django_helpdesk?token=s3cret", {"ticket": case})


def say_everywhere(client: Client, said: str) -> str:
    ask_and_hand_off(client, said)
    ask_without_a_name(client, said)
    tag(client, said)
    send_hooks(client, said)
    return mention_in_the_ticket_of_another(client, said)


def spellings(said: str) -> list[str]:
    """Return an address as people write it, and a visitor id as it is: ids may differ in case alone."""
    return [said, said.upper(), said.title()] if "@" in said else [said]


def unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def assert_is_nowhere(client: Client, settings: Settings, said: str, tmp_path: Path, clock: FrozenClock) -> None:
    """Look into every table, every file of the home, a backup and a snapshot made now."""
    words = spellings(said)
    assert rows_that_say(client.app.state.context.database, words) == []
    assert said_in(settings.home, words) == []
    back_up(settings, tmp_path / "backup.tar.gz", clock.now(), lambda *_: None, models=False)
    assert said_in(unpacked(tmp_path / "backup.tar.gz", tmp_path / "unpacked"), words) == []
    export(settings.stored_in, tmp_path / "closed.jsonl")
    assert said_in(tmp_path / "closed.jsonl", words) == []
    assert (
        b"".join(each for each in (tmp_path / "closed.jsonl").read_bytes().splitlines() if said.encode() in each) == b""
    )


@on_both_engines
@pytest.mark.parametrize(
    ("whom", "said"),
    [({"email": f"Ann Quibble <{ANN.upper()}> "}, ANN), ({"visitor": f" {VISITOR}"}, VISITOR)],
    ids=["email", "visitor"],
)
def test_what_was_said_through_every_route_is_nowhere_after_the_erasure(
    client: Client, settings: Settings, clock: FrozenClock, tmp_path: Path, whom: dict[str, str], said: str
) -> None:
    of_another = say_everywhere(client, said)
    (settings.home / "old.jsonl.gz").write_bytes(gzip.compress(json.dumps({"id": "x", "text": said}).encode()))
    places = {table for table, _ in rows_that_say(client.app.state.context.database, [said])}
    assert places >= {"deflections", "ticket_events", "tickets", "taggings", "receipts", "helpdesk_links"}

    erased = post(client, "/v1/erasures", whom)["erased"]

    assert_is_nowhere(client, settings, said, tmp_path, clock)
    assert {name for name, count in erased.items() if count} >= {*places, "files"}
    others = client.get(f"/v1/tickets/{of_another}").json()
    assert (others["email"], others["description"]) == ("ben@example.com", f"{MARK} told me")
    assert set(post(client, "/v1/erasures", whom)["erased"].values()) == {0}


def test_a_persons_other_sessions_are_erased_with_the_ticket(client: Client) -> None:
    ask_and_hand_off(client, "nothing")
    assert post(client, "/v1/erasures", {"email": ANN})["erased"]["deflections"] == 3


def test_a_visitor_id_that_everybody_has_leads_to_nobody_else(client: Client, clock: FrozenClock) -> None:
    for email in (ANN, "ben@example.com"):
        session = post(client, "/v1/deflections", {"question": f"Of {email}?", "visitor": "the-website-1"})["id"]
        post(client, f"/v1/deflections/{session}/ticket", {"email": email})
        clock.advance(timedelta(days=1))
    erased = post(client, "/v1/erasures", {"email": ANN})["erased"]
    assert (erased["tickets"], erased["deflections"]) == (1, 1)


def test_whoever_only_mentions_an_address_keeps_the_rest(client: Client) -> None:
    mine = post(client, "/v1/deflections", {"question": "How do I export?", "visitor": "ben-12345"})["id"]
    client.post("/v1/deflections", json={"question": f"Is {ANN} my agent?", "visitor": "ben-12345"})
    session = post(client, f"/v1/deflections/{mine}/ticket", {"email": "ben@example.com"})
    post(client, "/v1/erasures", {"email": ANN})
    assert client.get(f"/v1/tickets/{session['id']}").json()["description"] == "How do I export?"


@on_both_engines
def test_a_short_address_in_a_short_column_is_erased(client: Client) -> None:
    question = {"question": "Where is my export?", "locale": "a@b.co,a@b.co"}
    session = post(client, "/v1/deflections", question | {"visitor": "ben-12345"})["id"]
    assert post(client, "/v1/erasures", {"email": "a@b.co"})["erased"]["deflections"] == 1
    assert post(client, f"/v1/deflections/{session}/ticket", {"email": "ben@example.com"})["status"] == "new"
