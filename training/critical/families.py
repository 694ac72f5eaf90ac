"""The packaged texts: emergencies by kind, everyday questions and unsolicited messages, in seven languages.

One line of `texts/<language>.toml` is a family: wordings of one thing, written as one text with {a|b} for a or b.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from triage.text.cleaning import model_text

if TYPE_CHECKING:
    from collections.abc import Sequence

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
MOST_WORDINGS = 20  # of one family, spread evenly over all that its choices allow
_CHOICE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Family:
    """Wordings of one thing, cleaned as a question is."""

    language: str
    kind: str
    wordings: tuple[str, ...]


def packaged() -> tuple[Family, ...]:
    """Return the families that come with Firstline."""
    return tuple(
        Family(language, kind, tuple(model_text(None, text) for text in wordings(line)))
        for language in LANGUAGES
        for kind, lines in tomllib.loads(_text(language)).items()
        for line in lines
    )


def digest(families: Sequence[Family]) -> str:
    """Return what names these texts."""
    said = "\n".join("\t".join((each.language, each.kind, *each.wordings)) for each in families)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def wordings(line: str) -> list[str]:
    """Return at most `MOST_WORDINGS` texts of a line, every choice in some of them where that is enough."""
    choices = [found.split("|") for found in _CHOICE.findall(line)]
    chosen = list(itertools.product(*choices))
    step = max(1, len(chosen) / MOST_WORDINGS)
    some = {int(number * step): None for number in range(min(len(chosen), MOST_WORDINGS))}
    return [_filled(line, chosen[number]) for number in some]


def _filled(line: str, words: Sequence[str]) -> str:
    left = iter(words)
    return _CHOICE.sub(lambda _: next(left), line)


def _text(language: str) -> str:
    return (resources.files("training") / "critical" / "texts" / f"{language}.toml").read_text(encoding="utf-8")
