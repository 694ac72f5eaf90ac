"""What the header of a mail says of who wrote it (RFC 3834, RFC 3464, RFC 8098, RFC 2369, RFC 2919).

Only the fields of `READ` are looked at; none is stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from triage.text.nobody.reasons import NobodyReason

if TYPE_CHECKING:
    from collections.abc import Mapping

_REPLIES: Final = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply", "x-loop")
READ: Final = frozenset({
    *_REPLIES, "auto-submitted", "precedence", "return-path", "from", "content-type", "x-failed-recipients",
    "x-auto-response-suppress", "list-id", "list-unsubscribe", "list-post", "x-google-group-id",
})  # fmt: skip
_MOST: Final = 2_000  # characters of a field
_RECEIPT: Final = re.compile(
    r"report-type\s{0,3}=\s{0,3}\"?disposition-notification|message/disposition", re.IGNORECASE
)
_REPORT: Final = re.compile(r"multipart/report|message/delivery-status", re.IGNORECASE)
_MAILERS: Final = ("mailer-daemon@", "postmaster@")


def known_fields(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that are read, by their names in small letters."""
    return {name.lower(): value[:_MOST].strip() for name, value in headers.items() if name.lower() in READ}


def reason_by(fields: Mapping[str, str]) -> NobodyReason | None:
    """Return what a mail is by its `known_fields`; None where they do not say that a machine wrote it.

    A list to which people write (`List-Post`, a Google group) says nothing: a desk's own address is often one.
    """
    content = fields.get("content-type", "")
    if _RECEIPT.search(content):
        return NobodyReason.ACKNOWLEDGEMENT
    sender = fields.get("from", "").lower()
    if _REPORT.search(content) or "x-failed-recipients" in fields or any(each in sender for each in _MAILERS):
        return NobodyReason.BOUNCE
    submitted, precedence = fields.get("auto-submitted", "no").lower(), fields.get("precedence", "").lower()
    if submitted.startswith("auto-replied") or precedence == "auto_reply" or any(each in fields for each in _REPLIES):
        return NobodyReason.ACKNOWLEDGEMENT
    if fields.get("return-path") == "<>":
        return NobodyReason.BOUNCE
    listed = precedence in {"bulk", "list"} or "list-id" in fields or "list-unsubscribe" in fields
    if (listed and not _takes_mail(fields)) or precedence == "junk":
        return NobodyReason.NEWSLETTER
    return None if submitted.startswith("no") else NobodyReason.NOTIFICATION


def wants_no_answer(fields: Mapping[str, str]) -> bool:
    """Say whether the sender asks machines not to answer: mostly a machine, but some people's mail programs, too."""
    words = fields.get("x-auto-response-suppress", "").lower()
    return any(each in words for each in ("all", "oof", "autoreply"))


def _takes_mail(fields: Mapping[str, str]) -> bool:
    return "x-google-group-id" in fields or fields.get("list-post", "no").lower() not in {"no", ""}
