"""The refit as a whole: from a file of closed tickets to a bundle on disk, with nothing but files in between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from training import closed_tickets, comparison, export, labels, splits
from training.certificates import Target
from training.config import RefitConfig
from training.errors import NothingToLearn, TooManyBadRows
from training.features import lexical
from training.fit import Features, FittedHead, Lesson, fit
from triage import lexical as lexicons
from triage import taxonomy
from triage.instants import to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from retrieval.encoder import Encoder
    from training.closed_tickets import Export
    from training.labels import HeadLabels
    from training.progress import Bars
    from training.splits import Split
    from training.vectors import VectorCache
    from training.workshop import Answers
    from triage.bundle import Bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a refit works with."""

    tickets: Path
    out: Path
    at: datetime
    config: RefitConfig
    columns: Mapping[str, str]
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a refit works with that is not its own: encoder, vectors at hand, the current bundle, the screen."""

    encoder: Encoder
    vectors: VectorCache
    bars: Bars
    current: Bundle | None = None
    encode: comparison.Encode | None = None
    answers: Answers | None = None


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
    export.refuse_occupied(plan.out)
    found = _read(plan, tools.bars)
    chosen = labels.choose(found.tickets, plan.config.data.minimum_support)
    heads = [head for head in chosen if head.problem is None]
    if not heads:
        problems = [head.problem for head in chosen if head.problem] or ["No row has a category, priority or area."]
        raise NothingToLearn(plan.tickets, problems)
    texts = [ticket.text for ticket in found.tickets]
    with tools.bars.bar("Encoding tickets", len(texts)) as progress:
        vectors = tools.vectors.encode(texts, progress)
    split = _split(found, heads, texts, vectors, plan.config)
    lexicon, trial, served = _features(texts, vectors, split, plan, tools.bars)
    fitted = _fit_all(found, heads, split, (trial, served), plan, tools.bars)
    facts = _facts(plan, found, chosen, split, tools) | _comparison(fitted, found, texts, tools)
    facts |= {"answers": tools.answers(found.tickets, vectors) if tools.answers else None}
    learnt = export.Learnt(
        lexicon=lexicon,
        heads=fitted,
        features=served,
        tickets=found.tickets,
        texts=texts,
        taught=split.teach,
        encoder=tools.encoder,
        config=plan.config,
        facts=facts,
    )
    written = export.write(learnt, closed_tickets.quarantine_lines(found.quarantined), plan.out)
    return Done(written, json.loads((plan.out / "manifest.json").read_bytes()))


def _read(plan: Plan, bars: Bars) -> Export:
    bars.say(f"Reading {plan.tickets}")
    found = closed_tickets.read(plan.tickets, mapping=plan.columns)
    try:
        closed_tickets.refuse_when_bad(found, plan.config.data.max_bad_share)
    except TooManyBadRows:
        plan.out.mkdir(parents=True, exist_ok=True)
        (plan.out / export.QUARANTINE).write_bytes(closed_tickets.quarantine_lines(found.quarantined))
        raise
    found = found.between(None, plan.until).without_spam().newest(plan.config.data.most_tickets)
    bars.say(f"{len(found.tickets)} tickets, {len(found.quarantined)} rows in quarantine")
    return found


def _split(
    found: Export, heads: Sequence[HeadLabels], texts: Sequence[str], vectors: np.ndarray, config: RefitConfig
) -> Split:
    most = max(heads, key=lambda head: len(head.learnt)).head
    own = [ticket.labels.get(most) for ticket in found.tickets]
    return splits.by_time(splits.Ordered(texts, vectors, own, found.dated), config.slices)


def _features(
    texts: Sequence[str], vectors: np.ndarray, split: Split, plan: Plan, bars: Bars
) -> tuple[lexicons.Lexicon, Features, Features]:
    """Return the lexicon that serves (the held-out slice has no part in it), and features by the trial's and by it."""
    limits = {"min_tickets": plan.config.lexical.min_tickets, "most": plan.config.lexical.most_features}
    older, taught = [texts[row] for row in split.fit], [texts[row] for row in split.teach]
    total = len(older) + len(taught)
    with bars.bar("Counting n-grams", total) as progress:
        small = lexicons.learn(older, **limits, progress=lambda done: progress(done, total))
        large = lexicons.learn(taught, **limits, progress=lambda done: progress(len(older) + done, total))
    with bars.bar("Weighing n-grams", 2 * len(texts)) as progress:
        trial = lexical(small, texts, lambda done, n: progress(done, 2 * n))
        served = lexical(large, texts, lambda done, n: progress(n + done, 2 * n))
    return large, Features(vectors, trial), Features(vectors, served)


def _fit_all(
    found: Export,
    heads: Sequence[HeadLabels],
    split: Split,
    features: tuple[Features, Features],
    plan: Plan,
    bars: Bars,
) -> list[FittedHead]:
    wanted = plan.config.certificate
    target = Target(wanted.alpha, wanted.delta / len(heads))
    fitted = []
    with bars.bar("Fitting heads", len(heads)) as progress:
        for done, head in enumerate(heads, start=1):
            own = np.array([ticket.labels.get(head.head) for ticket in found.tickets], dtype=object)
            fitted.append(fit(Lesson(head, own, split), *features, plan.config, target))
            progress(done, len(heads))
    return fitted


def _facts(plan: Plan, found: Export, chosen: Sequence[HeadLabels], split: Split, tools: Tools) -> dict[str, Any]:
    learnt = {head.head: head.learnt for head in chosen if head.problem is None}
    speaks = taxonomy.seen(learnt, taxonomy.default())
    encoder = tools.encoder
    return {
        "created_at": to_text(plan.at),
        "parent": tools.current.id if tools.current else None,
        "code_version": version("firstline"),
        "encoder": {"name": encoder.name, "fingerprint": encoder.fingerprint, "dim": encoder.dim},
        "taxonomy": {"version": speaks.version, "labels": speaks.to_record()},
        "data": _data(found, chosen, split),
    }


def _data(found: Export, chosen: Sequence[HeadLabels], split: Split) -> dict[str, Any]:
    times = [ticket.created_at for ticket in found.tickets if ticket.created_at]
    return {
        "file": found.path.name,
        "sha256": found.sha256,
        "tickets": len(found.tickets),
        "window": {"from": to_text(min(times)), "to": to_text(max(times))} if times else None,
        "quarantined": len(found.quarantined),
        "left_out": dict(found.left_out),
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


def _comparison(fitted: Sequence[FittedHead], found: Export, texts: Sequence[str], tools: Tools) -> dict[str, Any]:
    """Put the current bundle beside the new one, where there is one."""
    if tools.current is None or tools.encode is None:
        return {"comparison": None}
    rows = export.remembered(fitted, found.tickets, texts)
    paired = comparison.compare(rows, tools.current, tools.encode)
    heads = {head: each.to_record() for head, each in paired.items()}
    return {"comparison": {"with": tools.current.id, "heads": heads}}
