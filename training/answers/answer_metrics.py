"""Metrics of answers to questions with known answers: ranking, decisions, and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np

from retrieval.answering.answer_question import Finder, Finding, Reader
from retrieval.answering.second_view import SecondReader, asks_for_second
from retrieval.articles.article import Passage
from retrieval.articles.files import read as read_articles
from retrieval.encoder.encoder import Progress
from retrieval.encoder.text_language import language_of
from retrieval.index.article_index import build
from retrieval.index.text_encoder import TextEncoder
from training.answers import ablation as knock_out
from training.answers.answers import learn
from training.answers.closed_questions import Known
from training.answers.questions import Question
from training.answers.questions import read as read_questions
from training.config import Answers
from training.errors import UntilMissing
from training.progress import Bars
from triage.tickets.closed_ticket import ClosedTicket

DEPTH: Final = 10


@dataclass(frozen=True)
class Asking:
    """The questions and the knowledge base to evaluate."""

    articles: Path
    questions: Path
    #: Learnt from are the closed tickets created before it; asked are the questions from then on.
    until: datetime | None = None
    #: Only questions in this language, as `en`.
    language: str | None = None


@dataclass(frozen=True)
class Encoders:
    """What reads questions, articles and tickets."""

    first: TextEncoder
    #: The one for languages that the first does not read; None on a desk that has none.
    second: TextEncoder | None = None
    #: The same with vectors at hand, for articles and tickets; questions are encoded, as their time counts.
    first_at_hand: TextEncoder | None = None
    second_at_hand: TextEncoder | None = None


@dataclass(frozen=True)
class _Reply:
    question: Question
    finding: Finding
    seconds: float
    #: Passage to the text of its section.
    text: Callable[[Passage], str]

    @property
    def place(self) -> int | None:
        """Where the first relevant article stands, from 1."""
        ids = [each.article.id for each in self.finding.suggestions]
        return next((place for place, each in enumerate(ids, 1) if each in self.question.relevant), None)

    @property
    def reached(self) -> int | None:
        """Which of the sections that its first article would be quoted by is the first that answers, from 1."""
        first = self.finding.suggestions[0] if self.finding.suggestions else None
        sections = first.sections if first else ()
        shown = [(each.passage.heading, self.text(each.passage)) for each in sections] if first else []
        if self.finding.answer is not None:
            sources = self.finding.answer.sources
            shown[: len(sources)] = [(each.heading, each.quote) for each in sources]
        found = (n for n, each in enumerate(shown, 1) if first and self.question.accepts(first.article.id, *each))
        return next(found, None)

    @property
    def answered(self) -> bool:
        return self.finding.verdict.decision == "answer"

    @property
    def offered(self) -> bool:
        return self.finding.offers_article


def evaluate_answers(
    asking: Asking,
    encoders: Encoders,
    *,
    tickets: Sequence[ClosedTicket] | None = None,
    bars: Bars | None = None,
    wanted: Answers = Answers(),  # noqa: B008 (immutable)
) -> dict[str, object]:
    """Index the articles, learn from the earlier tickets, ask the later questions.

    Parameters
    ----------
    asking
        The files and the instant that divides what is learnt from what is asked.
    encoders
        Those to serve with.
    tickets
        Closed tickets; those without a time, or not before `until`, are left out.
    bars
        Where the progress is shown; by default nowhere.
    wanted
        What the certificate of the decision shall promise.

    Returns
    -------
    dict
        The contract's fields, see `measure`; `answer_at`, the threshold that was learnt, and its `certificate`'s id;
        and `seconds`, the time of it all.

    Raises
    ------
    UntilMissing
        Tickets without an instant: the questions could be among what is learnt from.
    """
    started = time.perf_counter()
    if tickets is not None and asking.until is None:
        raise UntilMissing
    bars = bars or Bars(quiet=True)
    questions = [each for each in read_questions(asking.questions, since=asking.until) if each.is_in(asking.language)]
    articles = list(read_articles(asking.articles))
    at_hand, again = encoders.first_at_hand or encoders.first, encoders.second_at_hand or encoders.second
    with bars.bar("Indexing articles", len(articles)) as progress:
        index = build(articles, at_hand, second=again, progress=progress)
    second = SecondReader(encoders.second) if encoders.second else None
    finder = Finder(index, encoders.first, second=second)
    if tickets is not None:
        earlier = [each for each in tickets if each.created_at and asking.until and each.created_at < asking.until]
        solved = sum(bool(each.kb_article_ids) for each in earlier)
        with bars.bar("Learning from solved tickets", solved) as progress:
            lessons = learn(index, at_hand, earlier, known=Known(second=again), progress=progress, wanted=wanted)
            progress(solved, solved)
        second = second and replace(second, precedents=lessons.by_second, ranker=lessons.second_ranker)
        finder = Finder(index, encoders.first, lessons.answerability, lessons.precedents, lessons.ranker, second)
    with bars.bar("Asking questions", len(questions)) as progress:
        found = measure(finder, questions, progress=progress)
    certificate = finder.answerability.certificate
    decided = {"answer_at": finder.answerability.answer_at, "certificate": certificate.id if certificate else None}
    return {**found, **decided, "seconds": round(time.perf_counter() - started, 1)}


def in_other_languages(asking: Asking) -> float:
    """Return the share of the questions that are clearly in other languages than the first encoder reads."""
    asked = [each for each in read_questions(asking.questions, since=asking.until) if each.is_in(asking.language)]
    spoken = [language_of(each.question) for each in asked]
    return sum(each is not None and asks_for_second(each) for each in spoken) / max(1, len(asked))


def measure(finder: Finder, questions: Sequence[Question], *, progress: Progress | None = None) -> dict[str, object]:
    """Ask every question and count.

    Parameters
    ----------
    finder
        What answers, with everything that it learnt.
    questions
        With known answers.
    progress
        Called as ``progress(done, total)``.

    Returns
    -------
    dict
        `n` questions asked; over the `answerable` ones among them `hit@1`, `hit@3`, `hit@5` (share with a relevant
        article among the first), `mrr@10`, `ndcg@10`; `answered`, the share of all that were answered;
        `answered_correct`, the share of right articles among the answered ones whose answer is known;
        `unanswerable_answered`, the share of questions without an article that were answered all the same. `offered`,
        `offered_correct` and `unanswerable_offered`: the same of articles that were offered to be read, as none of
        their sections is sure to answer; none of these is among the answered. Null where there is nothing to divide by.
        Where questions name their passages: `passage_hit@1` and `@2`, the share of the answered ones whose first, or
        first or second, section answers (`_of_right_article`: of all whose first article is right); `passage_shown`,
        the share of the answerable ones who are shown one that answers.
        `latency_ms`: median, 90th and 99th percentile from text to answer. And what `training.answers.ablation.figures`
        tells: each question is asked once more without its articles.
    """
    replies, known = [], []
    for question in questions:
        replies.append(_ask(finder, question))
        if not question.doubtful:
            without = knock_out.without_its_articles(finder, question, DEPTH)
            known.append(knock_out.AblatedQuestion(question, replies[-1].finding, without))
        if progress is not None:
            progress(len(replies), len(questions))
    answerable = [reply for reply in replies if reply.question.relevant]
    unanswerable = [reply for reply in replies if not reply.question.relevant and not reply.question.doubtful]
    judged = [*answerable, *unanswerable]
    return {
        "n": len(replies),
        "answerable": len(answerable),
        **_ranking(answerable),
        "answered": _share(reply.answered for reply in replies),
        "answered_correct": _share(reply.place == 1 for reply in judged if reply.answered),
        "unanswerable_answered": _share(reply.answered for reply in unanswerable),
        "offered": _share(reply.offered for reply in replies),
        "offered_correct": _share(reply.place == 1 for reply in judged if reply.offered),
        "unanswerable_offered": _share(reply.offered for reply in unanswerable),
        **_passages(answerable),
        **{name: _rounded(value) for name, value in knock_out.figures(known).items()},
        "latency_ms": _latency([reply.seconds for reply in replies]),
    }


def _ask(finder: Finder, question: Question) -> _Reply:
    started = time.perf_counter()
    finding = finder.find(question.question, limit=DEPTH, reader=Reader(writes=language_of(question.question)))
    seconds = time.perf_counter() - started
    return _Reply(question, finding, seconds, lambda each: "\n".join(e.text for e in finder.index.section(each)))


def _passages(replies: Sequence[_Reply]) -> dict[str, float | None]:
    """Tell how many answers quote a section that answers; empty where no question names its passages."""
    known = [reply for reply in replies if reply.question.acceptable]
    if not known:
        return {}
    answered, found = [each for each in known if each.answered], [each for each in known if each.place == 1]
    reached = (each.reached for each in known if each.answered)
    return {
        "article_of_answered": _share(each.place == 1 for each in answered),
        "passage_hit@1": _share(each.reached == 1 for each in answered),
        "passage_hit@2": _share(each.reached in (1, 2) for each in answered),
        "passage_hit@1_of_right_article": _share(each.reached == 1 for each in found),
        "passage_hit@2_of_right_article": _share(each.reached in (1, 2) for each in found),
        "passage_shown": _round(sum(each in (1, 2) for each in reached) / len(known)),
        "answered_of_answerable": _round(len(answered) / len(known)),
    }


def _round(share: float) -> float:
    return round(share, 4)


def _ranking(replies: Sequence[_Reply]) -> dict[str, float | None]:
    places = [reply.place for reply in replies]
    hits = {f"hit@{k}": _share(place is not None and place <= k for place in places) for k in (1, 3, 5)}
    return {
        **hits,
        "mrr@10": _mean([1 / place if place else 0.0 for place in places]),
        "ndcg@10": _mean([_ndcg(reply) for reply in replies]),
    }


def _ndcg(reply: _Reply) -> float:
    """Normalised discounted cumulative gain with binary gains; Järvelin and Kekäläinen, 2002."""
    ids = [each.article.id for each in reply.finding.suggestions[:DEPTH]]
    gains = [float(each in reply.question.relevant) for each in ids]
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    ideal = discounts[: len(reply.question.relevant)].sum()
    return float((np.array(gains) * discounts[: len(gains)]).sum() / ideal)


def _latency(seconds: Sequence[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    return {f"p{q}": round(float(np.percentile(seconds, q)) * 1_000, 2) for q in (50, 90, 99)}


def _share(flags: Iterable[bool]) -> float | None:
    return _mean([float(flag) for flag in flags])


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None


def _rounded(value: object) -> object:
    if isinstance(value, tuple):
        return [_rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value
