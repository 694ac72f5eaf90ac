"""Erase a person's address or id where others wrote it: every text column of every table, except for a few tables."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

import serving.storage.job_tables
import serving.storage.model_tables  # noqa: F401 (and these)
from serving.erasure import MARK, ErasureSubject, ErasureTrail
from serving.storage.column_types import Instant, Json
from serving.storage.tables import metadata

NOT_SEARCHED: Mapping[str, str] = {
    "articles": "published texts: a support address in an article is meant to be read",
    "article_seeds": "versions of indexes",
    "keys": "names that the desk gave to its keys; their reasons are erased where keys are kept, table or file",
    "helpdesk_marks": "names of connections",
    "webhook_endpoints": "addresses and descriptions that the desk gave to its endpoints",
    "receipts": "deleted as a whole if they mention the person",
}
"""Tables in which nothing is replaced, and why."""


def erase(connection: sa.Connection, trail: ErasureTrail) -> None:
    """Put a mark in place of the address or id, and count the rows by table."""
    if trail.whose.mention is None:
        return
    for table in metadata.sorted_tables:
        searched = [each for each in text_columns(table) if _may_change(each)] if table.name not in NOT_SEARCHED else []
        if changed := sum(_erase(connection, table, searched, trail.whose)) if searched else 0:
            trail.counts[table.name] += changed


def text_columns(table: sa.Table) -> list[sa.Column[str]]:
    """Return the columns of a table that hold text, documents or bytes."""
    kinds = (sa.String, Json, sa.LargeBinary)
    return [each for each in table.columns if isinstance(each.type, kinds) and not isinstance(each.type, Instant)]


def _erase(
    connection: sa.Connection, table: sa.Table, columns: list[sa.Column[str]], whose: ErasureSubject
) -> Iterator[int]:
    keys, named = list(table.primary_key.columns), _named_in(connection, columns, whose)
    for row in connection.execute(sa.select(*keys, *columns).where(named)).mappings().all():
        this = [key == row[key] for key in keys]
        erased = {column.name: _erased(column, row, whose, _mark(table, column, row)) for column in columns}
        changes = {name: value for name, value in erased.items() if value != row[table.c[name]]}
        if changes:
            yield connection.execute(table.update().where(*this).values(changes)).rowcount


def _named_in(
    connection: sa.Connection, columns: list[sa.Column[str]], whose: ErasureSubject
) -> sa.ColumnElement[bool]:
    """Ask for the rows to read. LIKE of SQLite ignores the case of ASCII; `lower` would double the time."""
    texts = [sa.cast(column, sa.Text) for column in columns]
    sought = whose.mention.fragments if whose.mention else ()
    if connection.dialect.name == "sqlite":
        return sa.or_(*(text.contains(each, autoescape=True) for text in texts for each in sought))
    return sa.or_(*(text.icontains(each, autoescape=True) for text in texts for each in sought))


def _erased(column: sa.Column[str], row: sa.RowMapping, whose: ErasureSubject, mark: str) -> object:
    erased = whose.mention.erased_from(row[column], mark) if whose.mention else row[column]
    return erased[: getattr(column.type, "length", None)] if isinstance(erased, str) else erased  # a mark may be longer


def _may_change(column: sa.Column[str]) -> bool:
    return not (column.primary_key or column.foreign_keys or isinstance(column.type, sa.LargeBinary))


def _mark(table: sa.Table, column: sa.Column[str], row: sa.RowMapping) -> str:
    """Return the mark, with the row's own key where no two rows may have the same text."""
    constraints = (each for each in table.constraints if isinstance(each, sa.UniqueConstraint))
    if not any(column.name in each.columns for each in constraints):
        return MARK
    return "-".join([MARK, *(str(row[key]) for key in table.primary_key.columns)])
