"""The page of changes: what differs, why, and the way back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.conftest import on_both_engines
from tests.fakes import FrozenClock
from tests.serving.console.conftest import Console
from tests.serving.console.test_settings import HOSTILE

FORM = {"id": "reset", "title": "Reset", "format": "markdown", "visibility": "public", "is_new": "yes"}


def save(console: Console, clock: FrozenClock, body: str, because: str = "", **form: str) -> None:
    clock.advance(timedelta(seconds=1))
    saved = console.post("/articles/save", **{**FORM, **form}, body=body, because=because)
    assert saved.status_code == 303, saved.text


def newest(console: Console) -> str:
    return re.findall(r'href="(/settings/changes/chg_\w+)"', console.get("/settings/changes"))[0]


def test_a_change_is_listed_shown_and_taken_back(console: Console, clock: FrozenClock) -> None:
    save(console, clock, "Choose Forgot.")
    edit = console.get("/articles/edit?id=reset")
    revision = re.findall(r'name="revision" value="(\d+)"', edit)[0]
    save(console, clock, "Choose Reset.", "a new button", revision=revision, is_new="")
    assert "a new button" in console.read("/settings/changes?kind=article&subject=reset")
    here = newest(console)
    shown = console.read(here)
    assert "-Choose Forgot." in shown
    assert "+Choose Reset." in shown
    clock.advance(timedelta(seconds=1))
    assert console.post(f"{here}/undo", because="the old one stays").status_code == 303
    assert "the old one stays" in console.read("/settings/changes")
    assert "It already is as it was before this change." in console.post(f"{here}/undo").text


def test_a_change_with_a_newer_one_is_taken_back_only_where_its_box_is_ticked(
    console: Console, clock: FrozenClock
) -> None:
    save(console, clock, "Choose Forgot.")
    for body in ("Choose Reset.", "Ask us."):
        revision = re.findall(r'name="revision" value="(\d+)"', console.get("/articles/edit?id=reset"))[0]
        save(console, clock, body, revision=revision, is_new="")
    here = re.findall(r'href="(/settings/changes/chg_\w+)"', console.get("/settings/changes"))[1]
    assert "It was changed since" in console.read(here)
    clock.advance(timedelta(seconds=1))
    assert console.post(f"{here}/undo").status_code == 409
    assert "Ask us." in console.get("/articles/edit?id=reset")
    assert console.post(f"{here}/undo", force="yes").status_code == 303
    assert "Choose Forgot." in console.get("/articles/edit?id=reset")


def test_a_key_is_revoked_with_a_reason_that_the_page_shows(console: Console, clock: FrozenClock) -> None:
    clock.advance(timedelta(seconds=1))
    console.post("/settings/keys", scope="agent", name="Helpdesk", because="the new helpdesk")
    page = console.read("/settings/changes?kind=key")
    assert "the new helpdesk" in page
    assert "Ann" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_an_editor_wrote_stays_text(console: Console, clock: FrozenClock, text: str) -> None:
    save(console, clock, f"Body\n{text}", text)
    for page in (console.get("/settings/changes"), console.get(newest(console))):
        assert "<img src=x" not in page
        assert "<script>alert" not in page


def test_the_log_is_a_file_as_well(console: Console, clock: FrozenClock) -> None:
    save(console, clock, "Text.")
    assert "article,reset,created,Ann" in console.get("/settings/changes/export.csv?kind=article")


@on_both_engines
def test_a_nul_character_in_a_query_is_no_error_of_ours(console: Console) -> None:
    settings = ("/settings/changes?before=", "/settings/changes?subject=", "/settings/jobs?before=")
    for path in (*settings, "/articles/edit?id=", "/articles/article?id=", "/queue?q="):
        assert console.client.get(f"{path}a%00b").status_code < 500, path
