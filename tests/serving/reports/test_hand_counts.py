"""Random weeks of a desk, and every figure of the reports counted again by hand from what is stored."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from serving.inference.loaded_model import LoadedModel
from serving.settings import Settings
from serving.storage.tables import deflections, ticket_events
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.conftest import ARTICLES, Client, a_model, take_in
from tests.serving.console.conftest import HERE, Console
from tests.serving.deflections.test_offered_articles import KETTLE, UNSURE
from tests.serving.reports import hand_count as by_hand
from tests.serving.reports.hand_count import DAY, HOUR, Pair, Row
from tests.serving.reports.random_desk import Desk
from tests.serving.reports.test_numbers import report

BEGIN = datetime(2026, 3, 25, 7, 0, 7, tzinfo=UTC)  # the Wednesday before the clocks change; odd seconds
STEPS = 140


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(BEGIN)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """A desk in Berlin."""
    policies = tmp_path / "policies"
    policies.mkdir()
    shipped = resources.files("triage").joinpath("policies/default.toml").read_text(encoding="utf-8")
    assert 'zone = "UTC"' in shipped
    (policies / "sla.toml").write_text(shipped.replace('zone = "UTC"', 'zone = "Europe/Berlin"'), encoding="utf-8")
    return replace(settings, policies=policies)


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel | None:
    return a_model(encoder, answerability=UNSURE)


@dataclass
class Counted:
    """What is stored, read as rows."""

    sessions: list[Row]
    tickets: list[Row]
    now: datetime

    def asked(self, since: datetime, until: datetime) -> list[Row]:
        return [
            each
            for each in self.sessions
            if since <= each["created_at"] < until and each["eligible"] and each["decision"] != "holdout"
        ]

    def ladder(self, some: list[Row]) -> dict[str, Pair]:
        return by_hand.ladder(by_hand.rungs_of(each, self.sessions, self.tickets, self.now) for each in some)

    def when(self, moment: str, since: datetime, until: datetime) -> list[Row]:
        return [each for each in self.tickets if each[moment] is not None and since <= each[moment] < until]


def counted(client: Client, now: datetime) -> Counted:
    def read(connection: sa.Connection) -> tuple[list[Row], list[Row]]:
        sessions = connection.execute(sa.select(deflections)).mappings()
        ordered = sa.select(ticket_events).order_by(ticket_events.c.ticket_id, ticket_events.c.number)
        return [dict(row) for row in sessions], [dict(row) for row in connection.execute(ordered).mappings()]

    sessions, events = client.app.state.context.database.read(read)
    lives = groupby(events, key=itemgetter("ticket_id"))
    return Counted(sessions, [by_hand.ticket_of(list(life), now) for _, life in lives], now)


@pytest.fixture(params=[1, 2])
def desk(request: pytest.FixtureRequest, client: Client, clock: FrozenClock) -> Desk:
    """Some weeks of a desk, each time others."""
    take_in(client, [KETTLE, *ARTICLES])
    desk = Desk(client, clock, random.Random(request.param), [], [])
    for _ in range(STEPS):
        desk.step()
    clock.advance(HOUR)
    return desk


def windows(desk: Desk) -> list[tuple[datetime, datetime]]:
    """Return the whole time, days of the desk (one of them has 23 hours), times at random, and one without anything."""
    end, dice = desk.clock.now(), desk.dice
    days = [by_hand.local((BEGIN + n * DAY).date(), 0) for n in (0, 4, 5, 9)]
    some = [BEGIN + dice.random() * (end - BEGIN) for _ in range(3)]
    cut = [(each.replace(microsecond=0), min(each + dice.randrange(1, 300) * HOUR, end)) for each in some]
    return [(BEGIN - 3 * DAY, end), *((day, day + DAY) for day in days), *cut, (BEGIN - 60 * DAY, BEGIN - 50 * DAY)]


def pairs(rungs: list[Any]) -> dict[str, Pair]:
    return {each["id"]: (each["count"], each["figure"]["n"]) for each in rungs}


def test_the_ladder_and_its_groups_are_those_of_a_hand_count(desk: Desk) -> None:
    found = counted(desk.client, desk.clock.now())
    assert {each["decision"] for each in found.sessions} == {"answer", "clarify", "hand_off"}
    for since, until in windows(desk):
        asked = found.asked(since, until)
        for by, names in by_hand.GROUPS.items():
            said = report(desk.client, "deflection", since=since.isoformat(), until=until.isoformat(), by=by)
            assert pairs(said["rungs"]) == found.ladder(asked)
            groups = {each["key"]: pairs(each["rungs"]) for each in said["groups"]}
            keys = {name for each in asked for name in names(each)}
            assert groups == {key: found.ladder([each for each in asked if key in names(each)]) for key in keys}
        for each in said["rungs"]:
            count = each["count"], each["figure"]["n"]
            assert (each["figure"]["value"], each["figure"]["interval"]) == (
                by_hand.share(count),
                by_hand.wilson(count),
            )
        offers = [each for each in asked if each["article_offered"]]
        helped = sum(each["outcome"] == "confirmed" for each in offers), len(offers)
        assert said["offered"]["count"] == len(offers)
        assert said["offered"]["figure"]["value"] == by_hand.share((len(offers), len(asked)))
        assert said["offered"]["confirmed"]["value"] == by_hand.share(helped)
        ends = {each["end"]: each["count"] for each in said["ends"]}
        assert sum(ends.values()) == len(asked)
        assert ends["escalated"] + ends["human_requested"] == sum(map(by_hand.to_person, asked))


def test_the_weeks_of_the_ladder_are_those_of_a_hand_count(desk: Desk) -> None:
    found, end = counted(desk.client, desk.clock.now()), desk.clock.now()
    said = report(desk.client, "deflection", since=(end - 28 * DAY).isoformat(), by="week")
    for week, trend in zip(said["groups"], said["trend"], strict=True):
        begin = datetime.fromisoformat(week["key"]).replace(tzinfo=UTC)
        expected = found.ladder(found.asked(begin, min(begin + 7 * DAY, end)))
        assert pairs(week["rungs"]) == expected
        assert (trend["figure"]["value"], trend["figure"]["n"]) == (
            by_hand.share(expected["durable"]),
            expected["durable"][1],
        )


def test_the_kpis_are_those_of_a_hand_count(desk: Desk) -> None:
    found = counted(desk.client, desk.clock.now())
    for since, until in windows(desk):
        said = report(desk.client, "kpis", since=since.isoformat(), until=until.isoformat())
        figures = {
            (kpi["id"], part): (figure["value"], figure["n"])
            for kpi in [*said["kpis"], *said["beside"]]
            for part, figure in [("", kpi["figure"]), *((each["id"], each["figure"]) for each in kpi["parts"])]
        }
        expected = {**times(found, since, until), **shares(found, since, until), **now(found)}
        assert {name: figures.get(name) for name in expected} == expected, (since, until)


def times(found: Counted, since: datetime, until: datetime) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Count first responses and resolutions."""
    figures = {}
    for kpi, moment in (("first_response", "first"), ("resolution", "solved")):
        some = found.when(moment, since, until)
        spent = [by_hand.work(each, moment) for each in some]
        clocked = [(each[moment] - each["born"]).total_seconds() for each in some]
        for part, values, q in (("", spent, 0.5), ("p90", spent, 0.9), ("calendar_p50", clocked, 0.5)):
            figures[kpi, part] = by_hand.rank(values, q), len(values)
        if kpi == "first_response":
            for channel in {each["channel"] for each in some}:
                own = [by_hand.work(each, moment) for each in some if each["channel"] == channel]
                figures[kpi, f"channel.{channel}"] = by_hand.rank(own, 0.5), len(own)
    return figures


def shares(found: Counted, since: datetime, until: datetime) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Count what is a share of tickets or sessions."""
    opened, solved = found.when("born", since, until), found.when("solved", since, until)
    asked = found.asked(since, until)
    ratings = [each["csat"] for each in solved if each["csat"] is not None]
    settled = [each for each in solved if each["solved"] <= found.now - 7 * DAY]
    at_once = [each for each in settled if each["replies"] == 1 and not each["reopens"]]
    modes = [mode for each in opened for mode in each["heads"].values()]
    shown = [each for each in asked if each["decision"] in ("answer", "clarify")]
    rated = [each["outcome"] for each in asked if each["decision"] == "answer" and each["outcome"] != "abandoned"]
    said = [each for each in rated if each is not None]
    counts = {
        ("csat", ""): (sum(each >= 4 for each in ratings), len(ratings)),
        ("first_contact_resolution", ""): (len(at_once), len(settled)),
        ("sla_compliance", ""): by_hand.compliance(opened, "contract", found.now),
        ("sla_compliance", "targets"): by_hand.compliance(opened, "target", found.now),
        ("automation", ""): (modes.count("auto"), len(modes)),
        ("search_success", ""): (len(shown), len(asked)),
        ("helpfulness", ""): (said.count("confirmed"), len(said)),
        ("deflection", ""): found.ladder(asked)["durable"],
    }
    missed: dict[tuple[str, str], tuple[float | None, int]] = {
        ("no_result", ""): (len(asked) - len(shown) if asked else None, len(asked))
    }
    return missed | {name: (by_hand.share(pair), pair[1]) for name, pair in counts.items()}


def now(found: Counted) -> dict[tuple[str, str], tuple[float | None, int]]:
    """Count what is open and what is late."""
    waiting = [each for each in found.tickets if each["status"] in ("open", "pending")]
    late = [each for each in waiting if is_late(each, found.now)]
    n = len(waiting)
    return {("open", ""): (n, n), ("breached", ""): (len(late), n), ("sla_compliance", "breached"): (len(late), n)}


def is_late(ticket: Row, at: datetime) -> bool:
    """Tell whether a deadline is past that nothing has stopped; one that was past before a pause stays so."""
    cells = [*by_hand.CONTRACT[ticket["plan"]]]
    cells += [(*each, by_hand.SUPPORT[ticket["plan"]]) for each in by_hand.TARGETS if ticket["priority"]]
    waits = [each for each in cells if each[0] == "resolution" or ticket["answered"] is None]
    return any(by_hand.clock(ticket, *cell, at) == "missed" for cell in waits)


@pytest.mark.parametrize("name", ["kpis", "deflection"])
def test_the_csv_has_the_same_figures(desk: Desk, name: str) -> None:
    since, until = BEGIN, desk.clock.now() - DAY
    asked = {"since": since.isoformat(), "until": until.isoformat()}
    said = report(desk.client, name, **asked)
    text = desk.client.get(f"/v1/reports/{name}", params={**asked, "format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    cells = [(row["value"], row["n"]) for row in rows if not row["week"]]
    figures = [each["figure"] for each in said.get("rungs", [])]
    for kpi in [*said.get("kpis", []), *said.get("beside", [])]:
        figures += [kpi["figure"], *(each["figure"] for each in kpi["parts"])]
    assert [(float(value) if value else None, int(n)) for value, n in cells] == [
        (each["value"], each["n"]) for each in figures
    ]


def test_the_console_shows_the_same_figures(desk: Desk, make_key: Callable[..., dict[str, str]]) -> None:
    end = desk.clock.now()
    since = (end - 28 * DAY).replace(hour=0, minute=0, second=0)
    found = counted(desk.client, end)
    key = make_key("agent", name="Ann")["Authorization"].removeprefix("Bearer ")
    assert desk.client.post("/sign-in", data={"key": key}, headers=HERE).status_code == 200
    page = Console(desk.client).get("/reports/deflection?by=channel&days=28")
    for key, some in {"All": None, "chat": "chat", "email": "email", "web": "web"}.items():
        asked = [each for each in found.asked(since, end) if some is None or each["channel"] == some]
        expected = found.ladder(asked)
        row = re.search(rf"<tr><th scope=\"row\">(?:<bdi>)?{key}(?:</bdi>)?</th>(.*?)</tr>", page)
        assert row is not None, key
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row[1])
        shares = [by_hand.share(expected[rung]) for rung in list(expected)[1:]]
        assert cells[0] == f"{expected['eligible'][0]}"
        assert cells[1:6] == ["–" if each is None else f"{100 * each:.3g}\xa0%" for each in shares]
        assert cells[7] == f"{expected['durable'][1]}"
