"""Check a webhook endpoint when it is created: refuse what can be known to fail."""

import ipaddress
from collections.abc import Sequence

from serving.configuration.values import Network
from serving.errors import FieldError
from serving.jobs.event_types import EVENT_TYPES
from serving.outbound.address_check import Target, target, vet
from serving.outbound.errors import AddressRefused, EndpointRefused

_LOOPBACK = "127.0.0.1"
_PLAIN = "Write https: plain http is for networks of your own, which FIRSTLINE_ALLOW_CIDRS allows."


def check(url: str | None, types: Sequence[str], allowed: Sequence[Network]) -> None:
    """Look at a URL, unless none is given, and at types of events.

    A name is not looked up: it may be there later, and each attempt checks its addresses anyhow. Raises
    `EndpointRefused`: the URL cannot be called from here, or there are no such events.
    """
    wrong = [FieldError("url", why)] if url is not None and (why := _refusal(url, allowed)) else []
    if unknown := sorted(set(types) - set(EVENT_TYPES)):
        known = ", ".join(EVENT_TYPES)
        wrong.append(FieldError("types", f"There is no event {', '.join(unknown)}. Ask for some of {known}."))
    if wrong:
        raise EndpointRefused(wrong)


def _refusal(url: str, allowed: Sequence[Network]) -> str | None:
    try:
        where = target(url)
        literal = _literal(where)
        if literal is not None:
            vet([literal], scheme=where.scheme, allowed=allowed)
    except AddressRefused as refused:
        return str(refused)
    return _PLAIN if literal is None and where.scheme != "https" and not allowed else None


def _literal(where: Target) -> str | None:
    """Return the address that a host is, None for a name that has to be looked up."""
    name = where.host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return _LOOPBACK
    try:
        return str(ipaddress.ip_address(where.host))
    except ValueError:
        return None
