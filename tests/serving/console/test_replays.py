"""Replays in the console: the form, what it refuses, and the page of a replay."""

from __future__ import annotations

from serving.jobs import queue
from serving.replay.running import KIND
from serving.replay.wiring import wire
from tests.serving.console.conftest import Console
from tests.serving.replay.past import a_desk


def test_an_admin_tries_a_threshold_on_the_past_and_reads_both_sides(console: Console) -> None:
    context = console.client.app.state.context
    context.database.write(a_desk)
    asked = console.post("/settings/replays", since="2026-01-01", answer_at="0.9")
    assert asked.status_code == 303, asked.text
    page = asked.headers["location"]
    assert "0 of 60 tickets and questions" in console.read(page)
    job = context.database.write(lambda c: queue.claim(c, KIND, most=1, at=context.clock.now()))
    wire(context).tasks[KIND].task(job)
    shown = console.read(page)
    assert "40 tickets and 20 questions" in shown
    assert "Decisions on questions" in shown


def test_what_cannot_be_tried_is_said_above_the_form(console: Console) -> None:
    refused = console.post("/settings/replays", since="2026-01-01", answer_at="often")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert 'value="often"' in refused.text
