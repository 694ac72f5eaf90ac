"""Labels that no or too few tickets carry: their words make a head that suggests and is never certified."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from serving.inference import loaded_model
from tests.training.desk import START, open_home, ticket, tickets, write
from training.classifiers import zero_shot as cold_start
from training.cli import cli
from training.config import Critical, RefitConfig
from training.errors import NothingToLearn
from training.promotion import promotion
from training.refit import Done, Plan, Tools, refit
from triage.model import bundle as bundles
from triage.model.assessment import assess, ranked
from triage.model.bundle import Bundle
from triage.taxonomy.labels import Label, Taxonomy

OURS = Taxonomy(
    {
        "category": (
            Label("bug", "export csv broken empty crash error fails wrong"),
            Label("billing", "invoice refund charge card payment price twice money"),
            Label("how_to", "question how where find reset password login change"),
        ),
        "priority": (Label("P0", "service down"), Label("P3", "a question")),
    }
)


def made(home: Path, rows: list[dict[str, object]] | None, given: Taxonomy | None, out: str = "candidate") -> Done:
    workspace = open_home(home)
    encoder = workspace.encoder(None)
    file = None if rows is None else write(home / f"{out}.jsonl", rows)
    plan = Plan(tickets=file, out=home / out, at=START, config=RefitConfig(critical=Critical(learn=0)), taxonomy=given)
    return refit(
        plan, Tools(encoder=encoder, vectors=workspace.vectors(encoder), bars=workspace.bars, encode=workspace.encode)
    )


def guess(bundle: Bundle, home: Path, head: str, text: str) -> str:
    states = open_home(home).encoder(None).read([text]).states
    return bundle.heads[head].classes_[int(bundle.predict([text], states)[head][0].argmax())]


def test_a_desk_without_tickets_gets_suggestions_and_nothing_else(tmp_path: Path) -> None:
    done = made(tmp_path, None, OURS)
    bundle = bundles.load(tmp_path / "candidate")
    entry = done.manifest.heads["category"]
    assert list(done.manifest.heads) == ["category"]
    assert (entry.rung, entry.n, entry.certificates) == ("described", 0, ())
    assert entry.uncertified[0].more_labels == 24  # eight of each of three
    assert guess(bundle, tmp_path, "category", "refund of the invoice") == "billing"
    said = assess(ranked(["bug", "billing"], [0.99, 0.01]), bundle.rules["category"])
    assert (said.mode, said.rung) == ("suggest", "described")
    assert done.manifest.data.tickets == 0


def test_such_a_bundle_is_one_that_the_service_loads(tmp_path: Path) -> None:
    made(tmp_path, None, OURS)
    model = loaded_model.load(tmp_path / "candidate", origin="current", at=START)
    assert model.cases.like(model.cases.query(model.encoder.encode(["refund of the invoice"])[0])) == []


def test_such_a_bundle_is_promoted_and_gives_way_to_one_that_has_learnt_but_not_back(tmp_path: Path) -> None:
    workspace = open_home(tmp_path)
    made(tmp_path, None, OURS)
    verdict = promotion.judge(tmp_path / "candidate", None, workspace.encode)
    assert verdict.promoted, verdict
    made(tmp_path, tickets(160), OURS, out="learnt")
    first, later = bundles.load(tmp_path / "candidate"), bundles.load(tmp_path / "learnt")
    assert later.manifest.heads["category"].rung != "described"
    assert promotion.judge(tmp_path / "learnt", first, workspace.encode).promoted
    back = promotion.judge(tmp_path / "candidate", later, workspace.encode)
    assert [gate.name for gate in back.gates if not gate.passed][-1:] == ["category: not worse"]


def test_unlabelled_tickets_are_enough_with_a_taxonomy(tmp_path: Path) -> None:
    rows = [ticket(number, category=None, product_area=None) for number in range(120)]
    manifest = made(tmp_path, rows, OURS).manifest
    assert manifest.heads["category"].metrics.n == 0
    assert manifest.data.tickets == 120
    bundle = bundles.load(tmp_path / "candidate")
    truth = [ticket(number) for number in range(500, 600)]
    guesses = [guess(bundle, tmp_path, "category", f"{row['subject']} {row['description']}") for row in truth]
    assert np.mean([said == row["category"] for said, row in zip(guesses, truth, strict=True)]) > 0.6


def test_unlabelled_tickets_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn):
        made(tmp_path, [ticket(number, category=None, product_area=None) for number in range(60)], None)


def test_a_field_with_too_few_labels_stands_beside_one_that_is_learnt(tmp_path: Path) -> None:
    rows = [ticket(number, category=ticket(number)["category"] if number % 15 == 0 else None) for number in range(160)]
    entries = made(tmp_path, rows, OURS).manifest.heads
    assert entries["product_area"].rung != "described"
    assert entries["category"].rung == "described"
    assert entries["category"].n == sum("category" in row for row in rows)
    assert entries["category"].certificates == ()
    assert entries["category"].metrics.n > 0


def test_which_heads_are_described() -> None:
    assert [each.labels.head for each in cold_start.wanted([], [], OURS)] == ["category"]  # priority never is
    assert cold_start.wanted([], [], None) == []
    assert cold_start.wanted([], [], Taxonomy({"category": (Label("bug"),)})) == []


def test_labels_seen_in_the_file_are_described_without_a_taxonomy(tmp_path: Path) -> None:
    rows = [ticket(number, category=None, product_area=None) for number in range(60)]
    rows[3]["category"], rows[9]["category"] = "bug", "billing"
    entry = made(tmp_path, rows, None).manifest.heads["category"]
    assert (entry.labels, entry.rung, entry.n) == (("billing", "bug"), "described", 2)


def test_a_label_says_its_name_and_what_it_means_but_a_code_says_only_the_latter() -> None:
    assert cold_start.wordings(Label("how_to", "a question")) == ["how to", "how to: a question"]
    assert cold_start.wordings(Label("P0", "service down")) == ["service down"]
    assert cold_start.wordings(Label("card_lost")) == ["card lost"]
    assert cold_start.wordings(Label("L2")) == ["L2"]


def test_on_a_cross_fitted_desk_no_ticket_is_measured_by_what_it_has_taught(tmp_path: Path) -> None:
    rows = [ticket(number, category=f"c{number}") for number in range(40)]
    entry = made(tmp_path, rows, None).manifest.heads["category"]
    assert (entry.rung, entry.taught_by_all) == ("described", True)
    assert entry.metrics.n > 10
    assert entry.metrics.accuracy == 0, "each label's only ticket is the one that is asked"


@pytest.mark.parametrize(("money", "access"), [("one", "two"), ("two", "one")])
def test_tickets_of_a_label_pull_it_towards_them(tmp_path: Path, money: str, access: str) -> None:
    silent = Taxonomy({"category": (Label("one"), Label("two"))})
    rows = [ticket(number, category=None, product_area=None) for number in range(90)]
    for number in range(0, 60, 12):
        rows[number] |= {"category": money, "description": "invoice refund charge"}
        rows[number + 6] |= {"category": access, "description": "password login reset"}
    made(tmp_path, rows, silent)
    bundle = bundles.load(tmp_path / "candidate")
    assert guess(bundle, tmp_path, "category", "refund the invoice") == money
    assert guess(bundle, tmp_path, "category", "reset my password") == access


def test_the_command_asks_for_tickets_or_a_taxonomy(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home").home
    bare = CliRunner().invoke(cli, ["fit", "--out", str(tmp_path / "out"), "--home", str(home)])
    assert bare.exit_code == 2
    assert "--taxonomy" in bare.output
    file = tmp_path / "taxonomy.toml"
    file.write_text('[category]\nbug = "export fails"\nbilling = "invoice and refund"\n')
    done = CliRunner().invoke(
        cli, ["fit", "--taxonomy", str(file), "--out", str(tmp_path / "out"), "--home", str(home), "--json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["category"]["n"] == 0
    (quick := tmp_path / "refit.toml").write_text("[critical]\nlearn = 0\n")  # once is enough
    said = CliRunner().invoke(
        cli,
        ["fit", "--taxonomy", str(file), "--config", str(quick), "--out", str(tmp_path / "out"), "--home", str(home)],
    )
    assert "only by description" in said.stdout
