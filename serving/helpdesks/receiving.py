"""Receive an inbound webhook: verify, parse, store; the work is done after the response."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from serving.errors import FieldError, InvalidRequest, NotFound
from serving.helpdesks.following.pulling import Pulling
from serving.helpdesks.following.stale_links import StaleLinks
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.paths import is_id
from serving.helpdesks.port.port import Changed, Ignored, Inbound, Thread
from serving.helpdesks.port.signatures import SCHEMES, Delivery, verify
from serving.helpdesks.schemas import HeardOut
from serving.helpdesks.store import LinkStore
from serving.helpdesks.vendor_table import HEARD, KINDS
from serving.http.errors import MalformedBody

_NOT_READ = "changes there are not read: the connection has no token, or this kind of helpdesk does not tell them"
_NOT_FOLLOWED = "a change of a ticket that is not here"


@dataclass(frozen=True, slots=True)
class Receiving:
    """The use case: receive an inbound webhook."""

    connections: Mapping[str, Connection]
    links: LinkStore
    pulling: Pulling | None = None  # where threads are delivered to

    def hear(self, name: str, delivery: Delivery, *, at: datetime) -> HeardOut:
        """Take a delivery, once.

        Raises `NotFound`: no connection has this name. Raises `NotReady`: it is about a ticket that is being opened.
        Raises `HookNotProven`: the sender is not proven. Raises `InvalidRequest`: it is no JSON, or has no id.
        """
        connection = self.connections.get(name)
        if connection is None:
            raise NotFound(kind="connection", id=name)
        verify(SCHEMES[connection.kind], connection.hook_secret, delivery, at=at)
        try:
            payload = msgspec.json.decode(delivery.body)
        except msgspec.DecodeError:
            raise MalformedBody("The body is not JSON.") from None
        heard = HEARD[connection.kind](payload, connection)
        cases = [each for each in heard if isinstance(each, Inbound)]
        changed = list(dict.fromkeys(each.remote_id for each in heard if isinstance(each, Changed)))
        if not all(map(is_id, (*changed, *(case.remote_id for case in cases)))):
            message = "The case has no id: see the page of this desk under docs/helpdesks for what to send."
            raise InvalidRequest([FieldError("id", message)])
        fresh = self.links.arrive(name, cases, at) if cases else 0
        known = len(cases) - fresh
        threads = [each for each in heard if isinstance(each, Thread)]
        delivered = [self.pulling is not None and self.pulling.deliver(name, each, at) for each in threads]
        fresh += sum(delivered)
        ignored = [each.reason for each in heard if isinstance(each, Ignored)]
        ignored += [_NOT_FOLLOWED] * (len(delivered) - sum(delivered))
        if changed and not (connection.token and KINDS[connection.kind].capabilities.threads):
            return HeardOut(accepted=fresh, repeated=known, ignored=[*ignored, _NOT_READ])
        followed, strange = StaleLinks(self.links.database).changed(name, changed, at)
        if unfollowed := len(changed) - followed - strange:
            ignored += [_NOT_FOLLOWED] * unfollowed
        accepted = fresh + followed + strange
        return HeardOut(accepted=accepted, repeated=known, ignored=ignored)
