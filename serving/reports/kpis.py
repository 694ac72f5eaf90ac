"""The use case of the KPI report: six KPIs, and what stands beside them."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from serving.reports import backlog, definitions
from serving.reports.definitions import kpi_of
from serving.reports.deflection import (
    USUAL,
    DeflectionNumbers,
    DeflectionReport,
    ladder,
    rungs,
    sessions_by_week,
    trend,
    weekly,
)
from serving.reports.facts import FactStore, TicketFact
from serving.reports.figures import Figure, KpiOut, KpisOut, PartOut, nothing, share, span
from serving.reports.ladder import Judged
from serving.reports.ticket_kpis import TICKET_KPIS, TicketKpi
from serving.reports.windows import ReportWindow, past_window

SIX = ("first_response", "resolution", "csat", "first_contact_resolution", "deflection", "sla_compliance")
_SAID = ("confirmed", "not_helpful")
_FOUND = ("answer", "clarify")


class Kpis:
    """Reads facts and counts them."""

    def __init__(self, store: FactStore, deflection: DeflectionNumbers) -> None:
        self._store, self._deflection = store, deflection

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
        facts = self._store.tickets(window.weeks[0].since, window.until)
        sessions = self._deflection.judged(window)
        found = {name: _of_tickets(name, kpi, facts, window) for name, kpi in TICKET_KPIS.items()}
        found |= _of_sessions(sessions, window)
        now = self.now(window.at)
        found["sla_compliance"].parts[:0] = backlog.beside_compliance(now)
        uncounted = self._store.uncounted()
        empty = not (facts or sessions or now["open"].figure.n)
        note = definitions.NOT_COUNTED.format(n=f"{uncounted:,}") if uncounted else None
        numbers = KpisOut(
            generated_at=window.at,
            window=span(window),
            kpis=[found.pop(name) for name in SIX],
            beside=[*found.values(), *now.values()],
            note=note or (definitions.NOTHING_YET if empty else None),
        )
        return numbers, ladder(sessions, window)

    def now(self, at: datetime) -> dict[str, KpiOut]:
        """Return the figures of now: open, breached, at risk, oldest, incidents."""
        return backlog.kpis(self._store.open_tickets(at), self._store.incidents(), at)


def _of_tickets(name: str, kpi: TicketKpi, facts: Sequence[TicketFact], window: ReportWindow) -> KpiOut:
    happened = [(each, at) for each in facts if (at := kpi.happened_at(each)) is not None and at < window.until]
    weeks = [[each for each, _ in some] for some in window.by_week(happened, itemgetter(1))]
    inside = [each for each, at in happened if at >= window.since]
    figure = kpi.figure(inside, window)
    note = definitions.NO_CSAT if name == "csat" and figure.n == 0 else None
    return kpi_of(name, figure, kpi.parts(inside, window), weekly(weeks, window, kpi.figure), note)


def _of_sessions(sessions: Sequence[Judged], window: ReportWindow) -> dict[str, KpiOut]:
    inside = [each for each in sessions if window.holds(each.session.created_at)]
    steps = rungs(inside, window)
    parts = [PartOut(id=each.id, title=each.title, unit="share", figure=each.figure) for each in steps]
    weeks = sessions_by_week(sessions, window)
    found = {"deflection": kpi_of("deflection", steps[-1].figure, parts, trend(sessions, window))}
    for name, counts in (("helpfulness", _helpful), ("search_success", _found)):
        found[name] = kpi_of(name, counts(inside, window), [], weekly(weeks, window, counts))
    note = definitions.NO_TIME_TO_ANSWER
    return {**found, "time_to_answer": kpi_of("time_to_answer", nothing(window), [], [], note)}


def _helpful(sessions: Sequence[Judged], window: ReportWindow) -> Figure:
    said = [
        each.session.outcome for each in sessions if each.session.decision == "answer" and each.session.outcome in _SAID
    ]
    return share(said.count("confirmed"), len(said), window)


def _found(sessions: Sequence[Judged], window: ReportWindow) -> Figure:
    return share(sum(each.session.decision in _FOUND for each in sessions), len(sessions), window)
