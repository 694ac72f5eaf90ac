"""What a form of the console sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from litestar import Request

from serving.changes.edit import LONGEST_REASON, Edit
from serving.errors import FieldError, InvalidRequest
from serving.http.auth import session_of
from serving.http.errors import FormNotProven
from triage.tickets.fact_values import Said

URL_ENCODED = "application/x-www-form-urlencoded"
TOKEN = "form_token"  # noqa: S105 (the name of a field)
_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, as text."""

    fields: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, body: bytes) -> "Form":
        """Read a body.

        Raises `InvalidRequest`: it is no form, or one with too many fields.
        """
        try:
            text, strict = body.decode(), bool(body)
            return cls(parse_qs(text, keep_blank_values=True, strict_parsing=strict, max_num_fields=_FIELDS))
        except ValueError:
            raise InvalidRequest([FieldError("", "This is no form that a page of the console sends.")]) from None

    def text(self, name: str, default: str = "") -> str:
        """Return a field without the space around it; what is not there is the default."""
        found = self.fields.get(name)
        return found[0].strip().replace("\r\n", "\n") if found else default

    def texts(self, name: str) -> list[str]:
        """Return every value of a field that is not empty, such as the ticked boxes of one name."""
        return [each.strip() for each in self.fields.get(name, ()) if each.strip()]

    def has(self, name: str) -> bool:
        """Tell whether a field was filled in, or its box ticked."""
        return bool(self.text(name))

    def label(self, otherwise: str) -> Said:
        """Return the label that was chosen, None where none is right; of a list all that were ticked.

        Raises `InvalidRequest`: nothing was chosen; `otherwise` says what to do.
        """
        if self.has("list"):
            return tuple(self.texts("label"))
        chosen = self.text("label") or None
        if chosen is None and not self.has("none"):
            raise InvalidRequest([FieldError("label", otherwise)])
        return chosen


def why(edit: Edit, form: Form) -> Edit:
    """Return an edit with the reason that a form gives for it."""
    return replace(edit, because=form.text("because")[:LONGEST_REASON] or None)


async def form_of(request: "Request[Any, Any, Any]") -> Form:
    """Return the form of a request; the dependency `form`.

    Raises `FormNotProven`: it does not carry the token of this session.
    """
    form = Form.read(await request.body())
    if not session_of(request).has_form_token(form.text(TOKEN)):
        raise FormNotProven
    return form
