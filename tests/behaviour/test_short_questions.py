"""Short, misspelt and spoken questions over HTTP, asked of the sample: what a customer gets, kind by kind."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.waiting import wait_until

Client = TestClient[Litestar]
SAMPLE = Path(__file__).resolve().parents[2] / "var" / "sample"
KINDS: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("short_questions.toml").read_text(encoding="utf-8")
)
ASKED = [
    pytest.param(kind, text, [right] if isinstance(right, str) else right, id=f"{kind}-{text[:40]!a}")
    for kind, of in KINDS.items()
    for text, right in of["asked"]
]

pytestmark = pytest.mark.skipif(not (SAMPLE / "index").is_dir(), reason="the sample is not built: make setup")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Client]:
    """The whole service over the sample's models and articles."""
    home = tmp_path_factory.mktemp("short") / "home"
    home.mkdir()
    shutil.copy(migrated, home / "firstline.db")
    settings = Settings(home=home, sample=SAMPLE, demo=False, worker=False, rate_limits="off")
    clock = FrozenClock()
    with TestClient(create_app(settings, clock=clock)) as client:
        key = KeyStore(KeyFile(settings.keys_path)).create(Scope("admin"), at=clock.now())
        client.headers["Authorization"] = f"Bearer {key}"
        wait_until(lambda: client.get("/readyz").status_code == 200)
        yield client


def ask(client: Client, question: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/deflections", json={"question": question, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def outcome(body: dict[str, Any], right: list[str]) -> str:
    """Name what came of a question: see the head of `short_questions.toml`."""
    if body["decision"] == "answer":
        source = body["answer"]["sources"][0]["article_id"]
        return "answer" if source in right else f"answered from {source}"
    if body["decision"] == "clarify":
        choices = [each["article_id"] for each in body["clarification"]["choices"]]
        return "ask" if not choices else "offer" if right == [""] or set(choices) & set(right) else f"offered {choices}"
    first = [each["id"] for each in body["articles"]][:1]
    return "suggest" if first and first[0] in right else "person"


@pytest.mark.parametrize(("kind", "text", "right"), ASKED)
def test_a_customer_gets_what_fits_however_it_is_typed(sample: Client, kind: str, text: str, right: list[str]) -> None:
    assert outcome(ask(sample, text), right) in KINDS[kind]["may"]


@pytest.mark.parametrize(
    ("text", "article"),
    [(text, right) for kind in ("typos", "doubled", "capitals", "codes") for text, right in KINDS[kind]["asked"]],
)
def test_agents_find_the_article_first_too(sample: Client, text: str, article: str | list[str]) -> None:
    found = sample.post("/v1/articles/search", json={"query": text}).json()["results"]

    assert found[0]["id"] in ([article] if isinstance(article, str) else article)


@pytest.mark.parametrize("text", ["?", "...", "…", "🤷", "42", "<br>", "und?"])
def test_what_has_no_words_is_asked_back_kindly_and_costs_no_visitor_a_person(sample: Client, text: str) -> None:
    body = ask(sample, text, locale="de")

    assert body["clarification"] == {
        "question": "Womit können wir Ihnen helfen? Ein paar Wörter genügen.",
        "choices": [],
        "article": None,
    }
    assert body["articles"] == []


def test_who_sends_no_words_twice_gets_a_person(sample: Client) -> None:
    decisions = [ask(sample, text, visitor="v-dots")["decision"] for text in ("?", "...")]

    assert decisions == ["clarify", "hand_off"]


@pytest.mark.parametrize("text", ["Still not working", "geht immer noch nicht", "toujours pas"])
def test_a_short_complaint_about_an_answer_is_offered_no_other_articles(sample: Client, text: str) -> None:
    ask(sample, "How do I reset my password?", visitor=f"v-{text}")

    assert ask(sample, text, visitor=f"v-{text}")["decision"] == "hand_off"


def test_while_typing_a_misspelt_word_already_suggests_the_article(sample: Client) -> None:
    found = sample.post("/v1/deflections/suggestions", json={"question": "forgto my passwrod"}).json()["articles"]

    assert found[0]["id"] == "reset-your-password"


@pytest.mark.parametrize("text", ["?", "...", "👍", "how do i"])
def test_without_words_nothing_is_suggested_or_found(sample: Client, text: str) -> None:
    suggested = sample.post("/v1/deflections/suggestions", json={"question": text}).json()["articles"]
    found = sample.post("/v1/articles/search", json={"query": text}).json()["results"]

    assert (suggested, found) == ([], [])


def test_a_question_below_a_long_paste_is_read(sample: Client) -> None:
    chatter = "We have been a customer for many years and like the product a lot. " * 40

    assert outcome(ask(sample, f"{chatter}\n\nHow do I reset my password?"), ["reset-your-password"]) == "answer"
    assert outcome(ask(sample, f"{chatter} So: how can I cancel my subscription?"), ["cancel-subscription"]) == "answer"


@pytest.mark.parametrize("text", ["unsubscribe from Netflix", "Who is Oskar Lindqvist?", "helm chart", "asdf"])
def test_words_of_other_things_are_not_bent_into_ours(sample: Client, text: str) -> None:
    assert ask(sample, text)["decision"] != "answer"
