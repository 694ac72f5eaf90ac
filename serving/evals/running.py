"""The desk's golden questions: what applies, and what came of them; the console and the API read it here."""

import hashlib
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from retrieval.articles import golden_questions
from retrieval.articles.article import Article
from retrieval.articles.golden_questions import GoldenQuestion
from retrieval.errors import QuestionsNotReadable
from retrieval.evals.judging import Judgement
from serving.changes.edit import Edit
from serving.errors import FieldError, InvalidRequest, NotReady
from serving.evals import store
from serving.evals.asking import Asker, Trial, with_changes
from serving.evals.store import Result, Run, Stored
from serving.http.errors import Overloaded, QuestionsDiffer
from serving.inference import loaded_model
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel
from serving.inference.own_content import DeskContent
from serving.storage.database import Database
from serving.storage.errors import DatabaseUnavailable
from serving.telemetry import Telemetry
from triage.signing.signatures import NO_KEYS, TrustedKeys

#: What changed since the run before, in the order of the list: the worst first.
State = Literal["newly failing", "failing", "newly passing", "new", "passing", "waiting"]
STATES: Final[tuple[State, ...]] = ("newly failing", "failing", "newly passing", "new", "passing", "waiting")
NAMED: Final = 3  # questions in a refusal
TRIED: Final = 200  # questions that are asked while somebody waits


@dataclass(frozen=True, slots=True)
class Row:
    """A golden question with what came of it; `waiting`: it is not asked yet."""

    question: GoldenQuestion
    state: State
    result: Result | None


@dataclass(frozen=True, slots=True)
class Report:
    """The questions as they stand; without a run nothing was asked yet."""

    stored: Stored | None
    rows: Sequence[Row]
    runs: Sequence[Run]

    def count(self, *states: State) -> int:
        """Return how many questions are in these states."""
        return sum(row.state in states for row in self.rows)


@dataclass(frozen=True, slots=True)
class Evals:
    """The use cases: read and write the questions, ask them, and try a change before it is saved."""

    database: Database
    asker: Asker
    models: LiveModels
    articles: LiveArticles
    content: DeskContent
    telemetry: Telemetry
    trusted: TrustedKeys = NO_KEYS
    _trying: threading.BoundedSemaphore = field(default_factory=threading.BoundedSemaphore)

    def stored(self) -> Stored | None:
        """Return the questions that apply; the sample's only while the sample serves."""
        found = self.database.read(store.read)
        if found is None or not found.toml.strip():
            return None
        return None if found.origin == "sample" and not self.content.shows_sample() else found

    def version(self) -> int:
        """Return the version of what is stored; 0 where nothing ever was."""
        found = self.database.read(store.read)
        return found.version if found else 0

    def questions(self) -> list[GoldenQuestion]:
        """Return the questions that apply."""
        found = self.stored()
        return [] if found is None else golden_questions.parse(found.toml)

    def put(self, toml: str, edit: Edit, *, over: int | None) -> int:
        """Store questions over the version that was read (None: any), and return their version.

        Raises `InvalidRequest`: with the line and what to write. Raises `QuestionsDiffer`: somebody was faster.
        """
        parsed(toml)
        version = self.database.write(lambda connection: store.put(connection, toml, edit, over=over))
        if version is None:
            raise QuestionsDiffer(self.version())
        return version

    def report(self) -> Report:
        """Return every question with what came of it, the newly failing first."""
        found, runs = self.stored(), self.database.read(store.last_runs)
        questions = golden_questions.parse(found.toml) if found else []
        last = _results(runs[:1]) if found else {}
        before = _results(runs[1:2])
        rows = [
            Row(each, _state(each.key, last, before, first=len(runs) < 2), last.get(each.key)) for each in questions
        ]
        return Report(found, sorted(rows, key=lambda row: STATES.index(row.state)), runs)

    def note(self) -> str | None:
        """Say how many questions fail; None while none does, or nobody can tell."""
        try:
            last = self.database.read(store.last_counts) if self.stored() else None
        except DatabaseUnavailable:
            return None
        if last is None or not last[2]:
            return None
        return f"{last[2]} of {last[1] + last[2]} golden questions fail; GET /v1/evals and /articles/evals say which."

    def is_current(self, report: Report) -> bool:
        """Whether the last run asked these questions of what serves now. Raises `NotReady`."""
        if report.stored is None or not report.runs:
            return False
        return report.runs[0].state == self._state(report.stored, self.models.take(), self.articles.take())

    def run(self, at: datetime) -> Run | None:
        """Ask every question, unless that would say what the last run says; None where nothing was asked.

        Raises `NotReady` while model or articles are being loaded.
        """
        stored = self.stored()
        if stored is None:
            return None
        model, snapshot = self.models.take(), self.articles.take()
        if not _searches(model, snapshot):
            return None  # the articles are being indexed anew
        state = self._state(stored, model, snapshot)
        if (last := self.database.read(store.last_counts)) is not None and last[0] == state:
            return None
        judged = self.asker.judged(golden_questions.parse(stored.toml), model, snapshot)
        run = Run(
            id=store.run_id(at),
            at=at,
            state=state,
            version=stored.version,
            articles_version=snapshot.index.version,
            model=model.version,
            passed=sum(each.passed for each in judged),
            failed=sum(not each.passed for each in judged),
            results=[result_of(each) for each in judged],
        )
        if not self.database.write(lambda connection: store.add_run(connection, run)):
            return None
        self.telemetry.event("evals.ran", passed=run.passed, failed=run.failed, articles=run.articles_version)
        return run

    def breaks_with(self, changed: Sequence[Article], removed: Collection[str] = frozenset()) -> list[Judgement] | None:
        """Return the questions that pass now and would fail with some articles changed or removed.

        None: it is not known. Of many questions those are tried first that name such an article.

        Raises `NotReady` while model or articles are being loaded.
        """
        touched = {*removed, *(each.id for each in changed)}
        questions = sorted(self.questions(), key=lambda each: touched.isdisjoint(each.articles))[:TRIED]
        if not questions or not touched:
            return []
        model, snapshot = self.models.take(), self.articles.take()
        tried = with_changes(snapshot, changed, removed)
        if tried is None or not _searches(model, snapshot):
            return None
        passing = self._passing(questions, model, snapshot)
        return [each for each in self.asker.judged(passing, model, tried) if not each.passed]

    def would_break(self, changed: Sequence[Article], removed: Collection[str] = frozenset()) -> list[Judgement] | None:
        """Return the questions that a change would break; None: it is not known, or another change is being tried.

        None of them while nothing answers, or while the sample does, which goes with the first change.
        """
        if self.content.shows_sample():
            return []
        if not self._trying.acquire(blocking=False):
            return None
        try:
            return self.breaks_with(changed, removed)
        except NotReady:
            return []
        finally:
            self._trying.release()

    def attempt(self, toml: str) -> Trial:
        """Ask questions now that are not stored; one such request at a time, so that customers are answered meanwhile.

        Raises `InvalidRequest`, `NotReady`. Raises `Overloaded`: another one is being tried.
        """
        questions = parsed(toml)
        if len(questions) > TRIED:
            said = f"{len(questions):,} questions; at most {TRIED} are tried at once."
            raise InvalidRequest([FieldError("toml", said)])
        model, snapshot = self.models.take(), self.articles.take()
        if not self._trying.acquire(blocking=False):
            raise Overloaded
        try:
            return Trial(self.asker.judged(questions, model, snapshot), snapshot.index.version, model.version)
        finally:
            self._trying.release()

    def why_not_serve(self, folder: Path, at: datetime) -> str | None:
        """Say which questions pass now and fail with a bundle; None: none does, or another encoder forbids to try it.

        Articles are not encoded anew while an admin waits; the gates of `firstline-train promote` have done that.

        Raises `BundleRefused`, `NotReady`.
        """
        questions = self.questions()
        if not questions:
            return None
        running, snapshot = self.models.take(), self.articles.take()
        candidate = loaded_model.load(folder, origin="shadow", at=at, running=running, trusted=self.trusted)
        if not (_searches(running, snapshot) and _searches(candidate, snapshot)):
            return None
        passing = self._passing(questions, running, snapshot)
        return refusal([each for each in self.asker.judged(passing, candidate, snapshot) if not each.passed])

    def _passing(
        self, questions: Sequence[GoldenQuestion], model: LoadedModel, snapshot: ArticleSnapshot
    ) -> list[GoldenQuestion]:
        """Return the questions that pass now: as the last run says, if it asked what serves now."""
        stored, runs = self.stored(), self.database.read(lambda connection: store.last_runs(connection, 1))
        if stored is not None and runs and runs[0].state == self._state(stored, model, snapshot):
            known = {each.key for each in runs[0].results if each.passed}
            return [each for each in questions if each.key in known]
        return [each.question for each in self.asker.judged(questions, model, snapshot) if each.passed]

    def _state(self, stored: Stored, model: LoadedModel, snapshot: ArticleSnapshot) -> str:
        """Name what the answers depend on."""
        parts = [stored.toml, model.version, snapshot.index.version, self.asker.urgency.version]
        parts += sorted(snapshot.index.withdrawn)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _searches(model: LoadedModel, snapshot: ArticleSnapshot) -> bool:
    """Tell whether the articles are encoded as a model reads questions, by its second encoder, too."""
    return snapshot.is_by(model.encoder, model.second_encoder)


def parsed(toml: str) -> list[GoldenQuestion]:
    """Read questions that somebody sends. Raises `InvalidRequest`: with the line and what to write."""
    try:
        data = toml.encode()
        return golden_questions.parse(golden_questions.decoded(data, golden_questions.FILE))
    except QuestionsNotReadable as refused:
        place = f"Line {refused.line}: " if refused.line else ""
        end = "" if refused.reason.endswith("?") else "."
        raise InvalidRequest([FieldError("toml", f"{place}{refused.reason}{end}")]) from refused


def result_of(judged: Judgement) -> Result:
    """Return what is kept of a judgement."""
    return Result(key=judged.question.key, passed=judged.passed, said=judged.outcome.said, why=judged.why)


def refusal(failing: Sequence[Judgement]) -> str | None:
    """Say that some questions would fail which pass now, and name the first; None where none would."""
    if not failing:
        return None
    named = "; ".join(f"“{each.question.ask}” ({each.outcome.said})" for each in failing[:NAMED])
    more = f"; and {len(failing) - NAMED} more" if len(failing) > NAMED else ""
    questions = "a golden question fails" if len(failing) == 1 else f"{len(failing)} golden questions fail"
    return f"{questions} with it and pass{'es' if len(failing) == 1 else ''} now: {named}{more}"


def _results(runs: Sequence[Run]) -> dict[str, Result]:
    return {each.key: each for run in runs for each in run.results}


def _state(key: str, last: dict[str, Result], before: dict[str, Result], *, first: bool) -> State:
    if key not in last:
        return "waiting"
    now = last[key].passed
    if key not in before:
        return "failing" if not now else "passing" if first else "new"
    if now == before[key].passed:
        return "passing" if now else "failing"
    return "newly passing" if now else "newly failing"
