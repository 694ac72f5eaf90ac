"""Where a connection finds who a customer is: `[NAME.customer]`, `[NAME.values.…]` and `accounts_file`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_default
from pathlib import Path
from typing import Any

from serving.helpdesks.port.errors import HelpdesksNotValid

ATTRIBUTES = ("account", "plan", "arr", "region", "language", "brand", "health")
_TAGS = re.compile(r"((?:[\w.]+\.)?tags)\s*:(.*)", re.IGNORECASE)  # tags:plan_*, requester.tags:vip
_SAYS = 'write the helpdesk\'s name of a field, such as "organization.plan", or "tags:plan_*"'

Wrong = Callable[[str, str], HelpdesksNotValid]
"""Makes the error of a problem and what to write instead."""


@dataclass(frozen=True, slots=True)
class Source:
    """A field of the helpdesk, or tags: of `plan_*`, a tag `plan_gold` says gold."""

    name: str  # as it is written in the file
    field: str  # of the helpdesk, in lower case
    tag: "re.Pattern[str] | None" = None

    def words(self, fields: Mapping[str, str]) -> Iterator[str]:
        """Yield what it says, by the helpdesk's fields with their names in lower case."""
        if self.tag is None:
            yield fields.get(self.field, "")
            return
        for tag in tags(fields.get(self.field, "")):
            if found := self.tag.fullmatch(tag):
                yield found[1] if self.tag.groups else tag


@dataclass(frozen=True, slots=True)
class CustomerMapping:
    """Where each attribute of a customer comes from."""

    sources: Mapping[str, Sequence[Source]] = with_default(default_factory=dict)  # the first that says something counts
    values: Mapping[str, Mapping[str, str]] = with_default(
        default_factory=dict
    )  # by attribute: the helpdesk's word to ours
    accounts_file: Path | None = None

    @property
    def is_used(self) -> bool:
        """Whether there is anything to find a customer by."""
        return bool(self.sources) or self.accounts_file is not None


def tags(text: str) -> list[str]:
    """Return the tags of a text: separated by commas or, without any, by spaces, and then the whole may be one too."""
    parts = text.split(",") if "," in text else list(dict.fromkeys([*text.split(), text]))
    return [tag for each in parts if (tag := each.strip())]


def read_mapping(table: Mapping[str, Any], name: str, folder: Path, wrong: Wrong) -> CustomerMapping:
    """Read the mapping of a connection's table.

    Raises `HelpdesksNotValid`, as `wrong` made it: an unknown attribute, or a place that is none.
    """
    sources = {
        attribute: _sources(told, f"customer.{attribute}", wrong)
        for attribute, told in _table(table, "customer", name, wrong).items()
    }
    values = {
        attribute: _words(told, f"{name}.values.{attribute}", wrong)
        for attribute, told in _table(table, "values", name, wrong).items()
    }
    file = table.get("accounts_file")
    if file is not None and not isinstance(file, str):
        raise wrong("accounts_file must be", 'the name of a CSV file in quotes, such as "accounts.csv"')
    return CustomerMapping(sources, values, folder / file if file else None)


def _table(table: Mapping[str, Any], key: str, name: str, wrong: Wrong) -> Mapping[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise wrong(f"{key} must be a table:", f"[{name}.{key}]")
    if unknown := sorted(set(found) - set(ATTRIBUTES)):
        raise wrong(f"{key}.{unknown[0]} is not known; known are", ", ".join(ATTRIBUTES))
    return found


def _sources(told: object, where: str, wrong: Wrong) -> tuple[Source, ...]:
    listed = told if isinstance(told, list) else [told]
    if not listed:
        raise wrong(f"{where} is empty:", _SAYS)
    return tuple(_source(each, where, wrong) for each in listed)


def _source(told: object, where: str, wrong: Wrong) -> Source:
    if isinstance(told, int) and not isinstance(told, bool):  # a custom field by its number
        return Source(f"field.{told}", f"field.{told}")
    if not isinstance(told, str) or not told.strip():
        raise wrong(f"{where} is no place:", _SAYS)
    name = told.strip()
    if not (found := _TAGS.fullmatch(name)):
        return Source(name, name.casefold())
    begin, star, end = found[2].strip().partition("*")
    if not (begin or end) or "*" in end:
        raise wrong(f"{where} = {name!r} fits no tag or any:", 'write one * for the word, such as "tags:plan_*"')
    pattern = re.compile(re.escape(begin) + ("(.+)" if star else "") + re.escape(end), re.IGNORECASE)
    return Source(name, found[1].casefold(), pattern)


def _words(told: object, where: str, wrong: Wrong) -> dict[str, str]:
    if not isinstance(told, dict) or not all(isinstance(each, str | int | float) for each in told.values()):
        raise wrong(f"{where} must be a table of texts:", f'[{where}] with lines such as "Gold" = "enterprise"')
    return {folded(word): str(ours).strip() for word, ours in told.items()}


def folded(text: str) -> str:
    """Return a text as words are compared: in lower case, with single spaces."""
    return " ".join(text.casefold().split())
