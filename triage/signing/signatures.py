"""Signatures of bundles and indexes: `signature.json` in their folder, over the manifest's digest.

    {"format": "firstline-signature/1", "kind": "bundle", "id": …, "public_key": …, "signature": …}

The manifest's digest covers every file, so the signature does too. What is signed is the text `firstline-signature/1`,
the kind and the id, a line each: a signature of a bundle is none of an index.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from triage.durable_files import write_file
from triage.signing import ed25519

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SIGNATURE: Final = "signature.json"
FORMAT: Final = "firstline-signature/1"
Kind = Literal["bundle", "index"]
_LARGEST = 4_096


@dataclass(frozen=True, slots=True)
class TrustedKeys:
    """The public keys whose signatures count; without any, no signature is asked for."""

    keys: tuple[bytes, ...] = ()

    @classmethod
    def from_text(cls, text: str) -> TrustedKeys:
        """Read keys as `firstline keys signing-key` prints them, apart by commas.

        Raises `ValueError`: one is no public key.
        """
        keys = tuple(_decoded(part) for part in text.replace(",", " ").split())
        if not all(ed25519.is_public_key(key) for key in keys):
            raise ValueError(text)
        return cls(keys)

    def __bool__(self) -> bool:
        """Tell whether signatures are asked for."""
        return bool(self.keys)

    def fault(self, folder: Path, kind: Kind, digest: str) -> str | None:
        """Say why the signature in a folder does not count; None where it does, or none is asked for."""
        if not self.keys:
            return None
        fault = self._fault(folder, kind, digest)
        asked = "FIRSTLINE_SIGNING_PUBLIC_KEY asks for a signature"
        return fault and f"{fault}. {asked}: sign what you trust with `firstline keys sign {folder} --key FILE`"

    def _fault(self, folder: Path, kind: Kind, digest: str) -> str | None:
        path = folder / SIGNATURE
        if path.is_symlink():
            return f"{SIGNATURE} is a link"
        if not path.is_file():
            return "it is not signed"
        try:
            with path.open("rb") as file:
                record = json.loads(file.read(_LARGEST))
            if record["format"] != FORMAT:
                return f"the format of its signature is not {FORMAT}"
            about = (record["kind"], record["id"])
            key, signature = _decoded(record["public_key"]), _decoded(record["signature"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
            return "its signature cannot be read"
        if about != (kind, digest):
            return f"its signature is that of another {kind}, or it was changed after it was signed"
        if key not in self.keys:
            return f"it is signed by {encoded(key)}, which is not trusted here"
        return None if ed25519.verify(key, _message(kind, digest), signature) else "its signature is wrong"


NO_KEYS: Final = TrustedKeys()


def sign(folder: Path, kind: Kind, digest: str, secret: bytes) -> Path:
    """Write the signature of a bundle or an index whose digest was checked; return the file."""
    record: Mapping[str, Any] = {
        "format": FORMAT,
        "kind": kind,
        "id": digest,
        "public_key": encoded(ed25519.public_key(secret)),
        "signature": encoded(ed25519.sign(secret, _message(kind, digest))),
    }
    write_file(folder / SIGNATURE, (json.dumps(record, indent=1) + "\n").encode())
    return folder / SIGNATURE


def encoded(value: bytes) -> str:
    """Return a key or signature as text."""
    return base64.b64encode(value).decode("ascii")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as problem:
        raise ValueError(text) from problem


def _message(kind: Kind, digest: str) -> bytes:
    return f"{FORMAT}\n{kind}\n{digest}\n".encode()
