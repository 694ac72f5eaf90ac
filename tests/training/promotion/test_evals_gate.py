"""A promotion refuses what breaks a golden question that passes now, and says which."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from tests.tiny_bundle import tiny_bundle, with_answers_from
from training.promotion.evals_gate import gate
from training.promotion.gates import Gate
from training.promotion.promotion import Promotion, Refusal, joined

ANSWERED = '[[question]]\nask = "csv export broken"\narticle = "export"\nexpect = "answer"\n'
NEVER = '[[question]]\nask = "csv export empty"\nexpect = "emergency"\n'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with articles and questions, a bundle that answers, and one that never does."""
    root = tmp_path_factory.mktemp("desk")
    (root / "kb").mkdir()
    (root / "kb" / "export.md").write_text("# csv export empty\n\ncsv export empty\n")
    (root / "kb" / "reset.md").write_text("# reset password login\n\nreset password login\n")
    (root / "kb" / "questions.toml").write_text(ANSWERED + NEVER)
    made = tiny_bundle(root / "bundle")
    with_answers_from(made, root / "answers", 0.05)
    with_answers_from(made, root / "silent", 0.999)
    return root


def test_without_questions_it_passes_and_says_so(tmp_path: Path) -> None:
    found = gate(tmp_path / "candidate", tmp_path / "current", tmp_path)
    assert (found.name, found.passed) == ("evals", True)
    assert "there are no golden questions" in found.reason
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "questions.toml").write_text("")  # an editor has taken them all away
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "questions.toml").write_text(ANSWERED)
    assert "there are no golden questions" in gate(tmp_path / "candidate", tmp_path / "current", tmp_path).reason


def test_a_first_bundle_can_break_nothing(desk: Path, tmp_path: Path) -> None:
    found = gate(desk / "silent", None, tmp_path, desk / "kb")
    assert found == Gate(
        "evals", passed=True, reason="no bundle is current, so no golden question passes that could fail"
    )


def test_one_more_gate_can_refuse_a_promotion() -> None:
    passed, failed = Gate("evals", passed=True, reason=""), Gate("evals", passed=False, reason="")
    assert joined(Promotion("b-1", ()), passed).promoted
    assert joined(Promotion("b-1", ()), failed) == Refusal("b-1", (failed,))
    assert not joined(Refusal("b-1", (failed,)), passed).promoted
    assert joined(Refusal(None, ()), passed) == Refusal(None, ())


@pytest.mark.slow
def test_what_breaks_a_question_is_refused_by_its_name(desk: Path, tmp_path: Path) -> None:
    found = gate(desk / "silent", desk / "answers", tmp_path, desk / "kb")
    assert not found.passed
    assert found.reason.startswith("1 golden question fails that passes with the current bundle: “csv export broken” (")
    assert found.reason.endswith(" instead of answered from export)")


@pytest.mark.slow
def test_what_failed_before_refuses_nothing(desk: Path, tmp_path: Path) -> None:
    found = gate(desk / "answers", desk / "silent", tmp_path, desk / "kb")
    assert found.passed
    assert found.reason.startswith("1 of 2 golden questions pass")


@pytest.mark.slow
def test_a_file_that_cannot_be_read_refuses_with_its_line(desk: Path, tmp_path: Path) -> None:
    folder = copytree(desk / "kb", tmp_path / "kb")
    (folder / "questions.toml").write_text('[[question]]\naks = "x"\n')
    found = gate(desk / "silent", desk / "answers", tmp_path, folder)
    assert not found.passed
    assert "line 1: `aks` is not known: did you mean `ask`?" in found.reason


@pytest.mark.slow
def test_the_same_words_for_another_brand_are_another_question(desk: Path, tmp_path: Path) -> None:
    folder = copytree(desk / "kb", tmp_path / "kb")
    (folder / "export.md").write_text("---\nbrand: north\n---\n# csv export empty\n\ncsv export empty\n")
    (folder / "questions.toml").write_text(f'{ANSWERED}brand = "north"\n{ANSWERED}brand = "south"\n')
    found = gate(desk / "answers", desk / "answers", tmp_path, folder)
    assert (found.passed, found.reason[:31]) == (True, "1 of 2 golden questions pass, a")
