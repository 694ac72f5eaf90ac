"""The words of a text that are counted, and the hosts of its links."""

from __future__ import annotations

import re

from triage.text.plain_letters import without_accents

MOST_WORDS = 120  # of one text: a pasted log must not outweigh what people write
_SHORTEST, _LONGEST = 3, 32
_PLURAL = 4
# Letters with digits and hyphens among them, such as an error code; a status code; a pair of letters of a script
# without spaces.
_WORD = re.compile(r"[a-z\u00df-\u024f\u0370-\u1fff][\w-]*|\b[45]\d\d\b|[\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7af]+")
_DENSE = re.compile(r"[\u0e00-\u0eff\u3040-\u9fff]")
_ADDRESS = re.compile(r"(?<!\S)\S+@\S+")
_LINK = re.compile(
    r"(?:https?://|www\.)([a-z0-9.-]{1,253})"
    r"|(?<![\w@./-])((?:[a-z0-9-]{1,63}\.){1,8}(?:com|net|org|io|info|biz|xyz|top|club|shop|online|site|store|live|link|co|me"
    r"|app|dev|ai|ru|cn|in|uk|de|fr|es|it|nl|eu|us|example))(?![\w.-]{0,253}@)\b"
)
# What the calendar alone makes frequent: months and days in the seven languages of the product.
_CALENDAR_NAMES = """
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
mon tue wed thu fri sat sun today yesterday tomorrow
januar februar marz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag
janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre lundi mardi mercredi jeudi vendredi
samedi dimanche enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes
miercoles jueves viernes sabado domingo janeiro fevereiro marco maio junho julho setembro outubro novembro dezembro
segunda terca quarta quinta sexta januari februari maart mei augustus maandag dinsdag woensdag donderdag vrijdag
zaterdag zondag gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedi martedi mercoledi
giovedi venerdi sabato domenica
"""
_CALENDAR = frozenset(_CALENDAR_NAMES.split())


def words_of(text: str) -> frozenset[str]:
    """Return the distinct words of a text, without accents, plurals, numbers, addresses and the calendar's names."""
    plain = without_accents(_LINK.sub(" ", _ADDRESS.sub(" ", text.lower())))
    found: dict[str, None] = {}
    for match in _WORD.finditer(plain):
        for word in _split(match[0].strip("-_")):
            if word not in _CALENDAR:
                found[word] = None
        if len(found) >= MOST_WORDS:
            break
    return frozenset(found)


def hosts_of(text: str) -> frozenset[str]:
    """Return the sites that a text links to, each by the last two parts of its name."""
    plain = _ADDRESS.sub(" ", text.lower())
    return frozenset(
        ".".join(host.strip(".-").split(".")[-2:]) for match in _LINK.finditer(plain) if (host := match[1] or match[2])
    )


def _split(word: str) -> list[str]:
    if _DENSE.match(word):
        return [word[at : at + 2] for at in range(max(len(word) - 1, 1))]
    if not _SHORTEST <= len(word) <= _LONGEST:
        return []
    plural = len(word) > _PLURAL and word.endswith("s") and not word.endswith("ss")
    return [word[:-1] if plural else word]
