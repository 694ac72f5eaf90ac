"""The list of articles: which are shown, in which order, and how each did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from serving.articles.store import ArticleStore, ListedArticle
from serving.console.articles.addresses import listed_at
from serving.reports.article_use import ArticleUses, Use

PAGE: Final = 50
_WORDS: Final = 8  # of a search that are looked for
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Row:
    """An article with its use."""

    article: ListedArticle
    use: Use
    is_live: bool


_ORDERS: Final[Mapping[str, Callable[[Row], tuple[object, ...]]]] = {
    "title": lambda row: (row.article.title.casefold(),),
    "updated": lambda row: (row.article.updated_at is None, _backwards(row.article.updated_at or "")),
    "changed": lambda row: (-row.article.revision,),
    "shown": lambda row: (-row.use.shown,),
    "answered": lambda row: (-row.use.answered,),
    "helpful": lambda row: (row.use.helpful is None, row.use.helpful or 0, -row.use.judged),
}
VISIBILITIES: Final = ("public", "internal")
HUMAN: Final = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader of the list asked for; what is not known is as if it were not asked."""

    words: str = ""
    locale: str = ""
    visibility: str = ""
    human: str = ""
    only: str = ""
    sort: str = "title"
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Read the parameters of an address."""
        page = query.get("page", "1")
        return cls(
            words=query.get("q", "").strip()[:_LONGEST],
            locale=query.get("locale", "")[:_LONGEST],
            visibility=_known(query.get("visibility"), VISIBILITIES),
            human=_known(query.get("human"), HUMAN),
            only=_known(query.get("only"), ("low",)),
            sort=_known(query.get("sort"), _ORDERS) or "title",
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        )

    def address(self, **changes: object) -> str:
        """Return where the list stands with these changes; without a page named, on its first."""
        return listed_at(
            {
                "q": self.words,
                "locale": self.locale,
                "visibility": self.visibility,
                "human": self.human,
                "only": self.only,
                "sort": "" if self.sort == "title" else self.sort,
            }
            | changes
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether some articles may be left out."""
        return bool(self.words or self.locale or self.visibility or self.human or self.only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of the list."""

    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    every: int
    locales: Sequence[str] = field(default=())


def listing(store: ArticleStore, wanted: Wanted, uses: ArticleUses, live_revision: int) -> Listing:
    """Return the articles that were asked for; those changed after the live index are marked."""
    every = store.listed(wanted.words.split()[:_WORDS])
    locales = sorted({each.locale for each in every if each.locale} | ({wanted.locale} - {""}))
    rows = [Row(each, uses.of(each.id), each.revision <= live_revision) for each in every if _is_wanted(each, wanted)]
    if wanted.only == "low":
        rows = [row for row in rows if row.use.is_low]
    rows.sort(key=_ORDERS[wanted.sort])  # stable: equal ones stay in the order of their titles
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, wanted.page), pages)
    return Listing(
        rows=rows[(page - 1) * PAGE : page * PAGE],
        total=len(rows),
        page=page,
        pages=pages,
        every=len(every),
        locales=locales,
    )


def _is_wanted(article: ListedArticle, wanted: Wanted) -> bool:
    return (
        wanted.locale in ("", article.locale)
        and wanted.visibility in ("", article.visibility)
        and HUMAN.get(wanted.human, article.requires_human) == article.requires_human
    )


def _known(given: str | None, allowed: object) -> str:
    return given if given is not None and given in allowed else ""  # type: ignore[operator]


def _backwards(text: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in text)
