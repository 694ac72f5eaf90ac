"""Receive an inbound webhook: verify, parse, store; the work is done after the response."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from serving.errors import FieldError, InvalidRequest, NotFound
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.port import Ignored, Inbound
from serving.helpdesks.port.signatures import SCHEMES, Delivery, verify
from serving.helpdesks.schemas import HeardOut
from serving.helpdesks.store import LinkStore
from serving.helpdesks.vendor_table import HEARD
from serving.http.errors import MalformedBody


@dataclass(frozen=True, slots=True)
class Receiving:
    """The use case: receive an inbound webhook."""

    connections: Mapping[str, Connection]
    links: LinkStore

    def hear(self, name: str, delivery: Delivery, *, at: datetime) -> HeardOut:
        """Take a delivery, once.

        Raises `NotFound`: no connection has this name. Raises `HookNotProven`: the sender is not proven. Raises
        `InvalidRequest`: it is no JSON, or tells of a case without its id.
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
        if any(not 0 < len(case.remote_id) <= 80 for case in cases):
            message = "The case has no id: see the page of this desk under docs/helpdesks for what to send."
            raise InvalidRequest([FieldError("id", message)])
        fresh = self.links.arrive(name, cases, at) if cases else 0
        ignored = [each.reason for each in heard if isinstance(each, Ignored)]
        return HeardOut(accepted=fresh, repeated=len(cases) - fresh, ignored=ignored)
