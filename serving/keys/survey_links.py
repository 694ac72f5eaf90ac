"""Links to surveys: signed with the installation's secret, so that nobody can make one up or change it."""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from serving.keys.installation_secret import InstallationSecret
from serving.settings import Settings

PATH = "/survey"
_TOKEN = re.compile(r"(tkt_[0-9a-z]{26})\.([1-9][0-9]{0,8})\.([\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SurveyLinks:
    """Makes and reads links; what they lead to, and whether it is still open, the ticket says."""

    installation: InstallationSecret
    address: str  # of this service, as customers reach it

    @classmethod
    def of(cls, settings: Settings, installation: InstallationSecret) -> "SurveyLinks | None":
        """Return what makes links; None where surveys are off."""
        return cls(installation, (settings.public_url or settings.url).rstrip("/")) if settings.surveys else None

    def path(self, ticket_id: str, resolution: int) -> str:
        """Return the path of the survey of a ticket's resolution."""
        return f"{PATH}/{ticket_id}.{resolution}.{self._signature(ticket_id, resolution)}"

    def url(self, ticket_id: str, resolution: int) -> str:
        """Return the whole address of a survey."""
        return self.address + self.path(ticket_id, resolution)

    def read(self, token: str) -> tuple[str, int] | None:
        """Return the ticket and the resolution of a link's last part; None where it was not signed here."""
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        ticket_id, resolution = parts[1], int(parts[2])
        return (
            (ticket_id, resolution) if hmac.compare_digest(parts[3], self._signature(ticket_id, resolution)) else None
        )

    def _signature(self, ticket_id: str, resolution: int) -> str:
        return urlsafe_b64encode(self.installation.derive("survey", f"{ticket_id}\n{resolution}")).decode().rstrip("=")
