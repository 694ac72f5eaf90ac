"""A shadow tags what the current bundle tagged, changes nothing, and is compared on the same tickets."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from serving.models import shadow as shadows
from serving.models import store
from serving.storage.model_tables import shadow_tags
from tests.serving.models.conftest import TriedDesk, filed
from tests.waiting import wait_until


def rows(desk: TriedDesk) -> list[Any]:
    return list(desk.database.read(lambda connection: connection.execute(sa.select(shadow_tags)).mappings().all()))


def counted(desk: TriedDesk, outcome: str) -> float:
    registry = desk.client.app.state.context.telemetry.registry
    return registry.get_sample_value("firstline_shadow_tickets_total", {"outcome": outcome}) or 0.0


def without_ids(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "id"}


def test_a_shadow_changes_no_response(tried: TriedDesk) -> None:
    before = [without_ids(tried.tag(number)) for number in range(30)]
    batch = [filed(number) for number in range(30)]
    before_all = tried.client.post("/v1/tags/batch", json={"tickets": batch}).json()["results"]

    tried.start_shadow()

    assert [without_ids(tried.tag(number)) for number in range(30)] == before
    after_all = tried.client.post("/v1/tags/batch", json={"tickets": batch}).json()["results"]
    assert [without_ids(each) for each in after_all] == [without_ids(each) for each in before_all]
    tried.compared(60)


def test_what_both_said_is_kept_for_each_head_without_a_text(tried: TriedDesk) -> None:
    tried.start_shadow()
    body = tried.tag(7)
    opened = tried.client.post("/v1/tickets", json={"subject": "csv export empty"}).json()

    tried.compared(2)
    found = {(row["subject"], row["head"]): row for row in rows(tried)}

    assert set(found) == {
        (subject, head) for subject in (body["id"], opened["id"]) for head in ("category", "priority")
    }
    for head, tag in body["tags"].items():
        row = found[body["id"], head]
        assert (row["label"], row["mode"]) == (tag["label"], tag["mode"])
        assert (row["model"], row["shadow"]) == (tried.current, tried.candidate)
        assert 0 <= row["shadow_confidence"] <= 1
    assert not any("csv" in str(value) for row in found.values() for value in row.values())


def test_the_report_has_agreement_automation_differences_and_who_was_right(tried: TriedDesk) -> None:
    tried.start_shadow()
    tagged = [tried.tag(number) for number in range(40)]
    tried.compared(40)
    said = {(row["subject"], row["head"]): row for row in rows(tried)}
    for each in tagged[:20]:
        tried.correct(each)

    report = tried.report()

    assert (report["shadow"], report["current"], report["running"]) == (tried.candidate, tried.current, True)
    assert report["window"]["from"] <= report["window"]["to"]
    alike = sum(
        all(said[each["id"], head]["label"] == said[each["id"], head]["shadow_label"] for head in each["tags"])
        for each in tagged
    )
    assert (report["agreement"]["k"], report["agreement"]["n"]) == (alike, 40)
    assert report["agreement"]["low"] <= alike / 40 <= report["agreement"]["high"]
    category = report["heads"]["category"]
    assert category["agreement"]["k"] + sum(each["n"] for each in category["differences"]) == 40
    assert category["auto_current"]["n"] == category["auto_shadow"]["n"] == 40
    corrected = category["corrected"]
    assert (corrected["n"], corrected["current_right"]["k"]) == (20, 0)
    assert corrected["only_shadow"] == corrected["shadow_right"]["k"]
    assert corrected["low"] <= corrected["difference"] <= corrected["high"]
    assert report["heads"]["priority"]["corrected"]["n"] == 0


def test_a_label_that_an_agent_set_on_a_ticket_counts_too(tried: TriedDesk) -> None:
    tried.start_shadow()
    opened = tried.client.post("/v1/tickets", json={"subject": "csv export empty"})
    tried.compared(1)
    other = "billing" if opened.json()["tags"]["category"]["label"] != "billing" else "bug"

    changed = tried.client.patch(
        f"/v1/tickets/{opened.json()['id']}",
        json={"tags": {"category": other}},
        headers={"If-Match": opened.headers["etag"]},
    )

    assert changed.status_code == 200, changed.text
    assert tried.report()["heads"]["category"]["corrected"]["current_right"] == {
        "k": 0, "n": 1, "share": 0.0, "low": 0.0, "high": pytest.approx(0.7935),
    }  # fmt: skip


def test_a_full_queue_drops_and_counts_and_no_response_waits(tried: TriedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    tried.start_shadow()
    go = threading.Event()
    tagged = shadows.ShadowTagging._tagged

    def held(self: Any, *given: Any) -> Any:
        assert go.wait(60)
        return tagged(self, *given)

    monkeypatch.setattr(shadows.ShadowTagging, "_tagged", held)
    batch = {"tickets": [filed(number) for number in range(200)]}
    for _ in range(3):
        assert tried.client.post("/v1/tags/batch", json=batch).status_code == 200
    assert counted(tried, "dropped") > 0
    go.set()

    wait_until(lambda: counted(tried, "tagged") + counted(tried, "dropped") == 600)


def test_a_shadow_that_fails_disturbs_nobody(tried: TriedDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(shadows.ShadowTagging, "_tagged", failing)
    tried.start_shadow()
    assert tried.tag(1)["model"]["version"] == tried.current
    wait_until(lambda: counted(tried, "failed") == 1)
    assert tried.report()["agreement"]["n"] == 0


def test_a_refused_shadow_leaves_the_current_bundle_alone_and_models_says_why(tried: TriedDesk) -> None:
    (tried.registry.path(tried.candidate) / "lexical.npz").write_bytes(b"not numpy")
    tried.start_shadow()

    shown = tried.models()

    assert (shown["shadow"]["loaded"], shown["refused"]) == (False, None)
    assert "lexical.npz" in shown["shadow"]["refused"]["reason"]
    assert "lexical.npz" in tried.client.get("/readyz").json()["notes"]["candidates"]
    assert tried.tag(1)["model"]["version"] == tried.current


def test_a_stopped_shadow_tags_no_more_and_its_report_stays(tried: TriedDesk) -> None:
    tried.start_shadow()
    tried.tag(1)
    tried.compared(1)

    tried.registry.stop_shadow()
    tried.reload()
    tried.tag(2)

    report = tried.report()
    assert (report["running"], report["shadow"], report["agreement"]["n"]) == (False, tried.candidate, 1)


def test_an_erasure_takes_what_a_shadow_said_of_the_ticket(tried: TriedDesk) -> None:
    tried.start_shadow()
    tried.tag(1, account="acme")
    tried.tag(2, account="other")
    tried.compared(2)

    erased = tried.client.post("/v1/erasures", json={"account": "acme"})

    assert erased.json()["erased"]["shadow_tags"] == 2
    assert tried.report()["agreement"]["n"] == 1


def test_old_rows_are_deleted(tried: TriedDesk, clock: Any) -> None:
    tried.start_shadow()
    tried.tag(1)
    tried.compared(1)
    at = clock.now()
    assert tried.database.write(lambda connection: store.forget_tags(connection, at)) == 0
    later = at + shadows.KEPT
    assert tried.database.write(lambda connection: store.forget_tags(connection, later)) == 2


def test_without_any_shadow_the_report_is_empty(tried: TriedDesk) -> None:
    report = tried.report()
    assert (report["shadow"], report["window"], report["heads"]) == (None, None, {})
    assert (report["agreement"]["n"], report["agreement"]["low"], report["agreement"]["high"]) == (0, 0.0, 1.0)
