"""The refit: from a file of closed tickets to a bundle on disk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from msgspec import structs

from training import refit_stages as stages
from training import zero_ticket_bundle as day_one
from training.audit import teaching
from training.audit.certifying import Audit
from training.bundles import export
from training.bundles import folder as bundle_folder
from training.bundles import seen_tickets as encoder_seen
from training.bundles.cascade_parts import CascadeParts
from training.bundles.second_choice import Chosen, SecondChoice
from training.bundles.ticket_data import ticket_data
from training.classifiers import zero_shot as cold_start
from training.classifiers.refit_records import Corpus
from training.classifiers.unlearnable import uniform
from training.critical import stages as emergencies
from training.data import closed_tickets, label_sources, labels
from training.data import taxonomy_relabelling as relabelled
from training.data.column_mapping import ColumnMapping
from training.data.newest import Newest
from training.errors import NothingToLearn, TooManyBadRows
from training.multi.lessons import choose_labels, not_described
from training.multi.stages import fit_multi_heads
from training.runs import predictions
from triage.instants import to_text
from triage.model.manifest import EncoderRecord, LineageRecord, Manifest, TaxonomyRecord
from triage.taxonomy import labels as taxonomy
from triage.tickets.tombstones import Erased

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import numpy as np

    from retrieval.encoder.encoder import Encoder
    from training.audit.answers import Answers
    from training.bundles.comparison import Encode
    from training.classifiers.vector_cache import VectorCache
    from training.config import RefitConfig
    from training.critical.fit import FittedCritical
    from training.data.closed_tickets import Export
    from training.data.label_overlay import Overlay
    from training.data.splits import Split
    from training.home import Answers as LearnAnswers
    from training.progress import Bars
    from triage.model.bundle import Bundle
    from triage.taxonomy.changes import Changes
    from triage.tickets.closed_ticket import ClosedTicket


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The inputs of a refit."""

    tickets: Path | None
    """None: there are no closed tickets yet, only a taxonomy."""
    out: Path
    at: datetime
    config: RefitConfig
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    until: datetime | None = None
    changes: Changes | None = None
    """What became of the labels; None: what the current bundle knows of it."""
    erased: Erased = field(default_factory=Erased)
    """What customers had erased."""
    overlay: Overlay | None = None
    """Accepted corrections of labels."""
    answers: Answers | None = None
    """Answers of an audit: they certify the new heads on the tickets that these are measured on."""
    taxonomy: taxonomy.Taxonomy | None = None
    """The desk's own labels: those that no or too few tickets carry are described by their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Shared tools of a refit: encoder, vector cache, current bundle, progress output."""

    encoder: Encoder
    vectors: VectorCache
    bars: Bars
    current: Bundle | None = None
    encode: Encode | None = None
    answers: LearnAnswers | None = None
    second: SecondChoice | None = None
    seen: np.ndarray = field(default_factory=encoder_seen.none)
    """Keys of the tickets that the encoder has learnt from."""


@dataclass(frozen=True, slots=True)
class Done:
    """A bundle that was written."""

    manifest: Manifest
    predicted: tuple[predictions.Predicted, ...]

    @property
    def version(self) -> str:
        """Its id."""
        return self.manifest.id


def refit(plan: Plan, tools: Tools) -> Done:
    """Read, split, fit, measure, write.

    Parameters
    ----------
    plan
        From what, with which configuration, where to.
    tools
        Encoder, cached vectors, progress, and the bundle to compare with.

    Returns
    -------
    Done
        The bundle in `plan.out`.

    Raises
    ------
    TooManyBadRows
        The quarantine file in `plan.out` says which.
    NothingToLearn
        No label has enough tickets.
    """
    bundle_folder.refuse_occupied(plan.out)
    config, bars = plan.config, tools.bars
    corpus = gather(plan, tools)
    chosen = tools.second.of(tools.encoder, corpus.tickets) if tools.second else Chosen()
    critical = emergencies.learn_critical(corpus, tools.encoder, config, bars)
    if not corpus.tickets:
        return _on_day_one(plan, tools, corpus, chosen, critical)
    encoded = stages.encode(corpus, tools.encoder, tools.vectors, bars, chosen)
    second = stages.second_of(chosen, tools.vectors, bars, encoded.texts)
    split = stages.divide(corpus, encoded, config, tools.seen)
    corpus = _taught_by_audit(plan, corpus.without(uniform(corpus.heads, corpus.tickets, split)), split)
    weighed = stages.weigh(corpus, encoded, split, config, bars)
    corpus, tried = stages.try_heads(corpus, split, weighed, config, bars)
    foreign = stages.fit_gate(corpus, encoded, split, weighed, tried)
    fitted, gate, first, unlike = stages.certify_heads(corpus, tried, weighed, foreign, config, bars)
    multi = fit_multi_heads(corpus, split, weighed, unlike, config, bars)
    fitted += stages.describe_heads(corpus, split, weighed, chosen.reader(tools.encoder))
    screen = emergencies.learn_screen(encoded, split, critical, tools.encoder, bars) if config.cascade.enabled else None
    lessons = stages.learn_answers(corpus, encoded, weighed, second, config, tools.answers)
    manifest = structs.replace(
        _manifest(plan, tools, corpus, split, chosen),
        comparison=stages.compare(corpus, fitted, tools.current, tools.encode),
        care=stages.notice(corpus, encoded, bars),
        answers=lessons.dated(plan.at, config.certificate.days) if lessons else None,
        learning_curves=stages.learning_curves(corpus, encoded, split),
    )
    learnt = export.Learnt(
        lexicon=weighed.lexicon,
        heads=fitted,
        multi=multi,
        features=weighed.served,
        tickets=corpus.tickets,
        texts=encoded.texts,
        taught=stages.taught(split, fitted),
        seen=tools.seen,
        encoder=tools.encoder,
        config=config,
        manifest=manifest,
        second=second,
        gate=gate,
        trust=lessons.trust if lessons else {},
        readings=lessons.readings if lessons else {},
        quoted=lessons.decided.quoted if lessons and lessons.decided else (),
        ranker_files=lessons.files if lessons else {},
        critical=critical,
        cascade=CascadeParts(first, screen),
        audit=_audit(plan),
    )
    return _written(learnt, corpus, plan)


def _on_day_one(plan: Plan, tools: Tools, corpus: Corpus, chosen: Chosen, critical: FittedCritical | None) -> Done:
    """Write the bundle of a desk that has labels with descriptions, and no closed tickets yet."""
    nothing = _manifest(plan, tools, corpus, day_one.no_split(), chosen)
    again = partial(stages.second_of, chosen, tools.vectors, tools.bars)
    learnt = day_one.learnt(corpus.described, tools.encoder, plan.config, nothing, again)
    return _written(replace(learnt, critical=critical), corpus, plan)


def gather(plan: Plan, tools: Tools) -> Corpus:
    """Read the tickets, put their labels in today's words, and choose the heads. Raises `NothingToLearn`."""
    changes = relabelled.changes_for(plan.changes, tools.current)
    found, counts = relabelled.of_export(read(plan, tools.bars), changes)
    chosen = labels.choose(found.tickets, plan.config.data.minimum_support, plan.mapping.heads)
    heads = [head for head in chosen if head.problem is None]
    described = cold_start.wanted(chosen, found.tickets, plan.taxonomy)
    chosen = cold_start.instead(chosen, described)
    if not heads and not described:
        problems = [head.problem for head in chosen if head.problem]
        problems += label_sources.sentences(label_sources.counted(found.tickets))
        problems = problems or [f"No row has a {', '.join(plan.mapping.labels[:-1])} or {plan.mapping.labels[-1]}."]
        raise NothingToLearn(found.path, problems)
    multi = choose_labels(found.tickets, plan.mapping.multi, plan.config.data.minimum_support)
    multi += not_described(plan.taxonomy, [head.head for head in multi])
    return Corpus(found, changes, counts, chosen, heads, described, multi)


def read(plan: Plan, bars: Bars) -> Export:
    """Read the tickets that a plan is about. Raises `TooManyBadRows`."""
    if plan.tickets is None:
        return day_one.no_tickets(plan.out)
    bars.say(f"Reading {plan.tickets}")
    most = plan.config.data.most_tickets
    # Corrections of labels are counted over all tickets; without any, those that are too old need not be held.
    kept = Newest(None if plan.overlay else most, lambda ticket: _is_used(ticket, plan))
    found = closed_tickets.read(plan.tickets, plan.mapping, kept=kept)
    try:
        closed_tickets.refuse_when_bad(found, plan.config.data.max_bad_share)
    except TooManyBadRows:
        plan.out.mkdir(parents=True, exist_ok=True)
        (plan.out / bundle_folder.QUARANTINE).write_bytes(closed_tickets.quarantine_lines(found.quarantined))
        raise
    found = plan.overlay.applied(found) if plan.overlay else found
    found = found.without(plan.erased).between(None, plan.until).without_spam().newest(most)
    bars.say(f"{len(found.tickets)} tickets, {len(found.quarantined)} rows in quarantine")
    for sentence in (*found.unread_sentences, *label_sources.sentences(label_sources.counted(found.tickets))):
        bars.say(sentence)
    return found


def _is_used(ticket: ClosedTicket, plan: Plan) -> bool:
    """Tell whether a ticket is among those of which the newest are used."""
    if ticket.spam or (plan.until and (ticket.created_at is None or ticket.created_at >= plan.until)):
        return False
    return not plan.erased or not plan.erased.has(ticket.id, ticket.text)


def _taught_by_audit(plan: Plan, corpus: Corpus, split: Split) -> Corpus:
    """Let the answers of an audit teach; the held-out tickets measure by the labels that they were closed with."""
    if plan.answers is None:
        return corpus
    tickets = teaching.taught(corpus.tickets, split.older.tolist(), plan.answers, corpus.changes)
    return replace(corpus, export=replace(corpus.export, tickets=tuple(tickets)))


def _audit(plan: Plan) -> Audit | None:
    """Return what issues the certificates that the plan's answers earn; None without answers."""
    if plan.answers is None:
        return None
    return Audit(plan.answers, plan.at, plan.config.certificate.days, plan.erased)


def _written(learnt: export.Learnt, corpus: Corpus, plan: Plan) -> Done:
    manifest = export.write(learnt, closed_tickets.quarantine_lines(corpus.export.quarantined), plan.out)
    return Done(manifest, predictions.of_heads(learnt.heads, learnt.tickets, learnt.texts))


def _manifest(plan: Plan, tools: Tools, corpus: Corpus, split: Split, chosen: Chosen) -> Manifest:
    """Return the manifest as far as it is known before anything is fitted."""
    learnt = {head.head: head.learnt for head in (*corpus.chosen, *corpus.multi) if head.problem is None}
    speaks = taxonomy.seen(learnt, replace(plan.taxonomy or taxonomy.default(), declared=plan.mapping.heads))
    today = corpus.changes.apply(speaks, strict=False)
    lineage = relabelled.lineage_after(tools.current, corpus.changes, today.version)
    encoder = tools.encoder
    return Manifest(
        created_at=to_text(plan.at),
        parent=tools.current.id if tools.current else None,
        code_version=version("firstline"),
        encoder=EncoderRecord(name=encoder.name, fingerprint=encoder.fingerprint, dim=encoder.dim),
        second_encoder=chosen.record,
        languages=chosen.sentence,
        taxonomy=TaxonomyRecord.of(today),
        data=ticket_data(corpus, split, plan.tickets),
        lineage=LineageRecord.of(lineage),
        heads={},
    )
