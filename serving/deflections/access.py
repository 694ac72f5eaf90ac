"""Who may open a session: a secret key each, a publishable key only its own, with the session's secret."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from serving.deflections.store import Deflection
from serving.errors import NotFound
from serving.keys.api_keys import Caller
from serving.keys.installation_secret import InstallationSecret

HEADER = "Firstline-Session"
_NO_HASH = "0" * 64
_ABOUT = "The `client_secret` of the session: needed with a publishable key, and only with one."
SessionHeader = Annotated[str | None, HeaderParameter(name=HEADER, description=_ABOUT, required=False)]


@dataclass(frozen=True, slots=True)
class Access:
    """A request for a session: who calls, and the secret that was sent."""

    caller: Caller
    secret: str | None = None

    def opened(self, session: Deflection | None, deflection_id: str) -> Deflection:
        """Return the session.

        Raises `NotFound`: there is none, or it is not the caller's: both look the same and take as long.
        """
        if not self.caller.is_publishable:
            allowed = True
        else:
            kept = (session and session.secret_hash) or _NO_HASH
            shown = hmac.compare_digest(kept, hashed(self.secret or ""))
            own = session is not None and (session.key_id, session.origin) == (self.caller.key_id, self.caller.origin)
            allowed = shown and own
        if session is None or not allowed:
            raise NotFound("deflection", deflection_id)
        return session


def access_of(caller: NamedDependency[Caller], firstline_session: SessionHeader = None) -> Access:
    """Return how a request asks for a session; the dependency `access`."""
    return Access(caller, firstline_session)


def client_secret(installation: InstallationSecret, deflection_id: str) -> str:
    """Return the secret of a session: derived, so that the repeat of a request whose answer was lost gets it, too."""
    return f"cs_{urlsafe_b64encode(installation.derive('session', deflection_id)).decode().rstrip('=')}"


def hashed(secret: str) -> str:
    """Hash a secret of 256 random bits: a slow hash would add nothing."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
