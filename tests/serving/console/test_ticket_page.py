"""A ticket's page: what it shows, what its forms do, and what it does when two people are at it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from serving.console.queue import labels
from serving.console.queue.ticket_room import _refuse_unseen
from serving.http.errors import VersionDiffers
from tests.builders import a_tag, a_ticket
from tests.serving.console.desk import ConsoleDesk
from triage.reason_codes import ReasonCode
from triage.tickets.events import Tag


def test_an_agent_takes_answers_waits_and_resolves(desk: ConsoleDesk) -> None:
    ticket = desk.open(description="Since today every export is empty.", email="ann@example.com")
    assert desk.send(ticket, "assignee", assignee="Ann").headers["location"].endswith("?done=assigned")
    sent = desk.send(ticket, "replies", text="Which export?", then="pending")
    shown = desk.console.read(sent.headers["location"])
    assert "Your reply was added. The ticket is pending: it waits for the customer." in shown
    assert desk.api(ticket)["status"] == "pending"
    desk.api(ticket, "/replies", text="The CSV one.", by="customer")
    desk.send(ticket, "transitions", to="resolved", resolution_type="workaround", root_cause="A filter hid every row.")
    found = desk.api(ticket)
    assert [found[name] for name in ("status", "assignee", "resolution_type", "root_cause")] == [
        "resolved", "Ann", "workaround", "A filter hid every row.",
    ]  # fmt: skip
    text = desk.page(ticket)
    assert "Outcome How it ended Workaround Root cause A filter hid every row." in text
    assert "done, in time" in text
    for said in ("every export is empty", "Which export?", "The CSV one.", "resolved it: workaround, A filter"):
        assert said in text
    history = desk.api(ticket, "/history")["events"]
    assert {each["by"] for each in history[3:]} == {"agent:Ann", "customer"}
    ours = {each["key_id"] for each in history if each["by"] == "agent:Ann"}
    assert len(ours) == 1
    assert None not in ours


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ([], {"open", "pending", "closed"}),
        (["pending"], {"open", "closed"}),
        (["resolved"], {"open", "closed"}),
        (["resolved", "closed"], set()),
    ],
)
def test_buttons_lead_only_to_statuses_that_can_follow(desk: ConsoleDesk, path: list[str], allowed: set[str]) -> None:
    ticket = desk.open()
    for status in path:
        desk.send(ticket, "transitions", to=status)
    page = desk.console.get(f"/queue/{ticket}")
    assert set(re.findall(r'name="to" value="(open|pending|closed)"', page)) == allowed
    assert ('value="resolved"' in page) == ("resolved" not in path)


def test_a_label_says_how_sure_the_model_is_and_why_and_one_click_corrects_it(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    text = desk.page(ticket)
    assert "category bug suggested very sure (90%)" in text
    assert "No certificate covers tickets like this one yet" in text
    assert "how_to 8%" in text
    desk.send(ticket, "labels", category="how_to")
    tag = desk.api(ticket)["tags"]["category"]
    assert (tag["label"], tag["mode"], tag["by"]) == ("how_to", "agent", "agent:Ann")
    assert "category how_to set by Ann" in desk.page(ticket)
    assert "how_to set by a person" in desk.console.read("/queue")


def test_each_head_has_three_digits_of_its_own_so_that_an_answer_moves_no_others(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    before = _digits(desk.console.get(f"/queue/{ticket}"))
    head, label = before["4"].split(": ")
    desk.send(ticket, "labels", **{head.replace(" ", "_"): label})
    after = _digits(desk.console.get(f"/queue/{ticket}"))
    assert {digit: before[digit] for digit in "789" if digit in before} == {
        digit: after[digit] for digit in "789" if digit in after
    }


def _digits(page: str) -> dict[str, str]:
    return dict(re.findall(r'data-key="(\d)" data-key-name="([^"]+)"', page))


def test_a_change_on_an_older_page_is_refused_with_what_happened_since_and_loses_nothing(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    seen = desk.version(ticket)
    desk.api(ticket, "/replies", text="I found it myself.", by="customer")
    refused = desk.send(ticket, "replies", version=seen, text="Try this & that.")
    assert refused.status_code == 412
    assert "customer replied" in refused.text
    assert "Try this &amp; that.</textarea>" in refused.text
    assert [turn["by"] for turn in desk.api(ticket)["transcript"]] == ["customer"]
    again = re.findall(r'name="version" value="(\d+)"', refused.text)[0]
    assert desk.send(ticket, "replies", version=again, text="Try this & that.").status_code == 303


def test_what_a_model_says_meanwhile_refuses_no_change_and_what_a_person_says_does() -> None:
    ticket = a_ticket()
    tagged = ticket.tag({"category": a_tag("bug")}, at=ticket.created_at, by="model:1")
    _refuse_unseen(tagged, ticket.version)

    with pytest.raises(VersionDiffers):
        _refuse_unseen(tagged.assign("Ann", at=ticket.created_at, by="agent:Ann"), ticket.version)


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "0"])
def test_a_form_that_names_no_version_it_was_shown_with_changes_nothing(desk: ConsoleDesk, version: str) -> None:
    ticket = desk.open()
    refused = desk.console.post(f"/queue/{ticket}/transitions", to="closed", version=version)
    assert refused.status_code == 412
    assert desk.api(ticket)["status"] == "new"


def test_a_reply_that_is_sent_twice_is_kept_once(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    seen = desk.version(ticket)
    sent = [desk.send(ticket, "replies", version=seen, text="Hello.").status_code for _ in range(2)]
    assert sent == [303, 303]
    assert len(desk.api(ticket)["transcript"]) == 1


@pytest.mark.parametrize(
    ("form", "fields", "sentence"),
    [
        ("replies", {"text": "  "}, "The reply is empty."),
        ("replies", {"text": "x" * 100_001}, "100000"),
        ("transitions", {"to": "new"}, "Invalid enum value"),
        ("transitions", {"to": "resolved", "kb_article_id": "none"}, "There is no article with this id"),
        (
            "transitions",
            {"to": "resolved", "resolution_type": "magic"},
            "How it ended: “magic” is none of Solved",
        ),
        ("labels", {"category": "nonsense"}, "Not a label of category"),
        ("labels", {"priority": "P9"}, "P9"),
        ("escalations", {"to": "T9"}, "Invalid enum value"),
        ("escalations", {"to": "T3"}, "the ticket still needs: "),
        ("incident", {"incident": "ABCD-1234"}, "There is no ticket with this id"),
        ("assignee", {"assignee": "x" * 201}, "200"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(
    desk: ConsoleDesk, form: str, fields: dict[str, str], sentence: str
) -> None:
    ticket = desk.open()
    before = desk.api(ticket)["version"]
    refused = desk.send(ticket, form, **fields)
    assert 400 <= refused.status_code < 500
    assert 'role="alert"' in refused.text
    assert sentence in refused.text
    assert desk.api(ticket)["version"] == before


def test_an_escalation_shows_what_was_found_and_what_is_missing_and_travels_with_both(desk: ConsoleDesk) -> None:
    ticket = desk.open(arr=12_000, tags={"priority": "P2"})
    text = desk.page(ticket)
    assert "found in the ticket" in text
    packet = {f"packet.{name}": f"My {name}." for name in re.findall(r'name="packet\.(\w+)"', desk_html(desk, ticket))}
    packet.pop("packet.arr")
    assert desk.send(ticket, "escalations", to="T3", **packet).status_code == 303
    assert desk.api(ticket)["tier"] == "T3"
    text = desk.page(ticket)
    assert "Packet of the escalation from" in text
    assert "from the ticket, word for word 12000" in text
    assert "Escalate to" not in text


def desk_html(desk: ConsoleDesk, ticket: str) -> str:
    return desk.console.get(f"/queue/{ticket}")


def test_every_interval_of_a_deadline_is_drawn_and_listed(desk: ConsoleDesk) -> None:
    ticket = desk.open(plan="standard", tags={"priority": "P0"})
    desk.clock.advance(timedelta(minutes=10))
    desk.send(ticket, "replies", text="Which one?", then="pending")
    desk.clock.advance(timedelta(hours=2))
    desk.api(ticket, "/replies", text="That one.", by="customer")
    desk.clock.advance(timedelta(hours=9))
    html, text = desk_html(desk, ticket), desk.page(ticket)
    for kind in ("used", "halted", "late"):
        assert f'class="bar-{kind}"' in html
    assert "no: waiting for the customer" in text
    explained = desk.api(ticket, "/sla")["explain"]
    for each in explained:
        assert each["sentence"].split(".")[0] in text
    assert html.count("<caption>") == len(explained) + 1


def test_tickets_are_linked_to_an_incident_by_its_number(desk: ConsoleDesk) -> None:
    incident, ticket = desk.open(tags={"priority": "P1"}), desk.open(tags={"priority": "P3"})
    number = desk.api(incident)["number"]
    desk.send(ticket, "incident", incident=number.lower())
    assert desk.api(ticket)["incident_id"] == incident
    assert f"Part of incident {number}" in desk.page(ticket)
    assert "Incident of 1 ticket" in desk.page(incident)
    assert "of another ticket of the incident" not in desk.page(incident)
    assert set(desk.listed(f"?incident={incident}")) == {incident, ticket}
    desk.send(ticket, "incident", incident="")
    assert desk.api(ticket)["incident_id"] is None


def test_similar_tickets_come_with_what_solved_them(desk: ConsoleDesk) -> None:
    text = desk.page(desk.open(subject="CSV export is empty"))
    assert "100 % alike Removed the filter." in text


def test_a_ticket_that_does_not_exist_is_a_page(desk: ConsoleDesk) -> None:
    assert "There is no ticket with this id" in desk.console.read("/queue/tkt_none", 404)
    assert desk.console.post("/queue/tkt_none/replies", text="Hi", version="1").status_code == 404


def test_the_turns_of_a_deflection_stand_before_the_ticket_and_once(desk: ConsoleDesk) -> None:
    client, key = desk.console.client, desk.key
    asked = {"question": "Do you have a bicycle for me?", "channel": "web"}
    session = client.post("/v1/deflections", json=asked, headers=key).json()["id"]
    wanted = {"email": "kim@example.com"}
    opened = client.post(f"/v1/deflections/{session}/ticket", json=wanted, headers=key)
    assert opened.status_code == 201, opened.text
    html = desk_html(desk, opened.json()["id"])
    talk = html[html.index('<ol class="talk">') : html.index("</ol>")]
    assert talk.count("Do you have a bicycle for me?") == 1
    assert talk.index("Before the ticket") < talk.index("bicycle") < talk.index("opened this ticket")
    assert "The customer reads it in the widget" in html
    assert "Webhooks and connected helpdesks carry it on; Firstline sends no mail" in desk.page(desk.open())


def test_each_change_of_status_is_said_in_the_words_of_its_badge(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    for to, said in (("open", "open"), ("pending", "pending"), ("resolved", "resolved"), ("closed", "closed")):
        sent = desk.send(ticket, "transitions", to=to)
        assert f"The ticket is {said}" in desk.console.read(sent.headers["location"])


def test_a_closed_ticket_is_assigned_to_nobody(desk: ConsoleDesk) -> None:
    ticket = desk.open()
    assert "Assign to me" in desk.page(ticket)
    desk.send(ticket, "transitions", to="closed")
    assert "Assign to me" not in desk.page(ticket)


def test_a_ticket_that_is_resolved_without_a_reply_needed_no_first_response(desk: ConsoleDesk) -> None:
    ticket = desk.open(plan="enterprise", tags={"priority": "P2"})
    desk.send(ticket, "transitions", to="resolved")
    assert "First response not needed, resolved without a reply" in desk.page(ticket)


def test_no_share_stands_at_labels_of_a_ticket_that_is_unlike_all_others() -> None:
    tag = Tag(label=None, mode="abstain", reason_code=ReasonCode.OUT_OF_DOMAIN, alternatives=(("bug", 0.98),))
    assert labels.alternatives_of(tag, ("bug", "how_to"), "123") == [labels.Alternative("bug", "", "1")]
    known = replace(tag, reason_code=ReasonCode.NO_CERTIFICATE)
    assert labels.alternatives_of(known, ("bug", "how_to"), "123") == [labels.Alternative("bug", "98%", "1")]


def test_declared_fields_are_shown_set_and_removed(desk: ConsoleDesk) -> None:
    ticket = desk.open(description="Since 2.3.1 order 10234 fails.")
    assert "2.3.1" in desk.page(ticket)

    desk.send(ticket, "fields", field="order_number", value="10999")
    assert "set by a person" in desk.page(ticket)
    desk.send(ticket, "fields", field="version", value="")
    assert {each["name"]: each["value"] for each in desk.api(ticket)["fields"]} == {"order_number": "10999"}

    refused = desk.send(ticket, "fields", field="version", value="kim@example.com")
    assert refused.status_code == 400
    assert "Version: <bdi>This reads like personal data" in refused.text
    assert "kim@example.com" in refused.text  # what was typed stays in the form
