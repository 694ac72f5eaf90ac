"""The widget against hostile texts, strangers and forged identities, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.browser.customer import NOBODY_KNOWS, STEPS, Shop, asked, launched, tickets
from tests.browser.visitor import Visitor

MARKUP = '<img src=x onerror="alert(1)"> [x](javascript:alert(1)) \u202etxt.exe'


def test_markup_in_every_field_stays_text(visit: Callable[..., Visitor], shop: Shop) -> None:
    article = {"title": MARKUP, "body": f"# {MARKUP}\n\nTo polish a xylophone: {MARKUP}", "url": "javascript:alert(1)"}
    shop.service.client.put("/v1/articles/hostile", json={**article, "url": None})
    visitor = launched(visit())

    asked(visitor, f"How do I polish a xylophone? {MARKUP}")
    visitor.page.locator("#person").click()
    visitor.page.get_by_label("Your email, for the reply").last.fill("eve@example.com")
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
    visitor.page.evaluate("Firstline.identify({ id: 'u1', plan: 'enterprise', hmac: '0'.repeat(64) })")
    visitor.page.locator("#question").fill(STEPS)
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("alert").get_by_text("signature").first.wait_for()
    visitor.complaints.clear()  # the browser itself reports the refused request
