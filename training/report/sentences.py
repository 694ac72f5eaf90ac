"""Sentences of the report, for page and terminal alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.classifiers.learning_curve import last_doubling
from training.evaluation.intervals import wilson
from training.evaluation.slices import level_told
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from triage.model.foreign_text import ForeignTextGate
    from triage.model.head_entry import HeadEntry, Uncertified
    from triage.model.refit_record import CurvePoint, Paired, TicketData

RUNGS = {
    "described": "knows its labels only by description",
    "few_shot": "has learnt from few tickets per label",
    "fitted": "has learnt from closed tickets",
}
_STEEP = 0.01


def measured(entry: HeadEntry) -> str:
    """Say how good a head is, beside the rule that always says the most frequent label."""
    metrics, trivial = entry.metrics, entry.trivial
    if not metrics.n or metrics.accuracy is None:
        return "No held-out ticket has this label, so nothing could be measured."
    low, high = wilson(metrics.accuracy * metrics.n, metrics.n)
    return (
        f"Accuracy {metrics.accuracy:.1%} on {metrics.n:,} {measured_on(entry)} "
        f"(95% interval {low:.1%} to {high:.1%}), macro-F1 {metrics.macro_f1:.3f}. "
        f"Always predicting “{trivial.label}”: accuracy {trivial.accuracy:.1%}, "
        f"macro-F1 {trivial.macro_f1:.3f}."
    )


def steps(entry: HeadEntry) -> list[str]:
    """Say how far an ordinal head is off; nothing of other heads."""
    if (found := entry.metrics.steps) is None:
        return []
    far = f"one step for {found.off_by_one:.1%} of them, more for {found.further_off:.1%}"
    of = f"On {found.n:,} tickets whose label is in its order"
    near = f"At most one step off: {1 - found.further_off:.1%}."
    return [f"{of}, it is {found.mean_absolute_error:.2f} steps off on average: {far}. {near}"]


def measured_on(entry: HeadEntry) -> str:
    """Say of which tickets a head's figures are."""
    return "tickets, by heads like it that had not learnt from them" if entry.taught_by_all else "held-out tickets"


def taught(data: TicketData, *, by_all: bool) -> str:
    """Say which tickets certify and which taught."""
    if data.split.folds is not None:
        return (
            f"The heads that serve learnt from all {data.tickets:,} tickets. Figures and certificates are those of "
            f"heads like them: for each of {data.split.folds} folds of the tickets, heads that learnt from the others."
        )
    if by_all:
        return (
            "The heads that serve learnt from all tickets in the end; figures are of heads without the held-out ones."
        )
    first = "The heads that serve learnt from the first two slices, not from the held-out tickets"
    return f"{first}; those teach the next refit."


def compared(pair: Paired | None) -> str:
    """Say how a head does beside the current model's, on the tickets that are fair to both."""
    if pair is None:
        return "There is no current model with this head to compare with."
    return (
        f"On {pair.n:,} tickets that neither model has learnt from: accuracy {pair.accuracy:.1%}, current model "
        f"{pair.current_accuracy:.1%}; only this model right: {pair.only_new_right}, only the current one: "
        f"{pair.only_current_right}."
    )


def applied(entry: HeadEntry) -> str:
    """Say how much is applied automatically and why, or what is missing for it."""
    earned, missing = entry.certificates, entry.uncertified
    if earned:
        share = sum(each.n for each in earned) / max(entry.metrics.n, 1)
        of = f" Not certified: {'; '.join(in_words(each.slice) for each in missing)}." if missing else ""
        return (
            f"Applied automatically: {share:.1%} of the tickets. With {1 - earned[0].delta:.1%} confidence at "
            f"most {earned[0].alpha:.1%} of those are wrong, on tickets like the held-out ones.{of}{_like(entry)}"
        )
    why = "; ".join(f"{in_words(each.slice)}: {each.reason}" if each.slice else each.reason for each in missing)
    what = "No whole path" if any(level.certificate for level in entry.levels) else "Nothing"
    return f"{what} is applied automatically: {why or 'no certificate was requested'}."


def levels(entry: HeadEntry) -> list[str]:
    """Say of each upper level of a tree how good it is, and whether it is applied."""
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in map(level_told, entry.levels)]


def _like(entry: HeadEntry) -> str:
    shown = " It was shown of heads like it, each without a part of the tickets; the one that serves learnt from all."
    return shown if entry.taught_by_all else ""


def more_labels(missing: Uncertified) -> str:
    """Write about how many more labelled tickets a certificate takes; a dash where there is no number."""
    if not missing.more_labels:
        return "–"
    if missing.most_labels is None:
        return f"{missing.more_labels} or more"
    same = missing.most_labels == missing.more_labels
    return str(missing.more_labels) if same else f"{missing.more_labels} to {missing.most_labels}"


def grown(curve: Sequence[CurvePoint]) -> str | None:
    """Say what the last doubling of the tickets has won; None where the curve does not tell."""
    won = last_doubling(curve)
    if won is None:
        return None
    said = f"The last doubling of the tickets, to {curve[-1].n:,}, changed accuracy by {100 * won:+.1f} points"
    return f"{said}: {'more tickets would help' if won >= _STEEP else 'more tickets like these will not help much'}."


def spread(share: float | None, n: float) -> str:
    """Write a share of n tickets with its 95 % interval; a dash where there is none."""
    if share is None or n < 1:
        return "–"
    low, high = wilson(share * n, n)
    return f"{share:.1%} ({low:.0%}–{high:.0%})"


def gated(gate: ForeignTextGate | None) -> str:
    """Say how often the foreign-text gate calls texts foreign; empty where there is none."""
    if gate is None:
        return ""
    found = gate.measured
    own = "" if found.abstained is None else f"{found.abstained:.1%} of {found.n} held-out tickets abstain, and "
    return f"{own}{found.caught:.1%} of {found.background} background texts are caught by gates fitted without them."
