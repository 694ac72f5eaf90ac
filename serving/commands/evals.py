"""`firstline evals`: ask the golden questions, and propose some."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from serving.clock import SystemClock
from serving.settings import Settings

if TYPE_CHECKING:
    from serving.evals.offline import OfflineEvals
    from serving.evals.schemas import TrialOut

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
MOST = 200


@click.command()
@click.option(
    "--articles",
    type=click.Path(exists=True, path_type=Path),
    help="Ask these articles, and the questions.toml beside them; default: what the home's service has.",
)
@click.option("--questions", "file", type=_FILE, help="Another file of questions.")
@click.option("--bundle", type=_FOLDER, help="Ask this bundle; default: the one that serves.")
@click.option("--url", help="Ask a running service, such as https://help.example.com; needs --key-file and questions.")
@click.option("--key-file", type=_FILE, help="A file with an API key of scope agent or admin.")
@click.option("--suggest", type=click.IntRange(1, MOST), metavar="N", help="Propose N questions; nothing is stored.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Also write a JUnit report.")
@click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
def evals(**options: Any) -> None:  # noqa: ANN401 (as click gives them)
    """Ask golden questions, and say which get what they must. Exit code 1 if one fails. Nothing is stored or counted.

    A golden question is a table in questions.toml, beside the articles:

        [[question]]
        ask = "How do I reset my password?"
        article = "reset-your-password"

    It passes if the customer is answered from this article, may choose it, or sees it beside a hand-off. To ask for
    more: expect = "answer" (it must be quoted), "handoff" or "emergency"; quotes = "a phrase of the quoted answer";
    article = ["one", "or-another"]; locale = "de"; brand; note.

        firstline evals --articles kb

        firstline evals --articles kb --bundle candidate

        firstline evals --articles kb --suggest 20 > kb/questions.toml
    """
    from serving.evals import tables

    settings = Settings.from_environment(home=options["home"])
    if options["suggest"] is not None:
        click.echo(_proposed(settings, options))
        return
    trial = _of_service(options) if options["url"] else _of_home(settings, options)
    if options["junit"] is not None:
        options["junit"].write_bytes(tables.to_junit(trial))
    click.echo(_json(trial) if options["as_json"] else tables.to_text(trial))
    if trial.failed:
        sys.exit(1)


def _of_home(settings: Settings, options: Mapping[str, Any]) -> "TrialOut":
    from serving.evals.schemas import tried_out

    offline, now = _offline(settings), SystemClock().now()
    questions = offline.questions(options["file"], options["articles"])
    return tried_out(offline.tried(questions, options["articles"], options["bundle"], now))


def _of_service(options: Mapping[str, Any]) -> "TrialOut":
    """Ask a running service; its articles and model answer."""
    if options["bundle"] is not None:
        raise click.UsageError("--url asks the model that serves there: give no --bundle with it.")
    if options["key_file"] is None:
        raise click.UsageError("--url needs --key-file: a file with an API key of scope agent or admin.")
    from retrieval.articles import golden_questions
    from serving.evals.calling import tried_at

    file = options["file"] or (golden_questions.in_folder(options["articles"]) if options["articles"] else None)
    if file is None:
        raise click.UsageError(
            "--url needs questions: --questions FILE, or --articles with questions.toml beside them."
        )
    toml = golden_questions.read(file)
    golden_questions.parse(toml, file)
    return tried_at(options["url"], options["key_file"].read_text(encoding="utf-8").strip(), toml)


def _proposed(settings: Settings, options: Mapping[str, Any]) -> str:
    from serving.evals import suggesting
    from serving.storage.database import read_only
    from serving.storage.errors import DatabaseMissing

    offline, now = _offline(settings), SystemClock().now()
    model = offline.model(options["bundle"], now)
    snapshot = offline.snapshot(options["articles"], model)
    try:
        with read_only(settings.stored_in) as connection:
            sessions = suggesting.solved(connection)
    except DatabaseMissing:  # no service was ever started here
        sessions = []
    chosen = suggesting.suggested(sessions, snapshot.index.articles, options["suggest"])
    return suggesting.written(offline.asker.judged(chosen, model, snapshot), now)


def _offline(settings: Settings) -> "OfflineEvals":
    from serving.composition import evals_of
    from serving.process import assemble

    return evals_of(assemble(settings, SystemClock()))


def _json(shown: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(shown)).decode()
