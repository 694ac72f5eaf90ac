"""The queue of doubtful labels as tasks for Label Studio or Prodigy, and their answers as decisions in the queue."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from training.audit.exchange import SEPARATOR
from training.audit.label_studio import from_label_studio
from training.data import prodigy
from triage.durable_files import write_file
from triage.errors import DecisionsNotReadable
from triage.tickets.doubtful_labels import ACCEPT, KEEP
from triage.tickets.label_decisions import said_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from triage.tickets.doubtful_labels import Suspect

NO_LABEL: Final = "no label"
_NAME: Final = "label"
_NAMES: Final = "labels"
_ENDINGS: Final = f"give a file that ends in .json (Label Studio) or {prodigy.ENDING}"
INTERFACE: Final = """<View>
  <Header value="$head"/>
  <Text name="text" value="$text"/>
  <Choices name="label" toName="text" choice="single" value="$options"/>
  <TextArea name="label_other" toName="text" placeholder="another label"/>
</View>
"""
"""Label Studio's labelling interface."""
SEVERAL: Final = """  <Choices name="labels" toName="text" choice="multiple" value="$several"/>
</View>
"""
"""What comes at its end where the queue asks for lists of labels; of one label it has no choices."""


def write(path: Path, suspects: Sequence[Suspect]) -> int:
    """Write a task for each label that nobody has decided on, and return how many; Label Studio's interface as .xml."""
    open_ = [each for each in suspects if each.decision is None]
    if path.name.endswith(prodigy.ENDING):
        content = "".join(
            prodigy.task(each.id, each.head, each.text, _options(each), several=_asks_for_list(each)) for each in open_
        )
    elif path.suffix == ".json":
        several = any(map(_asks_for_list, open_))
        content = json.dumps([_task(each, several=several) for each in open_], ensure_ascii=False, indent=1)
        interface = INTERFACE.replace("</View>\n", SEVERAL) if several else INTERFACE
        write_file(path.with_suffix(".xml"), interface.encode())
    else:
        raise DecisionsNotReadable(path, None, _ENDINGS)
    write_file(path, content.encode())
    return len(open_)


class Imported(NamedTuple):
    """What a file decides: suspects, each with who decided; and how many answers are about others."""

    said: list[tuple[str | None, Suspect]]
    not_asked: int


def read(path: Path, suspects: Sequence[Suspect]) -> Imported:
    """Read the suspects that a file decides on; what the queue does not ask, or asks no more, is left out.

    Raises `DecisionsNotReadable`.
    """
    asked = {(each.id, each.head): each for each in suspects if each.decision is None}
    found, not_asked = [], 0
    for number, ticket, head, said, who in _answers(path):
        suspect = asked.pop((ticket, head), None) if said else None
        not_asked += bool(said) and suspect is None
        if suspect is not None:
            try:
                found.append((who, _decided(suspect, said)))
            except ValueError as problem:
                raise DecisionsNotReadable(path, number, f"{head} {problem}") from problem
    return Imported(found, not_asked)


def _decided(suspect: Suspect, said: tuple[str, ...]) -> Suspect:
    """Return the suspect with what was said. Raises `ValueError`: it can be no label."""
    known = {*_options(suspect)}
    if _asks_for_list(suspect):
        parts = (part for each in said for part in ([each] if each in known else each.split(SEPARATOR)))
        label = said_of([part for part in parts if part.strip() != NO_LABEL])
    elif len(said) > 1:
        raise ValueError(f"has {len(said)} options chosen; choose one")
    else:
        label = None if said[0] == NO_LABEL else said_of(said[0])
    kept = label == suspect.label
    return replace(suspect, decision=KEEP) if kept else replace(suspect, decision=ACCEPT, proposed=label)


def _asks_for_list(suspect: Suspect) -> bool:
    return isinstance(suspect.proposed, tuple)


def _task(each: Suspect, *, several: bool) -> dict[str, Any]:
    """Return a task of Label Studio; in a queue with lists it has both kinds of choices, one of them empty."""
    options = [{"value": option} for option in _options(each)]
    data: dict[str, Any] = {"id": f"{each.head}:{each.id}", "head": each.head, "text": each.text}
    if several:
        data |= {"options": [], "several": options} if _asks_for_list(each) else {"options": options, "several": []}
    else:
        data["options"] = options
    return {"data": data}


def _answers(path: Path) -> Iterator[tuple[int, str, str, tuple[str, ...], str | None]]:
    """Yield number, ticket, head, what was chosen, and by whom."""
    if path.name.endswith(prodigy.ENDING):
        for number, ticket, given, who in prodigy.answers(path):
            for head, said in given.items():
                yield number, ticket, head, said, who
    elif path.suffix == ".json":
        for number, key, given, who in from_label_studio(path):
            head, _, ticket = key.partition(":")
            yield number, ticket, head, (*given.get(_NAMES, ()), *given.get(_NAME, ())), who
    else:
        raise DecisionsNotReadable(path, None, _ENDINGS)


def _options(each: Suspect) -> list[str]:
    """Return the labels in question in alphabetical order: which ones the ticket was closed with is not said."""
    if isinstance(each.proposed, tuple):
        return [*sorted({*(each.label or ()), *each.proposed}), NO_LABEL]
    return sorted({str(each.label or NO_LABEL), each.proposed or NO_LABEL})
