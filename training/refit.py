"""The refit: from a file of closed tickets to a bundle on disk."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from training import zero_ticket_bundle as day_one
from training.answers.answers import Known
from training.bundles import comparison, export
from training.bundles import folder as bundle_folder
from training.bundles import seen_tickets as encoder_seen
from training.classifiers import learning_curve
from training.classifiers import zero_shot as cold_start
from training.classifiers.features import Features, Names, features_of
from training.classifiers.fit import FittedHead, Lesson, fit
from training.config import RefitConfig
from training.data import closed_tickets, labels, splits
from training.data import taxonomy_relabelling as relabelled
from training.data_quality import checks as care
from training.errors import NothingToLearn, TooManyBadRows
from training.evaluation import slices
from training.evaluation import urgency_cutoff as urgency
from training.evaluation.certificates import Target
from triage.instants import to_text
from triage.model import lexical as lexicons
from triage.model.urgency import HEAD
from triage.taxonomy import labels as taxonomy
from triage.tickets.tombstones import Erased

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from retrieval.encoder.encoder import Encoder, Reading
    from training.classifiers.vector_cache import VectorCache
    from training.data.closed_tickets import Export
    from training.data.label_overlay import Overlay
    from training.data.labels import HeadLabels
    from training.data.splits import Split
    from training.home import Answers
    from training.progress import Bars
    from triage.model.bundle import Bundle
    from triage.taxonomy.changes import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The inputs of a refit."""

    tickets: Path | None
    """None: there are no closed tickets yet, only a taxonomy."""
    out: Path
    at: datetime
    config: RefitConfig
    columns: Mapping[str, str]
    until: datetime | None = None
    changes: Changes | None = None
    """What became of the labels; None: what the current bundle knows of it."""
    erased: Erased = field(default_factory=Erased)
    """What customers had erased."""
    overlay: Overlay | None = None
    """Accepted corrections of labels."""
    taxonomy: taxonomy.Taxonomy | None = None
    """The desk's own labels: those that no or too few tickets carry are described by their words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Shared tools of a refit: encoder, vector cache, current bundle, progress output."""

    encoder: Encoder
    vectors: VectorCache
    bars: Bars
    current: Bundle | None = None
    encode: comparison.Encode | None = None
    answers: Answers | None = None
    seen: np.ndarray = field(default_factory=encoder_seen.none)
    """Keys of the tickets that the encoder has learnt from."""


@dataclass(frozen=True, slots=True)
class Done:
    """A bundle that was written: its id, and its manifest's facts."""

    version: str
    facts: Mapping[str, Any]


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
    changes = relabelled.changes_for(plan.changes, tools.current)
    found, counts = relabelled.of_export(read(plan, tools.bars), changes)
    chosen = labels.choose(found.tickets, plan.config.data.minimum_support)
    heads = [head for head in chosen if head.problem is None]
    described = cold_start.wanted(chosen, found.tickets, plan.taxonomy)
    chosen = cold_start.instead(chosen, described)
    if not heads and not described:
        problems = [head.problem for head in chosen if head.problem] or ["No row has a category, priority or area."]
        raise NothingToLearn(found.path, problems)
    if not found.tickets:
        facts = _facts(plan, found, chosen, day_one.no_split(), tools)
        facts |= relabelled.told(facts, changes, counts, tools.current)
        return _written(day_one.learnt(described, tools.encoder, plan.config, facts), found, plan)
    texts = [ticket.text for ticket in found.tickets]
    with tools.bars.bar("Encoding tickets", len(texts)) as progress:
        reading = tools.vectors.read(texts, progress)
    vectors = reading.vectors
    names = Names.of([label for head in heads for label in head.learnt], tools.encoder.read)
    split = encoder_seen.without(divided(found, heads, vectors, plan.config), texts, tools.seen)
    lexicon, trial, served = _features((texts, reading, names), split, plan.config, tools.bars)
    served = served if heads else cold_start.centred(served, split)
    fitted = _fit_all(found, heads, split, (trial, served), plan, tools.bars)
    fitted += [
        cold_start.describe(head, _lesson(head.labels, found, split), served, tools.encoder.read) for head in described
    ]
    facts = _facts(plan, found, chosen, split, tools) | _comparison(fitted, found, changes, tools)
    facts |= relabelled.told(facts, changes, counts, tools.current)
    with tools.bars.bar("Looking for leaks and habits", len(heads)) as progress:
        facts |= {"care": care.notice(found.tickets, vectors, heads, progress)}
    lessons = tools.answers(found.tickets, Known(vectors, lexicon), plan.config.answers) if tools.answers else None
    facts |= {"answers": lessons.to_manifest() if lessons else None}
    facts |= {"learning_curves": learning_curve.by_head(found.tickets, vectors, [head.head for head in heads], split)}
    learnt = export.Learnt(
        lexicon=lexicon,
        heads=fitted,
        features=served,
        tickets=found.tickets,
        texts=texts,
        taught=_taught(split, fitted),
        seen=tools.seen,
        encoder=tools.encoder,
        config=plan.config,
        facts=facts,
        trust=lessons.trust if lessons else {},
        readings=lessons.readings if lessons else {},
    )
    return _written(learnt, found, plan)


def _taught(split: Split, heads: Sequence[FittedHead]) -> np.ndarray:
    """Return the tickets that any of the heads has learnt from."""
    everything = any(head.taught_by_all for head in heads)
    return np.sort(np.concatenate((split.teach, split.hold_out))) if everything else split.teach


def _written(learnt: export.Learnt, found: Export, plan: Plan) -> Done:
    written = export.write(learnt, closed_tickets.quarantine_lines(found.quarantined), plan.out)
    return Done(written, json.loads((plan.out / "manifest.json").read_bytes()))


def read(plan: Plan, bars: Bars) -> Export:
    """Read the tickets that a plan is about. Raises `TooManyBadRows`."""
    if plan.tickets is None:
        return day_one.no_tickets(plan.out)
    bars.say(f"Reading {plan.tickets}")
    found = closed_tickets.read(plan.tickets, mapping=plan.columns)
    try:
        closed_tickets.refuse_when_bad(found, plan.config.data.max_bad_share)
    except TooManyBadRows:
        plan.out.mkdir(parents=True, exist_ok=True)
        (plan.out / bundle_folder.QUARANTINE).write_bytes(closed_tickets.quarantine_lines(found.quarantined))
        raise
    found = plan.overlay.applied(found) if plan.overlay else found
    found = found.without(plan.erased).between(None, plan.until).without_spam().newest(plan.config.data.most_tickets)
    bars.say(f"{len(found.tickets)} tickets, {len(found.quarantined)} rows in quarantine")
    return found


def divided(found: Export, heads: Sequence[HeadLabels], vectors: np.ndarray, config: RefitConfig) -> Split:
    """Divide the tickets into those that fit, calibrate and measure."""
    texts = [ticket.text for ticket in found.tickets]
    most = max(heads, key=lambda head: len(head.learnt)).head if heads else None
    own = [ticket.labels.get(most) if most else None for ticket in found.tickets]
    return splits.by_time(splits.Ordered(texts, vectors, own, found.dated), config.slices)


def _features(
    known: tuple[Sequence[str], Reading, Names], split: Split, config: RefitConfig, bars: Bars
) -> tuple[lexicons.Lexicon, Features, Features]:
    """Return the lexicon that serves (the held-out slice has no part in it), and features by the trial's and by it."""
    texts = known[0]
    limits = {"min_tickets": config.lexical.min_tickets, "most": config.lexical.most_features}
    older, taught = [texts[row] for row in split.fit], [texts[row] for row in split.teach]
    total = len(older) + len(taught)
    with bars.bar("Counting n-grams", total) as progress:
        small = lexicons.learn(older, **limits, progress=lambda done: progress(done, total))
        large = lexicons.learn(taught, **limits, progress=lambda done: progress(len(older) + done, total))
    with bars.bar("Weighing n-grams", 2 * len(texts)) as progress:
        trial = features_of(small, known, split.fit, lambda done, n: progress(done, 2 * n))
        served = features_of(large, known, split.teach, lambda done, n: progress(n + done, 2 * n))
    return large, trial, served


def _fit_all(
    found: Export,
    heads: Sequence[HeadLabels],
    split: Split,
    features: tuple[Features, Features],
    plan: Plan,
    bars: Bars,
) -> list[FittedHead]:
    wanted = plan.config.certificate
    target = Target(wanted.alpha, wanted.delta / max(1, len(heads)))
    fitted = []
    # One thread a product: several wait for each other longer than they work, ten times over on small matrices.
    with bars.bar("Fitting heads", len(heads)) as progress, threadpool_limits(1, user_api="blas"):
        for done, head in enumerate(heads, start=1):
            fitted.append(fit(_lesson(head, found, split), *features, plan.config, target))
            progress(done, len(heads))
    return fitted


def _lesson(head: HeadLabels, found: Export, split: Split) -> Lesson:
    own = np.array([ticket.labels.get(head.head) for ticket in found.tickets], dtype=object)
    facts = [slices.facts_of(ticket) for ticket in found.tickets]
    asked = np.concatenate((split.calibrate, split.hold_out)).tolist() if head.head == HEAD else []
    return Lesson(head, own, facts, split, urgency.alarms({row: found.tickets[row].text for row in asked}))


def _facts(plan: Plan, found: Export, chosen: Sequence[HeadLabels], split: Split, tools: Tools) -> dict[str, Any]:
    learnt = {head.head: head.learnt for head in chosen if head.problem is None}
    speaks = taxonomy.seen(learnt, plan.taxonomy or taxonomy.default())
    encoder = tools.encoder
    return {
        "created_at": to_text(plan.at),
        "parent": tools.current.id if tools.current else None,
        "code_version": version("firstline"),
        "encoder": {"name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim},
        "taxonomy": {"version": speaks.version, "labels": speaks.to_record()},
        "data": _data(plan, found, chosen, split),
    }


def _data(plan: Plan, found: Export, chosen: Sequence[HeadLabels], split: Split) -> dict[str, Any]:
    times = [ticket.created_at for ticket in found.tickets if ticket.created_at]
    return {
        "file": found.path.name if plan.tickets else None,
        "sha256": found.sha256,
        "tickets": len(found.tickets),
        "window": {"from": to_text(min(times)), "to": to_text(max(times))} if times else None,
        "quarantined": len(found.quarantined),
        "left_out": dict(found.left_out),
        "erased": found.left_out.get(closed_tickets.ERASED, 0),
        "overlay": found.overlay,
        "ignored_columns": dict(found.ignored_columns),
        "split": {
            "how": split.how,
            "fit": len(split.fit),
            "calibrate": len(split.calibrate),
            "hold_out": len(split.hold_out),
            "repeats": len(split.repeats),
        },
        "unlearnt": [head.problem for head in chosen if head.problem],
    }


def _comparison(fitted: Sequence[FittedHead], found: Export, changes: Changes, tools: Tools) -> dict[str, Any]:
    """Put the current bundle beside the new one, where there is one."""
    if tools.current is None or tools.encode is None:
        return {"comparison": None}
    rows = export.remembered(fitted, found.tickets, [ticket.text for ticket in found.tickets])
    paired = comparison.compare(rows, tools.current, tools.encode, changes.now)
    heads = {head: each.to_record() for head, each in paired.items()}
    return {"comparison": {"with": tools.current.id, "heads": heads}}
