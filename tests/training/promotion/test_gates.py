"""The gates' arithmetic, without any bundle: redraws, urgent tickets, time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from tests.tiny_bundle import tiny_bundle
from training.bundles.comparison import paired
from training.evaluation.bootstrap import Redraws
from training.promotion.latency_gate import RUNS, latency
from training.promotion.relative_gates import judge_pair, urgent
from triage.model import bundle as bundles

Said = tuple[str, str, str]


def outcomes(n: int = 400) -> list[Said]:
    """Return tickets of three labels of which ours finds about 80 % and theirs about 70 %."""
    random = np.random.default_rng(5)
    truth = random.choice(["bug", "billing", "how_to"], p=[0.6, 0.3, 0.1], size=n)
    found = []
    for label in truth.tolist():
        ours, theirs = (
            label if random.random() < share else str(random.choice(["bug", "billing", "how_to"]))
            for share in (0.7, 0.55)
        )
        found.append((label, ours, theirs))
    return found


def gain_in_accuracy(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> float:
    return float((ours == truth).mean() - (theirs == truth).mean())


def gain_in_macro_f1(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> float:
    scores = [f1_score(truth, guesses, average="macro", zero_division=0) for guesses in (ours, theirs)]
    return float(scores[0] - scores[1])


def test_the_redraws_give_scipys_paired_bootstrap() -> None:
    said = outcomes()
    columns = tuple(np.array(column, dtype=object) for column in zip(*said, strict=True))
    scipys = stats.bootstrap(
        columns, gain_in_accuracy, paired=True, vectorized=False, n_resamples=2_000, method="percentile", rng=1
    ).confidence_interval
    ours = Redraws(said).accuracy()
    assert (ours.low, ours.high) == pytest.approx((scipys.low, scipys.high), abs=0.01)


def test_the_redraws_of_macro_f1_give_scipys_too() -> None:
    said = outcomes(150)
    columns = tuple(np.array(column, dtype=str) for column in zip(*said, strict=True))
    scipys = stats.bootstrap(
        columns, gain_in_macro_f1, paired=True, vectorized=False, n_resamples=200, method="percentile", rng=1
    ).confidence_interval
    ours = Redraws(said).macro_f1()
    assert (ours.low, ours.high) == pytest.approx((scipys.low, scipys.high), abs=0.05)


def test_the_same_tickets_give_the_same_redraws() -> None:
    assert Redraws(outcomes()).macro_f1() == Redraws(outcomes()).macro_f1()


def said(*counts: tuple[int, str, str, str]) -> list[Said]:
    return [(truth, ours, theirs) for n, truth, ours, theirs in counts for _ in range(n)]


def test_a_gain_passes_and_says_how_sure_it_is() -> None:
    gate = judge_pair("category: not worse", paired("category", outcomes()))
    assert gate.passed
    assert "with 95 % confidence" in gate.reason


def test_a_small_loss_that_redraws_confirm_is_refused() -> None:
    """40 of 3,000 lost and 10 won is one percent: more than 19 of 20 redraws show it."""
    gate = judge_pair("x", paired("category", said((2_950, "a", "a", "a"), (40, "a", "b", "a"), (10, "b", "b", "a"))))
    assert not gate.passed
    assert "of the redraws show no loss" in gate.reason


def test_a_small_loss_by_chance_passes() -> None:
    """5 of 1,000 lost and 4 won."""
    pairs = said((591, "a", "a", "a"), (400, "b", "b", "b"), (5, "a", "b", "a"), (4, "b", "b", "a"))
    assert judge_pair("x", paired("category", pairs)).passed


def test_a_label_that_is_found_less_often_is_named_though_accuracy_gains() -> None:
    pairs = said((900, "a", "a", "a"), (60, "a", "a", "b"), (15, "b", "a", "b"), (25, "b", "b", "b"))
    gate = judge_pair("x", paired("category", pairs))
    assert not gate.passed
    assert "b was found in 100% of its 40 tickets, now in 62%" in gate.reason


@pytest.mark.parametrize(
    ("pairs", "passes"),
    [
        (said((200, "P2", "P2", "P2"), (9, "P0", "P0", "P0"), (1, "P0", "P2", "P0")), False),  # one P0 is one too many
        (said((200, "P2", "P2", "P2"), (8, "P0", "P0", "P0"), (1, "P0", "P2", "P0"), (1, "P0", "P0", "P1")), True),
        (said((200, "P2", "P2", "P2"), (40, "P1", "P1", "P1"), (10, "P1", "P2", "P1")), False),
        (said((200, "P2", "P2", "P2"), (99, "P1", "P1", "P1"), (1, "P1", "P2", "P1")), True),  # one of 100 by chance
        (said((200, "P2", "P2", "P2"), (40, "P1", "P0", "P1")), True),  # more urgent is not missed
    ],
)
def test_no_urgent_ticket_is_missed_that_the_current_model_finds(pairs: list[Said], passes: bool) -> None:
    gate = urgent(paired("priority", pairs))
    assert (gate.name, gate.passed) == ("priority: urgent", passes)


def test_only_priorities_are_urgent() -> None:
    assert paired("category", said((30, "P0", "P0", "P0"))).urgent is None


def ticks(*spans: float) -> Iterator[float]:
    """Yield the readings of a clock around pieces of work that last so long."""
    now = 0.0
    for span in spans:
        yield now
        now += span
        yield now


@pytest.mark.parametrize(("ours", "theirs", "passes"), [(0.14, 0.1, True), (0.16, 0.1, False), (0.012, 0.001, True)])
def test_a_bundle_may_take_half_as_long_again_as_the_current_one(
    ours: float, theirs: float, passes: bool, tmp_path: Path
) -> None:
    """Three golden texts: 0.16 s for all are 53 ms a text, 50 are allowed; 4 ms a text are fine whatever was before."""
    one, other = (bundles.load(tiny_bundle(tmp_path / name, name=name)) for name in ("one", "other"))
    clock = ticks(ours * 9, theirs * 9, *([ours, theirs] * (RUNS - 1)))  # the first run is slow: it does not count
    gate = latency(one, other, lambda: next(clock))
    assert gate.passed == passes
    assert "the current model takes" in gate.reason


def test_a_first_bundle_may_take_half_a_second_a_text(tmp_path: Path) -> None:
    bundle = bundles.load(tiny_bundle(tmp_path / "one"))
    for seconds, passes in ((1.4, True), (1.6, False)):
        clock = ticks(*[seconds] * RUNS)
        assert latency(bundle, None, lambda clock=clock: next(clock)).passed == passes  # type: ignore[misc]
