"""Response bodies of the certificate routes."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from serving.inference.watching.store import AuditedTag

Answer = Literal["open", "right", "wrong", "unconfirmed"]


class AuditedTagOut(Struct, kw_only=True):
    """A label that would have been applied and was put to a person instead, with their answer.

    `tagging_id` or `ticket_id` says where it is answered: `POST /v1/tags/{id}/correction` or
    `PATCH /v1/tickets/{id}`. `unconfirmed`: the ticket ended and nobody had set the label.
    """

    id: str
    at: datetime
    certificate: str
    tagging_id: str | None
    ticket_id: str | None
    external_id: str | None  # of the ticket in your helpdesk, as it was given
    head: str
    label: str
    confidence: float
    probability: float
    answer: Answer
    answered_at: datetime | None
    answered_label: str | None
    actor: str | None


class AuditedTagsOut(Struct, kw_only=True):
    """A page of audited tags, oldest first."""

    audited: list[AuditedTagOut]
    next_cursor: str | None


def audited_out(tag: AuditedTag, external_id: str | None) -> AuditedTagOut:
    """Return an audited tag as it is shown."""
    names = [name for name in AuditedTagOut.__struct_fields__ if name != "external_id"]
    return AuditedTagOut(**{name: getattr(tag, name) for name in names}, external_id=external_id)
