"""`/v1/tags` over HTTP: a fixed model says bug, P1 and nothing certain about the area."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from retrieval.answering.precedents import Precedents
from retrieval.index.article_index import ArticleIndex
from serving.inference.loaded_model import LoadedModel
from serving.inference.similar_tickets import ClosedCases
from serving.settings import Settings
from serving.storage.tables import tag_corrections, taggings
from tests.serving.conftest import Client

TICKET = {"subject": "CSV export is empty", "description": "Every export has no rows.", "plan": "premium"}


def rows(client: Client, table: object) -> list[dict[str, object]]:
    database = client.app.state.context.database
    return [dict(row) for row in database.read(lambda connection: connection.execute(table.select()).mappings().all())]


def test_a_ticket_gets_everything_that_the_contract_names(knowing: Client) -> None:
    answer = knowing.post("/v1/tags", json=TICKET)
    body = answer.json()
    assert answer.status_code == 200
    assert body["id"].startswith("tag_")
    assert body["tags"]["category"]["label"] == "bug"
    assert (body["tags"]["category"]["mode"], body["tags"]["category"]["confidence"]) == ("suggest", 0.9)
    assert body["tags"]["category"]["alternatives"][0] == {"label": "how_to", "confidence": 0.08}
    assert body["language"] == "en"
    assert body["team"]
    assert body["tier"] in ("T1", "T2", "T3")
    assert body["model"] == {"version": "bundle-1", "taxonomy": "taxonomy-1"}


def test_a_head_that_is_not_sure_offers_no_label_and_says_why(knowing: Client) -> None:
    area = knowing.post("/v1/tags", json=TICKET).json()["tags"]["product_area"]

    assert (area["label"], area["mode"]) == (None, "abstain")
    assert area["alternatives"][0] == {"label": "api", "confidence": 0.4}
    assert "0.50" in area["reason"]


def test_deadlines_are_those_of_plan_and_priority(knowing: Client) -> None:
    # Monday 10:00, premium and P1: promised 4 h support (14:00), aimed at 1 h support (11:00).
    sla = knowing.post("/v1/tags", json=TICKET).json()["sla"]

    assert sla["contract"]["first_response_by"] == "2026-03-02T14:00:00Z"
    assert sla["sla_deadline"] == {"at": "2026-03-02T11:00:00Z", "kind": "first_response", "source": "target"}


def test_deadlines_count_from_when_the_ticket_was_filed(knowing: Client) -> None:
    filed = TICKET | {"created_at": "2026-03-02T10:00:00+02:00"}  # 08:00 in UTC

    sla = knowing.post("/v1/tags", json=filed).json()["sla"]

    assert sla["sla_deadline"]["at"] == "2026-03-02T09:00:00Z"


def test_similar_tickets_come_with_what_solved_them(knowing: Client) -> None:
    similar = knowing.post("/v1/tags", json={"subject": "CSV export is empty"}).json()["similar_tickets"]

    assert similar == [
        {"id": "old-1", "subject": "CSV export is empty", "score": 1.0, "resolution": "Removed the filter."}
    ]


def test_articles_that_help_are_named_best_first(knowing: Client) -> None:
    articles = knowing.post("/v1/tags", json=TICKET).json()["articles"]

    assert articles[0]["id"] == "export"
    assert articles[0]["url"] == "https://help.example.com/export"


@pytest.mark.parametrize(
    ("query", "similar", "articles"),
    [
        ("", True, True),
        ("?include=similar_tickets,articles", True, True),
        ("?include=articles, similar_tickets", True, True),
        ("?include=similar_tickets", True, False),
        ("?include=articles", False, True),
        ("?include=", False, False),
    ],
)
def test_only_what_is_asked_for_is_included(knowing: Client, query: str, similar: bool, articles: bool) -> None:
    one = knowing.post(f"/v1/tags{query}", json={"subject": "CSV export is empty"}).json()
    (of_many,) = knowing.post(f"/v1/tags/batch{query}", json={"tickets": [TICKET]}).json()["results"]

    for body in (one, of_many):
        assert (bool(body["similar_tickets"]), bool(body["articles"])) == (similar, articles)
        assert body["tags"]["category"]["label"] == "bug"
        assert body["sla"]["target"]


def test_what_is_not_asked_for_is_not_looked_for(knowing: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def looked(*_: object, **__: object) -> None:
        raise AssertionError("it was looked for")

    monkeypatch.setattr(ClosedCases, "like", looked)
    monkeypatch.setattr(Precedents, "recall", looked)
    monkeypatch.setattr(ArticleIndex, "fits", looked)

    assert knowing.post("/v1/tags?include=", json=TICKET).status_code == 200


@pytest.mark.parametrize("path", ["/v1/tags", "/v1/tags/batch"])
def test_what_cannot_be_included_is_refused_with_what_can(knowing: Client, path: str) -> None:
    body = TICKET if path == "/v1/tags" else {"tickets": [TICKET]}

    refused = knowing.post(f"{path}?include=articles,weather", json=body)

    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error["field"] == "include"
    assert "weather" in error["message"]
    assert "similar_tickets, articles" in error["message"]


def test_tags_do_not_wait_for_articles(client: Client) -> None:
    answer = client.post("/v1/tags", json=TICKET)

    assert (answer.status_code, answer.json()["articles"]) == (200, [])


def test_a_batch_is_answered_in_order_and_remembered(knowing: Client) -> None:
    tickets = [{"subject": f"Ticket {number}", "external_id": f"zd-{number}"} for number in range(256)]

    answer = knowing.post("/v1/tags/batch", json={"tickets": tickets})

    ids = [result["id"] for result in answer.json()["results"]]
    assert answer.status_code == 200
    assert len(set(ids)) == 256
    kept = {row["id"]: row["external_id"] for row in rows(knowing, taggings)}
    assert [kept[tagging_id] for tagging_id in ids] == [f"zd-{number}" for number in range(256)]


def test_a_batch_of_more_than_256_is_refused(knowing: Client) -> None:
    answer = knowing.post("/v1/tags/batch", json={"tickets": [TICKET] * 257})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "tickets"


def test_what_is_remembered_holds_no_personal_data(knowing: Client) -> None:
    knowing.post("/v1/tags", json={"subject": "Login", "description": "Write to jo@acme.example please."})

    assert rows(knowing, taggings)[-1]["description"] == "Write to [email] please."


def test_the_language_is_told_from_the_text_unless_somebody_said_it(knowing: Client) -> None:
    german = {"subject": "Anmeldung", "description": "Ich kann mich seit heute Morgen nicht mehr anmelden."}

    assert knowing.post("/v1/tags", json=german).json()["language"] == "de"
    assert knowing.post("/v1/tags", json=german | {"language": "nl"}).json()["language"] == "nl"
    assert knowing.post("/v1/tags", json={"subject": "csv??"}).json()["language"] == "en"


@pytest.mark.parametrize(
    ("ticket", "field"),
    [
        ({"subject": "", "description": ""}, "description"),
        ({"subject": " \t ", "description": "<p> </p>"}, "description"),
        (TICKET | {"plan": "platinum"}, "plan"),
        (TICKET | {"created_at": "2026-03-02T10:00:00"}, "created_at"),
        (TICKET | {"priority": "P1"}, "priority"),
        (TICKET | {"description": 7}, "description"),
    ],
)
def test_a_ticket_that_does_not_fit_is_refused_and_not_remembered(
    knowing: Client, ticket: dict[str, object], field: str
) -> None:
    answer = knowing.post("/v1/tags", json=ticket)

    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert rows(knowing, taggings) == []


def test_one_empty_ticket_of_a_batch_is_named_and_nothing_is_remembered(knowing: Client) -> None:
    answer = knowing.post("/v1/tags/batch", json={"tickets": [TICKET, {"subject": ""}]})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "tickets[1].description"
    assert rows(knowing, taggings) == []


def test_the_same_idempotency_key_gets_the_same_tagging(knowing: Client) -> None:
    first, again = (knowing.post("/v1/tags", json=TICKET, headers={"Idempotency-Key": "k1"}) for _ in range(2))

    assert again.content == first.content
    assert len(rows(knowing, taggings)) == 1


def test_a_correction_judges_deadlines_anew_and_is_remembered(knowing: Client) -> None:
    tagging = knowing.post("/v1/tags", json=TICKET).json()

    answer = knowing.post(f"/v1/tags/{tagging['id']}/correction", json={"priority": "P0", "actor": "ana"})

    body = answer.json()
    assert answer.status_code == 200, answer.text
    assert (body["tags"]["priority"]["label"], body["tags"]["priority"]["mode"]) == ("P0", "agent")
    # Premium promises a critical case 1 h support; P0 aims at 15 min.
    assert body["sla"]["contract"]["first_response_by"] == "2026-03-02T11:00:00Z"
    assert body["sla"]["sla_deadline"]["at"] == "2026-03-02T10:15:00Z"
    kept = rows(knowing, tag_corrections)
    assert [(row["head"], row["was"], row["label"], row["actor"]) for row in kept] == [("priority", "P1", "P0", "ana")]


def test_a_second_correction_stands_on_the_first(knowing: Client) -> None:
    tagging = knowing.post("/v1/tags", json=TICKET).json()
    path = f"/v1/tags/{tagging['id']}/correction"
    knowing.post(path, json={"priority": "P0", "actor": "ana"})

    body = knowing.post(path, json={"category": "billing", "actor": "bo"}).json()

    assert (body["tags"]["priority"]["label"], body["tags"]["category"]["label"]) == ("P0", "billing")


def test_corrections_at_the_same_moment_take_nothing_from_each_other(knowing: Client) -> None:
    labels = [("priority", "P0"), ("category", "billing")]
    with ThreadPoolExecutor(2) as agents:
        for _ in range(15):
            path = f"/v1/tags/{knowing.post('/v1/tags', json=TICKET).json()['id']}/correction"
            sent = [{head: label, "actor": "ana"} for head, label in labels]
            list(agents.map(lambda body, path=path: knowing.post(path, json=body), sent))

    kept = [row["tags"] for row in rows(knowing, taggings)]
    assert [{head: tags[head]["label"] for head, _ in labels} for tags in kept] == [dict(labels)] * 15


@pytest.mark.parametrize(
    ("correction", "field"),
    [
        ({"category": "billing"}, "actor"),
        ({"category": "billing", "actor": " "}, "actor"),
        ({"actor": "ana"}, ""),
        ({"mood": "angry", "actor": "ana"}, "mood"),
        ({"actor": "ana", "category": 5}, "category"),
        ({"actor": {"name": "ana"}, "category": "billing"}, "actor"),
        ({"actor": "ana", "category": "b" * 10_000}, "category"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused(knowing: Client, correction: dict[str, object], field: str) -> None:
    tagging = knowing.post("/v1/tags", json=TICKET).json()

    answer = knowing.post(f"/v1/tags/{tagging['id']}/correction", json=correction)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert rows(knowing, tag_corrections) == []


def test_half_a_correction_is_refused(knowing: Client) -> None:
    answer = knowing.post(
        "/v1/tags/tag_0/correction", content=b'{"actor": 5, "category"', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, len(answer.json()["errors"])) == (400, 1)


def test_a_correction_to_a_label_that_nobody_knows_is_refused_with_those_that_are_known(knowing: Client) -> None:
    tagging = knowing.post("/v1/tags", json=TICKET).json()

    answer = knowing.post(f"/v1/tags/{tagging['id']}/correction", json={"category": "bilbling", "actor": "ana"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:firstline:problem:label-refused")
    [error] = answer.json()["errors"]
    assert error["field"] == "category"
    assert "it knows account, billing, bug" in error["message"]
    assert rows(knowing, tag_corrections) == []


def test_correcting_what_was_never_tagged_is_404(knowing: Client) -> None:
    assert knowing.post("/v1/tags/tag_0/correction", json={"category": "bug", "actor": "ana"}).status_code == 404


def test_a_tag_key_may_tag_and_not_correct(knowing: Client, make_key: Callable[..., dict[str, str]]) -> None:
    key = make_key("tag")
    tagging = knowing.post("/v1/tags", json=TICKET, headers=key)

    assert tagging.status_code == 200
    refused = knowing.post(f"/v1/tags/{tagging.json()['id']}/correction", json={"actor": "x"}, headers=key)
    assert refused.status_code == 403


class TestWithoutAModel:
    @pytest.fixture
    def model(self) -> LoadedModel | None:
        return None

    def test_tagging_says_what_is_missing(self, client: Client, settings: Settings) -> None:
        answer = client.post("/v1/tags", json=TICKET)

        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["content-type"].startswith("application/problem+json")
