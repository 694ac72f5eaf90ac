"""Files of private keys: PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from triage.durable_files import write_file
from triage.errors import SigningKeyRefused

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 4_096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create(path: Path) -> bytes:
    """Write a new private key for its owner's eyes only, and return its public key.

    Raises `SigningKeyRefused`: there is a file already.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if path.exists() or path.is_symlink():
        raise SigningKeyRefused(path, "it exists already, and would be lost")
    key = Ed25519PrivateKey.generate()
    form, unencrypted = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    write_file(path, key.private_bytes(serialization.Encoding.PEM, form, unencrypted), mode=0o600)
    return key.public_key().public_bytes_raw()


def read(path: Path) -> bytes:
    """Return the private key of a file.

    Raises `SigningKeyRefused`: it is none, or others may read it, as ssh refuses keys.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with path.open("rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            key = load_pem_private_key(file.read(_LARGEST), password=None)
    except OSError as problem:
        raise SigningKeyRefused(path, problem.strerror or "it cannot be read") from problem
    except TypeError as problem:
        raise SigningKeyRefused(path, "it is encrypted; only unencrypted keys are read") from problem
    except (ValueError, UnsupportedAlgorithm) as problem:
        said = "it is no private key in PEM, as `firstline keys signing-key` writes one"
        raise SigningKeyRefused(path, said) from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyRefused(path, "it is no ed25519 key")
    return key.private_bytes_raw()


def _check_private(path: Path, file: os.stat_result) -> None:
    if file.st_uid == os.geteuid() and file.st_mode & _OTHERS:
        mode = stat.S_IMODE(file.st_mode)
        raise SigningKeyRefused(path, f"others may use it (mode {mode:04o}): run `chmod 600 {path}`")
