"""`firstline brands`: several brands in one deployment (docs/brands.md)."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

import rich_click as click

from serving.commands.here import HOME
from serving.configuration import brand_folders
from serving.errors import BrandNotUsable, ServingError
from serving.settings import Settings
from serving.storage.process_lock import ProcessLock
from triage.durable_files import write_file

_LINKED = ("encoder", "multilingual")  # folders of the deployment that every brand reads


@click.group()
def brands() -> None:
    """Add, list and remove brands: desks of their own behind the same port. A running service follows within seconds.

    `firstline --brand NAME …` makes any other command one about a brand.
    """


@brands.command()
@click.argument("name")
@click.option("--host", "hosts", multiple=True, help="Host name under which only this brand is reached; repeatable.")
@click.option("--database-url", help="On PostgreSQL: the address of the brand's own database, with its own role.")
@HOME
def add(name: str, hosts: tuple[str, ...], database_url: str | None, home: Path | None) -> None:
    """Add the brand NAME: a folder in HOME/brands with a database, keys, articles and models of its own."""
    deployment = Settings.from_environment(home=home)
    folder = brand_folders.home_of(deployment.home, name)
    if (folder / brand_folders.FILE).exists():
        raise BrandNotUsable(name, "it is there already")
    if folder.exists() and not folder.is_dir():
        raise BrandNotUsable(name, f"{folder} is no folder")
    if taken := {host.lower().rstrip(".") for host in hosts} & _hosts_in(deployment.home):
        raise BrandNotUsable(name, f"{min(taken)} is a host of another brand")
    wanted = f"hosts = {json.dumps([host.lower() for host in hosts])}\n\n[settings]\n"
    wanted += f"database_url = {json.dumps(database_url)}\n" if database_url else ""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_file(folder / brand_folders.FILE, wanted.encode(), mode=0o600)
    try:
        settings = deployment.of_brand(brand_folders.read(deployment.home, name))
    except ServingError:
        (folder / brand_folders.FILE).unlink()
        raise
    for each in _LINKED:
        (deployment.home / each).mkdir(exist_ok=True)  # what a brand's first refit builds there is for all of them
        if not (folder / each).exists():
            (folder / each).symlink_to(Path("..", "..", each))
    click.echo(f"{name} is there: {settings.public_url}/   its files: {folder}")
    click.echo(f"Its first key: firstline --brand {name} keys create --scope admin")


@brands.command("list")
@HOME
def list_brands(home: Path | None) -> None:
    """List the brands with their addresses, and what keeps one from being served."""
    deployment = Settings.from_environment(home=home)
    names = brand_folders.names_in(deployment.home)
    if not names:
        click.echo("No brands: the deployment's own home is the only desk. `firstline brands add NAME`.", err=True)
    for name in names:
        try:
            settings = deployment.of_brand(brand_folders.read(deployment.home, name))
        except ServingError as error:
            click.echo(f"{name}\t{error}")
            continue
        click.echo(f"{name}\t{settings.public_url}/\t{settings.home}")


@brands.command()
@click.argument("name")
@click.option("--delete-everything", is_flag=True, help="Delete its folder: tickets, articles, keys and models.")
@HOME
def remove(name: str, home: Path | None, *, delete_everything: bool) -> None:
    """Take the brand NAME out of service; with --delete-everything, asked for a second time, delete its folder.

    Without it the folder stays as it is but for its brand.toml, which becomes brand.toml.removed. A PostgreSQL database
    is never dropped.
    """
    deployment = Settings.from_environment(home=home)
    folder = brand_folders.home_of(deployment.home, name)
    file, kept = folder / brand_folders.FILE, folder / f"{brand_folders.FILE}.removed"
    if file.exists():
        file.replace(kept)
        click.echo(f"{name} is out of service within seconds. Its files are in {folder}.")
        if delete_everything:
            raise click.UsageError(f"Nothing is deleted yet. To delete {folder} for good, say the same once more.")
        return
    if not kept.exists():
        raise BrandNotUsable(name, "there is no such brand")
    if not delete_everything:
        raise click.UsageError(f"It is out of service already. --delete-everything deletes {folder}.")
    if folder.is_symlink():
        raise BrandNotUsable(name, f"{folder} is a link: delete what it leads to and the link yourself")
    lock = ProcessLock(folder / "firstline.lock")
    lock.take()  # a service may still be about to end it
    shutil.rmtree(folder)
    lock.release()
    click.echo(f"{folder} is deleted.")


def _hosts_in(deployment: Path) -> set[str]:
    found: set[str] = set()
    for name in brand_folders.names_in(deployment):
        with suppress(BrandNotUsable):
            found.update(brand_folders.read(deployment, name).hosts)
    return found
