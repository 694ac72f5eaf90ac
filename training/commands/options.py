"""Options, value types and output shared by the commands."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from retrieval.chunks.opening import CLUSTER_HELP, engine
from training.data.presets.names import NAMES as PRESETS
from training.progress import Bars
from triage.signing.signatures import NO_KEYS, TrustedKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from training.data.column_mapping import ColumnMapping
    from training.home import Home
    from triage.taxonomy.heads import Head

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
ANY = click.Path(exists=True, path_type=Path)
Command = TypeVar("Command", bound="Callable[..., Any]")
TICKETS_HELP = "Closed tickets: .jsonl, .csv (either may be .gz) or .parquet, with the columns of docs/formats.md."

_HOME = Path("var")
home_option = click.option(
    "--home", type=FOLDER, default=_HOME, envvar="FIRSTLINE_HOME", show_default=True, show_envvar=True,
    help="Home folder with encoder, models and vector cache.",
)  # fmt: skip
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
signing_option = click.option(
    "--signing-public-key", "trusted", default="", envvar="FIRSTLINE_SIGNING_PUBLIC_KEY", show_envvar=True,
    callback=lambda _context, _option, text: _trusted(text),
    help="Public keys, apart by commas, one of which must have signed the bundle; empty: it need not be signed.",
)  # fmt: skip
cluster_option = click.option("--cluster", metavar="ADDRESS", help=CLUSTER_HELP)
encoder_option = click.option("--encoder", type=FOLDER, help="Encoder folder instead of HOME/encoder/int8.")
second_encoder_option = click.option(
    "--second-encoder", metavar="FOLDER|auto|none", default="auto", show_default=True,
    help="Encoder for questions in languages that the first does not read; auto: HOME/multilingual/int8, where the "
    "languages of tickets or articles ask for it.",
)  # fmt: skip
overlay_option = click.option(
    "--overlay", type=FILE, help="Accepted corrections of labels, as `relabel --accept` writes them."
)
predictions_option = click.option(
    "--predictions", type=click.Path(dir_okay=False, path_type=Path), metavar="PATH",
    help="Also write what the heads say of the tickets measured on, for Evidently or NannyML: .parquet or .csv, "
    "without texts.",
)  # fmt: skip
changes_option = click.option(
    "--changes", type=FILE, help="Taxonomy changes (docs/taxonomy.md); default: those of the current bundle."
)


def mapping_option(command: Command) -> Command:
    """Add the options that say how a foreign export is written; `mapping_of` reads them."""
    preset = click.option(
        "--preset",
        type=click.Choice([*PRESETS, "auto"]),
        help="The helpdesk whose export this is; auto: whichever fits its columns. --mapping goes before it.",
    )
    mapping = click.option(
        "--mapping", type=FILE, help='TOML that names the export\'s columns (description = "Body") and values.'
    )
    taxonomy = click.option(
        "--taxonomy",
        type=FILE,
        help="The desk's taxonomy.toml: its heads, and what its labels mean, to suggest those that closed tickets do "
        "not teach yet. Default: the heads of the current model.",
    )
    timezone = click.option(
        "--timezone", metavar="ZONE", help="Time zone of times in the tickets that name none, such as Europe/Berlin."
    )
    return preset(mapping(timezone(taxonomy(command))))


def mapping_of(options: Mapping[str, Any]) -> ColumnMapping:
    """Return how the options say to read the tickets."""
    from training.data.presets.presets import mapping_for

    return mapping_for(
        options["tickets"], options["mapping"], options["timezone"], options["preset"], declared_heads(options)
    )


def declared_heads(options: Mapping[str, Any]) -> tuple[Head, ...]:
    """Return the heads of `--taxonomy`, else those of the bundle that is named or serves, else those of Firstline."""
    from triage.errors import BundleRefused
    from triage.model import bundle_files
    from triage.model.registry import Registry
    from triage.taxonomy import labels as taxonomy
    from triage.taxonomy.heads import SHIPPED

    if options["taxonomy"]:
        return taxonomy.read(options["taxonomy"]).declared
    folder = options.get("bundle") or Registry(options.get("home", _HOME) / "models").current()
    try:
        return (bundle_files.read_manifest(folder).taxonomy.heads if folder else None) or SHIPPED
    except BundleRefused:  # whoever needs it says so
        return SHIPPED


class Instant(click.ParamType):  # type: ignore[type-arg]
    """An RFC 3339 instant with its time zone."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Read it as UTC."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no instant; write 2026-03-01T00:00:00Z", param, ctx)
        if instant.tzinfo is None:
            whole = value if len(value) > len("2026-03-01") else f"{value}T00:00:00"
            self.fail(f"{value!r} has no time zone; write {whole}Z or {whole}+01:00", param, ctx)
        return instant.astimezone(UTC)


class Share(click.ParamType):  # type: ignore[type-arg]
    """A share of tickets: 10% or 0.1."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401
        """Read it as a number; which ones are sensible, the registry says."""
        if isinstance(value, float):
            return value
        try:
            return float(value[:-1]) / 100 if value.endswith("%") else float(value)
        except ValueError:
            self.fail(f"{value!r} is no share; write 10% or 0.1", param, ctx)


SHARE = Share()


def open_home(options: Mapping[str, Any]) -> Home:
    """Return the home folder that the options name, with progress on the screen."""
    from training.home import Home

    address = options.get("cluster")
    context = click.get_current_context(silent=True)
    chosen = context.with_resource(engine(address)) if address and context else None
    return Home(options["home"], Bars(), options.get("trusted", NO_KEYS), chosen)


def _trusted(text: str) -> TrustedKeys:
    try:
        return TrustedKeys.from_text(text)
    except ValueError:
        raise click.BadParameter("give public keys as `firstline keys signing-key` prints them") from None


def print_json(result: Mapping[str, Any]) -> None:
    """Print one JSON object to stdout."""
    line = json.dumps(result, ensure_ascii=False, allow_nan=False)
    click.echo(line.encode(errors="backslashreplace").decode())  # half a character is escaped, as JSON does it


def rounded(value: object) -> object:
    """Return a number as people read it: four decimals."""
    return round(value, 4) if isinstance(value, float) else value


def now() -> datetime:
    """Return the moment: the commands are where training's clock is read."""
    return datetime.now(UTC)  # noqa: TID251 - and here alone
