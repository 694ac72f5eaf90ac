"""Tickets in languages that the first encoder does not read, replayed for the report of gaps by both encoders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from retrieval.answering import ranking
from retrieval.answering.ranking import RankingQuery, Suggestion
from retrieval.index.article_index import ArticleIndex
from serving.inference.loaded_model import LoadedModel
from serving.reports import kb_gaps
from tests.fakes import FrozenClock, HashingEncoder, TranslatingEncoder
from tests.serving.conftest import ARTICLES, Client, a_model, take_in
from tests.serving.reports.test_kb_gaps import close, gaps

ITALIAN = "Come posso reimpostare la mia password di accesso?"
ENGLISH = "We are not able to sign in any more, and the link that you sent us does not work."


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel | None:
    return a_model(encoder, second_encoder=TranslatingEncoder())


def test_a_ticket_is_read_again_where_its_language_asks_for_it(
    client: Client, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[RankingQuery] = []

    def suggest(index: ArticleIndex, query: RankingQuery, **more: Any) -> list[Suggestion]:
        asked.append(query)
        return ranking.suggest(index, query, **more)

    monkeypatch.setattr(kb_gaps, "suggest", suggest)
    take_in(client, [{**each, "locale": "en"} for each in ARTICLES])
    for text in (ITALIAN, ENGLISH):
        opened = client.post("/v1/tickets", json={"subject": text, "description": text, "channel": "phone"})
        close(client, opened, "Choose Forgot password.")
    clock.advance(timedelta(minutes=1))

    gaps(client)

    seen_again = {ITALIAN in each.question: each.second is not None for each in asked}
    assert seen_again == {True: True, False: False}
