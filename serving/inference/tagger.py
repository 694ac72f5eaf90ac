"""From a ticket's text to its tags: one encoding, all heads, the language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from prometheus_client import Counter

from retrieval.encoder.encoder import Reading
from serving.inference.candidates import Candidates
from serving.inference.emergencies import TicketWords, in_tickets
from serving.inference.encoded import Encoded, needed
from serving.inference.languages import Languages
from serving.inference.live_models import LiveModels
from serving.inference.loaded_model import LoadedModel, defaults
from serving.inference.watching.watch import CertificateWatch
from serving.telemetry import Telemetry
from triage.model.assessment import Assessment, Guess, assess, ranked
from triage.model.bundle import Bundle
from triage.model.cascade.first_stage import Decided
from triage.model.cascade.joint import judged
from triage.model.critical import CriticalHead
from triage.model.urgency import HEAD, URGENT, Alarm, UrgencyPhrases, alarm, by_emergency, raised
from triage.text.cleaning import TicketReading, read_ticket


@dataclass(frozen=True, slots=True)
class TicketText:
    """A ticket's text as first written; language, plan and channel are None if unknown.

    `known` is what is known of the requester (e-mail address, account): no model reads it. `external_id` is the
    ticket's id elsewhere, by which a repeat of it is known.
    """

    subject: str
    description: str
    language: str | None = None
    plan: str | None = None
    channel: str | None = None
    known: tuple[str | None, ...] = ()
    headers: Mapping[str, str] | None = None  # of its mail, if it came as one and they are known
    external_id: str | None = None

    @property
    def identity(self) -> str:
        """What a repeat of the ticket has, too: its id elsewhere, else its text."""
        if self.external_id:
            return f"id {self.external_id}"
        return f"text {self.subject.strip()}\n{self.description.strip()}"


@dataclass(frozen=True, slots=True)
class ReadText:
    """A ticket's text, read and its language known: what every model starts from."""

    reading: TicketReading
    language: str
    plan: str | None
    channel: str | None
    identity: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """The model's tags of one ticket; `encoded` is what its encoder read, None where the words were enough."""

    assessments: dict[str, Assessment]
    ticket: ReadText
    encoded: Reading | None
    by: LoadedModel

    def read(self) -> Reading:
        """Return what the encoder reads in the text, of shapes (1, dim) and (1, n_pools, dim)."""
        return self.encoded or self.by.reader.read([self.text])

    @property
    def language(self) -> str:
        """The ticket's language, as given or detected."""
        return self.ticket.language

    @property
    def text(self) -> str:
        """The ticket's text as models see it."""
        return self.ticket.reading.text

    @property
    def model(self) -> str:
        """Id of the bundle that tagged."""
        return self.by.version

    @property
    def taxonomy(self) -> str:
        """Version of the labels that it chose from."""
        return self.by.taxonomy


class Tagger:
    """Tags tickets with the live model, and a canary's share of them with the canary.

    Without a `watch` no label is put to a person, and no certificate ends.
    """

    def __init__(
        self,
        models: LiveModels,
        languages: Languages,
        telemetry: Telemetry,
        urgency: UrgencyPhrases,
        candidates: Candidates | None = None,
        watch: CertificateWatch | None = None,
    ) -> None:
        self._models, self._watch = models, watch
        self._urgency = urgency
        self._languages = languages
        self._candidates = candidates
        tags = Counter("firstline_tags", "Tags given", ["head", "mode"], registry=telemetry.registry)
        self._tags = cache(tags.labels)  # few labels, counted with every ticket
        self._raised = Counter("firstline_raised", "Priorities raised", ["by"], registry=telemetry.registry)

    def tag(self, filed: TicketText, *, own: bool = False) -> Tagged:
        """Tag one ticket; see `tag_all`. A desk's `own` ticket is never tagged by the sample, not even the first."""
        model = self._models.take()
        critical = _critical(model)  # learnt from packaged texts, so it knows what the desk of the sample does not
        if own and model.origin == "sample":
            model = defaults(model.encoder, at=model.loaded_at)
        return self._tag_all([filed], model, critical)[0]

    def tag_all(self, filed: Sequence[TicketText], *, speaks: str | None = None) -> list[Tagged]:
        """Tag tickets, in order: with one and the same model, but for those that a canary serves.

        A canary gets no ticket of a client that `speaks` a taxonomy of which it has no memory. Without a bundle only
        the urgency phrases raise a priority. Raises `ModelNotReady` while no model is live.
        """
        model = self._models.take()
        return self._tag_all(filed, model, _critical(model), speaks)

    def _tag_all(
        self, filed: Sequence[TicketText], model: LoadedModel, critical: CriticalHead | None, speaks: str | None = None
    ) -> list[Tagged]:
        read = [self._read(each) for each in filed]
        tagged, fault = self._by_canary(read, [self._canary(each, model, speaks) for each in read])
        others = [place for place in range(len(read)) if place not in tagged]
        begun = self._candidates.now() if self._candidates else 0.0
        by_model = self.tagged_by(model, [read[place] for place in others], critical=critical)
        if self._candidates is not None and others:
            self._candidates.took((self._candidates.now() - begun) / len(others), canary=False)
        if self._candidates is not None and fault is not None:  # and the current model did not fail
            self._candidates.failed(fault)
        if self._watch is not None:
            self._watch.apply(model.bundle, [each.assessments for each in by_model])
        tagged |= zip(others, by_model, strict=True)
        done = [tagged[place] for place in range(len(read))]
        for head, each in (tag for one in done for tag in one.assessments.items()):
            self._tags(head, each.mode).inc()
            if each.raised_by:
                self._raised.labels(each.raised_by).inc()
        return done

    def _read(self, filed: TicketText) -> ReadText:
        reading = read_ticket(filed.subject, filed.description, filed.known, filed.headers)
        language = filed.language or self._languages.detect(reading.prose)
        return ReadText(reading, language, filed.plan, filed.channel, filed.identity)

    def _canary(self, ticket: ReadText, live: LoadedModel, speaks: str | None) -> LoadedModel | None:
        canary = self._candidates.canary_for(ticket.identity, live) if self._candidates else None
        return canary if canary is not None and (speaks is None or speaks in canary.lineage.known_versions()) else None

    def _by_canary(
        self, read: Sequence[ReadText], canary: Sequence[LoadedModel | None]
    ) -> tuple[dict[int, Tagged], Exception | None]:
        """Tag the tickets that the canary serves, by their places; when it fails on one, it has tagged none."""
        places = [place for place, each in enumerate(canary) if each is not None]
        if self._candidates is None or not places or (model := canary[places[0]]) is None:
            return {}, None
        begun = self._candidates.now()
        try:
            tagged = self.tagged_by(model, [read[place] for place in places], critical=_critical(model))
        except Exception as error:  # noqa: BLE001 (a canary that fails disturbs no ticket)
            return {}, error
        self._candidates.took((self._candidates.now() - begun) / len(places), canary=True)
        return dict(zip(places, tagged, strict=True)), None

    def tagged_by(
        self,
        model: LoadedModel,
        tickets: Sequence[ReadText],
        *,
        critical: CriticalHead | None,
        read: Reading | None = None,
    ) -> list[Tagged]:
        """Tag tickets with a model, which counts nothing; `read` is what its encoder has made of the texts already."""
        if not tickets:
            return []
        readings = [each.reading for each in tickets]
        texts = [each.text for each in readings]
        facts = [{"language": each.language, "plan": each.plan, "channel": each.channel} for each in tickets]
        alarms = [None if each.automatic else self._urgency.find_in(each.searched) for each in readings]
        unsaid = [place for place, each in enumerate(readings) if alarms[place] is None and not each.automatic]
        first, screen = (model.bundle.first_stage, model.bundle.screen) if model.bundle else (None, None)
        decided = first.decide(texts) if first else None
        several = model.bundle is not None and model.bundle.multi  # which words alone do not decide
        places = needed(texts, None if several else decided, unsaid if critical else (), screen)
        encoded = Encoded.of(texts, places, model.reader, read)
        assessed, probabilities = self._assess(model, readings, encoded, facts, decided)
        if critical is not None and unsaid:
            words = [TicketWords(texts[place], encoded.vector(place), readings[place].searched) for place in unsaid]
            found = in_tickets(words, critical, model.encoder.encode, screen)
            for place, emergency in zip(unsaid, found, strict=True):
                alarms[place] = by_emergency(emergency)
        self._raise(model.bundle, readings, alarms, probabilities, assessed)
        return [
            Tagged(assessments, ticket, encoded.alone(place), model)
            for place, (assessments, ticket) in enumerate(zip(assessed, tickets, strict=True))
        ]

    def _assess(
        self,
        model: LoadedModel,
        read: Sequence[TicketReading],
        encoded: Encoded,
        facts: Sequence[Mapping[str, str | None]],
        decided: Decided | None,
    ) -> tuple[list[dict[str, Assessment]], np.ndarray | None]:
        """Return what the heads say of each ticket, and the probabilities of the priority head, if there is one."""
        assessed: list[dict[str, Assessment]] = [{} for _ in read]
        if (bundle := model.bundle) is None:
            return assessed, None
        texts, languages = [each.text for each in read], [known["language"] for known in facts]
        said = judged(bundle, texts, languages, decided, encoded.states)
        for head, probabilities in said.probabilities.items():
            classes, rule = bundle.heads[head].classes_, bundle.rules[head]
            for row, unlike, known, tags, each in zip(
                probabilities, said.foreign[head], facts, assessed, read, strict=True
            ):
                guesses = (
                    _calm(head, ranked(classes, row.tolist())) if each.automatic else ranked(classes, row.tolist())
                )
                tags[head] = assess(guesses, rule, facts=known, foreign=bool(unlike))
        for head, several in bundle.multi.items():
            strange = next(iter(said.foreign.values()))
            found = several.predict_proba(texts, encoded.states(range(len(texts))))
            for tags, row, foreign in zip(assessed, found, strange, strict=True):
                tags[head] = several.assess(row, foreign=bool(foreign))
        return assessed, said.probabilities.get(HEAD)

    def _raise(
        self,
        bundle: Bundle | None,
        read: Sequence[TicketReading],
        alarms: Sequence[Alarm | None],
        probabilities: np.ndarray | None,
        assessed: Sequence[dict[str, Assessment]],
    ) -> None:
        """Put the never-miss floor under every priority, also where no head gives one."""
        classes = bundle.heads[HEAD].classes_ if bundle and probabilities is not None else ()
        cut = bundle.urgent_cut if bundle else None
        rows = probabilities.tolist() if probabilities is not None else [()] * len(alarms)
        for said, each, row, tags in zip(alarms, read, rows, assessed, strict=True):
            if each.automatic:
                continue
            by_label = dict(zip(classes, row, strict=True))
            why = alarm(said, by_label, cut)
            if why is not None and why.by == "cut" and self._urgency.is_settled(each.searched):
                continue
            found = raised(tags.get(HEAD), why, by_label)
            if found is not None and found.raised_by and found is not tags.get(HEAD):
                tags[HEAD] = found


def _calm(head: str, guesses: list[Guess]) -> list[Guess]:
    """Return the guesses for a mail that a machine wrote, which is never an alarm."""
    return [each for each in guesses if head != HEAD or each.label not in URGENT] or guesses


def _critical(model: LoadedModel) -> CriticalHead | None:
    return model.bundle.critical if model.bundle else None
