"""Who a customer is: the mapped fields of the helpdesk first, then the CSV file of accounts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from serving.erasure import MARK
from serving.helpdesks.customers.accounts import Accounts, read_accounts
from serving.helpdesks.customers.words import Words
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.customer_mapping import ATTRIBUTES
from serving.helpdesks.port.errors import DeskFault, HelpdesksNotValid
from serving.helpdesks.port.port import Helpdesk, Inbound
from serving.telemetry import Telemetry
from triage.tickets.customer import Customer, with_customer
from triage.tickets.ticket import Ticket

_SHOWN = frozenset({"plan", "language", "accounts_file", "customer"})
_MOST_WORDS = 1_000  # that are reported once each


@dataclass(frozen=True, slots=True)
class Found:
    """Where an attribute came from, and the words on the way that were not understood, each with its source."""

    value: str | float | None = None
    source: str = ""
    unknown: tuple[tuple[str, str], ...] = ()


class Customers:
    """Finds customers for all connections.

    Raises `HelpdesksNotValid`: a connection names a plan that the policy does not have, or a file is no table of
    accounts.
    """

    def __init__(
        self,
        connections: Mapping[str, Connection],
        plans: Collection[str] = (),
        telemetry: Telemetry | None = None,
        path: Path | None = None,
    ) -> None:
        self._connections = list(connections.values())
        self._telemetry, self._reported = telemetry, set[tuple[str, str, str]]()
        self._words = {name: Words(each.customer.values, plans) for name, each in connections.items()}
        self._read: dict[str, tuple[object, Accounts]] = {}
        for name, connection in connections.items():
            named = {connection.plan, *connection.customer.values.get("plan", {}).values()} - {None, ""}
            if plans and (strange := sorted(str(plan) for plan in named - set(plans))):
                wanted = self._words[name].wanted("plan")
                raise HelpdesksNotValid(path or Path(), f"[{name}] {strange[0]!r} is no plan; write {wanted}")
            self._load(connection)

    def of(self, connection: Connection, fields: Mapping[str, str], email: str | None) -> Customer:
        """Return who a customer is; the connection's own plan is not part of it. No text makes it fail."""
        found = self.found(connection, fields, email)
        for attribute, each in found.items():
            for source, word in each.unknown:
                self._report(connection, attribute, source, word)
        known: dict[str, Any] = {attribute: each.value for attribute, each in found.items()}
        return Customer(**known)

    def follow(self, ticket: Ticket, connection: Connection, fields: Mapping[str, str], at: datetime) -> Ticket:
        """Return the ticket as its helpdesk says now who the customer is; one that was erased takes nothing more."""
        if not connection.customer.is_used or ticket.description == MARK:
            return ticket
        return with_customer(ticket, self.of(connection, fields, ticket.email), at=at, connection=connection.name)

    def found(self, connection: Connection, fields: Mapping[str, str], email: str | None) -> dict[str, Found]:
        """Return each attribute of a customer with where it came from."""
        if connection.name not in self._words:
            return dict.fromkeys(ATTRIBUTES, Found())
        known = {name.casefold(): word for name, word in fields.items() if isinstance(word, str)}
        found = {attribute: self._mapped(connection, attribute, known) for attribute in ATTRIBUTES}
        accounts = self.accounts(connection)
        if accounts is None:
            return found
        named = found["account"].value
        account = accounts.find(named if isinstance(named, str) else None, email)
        if account is None:
            return found
        source = f"{_file(connection)}, line {account.line}"
        if named is None or accounts.find(str(named), None) is account:  # as the file spells it, whoever writes
            found["account"] = Found(account.name, found["account"].source or source)
        for attribute, value in account.values.items():
            if found[attribute].value is None:
                found[attribute] = Found(value, source, found[attribute].unknown)
        return found

    def accounts(self, connection: Connection) -> Accounts | None:
        """Return the accounts of a connection, as they were last read."""
        return self._read.get(connection.name, (None, None))[1]

    def refresh(self, _: datetime | None = None) -> None:
        """Read the files of accounts that have changed; one that cannot be read leaves what was known."""
        for connection in self._connections:
            try:
                self._load(connection)
            except HelpdesksNotValid as error:
                self._report(connection, "accounts_file", _file(connection), error.problem)

    def wanted(self, connection: Connection, attribute: str) -> str:
        """Return what to write for a word that is not understood."""
        return self._words[connection.name].wanted(attribute)

    def completed(self, case: Inbound, connection: Connection, there: Helpdesk) -> Mapping[str, str]:
        """Return the fields of a case, asked for at the helpdesk if the delivery lacks any that the mapping names.

        If it cannot be asked now, the ticket is not kept waiting: what the thread says later still counts.
        """
        known = {name.casefold() for name in case.fields}
        mapping = connection.customer.sources.values()
        lacks = any(not any(each.field in known for each in sources) for sources in mapping)
        if not lacks or not connection.token:
            return case.fields
        try:
            there_said = there.fetch(case.remote_id)
        except (DeskFault, KeyError, TypeError, ValueError, NotImplementedError) as error:
            self._report(connection, "customer", "fetch", type(error).__name__)
            return case.fields
        return {**case.fields, **there_said.fields} if isinstance(there_said, Inbound) else case.fields

    def _mapped(self, connection: Connection, attribute: str, known: Mapping[str, str]) -> Found:
        words = self._words[connection.name]
        unknown: list[tuple[str, str]] = []
        for source in connection.customer.sources.get(attribute, ()):
            for written in source.words(known):
                said = words.said(attribute, written)
                value = words.value(attribute, said) if said else None
                if value is not None:
                    return Found(value, source.name, tuple(unknown))
                if said:
                    unknown.append((source.name, said))
        return Found(unknown=tuple(unknown))

    def _load(self, connection: Connection) -> None:
        path = connection.customer.accounts_file
        if path is None:
            return
        try:
            now = path.stat()
        except OSError as error:
            raise HelpdesksNotValid(path, error.strerror or "it cannot be read") from None
        stamp = (now.st_mtime_ns, now.st_size, now.st_ino)
        kept = self._read.get(connection.name)
        if kept is None or kept[0] != stamp:
            self._read[connection.name] = stamp, read_accounts(path, self._words[connection.name])

    def _report(self, connection: Connection, attribute: str, source: str, word: str) -> None:
        """Log what was not understood, once; the words of a plan and a language name nobody."""
        what = connection.name, attribute, word[:80]
        if self._telemetry is not None and what not in self._reported and len(self._reported) < _MOST_WORDS:
            self._reported.add(what)
            facts = {"connection": connection.name, "attribute": attribute, "source": source}
            shown = {"word": what[2]} if attribute in _SHOWN else {}
            self._telemetry.event("helpdesk.not_understood", **facts, **shown)


def _file(connection: Connection) -> str:
    file = connection.customer.accounts_file
    return file.name if file else ""
