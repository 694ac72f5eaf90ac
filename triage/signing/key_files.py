"""Files of private keys: PKCS #8 in PEM, as `openssl genpkey -algorithm ed25519` writes them."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from triage.durable_files import write_file
from triage.errors import SigningKeyRefused
from triage.signing.ed25519 import KEY_BYTES, public_key

if TYPE_CHECKING:
    from pathlib import Path

_BEGIN, _END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
_PREFIX = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: version 0, id-Ed25519, a string of 32 bytes
_LARGEST = 4_096


def create(path: Path) -> bytes:
    """Write a new private key for its owner's eyes only, and return its public key.

    Raises `SigningKeyRefused`: there is a file already.
    """
    if path.exists() or path.is_symlink():
        raise SigningKeyRefused(path, "it exists already, and would be lost")
    secret = secrets.token_bytes(KEY_BYTES)
    text = "\n".join([_BEGIN, base64.b64encode(_PREFIX + secret).decode("ascii"), _END, ""])
    write_file(path, text.encode("ascii"), mode=0o600)
    return public_key(secret)


def read(path: Path) -> bytes:
    """Return the private key of a file.

    Raises `SigningKeyRefused`: it is none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("ascii").strip()
        before, begin, rest = text.partition(_BEGIN)
        packed, end, after = rest.partition(_END)
        content = base64.b64decode("".join(packed.split()), validate=True)
    except OSError as problem:
        raise SigningKeyRefused(path, problem.strerror or "it cannot be read") from problem
    except ValueError as problem:
        raise SigningKeyRefused(path, "it is no private key in PEM") from problem
    if before or after or not begin or not end:
        raise SigningKeyRefused(path, "it is no private key in PEM, as `firstline keys signing-key` writes one")
    if not content.startswith(_PREFIX) or len(content) != len(_PREFIX) + KEY_BYTES:
        raise SigningKeyRefused(path, "it is no ed25519 key")
    return content[len(_PREFIX) :]
