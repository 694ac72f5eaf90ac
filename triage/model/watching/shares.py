"""How many of the tags that would be applied a person checks: few as a rule, more where less is known of the risk."""

from __future__ import annotations

import math

import numpy as np

MOST = 0.3
"""The largest share that evidence raises to; tags near the threshold are checked twice as often."""
FRESH = 30
"""Answers until a certificate is no longer fresh."""
_FRESH_TIMES = 3.0
_NEAR = 0.25  # of the way from the threshold to certainty
_NEAR_TIMES = 2.0
_FULL = math.log(3)  # evidence from which on the largest share is checked
_TWICE = math.log(2)
_BY_CHANCE = math.log(20)  # evidence that corrections show sooner or later while nothing changes


def audited_share(base: float, answers: np.ndarray | int, evidence: np.ndarray | float) -> np.ndarray:
    """Return the share of tags to check.

    Parameters
    ----------
    base
        The share while nothing speaks for a rise.
    answers
        Answers so far: a fresh certificate is checked more often.
    evidence
        Log of the evidence that the risk has risen, from audited tags or from corrections. It may only raise the
        share, and the share is fixed before a ticket is seen, so no answer is worth more or less because of it.

    Returns
    -------
    np.ndarray
        A share for each of them.
    """
    most = max(base, MOST)
    if base <= 0:
        return np.zeros(np.broadcast(answers, evidence).shape)
    raised = base * (most / base) ** np.clip(np.asarray(evidence) / _FULL, 0.0, 1.0)
    fresh = np.where(np.asarray(answers) < FRESH, _FRESH_TIMES * base, base)
    return np.asarray(np.minimum(np.maximum(raised, fresh), most))


def probability(share: float, confidence: float, threshold: float) -> float:
    """Return the probability with which one tag is checked: twice the share near the threshold."""
    is_near = confidence - threshold < _NEAR * (1 - threshold)
    return min(1.0, _NEAR_TIMES * share) if is_near else share


def correction_evidence(applied: np.ndarray, corrected: np.ndarray, alpha: float) -> np.ndarray:
    """Return the log of the evidence that agents correct applied tags twice as often as they should, at least 0.

    Agents correct some of the wrong tags only, so the rate of corrections proves nothing about the risk. But where it
    rises, the risk probably did. It is compared with alpha, and with the rate of the weeks before where that is lower.

    Parameters
    ----------
    applied
        Tags that were applied, by week, shape (…, weeks).
    corrected
        Tags that were applied and corrected, by the week of the correction; of the same shape.
    alpha
        The risk that the certificate promises at most.

    Returns
    -------
    np.ndarray
        One figure for each certificate.
    """
    tags_before, faults_before = np.cumsum(applied, axis=-1) - applied, np.cumsum(corrected, axis=-1) - corrected
    at_most = faults_before + 2 * np.sqrt(faults_before + 1)  # what few weeks showed may have been little by chance
    rates = np.minimum(alpha, at_most / np.maximum(tags_before, 1))
    tags, faults = _since(applied), _since(corrected)
    return np.asarray(np.maximum((faults * _TWICE - tags * rates).max(axis=-1) - _BY_CHANCE, 0.0))


def _since(counts: np.ndarray) -> np.ndarray:
    return np.asarray(np.flip(np.cumsum(np.flip(counts, axis=-1), axis=-1), axis=-1))
