"""`firstline models`: list and show bundles, start and stop a shadow, stop a canary, compare."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import rich_click as click

from serving.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from triage.model.registry import Registry

T = TypeVar("T")
_HOME = click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SHORT = 12


@click.group()
def models() -> None:
    """Show model bundles, let one tag silently beside the current one (shadow), and stop a canary.

    Works beside a running service and for all its replicas: they share the models folder and follow it within a second.
    `firstline-train promote` puts bundles through the gates: `--canary 10%` starts a canary, `--finish` makes it
    current, and `firstline-train rollback` goes back to the previous bundle.
    """


@models.command("list")
@_JSON
@_HOME
def list_models(home: Path | None, *, as_json: bool) -> None:
    """List the bundles, newest first, and what each is used for."""
    registry = _registry(home)
    canary, versions = registry.canary(), registry.versions()
    roles = {
        "current": registry.current_id(),
        "previous": registry.previous_id(),
        "shadow": registry.shadow_id(),
        "canary": canary.version if canary else None,
    }
    if as_json:
        click.echo(_json({**roles, "versions": versions}))
        return
    for version in versions:
        click.echo(" ".join([version[:_SHORT], *(role for role, named in roles.items() if named == version)]))
    if not versions:
        click.echo("No bundles: `make train` and `make promote` make one.")


@models.command("show")
@_HOME
def show(home: Path | None) -> None:
    """Show the current bundle, the shadow, the canary with its evidence, and why a canary went back."""
    from serving.models.canary import counts_of
    from serving.models.evidence import DELTA
    from serving.models.store import last_reverted, run_of
    from triage.model.bundle_files import read_manifest

    registry = _registry(home)
    canary = registry.canary()
    for name, version in (("current", registry.current_id()), ("shadow", registry.shadow_id())):
        click.echo(f"{name:<9}{version or 'none'}")
    if (current := registry.current()) is not None:
        manifest = read_manifest(current)
        click.echo(f"{'encoder':<9}{manifest.encoder.name}")
        if manifest.second_encoder is not None:
            click.echo(f"         and {manifest.second_encoder.name}, for questions in other languages than English")
    click.echo(f"{'canary':<9}{f'{canary.version}, {100 * canary.share:g} % of the tickets' if canary else 'none'}")
    run = _read(home, lambda connection: run_of(connection, canary.run)) if canary else None
    if run is not None:
        counts = _read(home, lambda connection: counts_of(connection, run))
        own, others = (counts.canary_corrected, counts.canary), (counts.current_corrected, counts.current)
        click.echo(f"         since {run.began_at:%Y-%m-%d %H:%M} UTC corrected: {own[0]} of its {own[1]} tickets,")
        click.echo(f"         {others[0]} of the current bundle's {others[1]}")
        click.echo(f"         evidence {counts.evidence:.2f}; it goes back at {1 / DELTA:.0f}")
    if (last := _read(home, last_reverted)) is not None:
        click.echo(f"reverted {last.version} at {last.reverted_at:%Y-%m-%d %H:%M} UTC ({last.reason})")
        click.echo(f"         {last.explanation}")


@models.command("shadow")
@click.argument("version", required=False)
@click.option("--stop", is_flag=True, help="Let no bundle tag silently any more.")
@_HOME
def shadow(version: str | None, home: Path | None, *, stop: bool) -> None:
    """Let the bundle VERSION tag live tickets silently: an id, its beginning, or the folder of a bundle."""
    registry = _registry(home)
    if stop == (version is not None):
        raise click.UsageError("Give VERSION, or --stop.")
    if version is None:
        registry.stop_shadow()
        click.echo("No bundle tags silently now.")
        return
    chosen = registry.add(Path(version)) if Path(version).is_dir() else registry.find(version)
    registry.start_shadow(chosen)
    click.echo(f"{chosen[:_SHORT]} tags silently now: `firstline models report` compares.")


@models.command("report")
@_JSON
@_HOME
def report(home: Path | None, *, as_json: bool) -> None:
    """Compare the shadow with the current bundle on the same tickets, agreement first."""
    from serving.models.comparison import compare, lines

    registry = _registry(home)
    found = _read(home, lambda connection: compare(connection, registry.shadow_id(), registry.current_id()))
    click.echo(_json(found) if as_json else "\n".join(lines(found)))


@models.command("canary")
@click.option("--stop", is_flag=True, help="Let the current bundle serve every ticket again.")
@_HOME
def canary(home: Path | None, *, stop: bool) -> None:
    """Stop the canary. `firstline-train promote` starts one (--canary 10%) and makes it current (--finish)."""
    if not stop:
        raise click.UsageError("Give --stop; `firstline models show` shows the canary.")
    stopped = _registry(home).stop_canary()
    click.echo("The current bundle serves every ticket now." if stopped else "There is no canary.")


def _registry(home: Path | None) -> "Registry":
    from triage.model.registry import Registry

    settings = Settings.from_environment(home=home)
    return Registry(settings.models_path, settings.signing_keys)


def _read(home: Path | None, operation: "Callable[[sa.Connection], T]") -> T:
    from serving.storage.database import read_only

    with read_only(Settings.from_environment(home=home).stored_in) as connection:
        return operation(connection)


def _json(shown: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(shown)).decode()
