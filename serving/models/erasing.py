"""Erase what shadows said of an erased customer's tickets: by its id the row would still tell of them."""

from sqlalchemy import Connection

from serving.erasure import ErasureTrail
from serving.models import store


def erase(connection: Connection, trail: ErasureTrail) -> None:
    """Delete the rows of tickets and taggings that were found by now."""
    if gone := store.erase_tags(connection, trail.tickets | trail.taggings):
        trail.counts["shadow_tags"] += gone
