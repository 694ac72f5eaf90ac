"""Proposed incidents in a real Chromium: both pages in both themes, wide and narrow, before and after the decision."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.browser.customer import Shop

PROPOSAL = "ipr_00000000000000000000000001"
PATH = f"/incidents/{PROPOSAL}"
SUBJECT = "Checkout <b>fails</b> with an error that nobody understands, and no customer can pay"


@pytest.fixture(scope="module")
def burst(shop: Shop) -> Shop:
    """Three tickets in a proposal, as the minute's look would have left it."""
    for number in range(3):
        sent = {
            "subject": SUBJECT,
            "description": "Error.",
            "email": f"somebody.with.a.long.address{number}@mail.example",
        }
        shop.service.client.post("/v1/tickets", json=sent).raise_for_status()
    with closing(sqlite3.connect(shop.home / "firstline.db")) as database, database:
        rows = database.execute("SELECT id, created_at FROM tickets ORDER BY id").fetchall()
        at = rows[-1][1]
        given = {"id": PROPOSAL, "kind": "word", "name": "checkout", "proposed_at": at, "began_at": rows[0][1]}
        given |= {"grew_at": at, "window_minutes": 10, "count": 3, "expected": 0.1, "usual_most": 1, "log10_p": -9.0}
        given |= {"senders": 3, "words": json.dumps(["checkout", "error", "pay"]), "priority": "P1", "state": "open"}
        names, marks = ", ".join(given), ", ".join("?" * len(given))
        database.execute(f"INSERT INTO incident_proposals ({names}) VALUES ({marks})", list(given.values()))
        linked = [(id_, PROPOSAL, created_at) for id_, created_at in rows]
        database.executemany(
            "INSERT INTO incident_proposal_tickets (ticket_id, proposal_id, at) VALUES (?, ?, ?)", linked
        )
    return shop


def found_by_axe(page: Any) -> list[str]:
    """Return what axe finds on a page as it is shown light, dark, wide and narrow, and what overflows."""
    from axe_playwright_python.sync_playwright import Axe

    found = []
    for scheme in ("light", "dark"):
        for width in (1280, 320):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 800})
            result = Axe().run(page)
            found += [f"{scheme} {width}: {result.generate_report()}"] if result.violations_count else []
            found += (
                [] if page.evaluate("document.documentElement.scrollWidth <= innerWidth") else [f"{width} overflows"]
            )
    return found


def test_axe_finds_nothing_on_both_pages_before_and_after_the_decision(
    burst: Shop, console: Callable[..., Any]
) -> None:
    page = console("/incidents")
    page.get_by_role("link", name="checkout, error, pay").wait_for()
    assert found_by_axe(page) == []
    page.get_by_role("link", name="checkout, error, pay").click()
    page.get_by_role("button", name="Make an incident").wait_for()
    assert found_by_axe(page) == []
    page.get_by_role("button", name="Make an incident").click()
    page.get_by_text("It is an incident now").wait_for()
    assert found_by_axe(page) == []
    page.get_by_role("textbox", name="Message").fill("Paying works again.")
    page.get_by_role("button", name="Send to all open tickets").click()
    page.get_by_text("The message went to all open tickets").wait_for()
    assert found_by_axe(page) == []
