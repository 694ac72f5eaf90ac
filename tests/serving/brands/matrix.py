"""Every route of the router, asked by strangers for what one brand has."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from serving.jobs import queue
from serving.keys.api_keys import id_of
from serving.keys.survey_links import SurveyLinks
from tests.serving.brands.conftest import Deployed
from tests.serving.console.conftest import HERE

TEXT = "zanzibarlamp"  # stands in everything that acme has, and nowhere else
ARTICLE = "lamp-1"
_PARAMETER = re.compile(r"\{(\w+):\w+\}")
_ASKED = ("GET", "POST", "PUT", "PATCH", "DELETE")
_STREAM = "/live"  # it does not end for who may read it
_LAST = "/sign-out"

# What is no brand's: files of the code, words of the API, and a word after an id of which there is a case already.
SHARED = {
    "name": "console.css",
    "path": "openapi.json",
    "what": "canary",
    "action": "remove",
    "helpdesk": "standard",
    "version": "0" * 64,
    "delivery_id": "dlv_1",
    "audited_id": "aud_1",
    "proposal_id": "srg_1",
}
# Bodies that are read to their end: so a route refuses for who asks, not for what was sent.
BODIES: Mapping[str, Any] = {
    "/v1/tickets/{ticket_id:str}": {"assignee": "stranger"},
    "/v1/tickets/{ticket_id:str}/replies": {"text": "from a stranger"},
    "/v1/tickets/{ticket_id:str}/transitions": {"to": "pending"},
    "/v1/tickets/{ticket_id:str}/escalations": {"to": "T2"},
    "/v1/tags/{tagging_id:str}/correction": {"category": "billing", "actor": "stranger"},
    "/v1/deflections/{deflection_id:str}/outcome": {"outcome": "confirmed"},
    "/v1/deflections/{deflection_id:str}/ticket": {"email": "s@x.example"},
    "/v1/incidents/{incident_id:str}": {"title": "a stranger's", "message": "a stranger's"},
    "/v1/articles/search": {"query": TEXT},
    "/v1/webhooks/{webhook_id:str}": {"description": "a stranger's"},
}


@dataclass(frozen=True)
class Cell:
    """A route, and one who asks."""

    method: str
    route: str
    path: str
    names_something: bool  # that acme has


@dataclass(frozen=True)
class Stranger:
    """One who has no right in acme, and the way they come."""

    who: str
    at: str
    headers: Mapping[str, str]
    form: Mapping[str, str]


def cells(deployed: Deployed, made: Mapping[str, str]) -> Iterator[Cell]:
    """Return every route of the router by every method, for what acme has; a new parameter is a `KeyError`."""
    for route in deployed.app.own.routes:
        for method in getattr(route, "route_handler_map", ()):
            if method in _ASKED:
                path = _PARAMETER.sub(lambda found: (made | SHARED)[found[1]].lstrip("/"), route.path)
                names = set(_PARAMETER.findall(route.path))
                yield Cell(method, route.path, path, bool(names & set(made)))


def strangers(deployed: Deployed) -> list[Stranger]:
    """Return those who ask: with another brand's key or session, or with nothing, at each address that is acme's."""
    found = []
    for who in ("globex", ""):
        session = {"Cookie": deployed.sign_in(who)}
        page = deployed.client.get("/", headers=session).text
        form = {"form_token": re.findall(r'name="form_token" value="(\w+)"', page)[0]}
        shown = session | {"Authorization": f"Bearer {deployed.keys[who]}"}
        found += [Stranger(who or "the deployment's own", at, shown, form) for at in ("", "/brands/acme")]
    return [*found, *(Stranger("nobody", at, {}, {}) for at in ("", "/brands/acme"))]


def leaks(deployed: Deployed, made: Mapping[str, str]) -> list[str]:
    """Return each cell in which a stranger reads acme's text, or gets anything for an id of acme's."""
    found, asking = [], strangers(deployed)
    for cell in sorted(cells(deployed, made), key=lambda cell: cell.route == _LAST):
        for each in asking:
            if cell.route == _STREAM and each.headers:
                continue
            sent = {"json": BODIES.get(cell.route, {})} if cell.route.startswith("/v1/") else {"data": each.form}
            answer = deployed.client.request(
                cell.method,
                each.at + cell.path,
                headers={**HERE, **each.headers},
                follow_redirects=False,
                **({} if cell.method == "GET" else sent),
            )
            said = (answer.text + repr(answer.headers)).replace(cell.path, "")
            if TEXT in said or (cell.names_something and answer.status_code < 300):
                found.append(f"{cell.method} {cell.route} {each.who} {each.at} {answer.status_code}")
    return found


def fill(deployed: Deployed) -> dict[str, str]:
    """Give acme something of everything, and return the ids by the names that paths have for them."""
    ask, context = deployed.ask, deployed.app.brands.serving["acme"].context
    article = {"title": f"{TEXT} export", "body": f"The {TEXT} export is empty when a filter hides every row."}
    assert ask("PUT", f"/v1/articles/{ARTICLE}", "acme", json=article).status_code < 300
    ticket = deployed.open_ticket("acme", f"{TEXT} export is broken", email=f"{TEXT}@x.example")["id"]
    question = ask("POST", "/v1/deflections", "acme", json={"question": f"{TEXT} export?"})
    tagged = ask("POST", "/v1/tags", "acme", json={"subject": TEXT, "description": f"{TEXT} is broken"})
    assert (question.status_code, tagged.status_code) == (201, 200), tagged.text
    hook = {"url": f"https://hooks.example/{TEXT}", "description": TEXT}
    hooked = ask("POST", "/v1/webhooks", "acme", json=hook)
    assert hooked.status_code == 201, hooked.text
    told = {"title": TEXT, "message": f"{TEXT} is down", "terms": [f"{TEXT} down"]}
    incident = ask("POST", "/v1/incidents", "acme", json=told, headers={"Idempotency-Key": "first"})
    assert incident.status_code == 201, incident.text
    replay = ask("POST", "/v1/replays", "acme", json={"since": "2026-01-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"})
    assert replay.status_code == 202, replay.text
    links = SurveyLinks.of(context.settings, context.secret)
    assert links is not None
    return {
        "article_id": ARTICLE,
        "ticket_id": ticket,
        "deflection_id": question.json()["id"],
        "tagging_id": tagged.json()["id"],
        "incident_id": incident.json()["id"],
        "replay_id": replay.json()["id"],
        "webhook_id": hooked.json()["id"],
        "change_id": ask("GET", "/v1/audit", "acme").json()["changes"][0]["id"],
        "key_id": id_of(deployed.keys["acme"]),
        "job_id": context.database.write(_failed_job),
        "token": links.path(ticket, 1).rpartition("/")[2],
    }


def _failed_job(connection: sa.Connection) -> str:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    made = queue.enqueue(connection, "webhook.deliver", subject=TEXT, record={"delivery_id": TEXT}, at=at)
    job = queue.claim(connection, "webhook.deliver", most=9, at=at)
    assert job is not None
    assert job.id == made
    queue.bury(connection, job, fault="timeout")
    return made


def rows(path: Path) -> list[str]:
    """Return all that a database holds."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())
