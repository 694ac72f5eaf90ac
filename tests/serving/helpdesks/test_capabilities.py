"""What each desk says it can take, and what becomes of a deadline that it cannot: a field or a note, never silence."""

from __future__ import annotations

import pytest

from serving.helpdesks.port.port import INSTANTS
from serving.helpdesks.vendor_table import KINDS
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_case, a_desk

SENDING = sorted(kind for kind, desk in KINDS.items() if desk.capabilities.create)


@pytest.mark.parametrize("kind", SENDING)
@pytest.mark.parametrize("deadline", INSTANTS)
def test_a_deadline_without_a_field_is_told_in_the_note_and_one_with_a_field_is_not(kind: str, deadline: str) -> None:
    desk = a_desk(kind, RecordingTransport())
    writes = getattr(desk.capabilities, deadline) in {"written", "by_day"}
    assert (deadline in desk.wanted(a_case())) == writes
    assert writes or deadline in desk.untold(a_case())


@pytest.mark.parametrize("kind", SENDING)
@pytest.mark.parametrize("deadline", INSTANTS)
def test_a_deadline_that_a_connection_maps_is_written(kind: str, deadline: str) -> None:
    desk = a_desk(kind, RecordingTransport(), fields={deadline: "a_field"})
    assert deadline in desk.wanted(a_case())
    if getattr(desk.capabilities, deadline) != "by_day":
        assert deadline not in desk.untold(a_case())
