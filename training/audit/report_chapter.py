"""The report's chapter on an audit: for each head a picture of the wealth, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, log10
from typing import TYPE_CHECKING

from markupsafe import Markup

from triage.charts.charts import Axis, Dot, Line, Words, chart, round_values
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from training.audit.wealth import Course
    from triage.charts.charts import Mark

_LOWEST, _ABOVE, _ROOM = 1e-6, 4.0, 1.15
_MOST_ROWS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedHead:
    """What an audit found of one head, or of one slice of its tickets."""

    head: str
    slice: Mapping[str, str]
    alpha: float
    delta: float
    tickets: int
    """Held-out tickets of the slice."""
    course: Course | None = field(default=None)
    """None: every ticket was to be answered, and the exact test decides."""

    @property
    def title(self) -> str:
        """The head and the slice in words."""
        return f"{self.head}, {in_words(self.slice)}"


def chapter(heads: Sequence[AuditedHead]) -> Markup:
    """Return the chapter: a section with a figure for each head."""
    return Markup(
        '<section id="audit">\n<h2>Audit</h2>\n<p>People looked at held-out tickets one by one. Each right label lets '
        "the wealth of a head grow, each wrong one lets it shrink; where the share of wrong labels is above the limit, "
        "it can hardly reach the line. A threshold is certified where it does. Then the next, laxer threshold is "
        'tested with the same answers.</p>\n<div class="charts">{}</div>\n</section>\n'
    ).format(Markup("").join(_figure(each) for each in heads))


def picture(found: AuditedHead, course: Course) -> Markup:
    """Draw the wealth after each answer, the line that certifies, and where thresholds were certified."""
    limit = 1 / found.delta
    points = [point for line in course.lines for point in line]
    most = max((point.answers for point in points), default=1)
    lowest = max(min((point.wealth for point in points), default=1.0), _LOWEST)
    low, high = 10.0 ** min(floor(log10(lowest)), -1), limit * _ABOVE
    ticks = tuple(10.0**power for power in range(round(log10(low)), floor(log10(high)) + 1))
    x = Axis("answers", 0, most * _ROOM, percent=False, at=round_values(0, most))
    y = Axis("wealth (log scale)", low, high, percent=False, log=True, at=ticks)
    marks: list[Mark] = [Line([(x.low, limit), (x.high, limit)], "quiet")]
    marks.append(Dot(x.low, limit * 1.4, "the line that certifies", f"1/delta = {limit:.3g}: certified", "quiet", 0.0))
    marks += [Line([(each.answers, min(each.wealth, high)) for each in line]) for line in course.lines]
    reached = {each.answers: each for each in course.certified}
    for answers, each in reached.items():
        share = each.step.n / max(1, found.tickets)
        last = each is course.certified[-1]
        marks.append(
            Dot(answers, limit, f"after {answers} answers: {share:.0%} of the tickets", f"{share:.0%}" * last, "good")
        )
    return chart(Words(f"{found.title}: wealth over the audit", sentence(found)), x, y, marks)


def sentence(found: AuditedHead) -> str:
    """Say in words what the picture shows."""
    course = found.course
    if course is None:
        return "It was decided at the start to answer for every ticket: the exact binomial test decides, not a wealth."
    if not course.lines:
        return "No answer counts yet."
    answers = course.lines[-1][-1].answers
    over = " No further answer could certify more." if course.over else ""
    if not course.certified:
        wealth = course.lines[-1][-1].wealth
        return f"After {answers} answers no threshold is certified; the wealth is {wealth:.2g}.{over}"
    first, last = course.certified[0], course.certified[-1]
    n, of = last.step.n, found.tickets
    return (
        f"The first threshold was certified after {first.answers} answers. After {last.answers}, labels are certified "
        f"from confidence {last.step.threshold:.2f} on, for {n} of {of} held-out tickets ({n / max(1, of):.0%}): at "
        f"most {found.alpha:.0%} of such labels are wrong. {answers} answers were used in all.{over}"
    )


def _figure(found: AuditedHead) -> Markup:
    course = found.course
    if course is None or not course.lines:
        return Markup("<figure><h3>{}</h3><p>{}</p></figure>").format(found.title, sentence(found))
    return Markup("<figure><h3>{}</h3>{}<figcaption>{}</figcaption>{}</figure>").format(
        found.title, picture(found, course), sentence(found), _table(found, course)
    )


def _table(found: AuditedHead, course: Course) -> Markup:
    """Return the certified thresholds, of many an even choice with the first and the last, and the one under test."""
    n = len(course.certified)
    shown = sorted({round(i * (n - 1) / (_MOST_ROWS - 1)) for i in range(_MOST_ROWS)}) if n > _MOST_ROWS else range(n)
    rows = [(f"{each.answers}", each.step, "yes") for each in (course.certified[i] for i in shown)]
    if course.last is not None and course.last.asked:
        rows.append((f"{course.lines[-1][-1].answers}", course.last, "no"))
    lines = [
        Markup("<tr><td>{}<td>{:.3f}<td>{} ({:.0%})<td>{}<td>{}<td>{}</tr>").format(
            answers, step.threshold, step.n, step.n / max(1, found.tickets), step.asked, step.wrong, certified
        )
        for answers, step, certified in rows
    ]
    return Markup(
        '<details><summary>As a table</summary><div class="wide"><table><tr><th>answers<th>confidence'
        "<th>tickets<th>asked<th>wrong<th>certified</tr>{}</table></div></details>"
    ).format(Markup("").join(lines))
