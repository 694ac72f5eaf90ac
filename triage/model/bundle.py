"""A bundle on disk: a folder whose manifest names every file with its sha256.

    manifest.json      id, encoder, taxonomy, heads with their thresholds, data window, metrics, files
    signature.json     the signature of that id, where `firstline keys sign` was run
    encoder/           model.onnx, tokenizer.json, encoder.json: the graph that the heads were fitted on
    second_encoder/    the same three of an encoder for more languages, where the desk has one
    lexical.npz        the lexicon            heads/<head>.npz    the weights
    critical.npz       lexicon and weights of the critical head
    centres.npy        (n_pools, dim) the mean of the encoder's states over the tickets that taught
    foreign_text.npz   the vectors and weights of the foreign-text gate
    answers/           ranker.npz: what ranks articles on top of the weights in the manifest, where that was learnt;
                       second_ranker.npz: the same by the second encoder
    cascade/           <head>.npz and emergencies.npz: what decides by words alone, where the cascade is on
    golden.json        texts and the probabilities expected for them
    cases/             closed tickets to show as similar: vectors.npy, words.npz, cases.jsonl; where they are many,
                       vectors.faiss and word_*.npy instead, which are mapped into memory; the vectors of a second
                       encoder in second_vectors.npy or .faiss
    refit.toml  report.html  holdout.jsonl  seen.npy     how it was made, and what promotion compares
    answered.jsonl     what held-out questions were answered with

The parsed bytes are the hashed bytes, and nothing is parsed before its hash was checked. Of a mapped file the hash is
checked before it is mapped: who may change files in place may change what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from triage.errors import BundleRefused
from triage.model.assessment import HeadThresholds, Leaf, Level
from triage.model.bundle_arrays import (
    arrays_in,
    centres_of,
    check_answers,
    critical_head,
    first_stage_of,
    gate_of,
    lexicon_of,
    refuse_foreign,
    screen_of,
    weights_of,
)
from triage.model.bundle_files import REFIT, SealedFolder
from triage.model.cascade.first_stage import FirstStage
from triage.model.cascade.joint import judged
from triage.model.cascade.screen import Screen
from triage.model.certificate import Certificate
from triage.model.classifier import Heads, Prediction
from triage.model.closed_tickets import bundled
from triage.model.critical import CriticalHead
from triage.model.foreign_text import Gate
from triage.model.golden import Golden
from triage.model.merged_labels import heads_of, n_columns
from triage.model.multi.reading import multi_heads_of
from triage.model.urgency import HEAD
from triage.signing.signatures import NO_KEYS, TrustedKeys
from triage.taxonomy.tree import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from triage.model.answers_entry import Answers
    from triage.model.cascade.joint import Judged
    from triage.model.certificate import HeadCertificate
    from triage.model.closed_tickets.bundled import BundledTickets
    from triage.model.manifest import Manifest
    from triage.model.multi.head import MultiHead

GATE = "foreign_text.npz"
ENCODER_FILES = ("model.onnx", "tokenizer.json", "encoder.json")
SECOND_ENCODER = "second_encoder"


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A verified bundle with its heads in memory; immutable, so one reference is one consistent model."""

    files: SealedFolder
    heads: Heads
    rules: Mapping[str, HeadThresholds]
    golden: Golden
    critical: CriticalHead | None = None
    """None: none was learnt."""
    gate: Gate | None = None
    first_stage: FirstStage | None = None
    """None: the encoder's heads decide every ticket."""
    screen: Screen | None = None
    """None: the critical head reads every ticket."""
    multi: Mapping[str, MultiHead] = field(default_factory=dict)
    """Heads of which a ticket has any number of labels."""

    @property
    def id(self) -> str:
        """The sha256 of the manifest."""
        return self.files.id

    @property
    def manifest(self) -> Manifest:
        """What is known of the bundle."""
        return self.files.manifest

    @property
    def taxonomy_version(self) -> str:
        """Which set of labels the heads speak."""
        return self.manifest.taxonomy.version

    @property
    def encoder_fingerprint(self) -> str:
        """Which encoder the heads were fitted on."""
        return self.manifest.encoder.fingerprint

    @property
    def answers(self) -> Answers | None:
        """The learnt numbers of `retrieval.answering`; None where no articles were given."""
        return self.manifest.answers or None

    @property
    def urgent_cut(self) -> float | None:
        """P(P0) + P(P1) from which on a ticket is urgent (`triage.model.urgency`); None where none could be set."""
        return _urgent_cut(self.manifest)

    def predict(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
        """Return each head's probabilities as it serves, (n_texts, n_classes), in the order of its `classes_`."""
        if self.first_stage is None:
            return self.heads.predict_proba(texts, states)
        return dict(self.judge(texts, states, [None] * len(texts)).probabilities)

    def judge(self, texts: Sequence[str], states: NDArray[np.floating], languages: Sequence[str | None]) -> Judged:
        """Return the probabilities and which texts are foreign, as it serves, of texts that are all encoded."""
        decided = self.first_stage.decide(texts) if self.first_stage else None
        return judged(self, texts, languages, decided, lambda places: states[places])

    def predictions(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, Prediction]:
        """Return the probabilities and energies of the encoder's heads in one pass."""
        return self.heads.read(texts, states)

    def foreign(
        self,
        states: NDArray[np.floating],
        energies: Mapping[str, NDArray[np.float64]],
        languages: Sequence[str | None],
    ) -> dict[str, NDArray[np.bool_]]:
        """Say for each head to which texts it gives no label because they are foreign, (n_texts,).

        All heads go by the gate; in a bundle made before there was one, each by its own energy, as it was certified.
        """
        if self.gate is not None:
            return dict.fromkeys(self.heads, self.gate.foreign(self.gate.scores(states, energies), languages))
        lowest = {head: entry.familiar_at for head, entry in self.manifest.heads.items()}
        return {head: own < (-np.inf if (at := lowest[head]) is None else at) for head, own in energies.items()}

    def read(self, path: str) -> bytes:
        """Return one file of the bundle, its sha256 checked on the very bytes returned."""
        return self.files.read(path)

    def encoder_files(self) -> tuple[bytes, bytes, bytes]:
        """Return model, tokenizer and configuration of the encoder, for `retrieval.encoder.encoder.from_files`."""
        model, tokenizer, config = (self.read(f"encoder/{name}") for name in ENCODER_FILES)
        return model, tokenizer, config

    def second_encoder_files(self) -> tuple[bytes, bytes, bytes] | None:
        """Return the same of the second encoder; None in a bundle with one."""
        if self.manifest.second_encoder is None:
            return None
        model, tokenizer, config = (self.read(f"{SECOND_ENCODER}/{name}") for name in ENCODER_FILES)
        return model, tokenizer, config

    def cases(self) -> BundledTickets:
        """Read the closed tickets that the bundle carries."""
        return bundled.read(self.files)


def load(folder: Path, trusted: TrustedKeys = NO_KEYS) -> Bundle:
    """Open a bundle.

    Parameters
    ----------
    folder
        As written by `firstline-train fit`.
    trusted
        The keys one of which must have signed it; by default it need not be signed.

    Returns
    -------
    Bundle
        All files verified against the manifest, the manifest against its id, the heads' arrays against each other.

    Raises
    ------
    BundleRefused
        Something is missing, damaged, unsigned, unlisted, a link, of another format, or does not fit together.
    """
    files = SealedFolder.open(folder, trusted)
    try:
        bundle = _assembled(files)
    except (KeyError, TypeError, ValueError, OSError, EOFError) as problem:
        raise BundleRefused(folder, f"its content does not fit its manifest ({problem}): {REFIT}") from problem
    return bundle


def _assembled(files: SealedFolder) -> Bundle:
    entries = files.manifest.heads
    if not entries:
        raise ValueError("no head")
    lexicon = lexicon_of(arrays_in(files.read("lexical.npz")))
    centres = centres_of(files)
    loaded = {}
    for name, entry in entries.items():
        arrays = arrays_in(files.read(entry.file))
        shapes = (centres.size, lexicon.n_features, n_columns(entry))
        loaded[name] = (entry.labels, weights_of(arrays, shapes, entry.temperature))
    rules = {name: _rule(name, files.manifest) for name in entries}
    _urgent_cut(files.manifest)
    check_answers(files.manifest)
    _check_second_encoder(files.manifest)
    golden = Golden.from_json(files.read("golden.json"))
    return Bundle(
        files,
        heads_of(lexicon, loaded, centres, entries),
        rules,
        golden,
        critical=critical_head(files),
        gate=gate_of(files),
        first_stage=first_stage_of(files, lexicon),
        screen=screen_of(files),
        multi=multi_heads_of(files, lexicon, centres),
    )


def _rule(head: str, manifest: Manifest) -> HeadThresholds:
    """Return a head's rule: its thresholds, and the certificates of its slices."""
    entry = manifest.heads[head]
    earned = [_certificate(head, record, manifest) for record in entry.certificates]
    missing = [Leaf(each.slice, uncertified=each.reason) for each in entry.uncertified]
    return HeadThresholds(
        suggest_at=entry.suggest_at,
        leaves=(*(Leaf(each.slice, each) for each in earned), *missing),
        rung=entry.rung,
        withdrawn=entry.withdrawn or {},
        levels=tuple(_levels(head, manifest)),
    )


def _levels(head: str, manifest: Manifest) -> Iterator[Level]:
    """Yield what is certified of a tree's upper levels."""
    for each in manifest.heads[head].levels:
        if each.certificate is not None:
            certificate = _certificate(head, each.certificate, manifest)
            yield Level(Limits(each.level, certificate.threshold, each.below), certificate)


def _urgent_cut(manifest: Manifest) -> float | None:
    entry = manifest.heads.get(HEAD)
    cut = entry.urgency.cut if entry and entry.urgency else None
    if cut is not None and not 0 <= cut <= 1:
        raise ValueError("the cut for urgent tickets is no probability")
    return cut


def _certificate(head: str, record: HeadCertificate, manifest: Manifest) -> Certificate:
    """Return a certificate; one of another head, encoder, taxonomy or weights certifies nothing here."""
    entry = manifest.heads[head]
    weights = manifest.file(entry.file)
    first = manifest.first_stage
    here = {
        "head": (record.head, head),
        "encoder": (record.encoder, manifest.encoder.fingerprint),
        "taxonomy": (record.taxonomy, manifest.taxonomy.version),
        "weights": (record.weights, weights and weights.sha256),
        "temperature": (record.temperature, entry.temperature),
        "cascade": (record.cascade, first.digest if first else None),
    }
    refuse_foreign(f"the certificate of {head}", here)
    return Certificate.of_head(record, manifest.created_at)


def _check_second_encoder(manifest: Manifest) -> None:
    """Refuse files of a second encoder that the manifest does not name, one without files, and the first one again."""
    second = manifest.second_encoder
    named = {f"{SECOND_ENCODER}/{name}" for name in ENCODER_FILES} if second else set()
    if {each.path for each in manifest.files if each.path.startswith(f"{SECOND_ENCODER}/")} != named:
        raise ValueError("its second encoder and the files of it do not belong together")
    if second and second.fingerprint == manifest.encoder.fingerprint:
        raise ValueError("its second encoder is the first one")
