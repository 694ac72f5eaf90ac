"""Compare a shadow with the model that answered, on the same tickets."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from serving.models import list_comparison, store
from serving.models.evidence import mcnemar, paired_difference
from serving.models.list_comparison import ListComparisonOut, compare_lists
from serving.models.shares import ShareOut, share
from serving.models.store import Combination
from triage.intervals import CONFIDENCE

_MOST_DIFFERENCES = 10
_TAGGED_BEFORE = timedelta(days=1)  # at most, before the shadow


class DifferenceOut(Struct, kw_only=True):
    """Two labels that the models gave the same tickets; null: none."""

    current: str | None
    shadow: str | None
    n: int


class JudgedOut(Struct, kw_only=True):
    """Who gave the label that a person then set, on the tickets of which a person set one.

    Persons saw the current model's label and not the shadow's, which favours the current one.
    """

    n: int
    current_right: ShareOut
    shadow_right: ShareOut
    only_current: int
    only_shadow: int
    difference: float  # the shadow's share of right labels less the current one's
    low: float
    high: float
    p: Annotated[float, Meta(description="Of McNemar's exact test that both are right equally often")]


class HeadComparisonOut(Struct, kw_only=True):
    """One head: agreement, how often each would apply its label by itself, where they differ, and who was right."""

    agreement: ShareOut
    auto_current: ShareOut
    auto_shadow: ShareOut
    differences: list[DifferenceOut]  # the most frequent ones
    corrected: JudgedOut


class WindowOut(Struct, kw_only=True, rename={"first": "from", "last": "to"}):
    """From when to when the compared tickets came."""

    first: datetime
    last: datetime


class ShadowReportOut(Struct, kw_only=True):
    """A shadow compared with the model that answered, on the same tickets; nulls until there is one."""

    shadow: str | None
    current: str | None
    running: bool  # whether the shadow tags now
    window: WindowOut | None
    confidence: float  # of every interval
    agreement: ShareOut  # tickets on which every head has one and the same label, or list
    heads: dict[str, HeadComparisonOut]
    lists: dict[str, ListComparisonOut]  # of heads with several labels a ticket


def compare(connection: Connection, shadow: str | None, current: str | None) -> ShadowReportOut:
    """Return the report of the shadow that runs beside the current model, else of the pair that was compared last."""
    running = shadow is not None
    pair = (shadow, current) if shadow is not None and current is not None else store.last_pair(connection, None, None)
    if pair is None:
        return ShadowReportOut(
            shadow=shadow,
            current=current,
            running=running,
            window=None,
            confidence=CONFIDENCE,
            agreement=share(0, 0),
            heads={},
            lists={},
        )
    first, last, n = store.window(connection, *pair)
    by_head: dict[str, list[Combination]] = defaultdict(list)
    for each in store.combinations(connection, *pair):
        by_head[each.head].append(each)
    right = _judged(connection, pair, first) if first is not None else {}
    return ShadowReportOut(
        shadow=pair[0],
        current=pair[1],
        running=running,
        window=WindowOut(first=first, last=last) if first is not None and last is not None else None,
        confidence=CONFIDENCE,
        agreement=share(n - store.differing(connection, *pair), n),
        heads={head: _head(found, right.get(head, [])) for head, found in by_head.items()},
        lists=compare_lists(store.list_pairs(connection, *pair)),
    )


_Right = tuple[bool, bool]  # whether the current model's label is the person's, and the shadow's


def _judged(connection: Connection, pair: tuple[str, str], since: datetime) -> dict[str, list[_Right]]:
    persons = {(each.subject, each.head): each.person for each in store.judged(connection, since - _TAGGED_BEFORE)}
    said = store.said_of(connection, *pair, {subject for subject, _ in persons})
    found: dict[str, list[_Right]] = defaultdict(list)
    for key, label in persons.items():
        if key in said:
            found[key[1]].append((said[key].label == label, said[key].shadow_label == label))
    return found


def _head(found: Sequence[Combination], right: Sequence[_Right]) -> HeadComparisonOut:
    n = sum(each.n for each in found)
    differences: dict[tuple[str | None, str | None], int] = defaultdict(int)
    for each in found:
        if each.label != each.shadow_label:
            differences[each.label, each.shadow_label] += each.n
    most = sorted(differences.items(), key=lambda item: (-item[1], str(item[0])))[:_MOST_DIFFERENCES]
    return HeadComparisonOut(
        agreement=share(n - sum(differences.values()), n),
        auto_current=share(sum(each.n for each in found if each.mode == "auto"), n),
        auto_shadow=share(sum(each.n for each in found if each.shadow_mode == "auto"), n),
        differences=[DifferenceOut(current=one, shadow=other, n=times) for (one, other), times in most],
        corrected=_corrected(right),
    )


def _corrected(right: Sequence[_Right]) -> JudgedOut:
    n = len(right)
    only_current, only_shadow = right.count((True, False)), right.count((False, True))
    both = right.count((True, True))
    difference = paired_difference(only_current, only_shadow, n)
    return JudgedOut(
        n=n,
        current_right=share(both + only_current, n),
        shadow_right=share(both + only_shadow, n),
        only_current=only_current,
        only_shadow=only_shadow,
        difference=round(difference.value, 4),
        low=round(difference.low, 4),
        high=round(difference.high, 4),
        p=round(mcnemar(only_current, only_shadow), 4),
    )


def lines(report: ShadowReportOut) -> list[str]:
    """Return the report for a terminal, agreement first."""
    if report.current is None:
        return ["There is no current bundle to compare with: `firstline-train promote` makes one current."]
    if report.shadow is None:
        return ["Nothing was compared yet: start a shadow with `firstline models shadow VERSION`, and tag tickets."]
    if report.window is None:
        return [f"Nothing was compared yet: the shadow {report.shadow[:12]} has tagged no ticket yet."]
    confidence = f"{report.confidence:.0%}"
    window = f"{report.window.first:%Y-%m-%d %H:%M} to {report.window.last:%Y-%m-%d %H:%M} UTC"
    pair = f"Shadow {report.shadow[:12]} beside {str(report.current)[:12]}"
    told = [
        f"{pair}: {report.agreement.n} tickets, {window}; intervals of {confidence}.",
        f"Same labels on all heads: {report.agreement.in_words}",
    ]
    for head, each in report.heads.items():
        told += [
            f"{head}: same label {each.agreement.in_words}",
            f"  applied by itself: current {each.auto_current.in_words}; shadow {each.auto_shadow.in_words}",
        ]
        told += [
            f"  differ: current {one.current or 'none'}, shadow {one.shadow or 'none'}: {one.n}"
            for one in each.differences[:3]
        ]
        told.append(_told_right(each.corrected))
    return told + list_comparison.lines(report.lists)


def _told_right(corrected: JudgedOut) -> str:
    if not corrected.n:
        return "  a person has set no label on these tickets"
    return (
        f"  a person set the label: current right {corrected.current_right.in_words}; shadow right "
        f"{corrected.shadow_right.in_words}; difference {100 * corrected.difference:+.1f} points "
        f"({100 * corrected.low:+.1f} to {100 * corrected.high:+.1f}), p {corrected.p:.3f}"
    )
