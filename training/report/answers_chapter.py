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
        f"Of the {found['n']:,} newest questions ({found['unanswered']:,} of them asked without their articles) "
        f"{found['answered']:.1%} are answered{wrong} (probability at least {at:.3f}). In {found['clarified']:.1%} the "
        f"customer is asked which article is meant. The rest are handed off."
    )
    yield _promise(answers)
    if found["auroc"] is not None:
        low, high = found["auroc_interval"]
        yield (
            f"AUROC {found['auroc']:.1%} (95% interval {low:.1%} to {high:.1%}): how often a right answer has a higher "
            f"probability than a wrong one or one to a question without its article."
        )


def _promise(answers: Mapping[str, Any]) -> str:
    if earned := answers.get("certificate"):
        return (
            f"Certified: at most {earned['alpha']:.1%} of the answers are wrong, with {1 - earned['delta']:.1%} "
            f"confidence, if {earned['unanswered']:.0%} of the questions have no article. Held-out answers: "
            f"{earned['k']} of {earned['n']} wrong ({earned['id']})."
        )
    reason = (answers.get("uncertified") or {}).get("reason") or "none was requested"
    return f"No certificate: {reason}. The threshold was chosen on the calibration slice and guarantees nothing."


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
    return chart(Words("Risk and coverage of answers", about), Axis("coverage: share of questions answered"), y, marks)
