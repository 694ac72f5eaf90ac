"""How the API describes itself at /schema/openapi.json."""

from importlib.metadata import version

from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

_ABOUT = """Triage and deflection for support desks: certified auto-tags, answers from the knowledge base, hand-offs
with SLA deadlines. Errors are `application/problem+json`. POSTs that create honour `Idempotency-Key` for {hours} hours
(`Idempotency-Expires` says until when): the first successful response is repeated byte for byte, except that a secret
is shown only once. Another request with the same key gets 422; while the first runs, 409 with `Retry-After`."""


def openapi(hours: int) -> OpenAPIConfig:
    """Return the description's head: title, version, security."""
    keys = SecurityScheme(type="http", scheme="bearer", description="A key made by `firstline keys create`.")
    return OpenAPIConfig(
        title="Firstline",
        version=version("firstline"),
        description=_ABOUT.format(hours=hours),
        components=Components(security_schemes={"key": keys}),
        security=[{"key": []}],
        path="/schema",
        render_plugins=[],
    )
