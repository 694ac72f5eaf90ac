"""The newest words of a mail, apart from what it quotes, forwards, and carries in every mail: footers and signatures.

A forwarded mail is the point of one that only passes it on. Everything goes line by line and looks at a few lines at a
time, so that the time is linear in the text. Nothing is lost: the ticket keeps its description as it came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.text import mail_marks as marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WRAPPED = 3  # lines over which a client wraps the header of a quotation
_HEADER_LINES = 12
_POINTER = 160  # characters of a reply that only points below
_DEEPEST = 4  # forwarded mails in forwarded mails
_SIGNATURE_LINES = 14
_BELOW_FAREWELL = 8
_FEWEST_SIGNS = 2  # of a disclaimer: confidential, the intended recipient, by mistake, delete it, prohibited
_SHORTEST_LINE, _LONGEST_LINE = 5, 500  # of a line that may begin a quotation or a footer
_SENTENCES = re.compile(r"(?<=[.!?:])\s+")
_GREETED = 80  # characters of a mail in which it greets and thanks
_CLAUSES = re.compile(r"[,.!\n]")
_BULLET = re.compile(r"\s{0,8}(?:[-*\u2022\u2013]|\d{1,3}[.)])\s")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail taken apart."""

    newest: str
    """What is new, without footers."""
    above_signature: str
    """The same without what stands below the farewell."""
    quoted: str


def split(text: str, subject: str = "") -> Mail:
    """Take a mail apart. One that quotes or carries everything, and says nothing of its own, is kept whole."""
    lines = text.split("\n")
    kept, quoted = _newest(lines, subject)
    if not _says(kept):
        kept, quoted = lines, []
    own = _without_footers(kept)
    if not _says(own):
        own = kept
    return Mail("\n".join(own), "\n".join(_above_signature(own)), "\n".join(quoted))


def is_done_with(subject: str, newest: str) -> bool:
    """Say whether a reply thanks for what its subject names: the subject then is as old as the mail it answers."""
    begin = newest.lstrip()[:_GREETED]
    thanks = any(marks.THANKS.match(part.strip()) for part in _CLAUSES.split(begin))
    return bool(marks.REPLY.match(subject)) and thanks and not marks.PERSISTS.search(newest)


def unwrapped(text: str) -> str:
    """Return the text with a line for each paragraph or item of a list: a client wraps lines where it likes."""
    paragraphs: list[list[str]] = []
    begins = True
    for line in text.split("\n"):
        if words := line.split():
            if begins or _BULLET.match(line):
                paragraphs.append([])
            paragraphs[-1] += words
        begins = not words
    return "\n".join(map(" ".join, paragraphs))


def _says(lines: Sequence[str]) -> bool:
    return any(line.strip(" \t>") for line in lines)


def _is_marked(line: str) -> bool:
    return line.lstrip().startswith(">")


def _newest(lines: Sequence[str], subject: str, depth: int = 0) -> tuple[list[str], list[str]]:
    """Return the lines that are new, and those that are quoted."""
    kept: list[str] = []
    quoted: list[str] = []
    answers = bool(marks.REPLY.match(subject))
    last_own = max((i for i, line in enumerate(lines) if line.strip() and not _is_marked(line)), default=-1)
    at = 0
    while at < len(lines):
        if _is_marked(lines[at]) and (answers or at > last_own):
            quoted.append(lines[at])
            at += 1
            continue
        length, forwarded = _header(lines, at)
        if not length:
            kept.append(lines[at])
            at += 1
            continue
        rest = lines[at + length :]
        below_is_marked = _is_marked(next((line for line in rest if line.strip()), ""))
        if _passes_on(subject, "\n".join(kept), forwarded=forwarded) and depth < _DEEPEST and _says(rest):
            inner, older = _newest([_unmarked(line) for line in rest] if below_is_marked else rest, "", depth + 1)
            return [*kept, *inner], [*quoted, *lines[at : at + length], *older]
        quoted += lines[at : at + length]
        if not below_is_marked:  # a reply above the older mail
            return kept, [*quoted, *rest]
        at, answers = at + length, True
    return kept, quoted


def _unmarked(line: str) -> str:
    return line.lstrip().removeprefix(">").removeprefix(" ") if _is_marked(line) else line


def _passes_on(subject: str, own: str, *, forwarded: bool) -> bool:
    """Say whether a mail is there for the mail below it."""
    own = own.strip()
    if marks.FORWARD.match(subject) or (forwarded and not marks.REPLY.match(subject)):
        return True
    return len(own) <= _POINTER and bool(marks.POINTS_BELOW.search(own))


def _header(lines: Sequence[str], at: int) -> tuple[int, bool]:
    """Return how many lines from here on begin a quoted mail (0: none), and whether they say that it is forwarded."""
    line = lines[at].strip()
    if not _SHORTEST_LINE <= len(line) <= _LONGEST_LINE:
        return 0, False
    separator = marks.SEPARATOR.fullmatch(line) if line[0] == "-" else None
    begins = marks.BEGINS_FORWARD.fullmatch(line)
    if separator or begins:
        return 1 + _fields(lines, at + 1), bool(begins or (separator and separator["forward"]))
    if marks.REPLY_ABOVE.fullmatch(line):
        return 1, False
    if marks.RULE.fullmatch(line) and at + 1 < len(lines):
        following = next((i for i in range(at + 1, min(at + 3, len(lines))) if lines[i].strip()), at)
        return (following - at + _block(lines, following), False) if _block(lines, following) else (0, False)
    if block := _block(lines, at):
        return block, False
    return _wrote(lines, at), False


def _wrote(lines: Sequence[str], at: int) -> int:
    """Return over how many lines "On ..., Ada <ada@acme.example> wrote:" goes; 0 where it does not stand here."""
    if not marks.OPENS.match(lines[at].strip()):
        return 0
    joined = ""
    for number in range(1, _WRAPPED + 1):
        if at + number > len(lines) or not lines[at + number - 1].strip():
            return 0
        joined += (" " if joined and not joined.endswith("<") else "") + lines[at + number - 1].strip(" \t>")
        if len(joined) > _LONGEST_LINE:
            return 0
        if joined.rstrip().endswith(":"):
            is_header = marks.HEADER.fullmatch(joined)
            return number if is_header else 0
    return 0


def _block(lines: Sequence[str], at: int) -> int:
    """Return the length of a block of From, Sent, To and Subject that begins here, as Outlook writes it."""
    if not marks.FROM.match(lines[at].strip()):
        return 0
    fields = _fields(lines, at + 1)
    return 1 + fields if fields else 0


def _fields(lines: Sequence[str], at: int) -> int:
    """Return how many lines from here on are fields of a mail's header."""
    end = at
    for i in range(at, min(at + _HEADER_LINES, len(lines))):
        line = lines[i].strip(" \t>")[:_LONGEST_LINE]
        if marks.FIELD.match(line) or marks.FROM.match(line):
            end = i + 1
        elif line and (i > end or not marks.CONTINUES.match(line)):
            break
    return end - at


def _without_footers(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    below = sum(bool(line.strip()) for line in lines)
    for line in lines:
        bare = line.strip()
        below -= bool(bare)
        if bare in {"--", "\u2014"} and 0 < below <= _SIGNATURE_LINES:
            break
        if not (
            _SHORTEST_LINE <= len(bare) <= _LONGEST_LINE and (marks.MOBILE.fullmatch(bare) or marks.SYSTEM.match(bare))
        ):
            kept.append(line)
    return [line for paragraph in _paragraphs(kept) for line in _without_disclaimer(paragraph)]


def _paragraphs(lines: Sequence[str]) -> Iterator[list[str]]:
    """Yield lines by paragraphs, each with the empty lines before it."""
    paragraph: list[str] = []
    begun = False
    for line in lines:
        if begun and not line.strip():
            yield paragraph
            paragraph, begun = [], False
        paragraph.append(line)
        begun = begun or bool(line.strip())
    yield paragraph


def _without_disclaimer(paragraph: list[str]) -> list[str]:
    """Cut "This message is confidential ..." off a paragraph."""
    text = " ".join(each.strip() for each in paragraph if each.strip())
    if marks.DISCLAIMER_TITLE.match(text):
        return []
    kinds = {match.lastgroup for match in marks.DISCLAIMS.finditer(text)}
    addressed = bool(kinds & {"b", "e"}) or marks.ADDRESSES_READER.search(text)
    if len(kinds) < _FEWEST_SIGNS or not addressed or not marks.SAYS_MESSAGE.search(text):
        return paragraph
    kept: list[str] = []
    for sentence in _SENTENCES.split(text):
        if marks.SAYS_MESSAGE.search(sentence) or marks.DISCLAIMS.search(sentence):
            break
        kept.append(sentence)
    return ["", " ".join(kept)] if kept else []


def _above_signature(lines: Sequence[str]) -> list[str]:
    kept: list[str] = []
    below = 0
    for line in lines:
        bare = line.strip()
        if below and (not bare or (below <= _BELOW_FAREWELL and marks.SIGNS.fullmatch(bare))):
            below += bool(bare)
            continue
        below = int(
            bool(kept) and _SHORTEST_LINE - 2 <= len(bare) <= _POINTER and marks.FAREWELL.fullmatch(bare) is not None
        )
        kept.append(line)
    return kept
