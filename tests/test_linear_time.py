"""What reads a stranger's text takes time in proportion to its length: every pattern, and every whole parser.

A text of 16 kB is read first. Only what takes more than 10 ms of it is measured again, at 16 kB and at 64 kB, the best
of three. Linear work then grows 4 times and quadratic work 16 times; the line is drawn at 8. Times are CPU times of
this thread, so other processes do not count, and chance would have to double a ratio of the best of three. Quadratic
work on 16 kB is 128 million steps and takes from 60 ms to seconds; by six characters a step, 12 ms.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from retrieval.answering import fidelity, polarity, writing_scripts
from retrieval.articles import front_matter, html_tags, passages, sanitiser
from retrieval.articles.article import Article
from retrieval.errors import ArticleLeftOut, ArticleNotReadable
from retrieval.index import tokens
from serving.console.articles.rendering import rendered
from serving.deflections import phrase_patterns, small_talk
from serving.errors import InvalidRequest
from serving.http import body_guard
from serving.http.client_address import client_of
from serving.http.rate_limits import _visitor
from serving.inference.languages import Languages
from tests.builders import a_ticket
from tests.hostile_texts import PIECES, hostile, is_only_matched, patterns, pieces_of
from triage.model import phrase_matching, urgency
from triage.text import automatic, cleaning, mail, markup, redaction, shortening
from triage.tickets import escalation_packet

ROOT = Path(__file__).parents[1]
SCREENED, LONGER = 16_000, 64_000
QUICK = 0.01  # seconds
GROWTH = 8
LONGEST = 2.0  # seconds for 64 kB, however they grow

Read = Callable[[str], object]


def seconds(read: Read, text: str, *, times: int = 1) -> float:
    """Return the CPU time of the quickest of some readings."""
    spent = []
    for _ in range(times):
        began = time.thread_time()
        read(text)
        spent.append(time.thread_time() - began)
    return min(spent)


def slow_on(read: Read, pieces: Iterable[str]) -> list[str]:
    """Return the pieces whose repetition takes more than linear time, or far too long."""
    return [
        piece
        for piece, text in hostile(SCREENED, pieces)
        if seconds(read, text) > QUICK and seconds(read, text) > QUICK and _grows(read, piece)
    ]


def _grows(read: Read, piece: str) -> bool:
    short, long = (next(hostile(size, [piece]))[1] for size in (SCREENED, LONGER))
    brief = seconds(read, short, times=3)
    lasting = seconds(read, long)
    if GROWTH * brief >= lasting <= LONGEST:
        return False
    if GROWTH * brief < lasting > LONGEST:
        return True
    lasting = min(lasting, seconds(read, long, times=2))
    return lasting > min(GROWTH * brief, LONGEST)


def reader_of(pattern: re.Pattern[Any], *, only_matched: bool) -> Read:
    def read(text: str) -> None:
        given = text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text
        if only_matched:
            pattern.match(given)
            pattern.fullmatch(given)
        else:
            for _ in pattern.finditer(given):
                pass

    return read


@pytest.mark.slow
def test_every_pattern_takes_linear_time() -> None:
    sources = [
        path.read_text() for package in ("triage", "retrieval", "serving") for path in (ROOT / package).rglob("*.py")
    ]
    found = patterns()
    slow = {
        f"{name} {pattern.pattern!r:.80}": pieces
        for pattern, name in found.items()
        if (
            pieces := slow_on(
                reader_of(pattern, only_matched=is_only_matched(name, sources)), [*PIECES, *pieces_of(pattern)]
            )[:5]
        )
    }
    assert slow == {}
    assert len(found) > 200  # they are found, in tables and records too


@pytest.mark.slow
def test_the_measure_tells_quadratic_from_linear_work() -> None:
    assert slow_on(re.compile(r"<[^>]*>").search, ["<a "]) == ["<a "]
    assert slow_on(lambda text: [text.count(each) for each in "abcdefgh" * 40], ["a"]) == []


def _article(form: str) -> Read:
    def read(text: str) -> None:
        record = {"id": "a", "title": "t", "body": text, "format": form}
        with suppress(ArticleNotReadable, ArticleLeftOut):
            passages.split(Article.from_record(record))

    return read


def _shown(form: str) -> Read:
    def read(text: str) -> None:
        with suppress(ArticleNotReadable):
            rendered(Article.from_record({"id": "a", "title": "t", "body": text, "format": form}))

    return read


def _head(fence: str) -> Read:
    def read(text: str) -> None:
        with suppress(ArticleNotReadable, ArticleLeftOut):
            front_matter.divided(f"{fence}\n{text}\n{fence}\nbody", Path("a.md"))

    return read


def _packet(text: str) -> None:
    needed = dict.fromkeys(escalation_packet._FINDERS, "")
    escalation_packet.packed(a_ticket(description=text), needed, {})


def _body(text: str) -> None:
    with suppress(InvalidRequest):
        body_guard.check_text(b'{"a": [' + text.encode())


def _small_talk(text: str) -> None:
    for ask in (small_talk.is_greeting, small_talk.asks_for_person, small_talk.closing, small_talk.is_dissatisfied):
        ask(text)


PARSERS: dict[str, Read] = {
    "what models read": lambda text: cleaning.model_text("subject", text, ("Ann Smith", "ann@example.com")),
    "redaction": lambda text: redaction.redact(text, ("Ann Smith",)),
    "visible text": markup.visible,
    "mail": lambda text: mail.split(text, "Re: a"),
    "unwrapped lines": mail.unwrapped,
    "automatic mail": lambda text: automatic.is_automatic(text, text, {"Subject": text}),
    "runs": shortening.without_runs,
    "prose": shortening.prose,
    "head and tail": lambda text: shortening.head_and_tail(text, 2_000),
    "phrases": lambda text: phrase_matching.read(phrase_matching.folded(text)),
    "urgency": urgency.default().find,
    "packet": _packet,
    "HTML article": _article("html"),
    "Markdown article": _article("markdown"),
    "plain article": _article("text"),
    "shown HTML article": _shown("html"),
    "shown Markdown article": _shown("markdown"),
    "YAML head": _head("---"),
    "TOML head": _head("+++"),
    "depth of HTML": sanitiser.shallow,
    "hidden HTML": html_tags.without_hidden,
    "sentences": passages.sentences,
    "words": tokens.words,
    "polarity": lambda text: (polarity.wanted(text), polarity.denied(text)),
    "fidelity": lambda text: fidelity.doubt(text, text),
    "script": writing_scripts.script,
    "small talk": _small_talk,
    "phrase patterns": phrase_patterns.said,
    "language": Languages().detect,
    "body": _body,
    "forwarded addresses": lambda text: client_of("127.0.0.1", [text], ()),
    "visitor": lambda text: _visitor(b'{"visitor": ' + text.encode()),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_takes_linear_time(name: str) -> None:
    assert slow_on(PARSERS[name], PIECES) == []


@pytest.mark.parametrize(
    ("name", "piece"),
    [("visible text", '">\n'), ("HTML article", "<a "), ("hidden HTML", "<a"), ("fidelity", "a@"), ("packet", "0,"),
     ("Markdown article", "![x](data:x")],
)  # fmt: skip
def test_what_once_took_seconds_takes_linear_time(name: str, piece: str) -> None:
    assert slow_on(PARSERS[name], [piece]) == []
