"""The file that secrets are derived from: made once, for its owner's eyes only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from serving.keys.installation_secret import InstallationSecret


def test_it_is_made_when_it_is_needed_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret.key"
    secret = InstallationSecret(path)
    assert not path.exists()

    first = secret.derive("session", "dfl_1")

    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]
    assert InstallationSecret(path).derive("session", "dfl_1") == first


def test_another_purpose_name_or_installation_gives_another_secret(tmp_path: Path) -> None:
    one, other = (InstallationSecret(tmp_path / name / "secret.key") for name in ("a", "b"))
    derived = [one.derive("session", "x"), one.derive("session", "y"), one.derive("identity", "x")]
    derived += [other.derive("session", "x")]
    assert len(set(derived)) == 4
    assert {len(each) for each in derived} == {32}


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(16) as pool:
        derived = set(pool.map(lambda _: InstallationSecret(path).derive("session", "x"), range(64)))
    assert len(derived) == 1
