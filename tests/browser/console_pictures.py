"""Take the pictures of the console: each page light, dark and on a phone, over a desk with some tickets."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx

from tests.browser.side_by_side import side_by_side
from tests.browser.visitor import browser_page
from tests.journeys.service import ROOT, command, serving, take_the_sample_as_its_own

SCREENS = (("light", 1280), ("dark", 1280), ("light", 400))
HEIGHT = 1000  # of a screen
SCALE = 0.6  # of the screens in the picture
PAGES = {
    "overview": "/",
    "queue": "/queue",
    "ticket": "/queue/{ticket}",
    "articles": "/articles",
    "models": "/models",
    "policies": "/settings/policies?created_at=2026-11-27T16:00&plan=premium&priority=P1",
}
QUESTIONS = (
    "How do I reset my password?",
    "Where can I download my invoices?",
    "How do I invite a team member?",
    "My cat ate the keyboard",
)


def take_console(folder: Path) -> None:
    """Write one picture for each page."""
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        take_the_sample_as_its_own(Path(home))
        made = command(Path(home), "firstline", "keys", "create", "--scope", "admin", "--name", "Ann")
        key = re.findall(r"sk_\S+", made)[0]
        with serving(Path(home), key) as service:
            service.wait("/readyz", until=lambda body: body["ready"])
            ticket = filled(service.client)
            shots = screens(str(service.client.base_url).rstrip("/"), key, ticket)
    widths = [round(width * SCALE) for _, width in SCREENS]
    for name, taken in shots.items():
        (folder / f"{name}.png").write_bytes(side_by_side(taken, widths, round(HEIGHT * SCALE)))


def filled(client: httpx.Client) -> str:
    """Give the desk tickets of the sample and questions, and return a ticket to look at."""
    with gzip.open(ROOT / "datasets/sample/tickets.jsonl.gz", "rt", encoding="utf-8") as lines:
        sample = [json.loads(line) for line in lines][-60:]
    opened: list[Any] = []
    plans = cycle(["free", "standard", "premium", "enterprise"])
    for number, ticket in enumerate(each for each in sample if each["subject"] and each["description"]):
        written = {"subject": ticket["subject"], "description": ticket["description"], "plan": next(plans)}
        opened.append(client.post("/v1/tickets", json=written | {"email": f"customer{number}@example.com"}).json())
    for ticket in opened[::3]:
        client.post(f"/v1/tickets/{ticket['id']}/replies", json={"text": "Thank you, we are looking into it."})
    for ticket in opened[::6]:
        client.post(f"/v1/tickets/{ticket['id']}/transitions", json={"to": "resolved", "resolution_type": "solved"})
    for question in QUESTIONS * 3:
        asked = client.post("/v1/deflections", json={"question": question, "channel": "chat"}).json()
        if asked["decision"] == "answer":
            client.post(f"/v1/deflections/{asked['id']}/outcome", json={"outcome": "confirmed"})
    return str(opened[1]["id"])


def screens(base: str, key: str, ticket: str) -> dict[str, list[bytes]]:
    """Take every page on every screen."""
    shots: dict[str, list[bytes]] = {name: [] for name in PAGES}
    for scheme, width in SCREENS:
        with browser_page(viewport={"width": width, "height": HEIGHT}, color_scheme=scheme) as page:
            page.goto(f"{base}/sign-in")
            page.get_by_label("Your key").fill(key)
            page.get_by_role("button", name="Sign in").click()
            for name, path in PAGES.items():
                page.goto(base + path.format(ticket=ticket))
                shots[name].append(page.screenshot(animations="disabled"))
    return shots
