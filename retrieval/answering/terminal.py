"""Search results as plain text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.answering.answer_question import Finding
from retrieval.answering.quotes import excerpt


def render(finding: Finding) -> str:
    """Write the decision, the answer with its source, and the suggestions with their scores."""
    return "\n".join(_lines(finding))


def _lines(finding: Finding) -> Iterator[str]:
    verdict = finding.verdict
    yield f"{verdict.decision.replace('_', ' ')} (probability {verdict.probability:.2f}): {verdict.reason}"
    if finding.answer is not None:
        yield ""
        yield finding.answer.text
        for source in finding.answer.sources:
            place = " > ".join(part for part in (source.title, source.heading) if part)
            yield f"  -- {place}" + (f"  {source.url}" if source.url else "")
    if finding.clarification is not None:
        yield ""
        yield finding.clarification.question
        offered = finding.clarification.article
        if offered is not None:
            yield f"  {offered.title}" + (f"  {offered.url}" if offered.url else "")
        yield from (f"  - {choice.label}" for choice in finding.clarification.choices)
    yield ""
    for rank, each in enumerate(finding.suggestions, 1):
        facts = f"cosine {each.cosine:.2f}, title {each.title_cosine:.2f}, words {each.words:.2f}"
        history = f", precedents {each.evidence:.2f}" if each.evidence else ""
        yield f"{rank}. {each.score:.3f}  {each.article.title}  [{each.article.id}]  ({facts}{history})"
        yield f"     {excerpt(finding.question, each)}"
