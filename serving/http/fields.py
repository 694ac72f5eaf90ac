"""Fields that several routes read, each defined once: their types, limits and examples."""

import re
from typing import Annotated

from litestar.params import QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

# Any channel is taken: certificates and costs count one that they do not know as `other`, and its name is kept.
Channel = Annotated[
    str,
    Meta(max_length=64, description="email, chat, phone, in_app, web, api, or another name", examples=["email"]),
]
OTHER_CHANNEL = "other"
_CHANNEL = re.compile(r"[^a-z0-9]+")
_SAME_CHANNEL = {
    "e_mail": "email",
    "mail": "email",
    "live_chat": "chat",
    "telephone": "phone",
    "call": "phone",
    "inapp": "in_app",
}
Plan = Annotated[str, Meta(max_length=64, examples=["premium"])]
PlanName = Annotated[
    str, Meta(min_length=1, max_length=64, description="A plan of the SLA policy", examples=["premium"])
]
Priority = Annotated[str, Meta(description="P0 (most urgent) to P4", examples=["P1"])]
Label = Annotated[str, Meta(min_length=1, max_length=200)]
MOST_OF_A_LIST = 50  # labels that a person sets of one head

Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["kim"])]
Account = Annotated[str, Meta(max_length=200, examples=["acme"])]
KnownArticle = Annotated[str, Meta(min_length=1, max_length=200, examples=["reset-your-password"])]
Reference = Annotated[str, Meta(min_length=1, max_length=200)]  # an account or a ticket, as a helpdesk names it
ShortText = Annotated[str, Meta(max_length=200)]
MailHeaders = Annotated[
    dict[str, Annotated[str, Meta(max_length=2_000)]],
    Meta(
        max_length=100,
        description="Header fields of the mail, if it came as one: what a machine wrote is known by them",
        examples=[{"Auto-Submitted": "auto-replied"}],
    ),
]

FieldText = Annotated[str, Meta(max_length=200)]  # a value of a declared field, as somebody types it

Language = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=16, examples=["en"])]
Locale = Annotated[str, Meta(max_length=16, examples=["en"])]  # as a page or a helpdesk writes it

# A customer's typing is checked most; what a helpdesk has stored must be taken, and found again to erase it.
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=320, examples=["ada@acme.example"])]
TypedEmail = Annotated[
    str, Meta(max_length=320, pattern=r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+$", examples=["kim@example.com"])
]
StoredEmail = Annotated[str, Meta(min_length=3, max_length=320, examples=["ann@example.com"])]


def channel_name(given: str) -> str:
    """Return a channel's name as policies and certificates write it: `In-App` is `in_app`."""
    name = _CHANNEL.sub("_", given.casefold()).strip("_")[:32].rstrip("_")
    return _SAME_CHANNEL.get(name, name) or OTHER_CHANNEL


Cursor = Annotated[str | None, QueryParameter(max_length=40, description="`next_cursor` of the page before")]


class BrandIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is about a brand; in the home of a brand it is about that one, unless it says otherwise."""

    brand: Name | None = None


class SegmentIn(BrandIn, forbid_unknown_fields=True, kw_only=True):
    """To which part of the desk a ticket belongs (`triage.tickets.attributes.Segment`)."""

    region: Name | None = None


class SegmentPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """The same where what is left out stays as it is."""

    brand: Name | UnsetType | None = UNSET
    region: Name | UnsetType | None = UNSET


class SegmentOut(Struct, kw_only=True):
    """The same in an answer."""

    brand: str | None
    region: str | None
