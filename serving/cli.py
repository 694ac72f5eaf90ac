"""The command `firstline`. Imports happen inside commands, so that help and key commands start fast."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rich_click as click

from retrieval.chunks.command_examples import illustrate
from retrieval.chunks.opening import CLUSTER_HELP
from serving.clock import SystemClock
from serving.commands.backup import backup, restore
from serving.commands.brands import brands
from serving.commands.capacity import capacity
from serving.commands.demo.command import demo_data
from serving.commands.erase import erase
from serving.commands.evals import evals
from serving.commands.examples import EXAMPLES
from serving.commands.fields import fields
from serving.commands.here import BECAUSE, HOME, edit_here
from serving.commands.jobs import jobs
from serving.commands.models import models
from serving.commands.policies import policies
from serving.commands.replay import replay
from serving.commands.reports import reports
from serving.commands.signing import make_key, sign
from serving.commands.sla import calendar, sla
from serving.commands.snapshot import helpdesks, snapshot
from serving.commands.tag import tag
from serving.errors import InvalidRequest, ServingError
from serving.inference.allocator import keep_memory_small
from serving.keys.api_keys import KeyStore, Scope
from serving.keys.file_store import KeyFile
from serving.keys.installation_secret import InstallationSecret
from serving.keys.new_key import create
from serving.settings import Settings, allocator_is_set_up, choose_brand, one_thread_for_each_product
from triage.errors import FirstlineError

SCOPES = click.Choice([scope.value for scope in Scope])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="firstline")
@click.option("--brand", metavar="NAME", help="The brand that the command is about (FIRSTLINE_BRAND); docs/brands.md.")
def cli(brand: str | None) -> None:
    """Triage and deflection for support desks. Settings are FIRSTLINE_* variables; see docs/operations.md."""
    if brand:
        choose_brand(brand)


@cli.command()
@click.option("--host", help="Address to listen on (FIRSTLINE_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on (FIRSTLINE_PORT, 8000).")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Processes that share the work (FIRSTLINE_WORKERS); by default as many as there are processors, at most 4.",
)
@HOME
def serve(host: str | None, port: int | None, workers: int | None, home: Path | None) -> None:
    """Run the HTTP service and its background jobs, on SQLite in the home or on FIRSTLINE_DATABASE_URL.

    Each worker answers requests with models of its own and takes about as much memory as one service. A worker that
    dies or hangs is replaced. With `--workers 1` one process does everything.
    """
    from serving.supervising.numbers import how_many

    settings = _whole(Settings.from_environment(host=host, port=port, workers=workers, home=home))
    number, remark = how_many(settings)
    if remark:
        click.echo(remark, err=True)
    if number > 1:
        from serving.supervising.supervisor import supervise

        sys.exit(supervise(settings, number))
    gc.disable()  # until it serves: there is no garbage, and much to look through
    one_thread_for_each_product()
    if not allocator_is_set_up():
        keep_memory_small()
    from serving.web import serve as serve_web

    serve_web(settings)


@cli.command()
@HOME
def worker(home: Path | None) -> None:
    """Run background jobs without HTTP. `serve` runs them too, so with SQLite no worker is needed."""
    one_thread_for_each_product()
    if not allocator_is_set_up():
        keep_memory_small()
    from serving.worker import work

    work(_whole(Settings.from_environment(home=home)))


@cli.group()
def keys() -> None:
    """Create, list and revoke API keys: in the home, or in FIRSTLINE_DATABASE_URL for all replicas.

    `signing-key` and `sign` are about another kind: keys that sign bundles and indexes.
    """


@keys.command("create")
@click.option("--scope", type=SCOPES, required=True, help="What the key may do; widget keys are publishable.")
@click.option("--origin", "origins", multiple=True, help="Web origin that may use a widget key; repeatable.")
@click.option("--name", default="", help="Name of the key, shown in the list and in tickets.")
@BECAUSE
@HOME
def create_key(scope: str, origins: tuple[str, ...], name: str, because: str | None, home: Path | None) -> None:
    """Create a key and print it once: only its hash is kept.

    A widget key comes with an identity secret, on the error output: a site's backend signs with it who its visitor is.
    """
    if (scope == Scope.WIDGET) != bool(origins):
        raise click.UsageError("A widget key needs --origin https://your.site, and only a widget key has one.")
    installation = InstallationSecret(Settings.from_environment(home=home).secret_path)
    with _keys(home) as kept:
        try:
            made = create(kept, installation, Scope(scope), name, origins, edit_here(because))
        except InvalidRequest as refused:
            raise click.UsageError(" ".join(each.message for each in refused.errors)) from None
    click.echo(made.key)
    if made.identity_secret:
        click.echo(f"Identity secret, for your backend alone (docs/security.md): {made.identity_secret}", err=True)
    click.echo("Keep it now: it cannot be shown again.", err=True)


@keys.command("list")
@HOME
def list_keys(home: Path | None) -> None:
    """List keys without their secrets, oldest first."""
    with _keys(home) as kept:
        found = kept.list()
    if not found:
        click.echo("No keys: `firstline keys create --scope admin` makes one.", err=True)
    for key in found:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "live"
        click.echo("\t".join([key.id, key.scope, state, f"{key.created_at:%Y-%m-%d}", key.name, *key.origins]))


@keys.command("revoke")
@click.argument("key_id")
@BECAUSE
@HOME
def revoke_key(key_id: str, because: str | None, home: Path | None) -> None:
    """Revoke the key KEY_ID, as `keys list` shows it: a key without the part after the last underscore."""
    with _keys(home) as kept:
        edit = edit_here(because)
        kept.revoke(key_id, at=edit.at, edit=edit)
    click.echo(f"{key_id} is revoked.")


@cli.command()
@click.option("--to", default="head", help="A revision, such as 0001; base drops every table.")
@HOME
def migrate(to: str, home: Path | None) -> None:
    """Migrate the database to a schema revision. `serve` migrates at startup."""
    from serving.process import migrated

    settings = Settings.from_environment(home=home)
    where = "The PostgreSQL database" if settings.database_url else settings.database_path
    click.echo(f"{where} has schema {migrated(settings, to) or 'none'}.")


@cli.command()
@click.option("--articles", type=click.Path(exists=True, path_type=Path), required=True, help="Folder or JSONL file.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the index.")
@click.option("--encoder", type=click.Path(exists=True, path_type=Path), help="Folder of the encoder.")
@click.option(
    "--second-encoder", "second", metavar="FOLDER|auto|none", default="auto", show_default=True,
    help="Encoder for questions in more languages; auto: the current model's, or HOME/multilingual/int8 for articles "
    "in other languages than English.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Stop at the first article that cannot be read.")
@click.option("--cluster", metavar="ADDRESS", help=CLUSTER_HELP)
@HOME
def index(
    articles: Path,
    out: Path,
    encoder: Path | None,
    second: str,
    home: Path | None,
    **how: Any,  # noqa: ANN401
) -> None:
    """Build an index of articles.

    An article that cannot be read is left out and listed. If more than a tenth cannot be read, no index is built.
    Passages that are already in the index at --out are not encoded again.
    """
    from serving.commands.index import build

    click.echo(build(articles, out, (encoder, second), Settings.from_environment(home=home), **how))


@cli.command()
@click.option(
    "--index", "folder", type=click.Path(exists=True, path_type=Path), required=True, help="Folder of the index."
)
@click.option("--encoder", type=click.Path(exists=True, path_type=Path), help="Folder of the encoder.")
@click.argument("question")
@HOME
def search(folder: Path, encoder: Path | None, question: str, home: Path | None) -> None:
    """Search an index with a question and show the answer and the scores."""
    from serving.commands.index import search as search_index

    click.echo(search_index(folder, question, encoder, Settings.from_environment(home=home)))


keys.add_command(sign)
keys.add_command(make_key)
cli.add_command(sla)
cli.add_command(snapshot)
cli.add_command(helpdesks)
cli.add_command(erase)
cli.add_command(evals)
cli.add_command(backup)
cli.add_command(brands)
cli.add_command(restore)
cli.add_command(calendar)
cli.add_command(capacity)
cli.add_command(jobs)
cli.add_command(models)
cli.add_command(reports)
cli.add_command(demo_data)
cli.add_command(policies)
cli.add_command(replay)
cli.add_command(fields)
cli.add_command(tag)
illustrate(cli, "firstline", EXAMPLES)


def main() -> None:
    """Run the command; what Firstline refuses is one line, not a traceback."""
    if sys.argv[1:2] != ["index"]:  # articles, which another account may serve
        os.umask(0o077)  # what customers wrote, and keys: nothing that is made is anybody else's
    try:
        cli.main(standalone_mode=True)
    except (ServingError, FirstlineError) as error:
        click.echo(f"firstline: {error}", err=True)
        sys.exit(1)


def _whole(settings: Settings) -> Settings:
    """Refuse to serve one brand alone: it would be missing beside the others."""
    if settings.brand:
        raise click.UsageError("The service serves all brands: start it without --brand and FIRSTLINE_BRAND.")
    return settings


@contextmanager
def _keys(home: Path | None) -> Iterator[KeyStore]:
    settings = Settings.from_environment(home=home)
    if settings.database_url is None:  # without what a server needs, for a quick answer
        yield KeyStore(KeyFile(settings.keys_path))
        return
    from serving.process import opened_keys

    with opened_keys(settings, SystemClock()) as keys:
        yield keys


if __name__ == "__main__":  # how the image starts it
    main()
