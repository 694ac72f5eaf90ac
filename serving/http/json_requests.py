"""Decode JSON bodies strictly into the type of their handler.

Litestar 2.25 decodes a body to dicts and converts those leniently: a number is accepted as an instant, 1 as true, and
"5" as 5. Such a request is a client error and is refused.
"""

import re
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

import msgspec
from litestar import Request
from litestar.typing import FieldDefinition
from msgspec import inspect

from serving.errors import FieldError, InvalidRequest
from serving.http.allowed_values import alternatives, with_allowed
from serving.http.errors import MalformedBody
from serving.http.fields import BrandIn
from serving.http.problems import field_errors

EXAMPLE = "example"
"""In the `opt` of a route: a sentence with an example of its body, said beside what is wrong with one."""
_PLACE = " - at `"
_T = TypeVar("_T")
_ANY_NAME = "[...]"  # how msgspec calls a member of an object whose members have any name
_STEP = re.compile(r"\[[^\[\]]*+\]|[^.\[\]]++")


class JsonRequest(Request[Any, Any, Any]):
    """A request whose body is decoded once, by the type of the handler's `data`."""

    async def json(self) -> Any:  # noqa: ANN401 (whatever the handler takes)
        """Decode the body.

        Null means that a field is absent where it may be absent. Raises `InvalidRequest`: a field is missing, unknown
        or of another type. Raises `MalformedBody`: it is no JSON.
        """
        field = self.route_handler.parsed_data_field
        if field is None:
            return await super().json()
        try:
            decoded = _decoded(await self.body(), field)
        except InvalidRequest as refused:
            raise self._with_example(refused) from None
        return _of_brand(decoded, brand) if (brand := self.app.state.context.settings.brand) else decoded

    def _with_example(self, refused: InvalidRequest) -> InvalidRequest:
        """Say beside what is wrong how to write it, where the route has an example of a body (`opt`)."""
        example = self.route_handler.opt.get(EXAMPLE)
        if example is None:
            return refused
        return InvalidRequest([FieldError(each.field, f"{each.message} {example}") for each in refused.errors])


def _decoded(body: bytes, field: FieldDefinition) -> Any:  # noqa: ANN401
    try:
        return _decoder(field.annotation).decode(body)
    except msgspec.ValidationError as error:
        if b"null" not in body:
            raise _refused(error, field.annotation, body) from None
    except msgspec.DecodeError as error:
        raise _malformed(error) from None
    try:
        return msgspec.convert(_without_nulls(msgspec.json.decode(body), _kind(field.annotation)), field.annotation)
    except msgspec.ValidationError as error:
        raise _refused(error, field.annotation, body) from None
    except msgspec.DecodeError as error:  # it ends wrongly, after what had a wrong type
        raise _malformed(error) from None


def _of_brand(body: Any, brand: str) -> Any:  # noqa: ANN401
    """Return a body whose tickets or questions are about the brand in whose home they arrive, unless they name one."""
    for each in [body, *getattr(body, "tickets", ())]:
        if isinstance(each, BrandIn) and each.brand is None:
            each.brand = brand
    return body


def converted(values: object, wanted: type[_T]) -> _T:
    """Return what a form sent as the body that the API reads.

    Raises `InvalidRequest`: in the words in which the API refuses such a body.
    """
    try:
        return msgspec.convert(values, wanted)
    except msgspec.ValidationError as error:
        raise _refused(error, wanted, msgspec.json.encode(values)) from None


def _malformed(error: msgspec.DecodeError) -> MalformedBody:
    return MalformedBody(f"The body is not JSON: {str(error).rstrip('.')}.")


def _refused(error: msgspec.ValidationError, wanted: Any, body: bytes) -> InvalidRequest:  # noqa: ANN401
    said, _, place = str(error).rpartition(_PLACE)  # the last one: before it may stand a name that a caller chose
    if not place.startswith(("$", "key in $")) or not place.endswith("`"):
        said, place = str(error), ""
    path = place.removeprefix("key in ").removeprefix("$").removeprefix(".").removesuffix("`")
    told = with_allowed(said, _at(_kind(wanted), path))
    if path.startswith(_ANY_NAME):
        path = _misfit(body, wanted) + path.removeprefix(_ANY_NAME)
    return InvalidRequest(field_errors([{"key": path, "message": told}]))


def _misfit(body: bytes, wanted: Any) -> str:  # noqa: ANN401
    """Return the name of the first member that is not as wanted; an empty one where the body ends wrongly behind it."""
    with suppress(msgspec.DecodeError):
        for name, value in msgspec.json.decode(body).items():
            try:
                msgspec.convert({name: value}, wanted)
            except msgspec.ValidationError:
                return str(name)
    return ""


@cache
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401
    return msgspec.json.Decoder(wanted)


@cache
def _kind(wanted: Any) -> inspect.Type:  # noqa: ANN401
    return inspect.type_info(wanted)


def _without_nulls(value: Any, kind: inspect.Type) -> Any:  # noqa: ANN401 (JSON)
    """Leave out what is null where the field may be absent and does not take null."""
    for each in alternatives(kind):
        if isinstance(each, inspect.StructType) and isinstance(value, dict):
            fields = {field.encode_name: field for field in each.fields}
            return {
                name: _without_nulls(inner, fields[name].type) if name in fields else inner
                for name, inner in value.items()
                if inner is not None or name not in fields or fields[name].required or _takes_null(fields[name].type)
            }
        if isinstance(each, inspect.CollectionType) and isinstance(value, list):
            return [_without_nulls(inner, each.item_type) for inner in value]
        if isinstance(each, inspect.DictType) and isinstance(value, dict):
            return {name: _without_nulls(inner, each.value_type) for name, inner in value.items()}
    return value


def _takes_null(kind: inspect.Type) -> bool:
    return any(isinstance(each, inspect.NoneType | inspect.AnyType) for each in alternatives(kind))


def _at(kind: inspect.Type, path: str) -> inspect.Type | None:
    """Return the type at a place such as `articles[...].format`."""
    found: inspect.Type | None = kind
    for step in _STEP.findall(path):
        found = next((inner for each in alternatives(found) if (inner := _inside(each, step))), None) if found else None
    return found


def _inside(kind: inspect.Type, step: str) -> inspect.Type | None:
    if isinstance(kind, inspect.StructType):
        return next((field.type for field in kind.fields if field.encode_name == step), None)
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    return kind.item_type if isinstance(kind, inspect.CollectionType) else None
