"""Decode JSON bodies strictly into the type of their handler.

Litestar 2.25 decodes a body to dicts and converts those leniently: a number is accepted as an instant, 1 as true, and
"5" as 5. Such a request is a client error and is refused.
"""

import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request

from serving.errors import InvalidRequest
from serving.http.errors import MalformedBody
from serving.http.problems import field_errors

_PLACE = re.compile(r" - at `(?:key in )?\$\.?(.*)`$")


class JsonRequest(Request[Any, Any, Any]):
    """A request whose body is decoded once, by the type of the handler's `data`."""

    async def json(self) -> Any:  # noqa: ANN401 (whatever the handler takes)
        """Decode the body.

        Raises `InvalidRequest`: a field is missing, unknown or of another type. Raises `MalformedBody`: it is no JSON.
        """
        field = self.route_handler.parsed_data_field
        if field is None:
            return await super().json()
        try:
            return _decoder(field.annotation).decode(await self.body())
        except msgspec.ValidationError as error:
            message = str(error)
            place = _PLACE.search(message)
            told = {"key": place[1] if place else "", "message": _PLACE.sub("", message)}
            raise InvalidRequest(field_errors([told])) from None
        except msgspec.DecodeError as error:
            raise MalformedBody(f"The body is not JSON: {str(error).rstrip('.')}.") from None


@cache
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:  # noqa: ANN401
    return msgspec.json.Decoder(wanted)
