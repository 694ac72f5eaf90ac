"""From a resolved ticket to an article: its draft fills the form of a new one; and what its customer said of it."""

from __future__ import annotations

from serving.keys.survey_links import SurveyLinks
from tests.serving.console.desk import ConsoleDesk
from tests.serving.tickets.test_drafting import REPLY


def test_a_resolved_ticket_leads_to_the_form_of_an_internal_article(desk: ConsoleDesk) -> None:
    ticket = desk.open(subject="Export is empty")
    desk.api(ticket, "/replies", text=REPLY)
    assert "Draft an article" not in desk.page(ticket)
    desk.api(ticket, "/transitions", to="resolved", resolution_type="solved")

    assert f'href="/articles/new?ticket={ticket}"' in desk.console.get(f"/queue/{ticket}")
    form = desk.console.get(f"/articles/new?ticket={ticket}")

    assert "Remove the filter that hides every row." in form
    assert '<option value="internal" selected>' in form
    assert 'value="Export is empty"' in form


def test_without_a_reply_the_page_says_why_there_is_no_draft(desk: ConsoleDesk) -> None:
    assert "No agent has written anything" in desk.console.read(f"/articles/new?ticket={desk.open()}", 400)
    desk.console.get("/articles/new?ticket=tkt_nothing", 404)


def test_the_customers_comment_stands_by_the_rating(desk: ConsoleDesk) -> None:
    ticket = desk.open(subject="Export is empty", email="kim@example.com")
    desk.api(ticket, "/replies", text="Remove the filter.")
    desk.api(ticket, "/transitions", to="resolved", resolution_type="solved")
    history = desk.api(ticket, "/history")["events"]
    resolution = next(each["number"] for each in history if each["type"] == "ticket_resolved")
    path = SurveyLinks(desk.console.client.app.state.context.secret, "").path(ticket, resolution)
    assert desk.console.client.post(path, data={"rating": "4", "comment": "Quick <3"}).status_code == 200

    page = desk.page(ticket)

    assert "Rating 4" in page
    assert "Comment on it Quick <3" in page
