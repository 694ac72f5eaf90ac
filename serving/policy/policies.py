"""The desk's policies, read once at startup: SLA with calendars, routing, labels and urgent phrases."""

from dataclasses import dataclass
from pathlib import Path

from serving.policy import policy_files
from serving.policy.errors import PoliciesMissing
from triage import contact_costs, routing
from triage.capacity import terms as capacity_terms
from triage.model import urgency
from triage.sla import policy as sla_policy
from triage.taxonomy import labels as taxonomy

EDITIONS = "sla"  # a folder of policies of service levels, each with the date from which it counts
FILES = ("sla.toml", "routing.toml", "taxonomy.toml", "urgency.toml")
OTHERS = (EDITIONS, contact_costs.FILE, capacity_terms.FILE)  # which a folder may have instead


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that apply to tickets."""

    sla: sla_policy.Policy
    routing: routing.RoutingRules
    taxonomy: taxonomy.Taxonomy
    urgency: urgency.UrgencyPhrases


def load(folder: Path | None) -> Policies:
    """Read the policies of a folder; a file that it lacks is the one that comes with Firstline.

    Raises `PoliciesMissing`: the folder has none of the files, so it is not what was meant. Raises
    `PolicyRefused`: a file contradicts itself.
    """
    if folder is not None and not any((folder / name).exists() for name in (*FILES, *OTHERS)):
        raise PoliciesMissing(folder, FILES)
    _, routes, labels, urgent = (folder / name if folder and (folder / name).is_file() else None for name in FILES)
    levels = policy_files.of_folder(folder)
    rules = routing.read(routes) if routes else routing.default()
    if routes:
        rules.check(calendars=levels.calendars, plans=levels.plans)
    return Policies(
        levels,
        rules,
        taxonomy.read(labels) if labels else taxonomy.default(),
        urgency.read(urgent) if urgent else urgency.default(),
    )
