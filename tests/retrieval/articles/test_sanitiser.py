"""What attackers put into HTML, at the door: nothing that runs is left in what is stored, and what people wrote is."""

from __future__ import annotations

from html.parser import HTMLParser
from itertools import product

import pytest

from retrieval.articles import sanitiser
from retrieval.articles.article import Article
from retrieval.articles.markup import read
from retrieval.articles.sanitiser import ATTRIBUTES, TAGS, harmless
from retrieval.errors import ArticleNotReadable
from tests.retrieval.article_builders import an_article

RUNS = "alert(1)"
TAGGED = [
    "<script>{}</script>",
    "<SCRIPT>{}</SCRIPT>",
    "<script src=//evil.example/x.js></script>",
    "<scr<script>ipt>{}</script>",
    "<script\n>{}</script\n>",
    "<script/x>{}</script>",
    "<script>{}",
    "<<script>{}</script>",
    "</p><script>{}</script>",
    "<!--><script>{}</script>-->",
    "<![CDATA[<script>{}</script>]]>",
    "<noscript><p title='</noscript><script>{}</script>'>",
    "<style>@import 'javascript:{}'</style>",
    "<style><img src=x onerror={}></style>",
    "<title><img src=x onerror={}></title>",
    "<textarea><script>{}</script></textarea>",
    "<template><script>{}</script></template>",
    "<xmp><script>{}</script></xmp>",
    "<svg onload={}>",
    "<svg><script>{}</script></svg>",
    "<svg><animate onbegin={} attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:{}'><text y=9>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg onload={}>'/>",
    "<svg></p><style><a id='</style><img src=1 onerror={}>'>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<math href='javascript:{}'>x</math>",
    "<math><annotation-xml encoding=text/html><script>{}</script></annotation-xml></math>",
    "<iframe src='javascript:{}'></iframe>",
    "<iframe srcdoc='<script>{}</script>'></iframe>",
    "<frameset onload={}>",
    "<object data='javascript:{}'></object>",
    "<embed src='javascript:{}'>",
    "<applet code='javascript:{}'></applet>",
    "<base href='javascript:{}//'>",
    "<link rel=import href='javascript:{}'>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>",
    "<form action='javascript:{}'><input type=submit></form>",
    "<button formaction='javascript:{}'>x</button>",
    "<isindex action='javascript:{}'>",
    "<input onfocus={} autofocus>",
    "<select onfocus={} autofocus>",
    "<keygen onfocus={} autofocus>",
    "<video><source onerror={}></video>",
    "<audio src=x onerror={}>",
    "<video poster='javascript:{}'>",
    "<bgsound src='javascript:{}'>",
    "<marquee onstart={}>x</marquee>",
    "<details open ontoggle={}>x</details>",
    "<body onload={}>",
    "<html onmouseover={}>x",
    "<custom-tag onclick={} is=x>x</custom-tag>",
    "<portal src='javascript:{}'>",
    "<dialog open onclose={}>x</dialog>",
]
HANDLERS = [
    f"<{tag} {event}={{}}>x</{tag}>"
    for tag, event in product(
        ("p", "a", "img src=x", "td", "h2", "code", "span"),
        ("onclick", "ONERROR", "onmouseover", "onpointerenter", "onanimationend", "onfocus"),
    )
]
ADDRESSES = [
    f"<{place}{address}'>x"
    for place, address in product(
        ("a href='", "img src='"),
        (
            "javascript:{}",
            "JaVaScRiPt:{}",
            " javascript:{}",
            "java\tscript:{}",
            "java&#10;script:{}",
            "&#106;avascript:{}",
            "&#x6A;avascript:{}",
            "javascript&colon;{}",
            "\x01javascript:{}",
            "vbscript:{}",
            "data:text/html,<script>{}</script>",
            "data:image/svg+xml;base64,PHN2Zz4=",
            "file:///etc/passwd",
            "blob:x/{}",
            "about:blank#{}",
            "x-app:{}",
        ),
    )
]
STYLED = [
    "<p style='background:url(javascript:{})'>x",
    "<p style='width:expression({})'>x",
    "<a href=x style='x:{}' ping=//e>x",
]
PAYLOADS = [payload.replace("{}", RUNS) for payload in (*TAGGED, *HANDLERS, *ADDRESSES, *STYLED)]


class _Everything(HTMLParser):
    """Lists what a browser would be given, on a parser of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


def tags_of(html: str) -> list[tuple[str, dict[str, str]]]:
    reader = _Everything()
    reader.feed(html)
    reader.close()
    return reader.tags


def test_there_are_more_than_a_hundred_payloads() -> None:
    assert len(set(PAYLOADS)) > 100


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_runs_is_stored(payload: str) -> None:
    article = an_article(body=f"<h2 id=a>Before</h2>{payload}", format="html")

    for tag, attributes in tags_of(article.body):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES["*"] | ATTRIBUTES.get(tag, set()) | {"rel"}
        for name in ("href", "src"):
            address = attributes.get(name, "").strip().lower()
            assert ":" not in address.split("/")[0] or address.startswith(("http:", "https:", "mailto:"))
    assert "<script" not in article.body.lower()
    assert read(article.body, "html")[0].anchor == "a"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_sanitising_again_changes_nothing(payload: str) -> None:
    once = harmless(payload)

    assert harmless(once) == once


def test_what_people_wrote_stays() -> None:
    body = (
        '<h2 id="w_reset">Reset</h2><p>Press <span class="key">Ctrl</span> &amp; '
        '<span class="for" data-for="win">Tools</span> in <a href="https://a.example/x#y">this</a>, '
        '<a href="mailto:a@b.example">mail</a> or <a href="/local">here</a>.</p>'
        "<ol start=3><li>One</li></ol><pre><code>a &lt; b\n  c</code></pre>"
        '<table><thead><tr><th colspan="2">Plan</th></tr></thead>'
        "<tbody><tr><td>Free</td><td>1</td></tr></tbody></table>"
        '<img src="https://a.example/i.png" alt="Shown"><div id="toc">Contents</div>'
    )
    kept = harmless(body)

    assert read(kept, "html") == read(body, "html")
    for part in ('id="w_reset"', 'data-for="win"', 'href="https://a.example/x#y"', 'href="/local"', 'alt="Shown"'):
        assert part in kept
    assert kept.count('rel="noopener noreferrer nofollow"') == 3


def test_an_article_of_a_script_alone_is_found_by_its_title() -> None:
    article = an_article(body="<script>alert(1)</script>", format="html")

    assert article.body == "<p></p>"
    assert Article.from_record(article.to_record()) == article


@pytest.mark.parametrize("body", ["<div>" * 50_000, "<b>" * 50_000, "<ul><li>" * 50_000, "<p><i></p>" * 50_000])
def test_html_that_is_meant_to_keep_the_sanitiser_busy_is_refused_at_once(body: str) -> None:
    with pytest.raises(ArticleNotReadable, match="more than 1,000 elements"):
        an_article(body=body, format="html")


@pytest.mark.parametrize(
    "body",
    ["a &amp; b & " * 2_000, "<p>&copy; a &</p>" * 2_000, f"<!--{'&' * 2_000}-->a", "<p>&</x>&</p>" * 1_000],
)
def test_many_entities_are_read_as_few_are(body: str) -> None:
    assert harmless(body) == sanitiser._CLEANER.clean(body).strip()


def test_html_that_grows_too_large_by_escaping_is_refused() -> None:
    with pytest.raises(ArticleNotReadable, match="split the article"):
        an_article(body="< " * 2_000_000, format="html")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "java\nscript:x"])
def test_an_address_that_is_none_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(ArticleNotReadable, match="`url` must be an address of the web"):
        an_article(url=url)
