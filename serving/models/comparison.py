"""Compare a shadow with the model that answered, on the same tickets."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from sqlalchemy import Connection

from serving.models import store
from serving.models.evidence import mcnemar, paired_difference
from serving.models.store import Combination
from triage.intervals import CONFIDENCE, Interval, wilson

_MOST_DIFFERENCES = 10
_TAGGED_BEFORE = timedelta(days=1)  # at most, before the shadow


class ShareOut(Struct, kw_only=True):
    """k of n tickets, with the Wilson interval of the share."""

    k: int
    n: int
    share: float
    low: float
    high: float


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
    agreement: ShareOut  # tickets on which every head has one and the same label
    heads: dict[str, HeadComparisonOut]


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
            agreement=_share(0, 0),
            heads={},
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
        agreement=_share(n - store.differing(connection, *pair), n),
        heads={head: _head(found, right.get(head, [])) for head, found in by_head.items()},
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
        agreement=_share(n - sum(differences.values()), n),
        auto_current=_share(sum(each.n for each in found if each.mode == "auto"), n),
        auto_shadow=_share(sum(each.n for each in found if each.shadow_mode == "auto"), n),
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
        current_right=_share(both + only_current, n),
        shadow_right=_share(both + only_shadow, n),
        only_current=only_current,
        only_shadow=only_shadow,
        difference=round(difference.value, 4),
        low=round(difference.low, 4),
        high=round(difference.high, 4),
        p=round(mcnemar(only_current, only_shadow), 4),
    )


def _share(k: int, n: int) -> ShareOut:
    interval: Interval = wilson(k, n)
    return ShareOut(k=k, n=n, share=round(interval.value, 4), low=round(interval.low, 4), high=round(interval.high, 4))


def lines(report: ShadowReportOut) -> list[str]:
    """Return the report for a terminal, agreement first."""
    if report.current is None:
        return ["There is no current bundle to compare with: `firstline-train promote` makes one current."]
    if report.shadow is None:
        return ["Nothing was compared yet: start a shadow with `firstline models shadow VERSION`, and tag tickets."]
    if report.window is None:
        return [f"Nothing was compared yet: the shadow {report.shadow[:12]} has tagged no ticket yet."]
    share = f"{report.confidence:.0%}"
    window = f"{report.window.first:%Y-%m-%d %H:%M} to {report.window.last:%Y-%m-%d %H:%M} UTC"
    pair = f"Shadow {report.shadow[:12]} beside {str(report.current)[:12]}"
    told = [
        f"{pair}: {report.agreement.n} tickets, {window}; intervals of {share}.",
        f"Same labels on all heads: {_told(report.agreement)}",
    ]
    for head, each in report.heads.items():
        told += [
            f"{head}: same label {_told(each.agreement)}",
            f"  applied by itself: current {_told(each.auto_current)}; shadow {_told(each.auto_shadow)}",
        ]
        told += [
            f"  differ: current {one.current or 'none'}, shadow {one.shadow or 'none'}: {one.n}"
            for one in each.differences[:3]
        ]
        told.append(_told_right(each.corrected))
    return told


def _told_right(corrected: JudgedOut) -> str:
    if not corrected.n:
        return "  a person has set no label on these tickets"
    return (
        f"  a person set the label: current right {_told(corrected.current_right)}; shadow right "
        f"{_told(corrected.shadow_right)}; difference {100 * corrected.difference:+.1f} points "
        f"({100 * corrected.low:+.1f} to {100 * corrected.high:+.1f}), p {corrected.p:.3f}"
    )


def _told(share: ShareOut) -> str:
    return f"{share.share:.1%} ({share.low:.1%} to {share.high:.1%}), {share.k} of {share.n}"
