"""Web origins as browsers send them: scheme, host and port, in lower case, without the scheme's own port."""

import ipaddress
import re
from urllib.parse import urlsplit

_OWN_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)*(?!-)[a-z0-9_-]{1,63}(?<!-)\.?")


def as_sent(text: str) -> str | None:
    """Return the origin that a browser sends for a page at this address, None when it has none."""
    if not text.isprintable() or any(sign in text for sign in " *\\"):
        return None
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), _host(parts.hostname or ""), parts.port
    except ValueError:  # brackets or a port that cannot be read, or a name that is too long
        return None
    if scheme not in _OWN_PORTS or host is None:
        return None
    return f"{scheme}://{host}" + ("" if port in {None, _OWN_PORTS[scheme]} else f":{port}")


def _host(name: str) -> str | None:
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    ascii_name = name.encode("idna").decode().lower() if not name.isascii() else name
    return ascii_name if len(ascii_name) <= 253 and _NAME.fullmatch(ascii_name) else None
