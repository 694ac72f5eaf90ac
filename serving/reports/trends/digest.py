"""The digest of a week: Markdown for an issue tracker, rows for a spreadsheet, and the event."""

import re
from collections.abc import Iterator
from typing import Any

from serving.http.spreadsheets.csv_rows import Cell, written
from serving.reports.trends.schemas import ThemeOut, TrendsOut

IN_EVENT = 10
COLUMNS = (
    *("direction", "words", "recent", "before", "expected", "ratio", "interval_low", "interval_high", "p", "q"),
    *("n", "from", "to", "product_area", "plans", "customers", "cost_a_month", "extra_cost_a_month"),
    *("example", "tickets"),
)
NAMELESS = "a theme whose words fewer than three customers share"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&])")


def markdown(report: TrendsOut, public_url: str) -> str:
    """Return the digest as a page; `public_url` is where the console's tickets are, empty where it is not known."""
    return "\n".join(_lines(report, public_url)) + "\n"


def trends_csv(report: TrendsOut) -> str:
    """Return a row for each theme."""
    return written(COLUMNS, (_row(each, report) for each in report.themes))


def event_data(report: TrendsOut) -> dict[str, Any]:
    """Return what the event says: ids, numbers and single words, no text."""
    return {
        "id": f"{report.until:%Y-%m-%d}",
        "since": report.since,
        "until": report.until,
        "compared_since": report.compared_since,
        "weeks": report.weeks,
        "tickets": report.n,
        "false_discovery_rate": report.false_discovery_rate,
        "more": max(len(report.themes) - IN_EVENT, 0),
        "themes": report.themes[:IN_EVENT],
    }


def _lines(report: TrendsOut, public_url: str) -> Iterator[str]:
    yield f"# Themes of {report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}"
    yield ""
    yield (
        f"{report.weeks} {'week' if report.weeks == 1 else 'weeks'} against the 12 before: {report.n:,} tickets, "
        f"{report.tested} themes tested. "
        f"Of those reported at most {report.false_discovery_rate:.0%} are chance, on average."
    )
    if report.sampled < 1:
        yield f"Counts are of a sample of {report.sampled:.0%} of the tickets; costs are of all."
    if report.note:
        yield from ("", report.note)
    for theme in report.themes:
        yield from _section(theme, public_url)


def _section(theme: ThemeOut, public_url: str) -> Iterator[str]:
    low, high = ("?" if end is None else f"{end:g}" for end in theme.interval)
    ratio = "new" if theme.ratio is None else f"{theme.ratio:g} times"
    plans = ", ".join(f"{escaped(name)} {n}" for name, n in theme.plans.items())
    area = f"{escaped(theme.product_area)} ({theme.product_area_share:.0%})" if theme.product_area else "not known"
    yield from ("", f"## {theme.direction.capitalize()}: {', '.join(theme.words) or NAMELESS}", "")
    yield f"- {theme.recent} tickets, {theme.expected:g} expected: {ratio} (95 %: {low} to {high}), q {theme.q:g}"
    yield f"- product area: {area}; plans: {plans}; customers: {theme.customers}"
    yield f"- {theme.cost_a_month:,.2f} a month, {theme.extra_cost_a_month:+,.2f} against the expected"
    yield f"- example: {_link(theme.example, public_url)}"
    yield from (f"- [ ] {_link(each, public_url)}" for each in theme.tickets)


def _link(ticket: str, public_url: str) -> str:
    return f"[{ticket}]({public_url.rstrip('/')}/queue/{ticket})" if public_url else f"`{ticket}`"


def escaped(name: str) -> str:
    """Return a label or plan as text: they come from outside, and Markdown must read nothing into them."""
    return _SPECIAL.sub(r"\\\1", " ".join(name.split()))


def _row(theme: ThemeOut, report: TrendsOut) -> tuple[Cell, ...]:
    begin, end = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in (report.since, report.until))
    plans = " ".join(f"{name}:{n}" for name, n in theme.plans.items())
    counted = (theme.recent, theme.before, theme.expected, theme.ratio, *theme.interval, theme.p, theme.q)
    money = (theme.cost_a_month, theme.extra_cost_a_month)
    return (
        *(theme.direction, " ".join(theme.words), *counted, report.n, begin, end, theme.product_area, plans),
        *(theme.customers, *money, theme.example, " ".join(theme.tickets)),
    )
