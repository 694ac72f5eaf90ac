"""The commands as people type them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click import BadParameter
from click.testing import CliRunner

from tests.training.desk import open_home, tickets, write
from training.cli import cli, main
from training.commands.options import Instant
from training.errors import RunNotFound, TicketsNotReadable


@pytest.fixture
def home(tmp_path: Path) -> Path:
    open_home(tmp_path / "home")
    return tmp_path / "home"


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result.stdout


def test_a_round_of_fit_evaluate_promote_report_and_rollback(home: Path) -> None:
    rows = write(home / "closed.jsonl", tickets(160))
    quick = "[head]\nstrengths = [30]\nlexical_weights = [0.4]\nmargins = 0\n[critical]\nlearn = 0\n"
    (home / "refit.toml").write_text(quick)
    common = ("--tickets", rows, "--config", home / "refit.toml", "--home", home)
    fitted = json.loads(run("fit", *common, "--out", home / "one", "--until", "2026-01-07T00:00:00Z", "--json"))
    assert fitted["category"]["accuracy"] > 0.9
    assert "To let it serve" in run("fit", *common, "--out", home / "two")

    measured = json.loads(
        run(
            "evaluate",
            "--bundle",
            home / "one",
            "--tickets",
            rows,
            "--since",
            "2026-01-07T00:00:00Z",
            "--home",
            home,
            "--json",
        )
    )
    assert {"category", "product_area", "seconds"} <= measured.keys()
    expected = {"n", "accuracy", "macro_f1", "per_class", "ece", "coverage", "selective_risk"}
    assert expected <= measured["category"].keys()
    assert measured["category"]["n"] == 16
    over = ("evaluate", "--bundle", home / "one", "--tickets", rows, "--home", home)
    told = run(*over)
    assert "Measured on 16 tickets; 144 that this bundle has learnt from are left out." in told
    assert "{" not in told
    assert re.search(r"^category +16 +[01]\.\d{3} ", told, re.MULTILINE)
    assert re.search(r"^category +160 ", run(*over, "--all-tickets"), re.MULTILINE)

    assert "is current now." in run("promote", "--bundle", home / "one", "--home", home)
    assert json.loads(run("promote", "--bundle", home / "two", "--home", home, "--json"))["promoted"] is True
    assert "category: 3 labels" in run("report", "--home", home, "--out", home / "copy.html")
    assert (home / "copy.html").read_text().startswith("<!doctype html>")
    assert run("rollback", "--home", home).startswith(fitted["bundle"][:12])


def test_a_bundle_is_not_measured_on_nothing_but_what_it_has_learnt(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = write(home / "closed.jsonl", tickets(60))
    (home / "refit.toml").write_text("[head]\nstrengths = [30]\nmargins = 0\n[critical]\nlearn = 0\n")
    run("fit", "--tickets", rows, "--config", home / "refit.toml", "--home", home, "--out", home / "one")
    over = ["evaluate", "--bundle", home / "one", "--tickets", rows, "--home", home]
    monkeypatch.setattr("sys.argv", ["firstline-train", *map(str, over)])
    with pytest.raises(SystemExit):
        main()
    assert "the bundle has learnt from all 60 tickets" in capsys.readouterr().err


def test_a_refused_promotion_says_why_and_exits_with_one(home: Path) -> None:
    (home / "none").mkdir()
    said = run("promote", "--bundle", home / "none", "--home", home, code=1)
    assert "REFUSED  checksums" in said
    assert f"{home / 'none'} is not promoted; nothing has changed." in said


def test_what_is_refused_is_one_line_on_stderr(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["firstline-train", "rollback", "--home", str(home)])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("instant", ["2026-01-07", "2026-01-07T00:00:00", "soon"])
def test_an_instant_needs_a_time_zone(home: Path, instant: str) -> None:
    rows = write(home / "closed.jsonl", tickets(10))
    run("fit", "--tickets", rows, "--out", home / "x", "--until", instant, "--home", home, code=2)


def test_help_teaches_the_round() -> None:
    said = run("--help")
    assert all(word in said for word in ("fit", "evaluate-answers", "promote", "rollback", "report", "encoder", "data"))


@pytest.mark.parametrize("given", ["2026-03-01", "2026-03-01T00:00:00"])
def test_an_instant_without_a_time_zone_is_refused_with_one_that_would_be_taken(given: str) -> None:
    with pytest.raises(BadParameter, match="write 2026-03-01T00:00:00Z or"):
        Instant().convert(given, None, None)
    assert Instant().convert("2026-03-01T00:00:00Z", None, None).tzinfo is not None


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "it is empty: its first line must name each column, once"),
        ("plain.csv.gz", b"id,subject\n", "its name ends in .gz, but it is plain text or a damaged gzip file"),
        ("other.csv", b"nr,text\n1,a\n", "no row has the column 'id'; it has: nr, text. A mapping (--mapping)"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TicketsNotReadable, match=re.escape(said)):
        CliRunner().invoke(cli, ["doctor", "--tickets", str(tmp_path / name)], catch_exceptions=False)


def test_a_home_without_runs_has_no_last_one(home: Path) -> None:
    with pytest.raises(RunNotFound, match="has no finished runs: `firstline-train runs` lists all, `fit` makes one"):
        CliRunner().invoke(cli, ["runs", "show", "last", "--home", str(home)], catch_exceptions=False)
