"""The queue of doubtful labels as tasks for Label Studio or Prodigy, and their answers as decisions in the queue."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from training.audit.exchange import SEPARATOR
from training.audit.label_studio import from_label_studio
from training.data import prodigy
from triage.durable_files import write_file
from triage.errors import DecisionsNotReadable
from triage.tickets.doubtful_labels import ACCEPT, KEEP
from triage.tickets.label_decisions import listed

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


def read(path: Path, suspects: Sequence[Suspect]) -> list[tuple[str | None, Suspect]]:
    """Return the suspects that a file decides on, each with who decided; what the queue does not ask is left out.

    Raises `DecisionsNotReadable`.
    """
    asked = {(each.id, each.head): each for each in suspects if each.decision is None}
    found = []
    for ticket, head, said, who in _answers(path):
        suspect = asked.pop((ticket, head), None) if said else None
        if suspect is not None:
            found.append((who, _decided(suspect, said)))
    return found


def _decided(suspect: Suspect, said: tuple[str, ...]) -> Suspect:
    if _asks_for_list(suspect):
        parts = (part.strip() for each in said for part in each.split(SEPARATOR))
        labels = listed(part for part in parts if part not in {"", NO_LABEL})
        kept = labels == suspect.label
        return replace(suspect, decision=KEEP) if kept else replace(suspect, decision=ACCEPT, proposed=labels)
    kept = said[0] == (suspect.label or NO_LABEL)
    return replace(suspect, decision=KEEP) if kept else replace(suspect, decision=ACCEPT, proposed=said[0])


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


def _answers(path: Path) -> Iterator[tuple[str, str, tuple[str, ...], str | None]]:
    """Yield ticket, head, what was chosen, and by whom."""
    if path.name.endswith(prodigy.ENDING):
        for _, ticket, given, who in prodigy.answers(path):
            for head, said in given.items():
                yield ticket, head, said, who
    elif path.suffix == ".json":
        for _, key, given, who in from_label_studio(path):
            head, _, ticket = key.partition(":")
            yield ticket, head, (*given.get(_NAMES, ()), *given.get(_NAME, ())), who
    else:
        raise DecisionsNotReadable(path, None, _ENDINGS)


def _options(each: Suspect) -> list[str]:
    """Return the labels in question in alphabetical order: which ones the ticket was closed with is not said."""
    if isinstance(each.proposed, tuple):
        return [*sorted({*(each.label or ()), *each.proposed}), NO_LABEL]
    return sorted({str(each.label or NO_LABEL), each.proposed or NO_LABEL})
