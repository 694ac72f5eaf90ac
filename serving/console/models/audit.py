"""The queue of tags that people check: one question a screen, without saying which label the model gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from serving.certificates.answering import AuditAnswering
from serving.errors import NotFound
from serving.inference.labels import KnownLabels
from serving.inference.tags import Tag
from serving.inference.watching import store
from serving.inference.watching.store import AuditedTag
from serving.keys.api_keys import Caller
from serving.policy.policies import Policies
from serving.storage.database import Database
from serving.tagging import store as taggings
from serving.tagging.correcting import TagCorrecting
from serving.tickets import changes
from serving.tickets.changes import ChangeRequest
from serving.tickets.desk import ANY, Desk
from serving.tickets.schemas import TicketPatch
from triage.tickets.fact_values import Said

KEYS = 9  # labels with a key of their own


@dataclass(frozen=True, slots=True)
class Choice:
    """A label to choose, and what it means."""

    label: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One audited tag with its ticket; `gone`: its text was erased."""

    tag: AuditedTag
    subject: str = ""
    description: str = ""
    facts: Mapping[str, str | None]
    choices: Sequence[Choice]
    others: Sequence[Choice]
    gone: bool = False
    several: bool = False
    """Whether any number of labels may be right: a multi head."""


@dataclass(frozen=True, slots=True)
class AuditQueue:
    """Reads questions and records answers, by the use cases of the API."""

    database: Database
    policies: Policies
    vocabulary: KnownLabels
    desk: Desk
    correcting: TagCorrecting
    answering: AuditAnswering

    def following(self, after: str | None) -> Question | None:
        """Return the oldest question without an answer, after the one that was skipped."""
        found = self.database.read(lambda connection: store.page(connection, "open", after, 1))
        return self.question(found[0][0]) if found else None

    def tag(self, id_: str) -> AuditedTag:
        """Return an audited tag. Raises `NotFound`."""
        found = self.database.read(lambda connection: store.find(connection, id_))
        if found is None:
            raise NotFound("audited tag", id_)
        return found

    def tally(self) -> dict[str, int]:
        """Return how many have which answer."""
        return self.database.read(store.tally)

    def answer(self, id_: str, label: Said, caller: Caller, at: datetime) -> None:
        """Record what a person says is right; None: no label is. Of a multi head it is a list.

        Raises `NotFound`, `LabelRefused`, `InvalidRequest`.
        """
        tag, actor = self.tag(id_), caller.name or caller.key_id
        said = list(label) if isinstance(label, tuple) else label
        if tag.ticket_id is not None:
            act = ChangeRequest(caller, at, ANY)
            patch = TicketPatch(tags={tag.head: said})
            act.apply(self.desk, tag.ticket_id, changes.patched(patch, act, self.policies, self.vocabulary))
        elif tag.tagging_id is not None and said is None:
            self.answering.no_label(tag.tagging_id, tag.head, actor, caller, at)
        elif tag.tagging_id is not None and said is not None:
            given: dict[str, str | list[str]] = {tag.head: said, "actor": actor}
            self.correcting.correct(tag.tagging_id, given, at=at, key_id=caller.key_id, write=self.database.write)

    def question(self, tag: AuditedTag) -> Question:
        """Return the question about an audited tag, also about one that was answered."""
        try:
            subject, description, facts, tags = self._ticket(tag)
        except NotFound:
            return Question(tag=tag, facts={}, choices=(), others=(), gone=True)
        choices, others = self._choices(tag, tags)
        gone = not subject.strip() and not description.strip()
        return Question(
            tag=tag,
            subject=subject,
            description=description,
            facts=facts,
            choices=choices,
            others=others,
            gone=gone,
            several=tag.head in self.vocabulary.multi(),
        )

    def _ticket(self, tag: AuditedTag) -> tuple[str, str, dict[str, str | None], Mapping[str, Tag]]:
        if tag.ticket_id is not None:
            ticket = self.desk.read(tag.ticket_id)
            facts = {"Channel": ticket.channel, "Language": ticket.language, "Plan": ticket.plan}
            return ticket.subject, ticket.description, facts, ticket.tags
        found = self.database.read(lambda connection: taggings.find(connection, tag.tagging_id or ""))
        facts = {
            "Your ticket": found.external_id,
            "Channel": found.channel,
            "Language": found.language,
            "Plan": found.plan,
        }
        return found.subject, found.description, facts, found.tags

    def _choices(self, tag: AuditedTag, tags: Mapping[str, Tag]) -> tuple[list[Choice], list[Choice]]:
        """Return the labels with keys and the others, alphabetically, so that nothing says which one the model gave."""
        known = list(self.vocabulary.labels(tag.head))
        likely = [tag.label]
        if (own := tags.get(tag.head)) is not None:
            likely += [each.label for each in own.labels or ()] + [each.label for each in own.alternatives]
        first = known if len(known) <= KEYS else sorted({each for each in likely if each in known})[:KEYS]
        taxonomy = self.policies.taxonomy
        shown = [Choice(each, taxonomy.description(tag.head, each)) for each in first]
        return shown, [Choice(each, taxonomy.description(tag.head, each)) for each in known if each not in first]
