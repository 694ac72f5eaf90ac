"""Order numbers: what follows the word for an order in seven languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from triage.fields.places import Place
from triage.text.number_words import counts_something

_CODE: Final = r"(?=[A-Z/-]{0,12}[0-9])([A-Z0-9]{1,20}(?:[-/][A-Z0-9]{1,14}){0,4})(?![\w]|[-/.,:]?[0-9]|[ ]?%)"
_FIRST: Final = re.compile(
    r"(?<![^\W_])(?:(?:purchase[ ])?orders?|bestellung(?:en)?|bestell|auftrag|commandes?|pedidos?|ordin[ei]"
    r"|bestelling(?:en)?|bestel|encomendas?)(?:s|s?nummer)?"
    r"(?:[ .\u00a0-]{1,2}(?:confirmation"
    r"|number|numbers|nummer|nr|no|num|número|numéro|numero|id|código|code|n)\b|[ ]n[°º])?"
    rf"(?:[ \u00a0.:#°º=(\"-]|[ ]is\b|[ ](?:lautet|est|es|è|é)\b){{1,4}}{_CODE}",
    re.IGNORECASE,
)
_OF_ORDER: Final = re.compile(
    r"(?<![^\W_])(?:numéro|numero|número|nummer|number|código|n[°º])[ ]"
    r"(?:de[ ]|do[ ]|da[ ]|of[ ]|van[ ]|del[ ]|dell[’']){1,2}(?:la[ ]|the[ ]|my[ ]|mi[ ]|ma[ ])?"
    r"(?:order|commande|pedido|ordine|bestelling|encomenda|d[’']ordine)"
    rf"(?:[ \u00a0.:#=]|[ ](?:is|est|es|è|é)\b){{1,4}}{_CODE}",
    re.IGNORECASE,
)
_STEMS: Final = ("order", "bestel", "auftrag", "command", "pedido", "ordin", "encomenda")
_NEXT: Final = re.compile(rf"(?:,[ ]?|,?[ ](?:and|und|et|y|e|en|&)[ ])#?{_CODE}", re.IGNORECASE)
_FEWEST: Final = 4  # characters, of which as many are digits unless letters stand before them
_FEWEST_DIGITS: Final = 3
_MOST_IN_A_ROW: Final = 10


def order_numbers(text: str) -> Iterator[Place]:
    """Yield order numbers in order, in capitals."""
    lower, end = text.lower(), 0
    if not any(stem in lower for stem in _STEMS):  # as of most texts
        return
    firsts = [*_FIRST.finditer(text), *_OF_ORDER.finditer(text)]
    for found in sorted(firsts, key=lambda each: each.start(1)):
        match: re.Match[str] | None = found
        for _ in range(_MOST_IN_A_ROW):
            if match is None or match.start(1) < end or not _is_one(text, match):
                break
            end = match.end(1)
            yield Place(match.start(1), end, match[1].upper())
            match = _NEXT.match(text, end)


def _is_one(text: str, found: re.Match[str]) -> bool:
    """Tell a number of an order from a word, a short number, and a number of things."""
    written = found[1]
    digits = sum(map(str.isdigit, written))
    if digits < _FEWEST_DIGITS or len(written) < _FEWEST:
        return False
    return not (written.isdigit() and counts_something(text, found.end(1)))
