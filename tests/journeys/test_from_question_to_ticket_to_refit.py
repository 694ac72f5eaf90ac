"""The main job end to end, on the real service with the real encoder and the sample's models."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.service import ROOT, Service, command, create_key, serving

SAMPLE = ROOT / "datasets/sample/tickets.jsonl.gz"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (ROOT / "var/sample/bundle/manifest.json").exists():
        pytest.skip("the sample models are not built: run `make setup`")
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Service]:
    with serving(home, create_key(home, "admin")) as running:
        yield running


def ask(service: Service, question: str, **more: object) -> dict[str, object]:
    response = service.client.post("/v1/deflections", json={"question": question, "channel": "chat", **more})
    assert response.status_code == 201, response.text
    return dict(response.json())


def plain(text: str) -> str:
    """Leave the words only: what a reader sees of Markdown."""
    return " ".join(text.translate(str.maketrans("", "", "*`")).split())


def test_a_question_the_knowledge_base_answers_is_answered_from_it_verbatim(service: Service) -> None:
    reply = ask(service, "How do I reset my password?")
    assert reply["decision"] == "answer"
    source = reply["answer"]["sources"][0]  # type: ignore[index]
    article = service.client.get(f"/v1/articles/{source['article_id']}").json()
    assert all(plain(line) in plain(article["body"]) for line in source["quote"].splitlines())  # a line for each step
    assert "Forgot password?" in source["quote"]  # the steps, not a side remark of the same article


def test_a_question_about_something_else_is_not_answered_and_names_no_article(service: Service) -> None:
    reply = ask(service, "My cat ate the keyboard")
    assert (reply["decision"], reply["answer"]) == ("hand_off", None)
    assert reply["reason"] == "No article answers it with enough certainty."


def test_an_unhelpful_answer_becomes_one_ticket_with_tags_team_tier_and_both_clocks(service: Service) -> None:
    reply = ask(service, "Our scheduled report did not arrive this morning", plan="premium")
    outcome = service.client.post(f"/v1/deflections/{reply['id']}/outcome", json={"outcome": "not_helpful"})
    assert outcome.status_code < 300, outcome.text
    first = service.client.post(f"/v1/deflections/{reply['id']}/ticket", json={"email": "ann@example.com"})
    again = service.client.post(f"/v1/deflections/{reply['id']}/ticket", json={"email": "ann@example.com"})
    assert first.status_code == 201, first.text
    ticket = first.json()
    assert again.json()["id"] == ticket["id"]
    assert set(ticket["tags"]) == {"category", "priority", "product_area"}
    assert ticket["team"]
    assert ticket["tier"] in {"T1", "T2", "T3"}
    assert ticket["sla"]["contract"]["first_response_by"]
    assert ticket["sla"]["target"]["first_response_by"]
    assert ticket["sla"]["sla_deadline"]["at"]
    assert "scheduled report" in ticket["transcript"][0]["text"]


def test_a_corrected_priority_moves_the_deadlines(service: Service) -> None:
    body = {"subject": "Dashboard", "description": "The button is a little misaligned.", "plan": "enterprise"}
    ticket = service.client.post("/v1/tickets", json=body).json()
    read = service.client.get(f"/v1/tickets/{ticket['id']}")
    changed = service.client.patch(
        f"/v1/tickets/{ticket['id']}", json={"tags": {"priority": "P0"}}, headers={"If-Match": read.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["sla"]["contract"]["first_response_by"] < ticket["sla"]["contract"]["first_response_by"]
    assert changed.json()["tags"]["priority"]["label"] == "P0"


def test_a_refit_is_promoted_and_rolled_back_under_load_without_a_failed_request(service: Service, home: Path) -> None:
    articles = ROOT / "datasets/sample/articles"  # the desk has a ticket: from now on it needs articles of its own
    command(home, "firstline", "index", "--articles", str(articles), "--out", str(home / "index"))
    before = service.client.post("/v1/tags", json={"subject": "Invoice is wrong"}).json()["model"]["version"]
    half = home / "half.jsonl"
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        half.write_text("".join(itertools.islice(lines, 0, None, 2)), encoding="utf-8")
    bundle = home / "candidate"
    command(home, "firstline-train", "fit", "--tickets", str(half), "--out", str(bundle), "--home", str(ROOT / "var"))
    promoted = json.loads((bundle / "manifest.json").read_text())["id"]

    statuses, versions, stop = [], set(), threading.Event()

    def tag_all_the_time() -> None:
        while not stop.is_set():
            response = service.client.post("/v1/tags", json={"subject": "Invoice is wrong", "description": "VAT twice"})
            statuses.append(response.status_code)
            versions.add(response.json()["model"]["version"])

    caller = threading.Thread(target=tag_all_the_time)
    caller.start()
    try:
        command(home, "firstline-train", "promote", "--bundle", str(bundle), "--home", str(home))
        service.wait(
            "/v1/models", until=lambda body: promoted.startswith(str((body["current"] or {}).get("version"))[:12])
        )
        after = len(statuses)  # the second from here on began after the swap
        service.wait("/healthz", until=lambda _: len(statuses) > after + 1)
    finally:
        stop.set()
        caller.join()
    assert set(statuses) == {200}
    assert len(versions) == 2
    assert before in versions
    assert ask(service, "How do I reset my password?")["decision"] == "answer"


def test_a_damaged_bundle_is_refused_and_the_old_one_keeps_serving(service: Service, home: Path) -> None:
    serving_now = service.client.get("/v1/models").json()["current"]["version"]
    current = (home / "models/current").read_text().strip()
    folder = home / "models" / ("f" * 64)
    folder.mkdir()
    for path in (home / "models" / current).rglob("*"):
        target = folder / path.relative_to(home / "models" / current)
        target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
    head = next((folder / "heads").glob("*.npz"))
    whole = head.read_bytes()
    middle = len(whole) // 2
    head.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    (home / "models/current").write_text("f" * 64)
    reloaded = service.client.post("/v1/models/reload")
    assert reloaded.status_code >= 400 or reloaded.json().get("refused")
    assert service.client.get("/v1/models").json()["current"]["version"] == serving_now
    assert service.client.post("/v1/tags", json={"subject": "Invoice", "description": "wrong"}).status_code == 200
    (home / "models/current").write_text(current)


def test_no_text_of_a_customer_is_in_the_log(service: Service) -> None:
    ask(service, "xyzzy-secret-phrase does my password reset work?")
    assert "xyzzy" not in service.log.read_text()
