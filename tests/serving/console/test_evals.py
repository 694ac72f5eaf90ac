"""Golden questions in the console: what passes, what a change would break, and the form that they are written in."""

from __future__ import annotations

import io
import zipfile

import pytest

from serving.changes.edit import Edit
from serving.evals.watch import EvalWatch
from tests.serving.conftest import ARTICLES
from tests.serving.console.conftest import HERE, Console
from tests.serving.console.desk import ConsoleDesk
from tests.serving.evals.conftest import EXPORT, RESET, EvalDesk, app  # noqa: F401 (a fixture)
from tests.waiting import wait_until

GOOD = {"title": "CSV export is empty", "body": "Remove the filter.", "format": "markdown", "visibility": "public"}


@pytest.fixture
def evals(desk: ConsoleDesk) -> EvalDesk:
    """Four articles, two golden questions, and the console."""
    taken = {"articles": ARTICLES}
    wait_until(
        lambda: desk.console.client.post("/v1/articles/import", json=taken, headers=desk.key).json()["searchable"]
    )
    found = EvalDesk(desk.console.client, desk.clock)
    found.evals.put(f"{RESET}\n{EXPORT}", Edit(at=desk.clock.now(), key_id="sk_1"), over=None)
    return found


def test_a_desk_without_questions_is_shown_how_to_begin(console: Console) -> None:
    assert "What must stay true" in console.read("/articles/evals")


def test_questions_are_listed_with_what_came_and_the_runs(console: Console, evals: EvalDesk) -> None:
    assert "not asked yet" in console.read("/articles/evals")
    evals.look()
    page = console.read("/articles/evals")
    assert "all pass Asked" in page
    assert "2 golden questions" in page
    assert "the first that is kept" in page
    assert "No question is like this" in console.read("/articles/evals?only=failing")


def test_what_newly_fails_comes_first(console: Console, evals: EvalDesk) -> None:
    evals.look()
    revision = console.get("/articles/edit?id=export").partition('name="revision" value="')[2].partition('"')[0]
    saved = console.post("/articles/save", id="export", revision=revision, **{**GOOD, "visibility": "internal"})
    assert saved.status_code == 303
    assert "being asked" in console.read("/articles/evals")
    evals.look()
    page = console.read("/articles/evals?only=changed")
    assert "newly failing my csv export is empty" in page
    assert "articles; index" in page


def test_a_preview_says_which_questions_would_break(console: Console, evals: EvalDesk) -> None:
    harmless = console.post("/articles/preview", id="export", revision="2", **GOOD)
    assert "Would break" not in harmless.text
    breaking = console.post("/articles/preview", id="export", revision="2", **{**GOOD, "visibility": "internal"})
    assert "Would break 1 golden question" in breaking.text
    assert "my csv export is empty" in breaking.text


def test_deleting_says_which_questions_would_break(console: Console, evals: EvalDesk) -> None:
    assert "Would break 1 golden question" in console.read("/articles/delete?id=export")


def test_an_import_says_what_would_break_and_brings_questions(console: Console, evals: EvalDesk) -> None:
    token = console.token()
    page = "---\nid: export\ntitle: CSV export is empty\nvisibility: internal\n---\nRemove the filter.\n"

    def look(**files: str) -> str:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in files.items():
                archive.writestr(name.replace("_", "."), text)
        sent = console.client.post(
            "/articles/import",
            data={"form_token": token},
            files={"files": ("kb.zip", packed.getvalue())},
            headers=HERE,
        )
        assert sent.status_code == 200, sent.text
        return str(sent.text)

    assert "Would break 1 golden question" in look(export_md=page)
    with_questions = look(export_md=page, questions_toml=RESET)
    assert "1 golden question in" in with_questions
    assert "Would break" not in with_questions
    assert "line 1: <code>aks</code> is not known" in look(questions_toml="[[question]]\naks = 'x'\n")
    revision = str(evals.evals.articles.take().revision)
    fields = {"form_token": token, "articles": "", "revision": revision, "questions": RESET}
    applied = console.client.post(
        "/articles/import/apply",
        files={name: (None, value) for name, value in fields.items()},
        headers=HERE,
        follow_redirects=False,
    )
    assert applied.headers["location"] == "/articles/evals?done=imported"
    stored = evals.evals.stored()
    assert stored is not None
    assert stored.toml == RESET


def test_questions_are_written_tried_and_saved(console: Console, evals: EvalDesk) -> None:
    version = str(evals.evals.version())
    tried = console.post(
        "/articles/evals/try", toml=f"{RESET}\n[[question]]\nask = 'x'\narticle = 'exprot'", version=version
    )
    assert "1 of 2 pass" in tried.text
    assert "did you mean export?" in tried.text
    wrong = console.post("/articles/evals/save", toml="[[question]]\naks = 'x'", version=version)
    assert wrong.status_code == 400
    assert "Line 1:" in wrong.text
    saved = console.post("/articles/evals/save", toml=RESET, version=version)
    assert saved.headers["location"] == "/articles/evals?done=saved"
    late = console.post("/articles/evals/save", toml=EXPORT, version=version)
    assert late.status_code == 409
    assert "Somebody changed the questions" in late.text


def test_proposals_come_from_titles_and_are_not_saved(console: Console, evals: EvalDesk) -> None:
    page = console.get("/articles/evals/edit?propose=true")
    assert "Ask for a refund" in page
    assert "expect = &#34;handoff&#34;" in page
    assert "Runbook" not in page  # internal
    assert evals.evals.version() == 1


def test_a_tried_question_becomes_golden(console: Console, evals: EvalDesk) -> None:
    assert "Make it a golden question" in console.post("/articles/try", question="reset my password").text
    shown = console.post("/articles/evals/add", ask='a "quoted" question', article="export").text
    assert "ask = &#34;a \\&#34;quoted\\&#34; question&#34;" in shown
    assert evals.evals.version() == 1


def test_the_watch_of_another_worker_asks_nothing_twice(evals: EvalDesk) -> None:
    evals.look()
    EvalWatch(evals.evals, evals.context.settings).look(evals.clock.now())
    assert len(evals.evals.report().runs) == 1
