"""Charts as they are drawn: round ticks, places on the axes, words for those who do not see, and nothing unescaped."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from triage.charts.charts import HEIGHT, WIDTH, Axis, Band, Dot, Line, Upright, Words, chart, round_values
from triage.charts.label_charts import Change, dumbbells, heatmap

WORDS = Words("A title", "What it shows.")
HOSTILE = "</title><script>alert(1)</script>"


def parsed(markup: str) -> ElementTree.Element:
    """Read it as XML: a tag that something hostile opened or closed is no well-formed drawing."""
    return ElementTree.fromstring(markup)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)),
        (0.0, 0.08, (0.0, 0.02, 0.04, 0.06, 0.08)),
        (0.31, 0.86, (0.4, 0.6, 0.8)),
        (0.0, 7.0, (0.0, 2.0, 4.0, 6.0)),
        (5.0, 5.0, (5.0,)),
    ],
)
def test_ticks_are_round_and_few(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert round_values(low, high) == ticks


def test_a_value_lies_where_its_axis_says() -> None:
    assert Axis("a").share(0.25) == 0.25
    assert Axis("a", 0.5, 1.0).share(0.75) == 0.5
    assert Axis("a", 10, 1000, log=True).share(100) == pytest.approx(0.5)
    assert [Axis("a").share(value) for value in (-1.0, 2.0)] == [0.0, 1.0]  # drawn on the edge, not beyond it


def test_a_chart_names_itself_and_its_axes() -> None:
    svg = parsed(chart(WORDS, Axis("tickets shown"), Axis("wrong"), [Line(((0, 0), (1, 1)))]))
    assert (svg.attrib["role"], svg.attrib["aria-label"]) == ("img", "A title")
    assert [child.text for child in svg[:2]] == ["A title", "What it shows."]
    said = [text.text for text in svg.iter("text")]
    assert {"tickets shown", "wrong", "0%", "100%"} <= set(said)


def test_marks_stay_inside_the_drawing() -> None:
    marks = [
        Line(((-1, -1), (2, 2))),
        Band(((0, 0), (1, 3)), ((0, 1), (1, 9))),
        Dot(5, 5, "far out", "label", span=(-2, 4)),
        Upright(0.9, "applied"),
    ]
    svg = chart(WORDS, Axis("x"), Axis("y"), marks)
    places = [pair.split(",") for points in re.findall(r'points="([^"]+)"', svg) for pair in points.split()]
    assert places
    assert all(0 <= float(x) <= WIDTH and 0 <= float(y) <= HEIGHT for x, y in places)
    assert "far out" in svg


def test_a_confusion_matrix_says_in_every_cell_who_is_taken_for_whom() -> None:
    svg = heatmap(WORDS, ["bug", "billing"], np.array([[8, 2], [0, 5]]))
    titles = [cell.find("title").text for cell in parsed(svg).iter("g") if cell.find("title") is not None]  # type: ignore[union-attr]
    assert titles == ["bug: 8 of 10 found", "bug predicted as billing: 2 of 10", "billing: 5 of 5 found"]


def test_gains_and_losses_are_told_apart() -> None:
    changes = [Change("bug", 20, 0.5, 0.75), Change("billing", 8, 1.0, 0.9), Change("same", 3, 0.4, 0.4)]
    svg = dumbbells(WORDS, changes)
    assert re.findall(r'class="joint (\w+)"', svg) == ["good", "bad", "quiet"]
    assert "+25 pts, 20" in svg
    assert "billing: 100% before, 90% with this model, 8 tickets" in svg


def test_labels_from_tickets_never_become_markup() -> None:
    drawn = [
        heatmap(WORDS, [HOSTILE, "b"], np.array([[1, 2], [3, 4]])),
        dumbbells(WORDS, [Change(HOSTILE, 1, 0, 1)]),
        chart(Words(HOSTILE, HOSTILE), Axis(HOSTILE), Axis("y"), [Dot(0, 0, HOSTILE, HOSTILE), Upright(1, HOSTILE)]),
    ]
    for svg in drawn:
        assert not list(parsed(svg).iter("script"))
        assert "<script" not in svg


def test_a_tick_may_have_a_name() -> None:
    weeks = Axis("", 0, 2, at=(0.0, 2.0), names=("1 June", "15 June"))
    svg = parsed(chart(WORDS, weeks, Axis("y"), []))
    assert {"1 June", "15 June"} <= {text.text for text in svg.iter("text")}
