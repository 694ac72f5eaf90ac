"""A service that asks for signatures: what it serves, what it refuses, and what it made itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from retrieval.index import files as index_files
from serving.articles.store import ArticleStore
from serving.cli import cli
from serving.errors import SettingNotValid
from serving.inference.article_snapshot import Folders
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.settings import Settings
from serving.storage.database import Database
from serving.telemetry import Telemetry
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.inference.test_live_articles import an_article, ids, saved
from tests.tiny_bundle import tiny_bundle
from triage.model.registry import Registry

AT = FrozenClock().now()


@pytest.fixture
def public(tmp_path: Path) -> str:
    """The public key of a key that the command line made."""
    done = CliRunner().invoke(cli, ["keys", "signing-key", "--out", str(tmp_path / "key.pem")])
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


def sign(folder: Path, tmp_path: Path) -> str:
    done = CliRunner().invoke(cli, ["keys", "sign", str(folder), "--key", str(tmp_path / "key.pem")])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_an_unsigned_bundle_is_refused_and_the_one_before_keeps_serving(public: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", signing_public_key=public)
    registry = Registry(settings.models_path, settings.signing_keys)
    models = LiveModels(registry, tmp_path / "sample", FrozenClock(), Telemetry())
    good = tiny_bundle(tmp_path / "good", name="good")
    assert sign(good, tmp_path).startswith("Signed the bundle ")
    registry.make_current(version := registry.add(good))
    models.reload()

    careless = Registry(settings.models_path)  # somebody who writes into the home and asks for nothing
    careless.make_current(careless.add(tiny_bundle(tmp_path / "unsigned", name="unsigned")))
    models.watch(AT)

    assert models.take().version == version
    assert "it is not signed. FIRSTLINE_SIGNING_PUBLIC_KEY" in (models.refused() or "")


def test_an_unsigned_sample_does_not_serve(public: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", signing_public_key=public)
    models = LiveModels(
        Registry(settings.models_path, settings.signing_keys), tmp_path / "sample", FrozenClock(), Telemetry()
    )
    tiny_bundle(tmp_path / "sample")
    models.reload()
    assert "it is not signed" in (models.refused() or "")
    sign(tmp_path / "sample", tmp_path)
    models.watch(AT)  # which looks again because it was signed
    assert models.take().origin == "sample"


def test_an_index_from_elsewhere_must_be_signed_and_the_services_own_need_not(
    public: str, tmp_path: Path, database: Database
) -> None:
    trusted = Settings(signing_public_key=public).signing_keys
    folders = Folders(tmp_path / "live-index", tmp_path / "index", tmp_path / "sample", trusted)
    encoder, store = HashingEncoder(), ArticleStore(database)
    live = LiveArticles(store, lambda: encoder, folders, FrozenClock(), Telemetry())
    saved(folders.home, an_article("a"))
    live.refresh()
    assert ids(live) == set()
    assert "it is not signed" in (live.note() or "")

    assert sign(folders.home, tmp_path).startswith("Signed the index ")
    live.refresh()
    assert ids(live) == {"a"}
    assert live.note() is None

    again = LiveArticles(store, lambda: encoder, folders, FrozenClock(), Telemetry())
    encoder.encoded.clear()
    again.refresh()
    assert ids(again) == {"a"}
    assert encoder.encoded == [], "its own index, unsigned, was used"
    assert index_files.load(folders.saved).articles.keys() == {"a"}


def test_the_services_own_index_cannot_bring_articles_in(public: str, tmp_path: Path, database: Database) -> None:
    """It counts only where its articles are those of the database, so nothing is smuggled in as its own."""
    folders = Folders(
        tmp_path / "live-index",
        tmp_path / "index",
        tmp_path / "sample",
        Settings(signing_public_key=public).signing_keys,
    )
    saved(folders.saved, an_article("smuggled"))
    live = LiveArticles(ArticleStore(database), HashingEncoder, folders, FrozenClock(), Telemetry())
    live.refresh()
    assert ids(live) == set()


def test_a_setting_that_is_no_key_stops_the_start() -> None:
    with pytest.raises(SettingNotValid, match=r"SIGNING_PUBLIC_KEY='nonsense'.*firstline keys signing-key"):
        Settings(signing_public_key="nonsense").signing_keys  # noqa: B018


def test_a_damaged_bundle_is_not_signed(public: str, tmp_path: Path) -> None:
    assert public
    bundle = tiny_bundle(tmp_path / "bundle")
    (bundle / "golden.json").write_text("{}")
    done = CliRunner().invoke(cli, ["keys", "sign", str(bundle), "--key", str(tmp_path / "key.pem")])
    assert done.exit_code != 0
    assert not (bundle / "signature.json").exists()
