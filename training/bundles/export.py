"""Write a refit as a bundle; a head that differs from scikit-learn's is not written."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from markupsafe import Markup
from msgspec import structs

from training.answers import bundled_tickets as case_files
from training.answers import quoted_answers
from training.bundles import folder as bundle_folder
from training.bundles import held_out, multi_entries
from training.bundles import seen_tickets as encoder_seen
from training.bundles.cascade_parts import CascadeParts
from training.bundles.held_out_rows import remembered
from training.classifiers import zero_shot as cold_start
from training.data import array_files
from training.errors import ParityLost
from training.evaluation import slices
from training.evaluation import urgency_cutoff as urgency
from training.evaluation.slices import Bound
from training.report.page import render
from training.report.worst_errors import HeldOutTickets
from triage.instants import from_text
from triage.model import bundle as bundles
from triage.model.bundle_files import ANSWERED, HOLDOUT, SEEN
from triage.model.certificate import Window
from triage.model.classifier import Heads, Weights
from triage.model.golden import Golden
from triage.model.head_entry import Candidate, HeadEntry
from triage.model.urgency import HEAD
from triage.model.urgency import default as lexicon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Encoder
    from training.answers.quoted_answers import QuotedAnswer
    from training.bundles.second_encoder import SecondEncoder
    from training.classifiers.features import Features
    from training.classifiers.fit import FittedHead
    from training.config import RefitConfig
    from training.critical.fit import FittedCritical
    from training.evaluation.slices import Promises
    from training.multi.fit import FittedMulti
    from triage.model.foreign_text import Gate
    from triage.model.head_entry import Cutoff, PriorityFigures
    from triage.model.lexical import Lexicon
    from triage.model.manifest import Manifest
    from triage.tickets.closed_ticket import ClosedTicket

PARITY = 1e-5
_CHECKED, _GOLDEN = 256, 24


class Audited(Protocol):
    """The answers of an audit (`training.audit.certifying`)."""

    def certified(self, manifest: Manifest, weights: Mapping[str, str], rows: Sequence[held_out.HeldOut]) -> Manifest:
        """Give the heads the certificates that the answers earn."""

    def chapter(self, manifest: Manifest, rows: Sequence[held_out.HeldOut]) -> Markup:
        """Return the report's chapter on the audit."""


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """Everything that goes into a bundle: the fitted parts, their data, and the manifest without its heads."""

    lexicon: Lexicon
    heads: Sequence[FittedHead]
    features: Features
    tickets: Sequence[ClosedTicket]
    texts: Sequence[str]
    taught: NDArray[np.int64]
    """Positions of the tickets that the heads were fitted on."""
    seen: NDArray[np.uint64]
    """Keys of the texts that the encoder has learnt from."""
    encoder: Encoder
    config: RefitConfig
    manifest: Manifest
    second: SecondEncoder | None = None
    gate: Gate | None = None
    """None: the tickets are too few to tell what is foreign to them."""
    trust: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """By ticket id, how far each of its links to articles is believed."""
    readings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By ticket id, the articles that its resolution reads like, with their shares."""
    quoted: Sequence[QuotedAnswer] = ()
    """What the held-out questions were answered with."""
    ranker_files: Mapping[str, bytes] = field(default_factory=dict)
    """What ranks articles on top of weights, by path."""
    critical: FittedCritical | None = None
    cascade: CascadeParts = field(default_factory=CascadeParts)
    multi: Sequence[FittedMulti] = ()
    """Heads of which a ticket has any number of labels."""
    audit: Audited | None = None
    """Issues the certificates that the answers of an audit earn."""

    def remembered(self) -> list[held_out.HeldOut]:
        """Return the newest held-out tickets with what each head says of them."""
        return remembered(self.heads, self.tickets, self.texts, self.multi)


def write(learnt: Learnt, quarantine: bytes, out: Path) -> Manifest:
    """Write the bundle.

    Parameters
    ----------
    learnt
        What was fitted.
    quarantine
        The list of quarantined rows.
    out
        The bundle's folder; an earlier bundle there is replaced when the new one is complete.

    Returns
    -------
    Manifest
        With the heads, and sealed.

    Raises
    ------
    ParityLost
        The numpy heads differ from the scikit-learn ones by more than 1e-5.
    """
    bundle_folder.refuse_occupied(out)
    weighed = {fitted.labels.head: _numpy(fitted, learnt) for fitted in learnt.heads}
    heads = Heads(learnt.lexicon, weighed, learnt.features.centres)
    parity = _parity(heads, learnt)
    weights = {f"heads/{name}.npz": array_files.archive(_arrays(head.weights)) for name, head in heads.items()}
    entries = {fitted.labels.head: _entry(fitted, learnt, parity, weights) for fitted in learnt.heads}
    gate, days = learnt.gate, learnt.config.certificate.days
    multi = {
        each.lesson.head: multi_entries.entry_of(each, learnt.tickets, learnt.manifest, days) for each in learnt.multi
    }
    manifest = structs.replace(
        learnt.manifest,
        heads=entries,
        multi=multi,
        foreign_text=gate.entry if gate else None,
        cascade=learnt.cascade.entry,
    )
    if learnt.audit:
        sums = {name: hashlib.sha256(weights[entry.file]).hexdigest() for name, entry in entries.items()}
        manifest = learnt.audit.certified(manifest, sums, learnt.remembered())
    files = weights | dict(map(multi_entries.file_of, learnt.multi)) | {bundle_folder.QUARANTINE: quarantine}
    if learnt.critical:
        manifest = structs.replace(manifest, critical=learnt.critical.entry)
        files |= {learnt.critical.entry.file: learnt.critical.file}
    files |= {**learnt.cascade.files, **learnt.ranker_files}
    files |= _files(heads, learnt, manifest)
    return bundle_folder.write(files.items(), manifest, out)


def _numpy(fitted: FittedHead, learnt: Learnt) -> tuple[tuple[str, ...], Weights]:
    """Return the labels and weights of a head as serving holds them."""
    trained, cut = fitted.trained, learnt.features.centres.size
    coefficients = trained.model.coef_
    return trained.classes, Weights(
        coefficients[:cut].astype(np.float32),
        coefficients[cut:].astype(np.float32),
        trained.model.intercept_.astype(np.float32),
        fitted.temperature,
    )


def _parity(heads: Heads, learnt: Learnt) -> dict[str, float]:
    """Return each head's largest difference to scikit-learn over tickets from all times. Raises `ParityLost`."""
    rows = _spread(len(learnt.texts), _CHECKED)
    ours = heads.predict_proba([learnt.texts[row] for row in rows], learnt.features.states[rows])
    found = {}
    for fitted in learnt.heads:
        name, trained = fitted.labels.head, fitted.trained
        model = trained.model.set_params(temperature=fitted.temperature)
        theirs = model.predict_proba(learnt.features.parts(rows).joined())
        found[name] = float(np.abs(ours[name] - theirs).max())
        if not found[name] <= PARITY:
            raise ParityLost(name, found[name], PARITY)
    return found


def _entry(fitted: FittedHead, learnt: Learnt, parity: Mapping[str, float], weights: Mapping[str, bytes]) -> HeadEntry:
    """Return what the manifest says of a head."""
    head = fitted.labels.head
    file = f"heads/{head}.npz"
    promised = _promised(fitted, learnt, weights[file])
    cutoff, priorities = _cutoff(fitted, learnt) if head == HEAD else (None, None)
    return HeadEntry(
        kind="linear",
        file=file,
        labels=fitted.trained.classes,
        temperature=fitted.temperature,
        suggest_at=fitted.suggest_at,
        taught_by_all=fitted.taught_by_all,
        rung=fitted.rung,
        n=fitted.labels.n,
        rare=fitted.labels.rare,
        choice=Candidate(**asdict(fitted.choice)),
        candidates=tuple(Candidate(**asdict(candidate)) for candidate in fitted.candidates),
        metrics=fitted.measured.metrics.with_priorities(priorities),
        trivial=fitted.measured.trivial,
        parity=parity[head],
        certificates=promised.certificates,
        uncertified=promised.uncertified,
        certifiable=promised.certifiable,
        slices=promised.slices,
        ladders=promised.ladders,
        levels=promised.levels,
        urgency=cutoff,
    )


def _promised(fitted: FittedHead, learnt: Learnt, weights: bytes) -> Promises:
    """Return the head's certificates, bound to what they are of, or what it takes to earn them."""
    if fitted.rung == "described":
        return cold_start.uncertified(fitted.labels, learnt.config)
    times = [at for row in fitted.measured.rows if (at := learnt.tickets[row].created_at)]
    bound = Bound(
        head=fitted.labels.head,
        window=Window.of(times),
        encoder=learnt.encoder.fingerprint,
        taxonomy=learnt.manifest.taxonomy.version,
        weights=hashlib.sha256(weights).hexdigest(),
        temperature=fitted.temperature,
        cascade=learnt.cascade.digest,
    )
    at = from_text(learnt.manifest.created_at, "created_at")
    return slices.promises(fitted.proof, bound, fitted.labels.n).dated(at, learnt.config.certificate.days)


def _cutoff(fitted: FittedHead, learnt: Learnt) -> tuple[Cutoff, PriorityFigures | None]:
    """Return the never-miss cut of the priority head, and the figures that only this head has."""
    measured = fitted.measured
    truth = [learnt.tickets[row].labels[HEAD] for row in measured.rows]
    held = urgency.Judged(truth, measured.classes, measured.probabilities)
    texts = [learnt.texts[row] for row in measured.rows]
    return urgency.cutoff(held, learnt.config.urgency, lexicon(), texts)


def _files(heads: Heads, learnt: Learnt, manifest: Manifest) -> dict[str, bytes]:
    """Return the content of every file but manifest and weights, by path."""
    rows = _spread(len(learnt.texts), _GOLDEN)
    texts = tuple(learnt.texts[row] for row in rows)
    second, likeness = learnt.second, learnt.second.cosines(rows) if learnt.second else None
    golden = Golden(texts, heads.predict_proba(texts, learnt.features.states[rows]), likeness)
    solved = case_files.solved(learnt.tickets, learnt.config.cases.most)
    cases = [learnt.tickets[row] for row in solved]
    measured = [fitted.measured.rows for fitted in learnt.heads]
    older = np.setdiff1d(learnt.taught, np.concatenate(measured)) if measured else learnt.taught
    material = HeldOutTickets(learnt.tickets, learnt.texts, learnt.features.vectors, older)
    held = learnt.remembered()
    audit = learnt.audit.chapter(manifest, held) if learnt.audit else Markup()
    files = {f"encoder/{name}": learnt.encoder.files[name] for name in bundles.ENCODER_FILES}
    return files | {
        "centres.npy": array_files.array(learnt.features.centres),
        "lexical.npz": array_files.archive({"buckets": learnt.lexicon.buckets, "idf": learnt.lexicon.idf}),
        "golden.json": golden.to_json(),
        **case_files.write(cases, learnt.features.vectors[solved], learnt.lexicon, learnt),
        **(second.files(solved) if second else {}),
        **({bundles.GATE: array_files.archive(learnt.gate.neighbours.arrays())} if learnt.gate else {}),
        HOLDOUT: held_out.write(held),
        **({ANSWERED: quoted_answers.write(learnt.quoted)} if learnt.quoted else {}),
        SEEN: encoder_seen.write([learnt.texts[row] for row in learnt.taught], learnt.seen),
        "refit.toml": learnt.config.to_toml().encode(),
        "report.html": render(manifest, learnt.heads, material, audit).encode(),
    }


def _spread(n: int, most: int) -> NDArray[np.int64]:
    """Return at most so many positions, evenly over time."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def _arrays(weights: Weights) -> dict[str, NDArray[Any]]:
    return {
        "dense": np.ascontiguousarray(weights.dense),
        "sparse": np.ascontiguousarray(weights.sparse),
        "intercept": weights.intercept,
    }
