"""`firstline evals` over a bundle and a folder, without a service."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from retrieval.articles import golden_questions
from serving.cli import cli
from serving.evals.offline import NoQuestions
from tests.tiny_bundle import tiny_bundle

Run = Callable[..., Result]
PASSES = '[[question]]\nask = "csv export empty"\narticle = "export"\n'
FAILS = '[[question]]\nask = "refund invoice"\narticle = "export"\nexpect = "answer"\n'


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bundle(tmp_path_factory.mktemp("bundle") / "bundle")


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    folder = tmp_path / "kb"
    folder.mkdir()
    (folder / "export.md").write_text("# csv export empty\n\ncsv export empty\n")
    (folder / "reset.md").write_text("# reset password login\n\nreset password login\n")
    return folder


@pytest.fixture
def run(home: Path, bundle: Path) -> Run:
    def invoke(*words: str) -> Result:
        environment = {"FIRSTLINE_HOME": str(home), "FIRSTLINE_SAMPLE": str(home / "none")}
        return CliRunner().invoke(cli, ["evals", "--bundle", str(bundle), *words], env=environment)

    return invoke


def test_questions_that_pass_exit_with_zero(run: Run, kb: Path) -> None:
    (kb / "questions.toml").write_text(PASSES)
    found = run("--articles", str(kb))
    assert found.exit_code == 0, found.output
    assert "1 of 1 golden questions pass" in found.output


def test_one_that_fails_is_first_with_the_reason_and_exits_with_one(run: Run, kb: Path, tmp_path: Path) -> None:
    (kb / "questions.toml").write_text(PASSES + FAILS)
    report = tmp_path / "evals.xml"
    found = run("--articles", str(kb), "--junit", str(report))
    assert found.exit_code == 1
    assert found.output.index("FAILS") < found.output.index("passes")
    suite = ElementTree.fromstring(report.read_bytes())
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert str(failure.get("message")).startswith("expected: answered from export; came: ")


def test_json_is_for_programs(run: Run, kb: Path) -> None:
    (kb / "questions.toml").write_text(PASSES + FAILS)
    found = json.loads(run("--articles", str(kb), "--json").output)
    assert [each["passed"] for each in found["questions"]] == [True, False]
    assert "P(answer)" in found["questions"][1]["why"]


def test_asking_twice_says_the_same(run: Run, kb: Path) -> None:
    (kb / "questions.toml").write_text(PASSES + FAILS)
    assert run("--articles", str(kb), "--json").output == run("--articles", str(kb), "--json").output


def test_without_a_bundle_it_asks_what_would_serve_these_articles(home: Path, bundle: Path, kb: Path) -> None:
    (kb / "questions.toml").write_text(PASSES)
    shutil.copytree(bundle, home / "none" / "bundle")
    shutil.copytree(bundle / "encoder", home / "encoder" / "int8")
    environment = {"FIRSTLINE_HOME": str(home), "FIRSTLINE_SAMPLE": str(home / "none")}

    def model(*words: str) -> str:
        asked = CliRunner().invoke(cli, ["evals", "--json", "--articles", str(kb), *words], env=environment)
        return str(json.loads(asked.output)["model"])

    assert model() != "defaults"
    index = ["index", "--articles", str(kb), "--out", str(home / "index")]
    assert CliRunner().invoke(cli, index, env=environment).exit_code == 0
    assert model() == "defaults"


def test_without_questions_it_says_where_to_write_them(run: Run, kb: Path) -> None:
    refused = run("--articles", str(kb))
    assert isinstance(refused.exception, NoQuestions)
    assert "write questions.toml beside the articles" in str(refused.exception)
    assert "firstline evals --suggest 20" in str(refused.exception)


def test_proposals_are_a_file_that_can_be_asked(run: Run, kb: Path) -> None:
    proposed = run("--articles", str(kb), "--suggest", "5").output
    (kb / "questions.toml").write_text(proposed)
    assert {each.articles for each in golden_questions.parse(proposed)} == {("export",), ("reset",)}
    assert "2 of 2 golden questions pass" in run("--articles", str(kb)).output


def test_a_service_is_asked_with_a_key(run: Run, kb: Path) -> None:
    both = CliRunner().invoke(cli, ["evals", "--url", "http://127.0.0.1:9", "--articles", str(kb)])
    assert "--url needs --key-file" in both.output
    assert "give no --bundle with it" in run("--url", "http://127.0.0.1:9").output


def test_help_teaches_the_format() -> None:
    said = CliRunner().invoke(cli, ["evals", "--help"]).output
    assert "[[question]]" in said
    assert 'article = "reset-your-password"' in said
