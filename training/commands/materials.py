"""`firstline-train encoder | data`: build the encoder and fetch public data sets."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from training.commands.options import FILE, FOLDER
from training.progress import Bars


@click.command()
@click.option(
    "--out", type=FOLDER, help="Folder for fp32/ and int8/. Default: var/encoder, with --multilingual var/multilingual."
)
@click.option("--source", help="Hugging Face id, or a folder with ONNX or weights; without it, the packaged encoder.")
@click.option(
    "--multilingual",
    is_flag=True,
    help="The encoder of many languages, a bundle's second one: the packaged multilingual-e5-small, or --source's.",
)
@click.option("--query-prefix", help="What the encoder wants before a question or ticket, such as 'query: '.")
@click.option("--passage-prefix", help="What it wants before a passage of an article, such as 'passage: '.")
def encoder(out: Path | None, source: str | None, *, multilingual: bool, **prefixes: str | None) -> None:
    """Build a sentence encoder as ONNX, fp32 and int8 (the packaged multilingual one int8 only), without torch."""
    from training.encoder.export import PRECISIONS, export
    from training.encoder.sources import locate

    found = locate(source, multilingual=multilingual).marked(multilingual=multilingual, **prefixes)
    out = out or Path("var/multilingual" if multilingual else "var/encoder")
    precisions = PRECISIONS if found.packed is None else ["int8"]
    for precision, folder in export(out, source=found, precisions=precisions).items():
        click.echo(f"{precision}: {folder}")


@click.command()
@click.option(
    "--out", type=FOLDER, default=Path("datasets/public"), show_default=True, help="Folder for the data sets."
)
@click.option(
    "--manifest", type=FILE, default=Path("datasets/manifest.toml"), show_default=True, help="List of data sets."
)
@click.option("--only", multiple=True, help="Name of a data set; repeatable. Default: all.")
@click.option("--accept-hash", is_flag=True, help="Accept a set without a sha256 in the manifest, and print its hash.")
def data(out: Path, manifest: Path, only: tuple[str, ...], *, accept_hash: bool) -> None:
    """Fetch public data sets by URL and sha256, and convert them to closed tickets."""
    from training.data import public_datasets as data_sets

    bars = Bars()
    failed = data_sets.fetch_all(manifest, out, bars, data_sets.FetchPlan(only, accept_hash=accept_hash))
    for problem in failed:
        click.echo(str(problem), err=True)
    if failed:
        sys.exit(1)
