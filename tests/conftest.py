"""The service as tests see it: a home of its own, a clock that stands still, models that are fixed."""

from __future__ import annotations

import gc
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.context import Context, Slice
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.process import opened_keys
from serving.settings import Settings
from serving.storage.database import Database, EmbeddedDatabase, migrate_file
from serving.storage.postgres import PostgresDatabase, migrate_server
from serving.tickets.wiring import wire as wire_tickets
from tests.fakes import FixedTagger, FrozenClock
from tests.postgres import HINT, Postgres, binaries
from tests.serving.webhooks.receiver import Receiver

Client = TestClient[Litestar]
TESTS = Path(__file__).parent

# A run says the same of the same code, however busy the machine: no example has a deadline, and all draw the same.
# Whoever wants other examples takes them from chance: `pytest --hypothesis-profile=search`.
hypothesis.settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "search", hypothesis.settings.get_profile("repeatable"), derandomize=False, max_examples=1_000, print_blob=True
)
hypothesis.settings.load_profile("repeatable")

# Services that tests start are one process each, on every machine; tests of several workers ask for them.
os.environ.setdefault("FIRSTLINE_WORKERS", "1")

# Folders whose tests start the real service, kill it, or talk to other people's programs.
SLOW_FOLDERS = {"browser", "crash", "fuzz", "helpdesks", "journeys"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow by folder and by engine, and leave what is deep to those who ask for it."""
    for item in items:
        if _is_slow(item):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("deep") and "deep" not in config.getoption("markexpr"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: make check-deep"))


def pytest_collection_finish() -> None:
    """Look no more for garbage among the modules and tests that stay until the end: a tenth of the run's time."""
    gc.collect()
    gc.freeze()


def _is_slow(item: pytest.Item) -> bool:
    """Tell whether a test lies in a slow folder, or runs on PostgreSQL: whole or in this variant of its parameters."""
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    on_postgres = "postgres" in [
        *getattr(item, "fixturenames", ()),
        *(each for each in params if isinstance(each, str)),
    ]
    return on_postgres or item.path.relative_to(TESTS).parts[0] in SLOW_FOLDERS


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="run the service of the tests on PostgreSQL")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of the tests' own; tests that need it are skipped, with what to install, where there is none."""
    found = binaries()
    if found is None:
        pytest.skip(HINT)
    server = Postgres(found)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(postgres: Postgres) -> str:
    """The name of a database with its tables, which each test gets a copy of."""
    url = postgres.fresh()
    migrate_server(url, "head")
    return url.rpartition("/")[2]


on_both_engines = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str | None:
    """Where the service keeps everything: the engine that the test names, else as --postgres says; None is SQLite."""
    said = "postgres" if request.config.getoption("--postgres") else "sqlite"
    if getattr(request, "param", said) == "sqlite":
        return None
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh(request.getfixturevalue("template"))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An open database with its tables, of each engine: what a store promises holds on both."""
    if request.param == "sqlite":
        path = tmp_path / "firstline.db"
        shutil.copy(request.getfixturevalue("migrated"), path)
        opened: Database = EmbeddedDatabase(path)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        opened = PostgresDatabase(server.fresh(request.getfixturevalue("template")))
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes webhooks."""
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def settings(home: Path, tmp_path: Path, database_url: str | None) -> Settings:
    sample = tmp_path / "no-sample"
    return Settings(
        home=home,
        sample=sample,
        demo=False,
        worker=False,
        database_url=database_url,
        audited_share=0.0,  # chance decides which tags are audited; tests about that say how many
        sla_watch_seconds=86_400,  # it counts real seconds: on a busy machine it would look in the middle of a test
    )


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def tagger() -> FixedTagger:
    return FixedTagger()


@pytest.fixture
def keys(settings: Settings, clock: FrozenClock) -> Iterator[KeyStore]:
    """The keys as another process makes and revokes them."""
    if settings.database_url is None:
        yield KeyStore(KeyFile(settings.keys_path))
        return
    with opened_keys(settings, clock) as opened:
        yield opened


@pytest.fixture
def make_key(keys: KeyStore, clock: FrozenClock) -> Callable[..., dict[str, str]]:
    """Make a key and return the headers that show it."""

    def make(scope: str = "admin", **options: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {keys.create(Scope(scope), at=clock.now(), **options)}"}

    return make


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables: made once and copied, because a hundred migrations take a minute."""
    path = tmp_path_factory.mktemp("migrated") / "firstline.db"
    migrate_file(path, "head")
    return path


@pytest.fixture
def migrated_home(home: Path, migrated: Path) -> Path:
    """The home with an empty database: a service that starts over it migrates nothing."""
    home.mkdir(exist_ok=True)
    if not (database := home / "firstline.db").exists():
        shutil.copy(migrated, database)
    return home


@pytest.fixture
def desk_app(settings: Settings, clock: FrozenClock, tagger: FixedTagger, migrated_home: Path) -> Litestar:
    """The real app with the ticket desk alone, over a tagger that is fixed."""

    def compose(context: Context) -> list[Slice]:
        return [wire_tickets(context, tagger=tagger)]

    return create_app(settings, clock=clock, compose=compose)


@pytest.fixture
def desk_client(desk_app: Litestar, make_key: Callable[..., dict[str, str]]) -> Iterator[Client]:
    """A client of the ticket desk with an agent's key."""
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    with TestClient(desk_app) as client:
        client.headers.update(make_key("agent", name="kim"))
        yield client
