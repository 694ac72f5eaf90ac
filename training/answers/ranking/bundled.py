"""A desk's ranker as a bundle keeps it: weights in the manifest, what ranks on top of them in a file."""

from __future__ import annotations

import hashlib
from dataclasses import asdict

import numpy as np
from msgspec import structs

from retrieval.answering.learnt.ranker import FILE, SECOND_FILE, DeskRanker, LearntRanker
from training.data import array_files
from triage.model.answers_entry import Answers, LearntRankerEntry, RankerChoice, SecondRankerEntry


def named(answers: Answers, ranker: DeskRanker) -> Answers:
    """Let the manifest's entry of answers say what ranks."""
    return structs.replace(answers, ranker=_weights(ranker), learnt_ranker=_entry(ranker, FILE))


def second_named(ranker: DeskRanker, choice: RankerChoice | None) -> SecondRankerEntry:
    """Return what the manifest says of the ranker by the second encoder."""
    return SecondRankerEntry(weights=_weights(ranker), learnt=_entry(ranker, SECOND_FILE), choice=choice)


def files(ranker: DeskRanker, path: str = FILE) -> dict[str, bytes]:
    """Return the content of the ranker's file by its path; none where weights rank alone."""
    if not isinstance(ranker, LearntRanker):
        return {}
    arrays = {
        name: values.astype(np.float16) if name.endswith("_map") else values
        for name, values in ranker.to_arrays().items()
    }
    return {path: array_files.archive(arrays)}


def _weights(ranker: DeskRanker) -> dict[str, float]:
    return asdict(ranker.weights if isinstance(ranker, LearntRanker) else ranker)


def _entry(ranker: DeskRanker, file: str) -> LearntRankerEntry | None:
    content = files(ranker, file).get(file)
    if content is None:
        return None
    return LearntRankerEntry(file=file, sha256=hashlib.sha256(content).hexdigest())
