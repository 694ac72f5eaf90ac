"""The never-miss floor over HTTP: it raises what the model finds harmless, says by what, and leaves agents alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from tests.fakes import FixedBundle, HashingEncoder
from tests.serving.conftest import Client, a_model
from triage.model.assessment import HeadThresholds, Leaf
from triage.model.certificate import Certificate
from triage.model.critical import Emergency

CALM = {"category": {"bug": 0.9, "how_to": 0.1}, "priority": {"P3": 0.9, "P1": 0.06, "P0": 0.04}}
SURE = HeadThresholds(0.5, leaves=(Leaf(certificate=Certificate("c-1", 0.8, 0.05, 0.1, 100, 1)),))


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel:
    """A model to which everything is P3, certified."""
    return a_model(encoder, FixedBundle(says=CALM, ruled={"priority": SURE}))


def priority(client: Client, subject: str) -> dict[str, object]:
    answer = client.post("/v1/tags", json={"subject": subject})
    assert answer.status_code == 200
    tag: dict[str, object] = answer.json()["tags"]["priority"]
    return tag


def test_a_phrase_raises_a_certified_tag_to_a_suggestion_that_says_why(client: Client) -> None:
    tag = priority(client, "Data loss since the update")
    assert (tag["label"], tag["mode"], tag["certificate"], tag["raised_by"]) == ("P0", "suggest", None, "lexicon")
    assert str(tag["reason"]).startswith('Raised from P3 to P0: the text says "data loss"')
    assert tag["alternatives"][0] == {"label": "P3", "confidence": 0.9}  # type: ignore[index]
    assert tag["confidence"] == 0.04


def test_without_an_alarm_the_certified_tag_is_applied(client: Client) -> None:
    tag = priority(client, "A question about no data loss at all")
    assert (tag["label"], tag["mode"], tag["certificate"], tag["raised_by"]) == ("P3", "auto", "c-1", None)


def test_team_and_deadlines_follow_the_raised_priority(client: Client) -> None:
    answer = client.post("/v1/tags", json={"subject": "production is down", "plan": "enterprise"}).json()
    assert (answer["team"], answer["tier"]) == ("engineering", "T3")
    assert answer["sla"]["target"]["first_response_by"] == "2026-03-02T10:15:00Z"  # 15 minutes


def test_raised_priorities_are_counted_by_what_raised_them(client: Client) -> None:
    priority(client, "sev1")
    assert 'firstline_raised_total{by="lexicon"} 1.0' in client.get("/metrics").text
    assert 'firstline_tags_total{head="priority",mode="suggest"} 1.0' in client.get("/metrics").text


def test_every_ticket_of_a_batch_is_looked_at(client: Client) -> None:
    tickets = [{"subject": "Where is the export?"}, {"subject": "SEV1"}, {"subject": "Niemand kann sich einloggen"}]
    results = client.post("/v1/tags/batch", json={"tickets": tickets}).json()["results"]
    assert [each["tags"]["priority"]["label"] for each in results] == ["P3", "P0", "P0"]


def test_an_opened_ticket_keeps_what_raised_it(client: Client) -> None:
    opened = client.post("/v1/tickets", json={"subject": "SEV1", "description": "all red", "channel": "email"}).json()
    again = client.get(f"/v1/tickets/{opened['id']}").json()
    assert again["tags"]["priority"]["label"] == "P0"
    assert again["tags"]["priority"]["raised_by"] == "lexicon"


def test_what_an_agent_says_is_never_raised(client: Client) -> None:
    tagged = client.post("/v1/tags", json={"subject": "data loss"}).json()
    corrected = client.post(f"/v1/tags/{tagged['id']}/correction", json={"priority": "P3", "actor": "ana"}).json()
    assert (corrected["tags"]["priority"]["label"], corrected["tags"]["priority"]["mode"]) == ("P3", "agent")
    assert corrected["tags"]["priority"]["raised_by"] is None
    opened = client.post("/v1/tickets", json={"subject": "data loss", "description": "", "channel": "email"}).json()
    version = client.get(f"/v1/tickets/{opened['id']}").headers["etag"]
    changed = client.patch(
        f"/v1/tickets/{opened['id']}", json={"tags": {"priority": "P4"}}, headers={"If-Match": version}
    )
    assert changed.status_code == 200
    assert changed.json()["tags"]["priority"]["label"] == "P4"
    assert client.get(f"/v1/tickets/{opened['id']}").json()["tags"]["priority"]["label"] == "P4"


class TestACut:
    """Where training could set a cut."""

    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel:
        return a_model(encoder, FixedBundle(says=CALM, ruled={"priority": SURE}, urgent_cut=0.1))

    def test_it_raises_a_ticket_without_any_phrase_by_one_level(self, client: Client) -> None:
        tag = priority(client, "Where is the export?")
        assert (tag["label"], tag["mode"], tag["raised_by"], tag["confidence"]) == ("P2", "suggest", "cut", 0.1)
        assert "P0 or P1 has probability 0.10" in str(tag["reason"])

    def test_a_phrase_of_a_more_urgent_priority_goes_further(self, client: Client) -> None:
        assert priority(client, "data loss")["label"] == "P0"


@dataclass(frozen=True)
class WatchedFor:
    """Finds an emergency where a text has the word, the less surely the longer the text is."""

    word: str

    def read(self, text: str, vector: np.ndarray) -> Emergency:
        assert np.isclose(np.linalg.norm(vector), 1)
        return Emergency("leak", 0.9 if self.word in text and len(text) < 60 else 0.01)

    def find(self, text: str, vector: np.ndarray) -> Emergency | None:
        found = self.read(text, vector)
        return found if found.probability > 0.4 else None

    def may_report(self, text: str) -> bool:
        return "weekly" not in text


class TestAnEmergency:
    """Where the critical head finds one that no phrase names."""

    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel:
        critical: Any = WatchedFor("strangers")
        return a_model(encoder, FixedBundle(says=CALM, ruled={"priority": SURE}, urgent_cut=0.1, critical=critical))

    def test_it_raises_to_p1_and_says_what_it_is(self, client: Client) -> None:
        tag = priority(client, "strangers read our invoices")
        assert (tag["label"], tag["mode"], tag["raised_by"]) == ("P1", "suggest", "emergency")
        assert tag["reason_code"] == "raised_by_emergency"
        assert "it reports data or secrets in the wrong hands, with probability 0.90" in str(tag["reason"])

    def test_one_sentence_among_calm_ones_is_enough(self, client: Client) -> None:
        body = "We like the weekly report.\nSince today strangers read our invoices. Hope you had a nice weekend."
        answer = client.post("/v1/tags", json={"subject": "A question", "description": body}).json()
        assert answer["tags"]["priority"]["raised_by"] == "emergency"

    def test_sentences_that_cannot_be_one_are_not_encoded(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        encoded: list[str] = []
        plain = HashingEncoder.encode

        def counting(self: HashingEncoder, texts: Any, **options: Any) -> np.ndarray:
            encoded.extend(texts)
            return plain(self, texts, **options)

        monkeypatch.setattr(HashingEncoder, "encode", counting)
        client.post("/v1/tags", json={"description": "We like the weekly report. It comes on Monday."})
        assert "It comes on Monday" in encoded
        assert "We like the weekly report" not in encoded

    def test_what_is_quoted_and_what_a_machine_wrote_is_no_emergency(self, client: Client) -> None:
        quoted = "Thanks.\n\nOn Monday Ada wrote:\n> strangers read our invoices"
        for body in ({"subject": "Re: x", "description": quoted}, {"subject": "Automatic reply: strangers"}):
            answer = client.post("/v1/tags", json=body).json()
            assert answer["tags"]["priority"]["raised_by"] != "emergency"

    def test_a_phrase_says_more(self, client: Client) -> None:
        tag = priority(client, "data loss: strangers read it")
        assert (tag["label"], tag["raised_by"]) == ("P0", "lexicon")

    def test_a_ticket_of_the_desk_is_raised_too(self, client: Client) -> None:
        new = {"subject": "strangers read our invoices", "description": "", "channel": "email"}
        opened = client.post("/v1/tickets", json=new).json()
        assert opened["tags"]["priority"]["label"] == "P1"
        assert opened["tags"]["priority"]["reason_code"] == "raised_by_emergency"

    def test_each_ticket_of_a_batch_has_its_own(self, client: Client) -> None:
        calm = "We like the weekly report. It comes on Monday."
        tickets = [{"description": calm}, {"description": f"{calm} strangers read it."}, {"description": calm}]
        results = client.post("/v1/tags/batch", json={"tickets": tickets}).json()["results"]
        by = [each["tags"]["priority"]["raised_by"] for each in results]
        assert [each == "emergency" for each in by] == [False, True, False]


class TestAHeadThatAbstains:
    """Where the model offers no priority."""

    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel:
        return a_model(encoder, FixedBundle(says=CALM, suggest_at=0.95))

    def test_a_phrase_gives_one(self, client: Client) -> None:
        tag = priority(client, "data loss")
        assert (tag["label"], tag["mode"]) == ("P0", "suggest")
        assert str(tag["reason"]).startswith("Raised to P0")
        assert priority(client, "Where is the export?")["mode"] == "abstain"


class TestNoPriorityHead:
    """Where the desk's tickets taught no priorities."""

    @pytest.fixture
    def model(self, encoder: HashingEncoder) -> LoadedModel:
        return a_model(encoder, FixedBundle(says={"category": CALM["category"]}))

    def test_the_lexicon_alone_gives_a_priority(self, client: Client) -> None:
        tag = priority(client, "data loss")
        assert (tag["label"], tag["mode"], tag["confidence"]) == ("P0", "suggest", 0.0)
        assert "priority" not in client.post("/v1/tags", json={"subject": "Where is the export?"}).json()["tags"]


class TestALexiconOfTheDesk:
    """Where the desk's policies hold their own phrases."""

    @pytest.fixture
    def settings(self, settings: Settings, tmp_path: Path) -> Settings:
        folder = tmp_path / "policies"
        folder.mkdir()
        (folder / "urgency.toml").write_text('[en]\nP1 = ["pump ... hot"]\n', encoding="utf-8")
        return replace(settings, policies=folder)

    def test_it_replaces_ours(self, client: Client) -> None:
        assert priority(client, "The pump runs hot")["label"] == "P1"
        assert priority(client, "data loss")["label"] == "P3"


def test_the_schema_names_what_can_raise(app: Litestar, make_key: Callable[..., dict[str, str]]) -> None:
    with TestClient(app) as client:
        schema = client.get("/schema/openapi.json").json()["components"]["schemas"]
    assert "raised_by" in str(next(body for name, body in schema.items() if name.endswith("Tag")))
