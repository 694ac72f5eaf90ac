"""`firstline-train promote | rollback | report`: which bundle serves, and its report."""

from __future__ import annotations

import os
import pwd
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from msgspec import to_builtins

from training.commands.options import (
    FOLDER,
    SHARE,
    home_option,
    json_option,
    now,
    open_home,
    print_json,
    signing_option,
)
from training.errors import OverridesUnsigned
from triage.instants import to_text
from triage.model.promotion import history
from triage.model.promotion.history import Change, What

if TYPE_CHECKING:
    from training.promotion.promotion import Verdict
    from triage.model.registry import Registry
    from triage.signing.signatures import TrustedKeys


def _account() -> str:
    """Return the account that runs this; in a container it may have no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return "unknown"


BY = click.option(
    "--by", envvar="USER", default=_account, show_default="the account that runs this", help="Who decides; it is kept."
)


@click.command()
@click.option("--bundle", type=FOLDER, help="As written by `fit`.")
@click.option("--canary", type=SHARE, metavar="SHARE", help="Serve only this share of the tickets, such as 10%.")
@click.option("--finish", is_flag=True, help="Make the canary that serves a share now current; instead of --bundle.")
@click.option(
    "--gates-only", is_flag=True, help="Add it to the bundles with its verdict; the console makes it current."
)
@click.option("--articles", type=FOLDER, help="Ask the golden questions beside these articles; default: the service's.")
@click.option("--accept-dropped-labels", is_flag=True, help="Accept that labels of the current model are missing.")
@click.option("--accept-noticed", is_flag=True, help="Accept label leaks and contradicting accounts.")
@click.option(
    "--despite",
    multiple=True,
    metavar="GATE",
    help="Promote although this gate refuses, such as certificate or 'category: certificate'; may be repeated.",
)
@click.option(
    "--because",
    multiple=True,
    metavar="REASON",
    help="Why, for the change log; with --despite one for all or for each.",
)
@BY
@signing_option
@home_option
@json_option
def promote(**options: Any) -> None:  # noqa: ANN401
    """Make a bundle current, or a canary, if it passes the promotion gates. Exit code 1 if it is refused.

    A canary serves a share of the tickets, and goes back by itself when persons correct it more often; --finish makes
    it current. Another bundle that becomes current ends it.

    --despite overrides a gate by its name, with a reason: the bundle that serves is a copy in which gate, reason, who
    and when are written. Gates on integrity, signature, erasure and labels are never overridden.
    """
    from training.promotion import evals_gate, overriding, promotion
    from triage.model.promotion import erased_content, verdicts
    from triage.tickets import tombstones

    workspace = open_home(options)
    erased = tombstones.read(workspace.home)
    accepted = promotion.Accepted(options["accept_dropped_labels"], options["accept_noticed"])
    despite = overriding.wanted(options["despite"], options["because"])
    bundle = _bundle(workspace.registry, options)
    current = workspace.current()
    verdict = promotion.judge(bundle, current, workspace.encode, accepted, erased, workspace.trusted)
    if verdict.version is not None:
        serving = None if current is None or current.id == verdict.version else current.files.folder
        golden = evals_gate.gate(bundle, serving, workspace.home, options["articles"])
        verdict = promotion.joined(verdict, golden)
        beside = current.id if current is not None else None
        verdict = overriding.standing(verdict, bundle, beside)
        verdict = overriding.overridden(verdict, despite, overriding.Person(options["by"], now()), beside)
    share = options["canary"]
    verdict = _added(workspace.registry, verdict, bundle)
    if (judged := verdict.record(workspace.registry.current_id(), now())) is not None:
        verdicts.keep(workspace.registry, judged)
    if verdict.promoted and verdict.version is not None:
        _serve(workspace.registry, verdict.version, options)
    gone = erased_content.prune(workspace.registry, erased) if verdict.promoted else []
    if options["as_json"]:
        print_json({"promoted": verdict.promoted, "deleted": gone, "canary": share, **to_builtins(verdict)})
    else:
        for gate in verdict.gates:
            said = "passed " if gate.passed else "DESPITE" if gate.override else "REFUSED"
            click.echo(f"{said}  {gate.name}: {gate.reason}")
        name = verdict.version[:12] if verdict.version else str(bundle)
        click.echo(
            f"{name} {_role(options)} now." if verdict.promoted else f"{name} is not promoted; nothing has changed."
        )
        if gone:
            click.echo(f"Deleted {len(gone)} older bundles, which held tickets that were erased: rollback skips them.")
    if not verdict.promoted:
        sys.exit(1)


def _added(registry: Registry, verdict: Verdict, bundle: Path) -> Verdict:
    """Add a bundle that passed to the registry; one with new overrides as a copy that says so, under its own id."""
    from training.promotion import overriding

    if not verdict.promoted:
        return verdict
    new = overriding.fresh(verdict, bundle)
    if not new:
        return replace(verdict, version=registry.add(bundle))
    if registry.trusted:
        out = bundle.parent / f"{bundle.name}-overridden"
        overriding.write(bundle, out, new)
        raise OverridesUnsigned(out)
    with overriding.sealed_copy(bundle, new) as copy:
        return replace(verdict, version=registry.add(copy))


def _serve(registry: Registry, version: str, options: dict[str, Any]) -> None:
    if options["gates_only"]:
        return
    share, why = options["canary"], "; ".join(options["because"]) or None
    if share is None:
        registry.make_current(version)
    else:
        registry.start_canary(version, share)
    what: What = "made_current" if share is None else "canary_started"
    change = Change(at=to_text(now()), what=what, version=version, share=share, by=options["by"], because=why)
    history.add(registry.folder, change)  # what the change log of the service reads


def _role(options: dict[str, Any]) -> str:
    if options["gates_only"]:
        return "may be made current in the console"
    share = options["canary"]
    return "is current" if share is None else f"serves {100 * share:g} % of the tickets"


def _bundle(registry: Registry, options: dict[str, Any]) -> Path:
    """Return the folder to judge: the one that was given, or the canary's."""
    given: Path | None = options["bundle"]
    if options["gates_only"] and (options["canary"] is not None or options["finish"]):
        raise click.UsageError("--gates-only changes nothing that serves: give neither --canary nor --finish with it.")
    if not options["finish"]:
        if given is None:
            raise click.UsageError("Give --bundle, or --finish to make the canary current.")
        return given
    if given is not None or options["canary"] is not None:
        raise click.UsageError("--finish makes the canary current: give neither --bundle nor --canary with it.")
    if (running := registry.canary()) is None:
        raise click.UsageError("There is no canary to finish; start one with --bundle FOLDER --canary 10%.")
    return registry.path(running.version)


@click.command()
@click.option("--because", metavar="REASON", help="Why, for the change log.")
@BY
@signing_option
@home_option
def rollback(home: Path, trusted: TrustedKeys, by: str, because: str | None) -> None:
    """Make the previous bundle current again, unless it contains an erased ticket."""
    from triage.model.promotion import erased_content
    from triage.model.registry import Registry
    from triage.tickets import tombstones

    registry = Registry(home / "models", trusted)
    erased_content.refuse(registry, registry.previous_id(), tombstones.read(home))
    version = registry.rollback()
    change = Change(at=to_text(now()), what="rolled_back", version=version, by=by, because=because)
    history.add(registry.folder, change)
    click.echo(f"{version[:12]} is current again.")


@click.command()
@click.option("--bundle", type=FOLDER, help="As written by `fit`; default: the current bundle.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Copy the HTML report here.")
@home_option
def report(bundle: Path | None, out: Path | None, home: Path) -> None:
    """Print a bundle's figures and the path of its HTML report."""
    from training.report.page import lines
    from triage.model import bundle as bundles
    from triage.model.registry import Registry

    folder = bundle or Registry(home / "models").current()
    if folder is None:
        raise click.UsageError(f"{home} has no current model: give --bundle, or promote one.")
    found = bundles.load(folder)
    for line in lines(found.manifest):
        click.echo(line)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(found.read("report.html"))
    click.echo(f"Report: {out or folder / 'report.html'}")
