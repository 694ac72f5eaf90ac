"""The report's chapter on answers: threshold, certificate, and risk against coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from triage.charts.charts import Axis, Band, Dot, Line, Upright, Words, chart
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from triage.charts.charts import Mark
    from triage.model.answers_entry import AnswerFigures, Answers, AnswersPart, RankerChoice

_LEAST_RISK = 0.12
_RANKERS = {
    "fusion": "plain fusion",
    "weights": "learnt weights",
    "first": "the ranker of the first encoder",
    "learnt": "weights with map and trees",
    "shifted": "weights with map, trees and shifted questions",
}


def chapter(answers: Answers | None) -> dict[str, Any] | None:
    """Gather what the page shows; None where nothing was learnt of when to answer."""
    if answers is None or answers.measured is None or not answers.measured.n:
        return None
    return {"sentences": list(sentences(answers)), "risk": _risk(answers, answers.measured)}


def lines(answers: Answers | None) -> Iterator[str]:
    """Tell the same in the terminal."""
    yield from (f"answers: {sentence}" for sentence in sentences(answers))


def sentences(answers: Answers | None) -> Iterator[str]:
    """Say how much is answered, on what grounds, and how well right is told from wrong; nothing without figures."""
    if answers is None or answers.measured is None or not answers.measured.n:
        return
    found = answers.measured
    wrong = f", {found.wrong:.1%} of those wrongly" if found.wrong is not None else ""
    yield (
        f"Of the {found.n:,} newest questions ({found.unanswered:,} of them asked without their articles) "
        f"{found.answered:.1%} are answered{wrong} (probability at least {_thresholds(answers)}). In "
        f"{found.clarified:.1%} the customer is asked which article is meant. The rest are handed off."
    )
    for part in answers.parts:
        yield _promise(part)
    if answers.ranker_choice:
        yield _ranking(answers.ranker_choice)
    if answers.second_ranker and answers.second_ranker.choice:
        yield _ranking(answers.second_ranker.choice, "As the second encoder reads them, articles")
    if answers.ranker_taught_by_all:
        yield (
            "As nothing was certified, the ranker then learnt from these newest questions too. The figures are of the "
            "one that had not; an audit's certificate assumes that more tickets make the ranker no worse."
        )
    if found.auroc is not None and found.auroc_interval is not None:
        low, high = found.auroc_interval
        yield (
            f"AUROC {found.auroc:.1%} (95% interval {low:.1%} to {high:.1%}): how often a right answer has a higher "
            f"probability than a wrong one or one to a question without its article."
        )


def _thresholds(answers: Answers) -> str:
    """Name the threshold; with several, each with its language."""
    return ", ".join(
        f"{part.answer_at:.3f}" + (f" in {in_words(part.slice)}" if part.slice else "") for part in answers.parts
    )


def _promise(part: AnswersPart) -> str:
    """Say what is promised of the questions of a slice."""
    of = f"{in_words(part.slice).capitalize()}: " if part.slice else ""
    if earned := part.certificate:
        promise = (
            f"at most {earned.alpha:.1%} of the answers are wrong, with {1 - earned.delta:.1%} "
            f"confidence, if {earned.unanswered:.0%} of the questions have no article. Held-out answers: "
            f"{earned.k} of {earned.n} wrong ({earned.id})."
        )
        return f"{of}Certified: {promise}"
    reason = part.uncertified.reason if part.uncertified else "none was requested"
    return f"{of}No certificate: {reason}. The threshold was chosen on the calibration slice and guarantees nothing."


def _ranking(choice: RankerChoice, what: str = "Articles") -> str:
    """Say what ranks the articles, and how much better it was than the others on tickets that none had seen."""
    tried = "; ".join(
        f"{_RANKERS[each.name]} {each.hit_at_1:.1%} and {each.hit_at_5:.1%}"
        + (
            f" ({100 * each.gain:+.1f} points on average, 95% interval {100 * each.gain_interval[0]:+.1f} to "
            f"{100 * each.gain_interval[1]:+.1f})"
            if each.name != "fusion"
            else ""
        )
        for each in choice.tried
    )
    return (
        f"{what} are ranked by {_RANKERS[choice.chosen]}, chosen on the {choice.n:,} newest tickets that taught "
        f"nothing before. A right article was first, and among the first five: {tried}."
    )


def _risk(answers: Answers, found: AnswerFigures) -> Markup | None:
    """Draw the share of wrong answers over the share of questions answered; None for too few to draw."""
    points = found.curve
    if not points:
        return None
    wrong = [(point.share, point.wrong) for point in points]
    highest = max(risk for _, risk in wrong)
    name, kind = ("certified", "good") if any(each.certificate for each in answers.parts) else ("answered", "quiet")
    marks: list[Mark] = [
        Band([(point.share, point.low) for point in points], [(point.share, point.high) for point in points]),
        Line(wrong),
        Upright(found.answered, name, kind),
    ]
    marks += [
        Dot(row.answered, row.alpha, f"{row.alpha:.0%}: an oracle would answer {row.answered:.1%}",
            f"{row.alpha:.0%}", kind="hollow", radius=4.5)
        for row in found.oracle
    ]  # fmt: skip
    about = f"{found.n} questions; {highest:.1%} wrong at worst."
    y = Axis("share of wrong answers", high=max(highest * 1.25, _LEAST_RISK))
    return chart(Words("Risk and coverage of answers", about), Axis("coverage: share of questions answered"), y, marks)
