"""Authenticate inbound webhooks: one table of methods, and one verifier over the raw body.

Without a secret, a signature or a token, a delivery is refused. Comparison is in constant time. If the helpdesk signs a
timestamp, an old delivery is refused too; otherwise a repeat is recognised by its ticket (see
`serving.helpdesks.store`).
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from serving.http.errors import HookNotProven

TOKEN_HEADER = "x-firstline-token"  # noqa: S105 (the name of a header)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How a helpdesk signs; without a `header` it does not, and a shared token is in one of the places."""

    header: str = ""
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    digest: Literal["sha1", "sha256"] = "sha256"
    template: str = "{body}"
    timestamp: str = ""  # its header
    unit: Literal["iso", "s", "ms"] = "s"
    tolerance: timedelta = timedelta(minutes=5)
    id: str = ""  # the header of the delivery's id, where it is signed
    several: bool = False  # the header lists signatures, so that a secret can be changed without a gap
    token_in: tuple[Literal["header", "query", "basic"], ...] = ()


_STANDARD = Scheme(
    header="webhook-signature",
    prefix="v1,",
    encoding="base64",
    template="{id}.{ts}.{body}",
    timestamp="webhook-timestamp",
    id="webhook-id",
    several=True,
)
SCHEMES: Mapping[str, Scheme] = {
    "zendesk": Scheme(
        header="x-zendesk-webhook-signature",
        encoding="base64",
        template="{ts}{body}",
        timestamp="x-zendesk-webhook-signature-timestamp",
        unit="iso",
    ),
    "freshdesk": Scheme(token_in=("header", "basic")),
    "zammad": Scheme(header="x-hub-signature", prefix="sha1=", digest="sha1"),
    "chatwoot": Scheme(
        header="x-chatwoot-signature",
        prefix="sha256=",
        template="{ts}.{body}",
        timestamp="x-chatwoot-timestamp",
        token_in=("query",),
    ),
    "intercom": Scheme(header="x-hub-signature", prefix="sha1=", digest="sha1"),
    "jira": Scheme(header="x-hub-signature", prefix="sha256="),
    "hubspot": Scheme(
        header="x-hubspot-signature-v3",
        encoding="base64",
        template="{method}{uri}{body}{ts}",
        timestamp="x-hubspot-request-timestamp",
        unit="ms",
    ),
    "rt": _STANDARD,
    "django_helpdesk": Scheme(token_in=("query", "header")),
    "standard": _STANDARD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A request as it arrived: `body` untouched, header names in lower case, `uri` as the sender spelt it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    uri: str = ""


def verify(scheme: Scheme, secret: str, delivery: Delivery, *, at: datetime) -> None:
    """Let a delivery pass that whoever knows the secret has sent.

    Raises `HookNotProven`: with what is missing or wrong; never with the secret or what would have been right.
    """
    if not secret:
        raise HookNotProven("no hook_secret is set for this connection, so nothing can be proven")
    if scheme.header and scheme.header in delivery.headers:
        _check_age(scheme, delivery, at)
        given = delivery.headers[scheme.header]
        expected = _signature(scheme, secret, delivery)
        candidates = given.split() if scheme.several else [given.strip()]
        if not any(_equal(each, expected) for each in candidates[:8]):
            raise HookNotProven("the signature does not fit body and secret")
        return
    if not scheme.token_in:
        raise HookNotProven(f"the header {scheme.header} is missing")
    if not any(_equal(token, secret) for token in _tokens(scheme, delivery)):
        raise HookNotProven(f"no right token where one may stand ({', '.join(scheme.token_in)})")


def _signature(scheme: Scheme, secret: str, delivery: Delivery) -> str:
    values = {
        "{ts}": delivery.headers.get(scheme.timestamp, "").encode(),
        "{id}": delivery.headers.get(scheme.id, "").encode(),
        "{method}": delivery.method.encode(),
        "{uri}": delivery.uri.encode(),
        "{body}": delivery.body,
    }
    signed = b"".join(values.get(part, part.encode()) for part in _parts(scheme.template))
    raw = hmac.new(_key(scheme, secret), signed, scheme.digest).digest()
    text = raw.hex() if scheme.encoding == "hex" else base64.b64encode(raw).decode()
    return scheme.prefix + text


def _parts(template: str) -> list[str]:
    """Split a template into its places and what stands between them."""
    return [part for piece in template.replace("{", "\0{").replace("}", "}\0").split("\0") if (part := piece)]


def _key(scheme: Scheme, secret: str) -> bytes:
    if scheme.several and secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise HookNotProven("hook_secret begins with whsec_ but what follows is not base64") from None
    return secret.encode()


def _check_age(scheme: Scheme, delivery: Delivery, at: datetime) -> None:
    if not scheme.timestamp:
        return
    sent_at = _instant(delivery.headers.get(scheme.timestamp, ""), scheme.unit)
    if sent_at is None:
        raise HookNotProven(f"the header {scheme.timestamp} is missing or no time")
    if abs(at - sent_at) > scheme.tolerance:
        minutes = int(scheme.tolerance.total_seconds() // 60)
        raise HookNotProven(f"it was signed more than {minutes} minutes from now: replayed, or a clock is wrong")


def _instant(text: str, unit: str) -> datetime | None:
    try:
        if unit == "iso":
            read = datetime.fromisoformat(text)
            return read if read.tzinfo else read.replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(text) / (1000 if unit == "ms" else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _tokens(scheme: Scheme, delivery: Delivery) -> list[str]:
    found = []
    if "header" in scheme.token_in:
        found.append(delivery.headers.get(TOKEN_HEADER, ""))
    if "query" in scheme.token_in:
        found.append(delivery.query.get("token", ""))
    kind, _, coded = delivery.headers.get("authorization", "").partition(" ")
    if "basic" in scheme.token_in and kind.lower() == "basic":
        try:
            found.append(base64.b64decode(coded, validate=True).decode().partition(":")[2])
        except (binascii.Error, UnicodeDecodeError):
            found.append("")
    return found


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())
