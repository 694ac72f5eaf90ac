"""The change log: who changed what, when and why; what differs; and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from retrieval.articles.article import Article
from serving.articles.store import ArticleStore
from serving.change_log.differences import MOST_LINES, diff
from serving.changes import records
from serving.changes.edit import Edit
from serving.keys.api_keys import KeyStore, Scope, id_of
from serving.settings import Settings
from serving.storage.database import Database
from tests.conftest import on_both_engines
from tests.fakes import MONDAY_MORNING, FrozenClock
from triage.model.promotion import history
from triage.model.promotion.history import Change

Client = TestClient[Litestar]
ARTICLE = {"title": "Reset a password", "body": "Open the page.\nChoose Forgot password."}
EDITED = {"title": "Reset a password", "body": "Open the page.\nChoose Reset."}
GOLDEN = '[[question]]\nask = "How do I reset my password?"\narticle = "reset"\n'


def listed(client: Client, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/audit", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["changes"])


def put(client: Client, body: dict[str, str], clock: FrozenClock, because: str | None = None) -> None:
    clock.advance(timedelta(seconds=1))
    headers: dict[str, Any] = {"Change-Reason": because.encode()} if because else {}
    assert client.put("/v1/articles/reset", json=body, headers=headers).status_code in {200, 201}


@on_both_engines
def test_a_change_of_an_article_says_who_when_why_and_what(client: Client, clock: FrozenClock) -> None:
    put(client, ARTICLE, clock)
    put(client, EDITED, clock, "Der Knopf heißt jetzt „Reset“")
    newest, first = listed(client, kind="article", subject="reset")
    assert (first["action"], newest["action"]) == ("created", "changed")
    assert newest["because"] == "Der Knopf heißt jetzt „Reset“"
    assert newest["key_id"].startswith("sk_")
    assert newest["at"] == clock.now().isoformat().replace("+00:00", "Z")
    shown = client.get(f"/v1/audit/{newest['id']}").json()
    assert "-Choose Forgot password." in shown["diff"]
    assert "+Choose Reset." in shown["diff"]
    assert (shown["undo"], shown["way_back"]) == ("possible", None)
    assert shown["before_article"]["body"] == ARTICLE["body"]
    assert shown["after_article"] == {**shown["before_article"], "body": EDITED["body"]}


def test_what_changes_nothing_is_no_change(client: Client, clock: FrozenClock) -> None:
    put(client, ARTICLE, clock)
    put(client, ARTICLE, clock)
    assert len(listed(client, kind="article")) == 1


def test_a_change_is_taken_back_by_a_change(client: Client, clock: FrozenClock) -> None:
    put(client, ARTICLE, clock)
    put(client, EDITED, clock)
    changed = listed(client)[0]
    tried = client.post(f"/v1/audit/{changed['id']}/undo?dry_run=true").json()
    assert "+Choose Forgot password." in tried["diff"]
    assert tried["change"] is None
    assert client.get("/v1/articles/reset").json()["body"] == EDITED["body"]
    clock.advance(timedelta(seconds=1))
    made = client.post(f"/v1/audit/{changed['id']}/undo").json()["change"]
    assert client.get("/v1/articles/reset").json()["body"] == ARTICLE["body"]
    assert made["because"] == f"takes back {changed['id']}"
    assert client.post(f"/v1/audit/{changed['id']}/undo").status_code == 409


@on_both_engines
def test_taking_a_change_back_never_loses_a_newer_one_unasked(client: Client, clock: FrozenClock) -> None:
    for body in (ARTICLE, EDITED, {**EDITED, "body": "Open the page.\nAsk us."}):
        put(client, body, clock)
    newest, changed, created = listed(client, subject="reset")
    assert client.get(f"/v1/audit/{changed['id']}").json()["undo"] == "overwrites_newer"
    clock.advance(timedelta(seconds=1))
    for older in (changed, created):
        refused = client.post(f"/v1/audit/{older['id']}/undo")
        assert (refused.status_code, refused.json()["newer"]) == (409, newest["id"])
        assert refused.json()["type"] == "urn:firstline:problem:newer-change"
        tried = client.post(f"/v1/audit/{older['id']}/undo?dry_run=true").json()
        assert (tried["overwrites_newer"], tried["newer"], tried["change"]) == (True, newest, None)
    assert "Ask us." in client.get("/v1/articles/reset").json()["body"]
    assert client.post(f"/v1/audit/{changed['id']}/undo?force=true").status_code == 200
    assert client.get("/v1/articles/reset").json()["body"] == ARTICLE["body"]


def test_changes_are_taken_back_one_after_the_other_without_force(client: Client, clock: FrozenClock) -> None:
    for body in (ARTICLE, EDITED, {**EDITED, "title": "Passwords"}):
        put(client, body, clock)
    for change in listed(client, subject="reset"):
        clock.advance(timedelta(seconds=1))
        assert client.post(f"/v1/audit/{change['id']}/undo").status_code == 200
    assert client.get("/v1/articles/reset").status_code == 404


def test_an_edit_at_the_moment_of_a_deletion_is_not_lost(database: Database) -> None:
    store = ArticleStore(database)
    for body in ("First.", "Second."):
        store.put(Article(id="reset", title="Reset", body=body))
    assert not store.delete("reset", Edit(at=MONDAY_MORNING), over=1)
    assert store.delete("reset", Edit(at=MONDAY_MORNING), over=2)


def test_a_deleted_article_comes_back_with_every_field(client: Client, clock: FrozenClock) -> None:
    put(client, {**ARTICLE, "summary": "How to", "locale": "en", "url": "https://help.example.com/reset"}, clock)
    before = client.get("/v1/articles/reset").json()
    clock.advance(timedelta(seconds=1))
    assert client.delete("/v1/articles/reset").status_code == 204
    deleted = listed(client)[0]
    assert deleted["action"] == "deleted"
    clock.advance(timedelta(seconds=1))
    assert client.post(f"/v1/audit/{deleted['id']}/undo").status_code == 200
    assert client.get("/v1/articles/reset").json() == before


def test_a_created_article_is_taken_away_again(client: Client, clock: FrozenClock) -> None:
    put(client, ARTICLE, clock)
    clock.advance(timedelta(seconds=1))
    assert client.post(f"/v1/audit/{listed(client)[0]['id']}/undo").status_code == 200
    assert client.get("/v1/articles/reset").status_code == 404


def test_golden_questions_are_logged_and_come_back(client: Client, clock: FrozenClock) -> None:
    client.put("/v1/evals", json={"toml": GOLDEN})
    clock.advance(timedelta(seconds=1))
    client.put("/v1/evals", json={"toml": ""}, headers={"Change-Reason": "by mistake"})
    newest = listed(client, kind="questions")[0]
    assert newest["because"] == "by mistake"
    clock.advance(timedelta(seconds=1))
    client.post(f"/v1/audit/{newest['id']}/undo")
    assert client.get("/v1/evals").json()["toml"] == GOLDEN


@on_both_engines
def test_keys_say_who_made_and_who_revoked_them(client: Client, keys: KeyStore, clock: FrozenClock) -> None:
    at = clock.advance(timedelta(seconds=1))
    made = keys.create(Scope.AGENT, at=at, name="helpdesk", edit=Edit(at=at, by="ann", because="a new helpdesk"))
    at = clock.advance(timedelta(seconds=1))
    keys.revoke(id_of(made), at=at, edit=Edit(at=at, by="bo", because="it leaked"))
    ended, created = listed(client, kind="key", subject=id_of(made))
    assert (created["action"], created["by"], created["because"]) == (
        "created (agent key of helpdesk)",
        "ann",
        "a new helpdesk",
    )
    assert (ended["action"], ended["by"], ended["because"]) == ("revoked", "bo", "it leaked")
    shown = client.get(f"/v1/audit/{ended['id']}").json()
    assert "stays revoked" in shown["way_back"]
    assert (shown["undo"], shown["before_article"]) == ("not_here", None)
    assert client.post(f"/v1/audit/{ended['id']}/undo").status_code == 409
    assert made not in client.get("/v1/audit").text


def test_changes_of_models_stand_beside_the_others(client: Client, settings: Settings) -> None:
    settings.models_path.mkdir(parents=True, exist_ok=True)
    change = Change(
        at="2026-01-05T09:00:00Z", what="rolled_back", version="a1b2", by="ann", key_id="sk_1", because="slow"
    )
    history.add(settings.models_path, change)
    found = listed(client, kind="model")
    assert [(each["subject"], each["action"], each["because"]) for each in found] == [("a1b2", "rolled back", "slow")]


def test_pages_follow_each_other_without_gaps(client: Client, keys: KeyStore, clock: FrozenClock) -> None:
    for number in range(7):
        put(client, {**ARTICLE, "body": f"Text {number}."}, clock)
        keys.create(Scope.AGENT, at=clock.advance(timedelta(seconds=1)), name=f"key {number}")
    whole, pages, cursor = [each["id"] for each in listed(client)], [], None
    assert whole == sorted(whole, reverse=True)
    while True:
        answer = client.get("/v1/audit", params={"limit": 4} | ({"cursor": cursor} if cursor else {})).json()
        pages += [each["id"] for each in answer["changes"]]
        if (cursor := answer["next_cursor"]) is None:
            break
    assert pages == whole


def test_the_log_is_a_file_as_well(client: Client, clock: FrozenClock) -> None:
    put(client, ARTICLE, clock, "=cmd()")
    lines = client.get("/v1/audit", params={"format": "csv", "kind": "article"}).text.splitlines()
    assert lines[0] == "id,at,kind,subject,action,by,key_id,because"
    assert lines[1].endswith("'=cmd()")


def test_only_admins_read_it(client: Client, make_key: Callable[..., dict[str, str]]) -> None:
    for scope in ("agent", "tag"):
        assert client.get("/v1/audit", headers=make_key(scope)).status_code == 403


def test_old_texts_are_forgotten_and_who_did_it_stays(client: Client, clock: FrozenClock) -> None:
    put(client, ARTICLE, clock)
    put(client, EDITED, clock)
    database: Database = client.app.state.context.database
    database.write(lambda connection: records.forget_texts(connection, ("article",), clock.now()))
    newest, first = listed(client, kind="article")
    assert client.get(f"/v1/audit/{first['id']}").json()["after"] is None
    assert client.get(f"/v1/audit/{newest['id']}").json()["after"] is not None
    assert (first["action"], first["key_id"]) == ("created", newest["key_id"])


def test_a_preview_says_what_would_differ_and_stores_nothing(client: Client, clock: FrozenClock) -> None:
    fresh = client.post("/v1/articles/reset/preview", json=ARTICLE).json()
    assert (fresh["created"], "+Open the page." in fresh["diff"]) == (True, True)
    assert client.get("/v1/articles/reset").status_code == 404
    put(client, ARTICLE, clock)
    assert client.post("/v1/articles/reset/preview", json=ARTICLE).json()["diff"] == ""
    assert "+Choose Reset." in client.post("/v1/articles/reset/preview", json=EDITED).json()["diff"]


def test_a_huge_text_is_not_compared() -> None:
    assert diff("policy", "a\n" * (MOST_LINES + 1), "b") is None
    assert diff("policy", None, None) is None
