"""Answer an audited tag of another helpdesk's ticket where no label is right: there is none to correct it with."""

from dataclasses import dataclass
from datetime import datetime

from serving.inference.watching import answers
from serving.inference.watching.watch import CertificateWatch
from serving.keys.api_keys import Caller
from serving.storage.database import Database
from serving.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class AuditAnswering:
    """The use case: say that the audited label is wrong, and no other label is right."""

    database: Database
    watch: CertificateWatch
    telemetry: Telemetry

    def no_label(self, tagging_id: str, head: str, actor: str, caller: Caller, at: datetime) -> None:
        """Record it; the tag stays the suggestion that it was."""
        self.database.write(
            lambda connection: answers.answered(connection, {"tagging_id": tagging_id}, {head: None}, actor, at)
        )
        self.watch.refresh()
        self.telemetry.event("audit.no_label", tagging_id=tagging_id, head=head, key_id=caller.key_id)
