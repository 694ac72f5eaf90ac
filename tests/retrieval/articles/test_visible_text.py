"""Text that a browser shows is read, text that it hides is not, whatever tags stand around it."""

from __future__ import annotations

from itertools import product

import pytest

from retrieval.articles.markup import read
from tests.retrieval.article_builders import an_article

HIDES = [
    "hidden",
    "hidden=''",
    'hidden="until-found"',
    "HIDDEN",
    "style='display:none'",
    'style="display: none;"',
    "style=display:none",
    "STYLE='color:red; DISPLAY : NONE !important'",
    "style='display&#58;none'",
    "style='dis/**/play:none'",
    "style='visibility:hidden'",
    "class=a style='display:none;max-height:0;mso-hide:all'",
]
ELEMENTS = ["p", "div", "span", "font", "custom-note", "section", "form", "center", "li", "h2", "table"]


@pytest.mark.parametrize(("tag", "hides"), list(product(ELEMENTS, HIDES)))
def test_what_is_hidden_is_not_read_and_what_stands_around_it_is(tag: str, hides: str) -> None:
    inner = "<tr><td>INTERNAL 4711</td></tr>" if tag == "table" else "INTERNAL <b>4711</b>"
    body = f"<p>Open the tin.</p><{tag} {hides}>{inner}</{tag}><p>Paint.</p>"

    for form in ("html", "markdown"):
        stored = an_article(body=body, format=form).body
        assert "4711" not in stored
        assert "Open the tin." in stored
        assert "Paint." in stored
        assert [block.text for block in read(body, form)] == ["Open the tin.", "Paint."]


@pytest.mark.parametrize(
    "attributes",
    [
        "style='display:block'",
        "style='display:none;display:block'",
        "title=hidden",
        "class=hidden",
        "data-hidden=1",
        "id='display:none'",
    ],
)
def test_what_is_shown_stays(attributes: str) -> None:
    assert [block.text for block in read(f"<p {attributes}>Seen</p>", "html")] == ["Seen"]


def test_a_hidden_element_within_a_hidden_one_hides_no_more(  # and void elements have no end
) -> None:
    body = "<div hidden>a<div>b<img hidden></div>c</div>d<input hidden>e<img hidden src=x>f"
    assert [block.text for block in read(body, "html")] == ["def"]


TAGS_IN_PROSE = [
    "name",
    "empty",
    "button",
    "title",
    "textarea",
    "select",
    "template",
    "noscript",
    "object",
    "svg",
    "math",
    "iframe",
    "xmp",
    "plaintext",
    "script",
    "style",
    "applet",
    "input",
    "form",
    "video",
    "your-domain",
]


@pytest.mark.parametrize("tag", TAGS_IN_PROSE)
@pytest.mark.parametrize("form", ["html", "markdown"])
def test_nothing_after_a_tag_in_a_sentence_is_lost(tag: str, form: str) -> None:
    body = f"<p>When I press the <{tag}> nothing happens.</p>\n\n<p>Since then production is down.</p>"
    text = " ".join(block.text for block in read(an_article(body=body, format=form).body, form))

    assert "When I press the" in text
    assert "nothing happens." in text
    assert "Since then production is down." in text


@pytest.mark.parametrize("tag", ["script", "style", "template", "svg", "iframe", "textarea"])
def test_what_is_closed_is_gone_and_what_follows_stays(tag: str) -> None:
    for form in ("html", "markdown"):
        body = f"Before\n\n<{tag}>secret()</{tag}>\n\nAfter"
        stored = an_article(body=body, format=form).body
        assert "secret" not in stored
        assert "After" in stored


@pytest.mark.parametrize("text", ["Press <button>Save</button> now", "Choose <label>Plan <input></label> first"])
def test_the_words_of_controls_are_read(text: str) -> None:
    words = " ".join(block.text for block in read(text, "html"))
    assert "Save" in words or "Plan" in words
