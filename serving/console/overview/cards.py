"""KPIs as the overview shows them: values in words, the target met or missed, weeks as a small chart."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from serving.console.words import span
from serving.reports.figures import Figure, KpiOut, Target, Unit, WeekOut
from triage.charts.charts import Words
from triage.charts.tables import ValueTable, figure
from triage.charts.timeline import Moment, sparkline

NOTHING = "–"
_HOUR, _MINUTE = 3600, 60
_CALENDAR = ("backlog_age", "time_to_answer", "calendar_p50", "calendar_p90", "people_p50", "people_p90")


@dataclass(frozen=True, slots=True)
class Card:
    """A KPI in words."""

    id: str
    title: str
    definition: str
    link: str
    value: str
    facts: str
    """Its n, window and interval."""
    target: str | None
    met: bool | None
    chart: Markup | None
    parts: ValueTable
    note: str | None


def card(kpi: KpiOut) -> Card:
    """Return a KPI as it is shown."""
    write = _writer(kpi.id, kpi.unit)
    rows = [[part.title, *_cells(part.figure, part.unit, part.id)] for part in kpi.parts if part.figure.n]
    return Card(
        id=kpi.id,
        title=kpi.title,
        definition=kpi.definition,
        link=kpi.link,
        value=write(kpi.figure.value),
        facts=_facts(kpi),
        target=_target(kpi, kpi.target),
        met=_is_met(kpi.figure.value, kpi.target),
        chart=_weeks(kpi) if any(week.figure.n for week in kpi.trend) else None,
        parts=ValueTable(f"{kpi.title}: parts", ("part", "value", "95 % interval", "n"), rows),
        note=kpi.note,
    )


def written(value: float | None, unit: Unit, name: str = "") -> str:
    """Write a value in its unit."""
    return _writer(name, unit)(value)


def interval(found: Figure, unit: Unit, name: str = "") -> str:
    """Write the interval of a figure; nothing where it has none."""
    if found.interval is None or found.interval == (None, None):
        return ""
    low, high = found.interval
    write = _writer(name, unit)
    if low is None:
        return f"up to {write(high)}"
    return f"from {write(low)}" if high is None else f"{write(low)} to {write(high)}"


def hours(seconds: float) -> str:
    """Write support hours, which no day of 24 of them measures: `40 h`, `2 h 5 min`, `20 s`."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    whole, minutes = divmod(round(seconds / _MINUTE), 60)
    return " ".join(part for part in (f"{whole:,} h" if whole else "", f"{minutes} min" if minutes else "") if part)


def day(at: datetime) -> str:
    """Write a day without its year: `2 Nov`."""
    return f"{at.day} {at:%b}"


class _writer:  # noqa: N801 (used as a function)
    def __init__(self, name: str, unit: Unit) -> None:
        self._name, self._unit = name, unit

    def __call__(self, value: float | None) -> str:
        if value is None:
            return NOTHING
        if self._unit == "share":
            return f"{100 * value:.3g} %"
        if self._unit == "seconds":
            return span(timedelta(seconds=value)) if self._name in _CALENDAR else hours(value)
        return f"{value:,.0f}" if self._unit == "count" else f"{value:.2f}"


def _cells(found: Figure, unit: Unit, name: str) -> list[str]:
    return [written(found.value, unit, name), interval(found, unit, name) or NOTHING, f"{found.n:,}"]


def _facts(kpi: KpiOut) -> str:
    between = interval(kpi.figure, kpi.unit, kpi.id)
    window = kpi.figure.window
    when = "now" if window.since == window.until else f"{day(window.since)} to {day(window.until)}"
    return f"n {kpi.figure.n:,}, {when}" + (f" · 95 %: {between}" if between else "")


def _target(kpi: KpiOut, target: Target | None) -> str | None:
    return None if target is None else f"at {target.at} {written(target.value, kpi.unit, kpi.id)}"


def _is_met(value: float | None, target: Target | None) -> bool | None:
    if value is None or target is None:
        return None
    return value >= target.value if target.at == "least" else value <= target.value


def _weeks(kpi: KpiOut) -> Markup:
    target = kpi.target.value if kpi.target else None
    name = f"{kpi.title} by week"
    return figure(
        sparkline(Words(name, _said(kpi)), [_moment(week) for week in kpi.trend], target),
        ValueTable(
            f"{name}, weeks from Monday (UTC)",
            ("week of", "value", "95 % interval", "n"),
            [[_week(week), *_cells(week.figure, kpi.unit, kpi.id)] for week in kpi.trend],
        ),
    )


def _said(kpi: KpiOut) -> str:
    known = [week for week in kpi.trend if week.figure.value is not None]
    first, last = known[0], known[-1]
    begin, end = (written(each.figure.value, kpi.unit, kpi.id) for each in (first, last))
    return f"{begin} in the week of {_week(first)}, {end} in the week of {_week(last)}."


def _week(week: WeekOut) -> str:
    name = day(week.figure.window.since)
    return name if week.over else f"{name}, not over"


def _moment(week: WeekOut) -> Moment:
    return Moment(_week(week), week.figure.value)
