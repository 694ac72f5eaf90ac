"""Propose golden questions: from sessions that an answer solved, from known questions, and from titles."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, zip_longest
from typing import Final

import sqlalchemy as sa

from retrieval.articles.article import Article
from retrieval.articles.golden_questions import LONGEST_ASK, Expect, GoldenQuestion
from retrieval.evals.judging import Judgement
from serving.erasure import MARK
from serving.storage.tables import deflections
from triage.text.cleaning import clean, redacted

READ: Final = 2_000  # solved sessions, the newest
PER_ARTICLE: Final = 2


def solved(connection: sa.Connection) -> list[GoldenQuestion]:
    """Return the questions of sessions whose answer a customer confirmed, the newest first, none with personal data."""
    columns = deflections.c.question, deflections.c.locale, deflections.c.brand, deflections.c.response
    confirmed = deflections.c.outcome == "confirmed", deflections.c.decision == "answer"
    rows = connection.execute(sa.select(*columns).where(*confirmed).order_by(deflections.c.id.desc()).limit(READ))
    found = []
    for row in rows:
        asked = " ".join(clean(row.question).split())
        sources = ((row.response or {}).get("answer") or {}).get("sources") or []
        if sources and MARK not in asked and 0 < len(asked) <= LONGEST_ASK and redacted(asked) == asked:
            article = str(sources[0]["article_id"])
            found.append(GoldenQuestion(ask=asked, articles=(article,), locale=row.locale, brand=row.brand))
    return found


def suggested(sessions: Sequence[GoldenQuestion], articles: Mapping[str, Article], most: int) -> list[GoldenQuestion]:
    """Choose questions so that as many articles as possible have one: solved sessions first, then what articles say."""
    public = {name: each for name, each in articles.items() if each.visibility == "public"}
    asked = chain((each for each in sessions if public.keys() >= set(each.articles)), _known(public), _titles(public))
    by_article: dict[str, dict[str, GoldenQuestion]] = {}
    for each in asked:
        chosen = by_article.setdefault(each.articles[0], {})
        if len(chosen) < PER_ARTICLE:
            chosen.setdefault(each.key, each)
    rounds = zip_longest(*(list(chosen.values()) for chosen in by_article.values()))
    found = {each.key: each for round_ in rounds for each in round_ if each is not None}
    return list(found.values())[:most]


def written(judged: Sequence[Judgement], at: datetime) -> str:
    """Write questions as `questions.toml`, with what comes now where that is something else."""
    lines = [
        f"# Proposed by `firstline evals --suggest` on {at:%Y-%m-%d}. Keep what must stay true; see docs/answers.md."
    ]
    for each in judged:
        question = each.question
        lines += ["", "[[question]]", f"ask = {quoted(question.ask)}"]
        if question.expect != "offer":
            lines.append(f"expect = {quoted(question.expect)}")
        lines.append(f"article = {quoted(question.articles[0])}")
        lines += [f"{name} = {quoted(value)}" for name in ("locale", "brand") if (value := getattr(question, name))]
        if not each.passed:
            lines.append(f"# Now: {each.outcome.said}. {each.why}")
    return "\n".join(lines)


def _known(articles: Mapping[str, Article]) -> Iterator[GoldenQuestion]:
    for article in articles.values():
        for known in article.asked[:PER_ARTICLE]:
            if known.question.strip() and len(known.question) <= LONGEST_ASK:
                yield _of(article, redacted(known.question))


def _titles(articles: Mapping[str, Article]) -> Iterator[GoldenQuestion]:
    return (_of(article, article.title) for article in articles.values())


def _of(article: Article, ask: str) -> GoldenQuestion:
    expect: Expect = "handoff" if article.requires_human else "offer"
    return GoldenQuestion(ask=" ".join(ask.split()), expect=expect, articles=(article.id,), brand=article.brand)


def quoted(text: str) -> str:
    """Write a text as TOML does."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # a control character for TOML alone
