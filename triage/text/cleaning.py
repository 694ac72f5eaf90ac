"""From subject and body to model input: the only place where text is cleaned, for training and serving."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from triage.text.automatic import is_automatic, machine_reason
from triage.text.mail import Mail, is_done_with, split, unwrapped
from triage.text.markup import visible
from triage.text.nobody.reasons import NobodyReason
from triage.text.nobody.thanks import only_thanks
from triage.text.redaction import Redactor
from triage.text.shortening import head_and_tail, prose, without_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_CHARACTERS = 4_000
_RAW_CHARACTERS = 300_000  # nothing behind this is looked at, so that a megabyte costs what a long mail costs
_VISIBLE_CHARACTERS = 16_000  # of what is visible: its head and its tail
_INLINE = re.compile(r"data:[\w/+.-]{1,60};base64,[\w+/=\s%-]{100,}+")

_MARKUP = re.compile(r"<br\s{0,3}/?>|</(?:p|div|li|tr|td|table|span|html|body|h[1-6]|b|strong|font)>", re.IGNORECASE)
_PIECE = re.compile(r"\S{1,256}|\s+")
_STYLED = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]+")  # full width, bold, script
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff"
    r"\u200b\u200e\u200f\u202a-\u202e\u2060\ufeff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class TicketReading:
    """What is read of a ticket: `text` by every model, `searched` by the urgency lexicon."""

    text: str
    """Subject, a line break, and the newest words of the body; no personal data."""
    searched: tuple[str, ...]
    """The same with a line for each paragraph and without what stands below the farewell, in pieces; not redacted."""
    prose: str = ""
    """The newest words without logs and stack traces, which are in no language; not redacted."""
    automatic: bool = False
    """Whether a machine wrote it: nothing is searched then."""
    redactor: Redactor = field(default_factory=Redactor, compare=False, repr=False)
    """Knows of the requester what was known when the ticket was read."""

    def redacted(self, text: str) -> str:
        """Return a text of this ticket without personal data, with its lines; see `redacted`."""
        return _redacted(text, self.redactor)


def clean(text: str) -> str:
    """Return the text as people see it, on one line of at most 4,000 characters.

    It is in NFC, has plain letters instead of full-width and styled ones, and no markup or control characters.
    """
    return _collapsed(_visible(text))


def public_text(text: str, known: Sequence[str | None] = ()) -> str:
    """Return the text cleaned and without personal data, as others than its writer may see it; see `model_text`."""
    return _public(text, Redactor(known))


def model_text(subject: str | None, body: str | None, known: Sequence[str | None] = ()) -> str:
    """Return what every model reads of a ticket: subject, a line break, and the newest words of the body.

    Personal data is replaced by its kind here, so that nothing behind this (vectors, bundles, caches) holds any; also
    what is `known` of the requester: e-mail address, name, account. It is looked for while the lines are still there,
    because a signature is known by them. Of a long text head and tail are kept.
    """
    return _model_text(subject, _mail(subject, body).newest, Redactor(known))


def read_ticket(
    subject: str | None,
    body: str | None,
    known: Sequence[str | None] = (),
    headers: Mapping[str, str] | None = None,
) -> TicketReading:
    """Return what models and the urgency lexicon read of a ticket, and whether a machine wrote it; see `model_text`."""
    mail, redactor = _mail(subject, body), Redactor(known)
    title = " ".join(_visible(subject or "").split())
    text = _model_text(subject, mail.newest, redactor)
    if is_automatic(title, mail.newest, headers):
        return TicketReading(text, (), text, automatic=True, redactor=redactor)
    topic = "" if is_done_with(title, mail.newest) else title
    pieces = _pieces(f"{topic}\n{unwrapped(mail.above_signature)}".strip())
    return TicketReading(text, tuple(pieces), prose(f"{title}\n{mail.newest}".strip()), redactor=redactor)


def needs_nobody(subject: str, body: str, headers: Mapping[str, str] | None = None) -> NobodyReason | None:
    """Return why a message needs nobody, by its header or its newest words; None where somebody has to see it."""
    title, mail = " ".join(_visible(subject).split()), _mail(subject, body)
    by_machine = machine_reason(title, mail.newest, headers)
    if by_machine is None and only_thanks(title, mail.above_signature):
        return NobodyReason.THANKS
    return by_machine


def newest_words(body: str, subject: str = "") -> str:
    """Return what a message says of its own: without what it quotes, and without footers."""
    return _mail(subject, body).newest.strip()


def own_words(body: str, subject: str = "") -> str:
    """Return what a message adds to a conversation: its newest words without what stands below the farewell."""
    return _mail(subject, body).above_signature.strip()


def _mail(subject: str | None, body: str | None) -> Mail:
    return split(_visible(body or ""), subject or "")


def _public(text: str, redactor: Redactor) -> str:
    return _collapsed(redactor.redact(_visible(text)).text)


def _model_text(subject: str | None, newest: str, redactor: Redactor) -> str:
    title = _public(subject or "", redactor)
    if len(newest) > MAX_CHARACTERS:
        newest = without_runs(newest)
    rest = " ".join(redactor.redact(newest).text.split())
    text = rest if rest.startswith(title) else f"{title}\n{rest}"  # also rest alone when there is no subject
    return head_and_tail(text, MAX_CHARACTERS).rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces that the lexicon reads to their end."""
    if len(text) > MAX_CHARACTERS:
        text = without_runs(text)
    while len(text) > MAX_CHARACTERS:
        end = max(text.rfind(mark, 0, MAX_CHARACTERS) for mark in ("\n", ". ", " ")) + 1 or MAX_CHARACTERS
        yield text[:end]
        text = text[end:]
    if text:
        yield text


def redacted(text: str, known: Sequence[str | None] = ()) -> str:
    """Return the text without personal data, with its lines; of an HTML body what people see of it.

    A name below a farewell, and a card in the cells of a table, are found only in what people see.
    """
    return _redacted(text, Redactor(known))


def has_markup(text: str) -> bool:
    """Tell whether a text is HTML."""
    return _MARKUP.search(text) is not None


def _redacted(text: str, redactor: Redactor) -> str:
    if has_markup(text):
        lines = (line.rstrip() for line in _UNPRINTABLE.sub("", visible(text)).split("\n"))
        text = "\n".join(line for line in lines if line)
    return redactor.redact(text).text


def _visible(text: str) -> str:
    """Return what people see of a text, with its lines; of a long one, head and tail."""
    text = _INLINE.sub("data:", text)[:_RAW_CHARACTERS]
    text = _UNPRINTABLE.sub("", visible(text))
    if len(text) > _VISIBLE_CHARACTERS:
        text = head_and_tail(without_runs(text), _VISIBLE_CHARACTERS)
    if text.isascii():
        return text
    text = _STYLED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    # By pieces, because putting an endless run of combining marks in order takes quadratic time.
    return "".join(unicodedata.normalize("NFC", piece) for piece in _PIECE.findall(text))


def _collapsed(text: str) -> str:
    return " ".join(text.split())[:MAX_CHARACTERS].rstrip()
