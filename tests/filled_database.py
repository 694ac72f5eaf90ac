"""A database with rows in every table, NULLs among them: what a backup, a restore and a migration must keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

import serving.storage.job_tables
import serving.storage.model_tables  # noqa: F401 (and these)
from serving.storage.column_types import Instant, Json
from serving.storage.tables import metadata
from tests.fakes import MONDAY_MORNING

ROWS = 3  # in each table
TEXT = 'Zahlung „schlägt fehl“ 日本 \n\t\\ "quoted" 🙂'


def a_value(column: sa.Column[Any], number: int) -> object:
    """Return what a row of a number has in a column."""
    kind = column.type
    if column.nullable and number % 2 and not column.foreign_keys:
        return None
    values: dict[type, object] = {
        Instant: MONDAY_MORNING + timedelta(microseconds=number),
        Json: {"text": TEXT, "numbers": [1, 2.5, None, True], "number": number},
        sa.LargeBinary: bytes(range(256)) * (number + 1),
        sa.Boolean: number % 2 == 0,
        sa.Float: 0.1 + number / 3,
        sa.Integer: number + 1,
        sa.BigInteger: 2**40 + number,
    }
    text = f"{number}" if column.foreign_keys else f"{number} {TEXT}"[: getattr(kind, "length", None)]
    if column.primary_key and isinstance(kind, sa.String):
        text = f"{number}"
    return next((value for of, value in values.items() if type(kind) is of), text)


def fill_every_table(connection: sa.Connection) -> None:
    """Give every table its rows."""
    for table in metadata.sorted_tables:
        for number in range(ROWS):
            row = {column.name: a_value(column, number) for column in table.columns}
            connection.execute(sa.insert(table).values(row))
