"""The report: one page that needs nothing else, says in words what it shows, and takes no markup from tickets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from tests.manifests import a_certificate, a_head
from tests.training.desk import fitted, open_home, ticket
from training.config import Head, RefitConfig
from training.report.figures import confusions, risk_coverage
from training.report.page import lines
from training.report.sentences import applied, grown, measured
from training.report.worst_errors import LONGEST, excerpt
from triage.model import bundle as bundles
from triage.model.head_entry import Metrics, Uncertified
from triage.model.refit_record import CurvePoint

FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
HOSTILE = '"><script>alert(1)</script>'
SMUGGLED = "&lt;script&gt;alert(2)&lt;/script&gt; &lt;img src=x onerror=alert(3)&gt;"  # cleaning a text unescapes it


class Page(HTMLParser):
    """Elements and attributes of a page as a browser reads them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= set(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]


def confusing(number: int) -> dict[str, object]:
    """A desk on which every ninth ticket is labelled by the toss of a coin, so that there are errors to show."""
    label = HOSTILE if number % 9 == 0 and number % 2 else "billing" if number % 9 == 0 else None
    row = ticket(number, plan="premium" if number % 2 else "free", language="en")
    row["description"] = f"{row['description']} {SMUGGLED}"
    if label:
        row["category"] = label
    return row


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a current model of older tickets, and a candidate of all."""
    home = tmp_path_factory.mktemp("home")
    fitted(home, [confusing(number) for number in range(360)], out="first", config=FAST)
    registry = open_home(home).registry
    registry.make_current(registry.add(home / "first"))
    fitted(home, [confusing(number) for number in range(600)], out="second", config=FAST)
    return home


@pytest.fixture(scope="module")
def html(home: Path) -> str:
    return bundles.load(home / "second").read("report.html").decode()


def test_the_page_needs_nothing_else(html: str) -> None:
    page = Page(html)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed"}
    assert not any(name.startswith("on") or name == "src" for name, _ in page.attributes)
    assert all(value and value.startswith("#") for name, value in page.attributes if name == "href")
    assert not re.search(r"https?://|@import|url\(", html)


def test_hostile_texts_and_labels_are_shown_and_are_no_markup(html: str) -> None:
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html  # the label, in tables and drawings
    assert "&lt;script&gt;alert(2)" in html  # the beginning of a ticket


def test_links_inside_the_page_lead_somewhere(html: str) -> None:
    page = Page(html)
    assert len(set(page.ids)) == len(page.ids)
    assert {value[1:] for name, value in page.attributes if name == "href" and value} <= set(page.ids)


def test_the_page_shows_what_the_issue_asks_for(html: str) -> None:
    headings = re.findall(r"<h3>([^<]+)</h3>", html)
    assert {
        "Risk and coverage",
        "Reliability diagram",
        "Learning curve",
        "Confusion matrix",
        "Slices",
        "Certificates",
        "Changes since the last bundle",
        "Most confident errors",
    } <= set(headings)
    drawings = re.findall(r'<svg viewBox="[^"]+" role="img" aria-label="([^"]+)"><title>', html)
    assert len(drawings) == 10  # five for each of two heads
    assert "prefers-color-scheme: dark" in html


def test_an_error_is_quoted_short_with_the_tickets_nearest_to_it(home: Path, html: str) -> None:
    quoted = re.findall(r"<q>([^<]+)</q>", html)
    assert quoted
    errors = re.findall(r"<small>(t-\d+)\. .*?<br>(.*?)</small>", html, flags=re.DOTALL)
    assert errors
    held_out = {f"t-{number}" for number in range(510, 600)}
    for own, nearest in errors:
        assert own in held_out
        assert not held_out & set(re.findall(r"t-\d+", nearest))  # evidence is what the head has learnt from


def test_an_excerpt_is_one_line_and_bounded() -> None:
    assert excerpt("one\n two") == "one two"
    assert len(excerpt("word " * 100)) <= LONGEST
    assert excerpt("word " * 100).endswith("word…")


def test_the_terminal_gets_the_same_figures(home: Path) -> None:
    said = list(lines(bundles.load(home / "second").manifest))
    assert any(line.startswith("category: ") and "current model" in line for line in said)
    assert any("last doubling" in line for line in said)


def test_a_head_is_described_in_words() -> None:
    assert measured(a_head()).startswith(
        "Accuracy 90.0% on 100 held-out tickets (95% interval 82.6% to 94.5%), macro-F1 0.800."
    )
    assert measured(a_head(metrics=Metrics(n=0))) == "No held-out ticket has this label, so nothing could be measured."


def test_what_is_applied_by_itself_is_told_with_its_promise_or_why_not() -> None:
    part = Uncertified(slice={"plan": "free"}, reason="too few", more_labels=None)
    said = applied(a_head(certificates=(a_certificate(slice={"plan": "premium"}),), uncertified=(part,)))
    assert said.startswith(
        "Applied automatically: 40.0% of the tickets. With 90.0% confidence at most 5.0% of those are wrong"
    )
    assert said.endswith("Not certified: plan free.")
    assert applied(a_head(uncertified=(part,))) == "Nothing is applied automatically: plan free: too few."


def test_more_tickets_are_asked_for_only_where_they_help() -> None:
    def curve(*accuracies: float) -> list[CurvePoint]:
        return [
            CurvePoint(n=100 * 2**i, accuracy=value, macro_f1=value, lowest=value, highest=value)
            for i, value in enumerate(accuracies)
        ]

    assert "+5.0 points: more tickets would help" in str(grown(curve(0.7, 0.75)))
    assert "more tickets like these will not help much" in str(grown(curve(0.7, 0.702)))
    assert grown(curve(0.7)) is None


def pairs() -> Iterator[tuple[str, str]]:
    """Forty labels; each is once taken for the next, and label 7 five times for label 8."""
    for i in range(40):
        yield from [(f"l{i}", f"l{i}")] * 3
        yield f"l{i}", f"l{(i + 1) % 40}"
    yield from [("l7", "l8")] * 4


def test_of_many_labels_the_most_confused_are_drawn() -> None:
    truth, guesses = zip(*pairs(), strict=True)
    svg, note = confusions(truth, guesses)
    assert note.startswith("The 25 most confused of 40 labels, with ")
    assert "l7 predicted as l8: 5 of 8" in svg
    assert confusions(["a", "b"], ["a", "a"])[1] == ""


def test_a_threshold_is_drawn_where_it_cuts() -> None:
    """Of ten tickets four reach 0.65: the upright stands at 40 % of an axis from 52 to 356."""
    confidence = np.linspace(0.05, 0.95, 10)
    svg = risk_coverage(confidence, confidence > 0.3, a_head(certificates=(a_certificate(threshold=0.64),)))
    assert f'class="upright good" d="M{52 + 0.4 * 304:.1f} ' in svg
    assert ">applied<" in svg
