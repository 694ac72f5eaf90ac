"""The languages of customer and article, and which articles are shown: one of each translation, of the right brand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.answering.ranking import Suggestion
from retrieval.articles.article import Article
from retrieval.articles.translations import Translations, tongue
from serving.deflections.phrases import DEFAULT, PHRASES
from serving.deflections.store import Deflection
from serving.inference.languages import Languages

EARLIER = 5  # of the customer's questions are looked at for their language


@dataclass(frozen=True, slots=True)
class CustomerLanguages:
    """The languages of one customer: the page's, and the language that the question is clearly written in."""

    languages: Languages
    locale: str | None
    written: str | None
    #: Further languages that a good part of the question is in.
    mixed_in: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, question: str, locale: str | None, languages: Languages, expected: Sequence[str] = ()
    ) -> "CustomerLanguages":
        """Tell the languages of a question that came with a locale, or without; `expected` need less evidence."""
        page = tongue(locale or "") or None
        written = languages.clear(question, [*expected, page] if page else expected)
        # Where the page says its language, a few words of another one are no wish to read articles in that.
        mixed = languages.mixed(question, written, expected) if written and page is None else frozenset[str]()
        return cls(languages, page, written, mixed)

    @property
    def told(self) -> str:
        """The language that we reply in where the words are our own."""
        return next((each for each in (self.written, self.locale) if each in PHRASES and each), DEFAULT)

    def understands(self) -> Callable[[Suggestion], bool]:
        """Return the test for articles; an article in no clear language passes."""
        read = {each for each in (self.locale, self.written, *self.mixed_in) if each}

        def understood(suggestion: Suggestion) -> bool:
            spoken = self.spoken(suggestion)
            return not read or spoken is None or spoken in read

        return understood

    def spoken(self, suggestion: Suggestion) -> str | None:
        """Return the language of an article; None where it is not clear."""
        article = suggestion.article
        return tongue(article.locale or "") or self.languages.clear(f"{article.title}\n{suggestion.passage.text}")

    def sees(self, brand: str | None, translations: Translations) -> Callable[[Article], bool]:
        """Return the test for articles that a question may see: for all brands or its own, one of each translation.

        Of a question in two languages both are seen.
        """
        preferred = [each for each in (self.written, self.locale, self.languages.default) if each]
        ways = [preferred, *([each, *preferred] for each in sorted(self.mixed_in))]
        return lambda article: (
            article.brand in (None, brand) and any(translations.is_shown(article, each) for each in ways)
        )


def languages_before(earlier: Sequence[Deflection], languages: Languages) -> list[str]:
    """Return the languages that a visitor's latest questions are clearly written in."""
    return sorted({spoken for session in earlier[:EARLIER] if (spoken := languages.clear(session.question))})
