"""Cutting a text that stands in a sentence of ours, so that the sentence stays short."""

from __future__ import annotations


def shortened(text: str, length: int) -> str:
    """Return the text on one line, at most so many characters long; an ellipsis marks where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
