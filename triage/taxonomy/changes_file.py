"""Read the user's TOML file of taxonomy changes: one [[change]] table each, oldest first.

[[change]]
at = 2024-09-01T00:00:00Z
head = "product_area"
rename = "x"                    # to = "y"
merge = ["a", "b"]              # to = "c"
split = "a"                     # into = ["b", "c"]; rules = [{ to = "b", words = ["invoice", "refund"] }]
retire = "a"                    # to = "other", or no `to`: its tickets have no label then
add = "d"                       # description = "what a person tags by it"
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast, get_args

from triage.errors import TaxonomyRefused
from triage.reading.bounded_tables import text_of, toml_tables
from triage.taxonomy.change import Change, Kind, SplitRule
from triage.taxonomy.changes import Changes

KINDS: tuple[Kind, ...] = get_args(Kind)
_ALSO = {
    "rename": {"to", "description"},
    "merge": {"to", "description"},
    "split": {"into", "description", "rules"},
    "retire": {"to"},
    "add": {"description"},
}
_TABLE = re.compile(r"^[^\S\n]*+\[\[\s*change\s*\]\]", re.MULTILINE)


def read(path: Path) -> Changes:
    """Read a file of changes. Raises `TaxonomyRefused`, naming the line."""
    return parse(text_of(path))


def parse(text: str) -> Changes:
    """Read changes from TOML.

    Parameters
    ----------
    text
        The file's text.

    Returns
    -------
    Changes
        In order of their instants.

    Raises
    ------
    TaxonomyRefused
        A change lacks something, or contradicts an earlier one; says the line at which it begins.
    """
    try:
        tables = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise TaxonomyRefused("taxonomy changes", f"they are no TOML: {problem}") from None
    rows = tables.get("change", [])
    if set(tables) - {"change"} or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TaxonomyRefused("taxonomy changes", "write a table [[change]] for each change, and nothing else")
    lines = [text[: found.start()].count("\n") + 1 + found[0].count("\n") for found in _TABLE.finditer(text)]
    lines += [0] * (len(rows) - len(lines))  # inline tables have no line of their own
    changes = [
        _change(row, _place(number, line)) for number, (row, line) in enumerate(zip(rows, lines, strict=False), 1)
    ]
    places = {
        id(change): _place(number, line) for number, (change, line) in enumerate(zip(changes, lines, strict=False), 1)
    }
    return Changes.of(changes, lambda change: places[id(change)])


def _place(number: int, line: int) -> str:
    return f"change {number} (line {line})" if line else f"change {number}"


def _change(row: Mapping[str, Any], place: str) -> Change:
    where = f"taxonomy changes, {place}"
    kinds = [kind for kind in KINDS if kind in row]
    if len(kinds) != 1:
        raise TaxonomyRefused(where, f"give exactly one of {', '.join(KINDS)}")
    kind = kinds[0]
    if strange := sorted(set(row) - {"at", "head", kind, *_ALSO[kind]}):
        known = ", ".join(sorted({"at", "head", kind, *_ALSO[kind]}))
        raise TaxonomyRefused(where, f"{strange[0]!r} means nothing in a {kind}; known are {known}")
    before, after = _sides(row, kind, where)
    return Change(
        at=_instant(row.get("at"), where),
        head=_head(row.get("head"), where),
        kind=kind,
        before=before,
        after=after,
        descriptions=_descriptions(row.get("description", {}), after, where),
        rules=_rules(row.get("rules", []), after, where),
    )


def _sides(row: Mapping[str, Any], kind: Kind, where: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read the labels before and after, and refuse what does nothing."""
    given = _labels(row[kind], kind, where, many=kind == "merge")
    if kind == "add":
        return (), given
    if kind == "split":
        into = _labels(row.get("into"), "into", where, many=True)
        return given, _several(into, "into", where)
    after = _labels(row.get("to"), "to", where) if kind != "retire" or "to" in row else ()
    before = _several(given, kind, where) if kind == "merge" else given
    if before == after:
        raise TaxonomyRefused(where, f"{before[0]!r} would become itself")
    return before, after


def _several(labels: tuple[str, ...], key: str, where: str) -> tuple[str, ...]:
    if len(set(labels)) < max(2, len(labels)):
        raise TaxonomyRefused(where, f"{key} names two labels or more, each once")
    return labels


def _labels(value: object, key: str, where: str, *, many: bool = False) -> tuple[str, ...]:
    found = value if many else [value]
    if not isinstance(found, list) or not all(isinstance(name, str) and name.strip() for name in found):
        wanted = 'a list of labels, such as ["a", "b"]' if many else 'a label in quotes, such as "a"'
        raise TaxonomyRefused(where, f"{key} is {wanted}")
    return tuple(found)


def _instant(value: object, where: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TaxonomyRefused(where, "at is an instant with its time zone and no quotes: at = 2024-09-01T00:00:00Z")
    return value.astimezone(UTC)


def _head(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TaxonomyRefused(where, 'head is missing; write head = "product_area"')
    if value == "priority":
        raise TaxonomyRefused(where, "priorities are fixed: service levels hang on them")
    return value


def _descriptions(value: object, after: tuple[str, ...], where: str) -> dict[str, str]:
    if isinstance(value, str) and len(after) == 1:
        return {after[0]: value}
    if isinstance(value, dict) and set(value) <= set(after) and all(isinstance(words, str) for words in value.values()):
        return cast("dict[str, str]", value)
    raise TaxonomyRefused(
        where, 'description is text; for a split a table such as { b = "what b is", c = "what c is" }'
    )


def _rules(value: object, after: tuple[str, ...], where: str) -> tuple[SplitRule, ...]:
    rows: list[Any] = value if isinstance(value, list) else [value]
    for row in rows:
        words = row.get("words") if isinstance(row, dict) else None
        sound = isinstance(words, list) and words and all(isinstance(word, str) and word.strip() for word in words)
        if not sound or set(row) != {"to", "words"} or row["to"] not in after:
            raise TaxonomyRefused(where, 'a rule is { to = "one of into", words = ["invoice", "refund"] }')
    return tuple(SplitRule(row["to"], tuple(row["words"])) for row in rows)
