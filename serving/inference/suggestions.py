"""What may help with a ticket: similar solved tickets and articles, ranked as `/v1/tags` ranks them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from retrieval.answering.quotes import excerpt
from retrieval.answering.ranking import RankingQuery, Suggestion, order, suggest
from retrieval.answering.similar_texts import Query
from retrieval.articles.article import Article
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.errors import ArticlesNotReady, ModelNotReady
from serving.inference.loaded_model import LoadedModel
from serving.inference.similar_tickets import SimilarCase
from serving.inference.tagger import TicketText
from triage.text.cleaning import read_ticket

SHOWN = 3
_LOOKED_AT = 10  # similar tickets, of which some have no resolution


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Similar solved tickets and articles, the best first."""

    similar: tuple[SimilarCase, ...] = ()
    articles: tuple[Article, ...] = ()
    excerpts: Mapping[str, str] = field(default_factory=dict)  # by article id: its sentences nearest to the ticket
    is_sample: bool = False


def no_suggestions(_: TicketText) -> Suggestions:
    """Suggest nothing."""
    return Suggestions()


@dataclass(frozen=True, slots=True)
class RankedArticle:
    """An article, and how well it fits."""

    article: Article
    score: float


@dataclass(frozen=True, slots=True)
class TicketSuggestions:
    """Finds suggestions for a ticket with the model and the articles that serve now."""

    models: Callable[[], LoadedModel]  # raises `ModelNotReady` while none serves
    articles: Callable[[], ArticleSnapshot]  # raises `ArticlesNotReady` while none are indexed

    def find(self, filed: TicketText, *, sample: bool = False) -> Suggestions:
        """Return suggestions; those of the sample only where it is asked for, and none while nothing serves."""
        try:
            model = self.models()
        except ModelNotReady:
            return Suggestions()
        text = read_ticket(filed.subject, filed.description, filed.known, filed.headers).text
        if not text:
            return Suggestions()
        query = model.cases.query(model.encoder.encode([text])[0], text)
        shown = sample or model.origin != "sample"
        cases = model.cases.like(query, limit=_LOOKED_AT, recent=True) if shown else []  # agents read every ticket
        solved = [case for case in cases if case.resolution]
        found = self._articles(model, text, query, filed.language, sample=sample)
        return Suggestions(
            tuple(solved[:SHOWN]),
            tuple(each.article for each in found),
            {each.article.id: excerpt(text, each) for each in found},
            sample and model.origin == "sample",
        )

    def _articles(
        self, model: LoadedModel, text: str, query: Query, language: str | None, *, sample: bool
    ) -> Sequence[Suggestion]:
        try:
            snapshot = self.articles()
        except ArticlesNotReady:
            return []
        if snapshot.is_sample and not sample:
            return []
        asked = _asked(snapshot, model, text, query, language)
        return suggest(snapshot.index, asked, limit=SHOWN, ranker=model.ranker)


def helpful(
    snapshot: ArticleSnapshot, model: LoadedModel, text: str, query: Query, language: str | None
) -> list[RankedArticle]:
    """Return the articles that may solve a ticket, internal ones too.

    Parameters
    ----------
    snapshot
        The articles.
    model
        The model that read the ticket: its closed tickets and its ranker rank the articles.
    text
        The ticket as the model reads it.
    query
        The same, by the model's encoder, as its closed tickets look around it.
    language
        The ticket's, if it is known.

    Returns
    -------
    list of RankedArticle
        The best first.
    """
    found = order(snapshot.index, _asked(snapshot, model, text, query, language), limit=SHOWN, ranker=model.ranker)
    return [RankedArticle(*each) for each in found.scored]


def _asked(
    snapshot: ArticleSnapshot, model: LoadedModel, text: str, query: Query, language: str | None
) -> RankingQuery:
    same = snapshot.encoder.fingerprint == model.encoder.fingerprint
    vector = query.vector if same else snapshot.encoder.encode([text])[0]
    reader = model.second_reader(snapshot.second)
    second = reader.query(text, language) if reader else None
    return RankingQuery(text, vector, "agent", model.precedents.recall_near(query), language, second=second)
