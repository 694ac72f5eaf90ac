"""A real Request Tracker 5 and the real service, over HTTP: there and back, for one case after another."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.clock import SystemClock
from tests.helpdesks import request_tracker
from tests.helpdesks.connected_service import ConnectedService
from tests.helpdesks.request_tracker import RequestTracker
from tests.journeys.service import ROOT, command, create_key, serving, take_the_sample_as_its_own
from tests.ports import free_port
from tests.waiting import wait_until

LOCAL = {"FIRSTLINE_ALLOW_CIDRS": "127.0.0.1/32"}
LEVELS = {"0": "Low", "50": "Medium", "100": "High"}  # what RT shows for a label that was written by its API
SECRET = "whsec_dGhpcyBpcyBhIHNlY3JldCBvZiB0aGUgdGVzdHM="
CONNECTION = """
[rt]
url = "{url}"
token_file = "{token}"
hook_secret = "{secret}"
bot = "firstline"
suggestions = "fields"
options.queue = "Support"
[rt.fields]
category = "Category"
product_area = "Product area"
first_response_by = "First reply by"
tags = "Tags"
external_id = "External id"
"""


@dataclass
class Both(ConnectedService):
    """A desk and a service that know of each other."""

    desk: RequestTracker

    def ticket(self, **more: object) -> dict[str, Any]:
        """Ask a question that no article answers, and make it a ticket."""
        asked = {"question": "Our scheduled report did not arrive this morning", "plan": "premium"} | more
        deflection = self.service.client.post("/v1/deflections", json=asked).json()["id"]
        answer = self.service.client.post(f"/v1/deflections/{deflection}/ticket", json={"email": "ann@acme.example"})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def retag(self, ticket_id: str, **labels: str) -> dict[str, Any]:
        etag = self.service.client.get(f"/v1/tickets/{ticket_id}").headers["etag"]
        answer = self.service.client.patch(
            f"/v1/tickets/{ticket_id}", json={"tags": labels}, headers={"If-Match": etag}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def there(self, ticket_id: str) -> dict[str, Any]:
        """Return the only ticket of theirs that carries our id, as the desk shows it when it was told all."""

        def found() -> list[dict[str, Any]]:
            query = f"'CF.{{External id}}' = '{ticket_id}'"
            items: list[dict[str, Any]] = self.desk.ask("kim", "GET", "tickets", params={"query": query})["items"]
            return items

        wait_until(
            lambda: found() and self.has_synced_all(), f"{ticket_id} never came there; {self.log_tail()}", pause=0.1
        )
        [only] = found()
        return self.desk.show(only["id"])


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    request_tracker.needed()
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    with tempfile.TemporaryDirectory(prefix="firstline-rt-") as folder:
        place, port = Path(folder), free_port()
        place.chmod(0o755)  # the desk runs as another user
        home, connections = place / "home", place / "helpdesks.toml"
        hook = f"http://127.0.0.1:{port}/v1/inbound/rt"
        with request_tracker.running(place / "desk", hook, SECRET) as desk:
            token = desk.home / "token.firstline"
            connections.write_text(CONNECTION.format(url=desk.url, token=token, secret=SECRET))
            settings = {"FIRSTLINE_HELPDESKS": str(connections), "FIRSTLINE_HELPDESK_SECONDS": "1"} | LOCAL
            settings["FIRSTLINE_HELPDESK_POLL_SECONDS"] = "2"
            take_the_sample_as_its_own(home)
            with serving(home, create_key(home, "admin"), port=port, **settings) as service:
                yield Both(service, home, connections, desk)


def level(shown: dict[str, Any]) -> str:
    return LEVELS.get(shown["Priority"], shown["Priority"])


def test_a_deflection_becomes_a_ticket_there_with_all_that_is_known_of_it(both: Both) -> None:
    ticket = both.ticket()
    shown = both.there(ticket["id"])
    due = min(filter(None, (ticket["sla"][clock]["resolution_by"] for clock in ("contract", "target"))))
    assert shown["Due"] == due[:19] + "Z"
    assert shown["Category"] == [ticket["tags"]["category"]["label"]]
    assert shown["Product area"] == [ticket["tags"]["product_area"]["label"]]
    assert "firstline" in shown["Tags"]
    assert level(shown) in LEVELS.values()
    assert shown["First reply by"]
    assert [each["id"] for each in shown["Requestor"]] == ["ann@acme.example"]


def test_tags_that_change_here_change_there(both: Both) -> None:
    ticket = both.ticket(question="The invoice of October shows the wrong VAT number")
    both.there(ticket["id"])
    changed = both.retag(ticket["id"], priority="P0", category="billing")
    shown = both.there(ticket["id"])
    assert (shown["Category"], level(shown)) == (["billing"], "High")
    assert "category_billing" in shown["Tags"]
    assert shown["Due"] == min(changed["sla"][clock]["resolution_by"] for clock in ("contract", "target"))[:19] + "Z"


def test_what_an_agent_changed_there_is_not_overwritten(both: Both) -> None:
    ticket = both.ticket(question="Where do I see who changed my dashboard last week?")
    shown = both.there(ticket["id"])
    by_kim = {"Priority": "Medium" if level(shown) != "Medium" else "Low"}
    by_kim["CustomFields"] = {"Category": "kims own word", "Tags": [*shown["Tags"], "vip"]}
    both.desk.ask("kim", "PUT", f"ticket/{shown['id']}", json=by_kim)
    both.retag(ticket["id"], priority="P0", category="billing", product_area="api")
    later = both.there(ticket["id"])
    assert later["Product area"] == ["api"]
    assert {"vip", "product_area_api"} <= set(later["Tags"])
    assert later["Category"] == ["kims own word"]
    assert level(later) == by_kim["Priority"]


def test_a_ticket_that_is_filed_there_is_tagged_here_and_written_back(both: Both) -> None:
    filed = {
        "Queue": "Support",
        "Subject": "Payments fail for everyone",
        "Requestor": "bob@acme.example",
        "Content": "Since 9:00 every payment fails, for all of our customers. There is no workaround.",
        "ContentType": "text/plain",
    }
    remote_id = both.desk.ask("kim", "POST", "ticket", json=filed)["id"]
    ours = both.opened_for(f"rt:{remote_id}")
    wait_until(both.has_synced_all, "the desk was never told", pause=0.1)
    shown = both.desk.show(remote_id)
    assert level(shown) == "High"
    assert shown["Due"] > "2000"
    assert "firstline" in shown["Tags"]
    assert (ours["subject"], ours["email"]) == (filed["Subject"], filed["Requestor"])
    category = ours["tags"]["category"]["label"]  # a model may also abstain: then nothing is written there
    assert shown["Category"] == ([category] if category else [])


def test_what_is_resolved_there_is_learnt_here_with_its_resolution(both: Both, tmp_path: Path) -> None:
    ticket = both.ticket(question="Exports of the dashboard stop at one thousand rows")
    shown = both.there(ticket["id"])
    answer = {"Content": "Raise the limit under Settings, Exports.", "ContentType": "text/plain"}
    both.desk.ask("kim", "POST", f"ticket/{shown['id']}/correspond", json=answer)
    both.desk.ask("kim", "PUT", f"ticket/{shown['id']}", json={"Status": "resolved"})
    out = tmp_path / "closed.jsonl"
    said = command(
        both.home,
        "firstline",
        "snapshot",
        "--from",
        "rt",
        "--out",
        str(out),
        FIRSTLINE_HELPDESKS=str(both.connections),
        **LOCAL,
    )
    assert said.strip() == f"1 closed ticket in {out}."
    [row] = [json.loads(line) for line in out.read_text().splitlines()]
    assert row["resolution"] == "Raise the limit under Settings, Exports."
    assert "one thousand rows" in row["description"]
    assert row["category"] == shown["Category"][0]
    assert row["closed_at"] >= row["created_at"]  # the desk tells whole seconds
    assert {path.name for path in tmp_path.iterdir()} == {"closed.jsonl"}


def test_what_people_do_there_reaches_our_ticket_and_our_own_writes_do_not_come_back(both: Both) -> None:
    ticket = both.ticket(question="Why does the weekly summary count some users twice?")
    ours, remote_id = ticket["id"], str(both.there(ticket["id"])["id"])
    begun_at = SystemClock().now() - timedelta(minutes=1)
    answer = {"Content": "It counts each team once.", "ContentType": "text/plain"}
    both.desk.ask("kim", "POST", f"ticket/{remote_id}/correspond", json=answer)
    read = both.reaches(ours, lambda it: it["transcript"] and it["transcript"][-1]["by"] == "agent")
    assert read["transcript"][-1]["text"] == answer["Content"]
    explained = both.service.client.get(f"/v1/tickets/{ours}/sla").json()["explain"]
    assert all(clock["state"] == "stopped" for clock in explained if clock["kind"] == "first_response")

    note = {"Content": "Engineering knows.", "ContentType": "text/plain"}
    both.desk.ask("kim", "POST", f"ticket/{remote_id}/comment", json=note)
    both.reaches(ours, lambda it: [each["text"] for each in it["internal_notes"]] == ["Engineering knows."])
    for status, here in (("stalled", "pending"), ("resolved", "resolved"), ("open", "open")):
        both.desk.ask("kim", "PUT", f"ticket/{remote_id}", json={"Status": status})
        both.reaches(ours, lambda it, here=here: it["status"] == here)

    both.desk.ask("kim", "PUT", f"ticket/{remote_id}", json={"Status": "resolved"})
    both.reaches(ours, lambda it: it["status"] == "resolved")
    words = {"Content": "It still does.", "ContentType": "text/plain"}
    both.desk.ask("ann@acme.example", "POST", f"ticket/{remote_id}/correspond", json=words)
    read = both.reaches(ours, lambda it: it["transcript"][-1]["by"] == "customer" and it["status"] == "open")
    assert read["transcript"][-1]["text"] == "It still does."

    chosen = "Medium" if level(both.desk.show(remote_id)) != "Medium" else "Low"
    both.desk.ask("kim", "PUT", f"ticket/{remote_id}", json={"Priority": chosen, "Owner": "kim"})
    both.reaches(ours, lambda it: it["tags"]["priority"]["reason_code"] == "set_by_person" and it["assignee"] == "kim")
    wait_until(both.has_synced_all, "the desk was never told", pause=0.1)
    assert level(both.desk.show(remote_id)) == chosen
    assert remote_id in both.desk_of("rt").changed_since(begun_at, None).ids
    version = both.reaches(ours, lambda it: True)["version"]
    both.retag(ours, category="billing")
    both.there(ours)
    read = both.reaches(ours, lambda it: it["version"] > version)
    assert [each["text"] for each in read["internal_notes"]] == ["Engineering knows."]
    assert len([turn for turn in read["transcript"] if turn["by"] == "agent"]) == 1


def test_what_is_merged_there_is_a_duplicate_here(both: Both) -> None:
    kept, gone = (both.ticket(question=f"Question {number} on the seats of our team") for number in (1, 2))
    into, merged = both.there(kept["id"])["id"], both.there(gone["id"])["id"]
    both.desk.ask("kim", "PUT", f"ticket/{merged}", json={"MergeInto": into})
    read = both.reaches(gone["id"], lambda it: it["status"] == "closed")
    assert read["resolution_type"] == "duplicate"
    assert read["internal_notes"][-1]["text"] == f"Merged into rt ticket {into}."


def test_the_check_says_what_the_desk_can_do_and_shows_no_secret(both: Both) -> None:
    said = command(both.home, "firstline", "helpdesks", "check", FIRSTLINE_HELPDESKS=str(both.connections), **LOCAL)
    assert "answers: queue Support" in said
    assert "resolution_by     its own field" in said
    assert both.desk.token("firstline") not in said
    assert SECRET not in said


def test_neither_texts_nor_secrets_are_in_the_log(both: Both) -> None:
    log = both.service.log.read_text()
    assert "helpdesk.shown" in log
    for told in ("one thousand rows", "Payments fail", both.desk.token("firstline"), SECRET):
        assert told not in log
