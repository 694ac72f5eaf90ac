"""A replay for people in a terminal, and its changes as CSV for a spreadsheet."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from serving.replay.replaying import Change, Replayed

_SHOWN = 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_text(replayed: Replayed) -> str:
    """Write the sums, the first changes and what is not known."""
    record = replayed.to_record()
    read, policy = f"{record['tickets']:,} tickets and {record['sessions']:,} sessions", record["policy"]
    return "\n".join(
        [
            f"{read} from {record['from']} to {record['to']}, policy {policy['before']} → {policy['after']}",
            *_tags(record["tags"]),
            *_routing(record["routing"]),
            *_sla(record["sla"]),
            *_answers(record["answers"]),
            *_holdout(record["holdout"]),
            *_changes(replayed),
            "Not known:",
            *(f"  {each}" for each in record["not_known"]),
        ]
    )


def to_csv(replayed: Replayed) -> str:
    """Write every change as a row; a cell that a spreadsheet would compute begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(Change._fields)
    for change in replayed.changes:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in change])
    return out.getvalue()


def _tags(heads: Mapping[str, Any]) -> Iterator[str]:
    for head, found in heads.items():
        yield f"tags, {head}: {found['changed']:,} otherwise{_pairs(found['modes'])}"


def _routing(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"routes: {found['changed']:,} otherwise{_pairs(found['teams'], changed_only=True)}"


def _sla(sums: list[dict[str, Any]]) -> Iterator[str]:
    for each in sums:
        if any(each["promised"].values()):
            moved = f"{each['earlier']:,} earlier, {each['later']:,} later"
            yield (
                f"{each['source']} {each['kind'].replace('_', ' ')}: promised {_pair(each['promised'])}, {moved}, "
                f"breaches {_pair(each['breaches'])}, credits {_pair(each['credits'])}"
            )


def _answers(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"answers: {found['changed']:,} otherwise{_pairs(found['decisions'])}"


def _holdout(found: Mapping[str, Any]) -> Iterator[str]:
    if found["share"]:
        yield (
            f"holdout of {found['share']:.0%}: about {found['held_out']:,} of {found['sessions']:,} sessions held out, "
            f"{found['not_answered']:,} of which were answered"
        )


def _changes(replayed: Replayed) -> Iterator[str]:
    for each in replayed.changes[:_SHOWN]:
        yield f"{each.id}: {each.name.replace('_', ' ')}: {each.before} → {each.after}"
    if (left := len(replayed.changes) - _SHOWN) > 0:
        yield f"… and {left:,} more changes; --json or --csv lists them all"


def _pairs(sides: Mapping[str, Mapping[str, int]], *, changed_only: bool = False) -> str:
    shown = [
        f"{name} {_pair(pair)}"
        for name, pair in sides.items()
        if any(pair.values()) and not (changed_only and pair["before"] == pair["after"])
    ]
    return f" ({', '.join(shown)})" if shown else ""


def _pair(sides: Mapping[str, int]) -> str:
    return f"{sides['before']:,} → {sides['after']:,}"
