"""Charts of the room: arms, months ahead, themes, and the durable share by group."""

from collections.abc import Sequence

from markupsafe import Markup

from serving.console.overview.cards import interval, written
from serving.console.reports import words
from serving.reports.deflection import DeflectionReport, GroupOut, RungOut
from serving.reports.experiments.report import ArmOut
from serving.reports.trends.schemas import ThemeOut
from triage.capacity.hiring import Month
from triage.charts.bars import Bar, bars
from triage.charts.charts import Axis, Dot, Line, Words, chart, round_values
from triage.charts.tables import ValueTable, figure

MOST_GROUPS = 12
_ROOM = 1.1  # between the highest value and the top
_THOUSANDTHS = 3
_ARMS = {"bot": "Sees answers", "holdout": "Sees none"}
Ends = tuple[float | None, float | None] | None


def arms(found: Sequence[ArmOut]) -> Markup:
    """Draw the tickets per session of both arms."""
    rows = [
        Bar(
            _ARMS[each.arm],
            each.figure.value,
            words.number(each.figure.value, _THOUSANDTHS),
            f"{each.title}: {words.said(each.figure, _THOUSANDTHS)}",
            "good" if each.arm == "bot" else "ours",
            _span(each.figure.interval),
        )
        for each in found
    ]
    most = max((row.span[1] if row.span else row.value or 0.0 for row in rows), default=0.0)
    return bars(Words("Tickets per session", "One bar an arm, with its interval."), rows, most or 1.0)


def months(found: Sequence[Month]) -> Markup:
    """Draw the people who are needed and there over the months ahead."""
    last = float(max(len(found) - 1, 1))
    at = tuple(float(place) for place in range(0, len(found), max(len(found) // 3, 1)))
    most = max(max(each.needed, each.have) for each in found) * _ROOM or 1.0
    x = Axis("", 0.0, last, at=at, names=tuple(f"{found[int(place)].month:%b %y}" for place in at))
    ticks = round_values(0.0, most)
    needed = [(float(place), each.needed) for place, each in enumerate(found)]
    have = tuple((float(place), each.have) for place, each in enumerate(found))
    dots = [
        Dot(*point, f"{words.month(each.month)}: {words.number(each.needed, 1)} needed", radius=3)
        for point, each in zip(needed, found, strict=True)
    ]
    about = "Full-time people needed (line), and there if you hire as the triggers say (dashed)."
    drawn = chart(
        Words("People needed by month", about),
        x,
        Axis("people", 0.0, most, at=ticks, names=tuple(f"{each:g}" for each in ticks)),
        [Line(have, "target"), Line(needed), *dots],
    )
    rows = [
        [words.month(each.month), words.number(each.tickets), words.number(each.needed, 1), words.number(each.have, 1)]
        for each in found
    ]
    return figure(drawn, ValueTable("People by month", ("month", "tickets", "needed", "there"), rows))


def themes(found: Sequence[ThemeOut]) -> Markup:
    """Draw how many times as many tickets as expected each theme has."""
    rows = [
        Bar(
            words.theme(each),
            each.ratio,
            words.times(each),
            f"{words.theme(each)}: {words.times(each)}, 95 %: {words.ends(each.interval, 2)}",
            "warn" if each.direction == "growing" else "good",
            None if each.ratio is None else _span(each.interval),
        )
        for each in found
    ]
    most = max((row.span[1] if row.span else row.value or 0.0 for row in rows), default=0.0)
    return bars(Words("Against the expected", "Recent tickets over the expected ones."), rows, most or 1.0)


def by_group(report: DeflectionReport) -> Markup:
    """Draw the durable share of each group; of many groups those with the most sessions."""
    groups = largest(report)[:MOST_GROUPS]
    if report.by == "week":
        groups = report.groups[-MOST_GROUPS:]
    rows = [_bar(each.key, durable(each)) for each in groups]
    title = f"Durable by {report.by}"
    cells = [
        [each.key, written(top.figure.value, "share"), interval(top.figure, "share"), f"{top.figure.n:,}"]
        for each in groups
        for top in [durable(each)]
    ]
    table = ValueTable(title, (str(report.by), "share of eligible", "95 % interval", "n"), cells)
    return figure(bars(Words(title, "Shares of the eligible sessions, with intervals."), rows, 1.0), table)


def largest(report: DeflectionReport) -> list[GroupOut]:
    """Return the groups, those with the most eligible sessions first; weeks in their order."""
    if report.by == "week":
        return report.groups
    return sorted(report.groups, key=lambda each: (-each.rungs[0].count, each.key))


def durable(group: GroupOut) -> RungOut:
    """Return the topmost rung of a group."""
    return group.rungs[-1]


def _bar(name: str, rung: RungOut) -> Bar:
    share = written(rung.figure.value, "share")
    return Bar(
        name, rung.figure.value, share, f"{name}: {share} of {rung.figure.n:,}", "good", _span(rung.figure.interval)
    )


def _span(found: Ends) -> tuple[float, float] | None:
    if found is None or found[0] is None or found[1] is None:
        return None
    return found[0], found[1]
