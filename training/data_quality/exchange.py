"""The queue of doubtful labels as tasks for Label Studio or Prodigy, and their answers as decisions in the queue."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from training.audit.exchange import from_label_studio
from training.data import prodigy
from training.data_quality.review import ACCEPT, KEEP
from triage.durable_files import write_file
from triage.errors import DecisionsNotReadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from triage.tickets.doubtful_labels import Suspect

NO_LABEL: Final = "no label"
_NAME: Final = "label"
_ENDINGS: Final = f"give a file that ends in .json (Label Studio) or {prodigy.ENDING}"
INTERFACE: Final = """<View>
  <Header value="$head"/>
  <Text name="text" value="$text"/>
  <Choices name="label" toName="text" choice="single" value="$options"/>
  <TextArea name="label_other" toName="text" placeholder="another label"/>
</View>
"""
"""Label Studio's labelling interface."""


def write(path: Path, suspects: Sequence[Suspect]) -> int:
    """Write a task for each label that nobody has decided on, and return how many; Label Studio's interface as .xml."""
    open_ = [each for each in suspects if each.decision is None]
    if path.name.endswith(prodigy.ENDING):
        content = "".join(prodigy.task(each.id, each.head, each.text, _options(each)) for each in open_)
    elif path.suffix == ".json":
        tasks = [
            {
                "data": {
                    "id": f"{each.head}:{each.id}",
                    "head": each.head,
                    "text": each.text,
                    "options": [{"value": option} for option in _options(each)],
                }
            }
            for each in open_
        ]
        content = json.dumps(tasks, ensure_ascii=False, indent=1)
        write_file(path.with_suffix(".xml"), INTERFACE.encode())
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
            kept = said == (suspect.label or NO_LABEL)
            decided = replace(suspect, decision=KEEP) if kept else replace(suspect, decision=ACCEPT, proposed=said)
            found.append((who, decided))
    return found


def _answers(path: Path) -> Iterator[tuple[str, str, str, str | None]]:
    """Yield ticket, head, label and who said it."""
    if path.name.endswith(prodigy.ENDING):
        for _, ticket, given, who in prodigy.answers(path):
            for head, said in given.items():
                yield ticket, head, said, who
    elif path.suffix == ".json":
        for _, key, given, who in from_label_studio(path):
            head, _, ticket = key.partition(":")
            yield ticket, head, given.get(_NAME, ""), who
    else:
        raise DecisionsNotReadable(path, None, _ENDINGS)


def _options(each: Suspect) -> list[str]:
    """Return the two labels in alphabetical order: which one the ticket was closed with is not said."""
    return sorted({each.label or NO_LABEL, each.proposed})
