"""Markdown that is stored does no harm where raw HTML is let through, and otherwise stays as it was written."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from retrieval.articles.markdown_sanitiser import harmless_markdown
from retrieval.articles.markup import read
from retrieval.articles.sanitiser import TAGS, harmless
from tests.retrieval.article_builders import an_article
from tests.retrieval.articles.test_fuzzed_articles import shown
from tests.retrieval.articles.test_sanitiser import PAYLOADS


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "around", ["{}", "Text {} text", "> {}", "- {}", "<div>\n{}\n</div>", "`a` {} `b`", "| a |\n|---|\n| {} |"]
)
def test_nothing_that_runs_is_left_in_markdown(payload: str, around: str) -> None:
    stored = an_article(body=f"# Before\n\n{around.replace('{}', payload)}\n\nAfter", format="markdown").body

    for name, attributes in shown(MarkdownIt("commonmark").enable("table").render(stored)):
        assert name in TAGS
        assert not [each for each in attributes if each.startswith("on")]
        for address in (attributes.get("href", ""), attributes.get("src", "")):
            assert ":" not in address.split("/")[0] or address.startswith(("http:", "https:", "mailto:"))
    assert read(stored, "markdown")[0].text == "Before"
    assert harmless_markdown(stored) == stored


BAD_LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript&colon;alert(1)",
    "java&#115;cript:alert(1)",
    "data:text/html,x",
    "data:image/svg+xml;base64,PHN2Zz4=",
    "vbscript:x",
    "file:///etc/passwd",
    "<javascript:alert(1)>",
    "<java\tscript:x>",
    "javascript\\:x",
    "&#1;javascript:x",
    "x-app:run",
]


@pytest.mark.parametrize("address", BAD_LINKS)
@pytest.mark.parametrize(
    "written", ["[a]({})", "![a]({})", "[a]({} 'title')", "[a][r]\n\n[r]: {}", "- [a](  {}  )", "## [a]({})"]
)
def test_links_lead_to_web_and_mail_only(address: str, written: str) -> None:
    stored = an_article(body=written.replace("{}", address), format="markdown").body
    parser = MarkdownIt("commonmark")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    for _, attributes in shown(parser.render(stored)):
        assert attributes.get("href", "#") == "#"
        assert attributes.get("src", "#") == "#"


@pytest.mark.parametrize(
    "body",
    [
        "[a](<script>alert(1)[a](</script>",
        "[a](<img src=x onerror=alert(1)>",
        "[a]: x\n[a](</title><svg onload=x>",
        "[x <script>alert(1)</script> y]: z",
        "<div>\n[31m<!--no <noscript><p title='</noscript><img src=x onerror=y>'>[x]: data:y\n--></div>",
        "![[<plaintext>a[x]: b",
    ],
)
def test_no_tag_hides_in_what_looks_like_a_link(body: str) -> None:
    stored = an_article(body=body, format="markdown").body
    found = shown(MarkdownIt("commonmark").enable("table").render(stored))
    assert {name for name, _ in found} <= TAGS
    assert not [each for _, attributes in found for each in attributes if each.startswith("on")]


def test_a_place_in_brackets_stays_a_place() -> None:
    place = "[Guide](<guide (new) page.md>)"
    assert an_article(body=f"{place} and `x`", format="markdown").body == f"{place} and `x`"
    mended = an_article(body=f"{place} [a](<script>x", format="markdown").body
    assert 'href="guide%20%28new%29%20page.md"' in MarkdownIt("commonmark").render(mended)


@pytest.mark.parametrize("quote", ['"', "'", "`", "&quot;", "&#39;", '\\"'])
def test_quotes_in_addresses_are_encoded(quote: str) -> None:
    stored = an_article(body=f"[a](https://a.example/{quote}onmouseover={quote}alert)", format="markdown").body
    place = stored.partition("](")[2]
    assert not set(place) & {'"', "'", "`"}
    assert "&quot;" not in place
    assert "https://a.example/%2" in place or "%60" in place


KEPT = [
    "# A\n\nRun `firstline <command>` or `<script>`.",
    "```html\n<script>x()</script>\n<a href='javascript:x'>\n```\n\nEnd",
    "Code:\n\n    <script>indented code</script>\n\nText",
    "3 < 4 and a > b, 5 <= 6 & <https://a.example/x?y=1> or <help@a.example>",
    '[Help](https://a.example/a_(b) "Title") ![Shown](/i.png) [Mail](mailto:a@b.example) [Here](#part)',
    "[Here][r]\n\n[r]: https://a.example",
    "<details>\n<summary>More</summary>\n\nText **here**\n\n</details>\n\nLine<br />end",
    "| a | b |\n|---|---|\n| `<b>` | c |\n",
    "Windows line\r\nends `<x>`\r\n".replace("\r\n", "\n"),
]


@pytest.mark.parametrize("body", KEPT)
def test_markdown_that_does_no_harm_is_stored_as_it_is(body: str) -> None:
    assert an_article(body=body, format="markdown").body == body.strip()


@pytest.mark.parametrize(
    "body",
    ["<!--" * 300_000, "x<!--" * 200_000, "<p hidden>" * 500, "<title>" * 100_000, "`" * 300_000, "](" * 300_000],
)
def test_a_body_that_is_meant_to_keep_the_sanitisers_busy_is_soon_clean(body: str) -> None:
    harmless(body)
    harmless_markdown(body)
