"""How near is near is learnt from the desk's usual tickets; texts are encoded once and then forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from serving.surges.arrivals import Read
from serving.surges.meanings import FEWEST_USUAL, Meanings, rings
from triage.surges.arrival import Arrival
from triage.surges.neighbours import SHARES

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DIM = 8


class Counting:
    """An encoder that counts: a text's vector is drawn by its words before the stroke."""

    def __init__(self, fingerprint: str = "one") -> None:
        self.fingerprint, self.encoded = fingerprint, 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.encoded += len(texts)
        return np.stack([_vector(text) for text in texts])


def _vector(text: str) -> np.ndarray:
    theme, _, own = text.partition("/")
    drawn = np.random.default_rng(sum(map(ord, theme))).normal(size=DIM)
    drawn += 0.1 * np.random.default_rng(sum(map(ord, own))).normal(size=DIM)
    return (drawn / np.linalg.norm(drawn)).astype(np.float32)


def _read(name: str, text: str) -> Read:
    return Read(Arrival.of(name, NOON, text, sender=name, labels={}), text)


def _learnt(encoder: Any, texts: int = 400) -> Meanings:
    meanings = Meanings(lambda: encoder)
    assert meanings.is_outdated()
    meanings.learn([_read(f"u{number}", f"usual {number * 7919}/{number}") for number in range(texts)])
    return meanings


def test_a_neighbourhood_holds_its_share_of_the_usual_tickets() -> None:
    chance = np.random.default_rng(3)
    usual, day = (_unit(chance.normal(size=(count, DIM))) for count in (1_000, 300))
    for share, ring in zip(SHARES, rings(usual, [str(n) for n in range(300)], day), strict=True):
        mean = sum(len(near) for near in ring.near.values()) / 300 / 299
        assert 0.7 * share < mean < 1.4 * share  # both are of one distribution


def test_reports_of_one_thing_are_near_and_others_are_not() -> None:
    encoder = Counting()
    meanings = _learnt(encoder)
    names = [f"down{number}" for number in range(8)]
    meanings.add([*(_read(name, f"all is down/{name}") for name in names), _read("else", "an invoice/1")])
    for _ in range(3):
        narrow, *_ = meanings.rings([*names, "else"]) or (None,)
    assert narrow is not None
    assert all(narrow.near[name] == frozenset(names) - {name} for name in names)
    assert not narrow.near.get("else")


def test_a_text_that_many_send_is_not_near_to_its_own_kind() -> None:
    chance = np.random.default_rng(3)
    usual = np.concatenate([_unit(chance.normal(size=(900, DIM))), np.repeat(_unit(np.ones((1, DIM))), 100, axis=0)])
    day = np.repeat(_unit(np.ones((1, DIM))), 20, axis=0) * np.float32(1 + 1e-6)
    assert [len(near) for ring in rings(usual, [str(n) for n in range(20)], day) for near in ring.near.values()] == [
        0
    ] * 60


def test_a_text_is_encoded_once() -> None:
    encoder = Counting()
    meanings = _learnt(encoder, 300)
    for _ in range(4):
        meanings.add([_read("one", "all is down/1")])
        meanings.rings(["one"])
    assert encoder.encoded == 301
    assert not meanings._texts


def test_without_enough_usual_tickets_nothing_is_near() -> None:
    meanings = _learnt(Counting(), FEWEST_USUAL - 1)
    meanings.add([_read("one", "a/1"), _read("two", "a/2")])
    assert [meanings.rings(["one", "two"]) for _ in range(3)] == [(), (), ()]


def test_without_an_encoder_nothing_is_near() -> None:
    meanings = Meanings(lambda: None)
    meanings.add([_read("one", "a/1")])
    assert not meanings.is_outdated()
    assert meanings.rings(["one"]) == ()


def test_vectors_of_another_encoder_are_forgotten() -> None:
    serving = [Counting("one")]
    meanings = Meanings(lambda: serving[0])  # type: ignore[arg-type,return-value]
    assert [meanings.is_outdated(), meanings.is_outdated()] == [True, False]
    meanings.add([_read("one", "a/1")])
    serving[0] = Counting("two")
    assert meanings.is_outdated()
    assert not meanings._day


def _unit(drawn: np.ndarray) -> np.ndarray:
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
