"""A real django-helpdesk and the real service, over HTTP: created, kept up to date, closed there, learnt here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from serving.clock import SystemClock
from tests.helpdesks import django_site
from tests.helpdesks.connected_service import ConnectedService
from tests.helpdesks.django_site import DjangoSite
from tests.journeys.service import ROOT, command, create_key, serving, take_the_sample_as_its_own
from tests.ports import free_port
from tests.waiting import wait_until

LOCAL = {"FIRSTLINE_ALLOW_CIDRS": "127.0.0.1/32"}
TOKEN = "a-token-that-only-the-two-know"
CONNECTION = """
[django_helpdesk]
url = "{url}"
token = "{token}"
hook_secret = "{secret}"
options.queue = 1
[django_helpdesk.fields]
category = "category"
first_response_by = "first_reply_by"
tags = "firstline_tags"
"""


@dataclass
class Both(ConnectedService):
    """A desk and a service that know of each other."""

    desk: DjangoSite

    def there(self, **wanted: Any) -> dict[str, Any]:
        """Return the only ticket with such fields, as the desk shows it when it was told all."""

        def found() -> list[dict[str, Any]]:
            return [each for each in self.desk.tickets() if wanted.items() <= each.items()]

        wait_until(
            lambda: found() and self.has_synced_all(), f"{wanted} never came there; {self.log_tail()}", pause=0.1
        )
        [shown] = found()
        return shown


@contextmanager
def both_sides(place: Path, *, followups: str = TOKEN) -> Iterator[Both]:
    """Start both; with another token for `followups` each of those webhooks is refused, and so lost."""
    pytest.importorskip("helpdesk", reason="django-helpdesk is not installed: it comes with the extra `test`")
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    port, home, connections = free_port(), place / "home", place / "helpdesks.toml"
    hook = f"http://127.0.0.1:{port}/v1/inbound/django_helpdesk?token="
    with django_site.running(place / "desk", hook + TOKEN, hook + followups) as desk:
        connections.write_text(CONNECTION.format(url=desk.url, token=desk.token, secret=TOKEN))
        settings = {"FIRSTLINE_HELPDESKS": str(connections), "FIRSTLINE_HELPDESK_SECONDS": "1"} | LOCAL
        settings["FIRSTLINE_HELPDESK_POLL_SECONDS"] = "2"
        take_the_sample_as_its_own(home)
        with serving(home, create_key(home, "admin"), port=port, **settings) as service:
            yield Both(service, home, connections, desk)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both_sides(tmp_path_factory.mktemp("django")) as found:
        yield found


def opened(both: Both, subject: str) -> dict[str, Any]:
    body = {"subject": subject, "description": "It is so.", "email": "ann@acme.example", "plan": "premium"}
    body |= {"tags": {"category": "billing", "priority": "P2"}}
    answer = both.service.client.post("/v1/tickets", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_ticket_goes_there_is_updated_closed_there_and_learnt_here(both: Both, tmp_path: Path) -> None:
    ticket = opened(both, "VAT is wrong")
    shown = both.there(custom_firstline_id=ticket["id"])
    due = min(filter(None, (ticket["sla"][clock]["resolution_by"] for clock in ("contract", "target"))))
    assert (shown["due_date"], shown["priority"]) == (due[:19] + "Z", 3)
    assert shown["custom_category"] == "billing"
    assert shown["custom_first_reply_by"]
    assert shown["custom_firstline_tags"] == "category_billing firstline"

    etag = both.service.client.get(f"/v1/tickets/{ticket['id']}").headers["etag"]
    changed = {"tags": {"priority": "P0"}}
    both.service.client.patch(f"/v1/tickets/{ticket['id']}", json=changed, headers={"If-Match": etag})
    assert both.there(id=shown["id"])["priority"] == 1

    both.desk.ask("PATCH", f"tickets/{shown['id']}/", json={"status": 3, "resolution": "The rate is 20 % now."})
    out = tmp_path / "closed.jsonl"
    settings = {"FIRSTLINE_HELPDESKS": str(both.connections)} | LOCAL
    command(both.home, "firstline", "snapshot", "--from", "django_helpdesk", "--out", str(out), **settings)
    [row] = [json.loads(line) for line in out.read_text().splitlines()]
    assert (row["subject"], row["resolution"], row["category"]) == ("VAT is wrong", "The rate is 20 % now.", "billing")
    assert row["label_sources"] == {"category": "person", "priority": "person"}  # as it was opened


def test_what_people_do_there_reaches_our_ticket_and_our_own_writes_do_not_come_back(both: Both) -> None:
    ours = opened(both, "Seats are counted twice")["id"]
    remote_id = both.there(custom_firstline_id=ours)["id"]
    begun_at = SystemClock().now() - timedelta(minutes=1)

    def follow_up(comment: str, **more: Any) -> None:
        body = {
            "ticket": remote_id,
            "title": "Seats are counted twice",
            "comment": comment,
            "public": True,
            "user": None,
        }
        both.desk.ask("POST", "followups/", json=body | more)

    follow_up("Each team counts once.")
    read = both.reaches(ours, lambda it: it["transcript"])
    assert [(turn["by"], turn["text"]) for turn in read["transcript"]] == [("agent", "Each team counts once.")]
    explained = both.service.client.get(f"/v1/tickets/{ours}/sla").json()["explain"]
    assert all(clock["state"] == "stopped" for clock in explained if clock["kind"] == "first_response")
    follow_up("Engineering knows.", public=False)
    both.reaches(ours, lambda it: [each["text"] for each in it["internal_notes"]] == ["Engineering knows."])

    both.desk.ask("PATCH", f"tickets/{remote_id}/", json={"on_hold": True, "priority": 5})
    follow_up("Waiting for Ann.", public=False)  # an edit over the API alone tells nobody
    read = both.reaches(ours, lambda it: it["status"] == "pending")
    assert (read["tags"]["priority"]["label"], read["tags"]["priority"]["reason_code"]) == ("P4", "set_by_person")
    both.desk.ask("PATCH", f"tickets/{remote_id}/", json={"on_hold": False})
    follow_up("It is repaired.", new_status=3)
    both.reaches(ours, lambda it: it["status"] == "resolved")
    follow_up("It came back.", new_status=2, public=False)
    both.reaches(ours, lambda it: it["status"] == "open")
    assert str(remote_id) in both.desk_of("django_helpdesk").changed_since(begun_at, None).ids

    wait_until(both.has_synced_all, "the desk was never told", pause=0.1)
    assert both.there(id=remote_id)["priority"] == 5
    read = both.reaches(ours, lambda it: True)
    assert not [note for note in read["internal_notes"] if note["text"].startswith("Firstline")]
    assert [turn["text"] for turn in read["transcript"]] == ["Each team counts once.", "It is repaired."]
    follow_up("Closed.", public=False, new_status=4)
    both.reaches(ours, lambda it: it["status"] == "closed")


def test_a_ticket_that_is_filed_there_is_tagged_here_and_an_agents_word_stands(both: Both) -> None:
    text = "Since 9:00 the whole platform is down for everyone, no workaround."
    filed = {"queue": 1, "title": "Platform down", "description": text, "submitter_email": "bob@acme.example"}
    remote = both.desk.ask("POST", "tickets/", json=filed | {"priority": 5})
    ours = both.opened_for(f"django_helpdesk:{remote['id']}")
    shown = both.there(id=remote["id"])
    assert (ours["subject"], shown["title"]) == ("Platform down", "Platform down")
    assert shown["priority"] == 5  # chosen by whoever filed it
    assert shown["due_date"]
    [note] = [each["comment"] for each in shown["followup_set"] if not each["public"]]
    assert "Priority: P0 (" in note


def test_what_webhooks_lost_is_found_by_the_poll(tmp_path: Path) -> None:
    with both_sides(tmp_path, followups="another") as both:
        ours = opened(both, "Charts are blank")["id"]
        remote_id = both.there(custom_firstline_id=ours)["id"]
        body = {"ticket": remote_id, "title": "Charts are blank", "comment": "Reload.", "public": True, "user": None}
        both.desk.ask("POST", "followups/", json=body | {"new_status": 3})
        read = both.reaches(ours, lambda it: it["status"] == "resolved")
        assert [turn["text"] for turn in read["transcript"]] == ["Reload."]
        assert '"status":401' in both.service.log.read_text()
