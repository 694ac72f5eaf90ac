"""What customers click is no label: the closed tickets that training reads are the same whatever they clicked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from serving.settings import Settings
from serving.tickets.snapshot import export
from tests.serving.conftest import Client

KNOWN = "CSV export is empty, a filter hides every row?"
OUTCOMES = ("confirmed", "not_helpful", "abandoned", None)


def worked_off(client: Client, outcome: str | None) -> None:
    """Ask, click, open the ticket and have an agent close it."""
    session = client.post("/v1/deflections", json={"question": KNOWN, "plan": "premium"}).json()
    assert session["decision"] == "answer"
    if outcome:
        clicked = client.post(f"/v1/deflections/{session['id']}/outcome", json={"outcome": outcome})
        assert clicked.status_code < 300, clicked.text
    ticket = client.post(f"/v1/deflections/{session['id']}/ticket", json={"email": "kim@example.com"}).json()
    path = f"/v1/tickets/{ticket['id']}"
    client.post(f"{path}/replies", json={"text": "Remove the filter."})
    client.post(f"{path}/transitions", json={"to": "resolved"})
    client.post(f"{path}/transitions", json={"to": "closed"})


def taught(settings: Settings, folder: Path) -> list[dict[str, Any]]:
    export(settings.stored_in, folder / "closed.jsonl")
    rows = [json.loads(line) for line in (folder / "closed.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def test_no_click_changes_what_a_closed_ticket_teaches(knowing: Client, settings: Settings, tmp_path: Path) -> None:
    for outcome in OUTCOMES:
        worked_off(knowing, outcome)
    rows = taught(settings, tmp_path)
    assert len(rows) == len(OUTCOMES)
    assert all(row == rows[0] for row in rows)
    assert "kb_article_id" not in rows[0]  # an answer that was confirmed by a click is no article that solved it


@pytest.mark.parametrize("outcome", ["confirmed", "not_helpful", "abandoned"])
def test_a_session_that_never_became_a_ticket_teaches_nothing(
    knowing: Client, settings: Settings, tmp_path: Path, outcome: str
) -> None:
    session = knowing.post("/v1/deflections", json={"question": KNOWN}).json()
    knowing.post(f"/v1/deflections/{session['id']}/outcome", json={"outcome": outcome})
    assert taught(settings, tmp_path) == []
