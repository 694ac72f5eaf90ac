"""Which addresses may be called: public ones, and the networks that the settings allow."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from serving.configuration.values import Network
from serving.outbound.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.IGNORECASE)
_NUMERIC = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)
SPECIAL = [
    ipaddress.ip_network(text)
    for text in (
        # The IANA IPv4 Special-Purpose Address Registry, whole, also what it calls globally reachable; and multicast.
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # The same for IPv6: loopback, IPv4 in IPv6 (mapped, compatible, NAT64, Teredo, 6to4), networks of one's own.
        *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23"),
        *("2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10"),
        *("fec0::/10", "ff00::/8"),
    )
]
"""Blocks that are never called unless the settings allow them. Source: RFC 6890, and the RFCs that update it."""
_UNICAST = ipaddress.ip_network("2000::/3")  # all that is assigned of IPv6 as yet; outside of it nobody is


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a URL, before its host is resolved."""

    scheme: str
    host: str
    port: int
    path: str  # with its query


def target(url: str) -> Target:
    """Read a URL that may be called.

    Raises `AddressRefused`: it is no plain http(s) URL, or its host is written in a way that readers disagree about.
    """
    if not url.isascii() or any(character.isspace() or character < "!" for character in url) or "\\" in url:
        raise AddressRefused("it has characters that no URL has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("it cannot be read") from None
    if parts.scheme not in _PORTS:
        raise AddressRefused("it is not https")
    if "@" in parts.netloc:
        raise AddressRefused("it names a user")
    if port == 0:
        raise AddressRefused("there is no port 0")
    host = parts.hostname or ""
    if not _is_host(host):
        raise AddressRefused("its host is no name and no plain address")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _is_host(host: str) -> bool:
    if ":" in host or _NUMERIC.fullmatch(host):  # an address, or what some readers would take for one
        try:
            return "%" not in host and bool(ipaddress.ip_address(host))
        except ValueError:
            return False
    return bool(_NAME.fullmatch(host))


def vet(found: Sequence[str], *, scheme: str, allowed: Sequence[Network]) -> str:
    """Return the address to call: every one that the name leads to must do; plain http only where it is allowed.

    Raises `AddressRefused`: one of them is not public and not allowed.
    """
    addresses = [ipaddress.ip_address(text) for text in found]
    if not addresses:
        raise AddressRefused("its host has no address")
    for address in addresses:
        exempt = any(address.version == network.version and address in network for network in allowed)
        if not exempt and not is_public(address):
            raise AddressRefused("its host has an address that is not public; FIRSTLINE_ALLOW_CIDRS allows networks")
        if not exempt and scheme != "https":
            raise AddressRefused("it is not https")
    return found[0]


def is_public(address: Address) -> bool:
    """Tell whether anybody on the internet could call this address; one that wraps another never."""
    if any(address.version == network.version and address in network for network in SPECIAL):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address in _UNICAST and not address.scope_id
    return address.is_global
