"""Fetching public sets, from a server that is ours."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import cli
from training.data.closed_tickets import read as read_tickets
from training.data.public_datasets import read
from training.errors import ConfigRefused

CSV = b'text,category\nWhere is my card?,card_arrival\n"Twice, why?",charged_twice\n'
CLINC = json.dumps({"train": [["hi there", "greeting"], ["odd", "oos"]]}).encode()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "bank.csv").write_bytes(CSV)
    (tmp_path / "www" / "clinc.json").write_bytes(CLINC)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "www")))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def entry(url: str, *, name: str = "bank", converter: str = "banking77", sha256: str = "") -> str:
    facts = {"name": name, "what": "w", "url": url, "sha256": sha256, "licence": "L", "converter": converter}
    return "[[set]]\n" + "".join(f'{key} = "{value}"\n' for key, value in facts.items())


def fetch(tmp_path: Path, manifest: str, *options: str) -> tuple[int, str]:
    (tmp_path / "manifest.toml").write_text(manifest)
    arguments = ["data", "--out", str(tmp_path / "public"), "--manifest", str(tmp_path / "manifest.toml"), *options]
    result = CliRunner().invoke(cli, arguments)
    return result.exit_code, result.output


def test_a_set_is_fetched_checked_and_converted(tmp_path: Path, site: str) -> None:
    code, said = fetch(tmp_path, entry(f"{site}/bank.csv", sha256=hashlib.sha256(CSV).hexdigest()))
    assert code == 0, said
    tickets = read_tickets(tmp_path / "public" / "bank.jsonl.gz").tickets
    assert [(each.text, each.labels["category"]) for each in tickets] == [
        ("Where is my card?", "card_arrival"),
        ("Twice, why?", "charged_twice"),
    ]
    code, said = fetch(tmp_path, entry(f"{site}/bank.csv", sha256=hashlib.sha256(CSV).hexdigest()))
    assert "already there" in said


def test_texts_out_of_scope_have_no_label(tmp_path: Path, site: str) -> None:
    assert fetch(tmp_path, entry(f"{site}/clinc.json", converter="clinc150:train"), "--accept-hash")[0] == 0
    tickets = read_tickets(tmp_path / "public" / "bank.jsonl.gz").tickets
    assert [dict(each.labels) for each in tickets] == [{"category": "greeting"}, {}]


def test_an_unknown_hash_is_refused_until_it_is_accepted_and_then_printed(tmp_path: Path, site: str) -> None:
    code, said = fetch(tmp_path, entry(f"{site}/bank.csv"))
    assert code == 1
    assert "--accept-hash" in said
    assert not (tmp_path / "public" / "bank.jsonl.gz").exists()
    code, said = fetch(tmp_path, entry(f"{site}/bank.csv"), "--accept-hash")
    assert code == 0
    assert hashlib.sha256(CSV).hexdigest() in said.replace("\n", "")


@pytest.mark.parametrize(
    ("page", "options", "reason"),
    [
        ("/bank.csv", {"sha256": "0" * 64}, "the manifest says 0000"),
        ("/absent.csv", {}, "cannot be reached"),
        ("/clinc.json", {"converter": "clinc150:test"}, "is not what clinc150 expects"),
    ],
)
def test_what_cannot_be_had_is_one_line_and_the_others_come(
    tmp_path: Path, site: str, page: str, options: dict[str, str], reason: str
) -> None:
    manifest = entry(site + page, name="bad", **options) + entry(f"{site}/bank.csv")
    code, said = fetch(tmp_path, manifest, "--accept-hash")
    assert code == 1
    assert reason in said
    assert (tmp_path / "public" / "bank.jsonl.gz").exists()
    assert not (tmp_path / "public" / "bad.jsonl.gz").exists()


def test_a_server_that_is_not_there_and_plain_http_elsewhere_are_refused(tmp_path: Path) -> None:
    code, said = fetch(tmp_path, entry("http://127.0.0.1:9/x") + entry("http://192.0.2.1/x", name="other"))
    assert code == 1
    assert "cannot be reached" in said
    assert "is not https" in said


@pytest.mark.parametrize(
    "text", ["[[set]]\nname = 'a'", "set = 1", entry("https://a.example", converter="magic"), "x ="]
)
def test_a_manifest_that_nobody_understands_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.toml").write_text(text)
    with pytest.raises(ConfigRefused):
        read(tmp_path / "manifest.toml")


def test_the_manifest_of_the_repository_names_sources_and_licences() -> None:
    sets = read(Path(__file__).parents[3] / "datasets" / "manifest.toml")
    assert {each.name.split("_")[0] for each in sets} == {"banking77", "clinc150", "bitext"}
    assert all(each.url.startswith("https://") and each.licence for each in sets)
