"""Keep recent tickets bounded, and read them again when another bundle reads with another encoder or lexicon."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from serving.context import Context
from serving.inference.live_models import LiveModels
from serving.jobs import closed_tickets
from serving.memory import store

#: So many are read again each round.
RENEWED: Final = 50


@dataclass(frozen=True, slots=True)
class Renewing:
    """The periodic tasks, each once among all processes."""

    context: Context
    models: LiveModels

    def trim(self, at: datetime) -> None:
        """Let what is too old, or more than may be, teach no longer."""
        self.context.database.write(lambda connection: store.trim(connection, at))

    def renew(self, at: datetime) -> None:
        """Enqueue some of what another encoder or lexicon has read, the newest first."""
        model, database = self.models.loaded, self.context.database
        if model is None:
            return
        by = f"{model.encoder.fingerprint[:12]} {model.version}"
        found = database.read(lambda connection: store.stale(connection, model.encoder.fingerprint, model.version))
        carried = model.cases.has([here for here, _ in found], [there for _, there in found])
        chosen = [here for (here, _), known in zip(found, carried.tolist(), strict=True) if not known][:RENEWED]

        def note(connection: sa.Connection) -> None:
            for ticket_id in chosen:
                closed_tickets.note(connection, ticket_id, by, at)

        if chosen:
            database.write(note)
