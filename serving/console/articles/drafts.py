"""The outline of a gap as the text of a new article: the sentences of tickets, and nothing that they do not say."""

import re
from typing import Final

from serving.reports.schemas import OutlineOut

_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
#: What would make markup of a customer's or an agent's words.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_FIRST = re.compile(r"^([-+=]|\d+[.)])")
KINDS: Final = {
    "missing": "No article answers this",
    "unreachable": "An article answers this and is not found",
    "unhelpful": "The article that is shown does not help",
    "contradictory": "Two articles say different things",
    "stale": "The article may be out of date",
}


def draft_body(outline: OutlineOut) -> str:
    """Return the steps as a list and the other sentences below, in Markdown."""
    steps = [f"{number}. {_plain(_MARK.sub('', each.text))}" for number, each in enumerate(outline.steps, 1)]
    facts = [_plain(each.text) for each in outline.facts]
    return "\n\n".join(["\n".join(steps), *facts] if steps else facts)


def _plain(text: str) -> str:
    return _FIRST.sub(r"\\\1", _SPECIAL.sub(r"\\\1", text))
