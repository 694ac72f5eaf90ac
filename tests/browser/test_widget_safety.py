"""The widget against hostile texts, strangers and forged identities, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.browser.customer import NOBODY_KNOWS, STEPS, Shop, asked, launched, tickets
from tests.browser.visitor import Visitor

MARKUP = '<img src=x onerror="alert(1)"> [x](javascript:alert(1)) \u202etxt.exe'


def test_markup_in_every_field_stays_text(visit: Callable[..., Visitor], shop: Shop) -> None:
    article = {"title": MARKUP, "body": f"# {MARKUP}\n\nTo polish a xylophone: {MARKUP}", "url": "javascript:alert(1)"}
    shop.service.client.put("/v1/articles/hostile", json={**article, "url": None})
    visitor = launched(visit())

    asked(visitor, f"How do I polish a xylophone? {MARKUP}")
    visitor.page.locator("#person").click()
    visitor.page.get_by_label("Your email").last.fill("eve@example.com")
    visitor.page.get_by_role("button", name="Send to a person").last.click()
    visitor.page.get_by_text("Ticket ").first.wait_for()
    ticket = tickets(shop, "eve@example.com")[0]
    shop.service.client.post(f"/v1/tickets/{ticket['id']}/replies", json={"text": MARKUP})
    visitor.page.reload()
    launched(visitor)
    visitor.page.get_by_text("onerror").first.wait_for()

    widget = visitor.page.locator("firstline-widget")
    assert widget.locator("img, script, iframe").count() == 0
    assert [link for link in widget.locator("a").all() if not str(link.get_attribute("href")).startswith("http")] == []


def test_a_stolen_session_id_a_wrong_origin_and_a_forged_identity_open_nothing(
    visit: Callable[..., Visitor], shop: Shop
) -> None:
    visitor = launched(visit())
    asked(visitor, NOBODY_KNOWS)
    kept = visitor.page.evaluate("Object.entries(sessionStorage).find(([name]) => name.startsWith('firstline'))[1]")
    session = json.loads(kept)["turns"][-1]["session"]
    bare = {"Authorization": f"Bearer {shop.key}", "Origin": shop.site.origin}
    client = shop.service.client
    path = f"/v1/deflections/{session['id']}"

    stolen = client.get(path, headers={**bare, "Firstline-Session": "cs_" + "0" * 43})
    elsewhere = client.get(
        path, headers={**bare, "Origin": "https://evil.example", "Firstline-Session": session["secret"]}
    )
    own = client.get(path, headers={**bare, "Firstline-Session": session["secret"]})

    assert (stolen.status_code, elsewhere.status_code, own.status_code) == (404, 403, 200)


@pytest.mark.parametrize(("hmac", "why"), [("0" * 64, "signature"), ("not hexadecimal", "identity.hmac: Expected")])
def test_a_wrong_identity_is_explained_on_the_console_and_not_to_the_customer(
    visit: Callable[..., Visitor], hmac: str, why: str
) -> None:
    visitor = launched(visit())
    visitor.page.evaluate("hmac => Firstline.identify({ id: 'u1', plan: 'enterprise', hmac })", hmac)
    visitor.page.locator("#question").fill(STEPS)
    visitor.page.keyboard.press("Enter")
    alert = visitor.page.get_by_role("alert").first
    alert.wait_for()
    assert alert.inner_text() == "Something went wrong. Please try again later."
    assert any(why in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


TURN = {"by": "firstline", "session": None, "answer": {"decision": "answer", "answer": None, "articles": []}}
ODD = [
    "no JSON {",
    "7",
    '{"turns": 7, "pending": 7}',
    '{"turns": [null, 5, {"by": "customer"}, {"by": "firstline", "receipt": {"transcript": 1}}]}',
    '{"turns": [{"by": "firstline", "receipt": {"transcript": []}, "session": null}]}',
    '{"pending": {"question": {"question": 5}}}',
    json.dumps({"turns": [TURN]}),
]


@pytest.mark.parametrize("kept", ODD)
def test_a_kept_conversation_that_nobody_can_read_is_dropped(
    visit: Callable[..., Visitor], shop: Shop, kept: str
) -> None:
    visitor = visit()
    visitor.page.evaluate(
        "([name, kept]) => sessionStorage.setItem(name, kept)", [f"firstline-conversation:{shop.key}", kept]
    )
    visitor.page.reload()

    launched(visitor)

    visitor.page.locator(".greeting").wait_for()
    asked(visitor, STEPS)


def test_a_browser_that_refuses_storage_still_has_the_widget(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    for name in ("localStorage", "sessionStorage"):
        refuse = (
            f"Object.defineProperty(window, '{name}', {{ get() {{ throw new DOMException('no', 'SecurityError'); }} }})"
        )
        visitor.page.add_init_script(refuse)
    visitor.page.reload()

    asked(launched(visitor), STEPS)


@pytest.mark.parametrize("words", ["null", "[]", '{"title": {"a": 1}, "ask": 5, "greeting": null}', "<html>"])
def test_texts_that_are_none_are_english(visit: Callable[..., Visitor], shop: Shop, words: str) -> None:
    visitor = visit()
    visitor.page.route(
        "**/odd.json", lambda route: route.fulfill(body=words, headers={"Access-Control-Allow-Origin": "*"})
    )
    shop.site.more, before = f'data-texts="{shop.site.base}/odd.json" data-lang="xx_YY_%"', shop.site.more
    try:
        visitor.page.reload()
        launched(visitor)
        visitor.page.get_by_text("Ask", exact=True).wait_for()
    finally:
        shop.site.more = before


def test_a_long_message_is_not_sent_again_with_every_key(visit: Callable[..., Visitor]) -> None:
    visitor = launched(visit())
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.url) if "suggestions" in request.url else None)
    visitor.page.locator("#question").fill("reset my password " * 100)
    visitor.page.wait_for_timeout(400)

    for _ in range(3):
        visitor.page.keyboard.type("x")
        visitor.page.wait_for_timeout(300)

    assert len(sent) == 1


def test_a_widget_that_was_moved_still_looks_for_replies(visit: Callable[..., Visitor]) -> None:
    visitor = launched(visit())
    timers: list[int] = visitor.page.evaluate("""() => {
        const own = document.querySelector('firstline-widget');
        const before = own.looking;
        document.querySelector('main').append(own);
        return [before, own.looking];
    }""")

    assert timers[0] != timers[1]  # the first one has ended with the old place
