"""The settings pages: keys, webhooks, helpdesks, policies and jobs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from serving.jobs import queue
from serving.keys.api_keys import KeyStore
from serving.storage.job_tables import jobs
from tests.fakes import MONDAY_MORNING as AT
from tests.serving.console.conftest import Console

HOSTILE = ["<img src=x onerror=alert(1)>", '"><script>alert(1)</script>', "{{ 7 * 7 }}", "'; DROP TABLE jobs; --"]
ADMIN_ONLY = ["/settings/keys", "/settings/webhooks", "/settings/jobs", "/settings/changes"]


def test_an_agent_is_led_to_the_policies_and_may_not_open_what_is_for_admins(sign_in: Callable[..., Console]) -> None:
    agent = sign_in("agent")
    assert agent.client.get("/settings", follow_redirects=False).headers["location"] == "/settings/policies"
    for path in ADMIN_ONLY:
        assert "needs admin" in agent.read(path, status=403)
        assert f'href="{path}"' not in agent.get("/settings/policies")


def test_a_key_is_made_shown_once_and_works(console: Console, keys: KeyStore) -> None:
    made = console.post("/settings/keys", scope="agent", name="Helpdesk")
    key = re.findall(r"<code>(sk_\S+)</code>", made.text)[0]
    assert keys.find(key) is not None
    assert key not in console.get("/settings/keys")
    assert "Helpdesk" in console.read("/settings/keys")


def test_a_widget_key_comes_with_the_secret_that_signs_identities(console: Console) -> None:
    made = console.post("/settings/keys", scope="widget", origins="https://shop.example\nhttps://help.example")
    assert made.status_code == 200
    assert re.findall(r"<code>(pk_\S+)</code>", made.text)
    assert "The identity secret" in made.text
    assert "https://help.example" in console.read("/settings/keys")


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"scope": "widget"}, "A widget key needs its sites"),
        ({"scope": "agent", "origins": "https://a.example"}, "A widget key needs its sites"),
        ({"scope": "widget", "origins": "shop.example"}, "No browser sends"),
        ({"scope": "widget", "origins": "https://Shop.example/"}, "write https://shop.example"),
        ({"scope": "owner"}, "Choose what the key may do"),
        ({"scope": "agent", "name": "x" * 101}, "at most 100 letters"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_and_the_form_keeps_what_was_typed(
    console: Console, keys: KeyStore, form: dict[str, str], said: str
) -> None:
    before = len(keys.list())
    refused = console.post("/settings/keys", **{"name": "Kept", **form})
    assert refused.status_code == 400
    assert said in refused.text
    assert form.get("name", "Kept") in refused.text
    assert len(keys.list()) == before


def test_revoking_ends_a_key_and_ones_own_session_with_it(console: Console, keys: KeyStore) -> None:
    own = next(record.id for record in keys.list() if record.name == "Ann")
    assert console.post(f"/settings/keys/{own}/revoke").status_code == 303
    console.client.app.state.context.keys.refresh(None)
    console.get("/", status=303)


def test_a_webhook_is_added_tested_switched_off_and_removed(console: Console) -> None:
    made = console.post(
        "/settings/webhooks", url="https://93.184.215.14/hook", description="CRM", types=["ticket.created"]
    )
    assert made.status_code == 200, made.text
    secret = re.findall(r"<code>(whsec_\S+)</code>", made.text)[0]
    here = "/settings/webhooks/" + re.findall(r"/settings/webhooks/(whk_\w+)", made.text)[0]
    assert secret not in console.get(here)
    assert console.post(f"{here}/test").headers["location"] == f"{here}?done=tested"
    assert "webhook.test" in console.read(here)
    console.post(f"{here}/disable")
    assert "Switch on" in console.get(here)
    rotated = console.post(f"{here}/secret")
    assert secret not in rotated.text
    assert "whsec_" in rotated.text
    assert console.post(f"{here}/remove").headers["location"] == "/settings/webhooks?done=removed"
    assert "Nobody listens yet." in console.read("/settings/webhooks")


@pytest.mark.parametrize("url", ["http://127.0.0.1/x", "ftp://a.example", "x", "https://" + "a" * 3_000])
def test_an_address_that_cannot_be_called_is_refused_in_words(console: Console, url: str) -> None:
    refused = console.post("/settings/webhooks", url=url)
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert "Nobody listens yet." in console.read("/settings/webhooks")


def test_a_dead_job_is_listed_run_again_and_deleted(console: Console) -> None:
    database = console.client.app.state.context.database
    with_two = [
        database.write(lambda connection, about=about: queue.enqueue(connection, "x", subject=about, record={}, at=AT))
        for about in ("one", "two")
    ]
    dead = jobs.update().where(jobs.c.id.in_(with_two)).values(state="dead", fault="timed_out")
    assert "one" in console.read("/settings/jobs?state=waiting")
    for job in with_two:
        assert console.post(f"/settings/jobs/{job}/revive").status_code == 404  # it is not dead
    database.write(lambda connection: connection.execute(dead))
    assert "timed out" in console.read("/settings/jobs")
    assert console.post(f"/settings/jobs/{with_two[0]}/revive").headers["location"] == "/settings/jobs?done=revived"
    assert console.post(f"/settings/jobs/{with_two[1]}/drop").headers["location"] == "/settings/jobs?done=dropped"
    assert console.post(f"/settings/jobs/{with_two[1]}/paint").status_code == 404
    assert "Nothing was given up." in console.read("/settings/jobs")


def test_a_desk_without_helpdesks_is_told_how_to_connect_one(console: Console) -> None:
    assert "FIRSTLINE_HELPDESKS" in console.read("/settings/helpdesks")


def test_policies_show_plans_targets_routing_and_hours(console: Console) -> None:
    text = console.read("/settings/policies")
    for said in ("premium", "P0", "4 h support", "every other ticket", "09:00–17:00"):
        assert said in text


def test_a_deadline_is_tried_out_with_every_interval(console: Console) -> None:
    text = console.read("/settings/policies?created_at=2026-11-27T16:00&plan=premium&priority=P1")
    assert "that is due by Fri 27 Nov 2026 17:00 UTC" in text
    assert "open: extended" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("created_at=tomorrow", "Write the instant like"),
        ("created_at=2026-11-27T16:00&plan=gold", "is not in the policy"),
        ("created_at=2026-11-27T16:00&priority=P9", "P9"),
        ("created_at=0001-01-01T00:00", "0001"),
    ],
)
def test_a_deadline_that_cannot_be_computed_says_why(console: Console, query: str, said: str) -> None:
    text = console.read(f"/settings/policies?{query}")
    assert said in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_addresses_stay_texts(console: Console, text: str) -> None:
    console.post("/settings/keys", scope="agent", name=text[:100])
    console.post("/settings/webhooks", url="https://93.184.215.14/hook", description=text[:500])
    for path in ("/settings/keys", "/settings/webhooks"):
        page = console.get(path)
        assert "<img" not in page
        assert "<script>" not in page
