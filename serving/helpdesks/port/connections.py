"""The helpdesk connections of this deployment, from the TOML file `FIRSTLINE_HELPDESKS`.

One table per connection. Its name is the last part of the inbound path, and its kind unless `kind` names another. An
unknown key is refused, because a typing error would go unnoticed. Secrets are never shown, logged or part of an error.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, cast

from serving.helpdesks.port.customer_mapping import CustomerMapping, read_mapping
from serving.helpdesks.port.errors import HelpdesksNotValid
from triage.errors import PolicyRefused
from triage.reading.bounded_tables import text_of, toml_tables
from triage.tickets.closed_ticket import LABELS

#: What each kind must be told beside address and token, and what it may be told.
NEEDED: Mapping[str, frozenset[str]] = {
    "zendesk": frozenset({"user"}),
    "freshdesk": frozenset(),
    "zammad": frozenset({"group"}),
    "chatwoot": frozenset({"account_id", "inbox_id"}),
    "intercom": frozenset({"ticket_type_id"}),
    "jira": frozenset({"user", "project", "service_desk_id", "request_type_id"}),
    "hubspot": frozenset({"pipeline", "stage", "closed_stage"}),
    "rt": frozenset({"queue"}),
    "django_helpdesk": frozenset({"queue"}),
    "standard": frozenset(),
}
#: What a kind may be told beside: names of its statuses, separated by commas.
OPTIONAL: Mapping[str, frozenset[str]] = {
    "chatwoot": frozenset({"pending_statuses"}),
    "freshdesk": frozenset({"pending_statuses"}),
    "hubspot": frozenset({"pending_stages", "closed_stages"}),
    "intercom": frozenset({"pending_statuses"}),
    "jira": frozenset({"pending_statuses", "closed_statuses"}),
    "zammad": frozenset({"pending_states"}),
}
_FIELDS = ("resolution_by", "first_response_by", "tags", "external_id")
_SECRETS = ("token", "hook_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection: address, credentials, and the helpdesk's names for our fields."""

    name: str
    kind: str
    url: str = ""
    token: str = field(default="", repr=False)  # an API key; without one nothing is sent
    hook_secret: str = field(default="", repr=False)  # what the desk proves itself with; without it nothing is taken
    push: bool = True  # tickets that are opened here go there
    suggestions: Literal["note", "fields"] = "note"  # where labels go that no certificate stands for
    bot: str = ""  # who we are there, so that our own tickets are not taken for new ones
    plan: str | None = None  # of the tickets that come from there, where nothing else says it
    customer: CustomerMapping = field(default_factory=CustomerMapping)  # where to find who a customer is
    fields: Mapping[str, str] = field(default_factory=dict)  # our name to the custom field there
    options: Mapping[str, str] = field(default_factory=dict)  # what this kind of desk has to be told
    heads: tuple[str, ...] = LABELS  # the label fields of this desk
    multi: tuple[str, ...] = ()  # of which a ticket has several labels: they are tags there

    @property
    def declared(self) -> tuple[str, ...]:
        """The declared fields that have a custom field there."""
        return tuple(name for name in self.fields if name not in {*self.heads, *_FIELDS})

    @property
    def topics(self) -> tuple[str, ...]:
        """The heads that a helpdesk has no field of its own for: all but the priority."""
        return tuple(head for head in self.heads if head != "priority")


def read(
    path: Path | None, heads: tuple[str, ...] = LABELS, multi: tuple[str, ...] = (), declared: tuple[str, ...] = ()
) -> dict[str, Connection]:
    """Read the connections by their names; none without a file. Of the desk's `heads` each may have a field there.

    Those of them that are `multi` have several labels: these are tags there. `declared` are the names of the fields
    that are read from tickets; each may have a field there, too.

    Raises `HelpdesksNotValid`: what is wrong where, and what to write instead.
    """
    if path is None:
        return {}
    try:
        told = toml_tables(text_of(path))
    except PolicyRefused as refusal:
        raise HelpdesksNotValid(path, refusal.problem) from None
    except tomllib.TOMLDecodeError as error:
        raise HelpdesksNotValid(path, f"it is not TOML: {error}") from None
    return {name: _Reading(path, name, (heads, multi, declared)).read(table) for name, table in told.items()}


class _Reading:
    """Reads one table and says what is wrong with it."""

    def __init__(self, path: Path, name: str, ours: tuple[tuple[str, ...], ...]) -> None:
        self._path, self._name = path, name
        heads, self._multi, self._declared = ours
        self._heads = tuple(head for head in heads if head not in self._multi)

    def read(self, table: object) -> Connection:
        if not isinstance(table, dict):
            raise self._wrong("write it as a table", f"[{self._name}]")
        kind = str(table.get("kind", self._name))
        if kind not in NEEDED:
            raise self._wrong(f"kind {kind!r} is none of", ", ".join(sorted(NEEDED)))
        table = self._with_secrets(table)
        known = {each.name for each in fields(Connection)} - {"name", "heads", "multi"}
        self._only(table, known | {f"{secret}_file" for secret in _SECRETS} | {"values", "accounts_file"})
        mapped = self._texts(table, "fields")
        self._only(mapped, {*self._heads, *self._declared, *_FIELDS}, "fields.")
        options = self._texts(table, "options")
        self._only(options, set(NEEDED[kind] | OPTIONAL.get(kind, frozenset())), "options.")
        if lacking := sorted(NEEDED[kind] - set(options)):
            raise self._wrong("it lacks options:", ", ".join(f"options.{each}" for each in lacking))
        self._check(table, kind)
        customer = read_mapping(table, self._name, self._path.parent, self._wrong)
        plain = {name: value for name, value in table.items() if name in known}
        read = {
            "name": self._name,
            "kind": kind,
            "fields": mapped,
            "options": options,
            "customer": customer,
            "heads": self._heads,
            "multi": self._multi,
        }
        return Connection(**cast("Any", plain | read))

    def _with_secrets(self, table: Mapping[str, Any]) -> dict[str, Any]:
        read = dict(table)
        for secret in _SECRETS:
            if (named := read.pop(f"{secret}_file", None)) is None:
                continue
            try:
                read[secret] = (self._path.parent / str(named)).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise self._wrong(f"{secret}_file cannot be read:", error.strerror or "") from None
        return read

    def _check(self, table: Mapping[str, Any], kind: str) -> None:
        for name, expected in (
            ("url", str),
            ("token", str),
            ("hook_secret", str),
            ("bot", str),
            ("plan", str),
            ("push", bool),
        ):
            if not isinstance(table.get(name, expected()), expected):
                raise self._wrong(f"{name} must be", "true or false" if expected is bool else "a text in quotes")
        if table.get("suggestions", "note") not in {"note", "fields"}:
            raise self._wrong("suggestions must be", '"note" or "fields"')
        url = table.get("url", "")
        if kind != "standard" and not url.startswith(("https://", "http://")):
            raise self._wrong("url must begin with https://, such as", "https://acme.example.com")

    def _texts(self, table: Mapping[str, Any], name: str) -> dict[str, str]:
        found = table.get(name, {})
        if not isinstance(found, dict) or not all(isinstance(each, str | int) for each in found.values()):
            raise self._wrong(f"{name} must be a table of texts, such as", f"[{self._name}.{name}]")
        return {key: str(value) for key, value in found.items()}

    def _only(self, table: Mapping[str, object], known: set[str], prefix: str = "") -> None:
        if unknown := sorted(set(table) - known):
            raise self._wrong(f"{prefix}{unknown[0]} is not known; known are", ", ".join(sorted(known)) or "none")

    def _wrong(self, problem: str, hint: str) -> HelpdesksNotValid:
        return HelpdesksNotValid(self._path, f"[{self._name}] {problem} {hint}")
