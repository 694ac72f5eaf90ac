"""Import pages: first what would become of each, then the same articles stored.

What was read goes to the reader's browser with the summary and comes back with the second form: the service keeps
nothing in between, and checks what comes back as if it were new.
"""

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from retrieval.articles import golden_questions
from retrieval.articles.article import Article
from retrieval.articles.files import page_article
from retrieval.articles.passages import split
from retrieval.errors import ArticleLeftOut, ArticleNotReadable, QuestionsNotReadable
from serving.articles.schemas import ArticleIn
from serving.console.articles.sent_pages import MOST_ALL, SentPages
from serving.errors import FieldError, InvalidRequest

_LIMITS: Final = "`{}` is longer than may be, or not of the form that the API takes"


@dataclass(slots=True)
class ImportPlan:
    """What an import would do; `revision` is that of the articles which it was compared with."""

    revision: int
    new: list[Article] = field(default_factory=list)
    changed: list[Article] = field(default_factory=list)
    unchanged: list[Article] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    questions: str | None = None
    """The golden questions that came with them, as TOML; None: none did."""

    @property
    def asked(self) -> int:
        """How many golden questions there are."""
        return len(golden_questions.parse(self.questions)) if self.questions else 0

    @property
    def to_store(self) -> list[Article]:
        """What is stored when it is applied."""
        return [*self.new, *self.changed]

    @property
    def packed(self) -> str:
        """What is to be stored, as text for a hidden field."""
        if not self.to_store:
            return ""
        records = msgspec.json.encode([article.to_record() for article in self.to_store])
        return base64.urlsafe_b64encode(zlib.compress(records)).decode()


def plan(found: SentPages, revision: int, stored: Mapping[str, str]) -> ImportPlan:
    """Read the pages and compare them with the digests of what is stored."""
    made = ImportPlan(revision, refused=list(found.refused), others=found.others)
    articles: list[Article] = []
    places: dict[str, str] = {}
    for page in found.pages:
        name = str(page.path)
        try:
            article = page_article(page.data, page.path)
            refuse_unfit(article)
        except ArticleLeftOut as rule:
            made.left_out.append((name, rule.reason))
        except ArticleNotReadable as fault:
            made.refused.append((name, f"line {fault.line}: {fault.reason}" if fault.line else fault.reason))
        else:
            if article.id in places:
                made.refused.append((name, f"{places[article.id]} has the same id, {article.id}"))
            else:
                places[article.id] = name
                articles.append(article)
    _read_questions(found, made)
    _compare(articles, stored, made)
    return made


def _read_questions(found: SentPages, made: ImportPlan) -> None:
    if found.questions is None:
        return
    try:
        text = golden_questions.decoded(found.questions, golden_questions.FILE)
        golden_questions.parse(text)
    except QuestionsNotReadable as fault:
        said = f"line {fault.line}: {fault.reason}" if fault.line else fault.reason
        made.refused.append((golden_questions.FILE, said))
    else:
        made.questions = text


def planned_again(packed: str, revision: int, stored: Mapping[str, str]) -> ImportPlan:
    """Return the plan of what a summary's form brought back.

    Raises `InvalidRequest`: it is not what a summary holds.
    """
    made = ImportPlan(revision)
    _compare(_unpacked(packed), stored, made)
    return made


def refuse_unfit(article: Article) -> None:
    """Refuse what the API would not take. Raises `ArticleNotReadable`."""
    split(article)
    given: dict[str, Any] = {name: getattr(article, name) for name in ArticleIn.__struct_fields__}
    try:
        msgspec.convert(given, ArticleIn)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].rstrip("`")
        raise ArticleNotReadable(article.id, None, _LIMITS.format(name)) from error
    if any(letter.isspace() and letter != " " for letter in article.id):
        raise ArticleNotReadable(article.id, None, "its id holds a line break or a tab")


def _compare(articles: Sequence[Article], stored: Mapping[str, str], made: ImportPlan) -> None:
    for article in sorted(articles, key=lambda each: each.id):
        before = stored.get(article.id)
        same = made.new if before is None else made.unchanged if before == article.digest else made.changed
        same.append(article)


def _unpacked(packed: str) -> list[Article]:
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(base64.urlsafe_b64decode(packed.encode()), 2 * MOST_ALL)
        records = msgspec.json.decode(plain, type=list[dict[str, Any]]) if unpacking.eof else []
        articles = [Article.from_record(record) for record in records]
        for article in articles:
            refuse_unfit(article)
    except (ValueError, binascii.Error, zlib.error, RecursionError, ArticleNotReadable, msgspec.MsgspecError):
        articles = []
    if not articles or len({article.id for article in articles}) < len(articles):
        raise InvalidRequest([FieldError("", "This is not what the summary of an import holds: send the files again.")])
    return articles
