"""Backups made to harm: bombs are bounded, and garbage under right checksums is a refusal, not a traceback."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import resource
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving.backup.backup import back_up
from serving.backup.errors import BackupRefused
from serving.backup.restore import restore
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.settings import Settings
from serving.storage.database import EmbeddedDatabase
from tests.fakes import MONDAY_MORNING
from tests.filled_database import fill_every_table
from tests.tiny_bundle import tiny_bundle
from triage.model.bundle_files import SealedFolder
from triage.model.registry import Registry
from triage.signing.ed25519 import public_key
from triage.signing.signatures import encoded, sign

Members = dict[str, bytes]


def quiet(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


@pytest.fixture
def members(tmp_path: Path) -> Members:
    """What a good backup holds."""
    settings = Settings(home=tmp_path / "home")
    database = EmbeddedDatabase(settings.database_path)
    database.open()
    database.write(fill_every_table)
    database.close()
    KeyStore(KeyFile(settings.keys_path)).create(Scope.AGENT, at=MONDAY_MORNING)
    back_up(settings, tmp_path / "good.tar.gz", MONDAY_MORNING, quiet)
    with tarfile.open(tmp_path / "good.tar.gz") as archive:
        return {entry.name: archive.extractfile(entry).read() for entry in archive.getmembers()}  # type: ignore[union-attr]


def sealed(members: Members, file: Path) -> Path:
    """Write an archive whose manifest has the right sums of whatever it holds."""
    manifest = json.loads(members["manifest.json"])
    manifest["members"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
        if name != "manifest.json"
    }
    with tarfile.open(file, "w:gz") as archive:
        for name, content in (members | {"manifest.json": json.dumps(manifest).encode()}).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file


def refused(file: Path, reason: str) -> None:
    home = file.with_name("restored")
    with pytest.raises(BackupRefused, match=reason):
        restore(file, Settings(home=home), quiet)
    assert not home.exists()


def test_a_good_backup_that_is_sealed_anew_is_restored(members: Members, tmp_path: Path) -> None:
    restore(sealed(members, tmp_path / "again.tar.gz"), Settings(home=tmp_path / "restored"), quiet)
    assert (tmp_path / "restored" / "firstline.db").stat().st_mode & 0o077 == 0
    assert (tmp_path / "restored" / "keys.db").stat().st_mode & 0o077 == 0


def rows(change: Callable[[list[Any]], object]) -> Callable[[bytes], bytes]:
    return lambda content: b"".join(
        json.dumps(change(json.loads(line))).encode() + b"\n" for line in content.splitlines()
    )


GARBAGE: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "no JSON": ("tables/tickets.jsonl", lambda content: b"\x00\xff" * 100),
    "cut JSON": ("tables/tickets.jsonl", lambda content: content[:-20]),
    "deep JSON": ("tables/tickets.jsonl", lambda content: b"[" * 100_000),
    "no array": ("tables/tickets.jsonl", rows(lambda row: 5)),
    "too few columns": ("tables/tickets.jsonl", rows(lambda row: row[1:])),
    "lists for texts": ("tables/tickets.jsonl", rows(lambda row: [[each] for each in row])),
    "no base64": ("tables/receipts.jsonl", rows(lambda row: [{"base64": "%"} for each in row])),
    "another table for bytes": ("tables/receipts.jsonl", rows(lambda row: [{"hex": "00"} for each in row])),
    "huge numbers": (
        "tables/tickets.jsonl",
        rows(lambda row: [2**70 if each == 1 else each for each in row]),
    ),
    "NULL where none may be": ("tables/tickets.jsonl", rows(lambda row: [None for each in row])),
    "the same row": ("tables/tickets.jsonl", lambda content: content.splitlines(keepends=True)[0] * 3),
    "no database of keys": ("keys.db", lambda content: b"keys" * 1_000),
    "a damaged database of keys": ("keys.db", lambda content: content[:100] + b"\xff" * (len(content) - 100)),
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_under_right_sums_is_refused(members: Members, tmp_path: Path, kind: str) -> None:
    name, change = GARBAGE[kind]
    refused(sealed(members | {name: change(members[name])}, tmp_path / "garbage.tar.gz"), "cannot be stored|not sound")


def test_an_archive_that_grows_out_of_proportion_is_refused(members: Members, tmp_path: Path) -> None:
    zeros = sealed(members | {"models/b1/zeros": bytes(120 << 20)}, tmp_path / "zeros.tar.gz")
    assert zeros.stat().st_size < 1 << 20
    refused(zeros, "unpacks to more than 100 times its size")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
def test_a_header_that_is_read_into_memory_is_short(tmp_path: Path, kind: bytes) -> None:
    file = tmp_path / "header.tar.gz"
    entry = tarfile.TarInfo("manifest.json")
    entry.type, entry.size = kind, 300 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with gzip.open(file, "wb", compresslevel=1) as packed:
        packed.write(entry.tobuf())
        for _ in range(300):
            packed.write(bytes(1 << 20))
    refused(file, "a header of")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kilobytes on Linux
    assert grown < 100_000


def test_a_backup_with_a_bundle_that_nobody_trusted_signed_is_refused(members: Members, tmp_path: Path) -> None:
    secret = b"\1" * 32
    bundle = tiny_bundle(tmp_path / "bundle")
    version = SealedFolder.open(bundle).id
    settings = Settings(home=tmp_path / "restored", signing_public_key=encoded(public_key(secret)))

    def with_bundle() -> Path:
        files = [path for path in bundle.rglob("*") if path.is_file()]
        held = {f"models/{version}/{path.relative_to(bundle).as_posix()}": path.read_bytes() for path in files}
        return sealed(members | held | {"models/current": f"{version}\n".encode()}, tmp_path / "backup.tar.gz")

    with pytest.raises(BackupRefused, match=rf"of model {version}, it is not signed.*firstline keys sign"):
        restore(with_bundle(), settings, quiet)
    assert not settings.home.exists()
    sign(bundle, "bundle", version, secret)
    restore(with_bundle(), settings, quiet)
    assert Registry(settings.models_path, settings.signing_keys).current_id() == version
