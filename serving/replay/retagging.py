"""The tags of a ticket's log under other thresholds and other urgent phrases. No text is encoded again."""

import re
from collections.abc import Sequence
from dataclasses import replace

from serving.replay.trial import TagThresholds, Trial
from triage.model.urgency import HEAD, Alarm
from triage.reason_codes import ReasonCode
from triage.taxonomy.labels import PRIORITIES
from triage.text.cleaning import read_ticket
from triage.tickets.events import AGENT, SELF, Fact, Tag, TicketOpened, TicketTagged

_REPLAYED = "Replayed under other thresholds or phrases."
_RAISED_FROM = re.compile(r"Raised from (\S+) to ")
#: Not decided by a threshold: what these tags would be is the same.
_UNMOVED = frozenset(
    {
        ReasonCode.OUT_OF_DOMAIN,
        ReasonCode.NO_MODEL,
        ReasonCode.AUDITED,
        ReasonCode.CERTIFICATE_EXPIRED,
        ReasonCode.CERTIFICATE_LAPSED,
    }
)

Alarms = tuple[Alarm | None, Alarm | None]


def retagged(log: Sequence[Fact], trial: Trial) -> list[Fact]:
    """Return a ticket's log with the model's tags as they would have been; what people did stays."""
    alarms = _alarms(log[0], trial)
    found = [_again(fact, trial.tags, alarms) if isinstance(fact, TicketTagged) else fact for fact in log]
    opened, new = log[0], alarms[1]
    if alarms[0] is None and new is not None and not any(_is_tagged(fact) for fact in found):
        raised = _raised(Tag(label=None, mode="abstain"), new)
        found.insert(1, TicketTagged(at=opened.at, by=SELF, tags={HEAD: raised}))
    return found


def last_tags(log: Sequence[Fact]) -> dict[str, Tag]:
    """Return what the service said last of each head."""
    tags = (fact.tags.items() for fact in log if isinstance(fact, TicketTagged))
    return {head: tag for each in tags for head, tag in each if tag.mode != AGENT}


def _alarms(opened: Fact, trial: Trial) -> Alarms:
    """Return what the phrases find in a ticket, now and then; nothing where they are the same."""
    if trial.before.urgency.version == trial.after.urgency.version or not isinstance(opened, TicketOpened):
        return None, None
    read = read_ticket(opened.subject, opened.description, (opened.email, opened.account))
    if read.automatic or opened.automatic:
        return None, None
    found = [phrases.urgency.find_in(read.searched) for phrases in (trial.before, trial.after)]
    same = [each.priority if each else None for each in found]
    return (None, None) if same[0] == same[1] else (found[0], found[1])


def _again(fact: TicketTagged, thresholds: TagThresholds, alarms: Alarms) -> TicketTagged:
    tags = {
        head: _tag(head, tag, thresholds, alarms if head == HEAD else (None, None)) for head, tag in fact.tags.items()
    }
    return fact if tags == fact.tags else replace(fact, tags=tags)


def _tag(head: str, tag: Tag, thresholds: TagThresholds, alarms: Alarms) -> Tag:
    if tag.mode == AGENT or tag.labels is not None:  # a list of labels stays as it was
        return tag
    lowered = _without_phrase(tag) if alarms != (None, None) else tag
    moved = _by_thresholds(lowered, thresholds.suggest_at.get(head), thresholds.auto_at.get(head))
    return _raised(moved, alarms[1]) if alarms[1] is not None else moved


def _by_thresholds(tag: Tag, suggest_at: float | None, auto_at: float | None) -> Tag:
    label = tag.label or next((label for label, _ in tag.alternatives), None)
    fixed = tag.raised_by is not None or tag.reason_code in _UNMOVED or label is None or tag.confidence is None
    if fixed or tag.confidence is None or (suggest_at is None and auto_at is None):
        return tag
    shown = tag.mode != "abstain" if suggest_at is None else tag.confidence >= suggest_at
    applied = tag.mode == "auto" if auto_at is None else tag.confidence >= auto_at
    mode = ("auto" if applied else "suggest") if shown else "abstain"
    if mode == tag.mode:
        return tag
    return replace(tag, mode=mode, label=label if shown else None, certificate=None, reason=_REPLAYED, reason_code=None)


def _without_phrase(tag: Tag) -> Tag:
    """Return what the head itself said of a priority that a phrase raised or confirmed, as far as the tag tells."""
    if tag.raised_by != "lexicon":
        return tag
    raised = _RAISED_FROM.match(tag.reason)
    if raised is None and not tag.reason.startswith("Raised"):
        return replace(tag, raised_by=None, reason_code=None, reason=_REPLAYED)  # the model said so, too
    label = raised[1] if raised else None
    sure = dict(tag.alternatives).get(label) if label else None
    others = tuple(each for each in tag.alternatives if each[0] != label)
    mode = "suggest" if label else "abstain"
    return Tag(label=label, mode=mode, confidence=sure, alternatives=others, reason=_REPLAYED, by=tag.by, at=tag.at)


def _raised(tag: Tag, why: Alarm) -> Tag:
    if tag.label in PRIORITIES and str(tag.label) <= why.priority:
        return tag
    said = f"Raised to {why.priority}: {why.reason}."
    return replace(
        tag,
        label=why.priority,
        mode="suggest",
        certificate=None,
        raised_by="lexicon",
        reason=said,
        reason_code=ReasonCode.RAISED_BY_PHRASE,
    )


def _is_tagged(fact: Fact) -> bool:
    return isinstance(fact, TicketTagged) and HEAD in fact.tags and fact.tags[HEAD].mode != AGENT
