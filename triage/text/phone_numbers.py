"""Find phone numbers: international ones, the countries of the shipped languages, and what a word announces.

Where no word announces a number, its groups and first digits decide, as the national numbering plans have them. A word
before it ("order", "version") or behind it ("rows", "EUR") says that it counts or names something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from triage.text.account_numbers import SPACE
from triage.text.finder import DIGITS, Finder, where
from triage.text.number_words import announces_another_number, counts_something

_GAP = rf"(?:[{SPACE}]?[./\-\u2010-\u2015][{SPACE}]?|[{SPACE}]{{1,2}})"
_NARROW = rf"(?:[{SPACE}]|-|\u2010|\u2011)"
_MORE = rf"(?:[{SPACE}.()/\-\u2010-\u2015]{{0,3}}[0-9])"
_BEGIN = r"(?<![\w+])(?<![0-9)][.,:/-])"
_END = r"(?![\w%])(?![.,:/-][0-9])"

_SHAPES = {
    "trunk prefix 0 (AT BE CH DE FR GB IE IT NL)": r"\(?0[1-9]\d{0,4}\)?G\d{2,8}(?:G?\d{2,4}){0,4}",
    "trunk prefix in brackets": r"\(0\)[ ]?[1-9]\d{1,4}G\d{2,8}(?:G?\d{2,4}){0,3}",
    "no gap after the trunk prefix": r"0(?:[1-9]\d{8,9}|1[5-7]\d{9})",
    "US CA, and ten digits of MX IT": r"(?:1G)?(?:\(\d{3}\)G?|\d{3}G)\d{3}G\d{4}",
    "BR mobile": r"\(?[1-9]\d\)?N?9\d{4}N\d{4}",
    "BR fixed, MX": r"\(?[1-9]\d\)?N\d{4}N\d{4}",
    "ES PT": r"[26-9]\d{2}N\d{3}N\d{3}|[6-9]\d{2}G\d{2}G\d{2}G\d{2}",
    "ES fixed, PT mobile": r"\(?[89]\d{1,2}\)?G\d{2,3}G\d{2}G\d{2}",
    "PT": r"(?:2[12]|9[1236])G\d{3}G\d{4}",
    "IT mobile": r"3[2-9]\dG\d{6,7}|3[2-9]\dG\d{2}G\d{2}G\d{3}|3[2-9]\dG\d{3}G\d{3}",
}
"""Without the country's code; G and N are what stands between the groups."""
_NATIONAL = "|".join(_SHAPES.values()).replace("G", _GAP).replace("N", _NARROW).replace("\\d", "[0-9]")

_CODES = (
    r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-69]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[058]\d"
    r"|9[679]\d)"
)
_INTERNATIONAL = (
    rf"\+[ ]?(?=[0-9]{{0,3}}){_CODES}{_MORE}{{6,13}}|00{_CODES}{_GAP}\(?[0-9]{_MORE}{{5,12}}|00{_CODES}[0-9]{{8,11}}"
)

_PHONE_WORDS = """
tel tél telefon telefono teléfono telefone telephone téléphone telefoon telefonnummer telefoonnummer telefonisch tlf
phone mobile mobil móvil movil cell cellulare celular cellphone handy handynummer mobilnummer mobiltelefon portable
rufnummer durchwahl fax telefax whatsapp telemóvel telemovel gsm hotline festnetz fixe festnetznummer móviles sms
rückruf rückrufnummer llámame llámeme llamarme llamar appelez rappelez joindre joignable chiamatemi chiamami
richiamatemi raggiungibile bel bereikbaar ligue ligar telefonnr call reach ring dial text anrufen erreichen erreichbar
"""
_OWN_NUMBERS = (
    r"my number|meine nummer|mein[ ]nummer|mon num[ée]ro|mi n[úu]mero|il mio numero|mijn nummer|(?:o )?meu n[úu]mero"
)
_CONNECTIVES = (
    r"number|nummer|n[úu]m[eé]ro|numero|nr|no|num|n[°º]|is|ist|est|es|è|é|was|at|on|under|unter|me|us|mich|uns|moi|nous"
    r"|au|al|allo|aan|op|no|en|el|le|il|het|o|a|ao|direkt|directly|back|tomorrow|today|morgen|heute|demain|mañana|domani"
    r"|hoje|amanhã|para|pelo|please|bitte|via|per|or|oder|ou|der|die|mobile|phone|telefon|here|via"
)
_TRIGGERS = frozenset([*_PHONE_WORDS.split(), "number", "nummer", "numéro", "numero", "número"])
_ANNOUNCED = (
    rf"(?i)(?<![^\W\d_])(?:{'|'.join(sorted(_PHONE_WORDS.split(), key=len, reverse=True))}|{_OWN_NUMBERS})"
    rf"(?:[{SPACE}.:;=()/#–-]{{1,3}}(?:{_CONNECTIVES})(?![^\W\d_])){{0,4}}[{SPACE}.:;=/#–-]{{0,4}}"
    rf"(?P<it>\(?\+?[0-9]{_MORE}{{5,14}})(?!\w)"
)

_DATE = re.compile(
    r"(?:\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)\d\d(?!\d)|(?:19|20)\d\d[./ -](?:0?[1-9]|1[0-2])[./ -]\d{1,2}(?!\d))"
)
_VERSION = re.compile(r"(?!0\d)(?=(?:\d+\.)*\d{1,2}(?:\.|\Z))\d{1,3}(?:\.\d{1,5}){2,}\Z")
_YEAR_WITHIN = re.compile(r"[/-](?:19|20)\d\d[/-]|^[1-9]\d[ /-](?:19|20)\d\d[ /-]|[ /-](?:19|20)\d\d$")
_SERIAL = re.compile(r"\d{4}(?:-\d{4}){2,}\Z")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,}\Z|[1-9]\d{0,2}(?:\D000){2,}\Z")
_DATE_BEHIND = re.compile(r"(?<=\d)\D{1,3}(?=(?:\d{1,2}|(?:19|20)\d\d)(?!\d))")
_SHORTEST, _LONGEST = 9, 15  # E.164 allows fifteen digits
_SHORTEST_ANNOUNCED = 6


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))


def _international(match: re.Match[str]) -> int:
    """Count at most fifteen digits behind `+`; `00` may also stand within a longer number."""
    found = match["it"]
    if found.startswith("00") and announces_another_number(match.string, match.start("it")):
        return 0
    longest = _LONGEST + 2 * found.startswith("00")
    return next((end for end in _ends(found) if _digits(found[:end]) <= longest), 0)


def _national(match: re.Match[str]) -> int:
    """Tell a phone number from a date, a sum, an order, a serial number and a count."""
    found, begin = match["it"], match.start("it")
    for end in _ends(found):
        if _SHORTEST <= _digits(found[:end]) <= _LONGEST and not _is_other(found[:end]):
            other = announces_another_number(match.string, begin) or counts_something(match.string, begin + end)
            return 0 if other else end
    return 0


def _ends(found: str) -> Iterator[int]:
    """Yield where the number may end: at its last digit, or before what may be the first group of a date."""
    yield len(found)
    for rest in reversed(list(_DATE_BEHIND.finditer(found))):
        yield rest.start()


def _is_other(found: str) -> bool:
    if _DATE.match(found) or _SERIAL.match(found) or _THOUSANDS.match(found) or len(set(found)) == 1:
        return True
    return bool(_YEAR_WITHIN.search(found)) and not found.startswith("(")


def _announced(match: re.Match[str]) -> int:
    """Take a shorter number, too, where a word says that it is a phone's."""
    found = match["it"]
    enough = _SHORTEST_ANNOUNCED <= _digits(found) <= _LONGEST
    return len(found) if enough and not _DATE.match(found) and not _VERSION.match(found) else 0


FINDERS = (
    Finder("phone", re.compile(rf"(?<![\w+])(?P<it>{_INTERNATIONAL})(?!\w)"), where(_international), signs=("+", "00")),
    Finder("phone", re.compile(_ANNOUNCED), where(_announced), words=_TRIGGERS),
    Finder("phone", re.compile(rf"{_BEGIN}(?P<it>{_NATIONAL}){_END}"), where(_national), signs=DIGITS),
)
