"""Which articles are translations of each other: of those a reader is shown one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from retrieval.articles.article import Article

JOINTS: Final = "-_./"
#: Fewer articles than this in a language, and less than one in as many, are few.
FEW: Final = 10


class Original(NamedTuple):
    """What translations share; those of different brands, or for different readers, do not stand for each other."""

    id: str
    brand: str | None
    visibility: str


class Translations:
    """The languages of a knowledge base.

    A translation has the id of the original with its own locale behind it (`reset-password-de`, `reset-password.pt-BR`)
    or before it (`de/reset-password`).
    """

    def __init__(self, articles: Collection[Article]) -> None:
        #: Every language that an article says it is in.
        self._counts = Counter(tongue(article.locale) for article in articles if article.locale)
        self.languages = frozenset(self._counts)
        groups: defaultdict[Original, list[Article]] = defaultdict(list)
        for article in articles:
            groups[_original(article)].append(article)
        #: By the id of an article that has translations: the original and all of them.
        self._groups = {
            each.id: (original, group) for original, group in groups.items() if len(group) > 1 for each in group
        }
        #: By the same id, the ids of all versions, its own among them.
        self.versions = {name: tuple(each.id for each in group) for name, (_, group) in self._groups.items()}

    def is_rare(self, language: str) -> bool:
        """Tell whether so few articles are in a language that the others tell nothing about how near one is."""
        return self._counts[language] < FEW and self._counts[language] * FEW < self._counts.total()

    def is_shown(self, article: Article, languages: Sequence[str]) -> bool:
        """Tell whether an article is shown to whoever reads these languages, the best first.

        Of translations it is the one in the first of the languages, and the original when there is none in any. An
        article without a translation is always shown.
        """
        if article.id not in self._groups:
            return True
        original, group = self._groups[article.id]

        def rank(one: Article) -> tuple[int, bool, str]:
            language = tongue(one.locale or "")
            place = languages.index(language) if language in languages else len(languages)
            return place, one.id != original.id, one.id

        return min(group, key=rank).id == article.id


def tongue(locale: str) -> str:
    """Return the language of a locale: `pt` of `pt-BR` and of `pt_BR`."""
    return locale.replace("_", "-").split("-")[0].casefold()


def _original(article: Article) -> Original:
    name = article.id
    for locale in {article.locale, tongue(article.locale)} if article.locale else ():
        end, middle = len(article.id) - len(locale), len(locale)
        same = _plain(locale)
        if end > 1 and article.id[end - 1] in JOINTS and _plain(article.id[end:]) == same:
            name = article.id[: end - 1]
        elif end > 1 and article.id[middle] in JOINTS and _plain(article.id[:middle]) == same:
            name = article.id[middle + 1 :]
    return Original(name, article.brand, article.visibility)


def _plain(locale: str) -> str:
    return locale.replace("_", "-").casefold()
