"""The deflection ladder: what is known of each session, and the rungs that it counts on.

A session is followed by its visitor and its account. Whoever writes again counts as back, whatever about, so the upper
rungs are lower bounds. What nobody can follow, and what is too young, leaves the denominators.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from serving.reports.facts import ARTICLE_OFFERED, AccountTicket, SessionFact

Rung = Literal["eligible", "answered", "contained", "assumed", "confirmed", "durable"]
RUNGS: tuple[Rung, ...] = get_args(Rung)
End = Literal[
    "confirmed",
    "silent",
    "not_helpful",
    "abandoned",
    "recontacted",
    "escalated",
    "human_requested",
    "too_young",
    "not_followed",
]
ENDS: tuple[End, ...] = get_args(End)
SILENT_AFTER: Mapping[str, timedelta] = {"email": timedelta(hours=72)}
"""After so long without a word a customer of this channel counts as silent; of any other after a day."""
USUALLY_SILENT_AFTER = timedelta(hours=24)
DURABLE_AFTER = timedelta(days=7)
HELD_OUT = "holdout"
_TO_A_PERSON = ("escalated", "human_requested")


class Contacts(NamedTuple):
    """When somebody wrote again after a session: first, and first to a person; None where never, or not known."""

    again: datetime | None = None
    person: datetime | None = None


class Judged(NamedTuple):
    """What is known of an eligible session: the rungs in their order, None where it cannot be known, or not yet."""

    session: SessionFact
    end: End
    stands: tuple[bool | None, ...]

    def of(self, rung: Rung) -> bool | None:
        """Return whether the session stands on a rung."""
        return self.stands[RUNGS.index(rung)]


class Kind(NamedTuple):
    """What is counted alike; there are few different kinds."""

    stands: tuple[bool | None, ...]
    end: End
    decision: str
    outcome: str | None


Tally = Counter[Kind]
"""How many sessions there are of each kind."""


def judged(session: SessionFact, contacts: Contacts, at: datetime) -> Judged:
    """Judge one eligible session.

    Parameters
    ----------
    session
        What is stored of it.
    contacts
        Who wrote again.
    at
        Now: a session whose customer may still write is not counted on the rungs of silence.

    Returns
    -------
    Judged
    """
    begun = session.created_at
    silent_by = begun + SILENT_AFTER.get(session.channel or "", USUALLY_SILENT_AFTER)
    is_old, is_followed = at >= silent_by, bool(session.visitor or session.account)
    back = contacts.again is not None and contacts.again <= silent_by
    end = _end(session, back=back, is_old=is_old, is_followed=is_followed)
    # An article that is offered answers nothing until its customer says that it did.
    offered = session.decision == ARTICLE_OFFERED and session.outcome == "confirmed"
    answered = session.decision == "answer" or offered
    gone = end in _TO_A_PERSON or end == "abandoned" or (contacts.person is not None and contacts.person <= silent_by)
    contained = answered and not gone
    confirmed = contained and session.outcome == "confirmed"
    assumed = contained and session.outcome is None and not back
    is_back_late = contacts.again is not None and contacts.again <= begun + DURABLE_AFTER
    durable = (confirmed or assumed) and not is_back_late
    stands = (
        True,
        answered,
        contained if is_old else None,
        assumed if is_old and is_followed else None,
        confirmed if is_old else None,
        durable if is_followed and at >= begun + DURABLE_AFTER else None,
    )
    return Judged(session, end, stands)


def _end(session: SessionFact, *, back: bool, is_old: bool, is_followed: bool) -> End:
    if session.ended == "human_requested":
        return "human_requested"
    if session.ticket_id is not None or session.ended == "escalated":
        return "escalated"
    if session.outcome == "abandoned":
        return "abandoned"
    if session.outcome == "confirmed":
        return "confirmed"
    if back:
        return "recontacted"
    if session.outcome == "not_helpful":
        return "not_helpful"
    if not is_old:
        return "too_young"
    return "silent" if is_followed else "not_followed"


def judge_all(
    sessions: Sequence[SessionFact], direct: Iterable[AccountTicket], at: datetime, first: int | None = None
) -> list[Judged]:
    """Judge every eligible session that was not held out.

    Parameters
    ----------
    sessions
        All sessions of the window and of the week after it, oldest first.
    direct
        Tickets that accounts opened without a session, in the same time.
    at
        Now.
    first
        So many of the sessions are judged, the others are only contacts; by default all are.

    Returns
    -------
    list of Judged
        In the order of the sessions.
    """
    again: dict[object, list[datetime]] = defaultdict(list)
    person: dict[object, list[datetime]] = defaultdict(list)
    for each in sessions:
        to_person = each.ticket_id is not None or each.ended in _TO_A_PERSON
        if each.eligible or to_person:
            for key in _keys(each):
                again[key].append(each.created_at)
                if to_person:
                    person[key].append(each.created_at)
    opened = sorted(direct, key=lambda each: each.created_at)
    for ticket in opened:
        again[ticket.account].append(ticket.created_at)
        person[ticket.account].append(ticket.created_at)
    for account in {ticket.account for ticket in opened}:
        again[account].sort()
        person[account].sort()
    return [
        judged(each, Contacts(_next(each, again), _next(each, person)), at)
        for each in sessions[:first]
        if each.eligible and each.decision != HELD_OUT
    ]


def _keys(session: SessionFact) -> list[object]:
    """Return by what a session is followed: visitors of different sites may have one name."""
    keys: list[object] = [(session.origin, session.visitor)] if session.visitor else []
    return [*keys, session.account] if session.account else keys


def _next(session: SessionFact, contacts: Mapping[object, list[datetime]]) -> datetime | None:
    found = None
    for key in _keys(session):
        times = contacts.get(key)
        if times is None:
            continue
        place = bisect_right(times, session.created_at)
        if place < len(times) and (found is None or times[place] < found):
            found = times[place]
    return found


def kind_of(judged: Judged) -> Kind:
    """Return as what a session counts."""
    return Kind(judged.stands, judged.end, judged.session.decision, judged.session.outcome)


def counted(found: Tally) -> dict[Rung, tuple[int, int]]:
    """Return for each rung how many sessions stand on it, of how many of which it is known."""
    return {
        rung: (
            sum(n for kind, n in found.items() if kind.stands[place]),
            sum(n for kind, n in found.items() if kind.stands[place] is not None),
        )
        for place, rung in enumerate(RUNGS)
    }
