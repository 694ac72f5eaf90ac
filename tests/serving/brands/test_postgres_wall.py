"""On PostgreSQL each brand has a database and a role of its own: the second wall, which holds even for raw SQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa

from serving.configuration import brand_folders
from serving.errors import BrandNotUsable
from serving.settings import Settings
from tests.postgres import Postgres
from tests.serving.brands.conftest import Deployed


@pytest.fixture
def walled(postgres: Postgres) -> dict[str, str]:
    """Make a database and a role for each brand, as docs/brands.md says, and return their addresses."""
    found = {}
    for name in ("acme", "globex"):
        database = urlsplit(postgres.fresh()).path.strip("/")
        role = f"firstline_{database}"
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            for order in (
                f"CREATE ROLE {role} LOGIN PASSWORD 'only-{name}'",
                f"ALTER DATABASE {database} OWNER TO {role}",
                f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            ):
                connection.execute(order.encode())
        place = urlsplit(postgres.url(database))
        found[name] = place._replace(netloc=f"{role}:only-{name}@{place.netloc.rpartition('@')[2]}").geturl()
    return found


@pytest.fixture
def on_postgres(
    walled: dict[str, str], deploy: Callable[..., Deployed], home: Path, postgres: Postgres
) -> tuple[Deployed, dict[str, str]]:
    for name, url in walled.items():
        with (home / "brands" / name / "brand.toml").open("a") as file:
            file.write(f'database_url = "{url}"\n')
    return deploy(database_url=postgres.fresh()), walled


def test_raw_sql_on_the_connection_of_a_brand_reads_nothing_of_another(
    on_postgres: tuple[Deployed, dict[str, str]],
) -> None:
    deployed, urls = on_postgres
    for name in ("acme", "globex", ""):
        deployed.open_ticket(name, f"of {name}")
    database = deployed.app.brands.serving["acme"].context.database
    everything = sa.text("SELECT subject FROM tickets")
    assert database.read(lambda connection: list(connection.scalars(everything))) == ["of acme"]
    other = urlsplit(urls["globex"]).path.strip("/")
    across = sa.text(f"SELECT subject FROM {other}.public.tickets")
    with pytest.raises(sa.exc.NotSupportedError, match="cross-database references are not implemented"):
        database.read(lambda connection: connection.execute(across))


def test_the_role_of_a_brand_does_not_even_connect_to_the_database_of_another(walled: dict[str, str]) -> None:
    ours, other = urlsplit(walled["acme"]), urlsplit(walled["globex"])
    with psycopg.connect(walled["acme"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(ours._replace(path=other.path).geturl())


def test_two_brands_never_share_a_database(
    walled: dict[str, str], deploy: Callable[..., Deployed], home: Path, postgres: Postgres
) -> None:
    for name in ("acme", "globex"):
        with (home / "brands" / name / "brand.toml").open("a") as file:
            file.write(f'database_url = "{walled["acme"]}"\n')
    brands = deploy(database_url=postgres.fresh()).app.brands
    assert (len(brands.serving), len(brands.refused)) == (1, 1)
    assert "has this database" in next(iter(brands.refused.values())).why


@pytest.mark.parametrize("said", ["", 'database_url = "postgresql://other:word@db:5432/desk"'])
def test_a_brand_needs_a_database_of_its_own_beside_a_deployment_on_postgresql(
    said: str, add_brand: Callable[..., Path], home: Path
) -> None:
    add_brand("initech", settings=said)
    deployment = Settings(home=home, database_url="postgresql://one:word@db:5432/desk")
    with pytest.raises(BrandNotUsable, match="needs a database_url of its own"):
        deployment.of_brand(brand_folders.read(home, "initech"))
