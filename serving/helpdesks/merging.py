"""Three-way merge for a ticket that agents also edit: an agent's value wins.

`written` is what we wrote last, `current` what the helpdesk shows, `wanted` what we want it to show.
"""

from collections.abc import Mapping

from serving.helpdesks.port.port import Value, Values
from serving.helpdesks.port.values import several

Untouched = Mapping[str, frozenset[str]]
_NOBODY = frozenset({""})


def changes(written: Values, current: Values, wanted: Values, untouched: Untouched) -> dict[str, Value]:
    """Return what to write: where we wrote last, or nobody ever did. Tags of others are kept, and none comes back."""
    found: dict[str, Value] = {}
    for name, want in wanted.items():
        if isinstance(want, tuple):
            there, ours = several(current.get(name)), several(written.get(name))
            after = (there | (set(want) - ours)) - (ours - set(want))
            if after != there:
                found[name] = tuple(sorted(after))
            continue
        shown = current.get(name, "")
        is_ours = name in written and shown == written[name]
        is_free = name not in written and shown in untouched.get(name, _NOBODY)
        if shown != want and (is_ours or is_free):
            found[name] = want
    return found


def kept(written: Values, current: Values, wanted: Values, made: Values) -> dict[str, Value]:
    """Return what we then have written: an agent's value or tag is not among it, so it stays theirs."""
    ours = {
        name: _ours(want, current.get(name), written.get(name)) if isinstance(want, tuple) else want
        for name, want in wanted.items()
        if isinstance(want, tuple) or name in made or current.get(name) == want
    }
    return {**written, **ours}


def _ours(want: tuple[str, ...], current: Value | None, written: Value | None) -> tuple[str, ...]:
    """Return the tags that we wrote: one that stood there before we wrote any is a person's."""
    theirs = several(current) - several(written)
    return tuple(each for each in want if each not in theirs)
