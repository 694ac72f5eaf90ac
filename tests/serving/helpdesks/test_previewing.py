"""A preview shows what a ticket would get, field by field and with its note, and writes nothing on either side."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from litestar import Litestar

from serving.cli import cli
from serving.helpdesks.customers.customer import Customers
from serving.helpdesks.port.connections import Connection
from serving.helpdesks.port.errors import PreviewRefused
from serving.helpdesks.port.port import Helpdesk, Ignored, Inbound
from serving.helpdesks.previewing import HelpdeskPreview
from serving.inference.suggestions import no_suggestions
from serving.settings import Settings
from serving.storage.tables import helpdesk_links, tickets
from serving.ticket_desk import NewTicket
from serving.tickets.desk import Desk
from tests.fakes import FixedTagger, FrozenClock
from tests.serving.helpdesks.memory_desk import MemoryDesk
from tests.serving.helpdesks.noted_tickets import suggests
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection, a_desk
from tests.serving.helpdesks.test_inbound_payloads import NEW
from tests.serving.helpdesks.test_sync import FIELDS
from tests.serving.helpdesks.webhook_payloads import ZENDESK, ZENDESK_TRIGGER
from triage.model.registry import Registry

SAMPLE = Settings().sample
CONNECTIONS = """
[zendesk]
url = "https://acme.example"
plan = "premium"
options.user = "bot@acme.example"
"""


@pytest.fixture
def preview(opened: Litestar) -> Callable[..., HelpdeskPreview]:
    def over(there: Helpdesk, connection: Connection, *, suggesting: bool = True) -> HelpdeskPreview:
        return HelpdeskPreview(
            connections={connection.name: connection},
            connects=lambda _: there,
            drafts=Desk(opened.state.context, FixedTagger()).draft,
            suggests=suggests if suggesting else no_suggestions,
            customers=Customers({connection.name: connection}),
            labelled_by="Labels by bundle b1.",
        )

    return over


def rows(app: Litestar) -> list[int]:
    def count(connection: sa.Connection) -> list[int]:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(each)) or 0 for each in (tickets, helpdesk_links)
        ]

    return app.state.context.database.read(count)


def test_a_ticket_is_read_there_and_shown_with_its_fields_and_note(
    opened: Litestar, clock: FrozenClock, preview: Callable[..., HelpdeskPreview]
) -> None:
    there = MemoryDesk(fields=FIELDS, suggestions="fields", plan="premium")
    remote_id = there.file(priority="low", category="")
    before = dict(there.tickets[remote_id].values)
    lines = preview(there, there.connection).of_ticket("desk", remote_id, clock.now())
    page = "\n".join(lines)
    assert lines[:2] == ['desk ticket 1: "Fetched"', "Nothing is written. Labels by bundle b1."]
    assert "  plan               premium" in lines
    assert "  category           bug                          to custom field Category" in lines
    assert "  priority           high                         not written: 'low' stands there and stays" in lines
    assert "  first_response_by  2026-03-02T11:00:00Z         into the note: no field is mapped" in lines
    assert "  Firstline (tkt_…):" in lines
    assert "  Priority: P1 (suggested, 90% sure; the value that was set here stays)" in lines
    assert "  - Export to CSV: https://help.example.com/export" in lines
    assert "With --ticket" not in page
    assert (there.tickets[remote_id].values, there.tickets[remote_id].notes) == (before, [])
    assert rows(opened) == [0, 0]


def test_what_is_only_suggested_is_told_from_what_is_written(
    clock: FrozenClock, preview: Callable[..., HelpdeskPreview]
) -> None:
    there = MemoryDesk(fields=FIELDS)
    lines = preview(there, there.connection).of_text("desk", "Export is empty", "All of them.", clock.now())
    assert lines[0] == 'desk ticket (new): "Export is empty"'
    assert "  category           bug                          into the note: category is only suggested" in lines
    assert "  (With --ticket, what stands there now is read: values that somebody set there stay.)" in lines


def test_a_helpdesk_is_only_asked(clock: FrozenClock, preview: Callable[..., HelpdeskPreview]) -> None:
    found = {"ticket": {"id": 7, "subject": "Export is empty", "description": "All.", "priority": None, "tags": []}}
    recorder = RecordingTransport({"GET /api/v2/tickets/7.json": found})
    shown = preview(a_desk("zendesk", recorder), a_connection("zendesk"))
    page = "\n".join(shown.of_ticket("zendesk", "7", clock.now()))
    assert 'zendesk ticket 7: "Export is empty"' in page
    assert {call.method for call in recorder.calls} == {"GET"}


@pytest.mark.parametrize(("kind", "payload"), [(kind, payload) for kind, payload, *_ in NEW])
def test_a_saved_webhook_body_is_read_without_a_call(
    clock: FrozenClock, preview: Callable[..., HelpdeskPreview], kind: str, payload: Any
) -> None:
    recorder = RecordingTransport()
    connection = replace(a_connection(kind), token="")  # with a token Intercom is asked who wrote
    shown = preview(a_desk(kind, recorder), connection, suggesting=False)
    page = "\n".join(shown.of_payload(kind, json.dumps(payload).encode(), clock.now()))
    assert '"Export is empty"' in page
    assert "  Firstline (tkt_…):" in page
    assert recorder.calls == []


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "not the JSON body of a webhook"),
        (b"[" * 1_000_000, "not the JSON body of a webhook"),
        (b"\xef\xbb\xbf" + json.dumps(ZENDESK).encode(), "names ticket 35436"),
        (json.dumps(ZENDESK).encode(), "names ticket 35436 without its text: try --ticket 35436"),
        (b'{"type": "zen:event-type:ticket.comment_added"}', "opens no ticket"),
    ],
)
def test_a_body_that_opens_no_ticket_says_why(
    clock: FrozenClock, preview: Callable[..., HelpdeskPreview], body: bytes, why: str
) -> None:
    shown = preview(a_desk("zendesk", RecordingTransport()), a_connection("zendesk"))
    with pytest.raises(PreviewRefused, match=why):
        shown.of_payload("zendesk", body, clock.now())


def test_a_ticket_that_would_not_be_opened_and_an_unknown_connection_say_why(
    clock: FrozenClock, preview: Callable[..., HelpdeskPreview]
) -> None:
    class OfABot(MemoryDesk):
        def fetch(self, remote_id: str) -> Inbound | Ignored:
            return Ignored("it is our own")

    there = OfABot()
    shown = preview(there, there.connection)
    with pytest.raises(PreviewRefused, match="would not be opened: it is our own"):
        shown.of_ticket("desk", there.file(), clock.now())
    with pytest.raises(PreviewRefused, match="Known are: desk"):
        shown.of_ticket("zendesk", "1", clock.now())


class TestTheCommand:
    @pytest.fixture
    def run(self, tmp_path: Path) -> Callable[..., Any]:
        (tmp_path / "helpdesks.toml").write_text(CONNECTIONS)
        (tmp_path / "body.json").write_text(json.dumps(ZENDESK_TRIGGER))

        def invoke(*words: str, **env: str) -> Any:
            settings = {"FIRSTLINE_HOME": "home", "FIRSTLINE_HELPDESKS": "helpdesks.toml"} | env
            return CliRunner().invoke(cli, ["helpdesks", "preview", "zendesk", *words], env=settings)

        return invoke

    def test_works_without_models_and_leaves_no_file(
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        shown = run("--file", "body.json", FIRSTLINE_SAMPLE="none")
        assert shown.exit_code == 0, shown.output
        assert "There are no labels: No model bundle" in shown.stdout
        assert "First reply by" in shown.stdout
        assert sorted(path.name for path in tmp_path.iterdir()) == ["body.json", "helpdesks.toml"]

    @pytest.mark.skipif(not (SAMPLE / "bundle/manifest.json").exists(), reason="run `make setup`")
    def test_works_with_the_sample(
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        text = "Since 9:00 the whole dashboard is down for all of our users, nobody can work."
        shown = run("--subject", "Outage", "--text", text)
        assert shown.exit_code == 0, shown.output
        for part in (
            "Labels by the sample's model",
            "Priority: P0",
            "Similar solved tickets:",
            "Articles that may help:",
        ):
            assert part in shown.stdout

    @pytest.mark.skipif(not (SAMPLE / "bundle/manifest.json").exists(), reason="run `make setup`")
    def test_shows_nothing_of_the_sample_beside_a_bundle_of_ones_own(
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        registry = Registry(tmp_path / "home" / "models")
        version = registry.add(SAMPLE / "bundle")
        registry.make_current(version)
        shown = run("--subject", "Export is empty", "--text", "Every CSV export is empty.").stdout
        assert f"Labels by bundle {version}" in shown
        assert "Similar solved tickets:" in shown  # the bundle's
        assert "Articles that may help:" not in shown

    def test_no_text_of_a_stranger_commands_the_terminal(
        self, run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        shown = run("--subject", "\x1b]0;owned\x07 \x9b31m \u202eabc", "--text", "All.")
        assert shown.exit_code == 0, shown.output
        assert not set(shown.stdout) & set("\x1b\x07\x9b\u202e")

    def test_wants_one_thing_to_show(self, run: Callable[..., Any]) -> None:
        assert "Give one of --ticket ID" in run().output
        assert "Give one of --ticket ID" in run("--ticket", "1", "--text", "x").output


def test_a_draft_is_as_a_ticket_would_be_opened(opened: Litestar, clock: FrozenClock) -> None:
    desk = Desk(opened.state.context, FixedTagger())
    new = NewTicket(subject="Export is empty", description="All.", channel="web", plan="premium")
    drafted, made = desk.draft(new, clock.now()), desk.open(new, at=clock.now())
    for name in ("tags", "team", "tier", "routing_reason", "sla", "status", "notes", "version"):
        assert getattr(drafted, name) == getattr(made, name)
