"""Manifests that are whole: valid by default, and changed where a test is about something."""

from __future__ import annotations

from typing import Any

import msgspec

from triage.model.certificate import HeadCertificate
from triage.model.head_entry import Candidate, HeadEntry, Metrics, Trivial
from triage.model.manifest import EncoderRecord, Manifest, TaxonomyRecord
from triage.model.refit_record import SplitSizes, TicketData

CREATED_AT = "2026-03-01T00:00:00Z"


def a_head(head: str = "category", **changes: Any) -> HeadEntry:
    """Return an entry that promises nothing."""
    entry = HeadEntry(
        kind="linear",
        file=f"heads/{head}.npz",
        labels=("bug", "billing", "how_to"),
        temperature=1.0,
        suggest_at=0.3,
        taught_by_all=False,
        rung="fitted",
        n=80,
        rare={},
        choice=Candidate(
            kind="softmax", strength=1.0, lexical_weight=0.5, prior_shift=0.0, machines=None, n=None, accuracy=None,
            macro_f1=None,
        ),
        candidates=(),
        metrics=Metrics(n=100, accuracy=0.9, macro_f1=0.8),
        trivial=Trivial(label="bug", n=100, accuracy=0.4, macro_f1=0.1),
        parity=0.0,
        certificates=(),
        uncertified=(),
        certifiable=(),
        slices=(),
    )  # fmt: skip
    return msgspec.structs.replace(entry, **changes)


def a_certificate(**changes: Any) -> HeadCertificate:
    """Return a certificate of the head `category` for all tickets."""
    certificate = HeadCertificate(
        id="crt_1", alpha=0.05, delta=0.1, threshold=0.8, n=40, k=0, tickets=100, coverage=0.4, start=0.9, slice={},
        window=None, head="category", encoder="f" * 64, taxonomy="taxonomy-1", weights="0" * 64, temperature=1.0,
    )  # fmt: skip
    return msgspec.structs.replace(certificate, **changes)


def a_manifest(**changes: Any) -> Manifest:
    """Return a manifest without heads, of three tickets."""
    split = SplitSizes(how="by time: the newest measure", fit=1, calibrate=1, hold_out=1, repeats=0)
    manifest = Manifest(
        created_at=CREATED_AT,
        parent=None,
        code_version="0.1.0",
        encoder=EncoderRecord(name="hashing", fingerprint="f" * 64, dim=16),
        taxonomy=TaxonomyRecord(version="taxonomy-1", labels={}),
        data=TicketData(
            file="tickets.jsonl", sha256="0" * 64, tickets=3, window=None, quarantined=0, left_out={}, erased=0,
            overlay=None, ignored_columns={}, split=split, unlearnt=(), relabelled={},
        ),
        comparison=None,
        lineage=None,
        answers=None,
        heads={},
    )  # fmt: skip
    return msgspec.structs.replace(manifest, **changes)
