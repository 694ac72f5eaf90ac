"""A desk renames one label and merges two others: from the file of changes to the answers that clients get."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner
from litestar.testing import TestClient

from serving.app import create_app
from serving.settings import Settings
from tests.fakes import FrozenClock
from tests.training.desk import fitted, tickets
from training.cli import cli
from training.config import Head, RefitConfig
from triage.model import bundle as bundles

CHANGES = """
[[change]]
at = 2026-01-20T00:00:00Z
head = "category"
rename = "how_to"
to = "question"

[[change]]
at = 2026-01-20T00:00:00Z
head = "product_area"
merge = ["billing", "dashboard"]
to = "account"
"""
FAST = RefitConfig(head=Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0))
TICKET = {"subject": "question how where", "description": "find reset password login change question how"}


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(cli, list(map(str, arguments)))
    assert done.exit_code == 0, f"{done.output}\n{done.exception}"
    return done.output


def test_a_desk_changes_its_labels_without_a_refit_and_without_losing_a_client(
    settings: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]]
) -> None:
    home = settings.home
    home.mkdir()
    fitted(home, tickets(500), out="first", config=FAST)
    run("promote", "--bundle", home / "first", "--home", home)
    spoken = bundles.load(home / "first").taxonomy_version
    logging.getLogger("firstline").setLevel(logging.CRITICAL)
    with TestClient(create_app(settings, clock=clock)) as client:
        client.headers.update(make_key("admin"))
        assert client.post("/v1/models/reload").status_code == 200
        before = client.post("/v1/tags", json=TICKET).json()
        assert (before["tags"]["category"]["label"], before["model"]["taxonomy"]) == ("how_to", spoken)

        (home / "changes.toml").write_text(CHANGES)
        said = run(
            "migrate-taxonomy", "--bundle", home / "first", "--changes", home / "changes.toml",
            "--out", home / "second", "--home", home,
        )  # fmt: skip
        assert "category: answers as before" in said
        assert "product_area: 'billing' and 'dashboard' were merged into 'account' on 2026-01-20, so" in said
        said = run("promote", "--bundle", home / "second", "--home", home)
        assert "'how_to' was renamed 'question' on 2026-01-20" in said
        assert client.post("/v1/models/reload").status_code == 200

        after = client.post("/v1/tags", json=TICKET).json()
        assert {head: tag["label"] for head, tag in after["tags"].items() if head != "priority"} == {
            "category": "question",
            "product_area": "account",
        }
        assert after["tags"]["category"]["confidence"] == before["tags"]["category"]["confidence"]
        old = client.post("/v1/tags", json=TICKET, headers={"Firstline-Taxonomy": spoken}).json()
        assert (old["tags"]["category"]["label"], old["tags"]["product_area"]["label"]) == ("how_to", "billing")
        sent = client.post("/v1/tickets", json={**TICKET, "tags": {"category": "how_to", "product_area": "dashboard"}})
        assert {head: sent.json()["tags"][head]["label"] for head in ("category", "product_area")} == {
            "category": "question",
            "product_area": "account",
        }

    kept = fitted(home, tickets(160), out="third", config=FAST)  # an export keeps the old names for ever
    assert kept.manifest.heads["category"].labels == ("billing", "bug", "question")
    assert kept.manifest.heads["product_area"].labels == ("account", "reports")
