"""Which way a text goes (on or off, add or remove), and what a question says that it does not want."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from retrieval.index.tokens import stem, words
from triage.text.short_text_cache import cached_if_short

#: Directions of what can be done: name, words that go one way, words that go the other. A bare `on` or `off` counts
#: behind "turn", "switch", "put" or "set" only.
_WAYS: Final = (
    (
        "power",
        (r"turn(ed|ing|s)?( [\w-]+){0,3} on|switch(ed|ing|es)?( [\w-]+){0,3} on|enabl\w+|activat\w+|resum\w+|unpaus\w+"
        r"|set(ting)? up|einschalten|aktivier\w+|activer|activar"),
        (r"turn(ed|ing|s)?( [\w-]+){0,3} off|switch(ed|ing|es)?( [\w-]+){0,3} off|disabl\w+|deactivat\w+|paus\w+"
        r"|stop\w*|opt out|get rid of|abschalten|ausschalten|deaktivier\w+|désactiver|desactivar"),
    ),
    (
        "presence",
        (r"add\w*|creat\w+|invit\w+|connect\w*|install\w*|subscrib\w+|join\w*|grant\w*|restor\w+|undelet\w+|keep\w*"
        r"|hinzufügen|erstellen|einladen|ajouter|créer|añadir|crear"),
        (r"remov\w+|delet\w+|revok\w+|disconnect\w*|uninstall\w*|unsubscrib\w+|leav(e|es|ing)|cancel\w*|eras\w+"
        r"|get rid of|withdraw\w*|entfernen|löschen|kündigen|supprimer|retirer|annuler|eliminar|quitar|cancelar"),
    ),
    (
        "amount",
        r"upgrad\w+|increas\w+|rais(e|ed|es|ing)|enlarg\w+|extend\w*|faster|erhöhen|augmenter|aumentar",
        r"downgrad\w+|decreas\w+|lower(ing|ed)?|reduc\w+|shrink\w*|shorten\w*|slower|senken|réduire|reducir",
    ),
    ("sight", r"show\w*|unhid\w+|reveal\w*|display\w*", r"hid(e|es|ing|den)|mask\w*|conceal\w*"),
    ("lock", r"unlock\w*|unblock\w*|allow\w*|whitelist\w*|unmut\w+", r"lock|block\w*|forbid\w*|deny\w*|mut(e|ing)"),
    ("transfer", r"import\w*|upload\w*", r"export\w*|download\w*"),
    ("session", r"(log|sign)(ging|ing|s)?[ -]?in|log ?on", r"(log|sign)(ging|ing|s)?[ -]?(out|off)"),
)  # fmt: skip
_COMPILED: Final = tuple(
    (name, re.compile(rf"\b({one})\b", re.IGNORECASE), re.compile(rf"\b({other})\b", re.IGNORECASE))
    for name, one, other in _WAYS
)
#: Reports of what happened ask for nothing: "the report stopped", "it keeps asking".
_REPORTED: Final = re.compile(r"\b(\w+ed|stops|keeps|shows|locks|pauses)\b", re.IGNORECASE)
#: Whoever wants something undone wants the other way.
_UNDONE: Final = re.compile(r"\b(undo|undoing|revert|reverse|take back|call off)\b", re.IGNORECASE)
#: "I do not want to", "please do not", "without", and the verb behind it. Whoever reports ("I do not receive it", "it
#: does not", "I cannot") denies nothing, and whoever does not want to receive or to have something wants it to stop.
_DENIAL: Final = re.compile(
    r"(?:\b(?:i|we)\s+(?:do not|don['’]?t|never|did not|didn['’]?t)\s+(?:\w+ly\s+)?"
    r"(?:want|wish|need|intend|plan|meant?)\s+(?:(?:you|anyone|anybody|us|it)\s+)?to"
    r"|(?:^|[.,;:!?]\s*|\bplease,?\s+|\bbut\s+|\band\s+)(?:do not|don['’]?t|never)"
    r"|\bwithout|\binstead of|\brather than|\bno need to)\s+(?:(?:please|ever|just)\s+)?"
    r"(?!(?:receive|receiving|get|getting|see|have|having|hear|know|understand|be|being|pay|a|an|the|my|our|any)\b)"
    r"(\w+)([^.,;:!?]*)",
    re.IGNORECASE,
)


#: Characters. No question is longer, and a section that is goes every way.
_READ: Final = 10_000


@cached_if_short(1 << 11, 1_000)
def directions(text: str) -> Mapping[str, int]:
    """Return the directions that a text goes by their names: 1 one way, -1 the other, 0 both."""
    found = {}
    text = text[:_READ]
    for name, one, other in _COMPILED:
        away = other.search(text)
        rest = other.sub(" ", text) if away else text
        toward = one.search(rest)
        if toward or away:
            found[name] = int(toward is not None) - int(away is not None)
    return found


@cached_if_short(1 << 12, 1_000)
def wanted(question: str) -> Mapping[str, int]:
    """Return the directions that a question asks for, without what it only reports."""
    question = question[:_READ]
    found = directions(_REPORTED.sub(" ", question))
    return {name: -way for name, way in found.items()} if _UNDONE.search(question) else found


def denied(question: str) -> frozenset[str]:
    """Return the stems of what a question says that it does not want to be done."""
    return frozenset(stem(found[1].lower()) for found in _DENIAL.finditer(question[:_READ]))


def is_opposed(asked: Mapping[str, int], title: str, heading: str, text: str) -> bool:
    """Tell whether a section does the opposite of what a question asks for (`wanted`), and says nothing of that.

    Where the heading goes a way of its own, it decides; else title and text do.
    """
    if not any(asked.values()):
        return False
    headed, titled, said = directions(heading), directions(title), directions(text)
    if asked.get("power") == -1 and not any(way < 1 for each in (headed, titled) for way in each.values()):
        return True  # asked how to end something, and neither heading nor title is about ending anything
    for name, way in asked.items():
        shown = headed.get(name) or titled.get(name) or said.get(name, 0)
        agrees = any(each.get(name) in (way, 0) for each in (headed, said) if name in each)
        if way and shown == -way and not agrees:
            return True
    return False


def agrees(asked: Mapping[str, int], heading: str) -> bool:
    """Tell whether a heading goes the way that a question asks for (`wanted`)."""
    headed = directions(heading)
    return any(way and headed.get(name) == way for name, way in asked.items())


def is_denied(question: str, title: str, heading: str) -> bool:
    """Tell whether a question says that it does not want what a section is about, or asks for nothing else at all."""
    unwanted = denied(question)
    if not unwanted:
        return False
    return bool(unwanted & {*words(title), *words(heading)}) or not words(_DENIAL.sub(" ", question))
