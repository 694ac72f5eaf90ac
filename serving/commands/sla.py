"""`firstline sla` and `firstline calendar`: check and replay policies, write holidays."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import rich_click as click

from serving.clock import SystemClock
from serving.commands.here import HOME
from serving.settings import Settings
from triage.errors import FirstlineError
from triage.instants import from_text, to_text

FILE = click.Path(exists=True, path_type=Path)
_SHOWN = 20


class Instant(click.ParamType[datetime]):
    """An instant such as 2026-03-02T09:00:00Z, or a date, which means its beginning in UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        """Read it, or say how it is written."""
        try:
            return from_text(f"{value}T00:00:00Z" if len(str(value)) == len("2026-03-02") else value, "the instant")
        except FirstlineError:
            self.fail(f"{value!r} is no time: write 2026-03-02T09:00:00Z, or 2026-03-02 for its beginning", param, ctx)


class Years(click.ParamType[range]):
    """A year, or the first and the last: 2026-2028."""

    name = "years"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:  # noqa: ANN401
        """Read them, or say how they are written."""
        first, _, last = str(value).partition("-")
        if not (first.isdigit() and (last or first).isdigit()) or not 0 <= int(last or first) - int(first) <= 20:
            self.fail(f"{value!r} is no run of years; write 2026 or 2026-2028, at most 21 of them", param, ctx)
        return range(int(first), int(last or first) + 1)


@click.group()
def sla() -> None:
    """Check an SLA policy, or replay past tickets under another one."""


@sla.command()
@click.option("--policy", type=FILE, help="A policy file or folder of editions; default: the desk's own.")
@HOME
def check(policy: Path | None, home: Path | None) -> None:
    """Check a policy: list its editions and what needs attention."""
    from serving.policy import policy_files

    settings = Settings.from_environment(home=home)
    edition = policy_files.read(policy) if policy else policy_files.of_folder(settings.policies)
    while True:
        since = f"since {to_text(edition.effective_from)}" if edition.effective_from else "since ever"
        click.echo(f"policy {edition.version}, {since}: {', '.join(edition.plans)}")
        for remark in edition.remarks(SystemClock().now()):
            click.echo(f"  {remark}")
        if edition.earlier is None:
            return
        edition = edition.earlier


@sla.command("replay")
@click.option("--policy", type=FILE, required=True, help="The other policy: TOML, YAML, or a folder of editions.")
@click.option("--from", "begins_at", type=Instant(), required=True, help="Tickets created at or after this time.")
@click.option("--to", "ends_at", type=Instant(), help="Tickets created before this time; default: now.")
@click.option("--snapshot", type=FILE, help="Closed tickets (.jsonl, .jsonl.gz) instead of the stored ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with every promise that changes.")
@HOME
def replay_history(
    policy: Path,
    begins_at: datetime,
    ends_at: datetime | None,
    snapshot: Path | None,
    *,
    as_json: bool,
    home: Path | None,
) -> None:
    """Replay past tickets under another policy and print the differences: deadlines, breaches, credits."""
    from serving.policy import policy_files
    from serving.tickets import replay as logs
    from triage.sla.what_if import replay

    settings, now = Settings.from_environment(home=home), SystemClock().now()
    until = ends_at or now
    before, after = policy_files.of_folder(settings.policies), policy_files.read(policy)
    told = logs.exported(snapshot, begins_at, until) if snapshot else logs.stored(settings.stored_in, begins_at, until)
    record = replay(told, before, after, now).to_record()
    window = {"from": to_text(begins_at), "to": to_text(until), "before": before.version, "after": after.version}
    click.echo(json.dumps({**window, **record}) if as_json else _table(window, record))


def _table(window: dict[str, str], record: dict[str, Any]) -> str:
    tickets = f"{record['tickets']:,} tickets created from {window['from']} to {window['to']}"
    lines = [
        f"{tickets}, policy {window['before']} → {window['after']}",
        f"{'':26}{'promised':>17}{'earlier':>9}{'later':>9}{'breaches':>17}{'credits':>17}",
    ]
    for each in record["sums"]:
        if any(each["promised"].values()):
            pairs = [
                f"{each[name]['before']:,} → {each[name]['after']:,}" for name in ("promised", "breaches", "credits")
            ]
            moved = f"{each['earlier']:>9,}{each['later']:>9,}"
            name = f"{each['source']} {each['kind'].replace('_', ' ')}"
            lines.append(f"{name:26}{pairs[0]:>17}{moved}{pairs[1]:>17}{pairs[2]:>17}")
    other = [each for each in record["changed"] if each["before"]["breached"] != each["after"]["breached"]]
    for each in other[:_SHOWN]:
        verb = "breached" if each["after"]["breached"] else "no longer breached"
        due = f"{each['before']['due_by'] or 'none'} → {each['after']['due_by'] or 'none'}"
        lines.append(f"{each['ticket_id']}: {each['source']} {each['kind'].replace('_', ' ')} {verb}, due {due}")
    if len(other) > _SHOWN:
        lines.append(f"… and {len(other) - _SHOWN:,} more; --json lists them all")
    return "\n".join(lines)


@click.group()
def calendar() -> None:
    """Calendars: get holidays for the policy file."""


@calendar.command()
@click.option("--country", help="ISO country code, such as DE; needs the package holidays.")
@click.option("--part", help="A part of the country, such as BY.")
@click.option("--ical", type=FILE, help="An iCalendar file instead. Check its days: feeds list informal ones.")
@click.option("--years", type=Years(), required=True, help="2026, or 2026-2028.")
@click.option("--calendar", "name", default="business", help="Name of the calendar in the policy file.")
def holidays(country: str | None, part: str | None, ical: Path | None, years: range, name: str) -> None:
    """Print holidays as lines to paste into the policy file."""
    from serving.policy import public_holidays as holidays_package
    from triage.sla.holiday_import import read_ical, to_toml

    if (country is None) == (ical is None):
        raise click.UsageError("Give either --country or --ical.")
    if ical is not None:
        days, source = read_ical(ical.read_text(encoding="utf-8"), years), f"From {ical.name}"
    else:
        days = holidays_package.official(str(country), part, years)
        source = f"{country}{f', {part}' if part else ''}, by {holidays_package.release()}"
    click.echo(to_toml(days, name, source), nl=False)
