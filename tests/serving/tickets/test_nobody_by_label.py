"""A head of the desk's own that says which tickets need nobody: only under its certificate, and no emergency."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from serving.inference.tagger import Tagger, TicketText
from serving.policy.nobody_head import parse
from serving.policy.policies import load
from serving.settings import Settings
from serving.tickets.desk import Desk
from tests.fakes import FixedTagged, suggestion
from tests.serving.conftest import Client
from triage.errors import PolicyRefused
from triage.model.assessment import Assessment
from triage.reason_codes import ReasonCode
from triage.taxonomy.labels import parse as taxonomy_of

TAXONOMY = """
[[heads]]
name = "message_kind"

[message_kind]
thanks = "thanks, and nothing else"
auto_reply = "a machine answers"
real = "somebody wants something"
"""
NOBODY = 'head = "message_kind"\n[labels]\nthanks = "thanks"\nauto_reply = "out_of_office"\n'
TEXT = {"subject": "All good", "description": "You people are the best."}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (policies := tmp_path / "policies").mkdir()
    (policies / "taxonomy.toml").write_text(TAXONOMY, encoding="utf-8")
    (policies / "nobody.toml").write_text(NOBODY, encoding="utf-8")
    return replace(settings, policies=policies)


def certified(label: str) -> Assessment:
    return replace(suggestion(label), mode="auto", reason_code=ReasonCode.CERTIFIED, certificate="crt_1")


@dataclass
class OwnTagger:
    """Says what a test lets it say."""

    assessments: dict[str, Assessment]

    def tag(self, filed: TicketText, *, own: bool = False) -> FixedTagged:
        return FixedTagged(self.assessments)


def opened(client: Client, said: dict[str, Assessment], **more: Any) -> Any:
    from serving.ticket_desk import NewTicket

    context = client.app.state.context
    desk = Desk(context, OwnTagger(said))
    return desk.open(NewTicket(**TEXT | {"channel": "email", "by": "customer", **more}), at=context.clock.now())


CALM = {"priority": suggestion("P3")}


def test_a_certified_label_says_that_a_ticket_needs_nobody_and_starts_no_clock(client: Client) -> None:
    ticket = opened(client, {"message_kind": certified("thanks"), **CALM})
    assert ticket.needs_nobody == "thanks"
    assert ticket.sla.sla_deadline is None
    assert opened(client, {"message_kind": certified("auto_reply"), **CALM}).needs_nobody == "out_of_office"


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ({"message_kind": suggestion("thanks"), **CALM}, {}),
        ({"message_kind": replace(certified("thanks"), certificate=None), **CALM}, {}),
        ({"message_kind": certified("real"), **CALM}, {}),
        (CALM, {}),
        ({"message_kind": certified("thanks"), "priority": replace(suggestion("P1"), raised_by="probability")}, {}),
        ({"message_kind": certified("thanks"), "priority": suggestion("P0")}, {}),
        ({"message_kind": certified("thanks"), **CALM}, {"description": "Production is down for everyone."}),
        ({"message_kind": certified("thanks"), **CALM}, {"attachments": ("screen.png",)}),
        ({"message_kind": certified("thanks"), **CALM}, {"subject": "Invoice missing"}),
        ({"message_kind": certified("auto_reply"), **CALM}, {"description": "I am away. Please cancel my order."}),
    ],
    ids=[
        "suggested",
        "no certificate",
        "real",
        "unsaid",
        "raised",
        "urgent",
        "phrase",
        "with a file",
        "subject",
        "away",
    ],
)
def test_everything_else_needs_somebody(client: Client, said: dict[str, Assessment], more: dict[str, Any]) -> None:
    ticket = opened(client, said, **more)
    assert ticket.needs_nobody is None
    assert ticket.sla.sla_deadline is not None


def replied(
    client: Client, monkeypatch: pytest.MonkeyPatch, said: dict[str, Assessment], text: str = "Wonderful people."
) -> Any:
    """Let a customer write on a resolved ticket, and the desk's head read it; return the ticket."""
    ticket = client.post("/v1/tickets", json=TEXT | {"channel": "email"}).json()["id"]
    for to in ("open", "resolved"):
        client.post(f"/v1/tickets/{ticket}/transitions", json={"to": to})
    read: list[TicketText] = []

    def tag(_: Tagger, filed: TicketText, *, own: bool = False) -> FixedTagged:
        read.append(filed)
        return FixedTagged(said)

    monkeypatch.setattr(Tagger, "tag", tag)
    answer = client.post(f"/v1/tickets/{ticket}/replies", json={"text": text, "by": "customer"})
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "read": [(each.subject, each.description) for each in read]}


@pytest.fixture
def reading_replies(settings: Settings) -> None:
    assert settings.policies is not None
    (settings.policies / "nobody.toml").write_text(f"replies = true\n{NOBODY}", encoding="utf-8")


@pytest.mark.usefixtures("reading_replies")
def test_a_certified_label_of_a_later_message_reopens_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = replied(client, monkeypatch, {"message_kind": certified("thanks"), **CALM})
    assert ticket["status"] == "resolved"
    assert ticket["read"] == [("", "Wonderful people.")]  # the message alone
    assert ticket["transcript"][-1]["text"] == "Wonderful people."


@pytest.mark.usefixtures("reading_replies")
@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"message_kind": suggestion("thanks"), **CALM}, "Wonderful people."),
        ({"message_kind": certified("real"), **CALM}, "Wonderful people."),
        ({"message_kind": certified("thanks"), "priority": suggestion("P0")}, "Wonderful people."),
        ({"message_kind": certified("thanks"), **CALM}, "Production is down for everyone."),
        ({"message_kind": certified("thanks"), **CALM}, "Thanks, but it fails."),
        (
            {"message_kind": certified("thanks"), **CALM},
            "Wonderful people.\n\nBest, Ann\n\nP.S. A report is gone.",
        ),
    ],
    ids=["suggested", "real", "urgent", "phrase", "wish", "afterthought"],
)
def test_any_other_later_message_calls_somebody(
    client: Client, monkeypatch: pytest.MonkeyPatch, said: dict[str, Assessment], text: str
) -> None:
    assert replied(client, monkeypatch, said, text)["status"] == "open"


def test_a_head_that_is_not_let_to_reads_no_later_message(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = replied(client, monkeypatch, {"message_kind": certified("thanks"), **CALM})
    assert (ticket["status"], ticket["read"]) == ("open", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('replies = 1\nhead = "message_kind"\n[labels]\nthanks = "thanks"\n', "replies is 1; write true or false"),
        ('head = "mood"\n[labels]\nthanks = "thanks"\n', "head is 'mood'; write a head of kind"),
        ('head = "priority"\n[labels]\nP4 = "thanks"\n', "head is 'priority'"),
        ('head = "message_kind"\n', "say why tickets with a label need nobody"),
        ('head = "message_kind"\n[labels]\nspam = "thanks"\n', "'spam' is no label of message_kind"),
        ('head = "message_kind"\n[labels]\nthanks = "gone"\n', "thanks = 'gone': reasons are out_of_office, bounce"),
        ('head = "message_kind"\nlabel = "x"\n', "label is not known"),
        ("head =", "it is no TOML"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        parse(text, taxonomy_of(TAXONOMY))
    assert said in str(refused.value)


def test_without_a_head_the_file_changes_nothing(tmp_path: Path) -> None:
    assert load(None).nobody is None
    assert parse("# nothing yet\n", taxonomy_of(TAXONOMY)) is None
    (tmp_path / "nobody.toml").write_text(NOBODY, encoding="utf-8")
    with pytest.raises(PolicyRefused, match="taxonomy"):  # the shipped taxonomy has no such head
        load(tmp_path)
