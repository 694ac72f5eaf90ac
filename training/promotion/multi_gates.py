"""Gates on the heads of which a ticket has any number of labels."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import numpy as np

from training.bundles import held_out, multi_comparison
from training.bundles.export import PARITY
from training.config import Certificate
from training.multi.metrics import micro_f1
from training.promotion.gates import FEWEST, SIGNIFICANT, Gate
from triage.errors import BundleRefused
from triage.model.multi.head import guesses, truth_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from training.bundles.comparison import Encode
    from triage.model.bundle import Bundle

CHECKED = 1_000
LARGEST_CHANGE = 0.02
"""Micro-F1 on the very tickets that measured it may be lower by this: an encoder rounds otherwise elsewhere."""
LARGEST_DROP = 0.02
"""Micro-F1 may not drop by more than this, however few the tickets are."""


def measured(candidate: Bundle, encode: Encode) -> Iterator[Gate]:
    """Ask that a head was measured, knows more than the most frequent label, and serves as it was measured."""
    rows = [row for row in held_out.read(candidate)[-CHECKED:] if row.label_sets]
    texts = [row.text for row in rows]
    states = encode(candidate, texts) if rows and candidate.multi else None
    for head, entry in candidate.manifest.multi.items():
        parity = f"largest difference to scikit-learn: {entry.parity:.1e}"
        yield Gate(f"{head}: parity", passed=entry.parity <= PARITY, reason=parity)
        found, trivial = entry.metrics.micro_f1, entry.metrics.trivial_micro_f1
        if found is None or trivial is None:
            yield Gate(f"{head}: measured", passed=False, reason="no held-out ticket has these labels")
            continue
        reason = f"micro-F1 {found:.3f} on {entry.metrics.n} tickets; the most frequent label alone has {trivial:.3f}"
        yield Gate(f"{head}: better than trivial", passed=found > trivial, reason=reason)
        own = [place for place, row in enumerate(rows) if head in row.guessed_sets]
        if states is None or not own:
            continue
        serving = candidate.multi[head]
        shown = guesses(serving.rules, serving.predict_proba([texts[place] for place in own], states[own]))
        truth = truth_of([rows[place].label_sets[head] for place in own], serving.labels)
        before = truth_of([rows[place].guessed_sets[head] for place in own], serving.labels)
        kept = before.any(axis=1)  # a foreign text got nothing, whatever its probabilities
        now, then = micro_f1(truth[kept], shown[kept]), micro_f1(truth[kept], before[kept])
        reason = f"micro-F1 {now:.3f} on {int(np.sum(kept))} held-out tickets, {then:.3f} when it was measured"
        yield Gate(f"{head}: serves as measured", passed=now >= then - LARGEST_CHANGE, reason=reason)


def beside(candidate: Bundle, current: Bundle, encode: Encode, *, accept: bool) -> Iterator[Gate]:
    """Compare with the current bundle: no label lost without a taxonomy change, and nothing worse."""
    lineage = candidate.manifest.label_history()
    for head, before in current.multi.items():
        after = candidate.multi[head].labels if head in candidate.multi else ()
        lost = [each for each in before.labels if each not in after and not lineage.explains(head, each)]
        reason = f"{len(lost)} labels are lost: {', '.join(lost[:5])}" if lost else "no label is lost"
        if lost:
            reason += " (accepted)" if accept else "; give --accept-dropped-labels if that is meant"
        yield Gate(f"{head}: labels", passed=accept or not lost, reason=reason)
    yield from _certificates(candidate, current)
    try:
        found = multi_comparison.compare(held_out.read(candidate), current, encode, lineage.now)
    except BundleRefused as problem:
        found, missing = {}, f"the current model remembers no held-out tickets ({problem})"
    else:
        missing = "the current model has no such head, or has learnt from all of the held-out tickets"
    for head in candidate.manifest.multi:
        name, pair = f"{head}: not worse", found.get(head)
        if pair is None:
            yield Gate(name, passed=True, reason=missing)
        elif pair.n < FEWEST:
            reason = f"only {pair.n} held-out tickets are new to the current model, too few to show a loss"
            yield Gate(name, passed=True, reason=reason)
        else:
            drop = pair.current_micro_f1 - pair.micro_f1
            worse = drop > LARGEST_DROP or (drop > 0 and pair.no_loss < SIGNIFICANT)
            yield Gate(name, passed=not worse, reason=multi_comparison.sentence(pair))


def _certificates(candidate: Bundle, current: Bundle) -> Iterator[Gate]:
    """Ask of each head that applies labels by itself today that it may go on with one at least, or has a reason."""
    for head, entry in candidate.manifest.multi.items():
        before = current.manifest.multi.get(head)
        if before is None or not before.earned:
            continue
        now = {each.label for each in entry.earned}
        lost = sorted({each.label for each in before.earned} - now)
        reason = f"{len(now)} labels are applied, {len(before.earned)} by the current model"
        reason += f"; only suggested from now on: {', '.join(lost[:5])}" if lost else ""
        excuse = None if now else _excuse(head, candidate, current)
        yield Gate(f"{head}: certificates", passed=bool(now) or excuse is not None, reason=excuse or reason)


def _excuse(head: str, candidate: Bundle, current: Bundle) -> str | None:
    """Say why no label may be certified though some are now: more is asked for, or the labels have changed."""
    asked = (
        tomllib.loads(candidate.read("refit.toml").decode()).get("certificate", {}).get("alpha", Certificate().alpha)
    )
    before = min(each.alpha for each in current.manifest.multi[head].earned)
    if asked < before:
        return f"at most {asked:.0%} wrong is asked for instead of {before:.0%}, so no label is applied for now"
    changes = candidate.manifest.label_history().deciding(head, current.manifest.label_history())
    return f"its labels have changed ({'; '.join(change.sentence for change in changes)})" if changes else None
