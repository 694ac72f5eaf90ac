"""A certificate of answers serves with what it is of, and with nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from retrieval.answering.answerability import FEATURES, Answerability
from serving.inference.loaded_model import load
from tests.fakes import FrozenClock
from tests.tiny_bundle import tiny_bundle
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.answers_entry import Answers
from triage.model.bundle_files import seal


def with_answers(folder: Path, **changes: Any) -> Path:
    """Write a bundle whose answers are certified; `changes` are made to the certificate or to the numbers."""
    tiny_bundle(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    learnt = Answerability(answer_at=0.8, learnt=True).to_manifest()
    numbers = msgspec.to_builtins(learnt)
    record = {
        "id": "crt_1", "of": "answers", "slice": {}, "alpha": 0.1, "delta": 0.1, "threshold": 0.8, "n": 57, "k": 2,
        "tickets": 285, "coverage": 0.2, "start": 0.9, "window": None, "unanswered": 0.25, "articles": 12,
        "encoder": manifest["encoder"]["fingerprint"], "model": learnt.digest,
    }  # fmt: skip
    record |= {name: value for name, value in changes.items() if name in record}
    numbers |= {name: value for name, value in changes.items() if name in numbers}
    facts = {name: value for name, value in manifest.items() if name not in {"id", "files", "format"}}
    seal(folder, facts | {"answers": numbers | {"certificate": record}})
    return folder


def test_a_certificate_that_belongs_here_is_loaded(tmp_path: Path) -> None:
    model = load(with_answers(tmp_path / "own"), origin="current", at=FrozenClock().now())

    found = model.answerability.certificate
    assert found is not None
    assert (found.id, found.threshold, found.n) == ("crt_1", 0.8, 57)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"of": "category"}, "certificate of answers is of another of"),
        ({"encoder": "another"}, "certificate of answers is of another encoder"),
        ({"model": "another"}, "certificate of answers is of another model"),
        ({"coefficients": dict.fromkeys(FEATURES, 1.0)}, "certificate of answers is of another model"),
        ({"answer_at": 0.7}, "answers are shown below the threshold of their certificate"),
    ],
)
def test_a_certificate_of_something_else_or_one_that_is_not_kept_is_refused(
    change: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(BundleRefused, match=reason):
        bundles.load(with_answers(tmp_path / "pasted", **change))


def test_a_stricter_threshold_keeps_a_certificate(tmp_path: Path) -> None:
    assert bundles.load(with_answers(tmp_path / "stricter", answer_at=0.9)).answers is not None


def test_what_an_earlier_version_learnt_still_serves() -> None:
    """It knew six features; what it does not weigh counts nothing."""
    older = Answerability(learnt=True).to_manifest()
    assert older.coefficients
    kept = Answers(
        coefficients=dict(list(older.coefficients.items())[:6]),
        intercept=older.intercept,
        answer_at=older.answer_at,
        clarify_at=older.clarify_at,
    )

    found = Answerability.from_manifest(kept)

    default = Answerability()
    assert found == replace(default, coefficients=(*default.coefficients[:6], 0.0, 0.0, 0.0), learnt=True)
