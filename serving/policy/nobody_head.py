"""The head that says which tickets need nobody, from `nobody.toml`; `triage/policies/nobody.toml` explains it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from triage.errors import PolicyRefused
from triage.reading.bounded_tables import toml_tables
from triage.taxonomy.heads import PRIORITY, SINGLE
from triage.text.nobody.reasons import NobodyReason

if TYPE_CHECKING:
    from triage.taxonomy.labels import Taxonomy

FILE: Final = "nobody.toml"
_EXAMPLE: Final = '[labels]\nthanks = "thanks"'


@dataclass(frozen=True, slots=True)
class NobodyHead:
    """A head, and those of its labels that say that a ticket needs nobody."""

    head: str
    reasons: Mapping[str, NobodyReason]
    """Why, by label."""
    replies: bool = False
    """Whether it reads customers' later messages, too."""


def parse(text: str, taxonomy: Taxonomy) -> NobodyHead | None:
    """Read the file; None where it names no head.

    Parameters
    ----------
    text
        The whole file.
    taxonomy
        The desk's: it must declare the head, as one of kind single.

    Returns
    -------
    NobodyHead or None

    Raises
    ------
    PolicyRefused
        A key is not known, the head or a label is not there, or a reason is none of `NobodyReason`.
    """
    try:
        tables = toml_tables(text)
    except tomllib.TOMLDecodeError as problem:
        raise PolicyRefused(FILE, f"it is no TOML: {problem}") from None
    if strange := sorted(set(tables) - {"head", "labels", "replies"}):
        raise PolicyRefused(FILE, f"{strange[0]} is not known; known are head, replies and [labels]")
    if not tables:
        return None
    name, labels = tables.get("head"), tables.get("labels")
    single = [each.name for each in taxonomy.declared if each.kind == SINGLE and each.name != PRIORITY]
    if name not in single:
        told = f'a head of kind "single" that taxonomy.toml declares: {", ".join(single) or "there is none"}'
        raise PolicyRefused(FILE, f"head is {name!r}; write {told}")
    if not isinstance(labels, dict) or not labels:
        raise PolicyRefused(FILE, f"say why tickets with a label need nobody, such as\n{_EXAMPLE}")
    known = taxonomy.labels(str(name))
    if known and (strange := sorted(set(labels) - set(known))):
        raise PolicyRefused(FILE, f"{strange[0]!r} is no label of {name}; its labels are {', '.join(known)}")
    if not isinstance(replies := tables.get("replies", False), bool):
        raise PolicyRefused(FILE, f"replies is {replies!r}; write true or false")
    return NobodyHead(str(name), {label: _reason(label, why) for label, why in labels.items()}, replies)


def _reason(label: str, why: object) -> NobodyReason:
    try:
        return NobodyReason(str(why))
    except ValueError:
        told = f"reasons are {', '.join(NobodyReason)}"
        raise PolicyRefused(FILE, f"{label} = {why!r}: {told}") from None
