"""Personal data out of text, before it is embedded, logged or stored for training.

Each pattern is linear in the length of the text (bounded repeats, no nesting), and what a pattern cannot decide a check
does: Luhn for cards, mod 97 for IBANs, the parser of the standard library for addresses on the network.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address


@dataclass(frozen=True)
class Redacted:
    """A text without what was found in it, and how often each kind was."""

    text: str
    counts: Mapping[str, int]


def redact(text: str) -> Redacted:
    """Replace e-mail addresses, phone and card numbers, IBANs, network addresses, keys and tokens by their kind."""
    counts: Counter[str] = Counter()
    for kind, pattern, is_one in _KINDS:

        def replaced(match: re.Match[str], kind: str = kind, is_one: Callable[[str], bool] = is_one) -> str:
            if not is_one(match["it"]):
                return match[0]
            counts[kind] += 1
            begin, end = (edge - match.start() for edge in match.span("it"))
            return f"{match[0][:begin]}[{kind}]{match[0][end:]}"

        text = pattern.sub(replaced, text)
    return Redacted(text, dict(counts))


def _digits(text: str) -> list[int]:
    return [int(each) for each in text if each.isdecimal()]


def _is_card(text: str) -> bool:
    """Luhn: every second digit from the right counts double, digits of the product added up."""
    digits = _digits(text)
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 7064 mod 97 over the number with its first four characters at the end, letters as 10 to 35."""
    plain = text.replace(" ", "").upper()
    return 15 <= len(plain) <= 34 and int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def _is_address(text: str) -> bool:
    """Tell an address from `std::string` or a time of day."""
    if ":" in text and sum(map(bool, text.split(":"))) < 3:
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    """Tell a phone number from a date or a small sum: nine digits at least, fifteen at most (E.164)."""
    return 9 <= len(_digits(text)) <= 15


def _always(_: str) -> bool:
    return True


_PRIVATE_KEY = (
    r"(?P<it>-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s]{0,8000}"
    r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?)"
)
_PREFIXED = (
    r"(?<![A-Za-z0-9_-])(?P<it>(?:[srp]k_[A-Za-z0-9_]{8,200}|sk-[A-Za-z0-9_-]{16,200}|gh[opsur]_[A-Za-z0-9]{16,255}"
    r"|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{16,64}|xox[abeprs]-[A-Za-z0-9-]{10,250}|whsec_[A-Za-z0-9+/=]{16,200}"
    r"|A[KS]IA[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{0,2000}))"
)
_NAMED = (
    r"(?i)(?<![a-z0-9])(?:password|passwd|passwort|pwd|secret|token|api[_ -]?key|access[_ -]?key)[\"']?"
    r"(?:[ \t]{0,3}[:=][ \t]{0,3}|[ \t]{1,3}is[ \t]{1,3})[\"']?(?P<it>[^\s\"',;\[\]]{4,200})"
)

_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("secret", re.compile(_PRIVATE_KEY), _always),
    ("secret", re.compile(_PREFIXED), _always),
    ("secret", re.compile(r"(?i)\bbearer[ \t]{1,3}(?P<it>[A-Za-z0-9._~+/=-]{12,4000})"), _always),
    ("secret", re.compile(r"://(?P<it>[^\s/@:]{1,100}:[^\s/@]{1,100})@"), _always),
    ("secret", re.compile(_NAMED), _always),
    (
        "email",
        re.compile(
            r"(?<![^\s@<>()\[\],;:\"])(?P<it>[^\s@<>()\[\],;:\"]{1,256}@[^\W_](?:[\w-]{0,62}\.){1,8}[^\W\d_]{2,24})"
        ),
        _always,
    ),
    (
        "iban",
        re.compile(
            r"(?i)(?<![A-Za-z0-9])(?P<it>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![A-Za-z0-9])"
        ),
        _is_iban,
    ),
    ("card", re.compile(r"(?<![\d.-])(?P<it>\d(?:[ -]?\d){12,18})(?![\d-])"), _is_card),
    ("ip", re.compile(r"(?<![\w.])(?P<it>\d{1,3}(?:\.\d{1,3}){3})(?![\w]|\.\d)"), _is_address),
    ("ip", re.compile(r"(?i)(?<![\w:.])(?P<it>(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4})(?![\w:])"), _is_address),
    ("phone", re.compile(r"(?<![\w+])(?P<it>(?:\+|00)[1-9](?:[ .()/-]{0,3}\d){6,14})(?![\w])"), _is_phone),
    ("phone", re.compile(r"(?<![\w.-])(?P<it>\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4})(?![\w-])"), _is_phone),
    ("phone", re.compile(r"(?<![\w.-])(?P<it>0\d{1,4}[ /.-]\d{2,8}(?:[ .-]?\d{2,4}){1,4})(?![\w:])"), _is_phone),
)
