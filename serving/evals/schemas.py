"""Request and response bodies of `/v1/evals`."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from retrieval.articles.golden_questions import MOST_BYTES, Expect, GoldenQuestion
from serving.evals.asking import Trial
from serving.evals.running import Report, State, result_of
from serving.evals.store import Origin, Result, Run

Toml = Annotated[
    str,
    Meta(
        max_length=MOST_BYTES,
        description="questions.toml: a table [[question]] for each",
        examples=['[[question]]\nask = "How do I reset my password?"\narticle = "reset-your-password"\n'],
    ),
]


class EvalsIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """The golden questions as an editor wrote them."""

    toml: Toml


class GoldenOut(Struct, kw_only=True):
    """A golden question, what must come, and what came when it was asked last."""

    ask: str
    expect: Expect
    wanted: str
    state: State | Literal["tried"]
    passed: bool | None  # null: it is not asked yet
    came: str | None
    why: str | None
    locale: str | None = None  # the same words may be asked in several languages, and for several brands
    brand: str | None = None


class RunOut(Struct, kw_only=True):
    """All questions asked once, of one state of articles and model."""

    at: datetime
    articles_version: str
    model: str
    passed: int
    failed: int


class EvalsOut(Struct, kw_only=True):
    """The golden questions as they stand, the newly failing first, and the last runs, the newest first."""

    toml: str
    version: int
    origin: Origin | None  # null: there are none
    questions: list[GoldenOut]
    runs: list[RunOut]


class TrialOut(Struct, kw_only=True):
    """What came of questions that were only tried; nothing is stored."""

    passed: int
    failed: int
    articles_version: str
    model: str
    questions: list[GoldenOut]


def evals_out(report: Report, version: int) -> EvalsOut:
    """Return the questions with what came of them."""
    stored = report.stored
    return EvalsOut(
        toml=stored.toml if stored else "",
        version=version,
        origin=stored.origin if stored else None,
        questions=[_golden_out(each.question, each.state, each.result) for each in report.rows],
        runs=[_run_out(each) for each in report.runs],
    )


def tried_out(trial: Trial) -> TrialOut:
    """Return what came of a trial."""
    questions = [_golden_out(each.question, "tried", result_of(each)) for each in trial.judged]
    passed = sum(each.passed for each in trial.judged)
    return TrialOut(
        passed=passed,
        failed=len(questions) - passed,
        articles_version=trial.articles_version,
        model=trial.model,
        questions=questions,
    )


def _golden_out(question: GoldenQuestion, state: State | Literal["tried"], result: Result | None) -> GoldenOut:
    return GoldenOut(
        ask=question.ask,
        expect=question.expect,
        wanted=question.wanted,
        state=state,
        passed=result.passed if result else None,
        came=result.said if result else None,
        why=result.why if result else None,
        locale=question.locale,
        brand=question.brand,
    )


def _run_out(run: Run) -> RunOut:
    return RunOut(**{name: getattr(run, name) for name in RunOut.__struct_fields__})
