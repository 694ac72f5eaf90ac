"""Sentences of tickets as Markdown: what they say, and nothing that would be markup."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
#: What would make markup of a customer's or an agent's words.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
_FIRST = re.compile(r"^([-+=]|\d+[.)])")


def as_markdown(steps: Sequence[str], facts: Sequence[str]) -> str:
    """Return steps as a numbered list and other sentences below, each a paragraph."""
    numbered = [f"{number}. {_plain(_MARK.sub('', each))}" for number, each in enumerate(steps, 1)]
    paragraphs = [_plain(each) for each in facts]
    return "\n\n".join(["\n".join(numbered), *paragraphs] if numbered else paragraphs)


def _plain(text: str) -> str:
    return _FIRST.sub(r"\\\1", _SPECIAL.sub(r"\\\1", text))
