"""Migrate a fitted bundle through taxonomy changes, without a refit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from msgspec import structs

from training.bundles import folder as bundle_folder
from training.bundles import held_out, multi_migration
from training.bundles.migrated_heads import BEGINNING, Moved, entry_of, moved
from training.errors import MigrationRefused
from training.evaluation import metrics as evaluation
from triage.instants import to_text
from triage.model.bundle_files import HOLDOUT
from triage.model.golden import Golden
from triage.model.head_entry import Metrics, Trivial
from triage.model.manifest import LineageRecord, TaxonomyRecord
from triage.model.merged_labels import fold
from triage.taxonomy.changes import Changes
from triage.taxonomy.heads import SHIPPED
from triage.taxonomy.labels import Taxonomy, seen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from training.bundles.comparison import Encode
    from training.bundles.held_out import HeldOut
    from triage.model.bundle import Bundle
    from triage.model.manifest import Manifest

GOLDEN, REPORT = "golden.json", "report.html"


@dataclass(frozen=True, slots=True)
class Migrated:
    """A migrated bundle that was written, and what became of each head."""

    manifest: Manifest
    heads: Mapping[str, Moved]


def migrate(bundle: Bundle, changes: Changes, out: Path, *, at: datetime, encode: Encode) -> Migrated:
    """Write the bundle as it is after the changes.

    Parameters
    ----------
    bundle
        As `firstline-train fit` wrote it, or as it was migrated before.
    changes
        All that ever happened to the labels; those that the bundle has seen already are left out.
    out
        The new bundle's folder.
    at
        Now.
    encode
        encode(bundle, texts): states by the bundle's own encoder; asked only where a head has to be measured again.

    Returns
    -------
    Migrated
        The weights are the same; touched heads are measured on the bundle's own held-out tickets.

    Raises
    ------
    MigrationRefused
        There is nothing to do, or the changes do not go on from those that the bundle has seen.
    NoRoomForBundle
        The folder holds something that is not a bundle.
    """
    bundle_folder.refuse_occupied(out)
    pending = _pending(bundle, changes)
    manifest = bundle.manifest
    today = pending.apply(_taxonomy(manifest), strict=False)
    heads = {head: moved(head, entry, pending) for head, entry in manifest.heads.items()}
    entries = {head: entry_of(manifest.heads[head], each, today.version, pending.all) for head, each in heads.items()}
    multi = {head: multi_migration.moved(head, each, pending, today.version) for head, each in manifest.multi.items()}
    rows = [_row(row, heads, pending) for row in held_out.read(bundle)]
    if multi:
        lists = (multi_migration.rows_of(row, multi, pending) for row in rows)
        rows = [replace(row, label_sets=own, guessed_sets=said) for row, (own, said) in zip(rows, lists, strict=True)]
    for head, each in heads.items():
        if each.touched:
            metrics, trivial = _measured(bundle, each, rows, encode)
            entries[head] = structs.replace(entries[head], metrics=metrics, trivial=trivial)
    lineage = manifest.label_history().followed_by(changes, today.version, manifest.spoken_labels())
    migrated = structs.replace(
        manifest.unsealed(),
        created_at=to_text(at),
        parent=bundle.id,
        migrated_from=bundle.id,
        taxonomy=TaxonomyRecord.of(today),
        lineage=LineageRecord.of(lineage),
        heads=entries,
        multi=multi,
        comparison=None,
    )
    written = {
        GOLDEN: _golden(bundle, heads).to_json(),
        HOLDOUT: held_out.write(rows),
        REPORT: _report(bundle, pending),
    }
    files = ((file.path, written.get(file.path) or bundle.read(file.path)) for file in manifest.files)
    return Migrated(bundle_folder.write(files, migrated, out), heads)


def _pending(bundle: Bundle, changes: Changes) -> Changes:
    """Return the changes that the bundle has not seen. Raises `MigrationRefused`."""
    made = {change.id: change for change in bundle.manifest.label_history().changes.all}
    given = {change.id for change in changes.all}
    if lost := [change for name, change in made.items() if name not in given]:
        raise MigrationRefused(
            bundle.id, f"it has seen that {lost[0].sentence}, which the file lacks; only append to it"
        )
    pending = Changes(tuple(change for change in changes.all if change.id not in made))
    if not pending.all:
        raise MigrationRefused(bundle.id, "it has seen all these changes")
    known = {head: set(names) for head, names in bundle.manifest.spoken_labels().items()}
    for head, entry in bundle.manifest.heads.items():
        known[head] |= set(entry.rare)
    for head, several in bundle.manifest.multi.items():
        known[head] |= set(several.rare)
    for change in pending.all:
        there = known.setdefault(change.head, set())
        if change.before and not there & set(change.before):
            said = ", ".join(sorted(there)) or "none"
            raise MigrationRefused(bundle.id, f"{change.sentence}, but {change.head} has no such label; it has: {said}")
        there |= set(change.after)
    return pending


def _taxonomy(manifest: Manifest) -> Taxonomy:
    """Return a bundle's labels with their descriptions."""
    known = Taxonomy(manifest.taxonomy.labels, manifest.taxonomy.heads or SHIPPED)
    return seen(manifest.spoken_labels(), known)


def _row(row: HeldOut, heads: Mapping[str, Moved], pending: Changes) -> HeldOut:
    """Put a held-out ticket, and what the heads said of it, in today's words."""
    labels = {}
    for head, label in row.labels.items():
        now = pending.trace(head, label, BEGINNING, lambda change: change.told_by(row.text)).label
        if now is not None:
            labels[head] = now
    guesses = {}
    for head, label in row.guesses.items():
        each = heads.get(head)
        guesses[head] = each.now(label) if each else label
    return replace(row, labels=labels, guesses=guesses)


def _measured(bundle: Bundle, head: Moved, rows: Sequence[HeldOut], encode: Encode) -> tuple[Metrics, Trivial]:
    """Measure a touched head on the bundle's held-out tickets."""
    own = [row for row in rows if head.head in row.labels]
    threshold = bundle.manifest.heads[head.head].suggest_at
    truth = [row.labels[head.head] for row in own]
    if not own:
        return Metrics(n=0), Trivial(label=head.labels[0], n=0)
    texts = [row.text for row in own]
    probabilities = _folded(bundle.predict(texts, encode(bundle, texts))[head.head], head)
    metrics = evaluation.measure(truth, probabilities, head.labels, threshold)
    guesses = [head.labels[column] for column in probabilities.argmax(axis=1)]
    shown = (probabilities.max(axis=1) >= threshold) & np.array([guess not in head.withdrawn for guess in guesses])
    wrong = np.array([guess != label for guess, label in zip(guesses, truth, strict=True)])
    risk = float(wrong[shown].mean()) if shown.any() else None
    metrics = structs.replace(metrics, coverage=float(shown.mean()), selective_risk=risk)
    return metrics, evaluation.trivial(truth, truth)


def _golden(bundle: Bundle, heads: Mapping[str, Moved]) -> Golden:
    found = bundle.golden.probabilities
    folded = {head: _folded(rows, heads[head]) for head, rows in found.items()}
    return Golden(bundle.golden.texts, folded, bundle.golden.cosines)


def _folded(probabilities: NDArray[np.float64], head: Moved) -> NDArray[np.float64]:
    """Return what the head says after the changes: the softmax of the largest scores of each label's columns."""
    folded = fold(probabilities, head.places)
    return np.asarray(folded / folded.sum(axis=1, keepdims=True), dtype=np.float64)


def _report(bundle: Bundle, pending: Changes) -> bytes:
    """Say on top of the report which labels its figures do not know."""
    said = "; ".join(change.sentence for change in pending.all).replace("&", "&amp;").replace("<", "&lt;")
    note = f"<p><strong>The labels have changed since this report was written: {said}.</strong></p>"
    head, body, rest = bundle.read(REPORT).decode().partition("<body>")
    return (head + body + note + rest if body else note + head).encode()
