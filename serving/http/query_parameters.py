"""Refuse query parameters that a route does not know: a filter that is ignored lists what nobody asked for.

And those with a NUL character: SQLite looks for it, and PostgreSQL refuses to.
"""

from collections.abc import Mapping
from typing import Any

from litestar import Litestar, Request
from litestar.params import ParameterKwarg
from litestar.routes import HTTPRoute
from msgspec import inspect

from serving.errors import FieldError, InvalidRequest
from serving.http.allowed_values import with_allowed

READS = "GET"
CHECKED = "/v1/"


def refuse_unknown(request: "Request[Any, Any, Any]") -> None:
    """Raise `InvalidRequest` for a query parameter that the route does not read, or that no database can look for."""
    if request.method != READS or not request.scope["path"].startswith(CHECKED):
        return
    given = list(dict.fromkeys(request.query_params.keys()))
    if not given:
        return
    known = _known(request.app).get(str(request.scope.get("path_template")), frozenset())
    listed = f"this path takes {', '.join(sorted(known))}" if known else "this path takes none"
    if unknown := [name for name in given if name not in known]:
        raise InvalidRequest([FieldError(name, f"There is no such query parameter; {listed}.") for name in unknown])
    if empty := [name for name in given if any("\0" in value for value in request.query_params.getall(name))]:
        raise InvalidRequest([FieldError(name, "It has a NUL character.") for name in empty])


def drop_nul(request: "Request[Any, Any, Any]") -> None:
    """Take NUL characters out of the query of a page: whoever reads it sees what is found without them."""
    if not request.scope["path"].startswith(CHECKED):
        request.scope["query_string"] = request.scope["query_string"].replace(b"%00", b"")


def _known(app: Litestar) -> Mapping[str, frozenset[str]]:
    """Return the query parameters of each path, found out once for each app."""
    found: Mapping[str, frozenset[str]] | None = app.state.get("query_parameters")
    if found is None:
        found = app.state.query_parameters = {
            route.path_format: frozenset(each.field_alias for each in read.expected_query_params)
            for route in app.routes
            if isinstance(route, HTTPRoute)
            for method, (_, read) in route.route_handler_map.items()
            if method == READS
        }
    return found


def spelt(request: "Request[Any, Any, Any]", field: str, message: str) -> FieldError:
    """Return what is wrong with a parameter under the name that clients write, with the values that it takes."""
    handler = request.route_handler
    read = [each.parsed_fn_signature.parameters for each in handler.resolve_dependencies().values()]
    for parameters in (handler.parsed_fn_signature.parameters, *read):
        parameter = parameters.get(field)
        if parameter is None:
            continue
        known = parameter.kwarg_definition
        name = known.name if isinstance(known, ParameterKwarg) and known.name else field
        return FieldError(name, with_allowed(message, inspect.type_info(parameter.annotation)))
    return FieldError(field, message)
