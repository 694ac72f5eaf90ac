"""Questions of an audit as a file, and answers out of one: CSV, JSON Lines, Label Studio's JSON, and Prodigy's lines.

Whoever answers sees for each label field the labels in question, shuffled, and not who said which. In CSV and JSON
Lines the answer is one of a head's labels, or one of "both", "neither" and "cannot_tell"; empty: not answered.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from training.audit.answers import KINDS, Answer, Verdict, text_digest
from training.data import prodigy
from training.data.csv_rows import LONGEST_FIELD
from triage.durable_files import write_file
from triage.errors import DecisionsNotReadable
from triage.tickets.label_decisions import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from training.audit.desk import DeskAudit, Question

Labels = Mapping[str, "Sequence[str]"]
_OTHER = "_other"
_ENDINGS = f"give a file that ends in .csv, .jsonl or .json (Label Studio), or in {prodigy.ENDING}"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Taken:
    """Answers out of a file, and how many of its tickets were left out and why."""

    answers: tuple[Answer, ...]
    left_out: Mapping[str, int]

    @property
    def left_out_in_words(self) -> str:
        """Say it behind a sentence."""
        return "".join(f"; {n} left out: {why}" for why, n in self.left_out.items() if n)


def write(path: Path, desk: DeskAudit, most: int) -> int:
    """Write the next questions of an audit, and return how many.

    Parameters
    ----------
    path
        Its ending says the format: .csv, .jsonl, .prodigy.jsonl, or .json for Label Studio, whose labelling interface
        is written beside it as .xml.
    desk
        The audit.
    most
        How many questions.

    Returns
    -------
    int

    Raises
    ------
    DecisionsNotReadable
        The ending is none of these.
    """
    questions = list(_next(desk, most))
    if path.suffix == ".csv":
        content = _csv(questions)
    elif path.name.endswith(prodigy.ENDING):
        content = "".join(_for_prodigy(questions))
    elif path.suffix == ".jsonl":
        content = "".join(json.dumps(_record(each), ensure_ascii=False) + "\n" for each in questions)
    elif path.suffix == ".json":
        content = json.dumps([_task(each) for each in questions], ensure_ascii=False, indent=1)
        heads = list(dict.fromkeys(each.head for question in questions for each in question.heads))
        write_file(path.with_suffix(".xml"), interface(heads).encode())
    else:
        raise DecisionsNotReadable(path, None, _ENDINGS)
    write_file(path, content.encode())
    return len(questions)


def read(path: Path, desk: DeskAudit, labels: Labels, who: str, at: datetime) -> Taken:
    """Read the answers of a file, one line of the log for each ticket.

    Parameters
    ----------
    path
        As `write` wrote it, filled in; or an export of Label Studio in its JSON format.
    desk
        The audit: tickets that it does not ask about, or that have an answer already, are left out.
    labels
        By head the labels that may be given.
    who
        Who answered, where the file does not say.
    at
        Now.

    Returns
    -------
    Taken

    Raises
    ------
    DecisionsNotReadable
        With the row that cannot be read, and what it should be.
    """
    rows = {".csv": _from_csv, ".jsonl": _from_jsonl, ".json": from_label_studio}.get(path.suffix)
    rows = prodigy.answers if path.name.endswith(prodigy.ENDING) else rows
    if rows is None:
        raise DecisionsNotReadable(path, None, _ENDINGS)
    taken, left_out = [], dict.fromkeys(("not in this audit", "without an answer", "answered before"), 0)
    seen: set[tuple[str, str]] = set()
    for number, ticket, given, said_by in rows(path):
        own = {each.head: each.rows[ticket] for each in desk.populations if ticket in each.rows}
        if not own:
            left_out["not in this audit"] += 1
            continue
        new = {head: said for head, said in given.items() if head in own and said and (ticket, head) not in seen}
        fresh = {head: said for head, said in new.items() if not desk.answers.find(ticket, head, own[head].text)}
        if not fresh:
            left_out["answered before" if any(given.values()) else "without an answer"] += 1
            continue
        heads = {}
        seen |= {(ticket, head) for head in fresh}
        for head, said in fresh.items():
            shown = tuple(sorted({own[head].guesses[head], own[head].labels[head]}))
            heads[head] = _verdict(path, number, head, said, (shown, labels.get(head, ())))
        text = text_digest(next(iter(own.values())).text)
        taken.append(Answer(id=ticket, heads=heads, who=said_by or who, at=_text(at), text=text))
    return Taken(tuple(taken), left_out)


def interface(heads: Sequence[str]) -> str:
    """Return the labelling interface for Label Studio: paste it under Settings, Labeling Interface, Code."""
    parts = ["<View>", '  <Text name="text" value="$text"/>']
    for head in heads:
        parts += [
            f"  <Header value={quoteattr(head)}/>",
            f'  <Choices name={quoteattr(head)} toName="text" choice="single" value={quoteattr(f"${head}_options")}/>',
            f'  <TextArea name={quoteattr(head + _OTHER)} toName="text" placeholder="another label"/>',
        ]
    return "\n".join([*parts, "</View>", ""])


def _next(desk: DeskAudit, most: int) -> Iterator[Question]:
    """Yield the next questions; each later one is asked as if the labels of those before were right."""
    passed: set[str] = set()
    while len(passed) < most and (question := desk.question(passed)) is not None:
        passed.add(question.row.id)
        if not question.repeat:
            yield question


def _csv(questions: Sequence[Question]) -> str:
    heads = list(dict.fromkeys(each.head for question in questions for each in question.heads))
    columns = [name for head in heads for name in (f"{head}_1", f"{head}_2", head)]
    out = io.StringIO()
    rows = csv.DictWriter(out, ["id", "text", *columns])
    rows.writeheader()
    for question in questions:
        row = {"id": question.row.id, "text": question.row.text}
        row = {name: f"'{text}" if text.startswith(_FORMULA) else text for name, text in row.items()}
        for each in question.heads:
            row |= {f"{each.head}_{n}": label for n, label in enumerate(each.options, start=1)}
        rows.writerow(row)
    return out.getvalue()


def _record(question: Question) -> dict[str, Any]:
    heads = {each.head: {"options": each.options, "answer": None} for each in question.heads}
    return {"id": question.row.id, "text": question.row.text, "heads": heads}


def _task(question: Question) -> dict[str, Any]:
    """Return a task of Label Studio; it has no predictions, which would say what the model thinks."""
    data: dict[str, Any] = {"id": question.row.id, "text": question.row.text}
    for each in question.heads:
        data[f"{each.head}_options"] = [{"value": value} for value in _choices(each.options)]
    return {"data": data}


def _for_prodigy(questions: Sequence[Question]) -> Iterator[str]:
    """Yield a task for each label field of a ticket."""
    for question in questions:
        for each in question.heads:
            yield prodigy.task(question.row.id, each.head, question.row.text, _choices(each.options))


def _choices(options: Sequence[str]) -> list[str]:
    """Return the labels in question, and what else may be answered."""
    return [*options, *(kind for kind in KINDS if kind != "label" and (kind != "both" or len(options) > 1))]


def _from_csv(path: Path) -> Iterator[tuple[int, str, dict[str, str], str | None]]:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise DecisionsNotReadable(path, None, f"is not UTF-8 text ({problem})") from problem
    rows = csv.DictReader(io.StringIO(content, newline=""))
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        if "id" not in (rows.fieldnames or ()):
            raise DecisionsNotReadable(path, 1, "the first row must name the columns: id, and one for each label field")
        for row in rows:
            given = {name: (value or "").strip() for name, value in row.items() if name and name not in {"id", "text"}}
            yield rows.line_num, _unquoted((row["id"] or "").strip()), given, None
    except csv.Error as problem:
        raise DecisionsNotReadable(path, rows.line_num, str(problem)) from problem
    finally:
        csv.field_size_limit(limit)


def _unquoted(ticket: str) -> str:
    """Return an id without the mark that keeps a spreadsheet from taking it for a formula."""
    return ticket[1:] if ticket[:1] == "'" and ticket[1:].startswith(_FORMULA) else ticket


def _from_jsonl(path: Path) -> Iterator[tuple[int, str, dict[str, str], str | None]]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        row = record(path, number, line)
        heads = row.get("heads")
        if not isinstance(row.get("id"), str) or not isinstance(heads, dict):
            raise DecisionsNotReadable(path, number, 'needs "id", and "heads" with an "answer" for each label field')
        given = {}
        for head, each in heads.items():
            answer = each.get("answer") if isinstance(each, dict) else each
            if not isinstance(answer, str | None):
                raise DecisionsNotReadable(path, number, f"the answer for {head} is neither text nor null")
            given[head] = (answer or "").strip()
        yield number, row["id"], given, row.get("who") if isinstance(row.get("who"), str) else None


def from_label_studio(path: Path) -> Iterator[tuple[int, str, dict[str, str], str | None]]:
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
        except (AttributeError, LookupError, TypeError) as problem:
            raise DecisionsNotReadable(path, number, "the task's annotations are not as Label Studio's") from problem
        yield number, data["id"], *found


def _results(annotation: Mapping[str, Any]) -> dict[str, str]:
    """Return what was chosen, by head; a label that was typed goes before one that was chosen."""
    chosen, typed = {}, {}
    for result in annotation.get("result") or []:
        name, value = str(result.get("from_name", "")), result.get("value") or {}
        if result.get("type") == "choices" and value.get("choices"):
            chosen[name] = str(value["choices"][0])
        elif result.get("type") == "textarea" and value.get("text"):
            words = value["text"]
            typed[name.removesuffix(_OTHER)] = str(words if isinstance(words, str) else words[0]).strip()
    return chosen | typed


def _person(annotation: Mapping[str, Any]) -> str | None:
    who = annotation.get("completed_by")
    who = who.get("email") if isinstance(who, dict) else who
    return None if who is None else f"Label Studio {who}"


def _verdict(path: Path, number: int, head: str, said: str, known: tuple[Sequence[str], Sequence[str]]) -> Verdict:
    """Return what a cell means. Raises `DecisionsNotReadable`."""
    shown, labels = tuple(known[0]), known[1]
    if said in {*shown, *labels}:
        return Verdict(kind="label", labels=(said,), shown=shown)
    if said == "both":
        return Verdict(kind="both", labels=shown, shown=shown)
    if said in {"neither", "cannot_tell"}:
        return Verdict(kind=said, shown=shown)  # type: ignore[arg-type]
    words = f"{', '.join(labels)}, or both, neither, cannot_tell"
    raise DecisionsNotReadable(path, number, f"{head} is {said!r}; it must be one of {words}")


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
