"""Compare a new bundle with the current one, on tickets that neither was fitted on."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from training.bundles import held_out
from training.evaluation import metrics as evaluation
from training.evaluation.bootstrap import Redraws
from triage.model.refit_record import Paired
from triage.model.urgency import HEAD, URGENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from training.bundles.held_out import HeldOut
    from triage.model.bundle import Bundle

    Encode = Callable[[Bundle, Sequence[str]], NDArray[Any]]
    Said = tuple[str, str, str]


def compare(
    rows: Sequence[HeldOut], current: Bundle, encode: Encode, today: Callable[[str, str], str | None] | None = None
) -> dict[str, Paired]:
    """Compare on held-out tickets.

    Parameters
    ----------
    rows
        The new bundle's held-out tickets, with what it says of them.
    current
        The bundle to compare with.
    encode
        encode(bundle, texts): the texts' states by that bundle's own encoder, (n_texts, n_pools, dim).
    today
        today(head, label): what the new bundle calls a label of the current one; None where it has no name for it.

    Returns
    -------
    dict of str to Paired
        For each head that both have, over the tickets that are fair to both: not among those that the current bundle
        was fitted on, or among those it had been measured on before.
    """
    theirs = _answers(rows, current, encode)
    said: dict[str, list[Said]] = defaultdict(list)
    for row, answers in zip(rows, theirs, strict=True):
        for head, label in row.labels.items():
            if head in row.guesses and head in answers:
                answer = (today(head, answers[head]) or answers[head]) if today else answers[head]
                said[head].append((label, row.guesses[head], answer))
    return {head: paired(head, each) for head, each in said.items()}


def _answers(rows: Sequence[HeldOut], current: Bundle, encode: Encode) -> list[Mapping[str, str]]:
    """Return what the current bundle says of each ticket, by head; nothing where it would not be fair."""
    seen = set(held_out.read_seen(current).tolist())
    before = {held_out.key(row.text): row.guesses for row in held_out.read(current)}
    keys = [held_out.key(row.text) for row in rows]
    answers: list[Mapping[str, str]] = [before.get(key, {}) if key in seen else {} for key in keys]
    fresh = [i for i, key in enumerate(keys) if key not in seen]
    if fresh:
        texts = [rows[i].text for i in fresh]
        found = current.predict(texts, encode(current, texts))
        for place, i in enumerate(fresh):
            answers[i] = {head: current.heads[head].classes_[int(p[place].argmax())] for head, p in found.items()}
    return answers


def paired(head: str, said: Sequence[Said]) -> Paired:
    """Compare (truth, ours, theirs) of tickets."""
    truth, ours, theirs = (list(column) for column in zip(*said, strict=True))
    redraws = Redraws(said)
    labels = sorted(set(truth))
    urgent = head == HEAD and not set(URGENT).isdisjoint(labels)
    return Paired(
        n=len(said),
        accuracy=sum(label == ours for label, ours, _ in said) / len(said),
        current_accuracy=sum(label == theirs for label, _, theirs in said) / len(said),
        macro_f1=evaluation.macro_f1(truth, ours),
        current_macro_f1=evaluation.macro_f1(truth, theirs),
        only_new_right=sum(ours == label != theirs for label, ours, theirs in said),
        only_current_right=sum(theirs == label != ours for label, ours, theirs in said),
        gain=redraws.accuracy(),
        macro_f1_gain=redraws.macro_f1(),
        recall={label: _recall(said, (label,)) for label in labels},
        recall_gain={label: redraws.recall((label,)) for label in labels},
        urgent=_recall(said, URGENT) if urgent else None,
        urgent_gain=redraws.recall(URGENT) if urgent else None,
    )


def _recall(said: Sequence[Said], labels: Sequence[str]) -> tuple[int, float, float]:
    own = [(ours in labels, theirs in labels) for label, ours, theirs in said if label in labels]
    return len(own), sum(ours for ours, _ in own) / len(own), sum(theirs for _, theirs in own) / len(own)
