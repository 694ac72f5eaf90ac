"""Find e-mail addresses, addresses of machines, and names of files that people send."""

from __future__ import annotations

import re
from ipaddress import ip_address

from triage.text.finder import DIGITS, Finder, where

_VERSIONED = re.compile(
    r"(?i)(?:\b(?:v|ver|vers|version|versione|versión|versão|versie|build|release|update|firmware|driver|sdk|revision)"
    r"[ .:=#\"']{0,2}|[\w>]/)\Z"
)
_PLACED = re.compile(r"(?i)(?:\bip|address|adresse|host|server|from|von|by|via|ping|\[|@|//)[ \t]?[:=]?[ \t]?\Z")
_FEW = 8


def _machine(match: re.Match[str]) -> int:
    """Tell an address from a version, a time of day, `std::string`, and what every machine calls itself."""
    found = match["it"]
    if ":" in found and sum(map(bool, found.split(":"))) < 3:
        return 0
    before = match.string[max(0, match.start("it") - 12) : match.start("it")]
    if ":" not in found and (
        _VERSIONED.search(before) or (int(found.partition(".")[0]) < _FEW and not _PLACED.search(before))
    ):
        return 0
    try:
        address = ip_address(found)
    except ValueError:
        return 0
    of_nobody = found.startswith(("0.", "127.", "255.")) or address.is_loopback or address.is_unspecified
    return 0 if of_nobody else len(found)


_FILE_ENDINGS = frozenset(["png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "js", "css", "ts", "json", "html"])


def _email(match: re.Match[str]) -> int:
    """Tell an address from the picture `logo@2x.png`."""
    return 0 if match["it"].rpartition(".")[2].lower() in _FILE_ENDINGS else len(match["it"])


_DOT = r"[ ]?(?:[\[({]\s?(?:dot|punkt|point|punto|ponto|punt)\s?[\])}]|\.)[ ]?"
_TLD = r"(?:com|org|net|edu|gov|io|co|info|de|at|ch|fr|es|it|nl|be|pt|br|uk|eu|us|ca|example)"
_DOCUMENT = (
    r"(?i:pdf|docx?|odt|rtf|xlsx?|ods|pptx?|odp|png|jpe?g|gif|heic|tiff?|bmp|webp|eml|msg|vcf|ics|mp4|mov|p12|pfx)"
)
_DOCUMENT_ENDINGS = """
pdf doc docx odt rtf xls xlsx ods ppt pptx odp png jpg jpeg gif heic tif tiff bmp webp eml msg vcf ics mp mov p pfx
"""
_DOCUMENT_WORDS = frozenset(_DOCUMENT_ENDINGS.split())

FINDERS = (
    Finder(
        "email",
        re.compile(
            r"(?<![^\s@<>()\[\],;:\"'=])(?P<it>[^\s@<>()\[\],;:\"'=]{1,64}@[^\W_](?:[\w-]{0,62}\.){1,8}[^\W\d_]{2,24})"
        ),
        where(_email),
        signs=("@",),
    ),
    Finder(
        "email",
        re.compile(
            r"(?:(?<![\w.+%-])|(?<=%3[ADFadf])|(?<=%2[6Ff]))(?P<it>(?:[\w.+-]|%(?!3[ADFadf]|2[6Ff]|(?:25){0,3}40)[0-9A-Fa-f]{2})"
            r"{1,96}%(?:25){0,3}40[^\W_](?:[\w-]{0,62}\.){1,8}[^\W\d_]{2,24})"
        ),
        where(_email),
        signs=("%40", "%2540", "%252540"),
    ),
    Finder(
        "email",
        re.compile(
            rf"(?i)(?<![\w.+-])(?P<it>[\w.+-]{{1,64}}[ ]?[\[({{]\s?(?:at|arroba|chez)\s?[\])}}][ ]?"
            rf"(?:[\w-]{{1,63}}{_DOT}){{1,4}}{_TLD})\b"
        ),
        words=frozenset(["at", "arroba", "chez"]),
        signs=("(", "[", "{"),
    ),
    Finder(
        "email",
        re.compile(rf"(?i)(?<![\w.+-])(?P<it>[\w.+-]{{1,64}}[ ]at[ ](?:[\w-]{{1,63}}[ ]dot[ ]){{1,4}}{_TLD})\b"),
        words=frozenset(["dot"]),
    ),
    Finder(
        "attachment",
        re.compile(rf"(?P<left>[\"“„«])(?P<it>[^\"“”„«»\n/\\<>|]{{1,120}}\.{_DOCUMENT})(?=[\"”“»])"),
        words=_DOCUMENT_WORDS,
    ),
    Finder(
        "attachment",
        re.compile(rf"(?<![\w/\\.%@=&?~-])(?P<it>\w[\w.()+-]{{0,119}}\.{_DOCUMENT})(?![\w/-])"),
        words=_DOCUMENT_WORDS,
    ),
)
"""Addresses of people, and names of files."""

MACHINES = (
    Finder(
        "ip",
        re.compile(r"(?<![\w.])(?P<it>\d{1,3}(?:\.\d{1,3}){3})(?![\w]|\.\d)"),
        where(_machine),
        signs=DIGITS,
    ),
    Finder(
        "ip",
        re.compile(r"(?i)(?<![\w:.])(?P<it>(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})(?![\w:])"),
        where(_machine),
        signs=(":",),
    ),
    Finder(
        "ip",
        re.compile(r"(?i)(?<![\w:-])(?P<it>[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})(?![\w:-])"),  # of a device
        signs=(":", "-"),
    ),
)
"""Addresses of machines, which look a little like numbers of cards and of phones."""
