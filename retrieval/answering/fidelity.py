"""Check that a rephrased answer says what the article's spans say, and nothing else. Any doubt counts against it.

No word check proves that two texts mean the same, so these checks are strict. A text passes if it has the spans' own
words in about their order, step by step, with every number, name, link, code and negation; anything else is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import Final

from retrieval.answering.deceptive_characters import deceives
from retrieval.index.tokens import MAX_CHARACTERS, words

#: Characters of a rephrasing for each of the spans' own, at least and at most.
SHORTEST: Final = 0.4
LONGEST: Final = 1.3
#: A word or two of politeness, in characters.
POLITE: Final = 60
#: Share of the words that are kept, and how alike the two sequences of words are (Ratcliff and Obershelp).
KEPT: Final = 0.7
ALIKE: Final = 0.7
#: New words that tell nobody to do anything.
GLUE: Final = frozenset(
    word
    for text in (
        "please simply first then next afterwards finally follow following steps step here help sorry",
        "bitte einfach zuerst dann danach folgende folgenden schritte hier",
        "veuillez simplement ensuite puis voici étapes suivantes por favor primero luego siga estos pasos",
    )
    for word in words(text)
)

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_STEP = re.compile(r"^[^\S\n]*+(\d{1,3})[.)]\s+", re.MULTILINE)
_MARKER = re.compile(r"^[^\S\n]*+(?:\d{1,3}[.)]|[-*•])\s+", re.MULTILINE)
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,20}://|www\.|mailto:)\S+|(?<![^\s@])[^\s@]++@(?:[^\s@.]*+\.)+\w+"
    r"|(?<![\w-])[\w-]++\.(?:com|org|net|io|dev|app)\b\S*",
    re.IGNORECASE,
)
#: Quotes are plain text: a tag or a link with a text of its own was put there by somebody else.
_MARKUP = re.compile(r"[<>]|\]\(|!\[|```|&#|javascript:|data:", re.IGNORECASE)
#: What looks like code, a key, a path, a version or a product stands in the spans just so, or it is wrong.
_SIGNS = re.compile(r"[_/\\=$#]|\w[.-]\w|[a-z][A-Z]|[A-Za-z]\d|\d[A-Za-z]")
_NAME = re.compile(r"(?<=[^.!?:\s] )[A-Z][\w-]+")
_NOT: Final = frozenset(
    """no not never none nothing nobody cannot without unless only except before after until if must may should always
    nicht kein keine keinen keiner nie niemals ohne nur ne pas jamais sans aucun aucune sin nunca ningún ninguna non mai
    senza niet geen nooit zonder não sem""".split()  # noqa: SIM905 (a list of quoted words hides what is in it)
)
_WORD = re.compile(r"[\w']+")


def doubt(text: str, spans: str) -> str | None:
    """Say what is doubtful about a rephrasing; None when nothing is.

    Parameters
    ----------
    text
        What the writer wrote.
    spans
        The verbatim answer: a line for each block, steps with their numbers.

    Returns
    -------
    str or None
        The kind of doubt; never a part of the text.
    """
    if (
        len(text) > MAX_CHARACTERS
        or not text
        or not SHORTEST * len(spans) <= len(text) <= LONGEST * len(spans) + POLITE
    ):
        return "length"
    if deceives(text, spans):
        return "characters"
    if not set(_MARKUP.findall(text)) <= set(_MARKUP.findall(spans)):
        return "markup"
    if Counter(_LINK.findall(text)) != Counter(_LINK.findall(spans)):
        return "link"
    if _STEP.findall(text) != _STEP.findall(spans):
        return "steps"
    pieces = zip(_STEP.split(text)[::2], _STEP.split(spans)[::2], strict=True)
    return next((why for mine, original in pieces if (why := _piece_doubt(mine, original))), None)


def _piece_doubt(text: str, spans: str) -> str | None:
    """Compare one step, or what stands before the first."""
    ours, theirs = _MARKER.sub("", text), _MARKER.sub("", spans)
    if Counter(_NUMBER.findall(ours)) != Counter(_NUMBER.findall(theirs)):
        return "number"
    if _negations(ours) != _negations(theirs):
        return "negation"
    if _tokens(ours) != _tokens(theirs) or not set(_NAME.findall(ours)) <= set(re.findall(r"[\w-]+", theirs)):
        return "name"
    said, held = words(ours), words(theirs)
    known = set(held)
    if set(said) - known - GLUE:
        return "new words"
    said = [word for word in said if word in known]
    if len(set(said)) < KEPT * len(known):
        return "left out"
    if said == held:
        return None
    return "order" if SequenceMatcher(None, said, held, autojunk=False).ratio() < ALIKE else None


def _negations(text: str) -> Counter[str]:
    found = _WORD.findall(text.lower().replace("’", "'"))
    return Counter("not" if word.endswith("n't") else word for word in found if word in _NOT or word.endswith("n't"))


def _tokens(text: str) -> set[str]:
    return {word for each in text.split() if _SIGNS.search(word := each.strip(".,;:!?()\"'“”„"))}
