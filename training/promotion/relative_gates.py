"""Gates against the current bundle: no label lost without a taxonomy change, nothing worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.bundles import comparison, held_out
from training.promotion.gates import FEWEST, SIGNIFICANT, Gate, described
from triage.errors import BundleRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.bundles.comparison import Encode
    from triage.model.bundle import Bundle
    from triage.model.refit_record import Paired

LARGEST_DROP = 0.02
"""Accuracy may not drop by more than this, however few the tickets are."""
LARGEST_RECALL_DROP = 0.2
"""Nor may a label's recall drop by more than this, likely or not."""
EVERYDAY_RECALL_DROP = 0.05
"""A refit moves the borders between labels: a smaller drop than this is no loss, however sure."""


def labels(candidate: Bundle, current: Bundle, *, accept: bool) -> Iterator[Gate]:
    """Labels that clients know must not vanish unless a change of the taxonomy says what became of them."""
    lineage = candidate.manifest.label_history()
    for head, before in current.heads.items():
        after = candidate.heads[head].classes_ if head in candidate.heads else ()
        gone = [label for label in before.classes_ if label not in after]
        explained = [sentence for label in gone if (sentence := lineage.explains(head, label))]
        lost = [label for label in gone if not lineage.explains(head, label)]
        reason = "; ".join(dict.fromkeys(explained)) or "no label is lost"
        if lost:
            named = ", ".join(lost[:5]) + (", …" if len(lost) > 5 else "")
            accepted = "accepted" if accept else "give --accept-dropped-labels if that is meant"
            reason = f"{len(lost)} of {len(before.classes_)} labels are lost: {named} ({accepted})"
        yield Gate(f"{head}: labels", passed=accept or not lost, reason=reason)


def certificates(candidate: Bundle, current: Bundle | None) -> Iterator[Gate]:
    """Ask of each head that applies tags by itself today that it may go on, or has a reason not to."""
    for head, entry in candidate.manifest.heads.items():
        name, earned = f"{head}: certificate", entry.earned
        before = current.manifest.heads.get(head) if current else None
        if earned:
            shares = ", ".join(f"{each.coverage:.0%} at most {each.alpha:.0%} wrong" for each in earned)
            yield Gate(name, passed=True, reason=f"applied automatically: {shares}")
            continue
        why = "; ".join(each.reason for each in entry.uncertified)
        if before is None or not before.earned:
            yield Gate(name, passed=True, reason=f"none, so it only suggests: {why}")
            continue
        excuse = _excuse(head, candidate, current)
        reason = f"{excuse}, so it only suggests for now: {why}" if excuse else f"the current model has one: {why}"
        yield Gate(name, passed=excuse is not None, reason=reason)


def _excuse(head: str, candidate: Bundle, current: Bundle | None) -> str | None:
    """Say why a head may have no certificate though the current one has: it is asked for more, or is another."""
    if current is None:
        return None
    before = current.manifest.heads[head].earned
    alphas = [each.alpha for each in candidate.manifest.heads[head].uncertified if each.alpha is not None]
    if alphas and max(alphas) < min(each.alpha for each in before):
        return f"at most {max(alphas):.0%} wrong is asked for instead of {before[0].alpha:.0%}"
    changes = candidate.manifest.label_history().deciding(head, current.manifest.label_history())
    return f"its labels have changed ({'; '.join(change.sentence for change in changes)})" if changes else None


def not_worse(candidate: Bundle, current: Bundle, encode: Encode) -> Iterator[Gate]:
    """Compare on held-out tickets that are fair to both."""
    lineage = candidate.manifest.label_history()
    try:
        found = comparison.compare(held_out.read(candidate), current, encode, lineage.now)
    except BundleRefused as problem:
        yield Gate("not worse", passed=True, reason=f"the current model remembers no held-out tickets ({problem})")
        return
    for head, entry in candidate.manifest.heads.items():
        name, before = f"{head}: not worse", current.manifest.heads.get(head)
        n = found[head].n if head in found else 0
        if before is None:
            yield Gate(name, passed=True, reason="the current model has no such head")
        elif described(entry):
            reason = "known by descriptions alone" + ("" if described(before) else ", and the current one has learnt")
            yield Gate(name, passed=described(before), reason=reason)
        elif n < FEWEST:
            reason = f"only {n} held-out tickets are new to both models, too few to show a loss"
            yield Gate(name, passed=True, reason=reason)
        else:
            yield judge_pair(name, found[head])
        if head == "priority" and head in found and found[head].urgent:
            yield urgent(found[head])


def judge_pair(name: str, paired: Paired) -> Gate:
    """Refuse a loss that chance does not explain: overall, on rare labels, or of one label."""
    drop = paired.current_accuracy - paired.accuracy
    numbers = (
        f"{paired.accuracy:.3f} against {paired.current_accuracy:.3f} on the same {paired.n} tickets "
        f"({paired.only_new_right} won, {paired.only_current_right} lost; between {paired.gain.low:+.3f} and "
        f"{paired.gain.high:+.3f} with 95 % confidence)"
    )
    if drop > LARGEST_DROP or (drop > 0 and paired.gain.no_loss < SIGNIFICANT):
        share = f"{paired.gain.no_loss:.1%} of the redraws show no loss"
        return Gate(name, passed=False, reason=f"worse: {numbers}; {share}")
    if paired.macro_f1 < paired.current_macro_f1 and paired.macro_f1_gain.no_loss < SIGNIFICANT:
        macro = f"macro-F1 {paired.macro_f1:.3f} against {paired.current_macro_f1:.3f}"
        return Gate(name, passed=False, reason=f"worse on rare labels: {macro}; accuracy {numbers}")
    losses = list(_losses(paired))
    if losses:
        return Gate(name, passed=False, reason=f"{numbers}, but {'; '.join(losses)}")
    return Gate(name, passed=True, reason=numbers)


def _losses(paired: Paired) -> Iterator[str]:
    """Name the labels that are found less often: by much, or so that chance does not explain it."""
    for label, (n, ours, theirs) in paired.recall.items():
        drop, unlikely = theirs - ours, paired.recall_gain[label].no_loss < SIGNIFICANT / len(paired.recall)
        if n >= FEWEST and (drop > LARGEST_RECALL_DROP or (drop > EVERYDAY_RECALL_DROP and unlikely)):
            yield f"{label} was found in {theirs:.0%} of its {n} tickets, now in {ours:.0%}"


def urgent(paired: Paired) -> Gate:
    """No P0 that the current model finds may be missed in exchange for nothing; of P0 and P1 no more than chance loses.

    By the head alone: the floor of `triage.model.urgency` comes on top of either.
    """
    n, ours, theirs = paired.recall.get("P0", (0, 0.0, 0.0))
    m, both, both_before = paired.urgent or (0, 0.0, 0.0)
    numbers = f"{ours:.0%} of {n} P0 found, {theirs:.0%} by the current model; P0 or P1 {both:.0%} of {m}, "
    numbers += f"{both_before:.0%} by the current model"
    gain = paired.urgent_gain
    fewer = gain is not None and (gain.no_loss < SIGNIFICANT or (m >= FEWEST and both_before - both > LARGEST_DROP))
    lost = ours < theirs or (both < both_before and fewer)
    return Gate("priority: urgent", passed=not lost, reason=numbers)
