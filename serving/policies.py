"""The desk's rules, read once at start: service levels with their calendars, routing, and the labels."""

from dataclasses import dataclass
from pathlib import Path

from serving.errors import PoliciesMissing
from triage import routing, sla_policy, taxonomy

FILES = ("sla.toml", "routing.toml", "taxonomy.toml")


@dataclass(frozen=True, slots=True)
class Policies:
    """The three policies that a case is judged by."""

    sla: sla_policy.Policy
    routing: routing.Rules
    taxonomy: taxonomy.Taxonomy


def load(folder: Path | None) -> Policies:
    """Read the policies of a folder; a file that it lacks is the one that comes with Firstline.

    Raises `PoliciesMissing`: the folder has none of the three files, so it is not what was meant. Raises
    `PolicyRefused`: a file contradicts itself.
    """
    if folder is not None and not any((folder / name).is_file() for name in FILES):
        raise PoliciesMissing(folder, FILES)
    sla, routes, labels = (folder / name if folder and (folder / name).is_file() else None for name in FILES)
    return Policies(
        sla_policy.read(sla) if sla else sla_policy.default(),
        routing.read(routes) if routes else routing.default(),
        taxonomy.read(labels) if labels else taxonomy.default(),
    )
