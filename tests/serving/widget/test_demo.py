"""The page /demo: what it is made of, what it may do, and what its key may do."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

import serving.widget
from serving.settings import Settings
from serving.widget.endpoints import FILES
from tests.serving.conftest import ARTICLES, Client

FOLDER = Path(serving.widget.__path__[0])
PAGES = sorted(path for path in FOLDER.rglob("*.*") if path.suffix in (".html", ".js", ".css", ".svg"))


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    return Settings(home=home, sample=tmp_path / "no-sample", demo=True, public_url="http://testserver.local")


@pytest.fixture
def visitor(client: Client) -> Client:
    """Somebody without a key of their own."""
    client.post("/v1/articles/import", json={"articles": ARTICLES})
    del client.headers["authorization"]
    return client


def key_of(page: str) -> str:
    found = re.search(r'<firstline-widget inline data-key="(pk_[^"]+)"', page)
    assert found
    return found[1]


def test_the_page_needs_no_key_and_runs_nothing_but_its_own_files(visitor: Client) -> None:
    answer = visitor.get("/demo")

    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_every_file_that_the_page_names_is_there(visitor: Client) -> None:
    named = set(re.findall(r'(?:href|src)="(/demo/[^"]+)"', visitor.get("/demo").text))

    assert named == {f"/demo/{name}" for name in FILES}
    for path in named:
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (
            200,
            FILES[path.rsplit("/", 1)[1]],
        )


@pytest.mark.parametrize("name", ["endpoints.py", "demo.html", "..%2Fapp.py", "nothing.js"])
def test_nothing_else_is_served(visitor: Client, name: str) -> None:
    assert visitor.get(f"/demo/{name}").status_code == 404


def test_the_page_offers_the_plans_and_public_articles_as_examples(visitor: Client) -> None:
    page = visitor.get("/demo").text

    assert '<option value="enterprise"' in page
    assert 'data-ask="Reset your password"' in page
    assert "Runbook" not in page
    assert "Ask for a refund" not in page  # it needs a person, so it would be a poor example


def test_its_key_asks_from_this_very_page_and_from_no_other(visitor: Client) -> None:
    key = {"Authorization": f"Bearer {key_of(visitor.get('/demo').text)}"}
    question = {"question": "CSV export is empty, a filter hides every row?"}

    here = visitor.post("/v1/deflections", json=question, headers=key | {"Origin": str(visitor.base_url)})
    elsewhere = visitor.post("/v1/deflections", json=question, headers=key | {"Origin": "https://evil.example"})
    nowhere = visitor.post("/v1/deflections", json=question, headers=key)

    assert (here.status_code, elsewhere.status_code, nowhere.status_code) == (201, 403, 403)
    assert here.json()["decision"] == "answer"


def test_it_signs_an_identity_for_each_plan_as_a_site_would(visitor: Client) -> None:
    page = visitor.get("/demo").text
    key = {"Authorization": f"Bearer {key_of(page)}", "Origin": str(visitor.base_url)}
    signed = {
        plan: json.loads(unescape(said)) for plan, said in re.findall(r'value="(\w+)" data-identity="(.*?)"', page)
    }
    question = {"question": "Do penguins migrate in winter?"}

    assert {plan: identity["plan"] for plan, identity in signed.items()} == {plan: plan for plan in signed}
    for identity in signed.values():
        assert visitor.post("/v1/deflections", json=question | {"identity": identity}, headers=key).status_code == 201
    forged = signed["standard"] | {"plan": "enterprise"}
    assert visitor.post("/v1/deflections", json=question | {"identity": forged}, headers=key).status_code == 400


def test_its_key_is_one_and_the_same_while_the_process_lives(visitor: Client) -> None:
    assert key_of(visitor.get("/demo").text) == key_of(visitor.get("/demo").text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_page_makes_markup_of_text_or_carries_code_inline(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|srcdoc", text)
    assert not re.search(r"\son[a-z]+=|javascript:|<style|style=", text)
    assert not re.search(r"<script(?![^>]*src=)", text)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "testserver.local.evil.example", "[::1", ""])
def test_under_another_name_there_is_no_page_and_no_key_works(visitor: Client, host: str) -> None:
    """Whoever points a name of theirs at this machine (DNS rebinding) is of the same origin as what answers there."""
    key = {"Authorization": f"Bearer {key_of(visitor.get('/demo').text)}"}
    page = visitor.get("/demo", headers={"Host": host})
    asked = visitor.post(
        "/v1/deflections", json={"question": "How?"}, headers=key | {"Host": host, "Origin": f"http://{host}"}
    )
    assert (page.status_code, asked.status_code) == (421, 403)
    assert page.json()["type"] == "urn:firstline:problem:host-not-served"


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:3000", "[::1]:8000", "LOCALHOST", "testserver.local"])
def test_under_its_own_names_the_page_is_shown(visitor: Client, host: str) -> None:
    assert visitor.get("/demo", headers={"Host": host}).status_code == 200


class TestWhereTheDemoIsOff:
    @pytest.fixture
    def settings(self, home: Path, tmp_path: Path) -> Settings:
        return Settings(home=home, sample=tmp_path / "no-sample", host="127.0.0.1")

    def test_there_is_no_page(self, client: Client) -> None:
        assert client.get("/demo").status_code == 404
