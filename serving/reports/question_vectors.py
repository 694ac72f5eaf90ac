"""Encode customers' questions in advance for the reports."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from retrieval.index.text_encoder import TextEncoder

#: Vectors that are kept, 23 MB of the usual encoder: gaps look at 5,000 sessions and two texts of 5,000 tickets, trends
#: at 5,000 tickets, many of them the same.
KEPT = 20_000
_KEPT_AS = np.float16


class Readings:
    """Vectors by text for one encoder, as bytes of half precision; the least recently used are dropped.

    A row of what was encoded together would keep the whole of it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fingerprint = ""
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()

    def read(self, texts: Sequence[str], encoder: TextEncoder, most: int) -> list[np.ndarray | None]:
        """Return the vectors of texts, encoding at most so many new ones; None for those that must wait."""
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        with self._lock:
            if encoder.fingerprint != self._fingerprint:
                self._fingerprint = encoder.fingerprint
                self._kept.clear()
            known = {key: self._kept[key] for key in keys if key in self._kept}
        of = dict(zip(keys, texts, strict=True))
        fresh = [key for key in of if key not in known][:most]
        if fresh:
            encoded = encoder.encode([of[key] for key in fresh]).astype(_KEPT_AS)
            known |= {key: row.tobytes() for key, row in zip(fresh, encoded, strict=True)}
        with self._lock:
            if encoder.fingerprint == self._fingerprint:
                self._keep(known)
        return [_vector(known[key]) if key in known else None for key in keys]

    def _keep(self, known: dict[bytes, bytes]) -> None:
        for key, vector in known.items():
            self._kept[key] = vector
            self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def _vector(kept: bytes) -> np.ndarray:
    return np.frombuffer(kept, dtype=_KEPT_AS).astype(np.float32)
