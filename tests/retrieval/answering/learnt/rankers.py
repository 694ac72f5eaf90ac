"""A learnt ranker of random numbers, and a bundle that ships it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from msgspec import structs

from retrieval.answering.learnt.desk_memory import DeskMemory
from retrieval.answering.learnt.ranker import FILE, N_COLUMNS, SECOND_FILE, LearntRanker
from retrieval.answering.learnt.trees import Trees
from retrieval.answering.ranker import LinearRanker
from tests.tiny_bundle import tiny_bundle
from training.data import array_files
from triage.model.answers_entry import Answers, LearntRankerEntry, SecondRankerEntry
from triage.model.bundle_files import MANIFEST, read_manifest, seal
from triage.model.manifest import to_record


def a_ranker(dim: int, known: Sequence[str], *, added: float = 1.0) -> LearntRanker:
    """One whose trees add something where the passage is near; two labels lead to the known articles."""
    random = np.random.default_rng(0)
    memory = DeskMemory(
        centre=np.zeros(dim, np.float32),
        title_centre=np.zeros(dim, np.float32),
        question_map=random.normal(size=(dim, 3)).astype(np.float32),
        title_map=random.normal(size=(dim, 3)).astype(np.float32),
        label_weights=random.normal(size=(dim, 2)).astype(np.float32),
        label_intercepts=np.zeros(2, np.float32),
        article_ids=tuple(known),
        label_shares=np.full((2, len(known)), 1 / max(len(known), 1), np.float32),
    )
    trees = Trees(
        begins=np.array([0], np.int32),
        columns=np.array([0], np.int32),
        thresholds=np.array([0.5]),
        missing_left=np.array([True]),
        left=np.array([~0], np.int8),
        right=np.array([~1], np.int8),
        leaves=np.array([[0.0, added, *[0.0] * 6]]),
        n_columns=N_COLUMNS,
    )
    return LearntRanker(LinearRanker(), 0.01, memory, trees)


def bundle_with(folder: Path, ranker: LearntRanker, *, sha256: str | None = None, **changed: np.ndarray) -> Path:
    """A bundle with this ranker, some of its arrays changed."""
    content = array_files.archive({**ranker.to_arrays(), **changed})
    entry = LearntRankerEntry(file=FILE, sha256=sha256 or hashlib.sha256(content).hexdigest())
    answers = structs.replace(ranker.weights.to_manifest(), learnt_ranker=entry)
    return _sealed(tiny_bundle(folder), answers, FILE, content)


def bundle_with_second(folder: Path, ranker: LearntRanker, *, sha256: str | None = None) -> Path:
    """A bundle with two encoders, and this ranker by the second one."""
    content = array_files.archive(ranker.to_arrays())
    entry = LearntRankerEntry(file=SECOND_FILE, sha256=sha256 or hashlib.sha256(content).hexdigest())
    second = SecondRankerEntry(weights=asdict(ranker.weights), learnt=entry)
    answers = structs.replace(LinearRanker().to_manifest(), second_ranker=second)
    return _sealed(tiny_bundle(folder, second=1), answers, SECOND_FILE, content)


def _sealed(folder: Path, answers: Answers, path: str, content: bytes) -> Path:
    manifest = read_manifest(folder).unsealed()
    (folder / MANIFEST).unlink()
    (folder / path).parent.mkdir()
    (folder / path).write_bytes(content)
    record = to_record(structs.replace(manifest, answers=answers))
    seal(folder, {name: value for name, value in record.items() if name not in ("files", "id")})
    return folder
