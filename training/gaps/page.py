"""The gap report as a self-contained page, and as a few lines for the terminal."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup

from training.report.page import stylesheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from retrieval.articles.article import Article
    from retrieval.gaps.gaps import Gap, Gaps, Window

FILE: Final = "gaps.html"
SHOWN: Final = 100
_IN_TERMINAL: Final = 10
WORDS: Final = {
    "missing": "No article covers it: write one.",
    "unreachable": "The article exists but was not shown: use the customers' words in its title and first lines.",
    "unhelpful": "The article was shown but did not help: compare it with the resolutions of the tickets.",
    "contradictory": "Two articles say different things: decide which is right.",
    "stale": "The article is out of date: update it.",
}


def render(gaps: Gaps, window: Window, articles: Mapping[str, Article]) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    gaps
        What was found.
    window
        When the questions were asked.
    articles
        By id, for titles.

    Returns
    -------
    str
        Self-contained: no script, no font, no link. Everything that comes from tickets is redacted and escaped.
    """
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_read))
    page.filters["title"] = lambda article_id: articles[article_id].title if article_id in articles else article_id
    return page.get_template("gaps.html").render(
        gaps=gaps,
        shown=gaps.found[:SHOWN],
        window=window,
        words=WORDS,
        total=sum(each.saves_a_month for each in gaps.found),
        style=Markup(stylesheet()),  # noqa: S704 - our own file
    )


def write(folder: Path, page: str) -> Path:
    """Write the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(page, encoding="utf-8")
    return folder / FILE


def lines(gaps: Gaps) -> Iterator[str]:
    """Yield what a terminal shows."""
    yield f"{gaps.n} questions: {gaps.answered} answered well, {len(gaps.found)} gaps, {gaps.scattered} scattered"
    for each in gaps.found[:_IN_TERMINAL]:
        yield f"{each.kind:<13} {len(each.ids):>5} questions {each.saves_a_month:>9,.0f} a month  {_about(each)}"
    if not gaps.found:
        yield "No group is large enough to be a gap. Choose a longer period, or a smaller --least."


def _about(gap: Gap) -> str:
    return f"{gap.label} ({gap.article_id or gap.named})" if gap.article_id or gap.named else gap.label


def _read(name: str) -> str:
    return resources.files("training.gaps").joinpath(name).read_text(encoding="utf-8")
