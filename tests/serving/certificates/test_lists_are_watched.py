"""The certificates of a multi head's labels are watched one by one: what people say of lists answers for each label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from serving.settings import Settings
from tests.fakes import FixedBundle, FrozenClock, HashingEncoder
from tests.manifests import a_manifest
from tests.serving.certificates.watched_desk import WatchedDesk, opened
from tests.serving.conftest import a_model
from tests.serving.console.conftest import HERE, Console
from triage.instants import to_text
from triage.model.certificate import LabelCertificate
from triage.model.multi.decision import decide
from triage.model.multi.entry import MultiEntry, MultiLabel, MultiMetrics
from triage.model.multi.head import rules_of

TAXONOMY = '[[heads]]\nname = "category"\n[[heads]]\nname = "topics"\nkind = "multi"\n'
AGENT = Callable[..., dict[str, str]]
SAYS = {"refund": 0.99, "vat": 0.95, "late": 0.6, "angry": 0.1}


def record(label: str, clock: FrozenClock) -> LabelCertificate:
    bound = {"head": "topics", "label": label, "encoder": "e", "taxonomy": "t", "weights": "w"}
    figures = {"alpha": 0.05, "delta": 0.1, "threshold": 0.9, "n": 90, "k": 0, "tickets": 300, "coverage": 0.3}
    made = LabelCertificate(id=f"crt_{label}", start=0.9, slice={}, window=None, **figures, **bound)  # type: ignore[arg-type]
    end = to_text(clock.now() + timedelta(days=90))
    return structs.replace(made, issued_at=to_text(clock.now()), expires_at=end)


def entry(clock: FrozenClock) -> MultiEntry:
    labels = (
        MultiLabel(name=name, suggest_at=0.5, n=50, support=30, certificate=record(name, clock) if p > 0.9 else None)
        for name, p in SAYS.items()
    )
    metrics = MultiMetrics(n=300)
    return MultiEntry(file="f", labels=tuple(labels), rare={}, strength=1, n=300, metrics=metrics, parity=0.0)


class Lists:
    """Says the same list of every ticket."""

    def __init__(self, made: MultiEntry, made_at: str) -> None:
        self.rules = rules_of(made, made_at)
        self.labels = made.names

    def predict_proba(self, texts: list[str], states: np.ndarray) -> np.ndarray:
        return np.tile(list(SAYS.values()), (len(texts), 1))

    def assess(self, probabilities: np.ndarray, *, foreign: bool) -> object:
        return decide(probabilities.tolist(), self.rules, foreign=foreign)


def a_bundle(clock: FrozenClock) -> FixedBundle:
    made = entry(clock)
    manifest = a_manifest(multi={"topics": made})
    return FixedBundle(
        says={"category": {"bug": 0.6, "how_to": 0.4}},
        manifest=manifest,
        multi={"topics": Lists(made, manifest.created_at)},  # type: ignore[dict-item]
    )


@pytest.fixture
def settings(settings: Settings, migrated_home: Path, tmp_path: Path) -> Settings:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/taxonomy.toml").write_text(TAXONOMY)
    return replace(settings, audited_share=1.0, policies=tmp_path / "policies")


@pytest.fixture
def desk(settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT) -> Iterator[WatchedDesk]:
    with opened(settings, clock, a_model(encoder, a_bundle(clock)), make_key("admin")) as desk:
        yield desk


def correct(desk: WatchedDesk, tagging_id: str, *labels: str) -> None:
    given = {"topics": list(labels), "actor": "ana"}
    answer = desk.client.post(f"/v1/tags/{tagging_id}/correction", json=given)
    assert answer.status_code == 200, answer.text


def watches(desk: WatchedDesk) -> dict[str, dict[str, object]]:
    found = desk.client.get("/v1/models").json()["certificates"]
    return {each["label"]: {"state": each["state"], **each["watch"]} for each in found}


def test_each_certified_label_is_put_to_a_person_and_a_list_answers_for_all(desk: WatchedDesk) -> None:
    tagged = desk.tag()
    tag = tagged["tags"]["topics"]
    assert (tag["mode"], tag["reason_code"]) == ("suggest", "audited")
    assert [(each["label"], each["mode"]) for each in tag["labels"]] == [
        ("refund", "suggest"), ("vat", "suggest"), ("late", "suggest"),
    ]  # fmt: skip
    assert {(each["head"], each["label"]) for each in desk.queue()} == {("topics", "refund"), ("topics", "vat")}
    correct(desk, tagged["id"], "refund", "angry")
    found = watches(desk)
    assert (found["refund"]["answers"], found["refund"]["wrong"]) == (1, 0)
    assert (found["vat"]["answers"], found["vat"]["wrong"]) == (1, 1)
    (wrong,) = desk.queue("wrong")
    assert wrong["answered_label"] == "refund, angry"


def test_a_label_whose_certificate_is_refuted_is_suggested_and_the_others_are_applied(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT
) -> None:
    key = make_key("admin")
    with opened(settings, clock, a_model(encoder, a_bundle(clock)), key) as desk:
        for _ in range(40):
            correct(desk, desk.tag()["id"], "refund")
        found = watches(desk)
        assert (found["vat"]["state"], found["refund"]["state"]) == ("expired", "valid")
        (event,) = desk.events()
        assert (event["head"], event["id"]) == ("topics", "crt_vat")
    with opened(replace(settings, audited_share=0.0), clock, a_model(encoder, a_bundle(clock)), key) as desk:
        labels = {each["label"]: each for each in desk.tag()["tags"]["topics"]["labels"]}
        assert (labels["refund"]["mode"], labels["vat"]["mode"]) == ("auto", "suggest")
        assert labels["vat"]["certificate"] is None


def test_a_label_that_was_applied_and_is_taken_away_is_a_correction(
    settings: Settings, clock: FrozenClock, encoder: HashingEncoder, make_key: AGENT
) -> None:
    unasked = replace(settings, audited_share=0.0)
    with opened(unasked, clock, a_model(encoder, a_bundle(clock)), make_key("admin")) as desk:
        tagged = desk.tag()
        desk.client.app.state.certificate_watch.flush()
        correct(desk, tagged["id"], "vat")
        found = watches(desk)
        assert (found["refund"]["corrections"], found["vat"]["corrections"]) == (1, 0)


def test_the_console_asks_for_the_whole_list_without_a_tick(desk: WatchedDesk) -> None:
    desk.tag()
    key = desk.client.headers.pop("Authorization").removeprefix("Bearer ")
    desk.client.post("/sign-in", data={"key": key}, headers=HERE, follow_redirects=False)
    console = Console(desk.client)  # type: ignore[arg-type]
    page = console.get("/models/audit")
    assert "Which topics are right?" in page
    assert 'type="checkbox" name="label" value="angry" data-key="1"' in page
    assert "checked" not in page.split('id="ask"')[1]
    first = page.split("/models/audit/")[1].split('"')[0]
    console.post(f"/models/audit/{first}", list="1", label=["refund", "vat"])
    assert "2 answered: 2 right, 0 wrong" in console.read("/models/audit")
    assert "topics: refund" in console.read("/models")


def test_a_renamed_label_is_watched_as_before(clock: FrozenClock) -> None:
    before = record("vat", clock)
    after = structs.replace(before, label="tax", first_label="vat", taxonomy="t2")
    assert before.watched_as == after.watched_as
    assert before.watched_as != record("refund", clock).watched_as
