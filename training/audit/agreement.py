"""How far a person agrees with himself on the tickets that were shown twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from training.audit.answers import Answers, Verdict


class Agreement(NamedTuple):
    """Of `n` labels asked twice the share with the same answer, and Cohen's kappa (None: chance alone would agree)."""

    n: int
    share: float
    kappa: float | None


def of_repeats(answers: Answers) -> Agreement | None:
    """Compare first and second answers; None where no ticket was shown twice."""
    pairs = []
    for line in answers.lines:
        for head, verdict in line.heads.items() if line.repeat else ():
            first = answers.first(line.id, head)
            if first is not None:
                pairs.append((_said(head, first.heads[head]), _said(head, verdict)))
    return agreement(pairs)


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement | None:
    """Return the agreement of pairs of answers: Cohen's kappa (1960) takes off what chance alone would give."""
    if not pairs:
        return None
    n = len(pairs)
    share = sum(first == second for first, second in pairs) / n
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    chance = sum(firsts[word] * seconds[word] for word in firsts) / n**2
    return Agreement(n, share, (share - chance) / (1 - chance) if chance < 1 else None)


def in_words(found: Agreement | None) -> str:
    """Say it in one sentence."""
    if found is None:
        return "No ticket was shown twice yet, so nothing is known of how steady the answers are."
    kappa = "" if found.kappa is None else f", Cohen's kappa {found.kappa:.2f}"
    return f"Shown twice: {found.n} labels, {found.share:.0%} answered the same{kappa}."


def _said(head: str, verdict: Verdict) -> str:
    words: Iterable[str] = sorted(verdict.labels) or [verdict.kind]
    return f"{head}: {', '.join(words)}"
