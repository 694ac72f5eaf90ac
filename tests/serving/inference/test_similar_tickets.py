"""Similar closed tickets as an agent sees them, and the precedents that come from the same records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from serving.inference.recent.recent_tickets import RecentTicket, RecentTickets
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


def recent(*rows: RecentTicket, texts: Mapping[str, tuple[str, str | None]] | None = None) -> RecentTickets:
    shown = texts or {each.id: (f"{each.id} subject", f"{each.id} resolution") for each in rows}
    return RecentTickets(rows, dim=ENCODER.dim, bundle="b", read=lambda ids: {i: shown[i] for i in ids if i in shown})


def closed(name: str, text: str, **more: Any) -> RecentTicket:
    vector = ENCODER.encode([text])[0].astype(np.float16)
    words = (np.empty(0, np.int32), np.empty(0, np.float16))
    return RecentTicket(name, None, datetime(2026, 4, 1, tzinfo=UTC), vector, ENCODER.fingerprint, words, "b", **more)


CARRIED = (
    {"subject": "folder pane is empty", "kb_article_id": "panes", "created_at": "2026-01-01T00:00:00Z"},
    {"subject": "signature image missing", "kb_article_id": ["signatures", "restart"], "trust": [0.9, 0.5]},
    {"subject": "folder pane hidden today", "reads_like": {"panes": 0.5}, "resolution": "View, Folders."},
)
SINCE = (
    {"subject": "profile is locked", "kb_article_id": ["locks", "panes"], "trust": [0.8, 0.3]},
    {"subject": "folder pane is locked", "kb_article_id": "panes"},
    {"subject": "signature image is blurred", "reads_like": {"signatures": 0.4, "images": 0.2}},
)


def linked(record: Mapping[str, Any]) -> list[tuple[str, float]]:
    ids = record.get("kb_article_id") or []
    ids = [ids] if isinstance(ids, str) else ids
    return list(zip(ids, record.get("trust") or [1.0] * len(ids), strict=True))


def test_recent_tickets_count_as_if_the_bundle_carried_them() -> None:
    whole = cases(*CARRIED, *SINCE)
    rows = [
        closed(
            str(number),
            str(each["subject"]),
            links=linked(each),
            reads_like=each.get("reads_like", {}),
        )
        for number, each in enumerate(SINCE, start=len(CARRIED))
    ]
    layered = cases(*CARRIED).with_recent(recent(*rows))
    for question in ("folder pane is locked", "signature image", "profile", "nothing of this"):
        vector = ENCODER.encode([question])[0]
        expected = whole.precedents().recall_near(whole.query(vector, question))
        found = layered.precedents().recall_near(layered.query(vector, question))
        for name in ("votes", "nearest", "usual", "told"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), abs=1e-6), (question, name)
    assert (len(layered), layered.n_recent) == (3, 3)


def test_recent_tickets_are_shown_to_whoever_may_read_them_and_only_while_they_can_be_read() -> None:
    known = cases(*CARRIED).with_recent(
        recent(
            closed("new", "folder pane is empty again"), closed("gone", "folder pane empty"), texts={"new": ("S", "R")}
        )
    )
    query = known.query(ENCODER.encode(["folder pane is empty"])[0])
    assert {each.id for each in known.like(query)} <= {"0", "1", "2"}
    shown = {each.id: (each.subject, each.resolution) for each in known.like(query, limit=5, recent=True)}
    assert shown["new"] == ("S", "R")
    assert "gone" not in shown


def test_an_erasure_takes_recent_and_carried_tickets_away() -> None:
    known = cases(*CARRIED).with_recent(recent(closed("new", "profile is locked", links=[("locks", 1.0)])))
    vector = ENCODER.encode(["profile is locked"])[0]
    left = known.without(["new", "0"])
    assert (len(left), left.n_recent) == (2, 0)
    assert "locks" not in left.precedents().recall(vector).votes
    assert left.without(["x"]) is left


def test_a_bundle_says_which_tickets_it_carries() -> None:
    known = cases(*CARRIED)
    assert known.has(["0", "new", "new"], [None, "2", None]).tolist() == [True, True, False]
    exported = cases({"subject": "panes", "id": "zendesk-91"})
    assert exported.has(["tkt_1"] * 3, ["zendesk:91", "zendesk-91", "zendesk:9"]).tolist() == [True, True, False]
    assert cases().has(["0"], [None]).tolist() == [False]
