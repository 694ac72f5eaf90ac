"""A cell of an export that holds several labels, as helpdesks write tags: `refund, vat` or `["refund", "vat"]`."""

from __future__ import annotations

import json

SEPARATORS = ",;"
"""What stands between labels where nothing is said; a cell that has neither is divided at its spaces."""


def labels_in_cell(value: object, separator: str | None = None) -> object:
    """Return the labels of a cell, without spaces around them.

    Parameters
    ----------
    value
        A list, text, a number, or None.
    separator
        What stands between the labels of a text; None: what exports of helpdesks use.

    Returns
    -------
    object
        A list; an empty one for an empty text, which says that the ticket has none. Whatever else is given comes back.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return [str(value)]
    if not isinstance(value, str):
        return value
    if separator is None and value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            pass  # a tag may begin with a bracket
    chosen = separator or next((each for each in SEPARATORS if each in value), None)
    return [part for each in value.split(chosen) if (part := each.strip())]
