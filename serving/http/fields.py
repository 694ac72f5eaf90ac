"""Fields that several routes read, each defined once: their types, limits and examples."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Channel = Literal["email", "chat", "phone", "in_app", "web", "api"]
ChannelName = Annotated[
    str,
    Meta(pattern="^[a-z][a-z0-9_]{0,31}$", description="email, chat, phone, in_app, web, api, …", examples=["email"]),
]
"""A channel of a helpdesk, which may have more of them than Firstline knows."""
Name = Annotated[str, Meta(min_length=1, max_length=200, examples=["kim"])]


class SegmentIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """To which part of the desk a ticket belongs (`triage.tickets.attributes.Segment`)."""

    brand: Name | None = None
    region: Name | None = None


class SegmentPatch(Struct, forbid_unknown_fields=True, kw_only=True):
    """The same where what is left out stays as it is."""

    brand: Name | UnsetType | None = UNSET
    region: Name | UnsetType | None = UNSET


class SegmentOut(Struct, kw_only=True):
    """The same in an answer."""

    brand: str | None
    region: str | None
