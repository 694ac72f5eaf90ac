"""Addresses of one server, and of several as PostgreSQL's own programs take them."""

from __future__ import annotations

import pytest

from serving.storage.postgres import address


@pytest.mark.parametrize(
    ("url", "host", "port", "query"),
    [
        ("postgresql://ana:pw@db:5433/desk", "db", 5433, {}),
        ("postgresql://ana:pw@db/desk?sslmode=require", "db", None, {"sslmode": "require"}),
        ("postgresql://ana:pw@a:1,b:2/desk", None, None, {"host": ("a:1", "b:2")}),
        (
            "postgresql://ana:pw@a,b:2/desk?target_session_attrs=read-write",
            None,
            None,
            {"target_session_attrs": "read-write", "host": ("a", "b:2")},
        ),
    ],
)
def test_one_server_or_several(url: str, host: str | None, port: int | None, query: dict[str, object]) -> None:
    read = address(url)
    assert (read.drivername, read.username, read.password, read.database) == ("postgresql+psycopg", "ana", "pw", "desk")
    assert (read.host, read.port, dict(read.query)) == (host, port, query)
