from __future__ import annotations

import numpy as np
import pytest

from tests.training.desk import ticket
from training.config import Slices
from training.data.labels import choose
from training.data.splits import Ordered, Split, by_time
from triage.tickets.closed_ticket import from_record

N = 200


@pytest.fixture
def vectors() -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(N, 64)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def split_of(vectors: np.ndarray, *, dated: bool, alike: tuple[tuple[int, int], ...] = ()) -> Split:
    """Split tickets of different words; pairs in `alike` have the same words but for numbers and one more."""
    texts = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)} order {i} is late and the invoice wrong" for i in range(N)]
    for one, other in alike:
        texts[one] = texts[other].replace(f"order {other}", f"order {other + 7}") + " please"
    return by_time(Ordered(texts, vectors, dated), Slices())


def test_the_newest_measure_and_the_oldest_fit(vectors: np.ndarray) -> None:
    split = split_of(vectors, dated=True)
    assert split.fit.max() < split.calibrate.min() < split.calibrate.max() < split.hold_out.min()
    assert [len(part) for part in (split.fit, split.calibrate, split.hold_out)] == [140, 30, 30]


def test_a_large_export_does_not_measure_on_more_than_it_takes(vectors: np.ndarray) -> None:
    texts = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)} is late" for i in range(N)]
    slices = Slices(most_calibrate=20, most_hold_out=10)
    split = by_time(Ordered(texts, vectors, dated=True), slices)
    assert [len(part) for part in (split.fit, split.calibrate, split.hold_out)] == [170, 20, 10]
    assert split.teach.tolist() == list(range(190))


def test_no_near_duplicate_stands_on_two_sides(vectors: np.ndarray) -> None:
    vectors[150], vectors[190], vectors[195] = vectors[3], vectors[4], vectors[160]
    split = split_of(vectors, dated=True, alike=((150, 3), (190, 4), (195, 160)))
    assert split.repeats.tolist() == [150, 190, 195]
    assert split.teach.tolist() == list(range(170))  # all before the held-out slice, repeats among them
    assert sum(map(len, (split.fit, split.calibrate, split.hold_out, split.repeats))) == N


def test_a_file_without_times_is_split_at_random_and_alike_each_time(vectors: np.ndarray) -> None:
    labels = [f"label-{i // 10}" for i in range(N)]
    split = split_of(vectors, dated=False)
    assert split.how.startswith("at random, as the file has no times")
    assert {labels[i] for i in split.hold_out} <= {labels[i] for i in split.fit}
    assert (split_of(vectors, dated=False).fit == split.fit).all()


def test_texts_with_one_vector_and_other_words_do_not_repeat_each_other(vectors: np.ndarray) -> None:
    """An encoder that cannot tell texts apart must not empty the slices that measure."""
    vectors[:] = vectors[0]
    texts = [f"{chr(97 + i // 26)}{chr(97 + i % 26)} {chr(97 + i % 7)}x {chr(97 + i % 5)}y" for i in range(N)]
    assert by_time(Ordered(texts, vectors, True), Slices()).repeats.size == 0


def test_new_labels_in_dated_tickets_stay_where_time_put_them(vectors: np.ndarray) -> None:
    split = split_of(vectors, dated=True)
    assert split.fit.max() < split.hold_out.min()


def test_labels_with_enough_tickets_are_learnt_and_the_rare_ones_named() -> None:
    rows = [ticket(n, category=label, product_area=None) for n, label in enumerate("a" * 9 + "b" * 8 + "c" * 7)]
    (head,) = choose([from_record(row) for row in rows], 8)
    assert (head.head, head.learnt, head.rare, head.n) == ("category", ("a", "b"), {"c": 7}, 17)
    assert head.problem is None


def test_one_label_makes_no_head_and_says_so() -> None:
    rows = [ticket(n, category="a") for n in range(9)]
    category = choose([from_record(row) for row in rows], 8)[0]
    assert "only 1 label has enough tickets" in (category.problem or "")
