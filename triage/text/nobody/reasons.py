"""Why a message needs nobody."""

from __future__ import annotations

from enum import StrEnum


class NobodyReason(StrEnum):
    """What a message is that needs nobody. Values are never renamed: they are in events of tickets."""

    OUT_OF_OFFICE = "out_of_office"
    BOUNCE = "bounce"
    ACKNOWLEDGEMENT = "acknowledgement"
    """A machine says that it has received or shown something."""
    NEWSLETTER = "newsletter"
    NOTIFICATION = "notification"
    """A machine wrote it, and it is none of the others."""
    THANKS = "thanks"
    """A person thanks or says that it works now, and nothing else."""
