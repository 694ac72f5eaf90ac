"""Why a form of a ticket's page was refused: with the names that the form has for its fields."""

from collections.abc import Mapping

from serving.console.queue.phrases import RESOLUTIONS, field_name
from triage.errors import FirstlineError, OutcomeRefused, PacketIncomplete
from triage.tickets.escalation import Escalation


def sentence_of(error: FirstlineError, rules: Escalation) -> str:
    """Say what was refused."""
    if isinstance(error, PacketIncomplete):
        needed = rules.needed(error.tier, error.to)
        missing = "; ".join(_field(name, needed) for name in error.missing)
        return f"To go from {error.tier} to {error.to} the ticket still needs: {missing}"
    if isinstance(error, OutcomeRefused):
        allowed = ", ".join(RESOLUTIONS.get(str(each), str(each)) for each in error.allowed)
        return f"{field_name(error.field)}: “{error.value}” is none of {allowed}"
    said = str(error)
    return said[:1].upper() + said[1:]


def _field(name: str, needed: Mapping[str, str]) -> str:
    return needed.get(name, name.replace("_", " "))
