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


def in_languages(folder: Path, *slices: dict[str, str], of: dict[str, str] | None = None) -> Path:
    """Write a bundle whose answers have the same certificate once more for each slice; `of` is what that one says."""
    with_answers(folder, slice={"language": "*"})
    manifest = json.loads((folder / "manifest.json").read_text())
    answers = manifest["answers"]
    answers["languages"] = [
        {
            "slice": each,
            "answer_at": 0.85,
            "clarify_at": 0.4,
            "certificate": answers["certificate"] | {"slice": of or each},
        }
        for each in slices
    ]
    facts = {name: value for name, value in manifest.items() if name not in {"id", "files", "format"}}
    seal(folder, facts)
    return folder


def test_each_language_serves_with_its_own_threshold_and_certificate(tmp_path: Path) -> None:
    folder = in_languages(tmp_path / "own", {"language": "it"})

    found = load(folder, origin="current", at=FrozenClock().now()).answerability

    assert (found.of("it").answer_at, found.of("it").clarify_at) == (0.85, 0.4)
    assert [found.of(each).answer_at for each in ("en", None, "*")] == [0.8] * 3
    named = [each.certificate.slice for each in (found.of("it"), found.of("en")) if each.certificate]
    assert named == [{"language": "it"}, {"language": "*"}]


@pytest.mark.parametrize(
    ("slices", "of", "reason"),
    [
        ([{"language": "it"}], {"language": "de"}, "certificate of answers is of another slice"),
        ([{"language": "it"}, {"language": "it"}], None, "no language, or one twice"),
        ([{"language": "*"}], None, "no language, or one twice"),
        ([{}], None, "no language, or one twice"),
    ],
)
def test_a_language_that_is_no_part_of_its_own_is_refused(
    slices: list[dict[str, str]], of: dict[str, str] | None, reason: str, tmp_path: Path
) -> None:
    with pytest.raises(BundleRefused, match=reason):
        bundles.load(in_languages(tmp_path / "pasted", *slices, of=of))


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
