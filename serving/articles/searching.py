"""Search articles for an agent."""

from dataclasses import replace

from retrieval.answering.quotes import excerpt
from retrieval.answering.ranking import RankingQuery, suggest
from retrieval.answering.wording import worded
from retrieval.index.tokens import words
from serving.articles.schemas import FoundOut, SearchIn, SearchOut
from serving.inference.languages import Languages
from serving.inference.live_articles import LiveArticles
from serving.inference.live_models import LiveModels


def search(wanted: SearchIn, live: LiveArticles, models: LiveModels, languages: Languages) -> SearchOut:
    """Return the articles that fit, best first, internal ones too unless it is asked as a customer; none without words.

    Ranked as answers are: with what the closed tickets of the model that serves say, where there is one.
    """
    snapshot, model = live.take(), models.status.live
    query = worded(wanted.query, snapshot.index, snapshot.encoder)
    if not words(query):
        return SearchOut(results=[], version=snapshot.index.version)
    vector = snapshot.encoder.encode([query])[0]
    asked, ranker = RankingQuery(query, vector, audience=wanted.audience), None
    if model is not None and model.encoder.fingerprint == snapshot.encoder.fingerprint:
        reader = model.second_reader(snapshot.second)
        second = reader.query(query, languages.clear(query)) if reader else None
        asked = replace(asked, history=model.precedents.recall(vector, query), second=second)
        ranker = model.ranker
    found = suggest(snapshot.index, asked, limit=wanted.limit, ranker=ranker)
    results = [
        FoundOut(
            id=one.article.id,
            title=one.article.title,
            url=one.article.url,
            score=round(one.score, 2),
            heading=one.passage.heading,
            excerpt=excerpt(query, one),
            visibility=one.article.visibility,
        )
        for one in found
    ]
    return SearchOut(results=results, version=snapshot.index.version)
