"""What was measured of a bundle, as people read it in a terminal: a table of heads, and what only some of them have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLUMNS = ("tickets", "accuracy", "macro-F1", "ECE", "coverage", "selective risk")


def table(heads: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return a row for each head; for the figures see `training.bundles.evaluate.evaluate`.

    Coverage and risk are of the labels that are applied automatically where the head has certificates, else of those
    that are suggested; the last column says which.
    """
    found = Table(box=None, pad_edge=False)
    found.add_column("head", overflow="fold")
    for name in _COLUMNS:
        found.add_column(name, justify="right")
    found.add_column("of labels", overflow="fold")
    for head, each in heads.items():
        if "per_label" in each:
            continue  # several labels a ticket: `lines` has their figures
        numbers = (_number(each[name]) for name in ("accuracy", "macro_f1", "ece"))
        shares = (_share(each[name]) for name in ("coverage", "selective_risk"))
        what = f"applied, certified to {each['alpha']:.1%} wrong" if "certificates" in each else "suggested"
        found.add_row(head, f"{each['n']:,}", *numbers, *shares, what)
    return found


def lines(heads: Mapping[str, Mapping[str, Any]], gate: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the table has no column for; of the foreign-text gate nothing where there is none."""
    for head, each in heads.items():
        more = _several(each) if "per_label" in each else _more(each)
        yield from (f"{head}: {line}" for line in more)
    if gate:
        yield f"foreign-text gate: {gate['abstained']:.1%} of {gate['n']} tickets abstain as foreign texts"
        yield from (
            f"  {language}: {own['abstained']:.1%} of {own['n']}" for language, own in gate["languages"].items()
        )
    if "foreign" in gate:
        yield f"  {gate['foreign']['caught']:.1%} of {gate['foreign']['n']} texts without any label are caught"


def _more(each: Mapping[str, Any]) -> Iterator[str]:
    for name, own in each.get("certificates", {}).items():
        yield f"certificate {name} applies {own['applied']} labels, {_share(own['selective_risk'])} of them wrong"
    if steps := each.get("steps"):
        yield (
            f"{steps['mean_absolute_error']:.2f} steps off on average, one step for {steps['off_by_one']:.1%} of "
            f"{steps['n']} tickets, more for {steps['further_off']:.1%}"
        )
    if floor := each.get("floor"):
        yield (
            f"urgent tickets missed: {_share(each['urgent_missed'])} by the head, {_share(floor['urgent_missed'])} "
            f"with the floor, which raises {floor['raised']} tickets, {floor['raised_wrongly']} wrongly"
        )
        yield (
            f"P0 recall {_share(each['recall_p0'])}, with the floor {_share(floor['recall_p0'])}; cost per ticket "
            f"{each['ordinal_cost']:.2f}, with the floor {floor['ordinal_cost']:.2f}"
        )
    if "ood_auroc" in each:
        yield (
            f"texts without any label: AUROC {each['ood_auroc']:.3f}, {each['ood_recall']:.1%} of them are called "
            f"foreign; of the tickets {each['familiar']:.1%} are let through"
        )


def _several(each: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{each['n']:,} tickets with any number of labels: micro-F1 {_number(each['micro_f1'])}, "
        f"macro-F1 {_number(each.get('macro_f1'))}; the most frequent label alone has "
        f"{_number(each.get('trivial_micro_f1'))}"
    )
    for k, share in (each.get("precision_at") or {}).items():
        yield f"precision at {k}: {_share(share)}"
    yield (
        f"{_share(each.get('coverage'))} of the tickets get a label, {_share(each.get('applied'))} get one "
        "automatically"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
