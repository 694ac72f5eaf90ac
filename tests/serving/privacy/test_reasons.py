"""Reasons that somebody typed for a change name nobody who was erased."""

from __future__ import annotations

from datetime import timedelta

from litestar import Litestar
from litestar.testing import TestClient

from serving.changes.edit import Edit
from serving.keys.api_keys import KeyStore, Scope, id_of
from serving.settings import Settings
from tests.conftest import on_both_engines
from tests.fakes import FrozenClock

ANN = "ann.quibble@example.com"


@on_both_engines
def test_reasons_of_keys_and_articles_name_nobody_who_was_erased(
    client: TestClient[Litestar], keys: KeyStore, clock: FrozenClock, settings: Settings
) -> None:
    at = clock.advance(timedelta(seconds=1))
    made = keys.create(Scope.AGENT, at=at, edit=Edit(at=at, by=ANN, because=f"{ANN} asked for it"))
    keys.revoke(id_of(made), at=at, edit=Edit(at=at, by="bo", because=f"complaint of {ANN.upper()}"))
    article = {"title": "Reset", "body": "Open the page."}
    client.put("/v1/articles/reset", json=article, headers={"Change-Reason": f"{ANN} did not find it"})
    counts = client.post("/v1/erasures", json={"email": ANN}).json()["erased"]
    assert (counts["keys"], counts["changes"]) == (1, 1)
    said = [(each["by"], each["because"]) for each in client.get("/v1/audit").json()["changes"]]
    assert ("[erased]", "[erased] asked for it") in said
    assert ("bo", "complaint of [erased]") in said
    assert "quibble" not in str(said).lower()
    assert not [path.name for path in settings.home.glob("keys.db*") if b"quibble" in path.read_bytes().lower()]
