"""Write our note on a ticket: one that is rewritten in place where the helpdesk can, else few ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from serving.helpdesks.note import NoteContent, packet_note
from serving.helpdesks.port.errors import DeskRefused
from serving.helpdesks.port.port import INSTANTS, Helpdesk, Value

NOTE = "note"  # under this name a link keeps the note's id, the hash of its text, and what it told: no texts
PACKET = "packet"  # and under this one which escalation was noted last
_NOT_THE_NOTE = {401, 403, 429}  # who we are or how fast: not that the note is gone or locked
_SAME = timedelta(minutes=1)
_INSTANTS = {*INSTANTS, "next_response_by"}


@dataclass(frozen=True, slots=True)
class Written:
    """What a link keeps of our note."""

    note_id: str = ""
    digest: str = ""
    facts: Mapping[str, str] | None = None  # None: an earlier version wrote the note

    @classmethod
    def read(cls, value: Value | None) -> "Written | None":
        """Read what `kept` returned; None where no note was written."""
        if not value:
            return None
        if isinstance(value, str):
            return cls()
        note_id, digest, *facts = value
        return cls(note_id, digest, dict(_pair(each) for each in facts))

    def kept(self) -> tuple[str, ...]:
        """Return it as a link keeps it."""
        return self.note_id, self.digest, *(f"{name}={value}" for name, value in (self.facts or {}).items())


def write_notes(
    there: Helpdesk,
    remote_id: str,
    written: Mapping[str, Value],
    content: NoteContent,
    keep: Callable[[Mapping[str, Value]], None],
) -> dict[str, Value]:
    """Write what the note tells, and the packet of a new escalation as a note of its own.

    Parameters
    ----------
    there
        The helpdesk.
    remote_id
        The ticket there.
    written
        What the link keeps.
    content
        What to tell.
    keep
        Keeps what was written so far: a failure afterwards repeats no note.

    Returns
    -------
    What the link is to keep.
    """
    told, escalation = dict(written), content.escalation
    if NOTE in told or content.ticket.status not in {"resolved", "closed"}:
        told[NOTE] = noted(there, remote_id, told.get(NOTE), content.text(), content.facts())
    if escalation is not None and told.get(PACKET) != escalation.at.isoformat():
        keep(told)
        there.note(remote_id, packet_note(content.ticket.id, escalation))
        told[PACKET] = escalation.at.isoformat()
    return told


def noted(there: Helpdesk, remote_id: str, before: Value | None, text: str, facts: Mapping[str, str]) -> Value:
    """Bring our note up to date, and return what the link keeps of it.

    Where the helpdesk cannot rewrite it, or somebody deleted it, another one is added only if a fact changed that
    an agent acts on.
    """
    known, digest = Written.read(before), sha256(text.encode()).hexdigest()[:16]
    if known is not None and known.digest == digest:
        return known.kept()
    told = facts if known is None or known.facts is None else {**known.facts, **facts}
    if known is not None and _rewritten(there, remote_id, known.note_id, text):
        return Written(known.note_id, digest, told).kept()
    if known is not None and known.facts is not None and not _matters(known.facts, facts):
        return known.kept()
    return Written(there.note(remote_id, text), digest, told).kept()


def _rewritten(there: Helpdesk, remote_id: str, note_id: str, text: str) -> bool:
    if not (note_id and there.capabilities.edits_notes):
        return False
    try:
        there.edit_note(remote_id, note_id, text)
    except DeskRefused as refused:
        if refused.status in _NOT_THE_NOTE or refused.status >= 500:
            raise
        return False
    return True


def _matters(before: Mapping[str, str], facts: Mapping[str, str]) -> bool:
    """Tell whether an agent would act on the difference; a deadline that was met is no difference."""
    return any(
        value != before.get(name) and not _is_near(name, before.get(name), value) for name, value in facts.items()
    )


def _is_near(name: str, before: str | None, after: str) -> bool:
    if name not in _INSTANTS or not before:
        return False
    return abs(datetime.fromisoformat(after) - datetime.fromisoformat(before)) <= _SAME


def _pair(kept: str) -> tuple[str, str]:
    name, _, value = kept.partition("=")
    return name, value
