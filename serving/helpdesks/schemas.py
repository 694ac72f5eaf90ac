"""Response bodies of the inbound webhooks."""

from msgspec import Struct


class HeardOut(Struct, kw_only=True):
    """How many cases are new, how many were known already, and why the rest asks nothing of us."""

    accepted: int
    repeated: int
    ignored: list[str]
