"""The commands `firstline sla` and `firstline calendar`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from litestar import Litestar
from litestar.testing import TestClient

from serving.cli import cli
from serving.policy import policies, policy_files
from tests.packed import bomb
from triage.errors import CalendarRefused, FileNotReadable, PolicyRefused, UnreadableRecord
from triage.sla import policy as sla_policy

Run = Callable[..., Result]
DEFAULT = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
STRICTER = DEFAULT.replace('first_response = "4 h support"', 'first_response = "1 h support"')
ICAL = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
SUMMARY:Christmas\\, all
  of it
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20200101
RRULE:FREQ=YEARLY
EXDATE;VALUE=DATE:20270101
SUMMARY:New Year
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260501
STATUS:CANCELLED
SUMMARY:Labour Day
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def run(home: Path, database_url: str | None) -> Run:
    told = {"FIRSTLINE_HOME": str(home), "FIRSTLINE_DATABASE_URL": database_url}

    def invoke(*words: str | Path) -> Result:
        return CliRunner().invoke(cli, [str(word) for word in words], env=told)

    return invoke


@pytest.fixture
def stricter(tmp_path: Path) -> Path:
    path = tmp_path / "new.toml"
    path.write_text(STRICTER, encoding="utf-8")
    return path


def a_snapshot(tmp_path: Path) -> Path:
    rows = [
        {"id": "a", "subject": "x", "plan": "premium", "created_at": "2026-03-02T09:00:00Z",
         "first_response_at": "2026-03-02T11:00:00Z", "closed_at": "2026-03-02T12:00:00Z", "priority": "P3"},
        {"id": "b", "subject": "x", "plan": "premium", "created_at": "2025-03-02T09:00:00Z"},
        {"id": "c", "subject": "x", "plan": "premium"},
    ]  # fmt: skip
    path = tmp_path / "closed.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


class TestReplay:
    def test_decides_an_export_again_and_prints_what_differs(self, run: Run, stricter: Path, tmp_path: Path) -> None:
        done = run("sla", "replay", "--policy", stricter, "--from", "2026-01-01", "--snapshot", a_snapshot(tmp_path))
        assert done.exit_code == 0, done.output
        lines = done.output.splitlines()
        assert lines[0].startswith("1 tickets created from 2026-01-01T00:00:00Z to ")
        assert " ".join(lines[2].split()) == "contract first response 1 → 1 1 0 0 → 1 0 → 1"
        assert lines[-1] == ("a: contract first response breached, due 2026-03-02T13:00:00Z → 2026-03-02T10:00:00Z")

    def test_prints_the_same_as_json(self, run: Run, stricter: Path, tmp_path: Path) -> None:
        words = ("--from", "2026-03-02T09:00:00Z", "--to", "2026-03-03", "--snapshot", a_snapshot(tmp_path), "--json")
        record = json.loads(run("sla", "replay", "--policy", stricter, *words).output)
        assert (record["tickets"], record["to"]) == (1, "2026-03-03T00:00:00Z")
        assert (record["before"], record["after"]) == (sla_policy.default().version, sla_policy.parse(STRICTER).version)
        assert [each["ticket_id"] for each in record["changed"]] == ["a"]

    def test_decides_the_stored_tickets_again(
        self, run: Run, stricter: Path, desk_client: TestClient[Litestar]
    ) -> None:
        opened = desk_client.post("/v1/tickets", json={"subject": "x", "plan": "premium"}).json()
        record = json.loads(run("sla", "replay", "--policy", stricter, "--from", "2026-01-01", "--json").output)
        assert {each["ticket_id"] for each in record["changed"]} == {opened["id"]}

    def test_takes_yaml_with_the_same_tables(self, tmp_path: Path) -> None:
        path = tmp_path / "new.yaml"
        path.write_text(yaml.safe_dump(sla_policy.default().terms.table), encoding="utf-8")
        assert policy_files.read(path).version == sla_policy.default().version
        path.write_text("plans: [", encoding="utf-8")
        with pytest.raises(PolicyRefused, match="it is no YAML"):
            policy_files.read(path)

    def test_says_which_line_is_no_ticket(self, run: Run, stricter: Path, tmp_path: Path) -> None:
        path = tmp_path / "closed.jsonl"
        path.write_text("{", encoding="utf-8")
        done = run("sla", "replay", "--policy", stricter, "--from", "2026-01-01", "--snapshot", path)
        assert isinstance(done.exception, UnreadableRecord)
        assert "line 1" in str(done.exception)

    def test_refuses_a_gzip_bomb(self, run: Run, stricter: Path, tmp_path: Path) -> None:
        row = a_snapshot(tmp_path).read_bytes().splitlines()[0]
        path = bomb(tmp_path / "bomb.jsonl.gz", first=b"".join((row, b" " * 999_000, b"\n")) * 100, lines=0)
        done = run("sla", "replay", "--policy", stricter, "--from", "2026-01-01", "--snapshot", path)
        assert isinstance(done.exception, FileNotReadable)
        assert "unpacks to more than 100 times its size" in str(done.exception)

    def test_wants_an_instant_that_has_a_zone(self, run: Run, stricter: Path) -> None:
        assert run("sla", "replay", "--policy", stricter, "--from", "2026-01-01T00:00:00").exit_code == 2


class TestTheFolderOfPolicies:
    def test_may_hold_editions(self, run: Run, tmp_path: Path) -> None:
        editions = tmp_path / "sla"
        editions.mkdir()
        (editions / "2026.toml").write_text(DEFAULT, encoding="utf-8")
        (editions / "2030.toml").write_text(f"effective_from = 2030-01-01\n{STRICTER}", encoding="utf-8")
        found = policies.load(tmp_path).sla
        assert found.earlier == sla_policy.default()
        lines = run("sla", "check", "--policy", editions).output.splitlines()
        assert [line.split(": ")[0] for line in lines if line.startswith("policy")] == [
            f"policy {found.version}, since 2030-01-01T00:00:00Z",
            f"policy {sla_policy.default().version}, since ever",
        ]
        (tmp_path / "sla.toml").write_text(DEFAULT, encoding="utf-8")
        with pytest.raises(PolicyRefused, match="move the file into the folder as an edition"):
            policies.load(tmp_path)


class TestHolidays:
    def test_of_a_feed_become_lines_for_the_policy(self, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "feed.ics"
        path.write_text(ICAL, encoding="utf-8")
        printed = run("calendar", "holidays", "--ical", path, "--years", "2026-2028").output
        assert printed == (
            "# From feed.ics. Take out what is no day off for you; it stands in place of a line `holidays = …`.\n"
            "[calendars.business.holidays]\n"
            '2026-01-01 = "New Year"\n'
            '2026-12-24 = "Christmas, all of it"\n'
            '2026-12-25 = "Christmas, all of it"\n'
            '2026-12-26 = "Christmas, all of it"\n'
            "\n"
            '2028-01-01 = "New Year"\n'
        )
        pasted = sla_policy.parse(DEFAULT.replace("holidays = []", "", 1) + printed)
        assert len(pasted.calendars["business"].holidays) == 5

    def test_of_a_country_say_which_release_they_come_from(self, run: Run) -> None:
        pytest.importorskip("holidays")
        printed = run("calendar", "holidays", "--country", "DE", "--part", "BY", "--years", "2026").output
        assert printed.startswith("# DE, BY, by holidays ")
        assert "2026-01-06 = " in printed  # Epiphany is one in Bavaria
        refused = run("calendar", "holidays", "--country", "XX", "--years", "2026")
        assert isinstance(refused.exception, CalendarRefused)

    def test_need_their_package_only_here(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "holidays", None)
        refused = run("calendar", "holidays", "--country", "DE", "--years", "2026").exception
        assert "pip install 'firstline[calendars]', or give --ical" in str(refused)

    @pytest.mark.parametrize(
        "words",
        [
            ("--years", "2026"),
            ("--country", "DE", "--ical", __file__, "--years", "2026"),
            ("--country", "DE", "--years", "soon"),
            ("--country", "DE", "--years", "2026-2025"),
        ],
    )
    def test_are_asked_for_in_one_way(self, run: Run, words: tuple[str, ...]) -> None:
        assert run("calendar", "holidays", *words).exit_code == 2
