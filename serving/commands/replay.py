"""`firstline replay`: try a policy, thresholds and a holdout on the past."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import rich_click as click

from retrieval.chunks.opening import CLUSTER_HELP, engine
from serving.clock import SystemClock
from serving.commands.sla import Instant
from serving.settings import Settings

_HEAD = "HEAD=PROBABILITY"


@click.command()
@click.option("--policy", type=click.Path(exists=True, path_type=Path), help="Folder with the policy files to try.")
@click.option("--since", "begins_at", type=Instant(), required=True, help="What began at or after this time.")
@click.option("--until", "ends_at", type=Instant(), help="What began before this time; default: now.")
@click.option("--suggest-at", multiple=True, metavar=_HEAD, help="Show a head's label from here on; repeatable.")
@click.option("--auto-at", multiple=True, metavar=_HEAD, help="Apply a head's label from here on; repeatable.")
@click.option("--answer-at", metavar="PROBABILITY", help="Answer a question from this probability on.")
@click.option("--clarify-at", metavar="PROBABILITY", help="Ask what is meant from this probability on.")
@click.option("--holdout", metavar="SHARE", default="0", help="Share of visitors that see no answer, at most 0.5.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with sums and every change.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every change as CSV.")
@click.option("--cluster", metavar="ADDRESS", help=CLUSTER_HELP)
@click.option("--home", type=click.Path(path_type=Path), help="Home folder with all data (FIRSTLINE_HOME).")
def replay(
    policy: Path | None,
    begins_at: datetime,
    ends_at: datetime | None,
    home: Path | None,
    *,
    as_json: bool,
    as_csv: bool,
    **tried: Any,  # noqa: ANN401
) -> None:
    """Say what would have been tagged, routed, answered and breached otherwise, ticket by ticket and in sum.

    Works beside a running service and changes nothing. A file that the policy folder lacks stays as it is now. What the
    past cannot tell is named at the end.
    """
    from serving.replay import table
    from serving.replay.asked import trial_of
    from serving.replay.replaying import replay as replayed
    from serving.replay.trial import Window

    if as_json and as_csv:
        raise click.UsageError("Give either --json or --csv.")
    settings, now = Settings.from_environment(home=home), SystemClock().now()
    window = Window(begins_at, ends_at or now)
    with engine(tried.pop("cluster"), 1) as chosen:
        found = replayed(settings.stored_in, window, trial_of(settings, policy, tried), now, chosen)
    if as_json:
        click.echo(json.dumps(found.to_record()))
    else:
        click.echo(table.to_csv(found) if as_csv else table.to_text(found), nl=not as_csv)
