"""Redact personal data before text is embedded, logged or stored for training.

Each pattern is linear in the length of the text (bounded repeats, no nesting), and what a pattern cannot decide a check
does: Luhn for cards, mod 97 for IBANs, the parser of the standard library for addresses on the network. Numbers that
support lives on (orders, versions, dates, error codes) stay; so do articles, which are the desk's own.

A placeholder names the kind of data ([email], [phone]), so that models can learn from it. Redacting a text twice
changes nothing more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from triage.text.credentials import CREDENTIALS
from triage.text.personal_names import MENTIONS, known_names

Check = Callable[[re.Match[str]], int]
"""How many characters of the group `it` are what the pattern looks for; 0 when it is something else."""


@dataclass(frozen=True)
class Redacted:
    """A redacted text, with counts by kind of personal data."""

    text: str
    counts: Mapping[str, int]


def redact(text: str, known: Sequence[str] = ()) -> Redacted:
    """Replace personal data and credentials by their kind.

    Parameters
    ----------
    text
        With its line breaks: a signature is known by them.
    known
        The requester's e-mail address, name and account, as far as they are known: replaced wherever they stand.

    Returns
    -------
    Redacted
    """
    counts: Counter[str] = Counter()
    for kind, pattern, check in _KINDS:
        text = _without(text, kind, pattern, check, counts)
    for pattern in known_names(known):
        text = _without(text, "name", pattern, _whole, counts)
    for pattern in MENTIONS:
        text = _without(text, "name", pattern, _whole, counts)
    return Redacted(text, dict(counts))


def _without(text: str, kind: str, pattern: re.Pattern[str], check: Check, counts: Counter[str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        length = check(match)
        if not length:
            return match[0]
        counts[kind] += 1
        begin = match.start("it") - match.start()
        return f"{match[0][:begin]}[{kind}]{match[0][begin + length :]}"

    return pattern.sub(replaced, text)


def _whole(match: re.Match[str]) -> int:
    return len(match["it"])


def _digits(text: str) -> list[int]:
    return [int(each) for each in text if each.isdecimal()]


def _card(match: re.Match[str]) -> int:
    """Luhn (every second digit from the right counts double, digits of the product added up), and an issuer's range."""
    digits = _digits(match["it"])
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    issued = digits[0] in {3, 4, 5, 6} or (digits[0] == 2 and len(digits) == 16)
    sound = len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0
    return len(match["it"]) if issued and sound else 0


def _iban(match: re.Match[str]) -> int:
    """ISO 7064 mod 97 over the number with its first four characters at the end, letters as 10 to 35.

    What follows an IBAN may look like one more group of it, so the country says how long one is.
    """
    found = match["it"]
    length = _IBAN_LENGTHS.get(found[:2].upper(), 0)
    places = [place for place, each in enumerate(found) if each.isalnum()]
    if not length or len(places) < length or (len(places) > length and found[places[length] - 1].isalnum()):
        return 0
    plain = "".join(found[place] for place in places[:length])
    number = int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4]))
    return places[length - 1] + 1 if number % 97 == 1 else 0


_IBANS = """
15:NO 16:BE 18:DK,FI,FO,GL,NL,SD,FK 19:MK,SI 20:AT,BA,EE,KZ,LT,LU,XK,MN 21:CH,CR,HR,LI,LV 22:BG,BH,DE,GB,GE,IE,ME,RS,VA
23:AE,GI,IL,IQ,OM,TL,SO 24:AD,CZ,ES,MD,PK,RO,SA,SE,SK,TN,VG,LY,ST 25:PT 26:IS,TR 27:BI,DJ,FR,GR,IT,MC,MR,SM
28:AL,AZ,BY,CY,DO,GT,HU,LB,NI,PL,SV 29:BR,EG,PS,QA,UA 30:JO,KW,MU 31:MT,SC 32:LC 33:RU
"""  # the length of an IBAN by country, as in the registry of ISO 13616
_IBAN_LENGTHS = {
    country: int(length)
    for length, _, countries in (each.partition(":") for each in _IBANS.split())
    for country in countries.split(",")
}
_VERSIONED = re.compile(
    r"(?i)(?:\b(?:v|ver|vers|version|versione|versión|versão|versie|build|release|update|firmware|driver|sdk|revision)"
    r"[ .:=#\"']{0,2}|[\w>]/)\Z"
)
_PLACED = re.compile(r"(?i)(?:\bip|address|adresse|host|server|from|von|by|via|ping|\[|@|//)[ \t]?[:=]?[ \t]?\Z")
_FEW = 8


def _address(match: re.Match[str]) -> int:
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


_DATE = re.compile(r"(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})")
_SHORTEST_PHONE, _LONGEST_PHONE = 9, 15


def _phone(match: re.Match[str]) -> int:
    """Tell a phone number from a date or a small sum: nine digits at least, fifteen at most (E.164)."""
    enough = _SHORTEST_PHONE <= len(_digits(match["it"])) <= _LONGEST_PHONE
    return len(match["it"]) if enough and not _DATE.match(match["it"]) else 0


def _called(match: re.Match[str]) -> int:
    """Take a shorter number where a word says that it is a phone's."""
    enough = 6 <= len(_digits(match["it"])) <= _LONGEST_PHONE
    return len(match["it"]) if enough and not _DATE.match(match["it"]) else 0


_FILE_ENDINGS = frozenset(["png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "js", "css", "ts", "json", "html"])


def _email(match: re.Match[str]) -> int:
    """Tell an address from the picture `logo@2x.png`."""
    return 0 if match["it"].rpartition(".")[2].lower() in _FILE_ENDINGS else len(match["it"])


_DOT = r"[ ]?(?:[\[({]\s?(?:dot|punkt|point|punto|ponto|punt)\s?[\])}]|\.)[ ]?"
_TLD = r"(?:com|org|net|edu|gov|io|co|info|de|at|ch|fr|es|it|nl|be|pt|br|uk|eu|us|ca|example)"
_PHONE_WORD = (
    r"(?i:\b(?:tel(?:[ée]fon[oe]?|ephone|efoon)?|t[ée]l(?:[ée]phone)?|phone(?:[ ]number)?|mobile?|m[óo]vil"
    r"|cell(?:ulare)?|celular|handy(?:nummer)?|portable|rufnummer|fax|whatsapp|telem[óo]vel|gsm"
    r"|call(?:[ ]me)?(?:[ ](?:at|on))?|reach[ ]me[ ](?:at|on)|my[ ]number|meine[ ]nummer))"
)
_MORE = "(?:[ \u00a0.()/-]{0,3}\\d)"
_BETWEEN = "[ \u00a0\u202f./-]"
_DOCUMENT = (
    r"(?i:pdf|docx?|odt|rtf|xlsx?|ods|pptx?|odp|png|jpe?g|gif|heic|tiff?|bmp|webp|eml|msg|vcf|ics|mp4|mov|p12|pfx)"
)

_KINDS: tuple[tuple[str, re.Pattern[str], Check], ...] = (
    *(("secret", pattern, check) for pattern, check in CREDENTIALS),
    (
        "email",
        re.compile(
            r"(?<![^\s@<>()\[\],;:\"'=])(?P<it>[^\s@<>()\[\],;:\"'=]{1,64}@[^\W_](?:[\w-]{0,62}\.){1,8}[^\W\d_]{2,24})"
        ),
        _email,
    ),
    (
        "email",
        re.compile(
            rf"(?i)(?<![\w.+-])(?P<it>[\w.+-]{{1,64}}[ ]?[\[({{]\s?(?:at|arroba|chez)\s?[\])}}][ ]?"
            rf"(?:[\w-]{{1,63}}{_DOT}){{1,4}}{_TLD})\b"
        ),
        _whole,
    ),
    (
        "email",
        re.compile(rf"(?i)(?<![\w.+-])(?P<it>[\w.+-]{{1,64}}[ ]at[ ](?:[\w-]{{1,63}}[ ]dot[ ]){{1,4}}{_TLD})\b"),
        _whole,
    ),
    (
        "attachment",
        re.compile(rf"(?P<left>[\"“„«])(?P<it>[^\"“”„«»\n/\\<>|]{{1,120}}\.{_DOCUMENT})(?=[\"”“»])"),
        _whole,
    ),
    ("attachment", re.compile(rf"(?<![\w/\\.%@=&?~-])(?P<it>\w[\w.()+-]{{0,119}}\.{_DOCUMENT})(?![\w/-])"), _whole),
    (
        "iban",
        re.compile(
            r"(?i)(?<![A-Za-z0-9])(?P<it>[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])"
        ),
        _iban,
    ),
    ("card", re.compile(rf"(?<![\d.-])(?P<it>\d(?:{_BETWEEN}?\d){{12,18}})(?![\d-])"), _card),
    ("ip", re.compile(r"(?<![\w.])(?P<it>\d{1,3}(?:\.\d{1,3}){3})(?![\w]|\.\d)"), _address),
    ("ip", re.compile(r"(?i)(?<![\w:.])(?P<it>(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})(?![\w:])"), _address),
    ("ip", re.compile(r"(?i)(?<![\w:-])(?P<it>[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5})(?![\w:-])"), _whole),  # of a device
    ("phone", re.compile(rf"(?<![\w+])(?P<it>\+[1-9]{_MORE}{{6,14}})(?!\w)"), _phone),
    (
        "phone",
        re.compile(rf"(?<![\w+.])(?P<it>00[1-9]\d{{0,2}}{_BETWEEN}\(?{_MORE}{{6,13}})(?!\w)"),
        _phone,
    ),
    ("phone", re.compile(r"(?<![\w.-])(?P<it>\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4})(?![\w-])"), _phone),
    (
        "phone",
        re.compile(r"(?<![\w.-])(?P<it>\(?0\d{1,4}\)?[ /.-]{1,2}\d{2,8}(?:[ .-]?\d{2,4}){1,4})(?![\w:])"),
        _phone,
    ),
    (
        "phone",
        re.compile(rf"{_PHONE_WORD}[ \t.:#-]{{0,4}}(?P<it>\(?\+?\d{_MORE}{{5,14}})(?!\w)"),
        _called,
    ),
)
