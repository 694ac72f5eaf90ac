"""What reads a stranger's text takes little time, in proportion to its length: every pattern, and every whole parser.

A text of 16 kB is read first. Only what takes more than 10 ms of it is measured again, at 16 kB and at 64 kB, the best
of three. Linear work then grows 4 times and quadratic work 16 times; the line is drawn at 8. Times are CPU times of
this thread, so other processes do not count, and chance would have to double a ratio of the best of three. Quadratic
work on 16 kB is 128 million steps and takes from 60 ms to seconds; by six characters a step, 12 ms.

The target is 50 ms for 100 kB (`python -m tests.benchmarks.adversarial_texts` shows all). Here twice that is refused,
measured in scans: how often the same processor could meanwhile go through 100 kB with a simple pattern, about 1 ms.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from retrieval.answering import fidelity, polarity, wording, writing_scripts
from retrieval.articles import front_matter, golden_questions, html_tags, passages, sanitiser
from retrieval.articles.article import Article
from retrieval.encoder.unigram import UnigramTokens
from retrieval.errors import ArticleLeftOut, ArticleNotReadable, QuestionsNotReadable
from retrieval.gaps import outlines
from retrieval.gaps.markdown import as_markdown
from retrieval.gaps.replays import Replay
from retrieval.index import codes, tokens
from retrieval.index.spelling import Spelling
from serving.console.articles.rendering import rendered
from serving.deflections import small_talk
from serving.errors import InvalidRequest
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.vendors import chatwoot_thread
from serving.http import body_guard
from serving.http.client_address import client_of
from serving.http.rate_limits import _visitor
from serving.inference.languages import Languages
from serving.policy.ticket_fields import nearest
from serving.surges.outage_questions import asks_of_outage
from tests.builders import a_ticket
from tests.hostile_texts import PIECES, hostile, is_only_matched, patterns, pieces_of
from tests.retrieval.encoder.unigram_record import record
from triage.fields import declaration, finding
from triage.model import phrase_matching, urgency
from triage.surges import words as burst_words
from triage.text import automatic, cleaning, mail, markup, redaction, shortening
from triage.text.nobody import objections, phrase_patterns, thanks
from triage.text.nobody.reasons import NobodyReason
from triage.tickets import escalation_packet
from triage.tickets.messages import replies as message_replies

ROOT = Path(__file__).parents[1]
SCREENED, LONGER = 16_000, 64_000
QUICK = 0.01  # seconds
GROWTH = 8
MOST = 100  # scans for 100 kB
#: Parsers of Markdown, in Python, that take 10 µs for each mark, and pages of the console: only the desk writes
#: articles. The tokenizer is in Python, too, and its encoder hands it a few thousand characters at most.
DEARER = {
    "Markdown article": 1_200,
    "shown Markdown article": 1_200,
    "shown HTML article": 400,
    "pieces of words": 1_200,
}

Read = Callable[[str], object]
_SCAN: Read = re.compile(r"\b[a-z]{1,3}x").search


def seconds(read: Read, text: str, *, times: int = 1) -> float:
    """Return the CPU time of the quickest of some readings."""
    spent = []
    for _ in range(times):
        began = time.thread_time()
        read(text)
        spent.append(time.thread_time() - began)
    return min(spent)


def slow_on(read: Read, pieces: Iterable[str], most: int = MOST) -> list[str]:
    """Return the pieces whose repetition takes more than linear time, or more than `most` scans for 100 kB."""
    return [
        piece
        for piece, text in hostile(SCREENED, pieces)
        if seconds(read, text) > QUICK and seconds(read, text) > QUICK and _is_slow(read, piece, most)
    ]


def _is_slow(read: Read, piece: str, most: int) -> bool:
    short, long = (next(hostile(size, [piece]))[1] for size in (SCREENED, LONGER))
    brief = seconds(read, short, times=3)
    # Each time beside a new measure of the machine: one that is slowed down between the two is no fault of the parser.
    return all(seconds(read, long, times=times) > min(GROWTH * brief, _allowed(most)) for times in (1, 3, 3, 3))


def _allowed(most: int) -> float:
    """Return how many seconds 64 kB may take on this machine, as busy as it is."""
    scan = seconds(_SCAN, "word " * 20_000, times=5)
    return most * scan * LONGER / 100_000


def reader_of(pattern: re.Pattern[Any], *, only_matched: bool, most: int | None = None) -> Read:
    """Return what searches a text for a pattern, `most` characters of it, or only looks where it begins."""

    def read(whole: str) -> None:
        text = whole[:most]
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
                reader_of(pattern, only_matched=is_only_matched(name, sources), most=SHORTENED.get(name)),
                [*PIECES, *pieces_of(pattern)],
            )[:5]
        )
    }
    assert slow == {}
    assert len(found) > 200  # they are found, in tables and records too


@pytest.mark.slow
def test_the_measure_tells_quadratic_and_dear_work_from_cheap() -> None:
    assert slow_on(re.compile(r"<[^>]*>").search, ["<a "]) == ["<a "]
    assert slow_on(lambda text: [text.count(each) for each in "abcdefgh" * 40], ["a"]) == []
    assert slow_on(lambda text: [_SCAN(text) for _ in range(2 * MOST)], ["word "]) == ["word "]
    assert slow_on(lambda text: [_SCAN(text) for _ in range(MOST // 2)], ["word "]) == []


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


def _golden(text: str) -> None:
    with suppress(QuestionsNotReadable):
        golden_questions.parse(f"[[question]]\nask = 'x'\n{text}")


def _packet(text: str) -> None:
    needed = dict.fromkeys(escalation_packet._FINDERS, "")
    escalation_packet.packed(a_ticket(description=text), needed, {})


def _body(text: str) -> None:
    with suppress(InvalidRequest):
        body_guard.check_text(b'{"a": [' + text.encode())


def _changed_at_chatwoot(text: str) -> None:
    message = {"id": 1, "message_type": "activity", "created_at": 1, "content": text}
    chatwoot_thread._event(message, Connection(name="chat", kind="chatwoot"))


def _small_talk(text: str) -> None:
    for ask in (
        *(small_talk.is_greeting, small_talk.asks_for_person, small_talk.closing, small_talk.is_dissatisfied),
        *(small_talk.complains, small_talk.scolds, asks_of_outage),
    ):
        ask(text)


def _drafted(text: str) -> None:
    steps = outlines.outline("", (), [Replay(id="t", text="", resolution=text)])
    as_markdown([each.text for each in steps.steps], [each.text for each in steps.facts])


_FIELDS = declaration.parse(
    resources.files("triage").joinpath("policies/fields.toml").read_text(encoding="utf-8")
    + '[product]\nkind = "dictionary"\nnames = ["Sync Agent", "Invoice Scanner"]\n'
    + '[serial]\nkind = "pattern"\npattern = "(?:SN ?)?([A-Z]{2}[0-9]{4,8})"\n',
    nearest,
)


def _fields(text: str) -> None:
    finding.found(_FIELDS, finding.WrittenText(text[:100], text, ("Ann Smith",)), date(2026, 3, 2))
    for rule in _FIELDS.rules:
        finding.given(rule, text, date(2026, 3, 2))


#: How many characters of a text these patterns are given.
SHORTENED = {
    "serving.helpdesks.vendors.chatwoot_thread._BY": chatwoot_thread._READ,
    "triage.text.automatic._WHEN": automatic._SHORT,
}

_SPELLING = Spelling.of([("reset the password of a workspace and download an invoice", "en", 1)])
PARSERS: dict[str, Read] = {
    "what models read": lambda text: cleaning.model_text("subject", text, ("Ann Smith", "ann@example.com")),
    "declared fields": _fields,
    "redacted places": lambda text: redaction.removed(text, ("Ann Smith",)),
    "redaction": lambda text: redaction.redact(text, ("Ann Smith",)),
    "visible text": markup.visible,
    "mail": lambda text: mail.split(text[: cleaning._VISIBLE_CHARACTERS], "Re: a"),
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
    "golden questions": _golden,
    "depth of HTML": sanitiser.shallow,
    "hidden HTML": html_tags.without_hidden,
    "sentences": passages.sentences,
    "words": tokens.words,
    "codes": codes.codes,
    "wording of a question": wording.spoken,
    "spelling": lambda text: _SPELLING.corrected(text, lambda _: False),
    "pieces of words": UnigramTokens(record(), 1_000_000).ids,
    "polarity": lambda text: (polarity.wanted(text), polarity.denied(text)),
    "fidelity": lambda text: fidelity.doubt(text, text),
    "script": writing_scripts.script,
    "small talk": _small_talk,
    "change at Chatwoot": _changed_at_chatwoot,
    "phrase patterns": phrase_patterns.said,
    "thanks": lambda text: (thanks.only_thanks("", text), thanks.only_thanks(text, text), thanks.answers(text)),
    "objections": lambda text: objections.objects(NobodyReason.THANKS, text, text, text),
    "question of an agent": message_replies._asks,
    "language": Languages().detect,
    "body": _body,
    "forwarded addresses": lambda text: client_of("127.0.0.1", [text], ()),
    "words and links of a burst": lambda text: (burst_words.words_of(text), burst_words.hosts_of(text)),
    "article draft": _drafted,
    "visitor": lambda text: _visitor(b'{"visitor": ' + text.encode()),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_takes_linear_time(name: str) -> None:
    assert slow_on(PARSERS[name], PIECES, DEARER.get(name, MOST)) == []


@pytest.mark.parametrize(
    ("name", "piece"),
    [("visible text", '">\n'), ("HTML article", "<a "), ("hidden HTML", "<a"), ("fidelity", "a@"), ("packet", "0,"),
     ("redaction", "0\u200d"), ("redacted places", "４"), ("declared fields", "<b>0</b>"),
     ("Markdown article", "![x](data:x"), ("HTML article", "&"), ("words and links of a burst", "a")],
)  # fmt: skip
def test_what_once_took_seconds_takes_linear_time(name: str, piece: str) -> None:
    assert slow_on(PARSERS[name], [piece], DEARER.get(name, MOST)) == []
