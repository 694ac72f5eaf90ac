"""Types of columns: instants and documents, stored as text by both engines."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from serving.storage.instants import from_text, to_text


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as UTC text that sorts by time."""

    impl = sa.String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Write the instant; a naive one is an error of ours and is not guessed at."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive instant {value!r}")
        return to_text(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Read the instant."""
        return None if value is None else from_text(value)


class Json(TypeDecorator[Any]):
    """A document of built-in types, stored as JSON text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Write the document."""
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ANN401, ARG002
        """Read the document."""
        return None if value is None else msgspec.json.decode(value)
