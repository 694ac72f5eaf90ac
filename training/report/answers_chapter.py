"""The report's chapter on answers: threshold, certificate, and risk against coverage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.report.charts import Axis, Band, Dot, Line, Upright, Words, chart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from markupsafe import Markup

    from training.report.charts import Mark

_LEAST_RISK = 0.12


def chapter(answers: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Gather what the page shows; None where nothing was learnt of when to answer."""
    if not answers or not answers.get("measured", {}).get("n"):
        return None
    return {"sentences": list(sentences(answers)), "risk": _risk(answers)}


def lines(answers: Mapping[str, Any] | None) -> Iterator[str]:
    """Tell the same in the terminal."""
    if answers and answers.get("measured", {}).get("n"):
        yield from (f"answers: {sentence}" for sentence in sentences(answers))


def sentences(answers: Mapping[str, Any]) -> Iterator[str]:
    """Say how much is answered, on what grounds, and how well right is told from wrong."""
    found, at = answers["measured"], answers["answer_at"]
    wrong = f", {found['wrong']:.1%} of those wrongly" if found["wrong"] is not None else ""
    yield (
        f"Of the {found['n']:,} newest questions, {found['unanswered']:,} of them asked without their articles, "
        f"{found['answered']:.1%} are answered{wrong} (from probability {at:.3f} on); in {found['clarified']:.1%} the "
        f"customer is asked back, and a person gets the rest."
    )
    yield _promise(answers)
    if found["auroc"] is not None:
        low, high = found["auroc_interval"]
        yield (
            f"A right answer has the higher probability than a wrong one, or than one to a question without its "
            f"article, in {found['auroc']:.1%} of the pairs (95% interval {low:.1%} to {high:.1%})."
        )


def _promise(answers: Mapping[str, Any]) -> str:
    if earned := answers.get("certificate"):
        return (
            f"Certified: at most {earned['alpha']:.1%} of the answers are wrong, with {1 - earned['delta']:.1%} "
            f"confidence, where {earned['unanswered']:.0%} of the questions have no article; {earned['k']} of "
            f"{earned['n']} were ({earned['id']})."
        )
    reason = (answers.get("uncertified") or {}).get("reason") or "none was asked for"
    return f"No certificate, so the threshold is one that was good enough before, and no promise: {reason}."


def _risk(answers: Mapping[str, Any]) -> Markup | None:
    """Draw the share of wrong answers over the share of questions answered; None for too few to draw."""
    found, points = answers["measured"], answers["measured"]["curve"]
    if not points:
        return None
    drawn = {name: [(point["share"], point[name]) for point in points] for name in ("wrong", "low", "high")}
    highest = max(risk for _, risk in drawn["wrong"])
    name = "answered" if answers.get("certificate") is None else "certified"
    marks: list[Mark] = [
        Band(drawn["low"], drawn["high"]),
        Line(drawn["wrong"]),
        Upright(found["answered"], name, "good" if answers.get("certificate") else "quiet"),
    ]
    marks += [
        Dot(row["answered"], row["alpha"], f"{row['alpha']:.0%}: an oracle would answer {row['answered']:.1%}",
            f"{row['alpha']:.0%}", kind="hollow", radius=4.5)
        for row in found["oracle"]
    ]  # fmt: skip
    about = f"{found['n']} questions; {highest:.1%} wrong at worst."
    y = Axis("share of wrong answers", high=max(highest * 1.25, _LEAST_RISK))
    return chart(Words("Wrong answers", about), Axis("share of questions answered, surest first"), y, marks)
