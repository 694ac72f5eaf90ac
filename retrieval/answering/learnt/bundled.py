"""The ranker that a model bundle carries: weights in its manifest, and on a desk that chose them map and trees."""

from __future__ import annotations

from retrieval.answering.learnt.ranker import DeskRanker, LearntRanker
from retrieval.answering.ranker import LinearRanker
from triage.errors import BundleRefused
from triage.model.bundle import Bundle
from triage.model.bundle_arrays import arrays_in, refuse_foreign


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
    weights = LinearRanker.from_manifest(bundle.answers)
    entry = bundle.answers.learnt_ranker if bundle.answers else None
    if entry is None:
        return weights
    sealed = bundle.manifest.file(entry.file)
    try:
        refuse_foreign("its ranker", {"file": (entry.sha256, sealed and sealed.sha256)})
        return LearntRanker.from_arrays(weights, arrays_in(bundle.read(entry.file)), bundle.manifest.encoder.dim)
    except (KeyError, TypeError, ValueError, OSError, EOFError) as problem:
        raise BundleRefused(bundle.files.folder, f"its ranker cannot be read ({problem})") from problem
