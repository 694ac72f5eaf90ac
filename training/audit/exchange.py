"""Questions of an audit as a file, and answers out of one: CSV, JSON Lines, Label Studio's JSON, and Prodigy's lines.

Whoever answers sees for each label field the labels in question, shuffled, and not who said which. In CSV and JSON
Lines the answer is one of a head's labels, or one of "both", "neither" and "cannot_tell"; empty: not answered. Of a
multi head it is all labels that are right, with ; between them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.audit.answers import KINDS, Answer, Verdict, text_digest
from training.audit.label_studio import from_label_studio, interface
from training.data import prodigy
from training.data.csv_rows import LONGEST_FIELD
from triage.durable_files import write_file
from triage.errors import DecisionsNotReadable
from triage.tickets.label_decisions import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from training.audit.desk import DeskAudit, HeadQuestion, Question
    from training.data.prodigy import Row

Labels = Mapping[str, "Sequence[str]"]
SEPARATOR = ";"
"""Between the labels of a list in one cell."""
_ENDINGS = f"give a file that ends in .csv, .jsonl or .json (Label Studio), or in {prodigy.ENDING}"
_DELIMITERS = ",;\t"
"""Of a CSV: a spreadsheet writes another one in countries where a comma stands in numbers."""
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
        heads = {each.head: each.several for question in questions for each in question.heads}
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
        parts = {each.head: each for each in desk.populations if ticket in each.rows}
        own = {head: each.rows[ticket] for head, each in parts.items()}
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
            shown = tuple(sorted(parts[head].in_question(own[head])))
            read_as = _list_verdict if parts[head].label is not None else _verdict
            heads[head] = read_as(path, number, head, said, (shown, labels.get(head, ())))
        text = text_digest(next(iter(own.values())).text)
        taken.append(Answer(id=ticket, heads=heads, who=said_by or who, at=_text(at), text=text))
    return Taken(tuple(taken), left_out)


def _next(desk: DeskAudit, most: int) -> Iterator[Question]:
    """Yield the next questions; each later one is asked as if the labels of those before were right."""
    passed: set[str] = set()
    while len(passed) < most and (question := desk.question(passed)) is not None:
        passed.add(question.row.id)
        if not question.repeat:
            yield question


def _csv(questions: Sequence[Question]) -> str:
    heads = list(dict.fromkeys(each.head for question in questions for each in question.heads))
    most = {
        head: max(2, *(len(each.options) for question in questions for each in question.heads if each.head == head))
        for head in heads
    }
    columns = [name for head in heads for name in (*(f"{head}_{n + 1}" for n in range(most[head])), head)]
    out = io.StringIO()
    rows = csv.DictWriter(out, ["id", "text", *columns])
    rows.writeheader()
    for question in questions:
        row = {"id": question.row.id, "text": question.row.text}
        for each in question.heads:
            row |= {f"{each.head}_{n}": label for n, label in enumerate(each.options, start=1)}
        rows.writerow({name: f"'{text}" if text.startswith(_FORMULA) else text for name, text in row.items()})
    return out.getvalue()


def _record(question: Question) -> dict[str, Any]:
    heads = {each.head: {"options": each.options, "answer": None} for each in question.heads}
    return {"id": question.row.id, "text": question.row.text, "heads": heads}


def _task(question: Question) -> dict[str, Any]:
    """Return a task of Label Studio; it has no predictions, which would say what the model thinks."""
    data: dict[str, Any] = {"id": question.row.id, "text": question.row.text}
    for each in question.heads:
        data[f"{each.head}_options"] = [{"value": value} for value in _choices(each)]
    return {"data": data}


def _for_prodigy(questions: Sequence[Question]) -> Iterator[str]:
    """Yield a task for each label field of a ticket."""
    for question in questions:
        for each in question.heads:
            yield prodigy.task(question.row.id, each.head, question.row.text, _choices(each), several=each.several)


def _choices(asked: HeadQuestion) -> list[str]:
    """Return the labels in question, and what else may be answered."""
    both = len(asked.options) > 1 and not asked.several
    return [*asked.options, *(kind for kind in KINDS if kind != "label" and (kind != "both" or both))]


def _from_csv(path: Path) -> Iterator[Row]:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        told = f"is not UTF-8 text ({problem}); in a spreadsheet, save it as CSV UTF-8"
        raise DecisionsNotReadable(path, None, told) from problem
    first = content.split("\n", 1)[0]
    rows = csv.DictReader(io.StringIO(content, newline=""), delimiter=max(_DELIMITERS, key=first.count))
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        if "id" not in (rows.fieldnames or ()):
            raise DecisionsNotReadable(path, 1, "the first row must name the columns: id, and one for each label field")
        for row in rows:
            cells = {name: (value or "").strip() for name, value in row.items() if name and name not in {"id", "text"}}
            given = {name: _listed(_unquoted(cell)) for name, cell in cells.items()}
            yield rows.line_num, _unquoted((row["id"] or "").strip()), given, None
    except csv.Error as problem:
        raise DecisionsNotReadable(path, rows.line_num, str(problem)) from problem
    finally:
        csv.field_size_limit(limit)


def _unquoted(ticket: str) -> str:
    """Return an id or a label without the mark that keeps a spreadsheet from taking it for a formula."""
    return ticket[1:] if ticket[:1] == "'" and ticket[1:].startswith(_FORMULA) else ticket


def _from_jsonl(path: Path) -> Iterator[Row]:
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
            if isinstance(answer, list) and all(isinstance(label, str) for label in answer):
                given[head] = tuple(answer) or ("neither",)
            elif isinstance(answer, str | None):
                given[head] = _listed((answer or "").strip())
            else:
                raise DecisionsNotReadable(path, number, f"the answer for {head} is neither text nor null, and no list")
        yield number, row["id"], given, row.get("who") if isinstance(row.get("who"), str) else None


def _verdict(
    path: Path, number: int, head: str, chosen: Sequence[str], known: tuple[Sequence[str], Sequence[str]]
) -> Verdict:
    """Return what a cell means. Raises `DecisionsNotReadable`."""
    shown, labels, said = tuple(known[0]), known[1], chosen[0]
    if len(chosen) > 1:
        raise DecisionsNotReadable(path, number, f"{head}: {len(chosen)} options are chosen; choose one")
    if said in {*shown, *labels}:
        return Verdict(kind="label", labels=(said,), shown=shown)
    if said == "both":
        return Verdict(kind="both", labels=shown, shown=shown)
    if said in {"neither", "cannot_tell"}:
        return Verdict(kind=said, shown=shown)  # type: ignore[arg-type]
    words = f"{', '.join(labels)}, or both, neither, cannot_tell"
    raise DecisionsNotReadable(path, number, f"{head} is {said!r}; it must be one of {words}")


def _list_verdict(
    path: Path, number: int, head: str, chosen: Sequence[str], known: tuple[Sequence[str], Sequence[str]]
) -> Verdict:
    """Return what the cell of a multi head means: labels, or that none is right. Raises `DecisionsNotReadable`."""
    shown, labels = tuple(known[0]), known[1]
    parts = (part for each in chosen for part in ([each] if each in {*shown, *labels} else each.split(SEPARATOR)))
    said = {part.strip() for part in parts} - {""}
    if "cannot_tell" in said:
        return Verdict(kind="cannot_tell", shown=shown)
    accepted = tuple(sorted(said - {"neither"}))
    if strange := [each for each in accepted if each not in {*shown, *labels}]:
        words = f"{', '.join(labels)}, with {SEPARATOR} between several, or neither, cannot_tell"
        raise DecisionsNotReadable(path, number, f"{head} has {strange[0]!r}; it must be of {words}")
    return Verdict(kind="label" if accepted else "neither", labels=accepted, shown=shown)


def _listed(cell: str) -> tuple[str, ...]:
    return (cell,) if cell else ()


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
