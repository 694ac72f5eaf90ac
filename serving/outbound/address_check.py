"""Which addresses may be called: public ones, and the networks that the settings allow."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from serving.outbound.errors import AddressRefused
from serving.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PORTS = {"https": 443, "http": 80}
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?", re.IGNORECASE)
_NUMERIC = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)\.?", re.IGNORECASE)
# What leads on to an IPv4 address or into a network of one's own, whatever a library calls global.
_TUNNELS = [
    ipaddress.ip_network(text)
    for text in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "fec0::/10", "192.88.99.0/24")
]
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")  # RFC 9637: Python 3.11 does not know of it


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
    if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.scope_id):
        return False
    if any(address.version == network.version and address in network for network in [*_TUNNELS, _DOCUMENTATION]):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
