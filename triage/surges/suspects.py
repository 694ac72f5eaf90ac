"""Which tickets look like spam: two of three signs, so that neither an error that many paste nor a link is enough.

The signs: nearly the same text from several senders, a link to a site that neither the desk nor the sender's address
has, and a text that a model found unlike the desk's tickets. Where no model says so, most words of a text with such a
link must be new to the desk; without a link new words are no sign, because a new problem has them, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from triage.surges.arrival import Arrival
from triage.surges.background import Background

_ALIKE: Final = 0.5  # of the words of two texts, those that both have, from which one is nearly the other
_SENDERS: Final = 3
_LONG: Final = 5  # words from which a text is not the same by chance
_STRANGE: Final = 0.5  # of its words known to the desk, below which a text is none of its own
_FEWEST_TEXTS: Final = 200  # of a desk, before it is said what its words are


def suspects(arrivals: Sequence[Arrival], background: Background) -> set[str]:
    """Return the ids of tickets that look like spam."""
    copied = _copied(arrivals)
    found = set()
    for each in arrivals:
        linked = bool(each.hosts - background.hosts - {_site_of(each.sender)})
        foreign = each.foreign if each.foreign is not None else linked and _is_strange(each, background)
        if (each.id in copied) + linked + foreign > 1:
            found.add(each.id)
    return found


def _is_strange(each: Arrival, background: Background) -> bool:
    enough = background.texts >= _FEWEST_TEXTS and len(each.words) >= _LONG
    return enough and background.knows(each.words) < _STRANGE


def _site_of(sender: str) -> str:
    return ".".join(sender.rpartition("@")[2].split(".")[-2:])


def _copied(arrivals: Sequence[Arrival]) -> set[str]:
    """Return the ids of tickets whose text nearly is that of tickets of other senders."""
    leaders: dict[tuple[int, ...], Arrival] = {}
    groups: defaultdict[str, list[Arrival]] = defaultdict(list)
    for each in arrivals:
        if len(each.words) < _LONG:
            continue
        near = (leaders[band] for band in each.bands if band in leaders)
        leader = next((other for other in near if _alike(each, other)), each)
        groups[leader.id].append(each)
        if leader is each:
            leaders.update(dict.fromkeys(each.bands, each))
    return {each.id for group in groups.values() if len({each.sender for each in group}) >= _SENDERS for each in group}


def _alike(one: Arrival, other: Arrival) -> bool:
    both = len(one.words & other.words)
    return both >= _ALIKE * (len(one.words) + len(other.words) - both)
