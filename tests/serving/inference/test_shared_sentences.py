"""Sentences that several tickets of a batch have are encoded once, and each ticket is judged as alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from serving.inference.emergencies import TicketWords, in_tickets
from triage.model.critical import CriticalHead, Emergency


class ByWord:
    """Calls a sentence an emergency that says "down", by a vector that belongs to the sentence."""

    def find(self, text: str, vector: np.ndarray) -> None:
        return None

    def may_report(self, text: str) -> bool:
        return True

    def read(self, text: str, vector: np.ndarray) -> Emergency:
        assert vector[0] == len(text)
        return Emergency("outage", 0.9 if "down" in text else 0.1)


def test_a_shared_sentence_is_encoded_once_and_counts_for_each_ticket() -> None:
    encoded: list[str] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        encoded.extend(texts)
        return np.array([[len(text)] for text in texts], dtype=np.float32)

    said = [["Hello there. All is down."], ["Hello there. My invoice is wrong."], ["Hello there. All is down."]]
    tickets = [TicketWords(searched[0], None, searched) for searched in said]
    found = in_tickets(tickets, cast("CriticalHead", ByWord()), encode)
    assert encoded == ["Hello there", "All is down", "My invoice is wrong"]
    assert [each is not None for each in found] == [True, False, True]
