"""The room of articles: list, one article, editing, gaps and questions that are tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa

from retrieval.articles import markup
from retrieval.articles.article import Article
from serving.console.articles.drafts import draft_body
from serving.reports.schemas import LineOut, OutlineOut
from serving.storage.tables import deflection_turns, deflections
from tests.fakes import FrozenClock
from tests.serving.conftest import ARTICLES, Client, take_in
from tests.serving.console.conftest import Console
from tests.serving.reports.test_kb_gaps import WEBHOOK, ask, solve

NASTY = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "{{ 7 * 7 }}",
    "\u202egnp.exe",
)


@pytest.fixture
def room(client: Client, sign_in: Callable[..., Console]) -> Console:
    """An agent in the console of a service that has four articles."""
    take_in(client, ARTICLES)
    return sign_in("agent")


def fields(**changed: str) -> dict[str, str]:
    return {"title": "Rotate a key", "body": "Choose *Rotate*.", "format": "markdown", "visibility": "public"} | changed


def revision_of(room: Console, article_id: str) -> str:
    return str(
        room.client.app.state.context.database.read(
            lambda c: c.scalar(sa.text("SELECT revision FROM articles WHERE id = :id"), {"id": article_id})
        )
    )


def asked(client: Client, question: str, outcome: str | None = None) -> None:
    answer = client.post("/v1/deflections", json={"question": question}).json()
    if outcome:
        client.post(f"/v1/deflections/{answer['id']}/outcome", json={"outcome": outcome})


def test_the_list_names_every_article_and_says_which_index_serves(room: Console) -> None:
    page = room.read("/articles")
    for article in ARTICLES:
        assert str(article["title"]) in page
    assert "Every edit can be found." in page
    assert "4 articles" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=invoice number", {"refund"}),
        ("visibility=internal", {"runbook-refund"}),
        ("human=yes", {"refund"}),
        ("only=low", set()),
        ("visibility=nonsense&sort=nonsense&page=x&human=9", {"reset-password", "export", "refund", "runbook-refund"}),
        ("sort=shown&page=99999", {"reset-password", "export", "refund", "runbook-refund"}),
    ],
)
def test_the_list_is_searched_and_filtered_and_no_link_breaks(room: Console, query: str, found: set[str]) -> None:
    page = room.get(f"/articles?{query}")
    assert {str(each["id"]) for each in ARTICLES if f"/articles/view?id={each['id']}" in page} == found


def test_an_article_shows_what_it_answered_without_personal_data(
    client: Client, sign_in: Callable[..., Console]
) -> None:
    take_in(client, ARTICLES)
    asked(client, "CSV export is empty, write to ada@example.com", "confirmed")
    asked(client, "CSV export is empty", "not_helpful")
    page = sign_in("agent").read("/articles/view?id=export")
    assert "CSV export is empty, write to [email]" in page
    assert "ada@example.com" not in page
    assert "not helpful" in page
    assert "50 % n 2" in page


def test_an_article_that_rarely_helps_is_warned_of_with_its_n(client: Client, sign_in: Callable[..., Console]) -> None:
    take_in(client, ARTICLES)
    for number in range(10):
        asked(client, f"CSV export is empty {number}", "confirmed" if number < 4 else "not_helpful")
    room = sign_in("agent")
    assert "40 % n 10 low" in room.read("/articles")
    assert "40 % n 10 low" in room.read("/articles?only=low")


def test_a_link_by_path_leads_to_the_article(room: Console) -> None:
    led = room.client.get("/articles/export", follow_redirects=False)
    assert led.headers["location"] == "/articles/view?id=export"
    room.get("/articles/view?id=nothing", status=404)


def test_an_agent_writes_an_article_and_reads_it(room: Console) -> None:
    sent = room.post("/articles/save", **fields(title="Rotate an API key", url="https://help.example.com/rotate"))
    assert (sent.status_code, sent.headers["location"]) == (303, "/articles/view?id=rotate-an-api-key&done=saved")
    page = room.get(sent.headers["location"])
    assert "Saved, and found from now on." in page
    assert "<em>Rotate</em>" in page


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(room: Console) -> None:
    sent = room.post("/articles/save", **fields(title="", url="javascript:x", locale="x" * 17, summary="Kept"))
    assert sent.status_code == 400
    for name in ("title", "url", "locale"):
        assert f'id="{name}-fault"' in sent.text
        assert f'name="{name}" aria-invalid="true"' in sent.text
    assert "Choose *Rotate*." in sent.text
    assert "Kept" in sent.text


def test_a_preview_shows_the_text_and_its_sections_and_stores_nothing(room: Console) -> None:
    sent = room.post("/articles/preview", **fields(id="x", body="# Keys\n\nChoose.\n\n<script>alert(1)</script>"))
    assert "<h3>Keys</h3>" in sent.text
    assert "Some markup is not kept" in sent.text
    assert "<summary>Keys</summary>" in sent.text
    room.get("/articles/view?id=x", status=404)


def test_an_edit_over_one_that_somebody_else_made_shows_both(room: Console) -> None:
    revision = revision_of(room, "export")
    room.post("/articles/save", **fields(id="export", revision=revision, title="Theirs", requires_human="yes"))
    sent = room.post("/articles/save", **fields(id="export", revision=revision, title="Mine"))
    assert sent.status_code == 409
    assert 'value="Mine"' in sent.text
    assert "Theirs" in sent.text
    again = revision_of(room, "export")
    assert f'name="revision" value="{again}"' in sent.text
    assert room.post("/articles/save", **fields(id="export", revision=again, title="Mine")).status_code == 303
    assert "Mine" in room.read("/articles/view?id=export")


def test_an_article_that_was_deleted_while_it_was_edited_is_not_lost(room: Console) -> None:
    revision = revision_of(room, "export")
    room.post("/articles/delete", id="export")
    sent = room.post("/articles/save", **fields(id="export", revision=revision, title="Mine"))
    assert (sent.status_code, 'value="Mine"' in sent.text) == (409, True)
    assert room.post("/articles/save", **fields(id="export", title="Mine")).status_code == 303


def test_a_new_article_does_not_take_the_id_of_another(room: Console) -> None:
    sent = room.post("/articles/save", **fields(id="export"))
    assert (sent.status_code, 'id="id-fault"' in sent.text) == (409, True)
    assert "CSV export is empty" in room.read("/articles/view?id=export")


def test_deleting_asks_first(room: Console) -> None:
    assert "Delete this article?" in room.read("/articles/delete?id=export")
    assert room.post("/articles/delete", id="export").headers["location"] == "/articles?done=deleted"
    assert "/articles/view?id=export" not in room.get("/articles")


@pytest.mark.parametrize("form", ["markdown", "html", "text"])
def test_hostile_text_in_every_field_stays_text(room: Console, form: str) -> None:
    for text in NASTY:
        given = fields(
            id="nasty", title=text, body=text, summary=text, section=text, product_area=text, brand=text, format=form
        )
        given["revision"] = revision_of(room, "nasty")
        assert room.post("/articles/save", **given).status_code == 303
        pages = ["/articles/view?id=nasty", "/articles/edit?id=nasty", "/articles/delete?id=nasty", "/articles"]
        shown = [room.get(path) for path in pages] + [room.post("/articles/preview", **given).text]
        shown.append(room.post("/articles/try", question=text).text)
        for page in shown:
            assert "<img" not in page
            assert "<script>" not in page
            assert 'href="javascript:' not in page
            assert ">49<" not in page


def test_an_article_cannot_look_like_a_part_of_the_page(room: Console) -> None:
    body = (
        '<main id="keys" class="notice bad"><h1>One</h1><h4>Four</h4></main></div></section>'
        '<a href="/sign-out">out</a><img src="https://x.example/p.png" alt="A plan"><form action="/x"><input name="y">'
    )
    room.post("/articles/save", **fields(id="page", body=body, format="html"))
    part = room.get("/articles/view?id=page").partition('class="rendered"')[2].partition("<section")[0]
    assert "<h3>One</h3>" in part
    assert "<h4>Four</h4>" in part
    for gone in ("id=", 'class="', "<main", "<form", "<input", "<img", 'href="/'):
        assert gone not in part.partition(">")[2], gone
    assert 'href="https://x.example/p.png"' in part


def test_trying_a_question_shows_the_decision_and_keeps_nothing(room: Console) -> None:
    page = room.post("/articles/try", question="CSV export is empty").text
    assert "Would answer" in page
    assert "/articles/view?id=export" in page
    assert "<mark>" in page
    database = room.client.app.state.context.database
    for table in (deflections, deflection_turns):
        assert database.read(lambda c, of=table: c.scalar(sa.select(sa.func.count()).select_from(of))) == 0


@pytest.mark.parametrize(
    ("question", "said"),
    [("I want to talk to a person", "person requested"), ("Ask for a refund", "Would hand off"), ("Hello", "greeting")],
)
def test_a_tried_question_that_is_not_answered_says_why(room: Console, question: str, said: str) -> None:
    assert said in room.post("/articles/try", question=question).text


@pytest.mark.parametrize("question", ["", "   ", "x" * 10_001])
def test_a_question_without_words_is_refused_beside_its_field(room: Console, question: str) -> None:
    sent = room.post("/articles/try", question=question)
    assert (sent.status_code, 'id="question-fault"' in sent.text) == (400, True)


def test_a_gap_becomes_an_internal_article_by_one_click(
    client: Client, clock: FrozenClock, sign_in: Callable[..., Console]
) -> None:
    take_in(client, ARTICLES)
    told = "Copy the new *secret* into your endpoint. Write to kim@example.com if it still differs."
    for question in WEBHOOK:
        solve(client, ask(client, question), told)
    clock.advance(timedelta(minutes=1))
    room = sign_in("agent")
    page = room.get("/articles/gaps")
    assert "No article answers this" in page
    assert "3 questions" in room.read("/articles/gaps")
    assert "kim@example.com" not in page
    form = page.partition('action="/articles/new"')[2].partition("</form>")[0]
    draft = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    assert "Copy the new \\*secret\\* into your endpoint." in draft["body"]

    opened = room.post("/articles/new", **draft, visibility="public").text
    assert '<option value="internal" selected>' in opened
    filled = {"title": draft["title"], "body": draft["body"], "format": "markdown", "visibility": "internal"}
    saved = room.post("/articles/save", **filled).headers["location"]
    assert "Copy the new *secret* into your endpoint." in room.read(saved)
    assert "Would hand off" in room.post("/articles/try", question=WEBHOOK[0]).text


def test_a_draft_says_what_tickets_say_and_makes_no_markup_of_it() -> None:
    lines = [LineOut(text=text, ticket_id="tkt_1", agreeing=0) for text in ("1) Open <b>it</b>.", "- Press [x](y)")]
    facts = [LineOut(text="# 1. Not a heading", ticket_id="tkt_2", agreeing=1)]
    body = draft_body(OutlineOut(title="T", asked=[], steps=lines, facts=facts, sources=[]))
    article = Article(id="t", title="T", body=body)
    assert [(each.kind, each.text) for each in markup.read(article.body, "markdown")] == [
        ("step", "Open <b>it</b>."),
        ("step", "Press [x](y)"),
        ("text", "# 1. Not a heading"),
    ]


def test_a_list_of_many_articles_has_pages_and_is_sorted(client: Client, sign_in: Callable[..., Console]) -> None:
    named = [{"id": f"a{n}", "title": f"Title {n:02}", "body": "Text.", "updated_at": f"2026-01-{n % 28 + 1:02}"}
             for n in range(60)]  # fmt: skip
    take_in(client, named)
    room = sign_in("agent")
    assert "Page 1 of 2" in room.read("/articles")
    second = room.get("/articles?page=2&sort=title")
    assert "Title 59" in second
    assert "Title 00" not in second
    assert room.get("/articles?sort=updated").index("2026-01-28") < room.get("/articles?sort=updated").index(
        "2026-01-27"
    )


def test_a_kept_report_of_gaps_forgets_who_was_erased(
    client: Client, clock: FrozenClock, make_key: Callable[..., dict[str, str]], sign_in: Callable[..., Console]
) -> None:
    take_in(client, ARTICLES)
    for question in WEBHOOK:
        ask(client, question, account="acme")
    clock.advance(timedelta(minutes=1))
    room = sign_in("agent")
    assert WEBHOOK[0] in room.get("/articles/gaps")
    assert client.post("/v1/erasures", json={"account": "acme"}, headers=make_key("admin")).status_code == 201
    assert WEBHOOK[0] not in room.get("/articles/gaps")
