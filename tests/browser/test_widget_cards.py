"""How the widget turns answers into elements: its parts run alone, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import serving.widget
from tests.browser.visitor import browser_page

PARTS = Path(str(serving.widget.__file__)).parent / "parts"


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with browser_page() as page:
        parts = "\n".join((PARTS / f"{name}.js").read_text(encoding="utf-8") for name in ("elements", "cards"))
        page.goto("about:blank")
        page.add_script_tag(content=parts)
        yield page


def test_two_sections_stand_under_their_headings(page: Any) -> None:
    page.evaluate("""() => {
      const source = (heading, url) => ({ title: "Print", heading, url, quote: "Open it.", highlight: "Open it." });
      const text = "On a phone\\n1. Open it.\\n2. <img src=x> stays text.\\n\\nOn a computer\\nOpen it.";
      const sources = [source("Print > On a phone", "https://help.example.com/#phone"), source("On a computer", null)];
      const answer = { id: "dfl_1", answer: { text, sources, written_by: "article" } };
      document.body.append(answerCard({ answer }, { say: (name) => name }, {}));
    }""")
    card = page.locator("article.card").last

    assert card.locator("h3").all_inner_texts() == ["On a phone", "On a computer"]
    assert card.locator("ol > li").all_inner_texts() == ["Open it.", "<img src=x> stays text."]
    assert card.locator(".source a").get_attribute("href") == "https://help.example.com/#phone"
    assert card.locator("mark").count() == 1
    assert card.locator("img").count() == 0


def test_an_offered_article_is_linked_and_asks_whether_it_helped(page: Any) -> None:
    page.evaluate("""() => {
      const article = { article_id: "kettle", title: "Kettle care", url: "https://help.example.com/kettle", summary: "Its <b>light</b>." };
      const choices = [{ question: "Kettle care: Light on", article_id: "kettle", url: null }];
      const answer = { id: "dfl_1", decision: "clarify", clarification: { question: "Which part?", choices, article } };
      window.asked = [];
      document.body.append(card({ answer }, { say: (name) => name }, { ask: (text) => window.asked.push(text) }));
    }""")  # noqa: E501
    card = page.locator("article.card").last

    assert card.locator("h2 a").get_attribute("href") == "https://help.example.com/kettle"
    assert card.locator(".quote").inner_text() == "Its <b>light</b>."
    assert card.locator(".verdict button").all_inner_texts() == ["solved", "unhelpful"]
    card.get_by_role("button", name="Light on", exact=True).click()
    assert page.evaluate("window.asked") == ["Kettle care: Light on"]


@pytest.mark.parametrize(
    ("text", "outline"),
    [
        ("Say this.\nThen that.", "P P"),
        ("Do:\n1. One\n  - Inner\n  - Inner\n2. Two\nDone.", "P OL(LI(UL(LI LI)) LI) P"),
        ("- A\n- B\n1. One", "UL(LI LI) OL(LI)"),
        ("    - deep first", "UL(LI)"),
        ("2024 was fine.", "P"),
    ],
)
def test_lines_become_paragraphs_and_lists(page: Any, text: str, outline: str) -> None:
    built = page.evaluate(
        """(text) => {
          const names = (nodes) => nodes.map((node) => {
            const inner = names([...node.children]);
            return inner ? `${node.tagName}(${inner})` : node.tagName;
          }).join(" ");
          return names(passage(text));
        }""",
        text,
    )

    assert built == outline


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:alert(1)", "//evil.example", "", None]
)
def test_only_web_and_mail_addresses_become_links(page: Any, address: str | None) -> None:
    assert page.evaluate("(address) => link(address, 'Read').tagName", address) == "SPAN"
    assert page.evaluate("() => link('https://help.example.com/', 'Read').rel") == "noopener noreferrer"
    assert page.evaluate("() => link('mailto:help@example.com', 'Write').tagName") == "A"


def test_after_sending_only_the_receipt_says_when_a_person_is_there(page: Any) -> None:
    page.evaluate("""() => {
      const texts = { say: (name) => name, moment: () => "then" };
      const next_human_at = "2999-01-01T00:00:00Z";
      const articles = [{ title: "Print", url: null, excerpt: "Open it.", score: 1 }];
      const turn = { handed: true, answer: { id: "dfl_1", decision: "hand_off", next_human_at, articles } };
      const receipt = { number: "1", status: "new", next_human_at, transcript: [] };
      document.body.replaceChildren(card(turn, texts, {}), card({ receipt }, texts, {}));
    }""")
    question, receipt = page.locator("article.card").all()

    assert [question.locator("time").count(), receipt.locator("time").count()] == [0, 1]
    assert [question.locator(name).count() for name in ("aside", ".badge", "form", ".beside")] == [1, 1, 0, 0]


def test_who_is_held_out_gets_the_form_and_no_word_about_articles(page: Any) -> None:
    page.evaluate("""() => {
      const texts = { say: (name) => name, moment: () => "then" };
      const answer = { id: "dfl_1", decision: "holdout", reason_code: "holdout", articles: [], answer: null };
      document.body.replaceChildren(card({ answer, session: { id: "dfl_1" } }, texts, { email: () => "" }));
    }""")
    shown = page.locator("article.card").last

    assert shown.locator("h2").inner_text() == "handOff"
    assert shown.locator("input[type=email]").count() == 1
    assert shown.locator("aside").count() == 0


def test_a_resolved_ticket_links_to_its_survey(page: Any) -> None:
    page.evaluate("""() => {
      globalThis.BASE = "https://desk.example.com";
      const texts = { say: (name) => name, moment: () => "then" };
      const receipt = { number: "1", status: "resolved", next_human_at: null, transcript: [] };
      const survey = "/survey/tkt_1.4.x";
      document.body.replaceChildren(card({ receipt }, texts, {}), card({ receipt: { ...receipt, survey } }, texts, {}));
    }""")
    before, after = page.locator("article.card").all()

    assert before.locator("a").count() == 0
    assert after.locator("a").get_attribute("href") == "https://desk.example.com/survey/tkt_1.4.x"
    assert after.locator("a").inner_text() == "rate"


def test_the_form_asks_for_missing_fields_and_sends_those_that_were_filled_in(page: Any) -> None:
    sent = page.evaluate("""() => {
      let sent = null;
      const missing = [{ name: "order_number", label: "Order <b>number</b>" }, { name: "version", label: "Version" }];
      const texts = { say: (name, values = {}) => (name === "optional" ? `${values.label} (optional)` : name) };
      const form = personForm({ level: "h3", of: { answer: { missing } } }, texts, ({ given }) => { sent = given; });
      document.body.append(form);
      const isThere = (label) => form.querySelector(`#${label.htmlFor}`) !== null;
      const labels = [...form.querySelectorAll("label")].map((label) => [label.textContent, isThere(label)]);
      form.querySelector("input[type=email]").value = "kim@example.com";
      form.requestSubmit();
      const without = sent;
      form.querySelector("input[name=order_number]").value = " 10234 ";
      form.requestSubmit();
      return { labels, without, sent };
    }""")

    assert sent["labels"][2:] == [["Order <b>number</b> (optional)", True], ["Version (optional)", True]]
    assert sent["without"] == {"email": "kim@example.com"}
    assert sent["sent"] == {"email": "kim@example.com", "fields": {"order_number": "10234"}}
