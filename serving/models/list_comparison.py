"""Compare the lists of labels that a shadow and the model that answered gave the same tickets."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from msgspec import Struct

from serving.models.shares import ShareOut, share
from serving.models.store import ListPair

_MOST_LABELS = 200
_MOST_LISTS = 10
_EXAMPLES = 3


class LabelComparisonOut(Struct, kw_only=True):
    """One label of a multi head: on how many tickets each model shows and applies it, and what the shadow changes.

    The shadow `adds` it where the current model does not show it, and `drops` it where the current model does. Examples
    are ids of taggings or tickets, the newest of each kind of list.
    """

    label: str
    current: int
    shadow: int
    adds: int
    drops: int
    applied_current: int
    applied_shadow: int
    added_examples: list[str]
    dropped_examples: list[str]


class ListDifferenceOut(Struct, kw_only=True):
    """Two lists that the models gave the same tickets."""

    current: list[str]
    shadow: list[str]
    n: int


class ListComparisonOut(Struct, kw_only=True):
    """A multi head: tickets with the very same list, and with a label applied; its labels, most changed first."""

    agreement: ShareOut
    auto_current: ShareOut
    auto_shadow: ShareOut
    labels: list[LabelComparisonOut]
    differences: list[ListDifferenceOut]


def compare_lists(found: Sequence[ListPair]) -> dict[str, ListComparisonOut]:
    """Return the comparison of each multi head."""
    by_head: dict[str, list[ListPair]] = defaultdict(list)
    for each in found:
        by_head[each.head].append(each)
    return {head: _head(pairs) for head, pairs in by_head.items()}


def _head(pairs: Sequence[ListPair]) -> ListComparisonOut:
    n = sum(each.n for each in pairs)
    same = sum(each.n for each in pairs if each.labels == each.shadow_labels)
    names = {label for each in pairs for label in (*each.labels, *each.shadow_labels)}
    labels = sorted((_label(name, pairs) for name in names), key=lambda each: (-each.adds - each.drops, each.label))
    lists: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
    for each in pairs:
        if each.labels != each.shadow_labels:
            lists[each.labels, each.shadow_labels] += each.n
    most = sorted(lists.items(), key=lambda each: (-each[1], each[0]))[:_MOST_LISTS]
    return ListComparisonOut(
        agreement=share(same, n),
        auto_current=share(sum(each.n for each in pairs if each.applied), n),
        auto_shadow=share(sum(each.n for each in pairs if each.shadow_applied), n),
        labels=labels[:_MOST_LABELS],
        differences=[ListDifferenceOut(current=list(one), shadow=list(other), n=k) for (one, other), k in most],
    )


def _label(name: str, pairs: Sequence[ListPair]) -> LabelComparisonOut:
    added = [each for each in pairs if name in each.shadow_labels and name not in each.labels]
    dropped = [each for each in pairs if name in each.labels and name not in each.shadow_labels]
    return LabelComparisonOut(
        label=name,
        current=sum(each.n for each in pairs if name in each.labels),
        shadow=sum(each.n for each in pairs if name in each.shadow_labels),
        adds=sum(each.n for each in added),
        drops=sum(each.n for each in dropped),
        applied_current=sum(each.n for each in pairs if name in each.applied),
        applied_shadow=sum(each.n for each in pairs if name in each.shadow_applied),
        added_examples=[each.subject for each in added[:_EXAMPLES]],
        dropped_examples=[each.subject for each in dropped[:_EXAMPLES]],
    )


def lines(heads: dict[str, ListComparisonOut]) -> list[str]:
    """Return the comparison for a terminal."""
    told = []
    for head, each in heads.items():
        told += [
            f"{head}: same list {each.agreement.in_words}",
            f"  at least one label applied: current {each.auto_current.in_words}; shadow {each.auto_shadow.in_words}",
        ]
        changed = [label for label in each.labels if label.adds or label.drops]
        told += [f"  {one.label}: shadow adds it on {one.adds}, drops it on {one.drops} tickets" for one in changed[:5]]
    return told
