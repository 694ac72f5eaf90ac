"""Read the multi heads of a bundle; what contradicts the manifest is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.model.bundle_arrays import arrays_in, refuse_foreign, weights_of
from triage.model.classifier import Classifier
from triage.model.multi.head import MultiHead, rules_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from triage.model.bundle_files import SealedFolder
    from triage.model.lexical import Lexicon
    from triage.model.manifest import Manifest


def multi_heads_of(files: SealedFolder, lexicon: Lexicon, centres: NDArray[np.float32]) -> dict[str, MultiHead]:
    """Return the multi heads by name. Raises `ValueError`: arrays, thresholds or certificates do not fit."""
    found = {}
    for name, entry in files.manifest.multi.items():
        if not entry.labels or name in files.manifest.heads:
            raise ValueError(f"{name} has no label, or is a head of another kind, too")
        shapes = (centres.size, lexicon.n_features, len(entry.labels))
        weights = weights_of(arrays_in(files.read(entry.file)), shapes, 1.0)
        _check(name, files.manifest)
        rules = rules_of(entry, files.manifest.created_at)
        found[name] = MultiHead(Classifier(entry.names, weights, lexicon, centres), rules)
    return found


def _check(name: str, manifest: Manifest) -> None:
    """Refuse a certificate of another head, label, encoder, taxonomy or weights."""
    entry = manifest.multi[name]
    sealed = manifest.file(entry.file)
    for each in entry.labels:
        if (record := each.certificate) is None:
            continue
        here = {
            "head": (record.head, name),
            "label": (record.label, each.name),
            "encoder": (record.encoder, manifest.encoder.fingerprint),
            "taxonomy": (record.taxonomy, manifest.taxonomy.version),
            "weights": (record.weights, sealed and sealed.sha256),
        }
        refuse_foreign(f"the certificate of {name}, {each.name}", here)
        if not 0 < record.threshold <= 1:
            raise ValueError(f"the certificate of {name}, {each.name} has no threshold")
