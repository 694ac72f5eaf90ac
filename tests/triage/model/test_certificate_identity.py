"""Under what a certificate is watched: what people answered stays with the weights that it is about."""

from __future__ import annotations

import msgspec
import pytest

from triage.model.certificate import HeadCertificate, MigratedFrom

CERTIFICATE = HeadCertificate(
    id="", alpha=0.05, delta=0.1, threshold=0.8, n=200, k=3, tickets=400, coverage=0.5, start=0.9, slice={},
    window=None, head="category", encoder="e1", taxonomy="t1", weights="w1", temperature=1.1,
).sealed()  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"issued_at": "2026-03-01T00:00:00Z", "expires_at": "2026-05-30T00:00:00Z"},
        {"kind": "audit", "asked": 136, "threshold": 0.7, "n": 260, "k": 4, "delta": 0.03},
        {"taxonomy": "t2", "migrated": MigratedFrom(certificate="crt_1", taxonomy="t1", changes=("c1",))},
    ],
    ids=["issued again", "certified by an audit", "under new names of labels"],
)
def test_a_promise_of_the_same_weights_keeps_its_watch(changes: dict[str, object]) -> None:
    again = msgspec.structs.replace(CERTIFICATE, **changes).sealed()

    assert again.id != CERTIFICATE.id
    assert again.watched_as == CERTIFICATE.watched_as


@pytest.mark.parametrize(
    "changes",
    [{"weights": "w2"}, {"temperature": 1.2}, {"head": "priority"}, {"slice": {"language": "de"}}, {"alpha": 0.02}],
    ids=["a refit", "another temperature", "another head", "another slice", "another promise"],
)
def test_anything_else_is_watched_from_the_start(changes: dict[str, object]) -> None:
    assert msgspec.structs.replace(CERTIFICATE, **changes).watched_as != CERTIFICATE.watched_as
