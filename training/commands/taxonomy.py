"""`firstline-train migrate-taxonomy`: migrate a bundle through taxonomy changes."""

from __future__ import annotations

from typing import Any

import rich_click as click
from msgspec import to_builtins

from training.commands.options import FILE, FOLDER, home_option, json_option, now, open_home, print_json


@click.command("migrate-taxonomy")
@click.option("--bundle", type=FOLDER, required=True, help="As written by `fit`.")
@click.option("--changes", type=FILE, required=True, help="All taxonomy changes (docs/taxonomy.md).")
@click.option("--out", type=FOLDER, required=True, help="Folder for the migrated bundle.")
@home_option
@json_option
def migrate_taxonomy(**options: Any) -> None:  # noqa: ANN401
    """Migrate a bundle to today's labels without a refit: rename, merge, split, retire, add.

    Renamed labels keep figures and certificates. A merged label is given where one of the old ones was. A label that
    was split or retired is not given until a refit. Only heads whose answers change lose their certificates.
    """
    from training.bundles import migration
    from triage.model import bundle as bundles
    from triage.taxonomy import changes_file as taxonomy_changes_file

    workspace = open_home(options)
    bundle = bundles.load(options["bundle"])
    changes = taxonomy_changes_file.read(options["changes"])
    done = migration.migrate(bundle, changes, options["out"], at=now(), encode=workspace.encode)
    entries = done.manifest.heads
    if options["as_json"]:
        said = {
            head: {"touched": moved.touched, **to_builtins(entries[head].metrics)} for head, moved in done.heads.items()
        }
        print_json({**said, "bundle": done.manifest.id, "path": str(options["out"])})
        return
    for head, moved in done.heads.items():
        kept = len(entries[head].certificates)
        state = moved.why() if moved.touched else f"answers as before; certificates kept: {kept}"
        click.echo(f"{head}: {state}")
    click.echo(f"Bundle {done.manifest.id[:12]} in {options['out']}; its weights are those of {bundle.id[:12]}")
    click.echo(f"To let it serve: firstline-train promote --bundle {options['out']} --home {options['home']}")
