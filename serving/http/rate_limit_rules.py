"""Read `FIRSTLINE_RATE_LIMITS`: how much of what, for whom, in how long.

    questions.visitor=20/minute 200/day, tickets.address=none

Rules that are not named keep their default; `off` turns all off. docs/operations.md describes each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from serving.errors import SettingNotValid

VARIABLE = "FIRSTLINE_RATE_LIMITS"


class What(StrEnum):
    """What is counted."""

    QUESTIONS = "questions"
    OUTCOMES = "outcomes"
    TICKETS = "tickets"
    SUGGESTIONS = "suggestions"  # while somebody types: they take nothing from the other requests of an office
    REQUESTS = "requests"  # any other
    BYTES = "bytes"  # of bodies, whatever they ask for
    SIGN_IN = "sign_in"  # wrong keys, and wrong signatures of inbound webhooks


class Whom(StrEnum):
    """For whom it is counted; the first three are callers with a publishable key."""

    VISITOR = "visitor"  # as the page names them, at one address
    ADDRESS = "address"
    KEY = "key"
    SECRET_KEY = "secret_key"  # noqa: S105 (a word of a setting)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One limit: a quota in a window."""

    what: What
    whom: Whom
    quota: int
    unit: str

    @property
    def name(self) -> str:
        """The name that clients read in the headers."""
        return f"{self.what}.{self.whom}.{self.unit}"

    @property
    def window(self) -> timedelta:
        """How long a window is."""
        return _UNITS[self.unit]


_UNITS: Mapping[str, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
}
_NONE, _OFF = "none", "off"
_MOST = 2**53  # whole numbers that every JSON and header parser reads

# No honest desk hits these: an address may be an office, a key is a whole site. Secret keys have no limit.
DEFAULTS = """
questions.visitor=20/minute 200/day, questions.address=60/minute 1000/day, questions.key=1200/minute,
outcomes.address=120/minute, tickets.address=20/hour 60/day, tickets.key=300/minute, suggestions.address=600/minute,
requests.address=300/minute, bytes.address=10000000/hour, bytes.key=500000000/hour, sign_in.address=30/minute
"""

Rules = tuple[RateLimit, ...]


def rate_limits(text: str) -> Rules:
    """Return the limits: the defaults, with what the setting says instead.

    Raises `SettingNotValid`: a rule cannot be read.
    """
    if text.strip() == _OFF:
        return ()
    chosen = _read(DEFAULTS) | _read(text)
    return tuple(limit for limits in chosen.values() for limit in limits)


def _read(text: str) -> dict[str, Rules]:
    rules: dict[str, Rules] = {}
    for rule in filter(None, (part.strip() for part in text.split(","))):
        name, _, quotas = (part.strip() for part in rule.partition("="))
        what, _, whom = name.partition(".")
        try:
            for_sign_in = What(what) is What.SIGN_IN
            limits = () if quotas == _NONE else tuple(_limit(what, whom, each) for each in quotas.split())
        except (KeyError, ValueError):
            raise _refused(rule) from None
        if (not limits and quotas != _NONE) or (for_sign_in and whom != Whom.ADDRESS):
            raise _refused(rule)
        rules[name] = limits
    return rules


def _limit(what: str, whom: str, quota: str) -> RateLimit:
    number, _, unit = quota.partition("/")
    _UNITS[unit]
    if not 1 <= int(number) <= _MOST:
        raise ValueError(number)
    return RateLimit(What(what), Whom(whom), int(number), unit)


def _refused(rule: str) -> SettingNotValid:
    whats, whoms, units = ", ".join(What), ", ".join(Whom), ", ".join(_UNITS)
    return SettingNotValid(
        VARIABLE,
        rule,
        f"rules such as `questions.visitor=20/minute 200/day`, apart by commas, `none` for no limit, or `off` for none "
        f"at all. What: {whats} (sign_in by address only). Whom: {whoms}. Units: {units}",
    )
