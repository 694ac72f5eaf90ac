"""Texts that only close, in seven languages: thanks, "it works now", farewells, friendly emoji, automatic replies."""

from __future__ import annotations

from typing import Final

from triage.text.automatic import is_automatic
from triage.text.nobody.phrase_patterns import STOP, Phrases, read, said

THANKS: Final = "thanks"
SOLVED: Final = "solved"
FAREWELL: Final = "farewell"
_LONG: Final = 400  # characters; a longer text says more
_PHRASES: Final[dict[str, Phrases]] = read("triage.text.nobody", "closing.toml")
_CONFIRMING: Final = frozenset({THANKS, SOLVED})
_CLOSING_WORDS: Final = 30
#: Enough alone; a plain smile (🙂) is not, as it also begins a conversation.
_FRIENDLY: Final = frozenset("👍👌🙏😊😀😃😄😁😆😍🥰😘😎🤗🎉🥳💪👏🙌❤♥💙💚💛🧡💜🖤🤍💯✅✔☺😉🤝⭐🌟👋🤩😇🫶🏆🚀✨")
_SIGNS: Final = _FRIENDLY | frozenset("🙂.,!…-–—:;()'’\"*~/¡\ufe0f\u200d🏻🏼🏽🏾🏿")


def closing_kinds(text: str) -> frozenset[str]:
    """Return the kinds of phrases that make up the whole text: `thanks`, `solved`, `farewell`, and filler between them.

    Empty where it says anything else, asks, or is only filler. A friendly emoji alone thanks.
    """
    if len(text) >= _LONG or not _is_friendly(text):
        return frozenset()
    words = [word for word in said(text) if word != STOP]
    if not words:
        return frozenset({THANKS})
    found = _kinds(words) if len(words) <= _CLOSING_WORDS else frozenset[str]()
    return found if found & {THANKS, SOLVED, FAREWELL} else frozenset()


def is_automatic_text(text: str) -> bool:
    """Tell whether a text is headed as an automatic reply, or says that somebody is away and when they answer."""
    words = said(text)
    headed = any(end < len(words) and words[end] == STOP for end in _PHRASES["automatic"].ends(words, 0))
    away = _PHRASES["away"].are_in(words) and _PHRASES["back"].are_in(words)
    return headed or away or is_automatic("", text)


def _kinds(words: list[str]) -> frozenset[str]:
    """Return the kinds of phrases that together make up the whole text; none when something is left over."""
    reached: list[set[frozenset[str]]] = [set() for _ in range(len(words) + 1)]
    reached[0].add(frozenset())
    for start in range(len(words)):
        if reached[start]:
            for kind in (THANKS, SOLVED, FAREWELL, "filler"):
                for end in _PHRASES[kind].ends(words, start):
                    reached[end] |= {kinds | {kind} for kinds in reached[start]}
    whole = reached[len(words)]
    # "Thanks anyway" is a farewell: where a text can be read in two ways, the one that says less counts.
    return min(whole, key=lambda kinds: (len(kinds & _CONFIRMING), -len(kinds)), default=frozenset())


def _is_friendly(text: str) -> bool:
    """Tell whether there are words or friendly emoji, and no question mark or any other sign."""
    signs = {sign for sign in text if not sign.isalnum() and not sign.isspace()}
    return "?" not in signs and signs <= _SIGNS and (any(map(str.isalpha, text)) or bool(signs & _FRIENDLY))
