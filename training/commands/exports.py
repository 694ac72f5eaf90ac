"""`firstline-train export-onnx | card`: a bundle for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from training.commands.options import FOLDER, json_option, print_json

if TYPE_CHECKING:
    from triage.model.bundle import Bundle


@click.command("export-onnx")
@click.option("--bundle", "folder", type=FOLDER, required=True, help="As written by `fit`.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File for the graph.")
@click.option("--texts", type=click.IntRange(1), default=50, show_default=True, help="Texts on which it is checked.")
@json_option
def export_onnx(folder: Path, out: Path, texts: int, *, as_json: bool) -> None:
    """Write one ONNX graph from tokens to the probabilities of each head, if it answers as the bundle does.

    The word and letter n-grams are two more inputs that may be left out; docs/workbench.md says what the graph covers.
    It is compared with the bundle on held-out and golden texts before it is written.
    """
    from training.bundles import onnx_heads
    from training.errors import GraphNotExported
    from triage.durable_files import write_file
    from triage.model import bundle as bundles

    bundle = bundles.load(folder)
    model = onnx_heads.graph_of(bundle).SerializeToString()
    found = onnx_heads.agreement(bundle, onnx_heads.session_of(model), _texts(bundle, texts))
    if not found.passed:
        problem = f"its probabilities differ by {found.largest:.2g} from the bundle's on {found.texts} texts"
        raise GraphNotExported(bundle.id, problem)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(out, model)
    if as_json:
        figures = {"largest_difference": found.largest, "same_labels_from_tokens_alone": found.tokens_alone}
        print_json({"path": str(out), "bundle": bundle.id, "bytes": len(model), "texts": found.texts, **figures})
        return
    click.echo(
        f"{out} ({len(model) / 1e6:.0f} MB) gives the bundle's labels on {found.texts} texts, probabilities within "
        f"{found.largest:.1e}; without the n-grams {found.tokens_alone:.0%} of these labels."
    )


def _texts(bundle: Bundle, most: int) -> list[str]:
    from training.bundles import held_out
    from triage.model.bundle_files import HOLDOUT

    known = [row.text for row in held_out.read(bundle)] if bundle.manifest.file(HOLDOUT) else []
    return [*known[-most:], *bundle.golden.texts][:most]


@click.command("card")
@click.option("--bundle", "folder", type=FOLDER, required=True, help="As written by `fit`.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="README.md; default: print it.")
def model_card(folder: Path, out: Path | None) -> None:
    """Write a bundle's model card as Hugging Face's README.md: figures and labels, no text of a ticket."""
    from training.report.card import card
    from triage.durable_files import write_file
    from triage.model.bundle_files import read_manifest

    text = card(read_manifest(folder))
    if out is None:
        click.echo(text, nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(out, text.encode())
    click.echo(f"Model card in {out}.")
