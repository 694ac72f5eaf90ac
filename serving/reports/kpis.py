"""The use case of the KPI report: six KPIs, and what stands beside them."""

from datetime import datetime

from serving.reports import backlog, definitions
from serving.reports.definitions import kpi_of
from serving.reports.deflection import (
    USUAL,
    DeflectionNumbers,
    DeflectionReport,
    ladder,
    rungs,
    trend,
    weekly,
)
from serving.reports.facts import ARTICLE_OFFERED, FactStore
from serving.reports.figures import Figure, KpiOut, KpisOut, PartOut, share, span
from serving.reports.ladder import Tally
from serving.reports.rollups.session_days import SessionTallies
from serving.reports.rollups.ticket_days import Happened, TicketDays
from serving.reports.ticket_kpis import TICKET_KPIS
from serving.reports.time_to_answer import first_answers, parts, time_to_answer
from serving.reports.windows import ReportWindow, past_window

SIX = ("first_response", "resolution", "csat", "first_contact_resolution", "deflection", "sla_compliance")
_SAID = ("confirmed", "not_helpful")
_FOUND = ("answer", "clarify", ARTICLE_OFFERED)


class Kpis:
    """Reads facts and counts them."""

    def __init__(self, store: FactStore, tickets: TicketDays, deflection: DeflectionNumbers) -> None:
        self._store, self._tickets, self._deflection = store, tickets, deflection

    def report(self, since: datetime | None, until: datetime | None, *, at: datetime) -> KpisOut:
        """Return every KPI with its figure, its parts and its weeks.

        Parameters
        ----------
        since
            Where the window begins; by default 28 days before its end.
        until
            Where it ends; by default now.
        at
            Now.

        Returns
        -------
        KpisOut

        Raises
        ------
        InvalidRequest
            There is no such window.
        """
        return self.counted(past_window(since, until, at, usual=USUAL))[0]

    def counted(self, window: ReportWindow) -> tuple[KpisOut, DeflectionReport]:
        """Return every KPI and the ladder, from one reading of the facts."""
        facts = self._tickets.facts(window)
        sessions = self._deflection.tallies(window)
        moments = {kpi.happened_at for kpi in TICKET_KPIS.values()}
        happened = {each: Happened.of(facts, each, window) for each in moments}
        found = {name: self._of_tickets(name, happened[kpi.happened_at], window) for name, kpi in TICKET_KPIS.items()}
        found |= _of_sessions(sessions, window) | _of_both(sessions, happened["responded_at"], window)
        now = self.now(window.at)
        found["sla_compliance"].parts[:0] = backlog.beside_compliance(now)
        uncounted = self._store.uncounted()
        empty = not (facts.n or any(sessions.weeks) or now["open"].figure.n)
        note = definitions.NOT_COUNTED.format(n=f"{uncounted:,}") if uncounted else None
        numbers = KpisOut(
            generated_at=window.at,
            window=span(window),
            kpis=[found.pop(name) for name in SIX],
            beside=[*found.values(), *now.values()],
            note=note or (definitions.NOTHING_YET if empty else None),
        )
        return numbers, ladder(sessions, window)

    @staticmethod
    def _of_tickets(name: str, happened: Happened, window: ReportWindow) -> KpiOut:
        kpi = TICKET_KPIS[name]
        figure = kpi.figure(happened.inside, window)
        note = definitions.NO_CSAT if name == "csat" and figure.n == 0 else None
        weeks = weekly(happened.weeks, window, kpi.figure)
        return kpi_of(name, figure, kpi.parts(happened.inside, window), weeks, note)

    def now(self, at: datetime) -> dict[str, KpiOut]:
        """Return the figures of now: open, breached, at risk, oldest, incidents."""
        return backlog.kpis(self._store.open_tickets(at), self._store.incidents(), at)


def _of_sessions(sessions: SessionTallies, window: ReportWindow) -> dict[str, KpiOut]:
    steps = rungs(sessions.inside, window)
    beside = [PartOut(id=each.id, title=each.title, unit="share", figure=each.figure) for each in steps]
    found = {"deflection": kpi_of("deflection", steps[-1].figure, beside, trend(sessions, window))}
    for name, counts in (("helpfulness", _helpful), ("search_success", _found), ("no_result", _missed)):
        found[name] = kpi_of(name, counts(sessions.inside, window), [], weekly(sessions.weeks, window, counts))
    return found


def _of_both(sessions: SessionTallies, responded: Happened, window: ReportWindow) -> dict[str, KpiOut]:
    answers, weeks = first_answers(sessions, responded, window.at)
    trends = weekly(weeks, window, time_to_answer)
    figure, beside = time_to_answer(answers, window), parts(answers, window)
    return {"time_to_answer": kpi_of("time_to_answer", figure, beside, trends)}


def _helpful(sessions: Tally, window: ReportWindow) -> Figure:
    said = [(kind.outcome, n) for kind, n in sessions.items() if kind.decision == "answer" and kind.outcome in _SAID]
    return share(sum(n for outcome, n in said if outcome == "confirmed"), sum(n for _, n in said), window)


def _found(sessions: Tally, window: ReportWindow) -> Figure:
    found = sum(n for kind, n in sessions.items() if kind.decision in _FOUND)
    return share(found, sessions.total(), window)


def _missed(sessions: Tally, window: ReportWindow) -> Figure:
    missed = sum(n for kind, n in sessions.items() if kind.decision not in _FOUND)
    n = sessions.total()
    return Figure(value=missed if n else None, n=n, window=span(window))
