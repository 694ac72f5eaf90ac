"""The rankers that a model bundle carries: weights in its manifest, and on a desk that chose them map and trees."""

from __future__ import annotations

from collections.abc import Mapping

from retrieval.answering.learnt.ranker import DeskRanker, LearntRanker
from retrieval.answering.ranker import LinearRanker
from triage.errors import BundleRefused
from triage.model.answers_entry import LearntRankerEntry
from triage.model.bundle import Bundle
from triage.model.bundle_arrays import arrays_in, refuse_foreign
from triage.model.bundle_files import REFIT


def ranker_of(bundle: Bundle) -> DeskRanker:
    """Read what a bundle ranks with.

    Parameters
    ----------
    bundle
        Whose answers are ranked.

    Returns
    -------
    DeskRanker
        What was learnt; the fixed weights where nothing was.

    Raises
    ------
    BundleRefused
        The arrays are not those that the manifest names, are of another encoder or do not fit together.
    """
    weights = _weights(bundle, bundle.answers.ranker if bundle.answers else None)
    entry = bundle.answers.learnt_ranker if bundle.answers else None
    return weights if entry is None else _learnt(bundle, weights, entry, bundle.manifest.encoder.dim)


def second_ranker_of(bundle: Bundle) -> DeskRanker | None:
    """Read what ranks by the second encoder; None where the first one's ranker does. Raises BundleRefused."""
    of, second = bundle.answers.second_ranker if bundle.answers else None, bundle.manifest.second_encoder
    if of is None or second is None:
        return None
    weights = _weights(bundle, of.weights)
    return weights if of.learnt is None else _learnt(bundle, weights, of.learnt, second.dim, by_second=True)


def _weights(bundle: Bundle, weights: Mapping[str, float] | None) -> LinearRanker:
    try:
        return LinearRanker() if weights is None else LinearRanker.of_weights(weights)
    except (TypeError, ValueError) as problem:
        raise BundleRefused(bundle.files.folder, f"its ranker has no weights ({problem}): {REFIT}") from problem


def _learnt(
    bundle: Bundle, weights: LinearRanker, entry: LearntRankerEntry, dim: int, *, by_second: bool = False
) -> LearntRanker:
    sealed = bundle.manifest.file(entry.file)
    try:
        refuse_foreign("its ranker", {"file": (entry.sha256, sealed and sealed.sha256)})
        return LearntRanker.from_arrays(weights, arrays_in(bundle.read(entry.file)), dim, by_second=by_second)
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise BundleRefused(bundle.files.folder, f"its ranker cannot be read ({problem}): {REFIT}") from problem
