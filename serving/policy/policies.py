"""The desk's policies, read once at startup: SLA with calendars, routing, labels, urgent phrases and fields."""

from dataclasses import dataclass, field
from pathlib import Path

from serving.policy import nobody_head, policy_files, ticket_fields
from serving.policy.errors import PoliciesMissing
from triage import contact_costs, routing
from triage.capacity import terms as capacity_terms
from triage.fields import declaration
from triage.model import urgency
from triage.reading.bounded_tables import text_of
from triage.sla import policy as sla_policy
from triage.surges import terms as surge_terms
from triage.taxonomy import labels as taxonomy
from triage.taxonomy.heads import multis_of, names_of

EDITIONS = "sla"  # a folder of policies of service levels, each with the date from which it counts
FILES = ("sla.toml", "routing.toml", "taxonomy.toml", "urgency.toml", declaration.FILE)
OPTIONAL = (contact_costs.FILE, capacity_terms.FILE, nobody_head.FILE, surge_terms.FILE)
EVERY_FILE = (*FILES, *OPTIONAL)
OTHERS = (EDITIONS, *OPTIONAL)  # which a folder may have instead


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that apply to tickets."""

    sla: sla_policy.Policy
    routing: routing.RoutingRules
    taxonomy: taxonomy.Taxonomy
    urgency: urgency.UrgencyPhrases
    fields: declaration.TicketFields = field(default_factory=ticket_fields.default)
    nobody: nobody_head.NobodyHead | None = None
    """The head that says which tickets need nobody, where the desk names one."""

    @property
    def heads(self) -> tuple[str, ...]:
        """The label fields of the desk, as its taxonomy declares them."""
        return names_of(self.taxonomy.declared)

    @property
    def helpdesk_names(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """What a helpdesk connection may name: heads, those with several labels, and declared fields."""
        return self.heads, self.multi, self.field_names

    @property
    def field_names(self) -> tuple[str, ...]:
        """The declared fields that may be stored, and so shown elsewhere."""
        return tuple(rule.name for rule in self.fields.rules if rule.store)

    @property
    def multi(self) -> tuple[str, ...]:
        """Those of them of which a ticket has several labels."""
        return multis_of(self.taxonomy.declared)


def load(folder: Path | None, *, otherwise: Policies | None = None) -> Policies:
    """Read the policies of a folder; a file that it lacks is that of `otherwise`, or the one that comes with Firstline.

    Raises `PoliciesMissing`: the folder has none of the files, so it is not what was meant. Raises
    `PolicyRefused`: a file contradicts itself.
    """
    if folder is not None and not any((folder / name).exists() for name in (*FILES, *OTHERS)):
        raise PoliciesMissing(folder, FILES)
    single, routes, labels, urgent, declared = (
        folder / name if folder and (folder / name).is_file() else None for name in FILES
    )
    given = otherwise is None or single is not None or (folder is not None and (folder / EDITIONS).is_dir())
    levels = policy_files.of_folder(folder) if given or otherwise is None else otherwise.sla
    kept = otherwise.routing if otherwise else routing.default()
    known = taxonomy.read(labels) if labels else otherwise.taxonomy if otherwise else taxonomy.default()
    rules = routing.read(routes, names_of(known.declared)) if routes else kept
    asked_for = ticket_fields.read(declared, names_of(known.declared)) if declared else None
    if routes or otherwise:
        rules.check(calendars=levels.calendars, plans=levels.plans)
    return Policies(
        levels,
        rules,
        known,
        urgency.read(urgent) if urgent else otherwise.urgency if otherwise else urgency.default(),
        asked_for or (otherwise.fields if otherwise else ticket_fields.default()),
        _nobody(folder, known, otherwise),
    )


def _nobody(folder: Path | None, known: taxonomy.Taxonomy, otherwise: Policies | None) -> nobody_head.NobodyHead | None:
    if folder is not None and (path := folder / nobody_head.FILE).is_file():
        return nobody_head.parse(text_of(path), known)
    return otherwise.nobody if otherwise else None
