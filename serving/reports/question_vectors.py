"""Encode customers' questions in advance for the reports."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from retrieval.index.article_index import TextEncoder

#: Vectors that are kept, 25 MB of the usual encoder: a report looks at 5,000 sessions and two texts of 5,000 tickets.
KEPT = 16_000


class Readings:
    """Vectors by text for one encoder; the least recently used are dropped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fingerprint = ""
        self._kept: OrderedDict[bytes, np.ndarray] = OrderedDict()

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
            known |= zip(fresh, encoder.encode([of[key] for key in fresh]), strict=True)
        with self._lock:
            if encoder.fingerprint == self._fingerprint:
                self._keep(known)
        return [known.get(key) for key in keys]

    def _keep(self, known: dict[bytes, np.ndarray]) -> None:
        for key, vector in known.items():
            self._kept[key] = vector
            self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
