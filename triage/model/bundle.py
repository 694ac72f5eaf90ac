"""A bundle on disk: a folder whose manifest names every file with its sha256.

    manifest.json      id, encoder, taxonomy, heads with their thresholds, data window, metrics, files
    encoder/           model.onnx, tokenizer.json, encoder.json: the graph that the heads were fitted on
    lexical.npz        the lexicon            heads/<head>.npz    the weights
    centres.npy        (n_pools, dim) the mean of the encoder's states over the tickets that taught
    golden.json        texts and the probabilities expected for them
    cases/             closed tickets to show as similar: vectors.npy, words.npz, cases.jsonl
    refit.toml  report.html  holdout.jsonl  seen.npy     how it was made, and what promotion compares

The parsed bytes are the hashed bytes, and nothing is parsed before its hash was checked.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from triage.errors import BundleRefused
from triage.model.assessment import Certificate, Leaf, Rule, known_rung
from triage.model.bundle_files import SealedFolder
from triage.model.classifier import Heads, Prediction, Weights
from triage.model.golden import Golden
from triage.model.lexical import N_BUCKETS, Lexicon
from triage.model.merged_labels import heads_of, n_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CASE_WORDS = "cases/words.npz"
ENCODER_FILES = ("model.onnx", "tokenizer.json", "encoder.json")


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Closed tickets worth showing beside a similar one: vectors (n, dim) float16, unit length, and their records."""

    vectors: NDArray[np.float16]
    records: tuple[Mapping[str, Any], ...]
    #: Their weighted words: where each case's begin (n + 1,), their columns in the lexicon, their weights.
    words: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float16]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A verified bundle with its heads in memory; immutable, so one reference is one consistent model."""

    files: SealedFolder
    heads: Heads
    rules: Mapping[str, Rule]
    golden: Golden

    @property
    def id(self) -> str:
        """The sha256 of the manifest."""
        return self.files.id

    @property
    def manifest(self) -> Mapping[str, Any]:
        """The manifest as read."""
        return self.files.manifest

    @property
    def taxonomy_version(self) -> str:
        """Which set of labels the heads speak."""
        return str(self.manifest["taxonomy"]["version"])

    @property
    def encoder_fingerprint(self) -> str:
        """Which encoder the heads were fitted on."""
        return str(self.manifest["encoder"]["fingerprint"])

    @property
    def answers(self) -> Mapping[str, Any] | None:
        """The learnt numbers of `retrieval.answering.answerability`; None where no articles were given."""
        learnt: Mapping[str, Any] | None = self.manifest.get("answers")
        return learnt

    @property
    def urgent_cut(self) -> float | None:
        """P(P0) + P(P1) from which on a ticket is urgent (`triage.model.urgency`); None where none could be set."""
        return _urgent_cut(self.manifest["heads"])

    def predict(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
        """Return each head's probabilities, (n_texts, n_classes), in the order of its `classes_`."""
        return self.heads.predict_proba(texts, states)

    def predictions(self, texts: Sequence[str], states: NDArray[np.floating]) -> dict[str, Prediction]:
        """Return each head's probabilities, and how familiar the texts are to it, in one pass."""
        return self.heads.read(texts, states)

    def read(self, path: str) -> bytes:
        """Return one file of the bundle, its sha256 checked on the very bytes returned."""
        return self.files.read(path)

    def encoder_files(self) -> tuple[bytes, bytes, bytes]:
        """Return model, tokenizer and configuration of the encoder, for `retrieval.encoder.encoder.from_files`."""
        model, tokenizer, config = (self.read(f"encoder/{name}") for name in ENCODER_FILES)
        return model, tokenizer, config

    def cases(self) -> Cases:
        """Read the closed tickets that the bundle carries."""
        vectors = np.load(io.BytesIO(self.read("cases/vectors.npy")), allow_pickle=False)
        records = tuple(json.loads(line) for line in self.read("cases/cases.jsonl").splitlines() if line)
        if vectors.shape != (len(records), self.manifest["encoder"]["dim"]):
            raise BundleRefused(self.files.folder, "its similar tickets and their vectors do not belong together")
        return Cases(vectors, records, self._case_words(len(records)))

    def _case_words(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float16]] | None:
        if all(entry["path"] != CASE_WORDS for entry in self.manifest["files"]):
            return None
        found = _arrays(self.read(CASE_WORDS))
        if len(found["starts"]) != n + 1 or found["starts"][-1] != len(found["columns"]):
            raise BundleRefused(self.files.folder, "its similar tickets and their words do not belong together")
        return found["starts"], found["columns"], found["values"]


def load(folder: Path) -> Bundle:
    """Open a bundle.

    Parameters
    ----------
    folder
        As written by `firstline-train fit`.

    Returns
    -------
    Bundle
        All files verified against the manifest, the manifest against its id, the heads' arrays against each other.

    Raises
    ------
    BundleRefused
        Something is missing, damaged, unlisted, a link, of another format, or does not fit together.
    """
    files = SealedFolder.open(folder)
    try:
        bundle = _assembled(files)
    except (KeyError, TypeError, ValueError, OSError, EOFError) as problem:
        raise BundleRefused(folder, f"its content does not fit its manifest ({problem})") from problem
    return bundle


def _assembled(files: SealedFolder) -> Bundle:
    entries: Mapping[str, Any] = files.manifest["heads"]
    if not entries:
        raise ValueError("no head")
    lexicon = _lexicon(_arrays(files.read("lexical.npz")))
    centres = _centres(files)
    loaded = {}
    for name, entry in entries.items():
        arrays = _arrays(files.read(entry["file"]))
        shapes = (centres.size, lexicon.n_features, n_columns(entry))
        loaded[name] = (tuple(map(str, entry["labels"])), _weights(arrays, shapes, float(entry["temperature"])))
    rules = {name: _rule(name, files.manifest) for name in entries}
    _urgent_cut(entries)
    _check_answers(files.manifest)
    golden = Golden.from_json(files.read("golden.json"))
    return Bundle(files, heads_of(lexicon, loaded, centres, entries), rules, golden)


def _rule(head: str, manifest: Mapping[str, Any]) -> Rule:
    """Read a head's rule: its thresholds, and the certificates of its slices."""
    entry = manifest["heads"][head]
    earned = [_certificate(head, record, manifest) for record in entry.get("certificates", ())]
    missing = [Leaf(each["slice"], uncertified=str(each["reason"])) for each in entry.get("uncertified", ())]
    familiar_at = entry.get("familiar_at")
    return Rule(
        suggest_at=float(entry["suggest_at"]),
        leaves=(*(Leaf(each.slice, each) for each in earned), *missing),
        rung=known_rung(entry.get("rung", "fitted")),
        familiar_at=None if familiar_at is None else float(familiar_at),
        withdrawn={str(label): str(why) for label, why in (entry.get("withdrawn") or {}).items()},
    )


def _urgent_cut(entries: Mapping[str, Any]) -> float | None:
    cut = (entries.get("priority", {}).get("urgency") or {}).get("cut")
    if cut is not None and not 0 <= float(cut) <= 1:
        raise ValueError("the cut for urgent tickets is no probability")
    return None if cut is None else float(cut)


def _certificate(head: str, record: Mapping[str, Any], manifest: Mapping[str, Any]) -> Certificate:
    """Read a certificate; one of another head, encoder, taxonomy or weights certifies nothing here."""
    entry = manifest["heads"][head]
    here = {
        "head": head,
        "encoder": manifest["encoder"]["fingerprint"],
        "taxonomy": manifest["taxonomy"]["version"],
        "weights": next(file["sha256"] for file in manifest["files"] if file["path"] == entry["file"]),
        "temperature": entry["temperature"],
    }
    foreign = [name for name, value in here.items() if record[name] != value]
    if foreign:
        raise ValueError(f"the certificate of {head} is of another {foreign[0]}")
    return Certificate.from_record(record)


def answers_digest(answers: Mapping[str, Any]) -> str:
    """Return what names the learnt numbers that rank articles and tell whether one answers; thresholds are no part."""
    numbers = {name: answers.get(name) for name in ("ranker", "coefficients", "intercept")}
    return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()


def _check_answers(manifest: Mapping[str, Any]) -> None:
    """Refuse a certificate of answers that is of another encoder or other numbers, or that is not kept."""
    answers = manifest.get("answers") or {}
    if not (record := answers.get("certificate")):
        return
    here = {"of": "answers", "encoder": manifest["encoder"]["fingerprint"], "model": answers_digest(answers)}
    foreign = [name for name, value in here.items() if record[name] != value]
    if foreign:
        raise ValueError(f"the certificate of answers is of another {foreign[0]}")
    if float(answers["answer_at"]) < Certificate.from_record(record).threshold:
        raise ValueError("answers are shown below the threshold of their certificate")


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _centres(files: SealedFolder) -> NDArray[np.float32]:
    """Read the centres; a bundle without has heads on the plain sentence vector."""
    dim = int(files.manifest["encoder"]["dim"])
    if all(entry["path"] != "centres.npy" for entry in files.manifest["files"]):
        return np.zeros((1, dim), np.float32)
    centres = np.asarray(np.load(io.BytesIO(files.read("centres.npy")), allow_pickle=False), np.float32)
    if centres.ndim != 2 or centres.shape[1] != dim or not np.isfinite(centres).all():
        raise ValueError("its centres are not its encoder's")
    return centres


def _lexicon(arrays: Mapping[str, NDArray[Any]]) -> Lexicon:
    buckets = np.asarray(arrays["buckets"], np.int32)
    idf = np.asarray(arrays["idf"], np.float32)
    ascending = len(buckets) == len(idf) and bool((np.diff(buckets) > 0).all())
    inside = not len(buckets) or (buckets[0] >= 0 and buckets[-1] < N_BUCKETS)
    if not (ascending and inside and np.isfinite(idf).all()):
        raise ValueError("the lexicon contradicts itself")
    return Lexicon.of(buckets, idf)


def _weights(arrays: Mapping[str, NDArray[Any]], shapes: tuple[int, int, int], temperature: float) -> Weights:
    dim, n_features, n_classes = shapes
    dense, sparse, intercept = (np.asarray(arrays[name], np.float32) for name in ("dense", "sparse", "intercept"))
    if (dense.shape, sparse.shape, intercept.shape) != ((dim, n_classes), (n_features, n_classes), (n_classes,)):
        raise ValueError("the weights of a head have other shapes than its labels")
    if not (temperature > 0 and all(np.isfinite(part).all() for part in (dense, sparse, intercept))):
        raise ValueError("the weights of a head are not numbers")
    return Weights(dense, sparse, intercept, temperature)
