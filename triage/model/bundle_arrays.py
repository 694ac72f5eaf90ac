"""The parts of a bundle, arrays read without pickles, refused where they contradict the manifest."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triage.model.assessment import REST
from triage.model.bundle_files import SealedFolder
from triage.model.cascade.first_stage import FirstStage, Words
from triage.model.cascade.screen import Screen
from triage.model.classifier import Classifier, Weights
from triage.model.critical import EVERYDAY, HARMLESS, CriticalHead
from triage.model.foreign_text import Gate, Neighbours
from triage.model.lexical import N_BUCKETS, Lexicon
from triage.model.manifest import Manifest
from triage.model.merged_labels import heads_of, n_columns

_KINDS = "biufU"
"""Of arrays: booleans, whole numbers with and without sign, numbers, text."""


def critical_head(files: SealedFolder) -> CriticalHead | None:
    """Read the critical head; None in a bundle without."""
    entry, encoder = files.manifest.critical, files.manifest.encoder
    if entry is None:
        return None
    refuse_foreign("the critical head", {"encoder": (entry.encoder, encoder.fingerprint)})
    if not 0 <= entry.threshold <= 1 or EVERYDAY not in entry.labels or HARMLESS.issuperset(entry.labels):
        raise ValueError("the critical head has no threshold, or no label for everyday questions or for emergencies")
    arrays = arrays_in(files.read(entry.file))
    lexicon = lexicon_of(arrays)
    weights = weights_of(arrays, (encoder.dim, lexicon.n_features, len(entry.labels)), entry.temperature)
    centre = np.zeros((1, encoder.dim), np.float32)
    return CriticalHead(Classifier(entry.labels, weights, lexicon, centre), entry.threshold)


def first_stage_of(files: SealedFolder, lexicon: Lexicon) -> FirstStage | None:
    """Read the first stage; None in a bundle without."""
    entry, heads = files.manifest.first_stage, files.manifest.heads
    if entry is None:
        return None
    if set(entry.heads) != set(heads):
        raise ValueError("its first stage has other heads than it")
    loaded = {}
    for name, each in entry.heads.items():
        sealed = files.manifest.file(each.file)
        refuse_foreign(f"the first stage of {name}", {"weights": (each.sha256, sealed and sealed.sha256)})
        shapes = (0, lexicon.n_features, n_columns(heads[name]))
        loaded[name] = (heads[name].labels, weights_of(arrays_in(files.read(each.file)), shapes, each.temperature))
    sealed = files.manifest.file(entry.familiar.file)
    refuse_foreign("the first stage", {"weights": (entry.familiar.sha256, sealed and sealed.sha256)})
    familiar = _words(arrays_in(files.read(entry.familiar.file)), lexicon)
    return FirstStage(entry, heads_of(lexicon, loaded, np.zeros((1, 0), np.float32), heads), familiar)


def screen_of(files: SealedFolder) -> Screen | None:
    """Read the screen before the critical head; None in a bundle without."""
    entry = files.manifest.cascade.screen if files.manifest.cascade else None
    if entry is None:
        return None
    if files.manifest.critical is None or not np.isfinite([entry.whole_at, entry.sentence_at]).all():
        raise ValueError("its screen of emergencies has no thresholds, or there is no critical head behind it")
    arrays = arrays_in(files.read(entry.file))
    return Screen(entry, _words(arrays, lexicon_of(arrays)))


def _words(arrays: Mapping[str, NDArray[Any]], lexicon: Lexicon) -> Words:
    weights, intercept = np.asarray(arrays["weights"], np.float32), float(arrays["intercept"])
    if weights.shape != (lexicon.n_features,) or not (np.isfinite(weights).all() and np.isfinite(intercept)):
        raise ValueError("the weights of its cascade are not those of its n-grams")
    return Words(lexicon, weights, intercept)


def refuse_foreign(what: str, bound: Mapping[str, tuple[object, object]]) -> None:
    """Compare what a certificate says it is bound to with what is here. Raises `ValueError`."""
    foreign = [name for name, (said, here) in bound.items() if said != here]
    if foreign:
        raise ValueError(f"{what} is of another {foreign[0]}")


def arrays_in(data: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an .npz by name: numbers, booleans and text; pickles are refused. Raises `ValueError`."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            found: dict[str, NDArray[Any]] = {name: archive[name] for name in archive.files}
    except Exception as problem:  # damaged archives, headers and streams raise a dozen kinds
        raise ValueError(f"an archive of arrays cannot be read: {problem}") from problem
    if strange := [name for name, each in found.items() if each.dtype.kind not in _KINDS]:
        raise ValueError(f"the array {strange[0]} holds neither numbers nor text")
    return found


def centres_of(files: SealedFolder) -> NDArray[np.float32]:
    """Read the centres; a bundle without has heads on the plain sentence vector."""
    dim = files.manifest.encoder.dim
    if files.manifest.file("centres.npy") is None:
        return np.zeros((1, dim), np.float32)
    centres = np.asarray(np.load(io.BytesIO(files.read("centres.npy")), allow_pickle=False), np.float32)
    if centres.ndim != 2 or centres.shape[1] != dim or not np.isfinite(centres).all():
        raise ValueError("its centres are not its encoder's")
    return centres


def gate_of(files: SealedFolder) -> Gate | None:
    """Read the foreign-text gate; None in a bundle without."""
    entry = files.manifest.foreign_text
    if entry is None:
        return None
    arrays = arrays_in(files.read(entry.file))
    vectors, weights = np.asarray(arrays["vectors"], np.float16), np.asarray(arrays["weights"], np.float32)
    if vectors.shape != (len(weights), files.manifest.encoder.dim) or not np.isfinite(weights).all():
        raise ValueError("the vectors of its foreign-text gate are not its encoder's")
    if not set(entry.energies) <= set(files.manifest.heads):
        raise ValueError("its foreign-text gate reads heads that it does not have")
    return Gate(entry, Neighbours(vectors.astype(np.float32), weights))


def lexicon_of(arrays: Mapping[str, NDArray[Any]]) -> Lexicon:
    """Return the lexicon; ValueError where it contradicts itself."""
    buckets = np.asarray(arrays["buckets"], np.int32)
    idf = np.asarray(arrays["idf"], np.float32)
    ascending = buckets.ndim == idf.ndim == 1 and len(buckets) == len(idf) and bool((np.diff(buckets) > 0).all())
    inside = not len(buckets) or (buckets[0] >= 0 and buckets[-1] < N_BUCKETS)
    if not (ascending and inside and np.isfinite(idf).all()):
        raise ValueError("the lexicon contradicts itself")
    return Lexicon.of(buckets, idf)


def weights_of(arrays: Mapping[str, NDArray[Any]], shapes: tuple[int, int, int], temperature: float) -> Weights:
    """Return the weights of a head with so many states, n-grams and labels; ValueError where they have other shapes."""
    dim, n_features, n_classes = shapes
    dense, sparse, intercept = (np.asarray(arrays[name], np.float32) for name in ("dense", "sparse", "intercept"))
    if (dense.shape, sparse.shape, intercept.shape) != ((dim, n_classes), (n_features, n_classes), (n_classes,)):
        raise ValueError("the weights of a head have other shapes than its labels")
    if not (temperature > 0 and all(np.isfinite(part).all() for part in (dense, sparse, intercept))):
        raise ValueError("the weights of a head are not numbers")
    return Weights(dense, sparse, intercept, temperature)


def check_answers(manifest: Manifest) -> None:
    """Refuse a certificate of answers that is of another encoder, other numbers or questions, or that is not kept."""
    answers = manifest.answers
    if not answers:
        return
    named = {each.slice.get("language") for each in answers.languages} - {None, REST}
    if len(named) < len(answers.languages):
        raise ValueError("its answers name no language, or one twice")
    if answers.certificate and not answers.parts:
        raise ValueError("a certificate of answers needs a threshold")
    for part in answers.parts:
        if (record := part.certificate) is None:
            continue
        here = {
            "of": (record.of, "answers"),
            "slice": (dict(record.slice), dict(part.slice)),
            "encoder": (record.encoder, manifest.encoder.fingerprint),
            "model": (record.model, answers.digest),
        }
        refuse_foreign("the certificate of answers", here)
        if part.answer_at < record.threshold:
            raise ValueError("answers are shown below the threshold of their certificate")
