"""A canary serves a share of tickets by hash, and goes back by itself, once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from litestar.testing import TestClient

from serving.app import create_app
from serving.inference import candidates as loading
from serving.inference.candidates import Candidates, drawn
from serving.inference.tagger import Tagger, TicketText
from serving.settings import Settings
from serving.storage.job_tables import outbox_events
from tests.fakes import FrozenClock
from tests.serving.models.conftest import TriedDesk, filed
from tests.waiting import wait_until
from triage.model.registry import Registry

TICKETS = 2_000


def by_candidate(desk: TriedDesk, body: dict[str, Any]) -> bool:
    served: bool = body["model"]["version"] == desk.candidate
    return served


def events(desk: TriedDesk) -> list[Any]:
    asked = sa.select(outbox_events).where(outbox_events.c.type == "model.canary_reverted")
    return list(desk.database.read(lambda connection: connection.execute(asked).mappings().all()))


def reverted(desk: TriedDesk) -> dict[str, Any]:
    """Return why the canary went back, once its pointer is gone."""
    wait_until(lambda: desk.registry.canary() is None, "it did not go back")
    shown = desk.models()
    assert shown["canary"] is None
    found: dict[str, Any] = shown["reverted"]
    return found


class TestWhoGetsIt:
    @pytest.mark.parametrize("share", [0.01, 0.1, 0.2, 0.5])
    def test_its_share_of_the_tickets_is_what_was_asked_for(self, share: float) -> None:
        """Within four standard deviations of a binomial."""
        for version in ("a" * 64, "b" * 64, "c" * 64):
            n = sum(drawn(version, TicketText("", "", external_id=f"t-{k}").identity) < share for k in range(TICKETS))
            assert abs(n - TICKETS * share) <= 4 * math.sqrt(TICKETS * share * (1 - share))

    def test_the_hash_is_the_same_in_every_version_of_firstline(self) -> None:
        """A changed hash would give repeats of a ticket another model in the middle of a canary."""
        assert drawn("v1", "id zd-91") == pytest.approx(0.66730314, abs=1e-8)
        assert drawn("v1", "text a\nb") == pytest.approx(0.33287104, abs=1e-8)

    def test_a_larger_share_keeps_the_tickets_of_a_smaller_one(self) -> None:
        draws = [drawn("v1", f"id {k}") for k in range(TICKETS)]
        assert {k for k, x in enumerate(draws) if x < 0.1} < {k for k, x in enumerate(draws) if x < 0.2}

    def test_other_candidates_get_other_tickets(self) -> None:
        both = sum(drawn("v1", f"id {k}") < 0.5 and drawn("v2", f"id {k}") < 0.5 for k in range(TICKETS))
        assert 0.2 < both / TICKETS < 0.3

    def test_a_ticket_without_an_id_is_known_by_its_text(self) -> None:
        assert TicketText(" a ", "b\n").identity == TicketText("a", "b").identity != TicketText("a", "c").identity
        assert TicketText("a", "b", external_id="7").identity == TicketText("x", "y", external_id="7").identity

    def test_a_repeat_of_a_ticket_gets_the_same_model_alone_and_in_a_batch(self, tried: TriedDesk) -> None:
        tried.start_canary(0.4)
        alone = [by_candidate(tried, tried.tag(number)) for number in range(60)]
        assert 5 <= sum(alone) <= 45
        assert [by_candidate(tried, tried.tag(number, description="Once more.")) for number in range(60)] == alone

        batch = tried.client.post("/v1/tags/batch", json={"tickets": [filed(number) for number in range(60)]}).json()
        assert [by_candidate(tried, body) for body in batch["results"]] == alone

    def test_each_ticket_of_a_batch_is_answered_as_alone(self, tried: TriedDesk) -> None:
        tried.start_canary(0.4)
        batch = tried.client.post("/v1/tags/batch", json={"tickets": [filed(number) for number in range(40)]}).json()
        for number, body in enumerate(batch["results"]):
            assert {**tried.tag(number), "id": None} == {**body, "id": None}

    def test_the_desks_own_tickets_go_by_the_same_hash(self, tried: TriedDesk) -> None:
        tried.start_canary(0.5)
        for number in range(20):
            body = tried.tag(number)
            opened = tried.client.post("/v1/tickets", json=filed(number)).json()
            assert opened["tags"]["category"]["by"] == f"model:{body['model']['version']}"

    def test_a_client_of_a_taxonomy_that_the_canary_does_not_know_gets_the_current_bundle(
        self, tried: TriedDesk
    ) -> None:
        tried.start_canary(0.5)
        spoken = tried.tag(0)["model"]["taxonomy"]
        theirs = {"Firstline-Taxonomy": spoken}
        answers = [tried.client.post("/v1/tags", json=filed(k), headers=theirs) for k in range(20)]
        assert {each.status_code for each in answers} == {200}


class TestItGoesBack:
    def test_when_persons_correct_it_more_often(self, tried: TriedDesk) -> None:
        tried.start_canary(0.2)
        corrected = 0
        for number in range(400):
            body = tried.tag(number)
            if by_candidate(tried, body):
                tried.correct(body)
                corrected += 1
            if corrected == 8 or tried.registry.canary() is None:
                break
        why = reverted(tried)

        assert (why["version"], why["current"], why["reason"]) == (tried.candidate, tried.current, "corrected")
        assert re.search(r"has (\d+) of the \1 corrected ones", why["explanation"]), why
        (event,) = events(tried)
        assert (event["data"]["version"], event["data"]["reason"]) == (tried.candidate, "corrected")
        assert not any(by_candidate(tried, tried.tag(number)) for number in range(40))
        metric = tried.client.app.state.context.telemetry.registry.get_sample_value
        assert metric("firstline_canary_reverted_total", {"reason": "corrected"}) == 1

    def test_and_not_when_both_are_corrected_alike(self, tried: TriedDesk) -> None:
        tried.start_canary(0.5)
        served: dict[bool, int] = {True: 0, False: 0}
        for number in range(60):
            body = tried.tag(number)
            mine = by_candidate(tried, body)
            if served[mine] < 10:
                tried.correct(body)
                served[mine] += 1
        shown = tried.models()["canary"]
        assert (shown["corrected"], shown["current_corrected"]) == (10, 10)
        assert (shown["tagged"] + shown["current_tagged"], shown["evidence"] < 1) == (60, True)

    def test_a_ticket_counts_once_however_often_it_is_sent_and_corrected(self, tried: TriedDesk) -> None:
        tried.start_canary(0.5)
        number = next(k for k in range(100) if by_candidate(tried, tried.tag(k)))
        before = tried.models()["canary"]
        for _ in range(5):
            body = tried.tag(number)
            tried.correct(body)
            tried.correct(body, head="priority")
        after = tried.models()["canary"]
        assert (after["corrected"], after["tagged"]) == (1, before["tagged"])

    def test_a_person_who_agrees_corrects_nothing(self, tried: TriedDesk) -> None:
        tried.start_canary(0.5)
        for number in range(20):
            body = tried.tag(number)
            if body["tags"]["category"]["label"] is not None:
                agreed = {"category": body["tags"]["category"]["label"], "actor": "ana"}
                tried.client.post(f"/v1/tags/{body['id']}/correction", json=agreed)
        shown = tried.models()["canary"]
        assert (shown["corrected"], shown["current_corrected"]) == (0, 0)

    def test_at_once_when_it_fails_and_the_ticket_is_tagged_by_the_current_bundle(
        self, tried: TriedDesk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried.start_canary(0.5)
        assess = Tagger._assess

        def failing(self: Tagger, model: Any, *given: Any) -> Any:
            if model.version == tried.candidate:
                raise ZeroDivisionError
            return assess(self, model, *given)

        monkeypatch.setattr(Tagger, "_assess", failing)
        assert {tried.tag(number)["model"]["version"] for number in range(20)} == {tried.current}
        assert reverted(tried)["reason"] == "failed"
        assert len(events(tried)) == 1

    def test_when_it_is_refused_and_the_current_bundle_goes_on(self, tried: TriedDesk) -> None:
        (tried.registry.path(tried.candidate) / "lexical.npz").write_bytes(b"not numpy")
        tried.registry.start_canary(tried.candidate, 0.5)
        tried.reload()
        assert {tried.tag(number)["model"]["version"] for number in range(10)} == {tried.current}
        why = reverted(tried)
        assert (why["reason"], "lexical.npz" in why["explanation"]) == ("refused", True)

    def test_when_it_is_much_slower(self, registry: Registry, tmp_path: Path) -> None:
        found = running(registry, tmp_path)
        for _ in range(20):
            found.took(0.02, canary=False)
            found.took(0.10, canary=True)
        assert found.trouble is None, "three times 20 ms and 50 ms are allowed"
        for _ in range(50):
            found.took(0.12, canary=True)
        assert found.trouble is not None
        assert (found.trouble.reason, "0.12 s" in found.trouble.explanation) == ("slow", True)

    def test_and_a_new_start_begins_anew(self, tried: TriedDesk, clock: FrozenClock) -> None:
        tried.start_canary(0.5)
        wrong = [body for number in range(60) if by_candidate(tried, body := tried.tag(number))][:12]
        for body in wrong:
            tried.correct(body)
        reverted(tried)
        clock.advance(timedelta(minutes=1))

        tried.start_canary(0.5)

        shown = tried.models()["canary"]
        assert (shown["corrected"], shown["tagged"], shown["evidence"]) == (0, 0, 1.0)
        assert any(by_candidate(tried, tried.tag(number)) for number in range(60))


def running(registry: Registry, folder: Path) -> Candidates:
    from serving.inference.live_models import LiveModels
    from serving.telemetry import Telemetry

    clock, telemetry = FrozenClock(), Telemetry()
    models = LiveModels(registry, folder / "no-sample", clock, telemetry)
    models.reload()
    (candidate,) = set(registry.versions()) - {registry.current_id()}
    registry.start_canary(candidate, 0.5)
    found = Candidates(registry, models, clock, telemetry)
    found.watch(clock.now())
    assert found.status.canary is not None
    assert found.status.canary.encoder is models.take().encoder, "two sessions of one encoder"
    return found


def test_shadow_and_canary_of_one_bundle_are_loaded_once(registry: Registry, tmp_path: Path, monkeypatch: Any) -> None:
    found = running(registry, tmp_path)
    monkeypatch.setattr(loading, "load", None)  # nothing more is loaded
    (candidate,) = set(registry.versions()) - {registry.current_id()}
    registry.start_shadow(candidate)
    found.watch(FrozenClock().now())
    assert found.shadow is not None
    assert found.shadow.version == candidate
    assert found.status.refused == {}


def test_a_restart_keeps_shadow_canary_and_what_was_corrected(
    tried: TriedDesk, home: Path, tmp_path: Path, clock: FrozenClock, make_key: Callable[..., dict[str, str]]
) -> None:
    tried.start_shadow()
    tried.start_canary(0.5)
    served = [by_candidate(tried, tried.tag(number)) for number in range(40)]
    for number in [k for k, mine in enumerate(served) if mine][:2]:
        tried.correct(tried.tag(number))
    before = tried.models()
    tried.client.__exit__()

    again = create_app(Settings(home=home, sample=tmp_path / "no-sample", demo=False), clock=clock)
    with TestClient(again) as client:
        client.headers.update(make_key("admin"))
        desk = TriedDesk(client, tried.registry, tried.current, tried.candidate)
        wait_until(lambda: desk.models()["canary"]["loaded"] and desk.models()["shadow"]["loaded"])
        assert desk.models()["canary"] == before["canary"]
        assert [by_candidate(desk, desk.tag(number)) for number in range(40)] == served
    tried.client.__enter__()


def test_another_bundle_that_becomes_current_ends_the_canary(tried: TriedDesk) -> None:
    tried.start_canary(0.5)
    tried.registry.make_current(tried.candidate)
    tried.reload()
    shown = tried.models()
    assert (shown["canary"], shown["reverted"], shown["current"]["version"]) == (None, None, tried.candidate)
    assert events(tried) == []
