"""A desk's ranker as a bundle keeps it: weights in the manifest, what ranks on top of them in a file."""

from __future__ import annotations

import hashlib

import numpy as np
from msgspec import structs

from retrieval.answering.learnt.ranker import FILE, DeskRanker, LearntRanker
from training.data import array_files
from triage.model.answers_entry import Answers, LearntRankerEntry


def named(answers: Answers, ranker: DeskRanker) -> Answers:
    """Let the manifest's entry of answers say what ranks."""
    weights = ranker.weights if isinstance(ranker, LearntRanker) else ranker
    entry = None
    for path, content in files(ranker).items():
        entry = LearntRankerEntry(file=path, sha256=hashlib.sha256(content).hexdigest())
    return structs.replace(answers, ranker=weights.to_manifest().ranker, learnt_ranker=entry)


def files(ranker: DeskRanker) -> dict[str, bytes]:
    """Return the content of the ranker's file by its path; none where weights rank alone."""
    if not isinstance(ranker, LearntRanker):
        return {}
    arrays = {
        name: values.astype(np.float16) if name.endswith("_map") else values
        for name, values in ranker.to_arrays().items()
    }
    return {FILE: array_files.archive(arrays)}
