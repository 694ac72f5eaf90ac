"""How the API describes itself: a page for people at /schema, and /schema/openapi.json for programs."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from typing import Any, ClassVar

from jinja2 import ChainableUndefined, Environment
from litestar import Request, Router
from litestar.datastructures import ResponseHeader
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition
from msgspec import Struct

_ABOUT = """Triage and deflection for support desks: certified auto-tags, answers from the knowledge base, hand-offs
with SLA deadlines. Errors are `application/problem+json`. POSTs that create honour `Idempotency-Key` for {hours} hours
(`Idempotency-Expires` says until when): the first successful response is repeated byte for byte, except that a secret
is shown only once. Another request with the same key gets 422; while the first runs, 409 with `Retry-After`. A field
that may be absent may be null as well, and then is absent. Fields and query parameters that a path does not know are
refused. A method that a path does not have gets 405 with `Allow`, a body of another content type 415."""
_PATH = "/schema"
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "summary{cursor:pointer;padding:.2rem 0}table{border-collapse:collapse;margin:.5rem 0}"
    "td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"


class ApiPage(OpenAPIRenderPlugin):
    """A page without scripts, from this service alone: the ready-made ones fetch theirs from a CDN."""

    methods: ClassVar = ("get", "put", "post", "patch", "delete")

    def render(self, request: "Request[Any, Any, Any]", openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """Return the page."""
        page: str = _template().render(api=openapi_schema, methods=self.methods, style=_STYLE)
        return page.encode()


class ClosedStructs(OpenAPISchemaPlugin):
    """Says of a record that refuses unknown fields that it has no others (Litestar 2.25 does not)."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Tell whether this is such a record."""
        kind = field_definition.type_
        return isinstance(kind, type) and issubclass(kind, Struct) and kind.__struct_config__.forbid_unknown_fields

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:  # noqa: ANN401 - a private class
        """Describe it as other records, and close it."""
        usual = (each for each in schema_creator.plugins if not isinstance(each, ClosedStructs))
        plugin = next(each for each in usual if schema_creator.plugin_supports_field(each, field_definition))
        schema: Schema = plugin.to_openapi_schema(field_definition, schema_creator)
        schema.additional_properties = False
        return schema


@dataclass
class ReadsAnyJson(Operation):
    """Describes a handler that reads the body itself: JSON as its sender describes it."""

    def __post_init__(self) -> None:
        """Say so."""
        anything = OpenAPIMediaType(schema=Schema(type=[OpenAPIType.OBJECT, OpenAPIType.ARRAY]))
        self.request_body = RequestBody({"application/json": anything}, required=True)


@cache
def _template() -> Any:  # noqa: ANN401 - jinja2's template
    source = resources.files("serving.http").joinpath("api_page.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=ChainableUndefined).from_string(source)


def openapi(hours: int) -> OpenAPIConfig:
    """Return the description's head (title, version, security), and where it is read."""
    keys = SecurityScheme(type="http", scheme="bearer", description="A key made by `firstline keys create`.")
    return OpenAPIConfig(
        title="Firstline",
        version=version("firstline"),
        description=_ABOUT.format(hours=hours),
        components=Components(security_schemes={"key": keys}),
        security=[{"key": []}],
        path=_PATH,
        render_plugins=[
            ApiPage(path="/"),
            JsonRenderPlugin(),
            YamlRenderPlugin(path=["/openapi.yaml", "/openapi.yml"]),
        ],
        openapi_router=Router(
            _PATH,
            route_handlers=[],
            include_in_schema=False,
            response_headers=[ResponseHeader(name="Content-Security-Policy", value=POLICY)],
        ),
    )
