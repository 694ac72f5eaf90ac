"""A certificate ends by what people answer about audited tags, or by its age; and what the service says of it then."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from serving.settings import Settings
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.certificates.watched_desk import WatchedDesk, a_certified, opened
from tests.serving.conftest import a_model
from triage.reason_codes import LONGEST_REASON

AGENT = Callable[..., dict[str, str]]


def test_an_audited_tag_is_a_suggestion_that_says_why_and_waits_in_the_queue(desk: WatchedDesk) -> None:
    tagged = desk.tag()
    tag = tagged["tags"]["category"]
    assert (tag["mode"], tag["label"], tag["reason_code"]) == ("suggest", "bug", "audited")
    assert "confirm or correct" in tag["reason"]
    assert tag["certificate"] == "crt_1"
    (waiting,) = desk.queue()
    assert (waiting["tagging_id"], waiting["head"], waiting["label"]) == (tagged["id"], "category", "bug")
    assert waiting["probability"] == 1.0
    watch = desk.certificate()["watch"]
    assert (watch["answers"], watch["open"], watch["wealth"]) == (0, 1, 1.0)


def test_the_list_of_the_live_bundle_says_the_same_of_each_head(desk: WatchedDesk) -> None:
    (shown,) = desk.client.get("/v1/models").json()["current"]["certificates"]["category"]
    assert (shown["id"], shown["kind"], shown["state"]) == ("crt_1", "closed_labels", "valid")
    assert (shown["issued_at"], shown["expires_at"]) == ("2026-03-02T10:00:00Z", "2026-05-31T10:00:00Z")


def test_the_same_label_confirms_and_another_says_that_it_is_wrong(desk: WatchedDesk) -> None:
    for label in ("bug", "billing"):
        desk.correct(desk.tag()["id"], label)
    assert desk.queue() == []
    assert [each["answered_label"] for each in desk.queue("right")] == ["bug"]
    assert [each["answered_label"] for each in desk.queue("wrong")] == ["billing"]
    watch = desk.certificate()["watch"]
    assert (watch["answers"], watch["wrong"], watch["open"]) == (2, 1, 0)


def test_an_answer_that_repeats_counts_once_and_one_that_changes_is_replaced(desk: WatchedDesk) -> None:
    tagged = desk.tag()["id"]
    desk.correct(tagged, "billing")
    once = desk.certificate()["watch"]
    desk.correct(tagged, "billing")
    assert desk.certificate()["watch"] == once
    desk.correct(tagged, "bug")
    changed = desk.certificate()["watch"]
    assert (changed["answers"], changed["wrong"]) == (1, 0)
    assert changed["wealth"] < 1 < once["wealth"]


def test_wrong_answers_end_it_for_good_with_one_event_and_the_tags_are_suggested(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT
) -> None:
    model, key = a_model(encoder, a_certified(clock)), make_key("admin")
    with opened(settings, clock, model, key) as desk:
        desk.correct(desk.tag()["id"], "billing")
        assert desk.certificate()["state"] == "valid"
    with opened(settings, clock, model, key) as desk:  # restarted: what was answered before counts
        assert desk.certificate()["watch"]["wrong"] == 1
        desk.correct(desk.tag()["id"], "billing")
        last = desk.tag()["id"]
        desk.correct(last, "billing")
        found = desk.certificate()
        assert (found["state"], found["ended_at"]) == ("expired", "2026-03-02T10:00:00Z")
        assert "found 3 of 3 wrong" in found["why"]
        tag = desk.tag()["tags"]["category"]
        assert (tag["mode"], tag["label"], tag["reason_code"]) == ("suggest", "bug", "certificate_expired")
        assert (tag["certificate"], len(tag["reason"]) <= LONGEST_REASON) == (None, True)
        desk.correct(last, "bug")  # a later answer does not bring it back
        assert desk.certificate()["state"] == "expired"
        (event,) = desk.events()
        assert (event["id"], event["head"], event["why"], event["wrong"]) == ("crt_1", "category", "risk", 3)
        metrics = desk.client.get("/metrics").text
        assert 'firstline_certificate_valid{certificate="crt_1",head="category"} 0.0' in metrics
    with opened(settings, clock, model, key) as desk:
        assert desk.tag()["tags"]["category"]["reason_code"] == "certificate_expired"
        note = desk.client.get("/readyz").json()["notes"]["certificates"]
        assert note == "The certificate of category expired: its tags are only suggested."
        desk.look()
        assert len(desk.events()) == 1


def test_readiness_notes_that_too_few_checks_are_answered(desk: WatchedDesk) -> None:
    tagged = [desk.tag()["id"] for _ in range(30)]
    desk.look()
    note = desk.client.get("/readyz").json()["notes"]["certificates"]
    assert note == "Of 30 checks of category 0% are answered: 90% are needed."
    for each in tagged[:27]:
        desk.correct(each, "bug")
    assert "certificates" not in desk.client.get("/readyz").json()["notes"]


def test_a_renewed_certificate_begins_anew(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT
) -> None:
    key = make_key("admin")
    with opened(settings, clock, a_model(encoder, a_certified(clock)), key) as desk:
        for _ in range(3):
            desk.correct(desk.tag()["id"], "billing")
    renewed = a_certified(clock, id="crt_2", watched_as="crt_2", kind="audit")
    with opened(settings, clock, a_model(encoder, renewed), key) as desk:
        found = desk.certificate()
        assert (found["id"], found["kind"], found["state"], found["watch"]["answers"]) == ("crt_2", "audit", "valid", 0)
        assert desk.tag()["tags"]["category"]["reason_code"] == "audited"


def test_new_names_of_labels_do_not_bring_an_ended_certificate_back(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT
) -> None:
    key = make_key("admin")
    with opened(settings, clock, a_model(encoder, a_certified(clock)), key) as desk:
        for _ in range(3):
            desk.correct(desk.tag()["id"], "billing")
    with opened(settings, clock, a_model(encoder, a_certified(clock, id="crt_renamed")), key) as desk:
        assert desk.certificate()["state"] == "expired"


def test_it_lapses_after_its_last_day_and_an_event_says_so_once(desk: WatchedDesk) -> None:
    assert desk.certificate()["expires_at"] == "2026-05-31T10:00:00Z"
    desk.clock.advance(timedelta(days=90))
    found = desk.certificate()
    assert (found["state"], found["ended_at"]) == ("lapsed", "2026-05-31T10:00:00Z")
    assert "not renewed" in found["why"]
    tag = desk.tag()["tags"]["category"]
    assert (tag["mode"], tag["reason_code"]) == ("suggest", "certificate_lapsed")
    desk.look()
    desk.look()
    assert [event["why"] for event in desk.events()] == ["age"]


class TestAPlainShare:
    """Where no tag is audited: all are applied, and corrections are hints at most."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, audited_share=0.0)

    def test_corrections_of_applied_tags_end_nothing(self, desk: WatchedDesk) -> None:
        applied = [desk.tag() for _ in range(20)]
        assert {each["tags"]["category"]["mode"] for each in applied} == {"auto"}
        desk.client.app.state.certificate_watch.flush()
        for each in applied:
            desk.correct(each["id"], "billing")
        found = desk.certificate()
        assert (found["state"], found["watch"]["answers"], found["watch"]["corrections"]) == ("valid", 0, 20)
        assert desk.events() == []


class TestACorrectedDesk:
    """Where a share is audited, corrections raise it."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, audited_share=1e-9)

    def test_corrections_of_applied_tags_raise_the_share_that_is_checked(self, desk: WatchedDesk) -> None:
        before = desk.certificate()["watch"]["share"]
        applied = [desk.tag()["id"] for _ in range(20)]
        desk.client.app.state.certificate_watch.flush()
        for each in applied:
            desk.correct(each, "billing")
        assert (before, desk.certificate()["watch"]["share"]) == (0.0, 0.3)


def test_the_queue_names_the_ticket_as_the_helpdesk_does(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT
) -> None:
    with opened(settings, clock, a_model(encoder, a_certified(clock)), make_key("admin")) as desk:
        known = {"subject": "CSV export is empty", "external_id": "zd-4711"}
        tagging = desk.client.post("/v1/tags", json=known).json()["id"]
        desk.tag()

        named = {each["tagging_id"] == tagging: each["external_id"] for each in desk.queue()}
        assert named == {True: "zd-4711", False: None}


def test_the_log_says_once_that_it_ended(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT, log: io.StringIO
) -> None:
    with opened(settings, clock, a_model(encoder, a_certified(clock)), make_key("admin")) as desk:
        for _ in range(3):
            desk.correct(desk.tag()["id"], "billing")
        desk.look()
        desk.look()

    said = [json.loads(line) for line in log.getvalue().splitlines() if "certificate.ended" in line]
    assert [(each["certificate"], each["head"], each["state"]) for each in said] == [("crt_1", "category", "expired")]
