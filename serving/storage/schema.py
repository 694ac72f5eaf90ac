"""Migrate the database to this version's schema; Alembic is imported only if there is work to do."""

from pathlib import Path

import sqlalchemy as sa

from serving.storage.errors import SchemaNotKnown

MIGRATIONS = Path(__file__).parent / "migrations"


def known() -> list[str]:
    """Return the revisions, oldest first: the first four digits of their files."""
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def newest() -> str:
    """Return the revision of the last migration."""
    return known()[-1]


def revision(connection: sa.Connection) -> str | None:
    """Return the schema that the database has, or None if it has none yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def migrate(connection: sa.Connection, to: str = "head") -> None:
    """Bring the schema up (or down, to an older revision) inside the caller's transaction.

    Raises `SchemaNotKnown`: the database was written by a newer Firstline, or there is no such revision.
    """
    found = revision(connection)
    for asked in (found, to):
        if asked not in {None, "head", "base", *known()}:
            raise SchemaNotKnown(str(asked), newest())
    if found == {"head": newest(), "base": None}.get(to, to):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if to == "base" or (to != "head" and found is not None and to < found):
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)
