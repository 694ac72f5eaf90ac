"""The fields that a desk declares in `fields.toml`; `triage/policies/fields.toml` explains its tables."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import resources
from typing import Any, Final

from triage.errors import FieldsRefused
from triage.fields.checksums import CHECKSUMS
from triage.fields.dictionary import Dictionary, Nearest, spoken
from triage.fields.rules import KINDS, Bounds, FieldRule
from triage.fields.safe_patterns import PatternNotSafe, compiled
from triage.reading.bounded_tables import toml_tables
from triage.tickets.attributes import LABELS, NAMES, Attributes, Conditions, conditions

FILE: Final = "fields.toml"
MOST_FIELDS: Final = 50
MOST_NAMES: Final = 5_000
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_LONGEST_NAME, _LONGEST_LABEL, _MOST = 100, 80, 20
_FOR_ALL: Final = "all"
_ALWAYS: Final = frozenset({"kind", "label", "store", "required_for", "most"})
_OF_KIND: Final[Mapping[str, frozenset[str]]] = {
    "pattern": frozenset({"pattern", "ignore_case", "checksum", "at_least", "at_most"}),
    "dictionary": frozenset({"names", "typos", "typos_from"}),
    "order_number": frozenset({"checksum", "at_least", "at_most"}),
    "amount": frozenset({"at_least", "at_most"}),
    "date": frozenset({"month_first", "at_least", "at_most", "not_in_future"}),
}
_TYPOS, _TYPOS_FROM, _SHORTEST = 0.85, 6, 4


@dataclass(frozen=True)
class TicketFields:
    """The fields of a desk, in the order of its file."""

    rules: tuple[FieldRule, ...] = ()

    def named(self, name: str) -> FieldRule | None:
        """Return a field by its name, None where there is none."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def required_of(self, attributes: Attributes) -> list[FieldRule]:
        """Return the fields that a ticket with these attributes should have."""
        return [rule for rule in self.rules if rule.is_required_of(attributes)]

    @property
    def ask_for_labels(self) -> bool:
        """Whether it hangs on labels which fields a ticket should have."""
        known = set(NAMES) - set(LABELS)  # of the question; all else is a label of some head
        return any(rule.required and not known.issuperset(rule.required.values) for rule in self.rules)


def default(nearest: Nearest | None = None) -> TicketFields:
    """Return the fields that come with Firstline."""
    return parse(resources.files("triage").joinpath(f"policies/{FILE}").read_text(encoding="utf-8"), nearest)


def parse(text: str, nearest: Nearest | None = None, heads: Sequence[str] = ()) -> TicketFields:
    """Read fields from TOML: a table for each.

    Parameters
    ----------
    text
        The whole file.
    nearest
        Compares a mistyped name with those of a dictionary; without it only exact names are found.
    heads
        The heads that the desk declared: `required_for` may ask about them, too.

    Returns
    -------
    The fields, checked.

    Raises
    ------
    FieldsRefused
        With the field: a key that its kind does not have, a pattern that could take too long, or a contradiction.
    """
    try:
        tables = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise FieldsRefused("", f"it is no TOML: {problem}") from None
    if len(tables) > MOST_FIELDS:
        raise FieldsRefused("", f"it has {len(tables)} fields, and at most {MOST_FIELDS} are read")
    return TicketFields(tuple(_rule(name, table, nearest, heads) for name, table in tables.items()))


def _rule(name: str, table: object, nearest: Nearest | None, heads: Sequence[str]) -> FieldRule:
    if not _NAME.fullmatch(name):
        raise FieldsRefused(name, "a name is in small letters, digits and underscores, and begins with a letter")
    kind = table.get("kind") if isinstance(table, dict) else None
    if not isinstance(table, dict) or kind not in KINDS:
        raise FieldsRefused(name, f"its kind is {kind!r}; kinds are {', '.join(KINDS)}")
    if strange := set(table) - _ALWAYS - _OF_KIND.get(kind, frozenset()):
        known = ", ".join(sorted(_ALWAYS | _OF_KIND.get(kind, frozenset())))
        raise FieldsRefused(name, f"a field of kind {kind} has no {min(strange)}; it has {known}")
    rule = FieldRule(
        name=name,
        kind=kind,
        labels=_labels(name, table.get("label", name.replace("_", " ").capitalize())),
        pattern=_pattern(name, table) if kind == "pattern" else None,
        dictionary=_dictionary(name, table, nearest) if kind == "dictionary" else None,
        checksum=_checksum(name, table),
        bounds=_bounds(name, kind, table),
        month_first=_flag(name, table, "month_first", default=False),
        store=_flag(name, table, "store", default=True),
        required=_required(name, table.get("required_for"), heads),
        most=_whole(name, table, "most", FieldRule.most, _MOST),
    )
    if rule.required is not None and not rule.store:
        raise FieldsRefused(name, "it is asked for and not stored: set required_for or store = false, not both")
    return rule


def _labels(name: str, given: object) -> dict[str, str]:
    labels = {"en": given} if isinstance(given, str) else given
    if not isinstance(labels, dict) or not all(
        _LANGUAGE.fullmatch(language) and isinstance(label, str) and 0 < len(label.strip()) <= _LONGEST_LABEL
        for language, label in labels.items()
    ):
        raise FieldsRefused(name, 'label is a text, or texts by language: label = { en = "Order", de = "Bestellung" }')
    return {"en": name.replace("_", " ").capitalize(), **labels}


def _pattern(name: str, table: Mapping[str, Any]) -> re.Pattern[str]:
    written = table.get("pattern")
    if not isinstance(written, str) or not written:
        raise FieldsRefused(name, "a field of kind pattern needs a pattern")
    try:
        return compiled(written, ignore_case=_flag(name, table, "ignore_case", default=False))
    except PatternNotSafe as problem:
        raise FieldsRefused(name, str(problem)) from None


def _dictionary(name: str, table: Mapping[str, Any], nearest: Nearest | None) -> Dictionary:
    names = table.get("names")
    if isinstance(names, list):
        names = {each: [] for each in names if isinstance(each, str)} if _are_texts(names) else None
    if not isinstance(names, dict) or not names or not all(map(_are_texts, names.values())):
        raise FieldsRefused(
            name, 'names is a list of names, or names with their synonyms: names = { "Sync Agent" = ["syncer"] }'
        )
    written = [each for canonical, synonyms in names.items() for each in (canonical, *synonyms)]
    if len(written) > MOST_NAMES:
        raise FieldsRefused(name, f"it has {len(written):,} names, and at most {MOST_NAMES:,} are read")
    wrong = next((each for each in written if not spoken(each) or len(each) > _LONGEST_NAME), None)
    if wrong is not None:
        raise FieldsRefused(name, f"{wrong!r} is no name: it has letters or digits, and at most {_LONGEST_NAME}")
    of: dict[tuple[str, ...], str] = {}
    for canonical, synonyms in names.items():
        for each in (canonical, *synonyms):
            if of.setdefault(spoken(each), canonical) != canonical:
                raise FieldsRefused(name, f"{each!r} stands for {of[spoken(each)]!r} and for {canonical!r}")
    typos = table.get("typos", _TYPOS)
    if isinstance(typos, bool) or not isinstance(typos, int | float) or not (typos == 0 or 0.7 <= typos <= 1):
        raise FieldsRefused(name, "typos is a score from 0.7 to 1, or 0 for exact names only")
    from_ = _whole(name, table, "typos_from", _TYPOS_FROM, _LONGEST_NAME, least=_SHORTEST)
    return Dictionary.of(names, typos=float(typos), typos_from=from_, nearest=nearest)


def _checksum(name: str, table: Mapping[str, Any]) -> str | None:
    checksum = table.get("checksum", "none")
    if checksum not in ("none", *CHECKSUMS):
        raise FieldsRefused(name, f"checksum {checksum!r} is not known; it is none, {', '.join(CHECKSUMS)}")
    return None if checksum == "none" else str(checksum)


def _bounds(name: str, kind: str, table: Mapping[str, Any]) -> Bounds:
    least, most = table.get("at_least"), table.get("at_most")
    ahead = _flag(name, table, "not_in_future", default=False)
    bounds = (
        Bounds(first=_day(name, least), last=_day(name, most), not_in_future=ahead)
        if kind == "date"
        else Bounds(least=_number(name, least), most=_number(name, most))
    )
    if least is not None and most is not None and least > most:
        raise FieldsRefused(name, f"at_least is {least}, and at_most is {most}: no value lies between")
    return bounds


def _day(name: str, given: object) -> date | None:
    if given is None or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    raise FieldsRefused(name, "at_least and at_most of a date are dates: at_least = 2020-01-01, without quotes")


def _number(name: str, given: object) -> Decimal | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise FieldsRefused(name, "at_least and at_most are numbers")
    return Decimal(str(given))


def _required(name: str, given: object, heads: Sequence[str]) -> Conditions | None:
    if given is None:
        return None
    if given == _FOR_ALL:
        return Conditions({})
    if not isinstance(given, dict) or not given:
        raise FieldsRefused(name, 'required_for is "all", or conditions: required_for = { category = ["billing"] }')
    return conditions(given, lambda problem: FieldsRefused(name, problem), heads)


def _flag(name: str, table: Mapping[str, Any], key: str, *, default: bool) -> bool:
    given = table.get(key, default)
    if not isinstance(given, bool):
        raise FieldsRefused(name, f"{key} is true or false")
    return given


def _whole(name: str, table: Mapping[str, Any], key: str, default: int, most: int, *, least: int = 1) -> int:
    given = table.get(key, default)
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise FieldsRefused(name, f"{key} is a whole number from {least} to {most}")
    return given


def _are_texts(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str) and all(isinstance(each, str) for each in given)
