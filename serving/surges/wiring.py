"""Wiring of the surges slice."""

from collections.abc import Callable

from retrieval.encoder.encoder import Encoder
from serving.context import Context, Slice
from serving.inference.labels import KnownLabels
from serving.jobs.periodic import PeriodicTask
from serving.surges.deciding import Proposals
from serving.surges.endpoints import ProposalController
from serving.surges.erasing import erase
from serving.surges.incidents.endpoints import IncidentController
from serving.surges.incidents.opening import Incidents
from serving.surges.meanings import Meanings
from serving.surges.public_messages import PublicMessages
from serving.surges.watch import LOOK_EVERY, SurgeWatch
from serving.ticket_desk import LeadsIncidents


def wire(
    context: Context,
    incidents: LeadsIncidents,
    vocabulary: KnownLabels,
    encoder: Callable[[], Encoder | None] = lambda: None,
) -> Slice:
    """Return the slice; `incidents` opens what is accepted, `encoder` is the one that serves now."""
    proposals = Proposals(context, incidents)
    by_hand = Incidents(context, incidents, vocabulary)
    watch = SurgeWatch(context, proposals, Meanings(encoder))
    return Slice(
        handlers=[ProposalController, IncidentController],
        dependencies={
            "proposals": proposals,
            "incidents_by_hand": by_hand,
            "surges": watch,
            "public_messages": PublicMessages(context.database),
        },
        watches=[PeriodicTask("surges", LOOK_EVERY, watch.look, once=True)],
        erase=erase,
    )
