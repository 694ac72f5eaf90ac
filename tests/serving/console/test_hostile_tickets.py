"""Whatever a customer wrote is text in the console: no element, no attribute and no link comes out of it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from serving.ticket_desk import NewTicket
from tests.hostile_texts import PIECES
from tests.serving.console.desk import ConsoleDesk

MARKUP = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</textarea></form><form action=//evil.example>",
    "\u202egnp.exe\u2066\u200f",
    "{{ 7 * 7 }}{% raw %}",
    "one\r\ntwo\nthree",
)
PLAIN = ("Plain", "words", "here")
LINKS = ("href", "src", "action", "formaction")


class Elements(HTMLParser):
    """What a browser makes of a page: its elements, attributes and links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in LINKS}


def ticket_of(desk: ConsoleDesk, texts: tuple[str, ...]) -> str:
    """Open a ticket with hostile texts wherever a client may write, and work on it with more of them."""
    one, two, three = (texts * 3)[:3]
    fields = {name: (text * 40)[:180] for name, text in zip(("account", "brand", "region"), texts * 3, strict=False)}
    ticket = desk.open(
        subject=(one * 1_000)[:1_000],
        description=two * 50,
        email="".join(three.replace("@", "").split())[:60] + "x@example.com",
        external_id=(one * 9)[:90],
        attachments=[(two * 9)[:90]],
        health=(three * 9)[:60],
        channel="email",
        tags={"priority": "P2"},
        arr=1,
        **fields,
    )
    desk.api(ticket, "/replies", text=three * 50, by="customer")
    desk.api(ticket, "/replies", text=one * 50, actor=(two * 9)[:90])
    rules = desk.console.client.app.state.context.policies.sla.escalation
    packet = dict.fromkeys([*rules.needed("T2", "T3"), (one * 9)[:90]], two * 9)
    desk.api(ticket, "/escalations", to="T3", packet=packet, actor=(three * 9)[:90])
    desk.api(ticket, "/transitions", to="resolved", root_cause=one * 9, actor=(one * 9)[:90])
    return ticket


def assert_harmless(desk: ConsoleDesk, ticket: str, plain: str) -> None:
    """Compare a ticket, on its page and on the list, with one that went the same way in plain words."""
    for path in ("/queue/{}", "/queue?q={}"):
        found, usual = (Elements(desk.console.get(path.format(each))) for each in (ticket, plain))
        assert found.tags <= usual.tags
        assert found.attributes <= usual.attributes
        assert not [link for link in found.links if not link.startswith(("/", "#main", "https://help.example.com/"))]


@pytest.mark.parametrize("texts", [MARKUP[:3], MARKUP[3:6], MARKUP[5:]])
def test_markup_in_any_field_is_shown_as_text(desk: ConsoleDesk, texts: tuple[str, ...]) -> None:
    ticket = ticket_of(desk, texts)
    assert_harmless(desk, ticket, ticket_of(desk, PLAIN))
    read = desk.page(ticket)
    assert "\u202e" not in read
    for text in texts:
        assert " ".join(text.replace("\u202e", "").split()) in read or text.startswith(
            ("<", '"', "'")
        )  # tags are taken out of what is read


def test_hostile_pieces_are_harmless(desk: ConsoleDesk) -> None:
    plain = ticket_of(desk, PLAIN)
    pieces = [piece for piece in PIECES if piece.strip()]
    for place in range(0, len(pieces) - 2, 12):
        assert_harmless(desk, ticket_of(desk, tuple(pieces[place : place + 3])), plain)


def test_a_subject_of_a_hundred_kilobytes_makes_no_large_page(desk: ConsoleDesk) -> None:
    app = desk.console.client.app
    subject = "<b>\u202e long\n" * 10_000
    opened = (
        app.dependencies["desk"]
        .dependency()
        .open(  # a helpdesk may bring one; the API takes none so long
            NewTicket(subject=subject, description="x", channel="email"), at=desk.clock.now()
        )
    )
    assert len(desk.console.get("/queue")) < 20_000
    assert len(desk.console.get(f"/queue/{opened.id}")) < 60_000
    assert_harmless(desk, opened.id, desk.open(description="x"))


def test_what_was_typed_comes_back_as_text(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    for text in MARKUP:
        refused = desk.send(ticket, "replies", version="0", text=text)
        assert refused.status_code == 412
        assert Elements(refused.text).tags <= Elements(desk.console.get(f"/queue/{ticket}")).tags | {"strong"}
