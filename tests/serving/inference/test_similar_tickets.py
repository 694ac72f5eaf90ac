"""Similar closed tickets as an agent sees them, and the precedents that come from the same records."""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.inference.similar_tickets import ClosedCases
from tests.fakes import HashingEncoder
from triage.model.closed_tickets.bundled import BundledTickets

ENCODER = HashingEncoder()


def cases(*records: dict[str, Any]) -> ClosedCases:
    vectors = ENCODER.encode([str(record["subject"]) for record in records]).astype(np.float16)
    return ClosedCases.of(BundledTickets(vectors, tuple({"id": str(n), **record} for n, record in enumerate(records))))


def test_a_ticket_that_was_filed_twice_is_shown_once_with_its_resolution() -> None:
    known = cases(
        {"subject": "folder pane is empty", "resolution": "Pressed F10.", "created_at": "2026-01-01T00:00:00Z"},
        {"subject": "folder pane is empty", "resolution": "View, Folders.", "created_at": "2026-03-01T00:00:00Z"},
        {"subject": "folder pane is hidden", "resolution": None, "created_at": "2026-02-01T00:00:00Z"},
        {"subject": "signature image missing", "resolution": "Attach it.", "created_at": "2026-03-01T00:00:00Z"},
    )

    found = known.like(known.query(ENCODER.encode(["folder pane is empty"])[0]), limit=5)

    # the newer of the two alike stands for both; the last has nothing to do with it
    assert [(each.id, each.resolution) for each in found] == [("1", "View, Folders."), ("2", None)]
    assert 1 >= found[0].score > found[1].score > 0


def test_records_of_a_bundle_vote_with_their_trust_and_tell_what_they_read_like() -> None:
    known = cases(
        {"subject": "folder pane is empty", "kb_article_id": ["panes", "restart"], "trust": [1.0, 0.2]},
        {"subject": "folder pane is empty", "kb_article_id": None, "reads_like": {"panes": 0.6}},
    )

    history = known.precedents().recall(ENCODER.encode(["folder pane is empty"])[0])

    assert history.votes["panes"] > 8 * history.votes["restart"]  # a tenth: doubted, and second
    assert history.told["panes"] > 0.5


def test_records_without_trust_or_readings_still_vote() -> None:
    known = cases({"subject": "folder pane is empty", "kb_article_id": "panes"})

    history = known.precedents().recall(ENCODER.encode(["folder pane is empty"])[0])

    assert set(history.votes) == {"panes"}
    assert history.told == {}
