"""`firstline tag --apply`: labels reach the tickets of a helpdesk once, whatever happens on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from serving.backfill.applied import Applied
from serving.backfill.applying import ATTEMPTS, Applying, Choice
from serving.backfill.errors import BackfillRefused
from serving.cli import cli
from serving.helpdesks.port.errors import DeskNotConnected, DeskRefused, HelpdesksNotValid
from serving.helpdesks.port.port import Call, Reply
from serving.helpdesks.vendor_table import desk
from serving.settings import Settings
from tests.serving.backfill import applied_desk
from tests.serving.backfill.applied_desk import four, tag, tags_file
from tests.serving.backfill.test_tag import rows, written
from tests.serving.helpdesks.freshdesk_server import FreshdeskServer
from tests.serving.helpdesks.recording_transport import RecordingTransport, a_connection
from tests.tiny_bundle import tiny_bundle

ALL = Choice(suggestions=True)
server, settings = applied_desk.server, applied_desk.settings


def test_certified_labels_are_written_beside_what_stands_there(
    settings: Settings, server: FreshdeskServer, tmp_path: Path
) -> None:
    tags = four(tmp_path)
    assert Applying(settings, "freshdesk").plan(tags, Choice()) == {
        "tickets": 3, "category: bug": 2, "category: billing": 1, "priority: P1": 1, "nothing to write": 1,
        "without an id": 1,
    }  # fmt: skip
    steps: list[int] = []
    assert Applying(settings, "freshdesk").run(tags, Choice(), progress=steps.append) == {"written": 3}
    assert steps == [1, 2, 3]
    assert {number: sorted(each["tags"]) for number, each in server.tickets.items()} == {
        1: ["category_bug", "firstline", "vip"],
        2: ["category_billing", "firstline", "vip"],
        3: ["vip"],
        4: ["category_bug", "firstline", "vip"],
    }
    assert [each["priority"] for each in server.tickets.values()] == [3, 1, 1, 1]


def test_suggestions_go_where_they_are_asked_for(settings: Settings, server: FreshdeskServer, tmp_path: Path) -> None:
    assert Applying(settings, "freshdesk").run(four(tmp_path), ALL) == {"written": 4}
    assert "category_how_to" in server.tickets[3]["tags"]
    assert server.tickets[2]["priority"] == 4


def test_an_agents_priority_stays(settings: Settings, server: FreshdeskServer, tmp_path: Path) -> None:
    server.tickets[1]["priority"] = 4
    Applying(settings, "freshdesk").run(four(tmp_path), Choice())
    assert server.tickets[1]["priority"] == 4
    assert server.priorities == []


class Ended(BaseException):
    """Ends a run where nothing of ours can catch it."""


def test_a_run_that_is_killed_goes_on_and_writes_nothing_twice(
    settings: Settings, server: FreshdeskServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tags, puts = four(tmp_path), []
    answer = server.answer

    def counted(method: str, path: str, body: Any) -> tuple[int, Any]:
        puts.extend([path] if method == "PUT" else [])
        return answer(method, path, body)

    monkeypatch.setattr(server, "answer", counted)
    noted = Applied.add

    def killed(self: Applied, row: int, outcome: str) -> None:
        if row == 2:
            raise Ended  # it is written there, and nobody noted it
        noted(self, row, outcome)

    monkeypatch.setattr(Applied, "add", killed)
    with pytest.raises(Ended):
        Applying(settings, "freshdesk").run(tags, Choice())
    with (tmp_path / "tags.jsonl.applied-freshdesk").open("ab") as file:
        file.write(b'{"row": 2')
    monkeypatch.setattr(Applied, "add", noted)
    calls = server.calls
    assert Applying(settings, "freshdesk").run(tags, Choice()) == {"unchanged": 1, "written": 1}
    assert server.calls - calls == 3  # ticket 1 is not even read
    assert puts == ["/api/v2/tickets/1", "/api/v2/tickets/2", "/api/v2/tickets/4"]
    assert Applying(settings, "freshdesk").run(tags, Choice()) == {}


def test_it_waits_as_long_as_the_helpdesk_says_and_goes_on(
    settings: Settings, server: FreshdeskServer, tmp_path: Path
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        server.failure = "reset" if len(slept) == 1 else ""

    server.failure = "throttled"
    assert Applying(settings, "freshdesk", sleep).run(four(tmp_path), Choice()) == {"written": 3}
    assert slept == [7200, 30]  # Retry-After; then it hung up, and the second pause is twice the first of 15 s


def test_a_helpdesk_that_stays_away_ends_the_run_to_be_continued(
    settings: Settings, server: FreshdeskServer, tmp_path: Path
) -> None:
    slept: list[float] = []
    server.failure = "throttled"
    with pytest.raises(DeskRefused, match="it is asked too often"):
        Applying(settings, "freshdesk", slept.append).run(four(tmp_path), Choice())
    assert slept == [7200] * (ATTEMPTS - 1)
    server.failure = ""
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"written": 3}


def test_what_a_helpdesk_refuses_or_has_no_more_stops_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = {"ticket": {"id": 1, "tags": [], "updated_at": "2026-01-01T00:00:00Z"}}
    wire = RecordingTransport({f"GET /api/v2/tickets/{number}.json": shown for number in (1, 4)})
    wire.answers |= {"GET /api/v2/tickets/2.json": 404, "PUT /api/v2/tickets/1.json": 422}
    zendesk = desk(a_connection("zendesk"), wire)
    monkeypatch.setattr("serving.backfill.applying.connected", lambda *_: zendesk)
    assert Applying(settings, "freshdesk").run(four(tmp_path), Choice()) == {"refused": 1, "gone": 1, "written": 1}
    assert wire.only("PUT", "/api/v2/tickets/1.json").json["ticket"]["safe_update"] is True
    assert wire.calls[-1].json["ticket"]["tags"] == ["category_bug", "firstline"]


def test_an_agent_who_was_faster_is_read_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = iter([{"tags": []}, {"tags": ["theirs"]}])
    answers = iter([409, Reply({})])

    def put(_: Call) -> Any:
        return next(answers)

    wire = RecordingTransport(
        {
            "GET /api/v2/tickets/1.json": lambda _: {"ticket": {"id": 1, **next(states)}},
            "PUT /api/v2/tickets/1.json": put,
        }
    )
    monkeypatch.setattr("serving.backfill.applying.connected", lambda *_: desk(a_connection("zendesk"), wire))
    tags = tags_file(tmp_path, ("1", {"category": tag("bug")}))
    assert Applying(settings, "freshdesk").run(tags, Choice()) == {"written": 1}
    assert wire.calls[-1].json["ticket"]["tags"] == ["category_bug", "firstline", "theirs"]


def test_another_choice_or_other_tags_do_not_continue_a_run(settings: Settings, tmp_path: Path) -> None:
    tags = four(tmp_path)
    Applying(settings, "freshdesk").run(tags, Choice())
    with pytest.raises(BackfillRefused, match="was begun with other tags, another address or another choice of labels"):
        Applying(settings, "freshdesk").run(tags, ALL)
    with Applied(tags, "rt", {}), pytest.raises(BackfillRefused, match="another run is applying these tags"):
        Applied(tags, "rt", {})
    (tmp_path / "tags.jsonl.applied-rt").write_bytes(b"no json\n")
    with pytest.raises(BackfillRefused, match="is damaged; delete it"):
        Applied(tags, "rt", {})


@pytest.mark.parametrize("name", ["rt", "other"])
def test_a_helpdesk_without_a_token_or_of_another_name_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(DeskNotConnected, match="known are freshdesk"):
        Applying(settings, name)


def test_a_connection_may_name_declared_heads_and_fields(
    settings: Settings, server: FreshdeskServer, tmp_path: Path
) -> None:
    (policies := tmp_path / "policies").mkdir()
    (policies / "taxonomy.toml").write_text('[[heads]]\nname = "intent"\n', encoding="utf-8")
    (policies / "fields.toml").write_text('[order]\nkind = "order_number"\n', encoding="utf-8")
    file = tmp_path / "helpdesks.toml"
    named = f'[freshdesk]\nurl = "{server.url}"\ntoken = "t"\nfields.intent = "cf_intent"\nfields.order = "cf_order"\n'
    file.write_text(named, encoding="utf-8")
    tags = tags_file(tmp_path, ("1", {"intent": tag("refund")}))
    assert Applying(replace(settings, policies=policies), "freshdesk").run(tags, Choice()) == {"written": 1}
    assert server.tickets[1]["custom_fields"] == {"cf_intent": "refund"}
    with pytest.raises(HelpdesksNotValid, match=r"fields\.intent is not known"):
        Applying(settings, "freshdesk")


def test_only_files_of_tags_are_applied(settings: Settings, tmp_path: Path) -> None:
    applying = Applying(settings, "freshdesk")
    for content in (b"{}\n", b"no json\n", b"[]\n"):
        (tmp_path / "tags.jsonl").write_bytes(content)
        with pytest.raises(BackfillRefused, match="is no file of tags"):
            applying.plan(tmp_path / "tags.jsonl", ALL)
    with pytest.raises(BackfillRefused, match="from JSON Lines"):
        applying.plan(tmp_path / "tags.csv", ALL)


@pytest.mark.parametrize(
    ("out", "name", "problem"),
    [
        ("tags.jsonl", "zendesk", "There is no connection 'zendesk' that tickets can be written to"),
        ("tags.csv", "freshdesk", "--apply reads JSON Lines: --out "),
    ],
)
def test_what_cannot_be_applied_is_refused_before_anything_is_tagged(
    settings: Settings, tmp_path: Path, out: str, name: str, problem: str
) -> None:
    export = written(tmp_path / "export.jsonl", rows(1))
    arguments = ["tag", str(export), "--out", str(tmp_path / out), "--apply", name, "--home", str(settings.home)]
    done = CliRunner().invoke(cli, arguments, env={"FIRSTLINE_HELPDESKS": str(settings.helpdesks)})
    assert problem in f"{done.stderr} {done.exception}"
    assert not (tmp_path / out).exists()


def test_the_command_counts_and_writes_only_with_yes(
    settings: Settings, server: FreshdeskServer, tmp_path: Path
) -> None:
    tiny_bundle(tmp_path / "bundle")
    export = written(tmp_path / "export.jsonl", [each | {"id": str(place)} for place, each in enumerate(rows(4), 1)])
    arguments = ["tag", str(export), "--out", str(tmp_path / "tags.jsonl"), "--bundle", str(tmp_path / "bundle")]
    arguments += ["--home", str(settings.home), "--workers", "1"]
    environment = {"FIRSTLINE_HELPDESKS": str(settings.helpdesks), "FIRSTLINE_ALLOW_CIDRS": "127.0.0.0/8"}

    def run(*more: str) -> Result:
        done = CliRunner().invoke(cli, [*arguments, *more], env=environment)
        assert done.exit_code == 0, done.output or repr(done.exception)
        return done

    counted = run("--apply", "freshdesk", "--suggestions").stdout
    assert "4 tickets tagged into" in counted
    assert "would get labels or fields; nothing was written there. --yes writes them." in counted
    assert server.calls == 0
    again = run("--apply", "freshdesk", "--suggestions", "--yes").stdout
    assert "tagged into" not in again  # what is tagged is taken as it is
    assert "tickets of freshdesk got labels or fields." in again
    assert any("firstline" in each["tags"] for each in server.tickets.values())
    refused = CliRunner().invoke(cli, [*arguments, "--yes"], env=environment)
    assert "--suggestions and --yes say how to --apply" in refused.stderr
    assert json.loads((tmp_path / "tags.jsonl.applied-freshdesk").read_text().splitlines()[0])["suggestions"] is True
