"""Vectors of questions that reports keep."""

from __future__ import annotations

import numpy as np

from serving.reports import question_vectors
from serving.reports.kb_gaps import MOST
from serving.reports.question_vectors import KEPT, Readings


class Encoder:
    fingerprint = "one"
    dim = 4

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.zeros((len(texts), 4), dtype=np.float32)


def test_as_many_are_kept_as_a_report_looks_at_and_no_more() -> None:
    assert KEPT >= 3 * MOST  # a session has a question, a ticket a question and a resolution
    readings = Readings()
    for start in range(0, 100_000, 1_000):
        readings.read([f"question {number}" for number in range(start, start + 1_000)], Encoder(), 1_000)
        assert len(readings._kept) <= KEPT
    assert len(readings._kept) == question_vectors.KEPT
