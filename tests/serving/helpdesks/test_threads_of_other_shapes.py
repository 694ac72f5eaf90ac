"""Whatever else stands in a field of an answer, a thread is read: a field that is odd costs no more than itself."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from serving.helpdesks.port.port import ChangedPage, Ignored, Inbound, RemoteEvent, Reply, Thread
from tests.serving.helpdesks import freshdesk_answers, zammad_answers, zendesk_answers
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_desk

ODD: tuple[Any, ...] = (None, "x", [], {}, [None], True, -1.5)
DESKS: list[tuple[str, str, str, Callable[[], dict[str, Any]]]] = [
    ("zendesk", "35436", zendesk_answers.TICKET, zendesk_answers.answers),
    ("freshdesk", "20", freshdesk_answers.TICKET, freshdesk_answers.answers),
    ("zammad", "81", zammad_answers.TICKET, zammad_answers.answers),
]


def broken(answers: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the answers with each of their values, in turn, of another kind."""

    def walk(node: Any) -> Iterator[dict[str, Any]]:
        keys = list(node) if isinstance(node, dict) else range(min(len(node), 3)) if isinstance(node, list) else []
        for key in keys:
            kept = node[key]
            for other in ODD:
                node[key] = Reply(other) if node is root else other
                yield copy.deepcopy(root)
            node[key] = kept
            yield from walk(kept)

    root = copy.deepcopy(answers)
    yield from walk(root)


@pytest.mark.parametrize(("kind", "number", "path", "answers"), DESKS)
def test_a_thread_of_another_shape_is_read_unless_there_is_no_ticket_in_it(
    kind: str, number: str, path: str, answers: Callable[[], dict[str, Any]]
) -> None:
    read = refused = 0
    for each in broken(answers()):
        desk = a_desk(kind, RecordingTransport(each), bot="77")
        try:
            found = desk.thread(number)
        except KeyError:
            ticket = each[f"GET {path}"]
            ticket = ticket.get("ticket", ticket) if isinstance(ticket, dict) else ticket
            assert (
                not isinstance(ticket, dict)
                or not isinstance(ticket.get("id"), int | str | float)
                or ticket["id"] is True
            )
            refused += 1
            continue
        assert isinstance(found, Thread)
        assert all(isinstance(event, RemoteEvent) and event.id for event in found.events)
        assert all(isinstance(value, str) and value for value in found.fields.values())
        assert list(found.events) == sorted(found.events, key=lambda event: event.at)
        assert isinstance(desk.fetch(number), Inbound | Ignored)
        read += 1
    assert read > 300
    assert 0 < refused < 30


@pytest.mark.parametrize("kind", ["zendesk", "freshdesk", "zammad"])
@pytest.mark.parametrize("reply", [None, {}, [], "x", {"tickets": [None, {"id": None}, "x"]}, [None, {"id": {}}]])
def test_a_list_of_changes_of_another_shape_is_an_empty_one(kind: str, reply: Any) -> None:
    paths = ("/api/v2/incremental/tickets/cursor.json", "/api/v2/tickets", "/api/v1/tickets/search")
    desk = a_desk(kind, RecordingTransport({f"GET {path}": reply for path in paths}))
    page = desk.changed_since(datetime(2026, 3, 2, tzinfo=UTC), None)
    assert isinstance(page, ChangedPage)
    assert (page.ids, page.more) == ([], False)
