"""The outline of a gap as the text of a new article: the sentences of tickets, and nothing that they do not say."""

from typing import Final

from retrieval.gaps.markdown import as_markdown
from serving.reports.schemas import OutlineOut

KINDS: Final = {
    "missing": "No article answers this",
    "unreachable": "An article answers this and is not found",
    "unhelpful": "The article that is shown does not help",
    "contradictory": "Two articles say different things",
    "stale": "The article may be out of date",
}


def draft_body(outline: OutlineOut) -> str:
    """Return the steps as a list and the other sentences below, in Markdown."""
    return as_markdown([each.text for each in outline.steps], [each.text for each in outline.facts])
