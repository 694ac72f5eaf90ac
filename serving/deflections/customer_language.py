"""The languages of customer and article, and whether the article is of the customer's brand."""

from collections.abc import Callable
from dataclasses import dataclass

from retrieval.answering.ranking import Suggestion, tongue
from retrieval.articles.article import Article
from serving.deflections.phrases import DEFAULT, PHRASES
from serving.inference.languages import Languages


def for_brand(brand: str | None) -> Callable[[Article], bool]:
    """Return the test for articles that a question about a brand may see; without one, only what is for all."""
    return lambda article: article.brand is None or article.brand == brand


@dataclass(frozen=True, slots=True)
class Speaker:
    """The languages of one customer: the page's, and the language that the question is clearly written in."""

    languages: Languages
    locale: str | None
    written: str | None

    @classmethod
    def of(cls, question: str, locale: str | None, languages: Languages) -> "Speaker":
        """Tell the languages of a question that came with a locale, or without."""
        return cls(languages, tongue(locale or "") or None, languages.clear(question))

    @property
    def told(self) -> str:
        """The language that we reply in where the words are our own."""
        return next((each for each in (self.written, self.locale) if each in PHRASES and each), DEFAULT)

    def understands(self) -> Callable[[Suggestion], bool]:
        """Return the test for articles; an article in no clear language passes."""
        read = {each for each in (self.locale, self.written) if each}

        def understood(suggestion: Suggestion) -> bool:
            article = suggestion.article
            spoken = tongue(article.locale or "") or self.languages.clear(f"{article.title}\n{suggestion.passage.text}")
            return not read or spoken is None or spoken in read

        return understood
