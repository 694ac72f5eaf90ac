"""`questions.toml`: golden questions, each with the article, answer or hand-off that must come."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from retrieval.errors import QuestionsNotReadable
from triage.reading.bounded_tables import toml_tables

Expect = Literal["answer", "offer", "handoff", "emergency"]

#: Beside the articles of a folder.
FILE: Final = "questions.toml"
MOST: Final = 1_000
MOST_BYTES: Final = 1_000_000
#: Characters of a question, of a phrase or an id, of a note.
LONGEST_ASK, LONGEST_NAME, LONGEST_NOTE = 2_000, 500, 2_000
LONGEST_LOCALE: Final = 16
#: Articles, or phrases, of one question.
MOST_NAMED: Final = 20
KEYS: Final = ("ask", "article", "expect", "quotes", "locale", "brand", "note")
_LONGEST_KEY: Final = 40
_EXPECTS: Final = get_args(Expect)
#: What others call it.
_MEANT: Final = {
    "language": "locale", "lang": "locale", "question": "ask", "text": "ask", "quote": "quotes", "answer": "quotes",
    "id": "article", "article_id": "article", "comment": "note", "expected": "expect",
}  # fmt: skip
_HEAD = re.compile(r"^[ \t]*\[\[[ \t]*question[ \t]*\]\]", re.MULTILINE)
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenQuestion:
    """A question, and what must come; every expectation that is given must hold."""

    ask: str
    expect: Expect = "offer"
    #: Any one of these.
    articles: tuple[str, ...] = ()
    #: All of these, in what is quoted.
    quotes: tuple[str, ...] = ()
    locale: str | None = None
    brand: str | None = None
    note: str | None = None
    line: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str:
        """Names the question across files and runs: the same words on the same page are the same question."""
        asked = "\n".join([self.ask, self.locale or "", self.brand or ""])
        return hashlib.sha256(asked.encode()).hexdigest()[:16]

    @property
    def wanted(self) -> str:
        """What must come, in a few words."""
        articles = " or ".join(self.articles)
        said = {
            "answer": f"answered from {articles}" if articles else "answered",
            "offer": f"answered from or offered {articles}",
            "handoff": f"handed off, with {articles} beside it" if articles else "handed off",
            "emergency": f"emergency, with {articles} beside it" if articles else "emergency",
        }[self.expect]
        return said + "".join(f", quoting “{phrase}”" for phrase in self.quotes)


def in_folder(articles: Path) -> Path | None:
    """Return the file beside some articles, None where there is none."""
    file = articles / FILE
    return file if articles.is_dir() and (file.is_file() or file.is_symlink()) else None


def beside(articles: Path) -> bytes | None:
    """Return the checked questions beside some articles, None where there are none. Raises `QuestionsNotReadable`."""
    if (file := in_folder(articles)) is None:
        return None
    text = read(file)
    parse(text, file)
    return text.encode()


def read(file: Path) -> str:
    """Return the text of a file. Raises `QuestionsNotReadable`: it is no file of ours, too large, or not UTF-8."""
    if file.is_symlink():  # whoever may add a page could show any file that the service may read
        raise QuestionsNotReadable(file, None, "a symbolic link; put the file itself beside the articles")
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
        return decoded(data, file)
    except OSError as problem:
        raise QuestionsNotReadable(file, None, problem.strerror or "it cannot be read") from problem


def decoded(data: bytes, file: Path | str) -> str:
    """Return the text of a file's bytes. Raises `QuestionsNotReadable`."""
    if len(data) > MOST_BYTES:
        raise QuestionsNotReadable(file, None, f"larger than {MOST_BYTES:,} bytes: keep the questions that matter most")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise QuestionsNotReadable(file, line, "not UTF-8 text; save the file as UTF-8") from error


def parse(text: str, file: Path | str = FILE) -> list[GoldenQuestion]:
    """Read the questions.

    Parameters
    ----------
    text
        The file's: TOML with a table `[[question]]` for each.
    file
        For messages.

    Returns
    -------
    list of GoldenQuestion
        In their order; an empty text has none.

    Raises
    ------
    QuestionsNotReadable
        Names the line and says what to write instead.
    """
    try:
        tables = toml_tables(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        raise QuestionsNotReadable(
            file, int(at[1]) if at else None, f"not TOML: {_AT_LINE.sub('', str(error))}"
        ) from error
    records = _records(tables, file)
    heads = [text.count("\n", 0, found.start()) + 1 for found in _HEAD.finditer(text)]
    lines: Sequence[int | None] = heads if len(heads) == len(records) else [None] * len(records)
    questions: dict[str, GoldenQuestion] = {}
    for number, (record, line) in enumerate(zip(records, lines, strict=True), 1):
        question = _Reader(record, file, line, number).question()
        if (before := questions.get(question.key)) is not None:
            first = f"line {before.line}" if before.line else "before"
            raise QuestionsNotReadable(file, line, f"this question is asked already ({first}): keep one of them")
        questions[question.key] = question
    return list(questions.values())


def _records(tables: Mapping[str, Any], file: Path | str) -> list[Mapping[str, Any]]:
    if unknown := sorted(tables.keys() - {"question"}):
        raise QuestionsNotReadable(file, None, f"`{unknown[0]}` is not known: each question stands below [[question]]")
    records = tables.get("question", [])
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise QuestionsNotReadable(file, None, "write [[question]], in double brackets, above each question")
    if len(records) > MOST:
        raise QuestionsNotReadable(
            file, None, f"{len(records):,} questions; at most {MOST:,} are asked: keep those that matter most"
        )
    return records


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one table."""

    record: Mapping[str, Any]
    file: Path | str
    line: int | None
    number: int

    def question(self) -> GoldenQuestion:
        for key in self.record:
            if key not in {*KEYS, "language"}:
                raise self._fault(_unknown(key))
        if not (ask := self._text("ask", LONGEST_ASK)):
            raise self._fault('write what a customer asks: ask = "How do I reset my password?"')
        if self.record.keys() >= {"locale", "language"}:
            raise self._fault("`locale` and `language` are the same: write one of them")
        articles, quotes = self._texts("article"), self._texts("quotes")
        expect = self._expect(quotes)
        if quotes and expect != "answer":
            raise self._fault(f'`quotes` needs an answer: write expect = "answer" instead of "{expect}"')
        if expect == "offer" and not articles:
            raise self._fault('say what must come: article = "its-id", or expect = "handoff"')
        return GoldenQuestion(
            ask=ask,
            expect=expect,
            articles=articles,
            quotes=quotes,
            locale=self._text("language" if "language" in self.record else "locale", LONGEST_LOCALE),
            brand=self._text("brand", LONGEST_NAME),
            note=self._text("note", LONGEST_NOTE),
            line=self.line,
        )

    def _expect(self, quotes: tuple[str, ...]) -> Expect:
        given = self._text("expect", LONGEST_NAME)
        if given is None:
            return "answer" if quotes else "offer"
        if given not in _EXPECTS:
            like = get_close_matches(given.lower().replace("_", ""), _EXPECTS, 1)
            meant = f': did you mean "{like[0]}"?' if like else ""
            raise self._fault(f'expect = "{given}" is not one of {", ".join(_EXPECTS)}{meant}')
        return cast("Expect", given)

    def _text(self, key: str, most: int) -> str | None:
        return self._checked(key, self.record[key], most) or None if key in self.record else None

    def _texts(self, key: str) -> tuple[str, ...]:
        given = self.record.get(key, [])
        several = given if isinstance(given, list) else [given]
        if len(several) > MOST_NAMED:
            raise self._fault(f"`{key}` names {len(several)}; at most {MOST_NAMED} are read")
        return tuple(filter(None, (self._checked(key, each, LONGEST_NAME) for each in several)))

    def _checked(self, key: str, value: object, most: int) -> str:
        if not isinstance(value, str):
            raise self._fault(f'`{key}` must be text in quotes, such as {key} = "…"')
        if len(value) > most:
            raise self._fault(f"`{key}` has {len(value):,} characters; at most {most:,} are read")
        return value.strip()

    def _fault(self, reason: str) -> QuestionsNotReadable:
        place = "" if self.line else f"question {self.number}: "
        return QuestionsNotReadable(self.file, self.line, place + reason)


def _unknown(key: str) -> str:
    key = key[:_LONGEST_KEY]
    like = [_MEANT[key]] if key in _MEANT else get_close_matches(key, KEYS, 1)
    known = f"did you mean `{like[0]}`?" if like else f"a question has {', '.join(KEYS)}"
    return f"`{key}` is not known: {known}"
