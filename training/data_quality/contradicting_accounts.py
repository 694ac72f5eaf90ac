"""Accounts whose labels contradict the rest of the desk, by habit, mistake or intent.

Each of an account's labels is compared with what models say that have seen none of its tickets. Some contradictions are
normal, more where labels are easily confused, so the expectation is taken from the other accounts' tickets of the same
guess. The number of contradictions is then judged by an exact binomial tail. (The expectations differ from ticket to
ticket; a binomial of their mean has the wider tail, Hoeffding 1956, so the test errs on the side of silence.)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from triage.model.refit_record import ContradictionRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.data_quality.out_of_fold import OutOfFold

SIGNIFICANT = 0.001
"""Divided by the accounts that are judged (Bonferroni), and by the heads."""
FEWEST = 20
"""So many contradictions beyond the expected: fewer hardly move a model."""
BEYOND = 0.2
"""And so much above the expected share: large accounts are significant for trifles."""
_EXAMPLES = 5
_PRIOR = 5.0


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An account, how many of its labelled tickets contradict the rest, and how many would be normal."""

    head: str
    account: str
    tickets: int
    against: int
    expected: float
    p: float
    examples: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Say it."""
        return (
            f"{self.head}: {self.against} of the {self.tickets} tickets of {self.account} contradict the rest of the "
            f"desk ({self.expected:.0f} would be normal)"
        )

    def to_record(self) -> ContradictionRecord:
        """Return it as the manifest keeps it."""
        return ContradictionRecord(**asdict(self), sentence=self.sentence)


def contradictions(
    head: str, found: OutOfFold, accounts: Sequence[str | None], ids: Sequence[str], n_heads: int = 1
) -> list[Contradiction]:
    """Test every account that has filed enough.

    Parameters
    ----------
    head
        Its name.
    found
        Out-of-fold probabilities, with each account's tickets in one fold.
    accounts
        Who filed each ticket, None where it is not known.
    ids
        Of the tickets.
    n_heads
        Over how many heads the error probability is divided.

    Returns
    -------
    list of Contradiction
        The surest first.
    """
    guesses, against = found.guesses, found.guesses != found.codes
    of: dict[str, list[int]] = defaultdict(list)
    for row in found.labelled.tolist():
        if account := accounts[row]:
            of[account].append(row)
    judged = {account: np.array(rows) for account, rows in of.items() if against[rows].sum() >= FEWEST}
    total = np.bincount(guesses[found.labelled], minlength=len(found.classes)).astype(float)
    wrong = np.bincount(guesses[found.labelled], against[found.labelled], len(found.classes))
    answers = []
    for account, rows in judged.items():
        n_others = total - np.bincount(guesses[rows], minlength=len(total))
        wrong_others = wrong - np.bincount(guesses[rows], against[rows], len(total))
        usual = wrong_others.sum() / max(n_others.sum(), 1.0)
        normal = ((wrong_others + _PRIOR * usual) / (n_others + _PRIOR))[guesses[rows]]
        count, share = int(against[rows].sum()), float(normal.mean())
        p = float(binom.sf(count - 1, len(rows), share))
        beyond = count - share * len(rows)
        if p * len(of) * n_heads < SIGNIFICANT and beyond >= max(FEWEST, BEYOND * len(rows)):
            examples = tuple(ids[row] for row in rows[against[rows]][-_EXAMPLES:])
            expected = round(share * len(rows), 1)
            answers.append(Contradiction(head, account, len(rows), count, expected, p, examples))
    return sorted(answers, key=lambda each: (each.p, each.account))
