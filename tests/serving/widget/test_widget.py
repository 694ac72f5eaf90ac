"""`/widget.js` and its texts: what any site may load, and what comes with it."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from serving.widget.script import LANGUAGES, texts, widget
from tests.serving.conftest import ARTICLES, Client

MOST = 15_000  # bytes, gzipped


@pytest.fixture
def stranger(client: Client) -> Client:
    """Somebody without a key."""
    client.post("/v1/articles/import", json={"articles": ARTICLES})
    del client.headers["authorization"]
    return client


def test_the_script_is_small_and_may_be_loaded_by_any_page(stranger: Client) -> None:
    answer = stranger.get("/widget.js", headers={"Accept-Encoding": "gzip"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(widget().gzipped) < MOST
    assert gzip.decompress(widget().gzipped) == widget().plain


def test_it_comes_plain_to_those_who_cannot_unpack_it(stranger: Client) -> None:
    answer = stranger.get("/widget.js", headers={"Accept-Encoding": "identity"})

    assert "content-encoding" not in answer.headers
    assert answer.content == widget().plain


@pytest.mark.parametrize("path", ["/widget.js", "/widget/en.json"])
def test_head_says_what_get_would_without_the_body(stranger: Client, path: str) -> None:
    whole, head = stranger.get(path), stranger.head(path)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "cache-control", "content-length", "access-control-allow-origin"):
        assert head.headers[name] == whole.headers[name]
    assert stranger.head(path, headers={"If-None-Match": head.headers["etag"]}).status_code == 304


def test_what_has_not_changed_is_not_sent_again(stranger: Client) -> None:
    tag = stranger.get("/widget.js").headers["etag"]

    again = stranger.get("/widget.js", headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")


def test_it_asks_nobody_but_the_service(stranger: Client) -> None:
    addresses = set(re.findall(r"https?://[^\"'`\s/)]+", stranger.get("/widget.js").text))

    assert addresses == {"http://www.w3.org"}  # the name of SVG, which nobody fetches


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything_with_the_same_values(stranger: Client, language: str) -> None:
    english, said = json.loads(texts("en").plain), stranger.get(f"/widget/{language}.json").json()

    assert said.keys() == english.keys()
    for name, words in said.items():
        assert words.strip(), name
        assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", english[name])), name


@pytest.mark.parametrize("name", ["xx.json", "en", "en.js", "..%2Fen.json", "%00.json"])
def test_no_other_file_is_served(stranger: Client, name: str) -> None:
    assert stranger.get(f"/widget/{name}").status_code == 404


def test_a_browser_that_refuses_gzip_gets_none_and_a_weakened_tag_is_known_again(stranger: Client) -> None:
    refused = stranger.get("/widget.js", headers={"Accept-Encoding": "gzip;q=0, identity"})
    tag = stranger.get("/widget.js").headers["etag"]

    again = stranger.get("/widget.js", headers={"If-None-Match": f'"other", W/{tag}'})

    assert "content-encoding" not in refused.headers
    assert again.status_code == 304
