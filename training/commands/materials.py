"""`firstline-train encoder | data`: build the encoder and fetch public data sets."""

from __future__ import annotations

import sys
from pathlib import Path

import rich_click as click

from training.commands.options import FILE, FOLDER
from training.progress import Bars


@click.command()
@click.option("--out", type=FOLDER, default=Path("var/encoder"), show_default=True, help="Folder for fp32/ and int8/.")
@click.option("--source", help="Hugging Face id, or a folder with ONNX or weights; without it, the packaged MiniLM.")
def encoder(out: Path, source: str | None) -> None:
    """Build the sentence encoder as ONNX, fp32 and int8, without torch."""
    from training.encoder.export import export

    for precision, folder in export(out, source=source).items():
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
