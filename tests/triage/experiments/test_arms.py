"""Who is in the holdout: a share of all keyed hashes, and nobody leaves it when it grows."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest

from triage.experiments.arms import ArmSums, Unit, arm_of

DIGESTS = [hashlib.sha256(str(number).encode()).digest() for number in range(4_000)]


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_holdout_has_the_share_that_was_set(share: float) -> None:
    """4,000 draws: four standard errors are at most 4 * sqrt(0.25 / 4000) = 0.032."""
    assert sum(arm_of(each, share) == "holdout" for each in DIGESTS) / 4_000 == pytest.approx(share, abs=0.032)


def test_without_a_share_nobody_is_held_out() -> None:
    assert {arm_of(each, 0.0) for each in [*DIGESTS, bytes(32)]} == {"bot"}


def test_a_larger_share_keeps_everybody_in_the_holdout_who_was_in_it() -> None:
    held = [{each for each in DIGESTS if arm_of(each, share) == "holdout"} for share in (0.01, 0.05, 0.1, 0.5)]
    assert all(fewer < more for fewer, more in pairwise(held))


def test_an_arm_adds_up_what_its_visitors_did() -> None:
    found = ArmSums.of([Unit(sessions=1, tickets=0), Unit(sessions=3, tickets=2)])
    assert found == ArmSums(2, 1, 4, 2, 10, 4, 6)
    assert found.rate == 0.5
    assert ArmSums.of([]).rate is None
