"""The use case: which themes grew or shrank in the last whole weeks."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from retrieval.encoder.encoder import Encoder
from retrieval.gaps.themes import Text, Theme, themes
from serving.errors import FieldError, InvalidRequest
from serving.inference.live_models import LiveModels
from serving.reports.question_vectors import Readings
from serving.reports.trends.reading import Span, TrendStore
from serving.reports.trends.schemas import ThemeOut, TrendsOut
from serving.reports.windows import FIRST, LONGEST, WEEK, monday
from triage.contact_costs import ContactCosts
from triage.tickets.closed_ticket import ClosedTicket
from triage.trends.changes import FDR, FEWEST, Change, ThemeCounts, Volumes, changes

BEFORE, RECENT, MOST_RECENT = 12, 4, 8
IN_REQUEST, IN_ROUND = 200, 1_000
TOP = 5
KEPT_FOR, MOST_KEPT = timedelta(minutes=10), 8
_YEAR = 52 * WEEK  # as many whole weeks
_MONTH = 30.44
WAITING = "Some tickets are still being encoded: ask again in a minute."
NOTHING = "There are no tickets in this time."
TOO_YOUNG = "There are no tickets before these weeks to compare with: wait for some weeks."
QUIET = "No theme grew or shrank by more than chance explains."


@dataclass(frozen=True, slots=True)
class Weeks:
    """The recent weeks and those before, both whole."""

    compared_since: datetime
    since: datetime
    until: datetime

    @classmethod
    def of(cls, until: datetime, recent: int) -> "Weeks":
        """Return the last whole weeks before an instant; raises `InvalidRequest` for one before the calendar."""
        if until - FIRST < LONGEST:
            raise InvalidRequest([FieldError("until", "There are no tickets so long ago.")])
        end = monday(until)
        since = end - recent * WEEK
        return cls(since - BEFORE * WEEK, since, end)

    @property
    def spans(self) -> list[Span]:
        """The time, and the same of last year."""
        return [(self.compared_since - _YEAR, self.until - _YEAR), (self.compared_since, self.until)]

    def count(self, instants: Sequence[datetime]) -> ThemeCounts:
        """Count tickets by when they were created."""
        before, recent, then, then_before = [0] * BEFORE, 0, 0, 0
        for at in instants:
            if at >= self.since:
                recent += 1
            elif at >= self.compared_since:
                before[(at - self.compared_since) // WEEK] += 1
            elif at >= self.since - _YEAR:
                then += 1
            else:
                then_before += 1
        return ThemeCounts(before, recent, (then, then_before) if then or then_before else None)


class ProductTrends:
    """Reports one at a time, because each uses a core for a while; what was reported is kept for some minutes."""

    def __init__(self, store: TrendStore, models: LiveModels, costs: ContactCosts, readings: Readings) -> None:
        self._store, self._models, self._costs, self._readings = store, models, costs, readings
        self._one = threading.Lock()
        self._wanted: Weeks | None = None  # whose texts are not encoded yet
        self._kept: dict[Weeks, TrendsOut] = {}

    def report(self, until: datetime | None, weeks: int = RECENT, *, at: datetime, most: int = IN_REQUEST) -> TrendsOut:
        """Find themes that changed.

        Parameters
        ----------
        until
            The recent weeks end on the Monday before it; by default before now.
        weeks
            How many are recent; twelve before them are compared.
        at
            Now.
        most
            Texts that are encoded at once; while others are not encoded yet, nothing is reported.

        Returns
        -------
        TrendsOut

        Raises
        ------
        InvalidRequest
            It lies before the calendar.
        NotReady
            While the model is being loaded.
        """
        window = Weeks.of(min(until or at, at), weeks)
        encoder = self._models.take().encoder
        with self._one:
            kept = self._kept.get(window)
            if kept is None or not timedelta() <= at - kept.generated_at < KEPT_FOR:
                kept = self._look(window, encoder, most, at)
                self._kept = {} if kept.waiting else {**dict([*self._kept.items()][1 - MOST_KEPT :]), window: kept}
        return kept

    def read_ahead(self, at: datetime) -> None:
        """Encode what the last report still lacked, if anything, and count it."""
        if self._wanted is not None and not self._models.missing():
            with self._one:
                self._look(self._wanted, self._models.take().encoder, IN_ROUND, at)

    def _look(self, window: Weeks, encoder: Encoder, most: int, at: datetime) -> TrendsOut:
        tickets, share = self._store.tickets(window.spans)
        texts = [_text_of(each) for each in tickets]
        read = self._readings.read([each.text for each in texts], encoder, most)
        waiting = sum(each is None for each in read)
        self._wanted = window if waiting else None
        vectors = np.array([each for each in read if each is not None], dtype=np.float32)
        grouped = [] if waiting or not tickets else themes(texts, vectors, FEWEST)
        counts = [window.count(_created(tickets, theme.rows)) for theme in grouped]
        desk = window.count(_created(tickets, range(len(tickets))))
        tested = changes(counts, Volumes(desk.before, desk.recent, desk.last_year))
        found = list(zip(grouped, tested, strict=True))
        return self._written(tickets, found, window, share, waiting, at)

    def _written(
        self,
        tickets: Sequence[ClosedTicket],
        found: Sequence[tuple[Theme, Change | None]],
        window: Weeks,
        share: float,
        waiting: int,
        at: datetime,
    ) -> TrendsOut:
        tested = [(theme, change) for theme, change in found if change is not None]
        reported = [(theme, change) for theme, change in tested if change.is_reported]
        reported.sort(key=lambda each: (not each[1].grows, each[1].q, each[1].p, each[0].rows))
        desk = window.count(_created(tickets, range(len(tickets))))
        return TrendsOut(
            generated_at=at,
            since=window.since,
            until=window.until,
            compared_since=window.compared_since,
            weeks=(window.until - window.since) // WEEK,
            n=desk.total,
            sampled=round(share, 4),
            last_year=desk.last_year is not None,
            tested=len(tested),
            false_discovery_rate=FDR,
            themes=[self._theme(theme, change, tickets, window, share) for theme, change in reported],
            waiting=waiting,
            note=_note(desk, waiting, len(reported)),
        )

    def _theme(
        self, theme: Theme, change: Change, tickets: Sequence[ClosedTicket], window: Weeks, share: float
    ) -> ThemeOut:
        members = [tickets[row] for row in theme.rows]
        recent = [each for each in members if each.created_at and each.created_at >= window.since]
        shown = recent or members
        areas = Counter(area for each in shown if (area := each.final_labels.get("product_area")))
        area, n = areas.most_common(1)[0] if areas else (None, 0)
        months = (window.until - window.since) / timedelta(days=_MONTH)
        cost = sum(self._costs.contact(each.channel) for each in recent) / share / months
        extra = cost * (1 - change.expected / change.recent) if change.recent else -self._usual(members, change, months)
        return ThemeOut(
            words=list(theme.words),
            direction="growing" if change.grows else "shrinking",
            recent=change.recent,
            before=change.before,
            expected=round(change.expected, 1),
            ratio=None if change.ratio is None else round(change.ratio, 2),
            interval=(_rounded(change.interval[0]), _rounded(change.interval[1])),
            p=round(change.p, 6),
            q=round(change.q, 4),
            product_area=area,
            product_area_share=round(n / len(shown), 4),
            plans=dict(Counter(each.plan or "unknown" for each in shown).most_common()),
            customers=len({each.account or each.id for each in shown}),
            cost_a_month=round(cost, 2),
            extra_cost_a_month=round(extra, 2),
            example=shown[0].id,
            tickets=[each.id for each in shown[:TOP]],
        )

    def _usual(self, members: Sequence[ClosedTicket], change: Change, months: float) -> float:
        """Return what the expected tickets of a theme that is gone would cost in a month."""
        mean = sum(self._costs.contact(each.channel) for each in members) / len(members)
        return mean * change.expected / months


def _text_of(ticket: ClosedTicket) -> Text:
    return Text(id=ticket.id, text=ticket.text, customer=ticket.account or ticket.id, language=ticket.language)


def _created(tickets: Sequence[ClosedTicket], rows: Sequence[int]) -> list[datetime]:
    return [at for row in rows if (at := tickets[row].created_at) is not None]


def _note(desk: ThemeCounts, waiting: int, reported: int) -> str | None:
    if waiting:
        return WAITING
    if not desk.total:
        return NOTHING
    if not sum(desk.before) or not desk.recent:
        return TOO_YOUNG
    return None if reported else QUIET


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
