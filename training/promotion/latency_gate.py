"""Gate: the time per text compared with another bundle, one text at a time, as in serving."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from retrieval.encoder.encoder import from_files
from training.bundles.reading import reader_of
from training.promotion.gates import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from triage.model.bundle import Bundle

    Timer = Callable[[], float]

RUNS = 5
MOST_TIMES = 1.5
"""A bundle may take this many times what the current one takes."""
ALWAYS_FINE = 0.005
"""Seconds a text that are no burden whatever the current bundle takes."""
MOST = 0.5
"""Seconds a text that a first bundle may take."""
TEXTS = 12


def latency(candidate: Bundle, current: Bundle | None, timer: Timer = perf_counter) -> Gate:
    """Time both on the same texts, in turns.

    Parameters
    ----------
    candidate
        Its golden texts are what is read: tickets of the desk.
    current
        What serves now, if anything.
    timer
        Seconds that pass.

    Returns
    -------
    Gate
        The least of several runs is compared: whatever else the machine does only adds to a run.
    """
    texts = candidate.golden.texts[:TEXTS]
    runs = [_reader(bundle) for bundle in (candidate, current) if bundle is not None]
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(RUNS):
        for read, own in zip(runs, times, strict=True):
            own.append(_seconds(read, texts, timer))
    ours, *theirs = (min(own) / max(1, len(texts)) for own in times)
    budget = max(ALWAYS_FINE, MOST_TIMES * theirs[0]) if theirs else MOST
    reason = f"{1000 * ours:.1f} ms a text; {1000 * budget:.1f} ms are allowed"
    if theirs:
        reason += f", the current model takes {1000 * theirs[0]:.1f} ms"
    return Gate("latency", passed=ours <= budget, reason=reason)


def _reader(bundle: Bundle) -> Callable[[str], object]:
    reader = reader_of(bundle, from_files(*bundle.encoder_files()))
    return lambda text: bundle.predict([text], reader.read([text]).states)


def _seconds(read: Callable[[str], object], texts: Sequence[str], timer: Timer) -> float:
    start = timer()
    for text in texts:
        read(text)
    return timer() - start
