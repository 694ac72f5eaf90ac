"""Refuse names in a path that nothing can have: with control characters, or bytes that are no UTF-8."""

import unicodedata
from typing import Any

from litestar import Request

from serving.errors import FieldError, InvalidRequest, NotFound

_MAKES = "PUT"
_NO_TEXT = {"Cc", "Cs", "Cn"}  # control characters, halves of surrogate pairs, not assigned
_REPLACED = "\ufffd"  # what a server reads for bytes that are no UTF-8


def refuse_unreadable(request: "Request[Any, Any, Any]") -> None:
    """Raise `NotFound` for such a name, or `InvalidRequest` where the request would make something of that name."""
    for field, name in request.path_params.items():
        if not isinstance(name, str) or is_readable(name):
            continue
        if request.method == _MAKES:
            raise InvalidRequest([FieldError("id", "An id has no control characters, and its bytes are UTF-8.")])
        raise NotFound(field.removesuffix("_id"), name)


def is_readable(name: str) -> bool:
    """Tell whether a name holds only characters that a person could write."""
    return not any(letter == _REPLACED or unicodedata.category(letter) in _NO_TEXT for letter in name)
