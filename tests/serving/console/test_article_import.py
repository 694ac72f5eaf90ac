"""Importing a folder or a zip: what it would change, what is refused, and what may not be done with it."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

import pytest

from serving.console.articles import sent_pages
from serving.console.articles.sent_pages import read
from serving.console.uploads import SentFile, Upload
from serving.errors import InvalidRequest
from tests.serving.conftest import Client, take_in
from tests.serving.console.conftest import HERE, Console

PAGE = "---\ntitle: Archive a board\n---\nOpen the board and choose *Archive*.\n"
SAME = {"id": "export", "title": "CSV export is empty", "body": "Remove the filter."}


@pytest.fixture
def room(client: Client, sign_in: Callable[..., Console]) -> Console:
    """An agent in the console of a service that has one article."""
    take_in(client, [SAME])
    return sign_in("agent")


def zipped(files: Mapping[str, str | bytes], **options: Any) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def send(room: Console, *files: tuple[str, str | bytes], token: str | None = None) -> Any:
    parts = [("files", (name, data, "application/octet-stream")) for name, data in files]
    form = {"form_token": room.token() if token is None else token}
    return room.client.post("/articles/import", data=form, files=parts, headers=HERE, follow_redirects=False)


def apply(room: Console, page: str, **changed: str) -> Any:
    hidden = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    parts = [(name, (None, value)) for name, value in (hidden | changed).items()]
    return room.client.post("/articles/import/apply", files=parts, headers=HERE, follow_redirects=False)


def counts(page: str) -> dict[str, int]:
    found = re.findall(r'<p class="figure">([\d,]+)</p><p class="muted">(\w+)</p>', page)
    return {name: int(count) for count, name in found}


def test_a_zip_is_looked_at_first_and_then_taken_in(room: Console) -> None:
    files = {
        "kb/archive.md": PAGE,
        "kb/export.html": "<h1>CSV export is empty</h1><p>Remove all filters.</p>",
        "kb/old.md": "---\ndraft: true\n---\nSoon.",
        "kb/broken.md": "---\ntitle: [\n---\nText.",
        "kb/picture.png": b"\x89PNG",
    }
    look = send(room, ("kb.zip", zipped(files)))
    assert counts(look.text) == {"new": 1, "changed": 1, "unchanged": 0, "refused": 1}
    assert "broken.md" in look.text
    assert "1 other file left alone" in look.text
    room.get("/articles/view?id=archive", status=404)

    assert apply(room, look.text).headers["location"].startswith("/articles?done=imported")
    assert "<em>Archive</em>" in room.get("/articles/view?id=archive")
    assert "Remove all filters." in room.get("/articles/view?id=export")
    again = send(room, ("kb.zip", zipped(files)))
    assert counts(again.text) == {"new": 0, "changed": 0, "unchanged": 2, "refused": 1}
    assert "There is nothing to import." in again.text


def test_the_files_of_a_folder_are_named_as_the_index_names_them(room: Console) -> None:
    look = send(
        room, ("kb/guides/archive.md", PAGE), ("kb/start.md", "# Start\n\nHere."), ("z.zip", zipped({"z.md": PAGE}))
    )
    assert counts(look.text)["new"] == 3
    apply(room, look.text)
    assert "Archive a board" in room.read("/articles/view?id=guides%2Farchive")
    assert "guides/archive" in room.read("/articles/edit?id=guides%2Farchive")


def test_an_import_is_shown_again_when_articles_were_changed_meanwhile(room: Console) -> None:
    look = send(room, ("archive.md", PAGE))
    room.post("/articles/delete", id="export")
    stale = apply(room, look.text)
    assert (stale.status_code, "Not imported" in stale.text) == (409, True)
    assert apply(room, stale.text).status_code == 303


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("latin.md", "Gr\xfc\xdfe".encode("latin-1"), "not UTF-8"),
        ("nul.md", b"a\0b", "NUL"),
        ("empty.md", b"", "missing or empty"),
        ("../../etc/passwd.md", b"# x\n\ny", "leads out of the folder"),
        ("/etc/motd.md", b"# x\n\ny", "leads out of the folder"),
        ("C:x.md", b"# x\n\ny", "leads out of the folder"),
        ("long.md", b"# " + b"x" * 600 + b"\n\ny", "<code>title</code> is longer"),
        ("no.zip", b"PK", "cannot be read as a zip"),
        ("deep.html", b"<div>" * 2_000, "nests more than"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(room: Console, name: str, data: bytes, why: str) -> None:
    look = send(room, (name, data), ("good.md", PAGE))
    assert counts(look.text) == {"new": 1, "changed": 0, "unchanged": 0, "refused": 1}
    assert why in unescape(look.text)


def test_two_files_with_one_id_are_not_both_taken(room: Console) -> None:
    head = "---\nid: one\ntitle: One\n---\nText."
    assert counts(send(room, ("a.md", head), ("b.md", head)).text) == {
        "new": 1, "changed": 0, "unchanged": 0, "refused": 1
    }  # fmt: skip


def test_a_zip_bomb_is_unpacked_no_further_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_pages, "MOST_PAGE", 2_000)
    monkeypatch.setattr(sent_pages, "MOST_ALL", 5_000)
    found = read([SentFile("bomb.zip", zipped({f"{n}.md": b"x" * 1_900 for n in range(9)} | {"big.md": b"x" * 10**7}))])
    assert len(found.pages) == 2
    assert found.unpacked <= 5_000 + 9 * 2_001
    assert ("big.md", "it is larger than 2,000 bytes") in found.refused or len(found.refused) == 8


def test_a_zip_of_too_many_files_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_pages, "MOST_FILES", 3)
    found = read([SentFile("many.zip", zipped({f"{n}.md": "x" for n in range(4)}))])
    assert (found.pages, len(found.refused)) == ([], 1)


def test_links_encrypted_and_damaged_entries_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("link.md")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("lzma.md", "x", zipfile.ZIP_LZMA)
        archive.writestr("damaged.md", "a text that is there")
        archive.writestr("good.md", "x")
    data = made.getvalue().replace(b"a text that is there", b"a text that is here")
    found = read([SentFile("x.zip", data)])
    assert [str(page.path) for page in found.pages] == ["good.md"]
    assert [name for name, _ in found.refused] == ["link.md", "lzma.md", "damaged.md"]


def test_names_of_zips_that_do_not_say_that_they_are_utf8_are_read_as_such() -> None:
    data = zipped({"aa.md": "x"}).replace(b"aa.md", "é.md".encode())
    assert [str(page.path) for page in read([SentFile("x.zip", data)]).pages] == ["é.md"]


@pytest.mark.parametrize("packed", ["", "%%%", "bm8", urlsafe_b64encode(zlib.compress(b"[]")).decode(), "é"])
def test_a_summary_that_was_changed_is_refused(room: Console, packed: str) -> None:
    look = send(room, ("archive.md", PAGE))
    assert apply(room, look.text, articles=packed).status_code == 400
    room.get("/articles/view?id=archive", status=404)


def test_a_form_with_files_needs_the_sessions_token_too(room: Console) -> None:
    assert send(room, ("a.md", PAGE), token="0" * 64).status_code == 403


def test_no_files_and_no_form_are_said_so(room: Console) -> None:
    assert send(room, ("", b"")).status_code == 400
    kind = HERE | {"Content-Type": "multipart/form-data; boundary=x"}
    assert room.client.post("/articles/import", content=b"nothing", headers=kind).status_code == 400
    assert room.client.post("/articles/import", content=b"a=b", headers=HERE).status_code == 415


@pytest.mark.parametrize("body", [b"--x", b"--x\r\n\r\n", b'--x\r\nContent-Disposition: form-data; name="a', b"a=b"])
def test_a_broken_body_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        Upload.read(body, "multipart/form-data; boundary=x")


def test_no_route_of_the_api_takes_a_form_with_files(client: Client) -> None:
    assert client.post("/v1/articles/import", files={"a": ("a.md", b"x")}).status_code == 415
