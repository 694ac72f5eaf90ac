"""The command `firstline-train`. Results go to stdout, progress to stderr; heavy imports wait for their command."""

from __future__ import annotations

import sys

import rich_click as click

from retrieval.chunks.command_examples import illustrate
from training.commands import audit as cli_audit
from training.commands import data_quality as cli_care
from training.commands import evaluate as cli_measuring
from training.commands import exports as cli_exports
from training.commands import finetune as cli_finetune
from training.commands import fit as cli_fitting
from training.commands import gaps as cli_gaps
from training.commands import imports as cli_imports
from training.commands import materials as cli_materials
from training.commands import models as cli_models
from training.commands import refit as cli_refit
from training.commands import runs as cli_runs
from training.commands import settings as cli_settings
from training.commands import taxonomy as cli_taxonomy
from training.commands.examples import EXAMPLES
from triage.errors import FirstlineError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="firstline")
def cli() -> None:
    """Refit Firstline's models from closed tickets.

    Usual steps: `fit` writes a bundle and its report, `promote` checks the gates and makes it current, `rollback`
    returns to the previous one. A running service swaps within a second, without dropping a request.
    """


for _command in (
    cli_care.doctor,
    cli_care.relabel,
    cli_fitting.fit,
    cli_audit.audit,
    cli_finetune.finetune,
    cli_gaps.gaps,
    cli_measuring.evaluate,
    cli_measuring.evaluate_answers,
    cli_measuring.learn_passages,
    cli_measuring.evaluate_similar,
    cli_models.promote,
    cli_models.rollback,
    cli_models.report,
    cli_taxonomy.migrate_taxonomy,
    cli_materials.encoder,
    cli_materials.data,
    cli_imports.import_,
    cli_settings.config,
    cli_runs.runs,
    cli_exports.export_onnx,
    cli_exports.model_card,
    cli_refit.refit,
):
    cli.add_command(_command)
illustrate(cli, "firstline-train", EXAMPLES)


def main() -> None:
    """Run the command; what Firstline refuses is one line on stderr and exit code 1."""
    try:
        cli()
    except FirstlineError as refusal:
        click.echo(f"firstline-train: {refusal}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
