"""The form of an article: previews, drafts, refusals, and what its page says of who wrote it."""

from __future__ import annotations

import pytest

from serving.console.articles import edit_endpoints
from serving.http.code_marks import code
from tests.serving.console.conftest import Console
from tests.serving.console.test_articles import fields


@pytest.fixture
def room(console: Console) -> Console:
    """Someone in the console of a desk without articles."""
    return console


def test_a_preview_needs_title_and_text_only_and_says_what_else_is_wrong(room: Console) -> None:
    sent = room.post("/articles/preview", **fields(title="Ключ", url="javascript:x", body="# Keys\n\nChoose."))
    assert sent.status_code == 200
    assert "<h3>Keys</h3>" in sent.text
    assert 'id="url-fault"' in sent.text
    assert "It cannot be saved like this." in sent.text
    assert room.post("/articles/preview", **fields(title="", url="javascript:x")).text.count("-fault") >= 4


def test_an_article_that_takes_seconds_to_read_is_refused_unshown(
    room: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edit_endpoints, "rendered", lambda _: pytest.fail("it was shown"))
    sent = room.post("/articles/preview", **fields(body="# x\n" * 50_000))
    assert sent.status_code == 400
    assert "more than 2,000 passages" in sent.text


def test_an_empty_draft_says_that_nobody_wrote_how_it_was_solved(room: Console) -> None:
    assert "No closed ticket says how this was solved" in room.post("/articles/new", title="Keys", body="").text
    assert "A draft of what agents wrote" in room.post("/articles/new", title="Keys", body="1. Press it.").text


def test_code_in_a_sentence_is_marked_as_such_and_nothing_else_is_markup() -> None:
    assert code("Run `make train` & <b>`<i>`</b>") == (
        "Run <code>make train</code> &amp; &lt;b&gt;<code>&lt;i&gt;</code>&lt;/b&gt;"
    )
    assert code("one ` alone") == "one ` alone"


def test_an_article_names_the_key_that_wrote_it(room: Console) -> None:
    room.post("/articles/save", **fields(title="Keys"))
    page = room.read("/articles/view?id=keys")
    assert "Written in Markdown" in page
    assert "Last written by Ann sk_" in page
