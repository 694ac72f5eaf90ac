"""The operation history: what was asked and what was answered, line by line. The one oracle of the crash tests.

A line is written before a request is sent and after its answer came. "Acknowledged" is an answer of 2xx that was read
whole; everything else (an error, a broken connection) promises nothing, and may have had its effect all the same.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class OperationHistory:
    """A file of operations; safe to write from many threads."""

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, operation: str, key: str, **facts: Any) -> None:
        self._write({"what": "sent", "operation": operation, "key": key, **facts})

    def acknowledged(self, operation: str, key: str, **facts: Any) -> None:
        self._write({"what": "acknowledged", "operation": operation, "key": key, **facts})

    def failed(self, operation: str, key: str, why: str, **facts: Any) -> None:
        self._write({"what": "failed", "operation": operation, "key": key, "why": why, **facts})

    def rows(self) -> list[dict[str, Any]]:
        """Return every line; the tests' own process is never killed, so none is torn."""
        with self._lock:  # a line that is being written is no line yet
            written = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        return [json.loads(line) for line in written.splitlines()]

    def acknowledged_by_key(self, operation: str) -> dict[str, list[dict[str, Any]]]:
        """Return the acknowledgements of each key: a repeat may be acknowledged again."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows():
            if row["what"] == "acknowledged" and row["operation"] == operation:
                found.setdefault(row["key"], []).append(row)
        return found

    def _write(self, row: dict[str, Any]) -> None:
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
