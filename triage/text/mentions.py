"""Find a person's address or visitor id in texts, however it is written.

Addresses are compared without case, compatibility forms of characters (NFKC), invisible characters and the notation of
the domain (IDNA). What stands after a `+` belongs to the address: `ann+shop@…` is not `ann@…`.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MARK = "[erased]"
_SHORTEST_ID = 8  # a shorter visitor id may stand in texts that mean something else
_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_WIDE_AT = "＠"
_FILE = r"(?:csv|docx?|eml|gif|html?|jpe?g|json|log|msg|pdf|png|txt|xlsx?|zip)\b"  # `ann@example.com.pdf` names a file
_BEFORE, _AFTER = r"(?:(?<![\w.+-])|(?<=%[0-9a-f]{2}))", rf"(?![\w-])(?!\.(?!{_FILE})\w)"


def normalised(text: str) -> str:
    """Return an address as it is compared (`Ann <ANN@Example.com>` is `ann@example.com`), another id as it is."""
    text = _plain(text).strip()
    if (found := _IN_BRACKETS.search(text)) and "@" in found[1]:
        text = found[1].strip()
    if text[:7].casefold() == "mailto:":
        text = text[7:]
    local, _, domain = text.rpartition("@")
    return f"{local.casefold()}@{_ascii(domain)}" if local and domain else text


def is_address(text: str) -> bool:
    """Tell whether a normalised text is an address."""
    local, _, domain = text.rpartition("@")
    return bool(local and domain)


@dataclass(frozen=True, slots=True)
class Mention:
    """A person's address or id, as it may stand in a text."""

    pattern: re.Pattern[str]
    fragments: tuple[str, ...]  # in lower case; one of them stands in every text that mentions the person
    hints: tuple[str, ...]  # the same for a field that holds nothing else, also in compatibility forms of characters

    @classmethod
    def of(cls, person: str) -> "Mention | None":
        """Return how to find a normalised address or id; None for an id that is a word like others."""
        if is_address(person):
            return _of_address(person)
        if len(person) < _SHORTEST_ID or person.isalpha():
            return None
        pattern = re.compile(rf"(?<!\w){re.escape(person)}(?!\w)")
        fragment = searchable(person.lower())
        return cls(pattern, (fragment,), (fragment,))

    def is_in(self, value: Any) -> bool:  # noqa: ANN401 (whatever a column holds)
        """Tell whether a text, bytes of JSON, or a text in a document mentions the person."""
        if isinstance(value, bytes):
            value = _decoded(value)
        return any(self._without(text) != text for text in _texts(value))

    def erased_from(self, value: Any, mark: str = MARK) -> Any:  # noqa: ANN401
        """Return the same text or document with a mark in place of the person."""
        if isinstance(value, str):
            return self._without(value, mark)
        if isinstance(value, list | tuple):
            return [self.erased_from(each, mark) for each in value]
        if isinstance(value, dict):
            return {self._without(name, mark): self.erased_from(each, mark) for name, each in value.items()}
        return value

    def _without(self, text: str, mark: str = MARK) -> str:
        erased = self.pattern.sub(mark, text)
        if not erased.isascii() and self.pattern.search(plain := _plain(erased)):
            return self.pattern.sub(mark, plain)
        return erased


def _of_address(address: str) -> Mention:
    local, _, domain = address.rpartition("@")
    locals_, domains = _with_sharp_s({local}), _with_sharp_s({domain, _unicode(domain)})
    own, written = ("|".join(re.escape(each) for each in sorted(forms)) for forms in (locals_, domains))
    pattern = re.compile(rf"{_BEFORE}(?:{own})(?:@|%40)(?:{written}){_AFTER}", re.IGNORECASE)
    fragments = {searchable(f"{name}{sign}{each}") for name in locals_ for sign in ("@", "%40") for each in domains}
    names = {f"{name}@" for name in locals_ if searchable(name) == name} if locals_ == {local} else set()
    hints = {*(searchable(each) for each in domains), *names}
    return Mention(pattern, (*sorted(fragments), _WIDE_AT), (*sorted(hints), _WIDE_AT))


def _with_sharp_s(forms: set[str]) -> set[str]:
    """Add the forms with ß, which an address is compared without (`casefold` and IDNA make it ss)."""
    return forms | {each.replace("ss", "ß") for each in forms}


def searchable(text: str) -> str:
    """Return the longest part that every database folds alike and that JSON writes as it is."""
    return max(re.split(r'[^\x20-\x7e]|["\\]', text), key=len)


def _plain(text: str) -> str:
    """Return the text without compatibility forms and invisible characters."""
    folded = unicodedata.normalize("NFKC", text)
    return folded if folded.isascii() else "".join(each for each in folded if unicodedata.category(each) != "Cf")


def _ascii(domain: str) -> str:
    domain = domain.casefold().rstrip(".")
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def _unicode(domain: str) -> str:
    try:
        return domain.encode().decode("idna")
    except UnicodeError:
        return domain


def _decoded(content: bytes) -> object:
    try:
        decoded: object = json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")
    return decoded


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each)
