"""Label Studio: the labelling interface of an audit's questions, and what its JSON export says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import quoteattr

from triage.errors import DecisionsNotReadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from training.data.prodigy import Row

_OTHER: Final = "_other"


def interface(heads: Mapping[str, bool]) -> str:
    """Return the labelling interface for Label Studio: paste it under Settings, Labeling Interface, Code.

    `heads` says of each whether any number of labels may be right.
    """
    parts = ["<View>", '  <Text name="text" value="$text"/>']
    for head, several in heads.items():
        choice = f'choice="{"multiple" if several else "single"}" value={quoteattr(f"${head}_options")}'
        parts += [
            f"  <Header value={quoteattr(head)}/>",
            f'  <Choices name={quoteattr(head)} toName="text" {choice}/>',
            f'  <TextArea name={quoteattr(head + _OTHER)} toName="text" placeholder="another label"/>',
        ]
    return "\n".join([*parts, "</View>", ""])


def from_label_studio(path: Path) -> Iterator[Row]:
    """Read what Label Studio exports as JSON; the first annotation of a task that was not skipped counts."""
    try:
        tasks = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as problem:
        raise DecisionsNotReadable(path, None, f"is not JSON ({problem})") from problem
    if not isinstance(tasks, list):
        raise DecisionsNotReadable(
            path, None, "must be a list of tasks: export from Label Studio as JSON, not JSON-MIN"
        )
    for number, task in enumerate(tasks, start=1):
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("id"), str):
            raise DecisionsNotReadable(path, number, 'task has no data with "id": export as JSON, not JSON-MIN')
        try:
            done = [each for each in task.get("annotations") or [] if not each.get("was_cancelled")]
            found = (_results(done[0]), _person(done[0])) if done else ({}, None)
        except (AttributeError, LookupError, TypeError, ValueError) as problem:
            raise DecisionsNotReadable(path, number, "the task's annotations are not as Label Studio's") from problem
        yield number, data["id"], *found


def _results(annotation: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what was chosen, by head; a label that was typed goes before one that was chosen."""
    chosen, typed = {}, {}
    for result in annotation.get("result") or []:
        name, value = str(result.get("from_name", "")), result.get("value") or {}
        if result.get("type") == "choices" and value.get("choices"):
            chosen[name] = _texts(value["choices"])
        elif result.get("type") == "textarea" and value.get("text"):
            words = value["text"]
            word = _texts([words] if isinstance(words, str) else words)[0].strip()
            typed[name.removesuffix(_OTHER)] = (word,) if word else ()
    return chosen | typed


def _texts(values: object) -> tuple[str, ...]:
    """Return a list of texts. Raises `ValueError`: it is none."""
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise ValueError(values)
    return tuple(values)


def _person(annotation: Mapping[str, Any]) -> str | None:
    who = annotation.get("completed_by")
    who = who.get("email") if isinstance(who, dict) else who
    return None if who is None else f"Label Studio {who}"
