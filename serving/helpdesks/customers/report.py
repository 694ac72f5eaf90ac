"""What `firstline helpdesks check` says of customers: where each attribute comes from, and what a ticket would get."""

from collections import Counter
from collections.abc import Iterator, Sequence

from serving.helpdesks.customers.customer import Customers, Found
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.customer_mapping import ATTRIBUTES
from serving.helpdesks.port.port import Helpdesk, Inbound

_LONGEST = 60  # of a value that is shown


def sources(connection: Connection, customers: Customers) -> Iterator[str]:
    """Yield where each attribute is looked for, in this order, and what of the file of accounts is not understood."""
    mapping, file = connection.customer, connection.customer.accounts_file
    if not mapping.is_used:
        yield f"  customers         {connection.plan or 'not known'}: no field is mapped, and there is no accounts_file"
        return
    yield "  who a customer is, by the first that says it:"
    for attribute in ATTRIBUTES:
        places = [source.name for source in mapping.sources.get(attribute, ())]
        places += [file.name] if file else []
        places += [f"else {connection.plan}"] if attribute == "plan" and connection.plan else []
        yield f"  {attribute:<17} {', '.join(places) or 'not known: nothing is mapped'}"
    accounts = customers.accounts(connection)
    if file is not None and accounts is not None:
        counts = (
            f"{len(accounts.by_name)} accounts, {len(accounts.by_domain)} domains, {len(accounts.by_email)} addresses"
        )
        ignored = f"; columns that are not read: {', '.join(accounts.ignored)}" if accounts.ignored else ""
        yield f"  {file.name:<17} {counts}{ignored}"
        yield from (f"    {problem}" for problem in accounts.problems)


def sample(connection: Connection, customers: Customers, there: Helpdesk, remote_id: str) -> Iterator[str]:
    """Yield what a ticket of the helpdesk would get, and the fields that can be mapped.

    Raises `DeskFault`, or what an answer of another form makes: it could not be read.
    """
    told = there.fetch(remote_id)
    if not isinstance(told, Inbound):
        yield f"  ticket {remote_id:<10} would be ignored: {told.reason}"
        return
    for attribute, found in customers.found(connection, told.fields, told.email).items():
        yield f"  {attribute:<17} {_said(connection, customers, attribute, found)}"
    yield f"  its fields        {'none' if not told.fields else ''}".rstrip()
    yield from (f"    {name} = {_short(word)}" for name, word in sorted(told.fields.items()))


def coverage(connection: Connection, customers: Customers, there: Helpdesk, ids: Sequence[str]) -> Iterator[str]:
    """Yield of how many tickets each attribute is known, and the words that are not understood.

    Raises as `sample` does.
    """
    read = [told for each in ids if isinstance(told := there.fetch(each), Inbound)]
    found = [customers.found(connection, told.fields, told.email) for told in read]
    counts = [f"{name} {sum(each[name].value is not None for each in found)}" for name in ATTRIBUTES]
    yield f"  last {len(found)} tickets".ljust(20) + f"known: {', '.join(counts)}"
    unknown = Counter((name, word, source) for each in found for name in each for source, word in each[name].unknown)
    for (name, word, source), times in unknown.most_common():
        hint = _hint(connection, name, customers.wanted(connection, name))
        yield f"    {name}: {_short(word)} in {source} is not understood ({times} times); {hint}"


def _hint(connection: Connection, attribute: str, wanted: str) -> str:
    return f'write in [{connection.name}.values.{attribute}] which it is, {wanted}: "…" = "…"'


def _said(connection: Connection, customers: Customers, attribute: str, found: Found) -> str:
    said = f"{found.value} ({found.source})" if found.value is not None else "not known"
    if found.value is None and attribute == "plan" and connection.plan:
        said = f"{connection.plan} (the connection's own)"
    hint = _hint(connection, attribute, customers.wanted(connection, attribute))
    unknown = [f"{_short(word)} in {source} is not understood, {hint}" for source, word in found.unknown]
    return "; ".join([said, *unknown])


def _short(word: str) -> str:
    plain = " ".join(word.split())
    return repr(plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…")
