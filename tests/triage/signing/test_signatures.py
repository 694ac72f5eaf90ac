"""Signatures of bundles: what a forger may change, key files, and a registry that asks for signatures."""

from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.tiny_bundle import tiny_bundle
from triage.errors import BundleRefused, SigningKeyRefused
from triage.model.bundle_files import SealedFolder
from triage.model.registry import Registry
from triage.signing import key_files
from triage.signing.identity import identity
from triage.signing.signatures import NO_KEYS, TrustedKeys, encoded, sign


@pytest.fixture
def key(tmp_path: Path) -> Path:
    key_files.create(tmp_path / "signing.pem")
    return tmp_path / "signing.pem"


def trusting(*keys: Path) -> TrustedKeys:
    from triage.signing.ed25519 import public_key

    return TrustedKeys.from_text(", ".join(encoded(public_key(key_files.read(key))) for key in keys))


def signed(bundle: Path, key: Path) -> Path:
    sign(bundle, "bundle", SealedFolder.open(bundle).id, key_files.read(key))
    return bundle


@pytest.fixture
def bundle(tmp_path: Path, key: Path) -> Path:
    return signed(tiny_bundle(tmp_path / "fitted"), key)


def test_a_signed_bundle_is_opened_and_its_id_stays(bundle: Path, key: Path) -> None:
    assert SealedFolder.open(bundle, trusting(key)).id == SealedFolder.open(bundle).id


def test_without_keys_nothing_need_be_signed(tmp_path: Path) -> None:
    assert SealedFolder.open(tiny_bundle(tmp_path / "fitted"), NO_KEYS)


def test_a_refusal_says_what_to_do(tmp_path: Path, key: Path) -> None:
    with pytest.raises(BundleRefused, match=r"it is not signed\. FIRSTLINE_SIGNING_PUBLIC_KEY.*firstline keys sign"):
        SealedFolder.open(tiny_bundle(tmp_path / "unsigned"), trusting(key))


def test_while_keys_are_changed_the_old_and_the_new_one_count(bundle: Path, key: Path, tmp_path: Path) -> None:
    key_files.create(tmp_path / "new.pem")
    assert SealedFolder.open(bundle, trusting(tmp_path / "new.pem", key))
    with pytest.raises(BundleRefused, match="is not trusted here"):
        SealedFolder.open(bundle, trusting(tmp_path / "new.pem"))


def changed(name: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        record = json.loads((folder / "signature.json").read_text())
        (folder / "signature.json").write_text(json.dumps(record | {name: value}))

    return change


def written(content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / "signature.json").write_bytes(content) and None


def sealed_anew(folder: Path) -> None:
    """Change a file and everything that a forger without the key can make right again."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["extra"] = "forged"
    manifest["id"] = identity(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    changed("id", manifest["id"])(folder)


def linked(folder: Path) -> None:
    (folder / "signature.json").rename(folder.parent / "elsewhere.json")
    (folder / "signature.json").symlink_to(folder.parent / "elsewhere.json")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (changed("signature", encoded(bytes(64))), "its signature is wrong"),
        (changed("signature", encoded(b"short")), "its signature is wrong"),
        (changed("signature", "no base64!"), "cannot be read"),
        (changed("signature", 7), "cannot be read"),
        (changed("public_key", encoded(bytes(32))), "is not trusted here"),
        (changed("kind", "index"), "that of another bundle"),
        (changed("id", "0" * 64), "that of another bundle"),
        (changed("format", "firstline-signature/9"), "the format of its signature"),
        (written(b""), "cannot be read"),
        (written(b"[]"), "cannot be read"),
        (written(b"[" * 4_000), "cannot be read"),
        (written(b'{"format": "firstline-signature/1"}' + b" " * 9_000), "cannot be read"),
        (written(b"\xff"), "cannot be read"),
        (linked, "is a link"),
        (lambda folder: (folder / "signature.json").unlink(), "it is not signed"),
        (lambda folder: (folder / "golden.json").write_bytes(b"{}"), "the manifest says"),
        (sealed_anew, "its signature is wrong"),
    ],
)
def test_a_forged_signature_or_bundle_is_refused(
    bundle: Path, key: Path, change: Callable[[Path], None], reason: str
) -> None:
    change(bundle)
    with pytest.raises(BundleRefused, match=reason):
        SealedFolder.open(bundle, trusting(key))


def test_the_signature_of_another_bundle_is_refused(bundle: Path, key: Path, tmp_path: Path) -> None:
    other = tiny_bundle(tmp_path / "other", name="other")
    shutil.copy(bundle / "signature.json", other / "signature.json")
    with pytest.raises(BundleRefused, match="that of another bundle"):
        SealedFolder.open(other, trusting(key))


def test_a_registry_that_trusts_a_key_takes_in_and_serves_only_what_it_signed(
    bundle: Path, key: Path, tmp_path: Path
) -> None:
    registry = Registry(tmp_path / "models", trusting(key))
    with pytest.raises(BundleRefused, match="it is not signed"):
        registry.add(tiny_bundle(tmp_path / "unsigned", name="unsigned"))
    before = Registry(registry.folder).add(tmp_path / "unsigned")  # by somebody who asked for no signature
    with pytest.raises(BundleRefused, match="it is not signed"):
        registry.make_current(before)

    version = registry.add(bundle)
    registry.make_current(version)

    assert (registry.path(version) / "signature.json").is_file()
    assert registry.current_id() == version


def test_a_bundle_that_is_signed_later_brings_its_signature(key: Path, tmp_path: Path) -> None:
    fitted = tiny_bundle(tmp_path / "fitted")
    version = Registry(tmp_path / "models").add(fitted)
    registry = Registry(tmp_path / "models", trusting(key))
    assert registry.add(signed(fitted, key)) == version
    registry.make_current(version)


def test_a_private_key_is_its_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    key_files.create(tmp_path / "key.pem")
    before = (tmp_path / "key.pem").read_bytes()
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    with pytest.raises(SigningKeyRefused, match="it exists already"):
        key_files.create(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").read_bytes() == before


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o602])
def test_a_private_key_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    key_files.create(path)
    path.chmod(mode)
    with pytest.raises(SigningKeyRefused, match=re.escape(f"`chmod 600 {path}`")):
        key_files.read(path)
    path.chmod(0o400)
    assert key_files.read(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_private_key_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    (tmp_path / "key.pem").chmod(0o600)
    with pytest.raises(SigningKeyRefused, match=re.escape(str(tmp_path / "key.pem"))):
        key_files.read(tmp_path / "key.pem")


@pytest.mark.parametrize(
    ("key", "locked", "reason"),
    [
        (Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"secret"), "it is encrypted"),
        (X25519PrivateKey.generate(), serialization.NoEncryption(), "it is no ed25519 key"),
    ],
    ids=["encrypted", "of another kind"],
)
def test_a_key_that_is_encrypted_or_of_another_kind_is_refused(
    tmp_path: Path,
    key: Ed25519PrivateKey | X25519PrivateKey,
    locked: serialization.KeySerializationEncryption,
    reason: str,
) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "key.pem").chmod(0o600)
    with pytest.raises(SigningKeyRefused, match=reason):
        key_files.read(tmp_path / "key.pem")


def test_no_file_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(SigningKeyRefused, match="No such file"):
        key_files.read(tmp_path / "none.pem")


@pytest.mark.parametrize("text", ["short", "AAAA", encoded(bytes(32)), "ä" * 44])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        TrustedKeys.from_text(text)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is another implementation, if it is there")
def test_openssl_makes_the_same_signature_with_the_same_key(bundle: Path, key: Path, tmp_path: Path) -> None:
    record = json.loads((bundle / "signature.json").read_text())
    (tmp_path / "message").write_text(f"{record['format']}\n{record['kind']}\n{record['id']}\n")
    command = ["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", str(key), "-in", str(tmp_path / "message")]
    done = subprocess.run(command, capture_output=True, check=True)
    assert encoded(done.stdout) == record["signature"]
