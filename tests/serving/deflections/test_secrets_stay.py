"""What opens a session or signs an identity is in no log, no webhook, no table, no snapshot and no backup."""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.cli import cli
from serving.settings import Settings
from tests.serving.conftest import Client
from tests.serving.deflections.sites import MakeKey, site
from tests.serving.deflections.test_sessions import ticket_of
from tests.serving.webhooks.receiver import Receiver
from tests.waiting import wait_until


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, worker=True, allow_cidrs="127.0.0.0/8")


def run(settings: Settings, *words: str) -> None:
    address = {"FIRSTLINE_DATABASE_URL": settings.database_url} if settings.database_url else {}
    done = CliRunner().invoke(cli, [*words, "--home", str(settings.home)], env=address, catch_exceptions=False)
    assert done.exit_code == 0, done.output


def test_no_secret_leaves_or_lies_anywhere(
    knowing: Client, make_key: MakeKey, log: io.StringIO, receiver: Receiver, settings: Settings, tmp_path: Path
) -> None:
    knowing.post("/v1/webhooks", json={"url": receiver.url, "types": []})
    shop = site(knowing, make_key)
    keyed = {"question": "Do penguins migrate in winter?", "identity": shop.signed(email="kim@example.com")}
    sessions = [shop.ask(visitor="v-1"), shop.post("/v1/deflections", keyed, **{"Idempotency-Key": "1"}).json()]
    for session in sessions:
        secret, path = session["client_secret"], f"/v1/deflections/{session['id']}"
        shop.look(session)
        shop.post(f"{path}/outcome", {"outcome": "not_helpful"}, secret, **{"Idempotency-Key": f"o-{session['id']}"})
        shop.post(f"{path}/ticket", {"email": "a@b.example"}, secret, **{"Idempotency-Key": f"t-{session['id']}"})
        shop.post(f"{path}/ticket", {"email": "not an address"}, secret)
        knowing.post(f"/v1/tickets/{ticket_of(knowing, session)['id']}/transitions", json={"to": "resolved"})
        knowing.post(f"/v1/tickets/{ticket_of(knowing, session)['id']}/transitions", json={"to": "closed"})
    wait_until(lambda: len(receiver.received) >= 8)
    run(settings, "snapshot", "--out", str(tmp_path / "closed.jsonl"))
    run(settings, "backup", str(tmp_path / "desk.tar.gz"))
    assert log.getvalue().count('"event":"request"') > 10

    places = {"log": log.getvalue().encode(), "metrics": knowing.get("/metrics").content}
    places |= {f"webhook {n}": each.body + str(each.headers).encode() for n, each in enumerate(receiver.received)}
    places["snapshot"] = (tmp_path / "closed.jsonl").read_bytes()
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress((tmp_path / "desk.tar.gz").read_bytes()))) as archive:
        assert "secret.key" not in archive.getnames()
        places |= {f"backup {each.name}": archive.extractfile(each).read() for each in archive if each.isfile()}  # type: ignore[union-attr]
    files = [path for path in settings.home.rglob("*") if path.is_file() and path.name != "secret.key"]
    places |= {str(path.relative_to(settings.home)): path.read_bytes() for path in files}

    secrets = [session["client_secret"] for session in sessions] + [shop.identity_secret]
    secrets.append((settings.home / "secret.key").read_text().strip())
    kept = b"".join(text for place, text in places.items() if place.startswith("backup tables/"))
    assert all(session["id"].encode() in kept for session in sessions)
    assert [(place, secret) for place, text in places.items() for secret in secrets if secret.encode() in text] == []
