"""Sessions of the demo: questions that articles answer, and those from which the tickets come."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from serving.commands.demo.sample import Question, Sample, SampleTicket
from serving.deflections.schemas import AnswerOut, DeflectionOut, SourceOut, SuggestedOut
from serving.deflections.store import Deflection
from serving.storage.ids import new_id
from triage.tickets.events import Message

PER_TICKET = 3  # questions that became no ticket
VISITORS = 3_000
_SAMPLE = "sample"
_CHANNELS = ("chat", "chat", "chat", "in_app", "in_app", "web", "email")
_PERSON = "A person will answer."
_GREETING = "hello"
_SAID = {"confirmed": "Yes, this helped.", "not_helpful": "No, this did not help.", "abandoned": None}
_BEFORE = timedelta(minutes=2)
_AT_FIRST, _NOW = 0.72, 0.9  # share of questions with an article that were answered, a year ago and now
_GREETINGS, _WITH_ACCOUNT, _ASKED_FOR_PERSON, _TRIED = 0.05, 0.4, 0.12, 0.25
_OUTCOMES = (
    (0.42, "confirmed"),
    (0.48, "not_helpful"),
    (0.55, "abandoned"),
)  # their shares, added up


@dataclass(frozen=True, slots=True)
class Asked:
    """A session with what was said in it."""

    session: Deflection
    turns: Sequence[Message]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes sessions, the same for the same chance."""

    sample: Sample
    chance: random.Random
    at: datetime

    def of_ticket(self, each: SampleTicket) -> Asked:
        """Return the session from which a ticket comes: a person was needed, or the answer did not help."""
        sent, chance = each.ticket, self.chance
        at = each.created_at - _BEFORE
        article_id = next(iter(sent.kb_article_ids), None)
        question = next((one for one in self.sample.questions if one.article_id == article_id), None)
        is_tried = question is not None and article_id is not None and chance.random() < _TRIED
        text = "\n\n".join(part for part in (sent.subject, sent.description) if part)
        shown = self._answered(at, question) if is_tried and question else self._handed_off(at)
        return self._asked(
            shown,
            at,
            text,
            channel=sent.channel or "email",
            visitor=f"visitor-{chance.randrange(VISITORS)}",
            account=sent.account,
            plan=sent.plan,
            locale=sent.language,
            outcome="not_helpful" if is_tried else None,
            ended="human_requested" if not is_tried and chance.random() < _ASKED_FOR_PERSON else None,
        )

    def answered_alone(self) -> Iterator[Asked]:
        """Yield sessions that became no ticket, spread as the tickets are."""
        tickets, chance = self.sample.tickets, self.chance
        first, last = tickets[0].created_at, tickets[-1].created_at
        for number in range(PER_TICKET * len(tickets)):
            near = tickets[number % len(tickets)]
            at = min(near.created_at + timedelta(minutes=chance.uniform(-90, 90)), last)
            share = _AT_FIRST + (_NOW - _AT_FIRST) * ((at - first) / (last - first))
            yield self._alone(at, share, near.ticket.account)

    def _alone(self, at: datetime, share: float, account: str | None) -> Asked:
        chance = self.chance
        common = {
            "channel": chance.choice(_CHANNELS),
            "visitor": f"visitor-{chance.randrange(VISITORS)}",
            "account": account if chance.random() < _WITH_ACCOUNT else None,
            "locale": "en",
        }
        if chance.random() < _GREETINGS:
            return self._asked(self._shown(at, "clarify", "A greeting."), at, _GREETING, eligible=False, **common)
        question = chance.choice(self.sample.questions)
        if question.article_id is None or chance.random() > share:
            return self._asked(self._handed_off(at), at, question.text, **common)
        drawn = chance.random()
        outcome = next((name for most, name in _OUTCOMES if drawn < most), None)
        return self._asked(self._answered(at, question), at, question.text, outcome=outcome, **common)

    def _answered(self, at: datetime, question: Question) -> DeflectionOut:
        source = SourceOut(
            article_id=question.article_id or "",
            title=question.title,
            url=None,
            heading=question.heading,
            quote=question.quote,
            highlight=question.quote,
        )
        shown = self._shown(at, "answer", "An article answers this.")
        others = self.chance.sample([*self.sample.titles], 2)
        ids = dict.fromkeys([source.article_id, *others])
        shown.answer = AnswerOut(text=question.quote, sources=[source])
        shown.confidence = round(self.chance.uniform(0.6, 0.97), 2)
        shown.articles = [_suggested(each, self.sample.titles[each], place) for place, each in enumerate(ids)]
        return shown

    def _handed_off(self, at: datetime) -> DeflectionOut:
        shown = self._shown(at, "hand_off", _PERSON)
        shown.articles = [_suggested(each, self.sample.titles[each], 3) for each in self._some()]
        return shown

    def _some(self) -> list[str]:
        return self.chance.sample([*self.sample.titles], 2)

    @staticmethod
    def _shown(at: datetime, decision: Any, reason: str) -> DeflectionOut:  # noqa: ANN401 (one of the words)
        return DeflectionOut(
            id=new_id("dfl", at),
            decision=decision,
            confidence=None,
            answer=None,
            articles=[],
            clarification=None,
            reason=reason,
            next_human_at=None,
        )

    @staticmethod
    def _asked(shown: DeflectionOut, at: datetime, question: str, **known: Any) -> Asked:  # noqa: ANN401
        outcome = known.get("outcome")
        said = shown.answer.text if shown.answer else shown.reason
        turns = [Message(at, "customer", question), Message(at, "firstline", said)]
        if outcome is not None and (answer := _SAID[outcome]) is not None:
            turns.append(Message(at + _BEFORE / 2, "customer", answer))
        session = Deflection(
            id=str(shown.id),
            created_at=at,
            question=question,
            decision=shown.decision,
            confidence=shown.confidence,
            reason=shown.reason,
            response=msgspec.to_builtins(shown),
            model=_SAMPLE,
            articles_version=_SAMPLE,
            outcome_at=None if outcome is None else at + _BEFORE / 2,
            **{"eligible": True, "ended": outcome if outcome in ("confirmed", "abandoned") else None, **known},
        )
        return Asked(session, turns)


def _suggested(article_id: str, title: str, place: int) -> SuggestedOut:
    return SuggestedOut(id=article_id, title=title, url=None, score=round(0.8 - 0.12 * place, 2), excerpt="")
