"""The address that a request comes from: the peer's, or what a trusted proxy says of it."""

import ipaddress
from collections.abc import Sequence

from serving.configuration.values import Network

_LONGEST = 4_000  # letters of X-Forwarded-For that are read, from its end
_SITE = 64  # bits of an IPv6 address that a provider gives one customer
_UNKNOWN = "unknown"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_of(peer: str | None, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """Return whom to count a request for: an IPv4 address, or the /64 of an IPv6 one.

    `forwarded` are the X-Forwarded-For headers in order. Each proxy adds the address it heard from at the end, so the
    last one that is no trusted proxy is the client's. A peer that is no trusted proxy may write there what it likes.
    """
    found = address_in(peer or "")
    if found is None:
        return _UNKNOWN
    for hop in reversed(",".join(forwarded)[-_LONGEST:].split(",")):
        before = address_in(hop)
        if before is None or not any(found in network for network in proxies):
            break
        found = before
    return counted(found)


def counted(address: Address) -> str:
    """Return what an address is counted as: an IPv4 address is itself, an IPv6 one its /64."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _SITE), strict=False))
    return str(address)


def address_in(text: str) -> Address | None:
    """Read an address as proxies write it: `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
