"""The secret of this installation, from which the secrets of sessions and identities are derived.

It lies in a file beside the database, readable by its owner only, and in no backup: whoever reads a copy of the
database can neither open a session nor sign an identity. Replicas with homes of their own need the same file.
"""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

_BYTES = 32


class InstallationSecret:
    """Derives secrets; the file is made when the first one is needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._secret: bytes | None = None

    def derive(self, purpose: str, name: str) -> bytes:
        """Return 32 bytes that nobody without the file can compute; the same for the same purpose and name."""
        if self._secret is None:
            self._secret = self._read()
        return hmac.digest(self._secret, f"{purpose}\n{name}".encode(), hashlib.sha256)

    def _read(self) -> bytes:
        if not self._path.exists():
            self._make()
        return bytes.fromhex(self._path.read_text(encoding="ascii"))

    def _make(self) -> None:
        """Put the file in place whole; of several processes that do so at once the first wins."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{secrets.token_hex(_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            with suppress(FileExistsError):
                os.link(unfinished, self._path)
        finally:
            unfinished.unlink()
