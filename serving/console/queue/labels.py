"""The labels of a ticket as an agent judges them: how sure, why, and what else it may be."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.console.queue.phrases import MODES, REASONS, actor_name, confidence, head_name, percent
from serving.inference.labels import KnownLabels
from triage.reason_codes import RAISED_BY, ReasonCode
from triage.tickets.events import AGENT, Tag
from triage.tickets.fact_values import ListedLabel
from triage.tickets.ticket import Ticket

_ORDER = ("priority", "category", "product_area")
KEYS = ("123", "456", "789")  # by the place of the head
_SPECIFIC = frozenset({ReasonCode.BELOW_THRESHOLD, *RAISED_BY.values()})


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another label, how likely it is, and the key that sets it."""

    label: str
    share: str
    key: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A label of a head that has several, and how it was set."""

    label: str
    how: str
    mode: str


@dataclass(frozen=True, slots=True)
class HeadLabel:
    """One head of a ticket: its label, how it was set and why, and what may be set in its place."""

    head: str
    name: str
    label: str | None
    mode: str
    how: str
    confidence: str
    why: str
    alternatives: Sequence[Alternative]
    others: Sequence[str]
    listed: Sequence[Listed] | None = None  # of a head that has several labels: all that the ticket has


def labels_of(ticket: Ticket, vocabulary: KnownLabels) -> list[HeadLabel]:
    """Return every head of a ticket. Each head has three keys of its own, so that an answer moves no other's."""
    settable = vocabulary.settable()
    heads = sorted({*ticket.tags, *settable}, key=lambda head: (_place(head), head))
    several = vocabulary.multi()
    keys = dict(zip((head for head in heads if head not in several), KEYS, strict=False))
    found = []
    for head in heads:
        tag, known = ticket.tags.get(head), vocabulary.labels(head) if head in settable else ()
        is_list = head in several or (tag is not None and tag.labels is not None)
        found.append(_listed(head, tag, known) if is_list else _judged(head, tag, known, keys.get(head, "")))
    return found


def _listed(head: str, tag: Tag | None, known: Sequence[str]) -> HeadLabel:
    tag = tag or Tag(label=None, mode="", labels=())
    labels = tag.labels or ()
    has = {each.label for each in labels}
    likely = [label for label, _ in tag.alternatives if label in known and label not in has]
    return HeadLabel(
        head=head,
        name=head_name(head),
        label=None,
        mode=tag.mode,
        how=_how(tag) if tag.mode == AGENT else "",
        confidence="",
        why=tag.reason,
        alternatives=[],
        others=[*likely, *(label for label in known if label not in has and label not in likely)],
        listed=[Listed(each.label, _how_listed(each), each.mode) for each in labels],
    )


def _how_listed(listed: ListedLabel) -> str:
    return "" if listed.mode == AGENT else f"{MODES[listed.mode]}, {confidence(listed.confidence)}"


def _judged(head: str, tag: Tag | None, known: Sequence[str], keys: str) -> HeadLabel:
    tag = tag or Tag(label=None, mode="")
    return HeadLabel(
        head=head,
        name=head_name(head),
        label=tag.label,
        mode=tag.mode,
        how=_how(tag),
        confidence="" if tag.confidence is None or tag.mode == AGENT or not tag.label else confidence(tag.confidence),
        why=_why(tag),
        alternatives=alternatives_of(tag, known, keys),
        others=[label for label in known if label != tag.label],
    )


def alternatives_of(tag: Tag, known: Sequence[str], keys: str) -> list[Alternative]:
    """Return the other labels that a model holds possible; without shares where it knows nothing like the ticket."""
    has_shares = tag.reason_code is not ReasonCode.OUT_OF_DOMAIN
    others = [(label, share) for label, share in tag.alternatives if label in known and label != tag.label]
    return [
        Alternative(label, percent(share) if has_shares else "", keys[number] if number < len(keys) else "")
        for number, (label, share) in enumerate(others)
    ]


def _how(tag: Tag) -> str:
    if tag.mode == AGENT:
        return f"set by {actor_name(tag.by)}" if tag.by else MODES[AGENT]
    return "raised" if tag.raised_by and tag.label else MODES.get(tag.mode, "not set")


def _why(tag: Tag) -> str:
    """Say why it is so: in the words of its code, unless the tag's own sentence names a number or a phrase."""
    code = tag.reason_code
    return tag.reason if code is None or code in _SPECIFIC else REASONS[code]


def _place(head: str) -> int:
    return _ORDER.index(head) if head in _ORDER else len(_ORDER)
