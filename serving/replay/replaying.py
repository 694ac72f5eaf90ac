"""Replay past tickets and sessions under a trial: what changes, one by one and in sum, and what cannot be known."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from uuid import uuid4

from serving.policy.policies import Policies
from serving.replay import redeciding, unknowns
from serving.replay.errors import WindowEmpty
from serving.replay.retagging import last_tags, retagged
from serving.replay.trial import Trial, Window
from serving.tickets import replay as logs
from triage.instants import to_text
from triage.routing import Route
from triage.sla import what_if
from triage.sla.what_if import Difference, differences
from triage.tickets.events import Fact, Tag, TicketOpened, TicketRouted
from triage.tickets.ticket import Ticket

MODES = ("auto", "suggest", "abstain")
#: Tickets that a process replays at a time.
CHUNK: Final = 250
_NO_TAG = Tag(label=None, mode="abstain")


class Change(NamedTuple):
    """One thing that would have been otherwise."""

    what: str  # tag, route, deadline or answer
    id: str  # of the ticket or the session
    name: str  # the head, `route`, source and kind of the deadline, or `decision`
    before: str
    after: str


@dataclass
class _Counted:
    """What is counted on the way."""

    tickets: int = 0
    sessions: int = 0
    visitors: Counter[bool] = field(default_factory=Counter)  # sessions with a visitor, by whether they were answered
    tags: defaultdict[str, Counter[tuple[str, str, bool]]] = field(default_factory=lambda: defaultdict(Counter))
    teams: Counter[tuple[str, str]] = field(default_factory=Counter)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    rerouted: int = 0
    promises: list[Difference] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def add(self, others: "_Counted") -> None:
        """Count the tickets of a later chunk too."""
        self.tickets += others.tickets
        for head, pairs in others.tags.items():
            self.tags[head].update(pairs)
        self.teams.update(others.teams)
        self.rerouted += others.rerouted
        self.promises += others.promises
        self.changes += others.changes


@dataclass(frozen=True, slots=True)
class TicketReplay:
    """What is tried on every ticket: a `Work` over chunks of logs."""

    trial: Trial
    at: datetime
    key: str = field(default_factory=lambda: uuid4().hex)

    def prepare(self) -> Callable[[Sequence[Sequence[Fact]]], _Counted]:
        """Return what replays a chunk."""
        return self._counted

    def _counted(self, chunk: Sequence[Sequence[Fact]]) -> _Counted:
        counted = _Counted()
        for log in chunk:
            _ticket(log, self.trial, self.at, counted)
        return counted


class Spreads(Protocol):
    """Where chunks are replayed: an engine of `retrieval.chunks`, which the service itself must not know."""

    def map(self, work: TicketReplay, chunks: Iterable[Sequence[Sequence[Fact]]]) -> Iterator[_Counted]:
        """Yield what was counted of each chunk, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay."""

    window: Window
    trial: Trial
    counted: _Counted

    @property
    def changes(self) -> Sequence[Change]:
        """All that would have been otherwise: tickets first, in the order of their ids, then sessions."""
        return self.counted.changes

    def to_record(self) -> dict[str, Any]:
        """Write sums, changes and what is not known as plain JSON values."""
        counted, before, after = self.counted, self.trial.before, self.trial.after
        return {
            "from": to_text(self.window.begins_at),
            "to": to_text(self.window.ends_at),
            "policy": {"before": before.sla.version, "after": after.sla.version},
            "tickets": counted.tickets,
            "sessions": counted.sessions,
            "tags": {head: _modes(pairs) for head, pairs in sorted(counted.tags.items())},
            "routing": {"changed": counted.rerouted, "teams": _sides(counted.teams)},
            "sla": what_if.Replay(counted.tickets, tuple(counted.promises)).sums(),
            "answers": {"changed": _moved(counted.decisions), "decisions": _sides(counted.decisions)},
            "holdout": self._holdout(),
            "changes": [each._asdict() for each in counted.changes],
            "not_known": unknowns.of(self.trial),
        }

    def _holdout(self) -> dict[str, float]:
        """Tell how many sessions would have been held out, as an expectation."""
        share, visitors = self.trial.holdout, self.counted.visitors
        return {
            "share": share,
            "sessions": visitors.total(),
            "held_out": round(share * visitors.total(), 1),
            "not_answered": round(share * visitors[True], 1),
        }


def replay(
    database: Path | str,
    window: Window,
    trial: Trial,
    at: datetime,
    engine: Spreads | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Replayed:
    """Replay what is stored of a window on an engine or here, deadlines as seen at an instant.

    `progress` hears how many tickets and sessions are replayed so far. Raises `WindowEmpty`.
    """
    counted = _Counted()
    work, stored = TicketReplay(trial, at), _chunks(logs.stored(database, window.begins_at, window.ends_at))
    for found in engine.map(work, stored) if engine else map(work.prepare(), stored):
        counted.add(found)
        progress(counted.tickets)
    decides = trial.answers is not None and bool(trial.answers_now.languages)
    for session in redeciding.stored(database, window, by_language=decides):
        _session(session, trial, counted)
    progress(counted.tickets + counted.sessions)
    if not counted.tickets and not counted.sessions:
        raise WindowEmpty(window.begins_at, window.ends_at)
    return Replayed(window, trial, counted)


def _chunks(stored: Iterator[Sequence[Fact]]) -> Iterator[Sequence[Sequence[Fact]]]:
    while chunk := list(islice(stored, CHUNK)):
        yield chunk


def _ticket(log: Sequence[Fact], trial: Trial, at: datetime, counted: _Counted) -> None:
    counted.tickets += 1
    name = log[0].id if isinstance(log[0], TicketOpened) else ""
    again = retagged(log, trial)
    then, now = last_tags(log), last_tags(again)
    for head in dict.fromkeys([*then, *now]):
        was, would = then.get(head, _NO_TAG), now.get(head, _NO_TAG)
        changed = (was.label, was.mode) != (would.label, would.mode)
        counted.tags[head][was.mode, would.mode, changed] += 1
        if changed:
            counted.changes.append(Change("tag", name, head, _said(was), _said(would)))
    routes = _route(trial.before, log), _route(trial.after, again)
    counted.teams[routes[0].team, routes[1].team] += 1
    if (routes[0].team, routes[0].tier) != (routes[1].team, routes[1].tier):
        counted.rerouted += 1
        before, after = (f"{each.team} {each.tier}: {each.reason}" for each in routes)
        counted.changes.append(Change("route", name, "route", before, after))
    found = differences(name, (trial.before.sla, log), (trial.after.sla, again), at)
    counted.promises += found
    counted.changes += [_promise(each) for each in found if each.changes]


def _session(session: redeciding.Session, trial: Trial, counted: _Counted) -> None:
    counted.sessions += 1
    if session.visitor:
        counted.visitors[session.decision == "answer"] += 1
    would = session.decision
    if trial.answers is not None:
        would = redeciding.redecided(session, trial.answers_now, trial.answers)
    counted.decisions[session.decision, would] += 1
    if would != session.decision:
        counted.changes.append(Change("answer", session.id, "decision", session.decision, would))


def _route(policies: Policies, log: Iterable[Fact]) -> Route:
    """Route a ticket by what was known of it when it was opened."""
    known = Ticket.from_events(takewhile(lambda fact: not isinstance(fact, TicketRouted), log))
    return policies.routing.route(known.attributes)


def _promise(found: Difference) -> Change:
    before, after = (
        f"due {to_text(each.due_by) if each.due_by else 'never'}, {'breached' if each.breached else 'kept'}"
        if each.promised
        else "not promised"
        for each in (found.before, found.after)
    )
    return Change("deadline", found.ticket_id, f"{found.source} {found.kind}", before, after)


def _said(tag: Tag) -> str:
    return f"{tag.mode} {tag.label}" if tag.label else tag.mode


def _modes(pairs: Counter[tuple[str, str, bool]]) -> dict[str, Any]:
    changed = sum(n for (_, _, changed), n in pairs.items() if changed)
    modes = Counter[tuple[str, str]]()
    for (was, would, _), n in pairs.items():
        modes[was, would] += n
    return {"changed": changed, "modes": _sides(modes, MODES)}


def _sides(pairs: Counter[tuple[str, str]], names: Sequence[str] = ()) -> dict[str, dict[str, int]]:
    every = names or sorted({name for pair in pairs for name in pair})
    return {
        name: {
            "before": sum(n for (was, _), n in pairs.items() if was == name),
            "after": sum(n for (_, would), n in pairs.items() if would == name),
        }
        for name in every
    }


def _moved(pairs: Counter[tuple[str, str]]) -> int:
    return sum(n for (was, would), n in pairs.items() if was != would)
