"""Response bodies of the inbound webhooks."""

from msgspec import Struct


class HeardOut(Struct, kw_only=True):
    """How many tickets are new, how many were known, and why the rest needs no action."""

    accepted: int
    repeated: int
    ignored: list[str]
