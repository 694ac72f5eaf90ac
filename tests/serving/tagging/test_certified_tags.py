"""Certified tags over HTTP: plan and language choose the certificate, and the answer says what it is worth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.inference.loaded_model import LoadedModel
from tests.fakes import FixedBundle, HashingEncoder
from tests.serving.conftest import Client, a_model
from triage.model.assessment import HeadThresholds, Leaf
from triage.model.certificate import Certificate

WINDOW = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
CERTIFICATE = Certificate(
    "crt_1", threshold=0.8, alpha=0.05, delta=0.03, n=200, k=3, coverage=0.4, window=WINDOW, slice={"plan": "premium"}
)
RULE = HeadThresholds(
    0.5, (Leaf({"plan": "premium"}, CERTIFICATE), Leaf({"plan": "*"}, uncertified="about 90 more labels"))
)


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel:
    described = replace(RULE, rung="described")
    return a_model(encoder, FixedBundle(ruled={"category": RULE, "priority": described}))


def test_a_tag_that_is_applied_names_its_certificate_and_the_answer_spells_it_out(knowing: Client) -> None:
    body = knowing.post("/v1/tags", json={"subject": "CSV export is empty", "plan": "premium"}).json()
    assert (body["tags"]["category"]["mode"], body["tags"]["category"]["certificate"]) == ("auto", "crt_1")
    assert body["certificates"] == {
        "crt_1": {
            "kind": "closed_labels",
            "alpha": 0.05,
            "delta": 0.03,
            "n": 200,
            "k": 3,
            "threshold": 0.8,
            "coverage": 0.4,
            "window": WINDOW,
            "slice": {"plan": "premium"},
            "bundle": "bundle-1",
            "taxonomy": "taxonomy-1",
        }
    }


@pytest.mark.parametrize("plan", ["standard", None])
def test_the_same_ticket_of_a_slice_without_a_certificate_is_a_suggestion(knowing: Client, plan: str | None) -> None:
    body = knowing.post("/v1/tags", json={"subject": "CSV export is empty", "plan": plan}).json()
    tag = body["tags"]["category"]
    assert (tag["mode"], tag["certificate"], body["certificates"]) == ("suggest", None, {})
    assert tag["reason_code"] == "no_certificate"
    assert "another plan yet" in tag["reason"]


def test_each_tag_says_what_its_head_has_learnt_from_and_descriptions_never_apply_one(knowing: Client) -> None:
    tags = knowing.post("/v1/tags", json={"subject": "CSV export is empty", "plan": "premium"}).json()["tags"]
    assert {head: tag["rung"] for head, tag in tags.items()} == {
        "category": "fitted",
        "priority": "described",
        "product_area": "fitted",
    }
    assert tags["priority"]["mode"] == "suggest"


def test_the_ticket_desk_chooses_the_certificate_as_the_tag_routes_do(knowing: Client) -> None:
    filed = {"subject": "CSV export is empty", "description": "No rows.", "channel": "email"}
    modes = {
        plan: knowing.post("/v1/tickets", json=filed | {"plan": plan}).json()["tags"]["category"]["mode"]
        for plan in ("premium", "standard")
    }
    assert modes == {"premium": "auto", "standard": "suggest"}
