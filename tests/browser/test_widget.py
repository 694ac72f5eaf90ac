"""The widget on a page of another origin, in a real browser, as a customer uses it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.browser.customer import LOCKED_OUT, NOBODY_KNOWS, STEPS, Shop, asked, launched, tickets
from tests.browser.visitor import Visitor


def test_a_question_on_a_site_becomes_a_ticket_that_an_agent_resolves(
    visit: Callable[..., Visitor], shop: Shop
) -> None:
    visitor = launched(visit())
    answer = asked(visitor, STEPS)
    assert "Forgot password?" in answer.locator("mark").inner_text()
    visitor.say_no()
    visitor.leave_address("ann@example.com")
    assert re.match(r"Ticket [0-9A-Z]{4}-[0-9A-Z]{4}", visitor.card(1).inner_text())

    ticket = tickets(shop, "ann@example.com")[0]
    client = shop.service.client
    client.post(f"/v1/tickets/{ticket['id']}/replies", json={"text": "We have sent you a new link."}).raise_for_status()
    moved = {"to": "resolved", "resolution_type": "answered", "resolution": "Sent a new link."}
    client.post(f"/v1/tickets/{ticket['id']}/transitions", json=moved)
    visitor.page.reload()
    launched(visitor)

    visitor.page.get_by_text("We have sent you a new link.").wait_for()


@pytest.mark.parametrize("question", [STEPS, NOBODY_KNOWS, LOCKED_OUT])
def test_talking_to_a_person_after_a_question_hands_off_that_question(
    visit: Callable[..., Visitor], shop: Shop, question: str
) -> None:
    visitor, email = launched(visit()), f"person-{len(question)}@example.com"
    asked(visitor, question)
    for _ in range(2):
        visitor.page.locator("#person").click()
    visitor.leave_address(email)
    visitor.card(1)

    (ticket,) = tickets(shop, email)
    alone = shop.service.client.post("/v1/tags", json={"subject": question, "description": question, "channel": "chat"})
    assert (ticket["subject"], ticket["description"]) == (question, question)
    assert question in [turn["text"] for turn in ticket["transcript"]]
    assert ticket["tags"]["priority"]["label"] == alone.json()["tags"]["priority"]["label"]
    assert visitor.page.get_by_role("button", name="No, I need a person").count() == 0


def test_words_that_only_ask_for_a_person_carry_the_question_before_them(
    visit: Callable[..., Visitor], shop: Shop
) -> None:
    visitor = launched(visit())
    asked(visitor, STEPS)
    asked(visitor, "I want to talk to a human", 1)
    visitor.leave_address("words@example.com")
    visitor.card(2)

    (ticket,) = tickets(shop, "words@example.com")
    assert ticket["subject"] == STEPS
    assert ticket["description"] == f"{STEPS}\n\nI want to talk to a human"


def test_without_a_question_or_after_its_ticket_a_person_is_asked_for_afresh(
    visit: Callable[..., Visitor], shop: Shop
) -> None:
    visitor = launched(visit())
    asked(visitor, "hello")
    for number, about in enumerate(["First matter", "Second matter"]):
        visitor.page.locator("#person").click()
        visitor.page.get_by_label("What is it about?").fill(about)
        visitor.leave_address("afresh@example.com")
        visitor.page.get_by_text("Ticket ").nth(number).wait_for()

    first, second = sorted(tickets(shop, "afresh@example.com"), key=lambda each: str(each["subject"]))
    assert (first["subject"], second["subject"]) == ("First matter", "Second matter")
    shop.service.client.post(f"/v1/tickets/{first['id']}/replies", json={"text": "On the first."}).raise_for_status()
    visitor.page.reload()
    launched(visitor)
    visitor.page.get_by_text("On the first.").wait_for()


def test_a_person_asked_for_while_a_question_is_on_its_way_gets_that_question(
    visit: Callable[..., Visitor], shop: Shop
) -> None:
    visitor = launched(visit())
    visitor.page.context.set_offline(True)
    visitor.page.locator("#question").fill(NOBODY_KNOWS)
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_text("You are offline.").wait_for()
    visitor.page.locator("#person").click()
    visitor.page.context.set_offline(False)
    visitor.card(0)
    visitor.leave_address("way@example.com")
    visitor.card(1)

    assert [each["subject"] for each in tickets(shop, "way@example.com")] == [NOBODY_KNOWS]
    visitor.complaints.clear()  # the browser itself reports the requests that failed


def test_what_is_typed_suggests_articles_before_anything_is_asked(visit: Callable[..., Visitor], shop: Shop) -> None:
    visitor = launched(visit())
    visitor.page.locator("#question").type("reset my passw", delay=20)

    visitor.page.locator(".near li").first.wait_for()

    assert "Reset your password" in visitor.page.locator(".near").inner_text()
    assert visitor.page.get_by_role("article").count() == 0


def test_two_widgets_of_one_key_on_a_page_keep_their_own_conversations(visit: Callable[..., Visitor]) -> None:
    visitor = launched(visit())
    asked(visitor, STEPS)
    names = visitor.page.evaluate(
        """async () => {
          const first = document.querySelector("firstline-widget");
          const second = document.createElement("firstline-widget");
          Object.assign(second.dataset, first.dataset);
          document.body.append(second);
          await second.started;
          const again = document.createElement("firstline-widget");
          Object.assign(again.dataset, first.dataset);
          first.remove();
          document.body.append(again);
          await again.started;
          return [first, second, again].map((each) => [each.talk.name.split(":").length, each.talk.turns.length]);
        }"""
    )
    assert names == [[2, 2], [3, 0], [2, 2]]


def test_a_question_asked_offline_is_kept_and_sent_once(visit: Callable[..., Visitor], shop: Shop) -> None:
    visitor = launched(visit())
    context = visitor.page.context
    sent: list[str] = []
    visitor.page.on(
        "request", lambda request: sent.append(request.method) if request.url.endswith("/v1/deflections") else None
    )
    visitor.page.locator("#question").fill(STEPS)
    context.set_offline(True)
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_text("You are offline. Your question is kept").wait_for()

    context.set_offline(False)
    visitor.card(0)

    assert visitor.page.locator(".said").count() == 1
    assert visitor.page.get_by_role("article").count() == 1
    assert sent.count("POST") >= 2  # tried in vain, then answered
    visitor.complaints.clear()  # the browser itself reports the requests that failed


def test_a_question_outlives_a_reload_on_the_way(visit: Callable[..., Visitor], shop: Shop) -> None:
    visitor = launched(visit())
    visitor.page.route("**/v1/deflections", lambda route: route.abort())
    visitor.page.locator("#question").fill(NOBODY_KNOWS)
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_text("Your question is kept").wait_for()
    visitor.page.unroute("**/v1/deflections")

    visitor.page.reload()
    launched(visitor)

    assert "A person will answer this" in visitor.card(0).inner_text()
    assert visitor.page.locator(".said").count() == 1
    visitor.complaints.clear()  # the browser itself reports the requests that failed


def test_a_double_click_asks_once_and_hands_off_once(visit: Callable[..., Visitor], shop: Shop) -> None:
    visitor = launched(visit())
    visitor.page.locator("#question").fill(NOBODY_KNOWS)
    visitor.page.get_by_role("button", name="Ask", exact=True).dblclick()
    visitor.card(0)
    assert visitor.page.locator(".said").count() == 1

    visitor.page.get_by_label("Your email").fill("dora@example.com")
    visitor.page.get_by_role("button", name="Send to a person").dblclick()
    visitor.card(1)

    assert len(tickets(shop, "dora@example.com")) == 1


def test_another_tab_has_a_conversation_of_its_own(visit: Callable[..., Visitor], shop: Shop) -> None:
    visitor = launched(visit())
    asked(visitor, STEPS)
    other = visitor.page.context.new_page()
    other.goto(shop.site.origin)
    other.locator("button.launcher").click()

    assert other.get_by_role("article").count() == 0


def test_start_over_forgets_the_conversation(visit: Callable[..., Visitor]) -> None:
    visitor = launched(visit())
    asked(visitor, STEPS)

    visitor.page.get_by_role("button", name="Start over").click()
    assert visitor.page.get_by_role("article").count() == 0
    visitor.page.reload()
    launched(visitor)

    assert visitor.page.get_by_role("article").count() == 0
    assert visitor.page.locator(".greeting").count() == 1


def test_a_page_can_open_ask_identify_and_listen(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    heard = visitor.page.evaluate(
        """async () => {
          const heard = [];
          for (const name of ["opened", "answered", "closed"]) {
            Firstline.on(name, (detail) => heard.push([name, detail]));
          }
          await Firstline.ask("How do I reset my password?");
          await Firstline.close();
          return heard;
        }"""
    )

    assert heard == [["opened", {}], ["answered", {"decision": "answer"}], ["closed", {}]]
    assert visitor.page.evaluate("Object.keys(window).filter((name) => /firstline/i.test(name))") == ["Firstline"]


def test_it_stands_inline_in_a_help_page(visit: Callable[..., Visitor], shop: Shop) -> None:
    tag = f'<firstline-widget inline data-key="{shop.key}"></firstline-widget>'
    visitor = visit(inside=tag, more="data-manual")

    assert visitor.page.locator("button.launcher").count() == 0
    assert "Forgot password?" in asked(visitor, STEPS).inner_text()
