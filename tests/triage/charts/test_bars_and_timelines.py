"""Bars, ladders, time lines and their tables: lengths as arithmetic, gaps where nothing was counted, all escaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from triage.charts.bars import WIDTH, Bar, bars
from triage.charts.charts import Axis, Words
from triage.charts.tables import ValueTable, figure
from triage.charts.timeline import Moment, sparkline, timeline

WORDS = Words("A title", "What it shows.")
HOSTILE = "</title><script>alert(1)</script>"


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def widths(svg: str) -> list[float]:
    return [float(each) for each in re.findall(r'<rect[^>]* width="([\d.]+)"', svg)]


def test_bars_are_as_long_as_their_values() -> None:
    found = widths(bars(WORDS, [Bar("P0", 10, "10"), Bar("P1", 5, "5"), Bar("P2", 0, "0"), Bar("P3", None, "–")]))
    assert found[1] == pytest.approx(found[0] / 2, abs=0.1)
    assert found[2:] == [0.0, 0.0]


def test_a_share_is_drawn_of_the_whole_with_its_interval() -> None:
    half, whole = (bars(WORDS, [Bar("answered", value, "", span=(value / 2, value))], most=1.0) for value in (0.5, 1.0))
    assert widths(half)[0] == pytest.approx(widths(whole)[0] / 2, abs=0.1)
    low, high = map(float, re.findall(r'class="whisker" d="M([\d.]+) [\d.]+H([\d.]+)', whole)[0])
    assert low < high <= WIDTH


def test_no_rows_are_an_empty_drawing() -> None:
    assert parsed(bars(WORDS, [])).attrib["aria-label"] == "A title"


def test_a_line_is_broken_where_nothing_was_counted() -> None:
    weeks = [Moment("1", 0.2), Moment("2", 0.4), Moment("3", None), Moment("4", 0.6), Moment("5", 0.8)]
    for svg in (sparkline(WORDS, weeks, 0.5), timeline(WORDS, weeks, Axis("share"), 0.5)):
        lines = re.findall(r'class="line ours" points="([^"]+)"', svg)
        assert [len(each.split()) for each in lines] == [2, 2]
        assert "line target" in svg


def test_a_week_between_two_empty_ones_is_a_dot() -> None:
    svg = sparkline(WORDS, [Moment("1", 0.2), Moment("2", None), Moment("3", 0.4), Moment("4", None)])
    assert svg.count("<circle") == 2


def test_a_band_spans_the_intervals_and_ends_where_there_is_none() -> None:
    weeks = [Moment("1", 0.5, (0.4, 0.6)), Moment("2", 0.5, (0.3, 0.7)), Moment("3", 0.5), Moment("4", None)]
    svg = timeline(WORDS, weeks, Axis("share"))
    (points,) = re.findall(r'class="band" points="([^"]+)"', svg)
    assert len(points.split()) == 4


@pytest.mark.parametrize("weeks", [[], [Moment("1", None)], [Moment("1", 0.0)], [Moment("1", 3.0, (1.0, 4.0))]])
def test_few_or_no_weeks_are_drawn(weeks: list[Moment]) -> None:
    parsed(sparkline(WORDS, weeks))
    parsed(timeline(WORDS, weeks, Axis("hours", 0, 4, percent=False)))


def test_a_figure_says_the_same_as_a_table_and_carries_no_style() -> None:
    table = ValueTable("Open tickets by priority", ["priority", "tickets"], [["P0", "1"], [HOSTILE, HOSTILE]])
    drawn = figure(bars(Words(HOSTILE, HOSTILE), [Bar(HOSTILE, 1, HOSTILE, HOSTILE)]), table)
    element = parsed(drawn)
    assert [cell.text for cell in element.iter("th")] == ["priority", "tickets", "P0", HOSTILE]
    assert [cell.text for cell in element.iter("td")] == ["1", HOSTILE]
    assert not list(element.iter("script"))
    assert isinstance(drawn, Markup)
    assert "style=" not in drawn
