"""Finding articles for an agent."""

from retrieval.answers import excerpt
from retrieval.ranking import Asked, suggest
from serving.articles.schemas import FoundOut, SearchIn, SearchOut
from serving.live_articles import LiveArticles
from triage.text import public_text


def search(wanted: SearchIn, live: LiveArticles) -> SearchOut:
    """Return the articles that fit, best first, internal ones too unless it is asked as a customer."""
    snapshot = live.take()
    query = public_text(wanted.query)
    vector = snapshot.encoder.encode([query])[0]
    found = suggest(snapshot.index, Asked(query, vector, audience=wanted.audience), limit=wanted.limit)
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
