"""What operators see: health, readiness with reasons, metrics, logs without texts, watches that go on."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from serving.app import create_app
from serving.context import Context, Slice
from serving.http.auth import PUBLIC
from serving.jobs.periodic import PeriodicTask, Scheduler
from serving.settings import Settings
from serving.telemetry import JsonLines, Telemetry
from tests.fakes import MONDAY_MORNING, FrozenClock

Client = TestClient[Litestar]


@pytest.fixture
def log(clock: FrozenClock) -> Iterator[io.StringIO]:
    """Everything that any logger of the process writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(clock))
    root, ours = logging.getLogger(), logging.getLogger("firstline")
    before = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    ours.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(before[0])
    ours.setLevel(before[1])


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


class TestReadiness:
    def client(self, settings: Settings, **parts: Any) -> Client:
        return TestClient(create_app(settings, clock=FrozenClock(), compose=lambda _: [Slice(**parts)]))

    def test_says_what_is_missing_and_what_to_run(self, settings: Settings) -> None:
        with self.client(
            settings, checks={"models": lambda: "No model: run `make promote`.", "fine": lambda: None}
        ) as c:
            answer = c.get("/readyz")
        assert (answer.status_code, answer.json()) == (
            503,
            {"ready": False, "missing": {"models": "No model: run `make promote`."}, "notes": {}},
        )

    def test_is_not_lost_by_a_note(self, settings: Settings) -> None:
        with self.client(settings, notes={"models": lambda: "A bundle was refused."}) as client:
            answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (
            200,
            {"ready": True, "missing": {}, "notes": {"models": "A bundle was refused."}},
        )


class TestTheLifespan:
    def test_starts_in_order_and_stops_in_reverse(self, settings: Settings) -> None:
        did: list[str] = []
        slices = [
            Slice(start=lambda name=name: did.append(f"+{name}"), stop=lambda name=name: did.append(f"-{name}"))
            for name in "ab"
        ]
        with TestClient(create_app(settings, clock=FrozenClock(), compose=lambda _: slices)):
            assert did == ["+a", "+b"]
        assert did == ["+a", "+b", "-b", "-a"]

    def test_stops_what_did_start_when_a_later_part_cannot(self, settings: Settings) -> None:
        did: list[str] = []

        def refuse() -> None:
            raise LookupError

        slices = [Slice(stop=lambda: did.append("-a")), Slice(start=refuse)]
        app = create_app(settings, clock=FrozenClock(), compose=lambda _: slices)
        with pytest.raises(BaseExceptionGroup), TestClient(app):
            pass
        assert did == ["-a"]
        assert isinstance(app.state.start_error, LookupError)
        assert not app.state.context.database.is_open

    def test_opens_nothing_before_it_begins(self, settings: Settings) -> None:
        create_app(settings, clock=FrozenClock(), compose=lambda _: [])
        assert not settings.home.exists()


class TestLogs:
    def test_hold_ids_and_numbers_and_no_text_of_a_customer(self, desk_client: Client, log: io.StringIO) -> None:
        secret = {
            "subject": "Zyxwv subject",
            "description": "Zyxwv body",
            "email": "zyxwv@acme.example",
            "account": "zyxwv-account",
        }
        logging.getLogger("firstline").setLevel(logging.DEBUG)
        ticket = desk_client.post("/v1/tickets", json=secret).json()["id"]
        desk_client.post(f"/v1/tickets/{ticket}/replies", json={"text": "Zyxwv reply"})
        desk_client.post("/v1/tickets", json={**secret, "plan": "Zyxwv plan"})
        desk_client.get("/v1/tickets?cursor=zyxwv")
        ours = [line for line in lines(log) if line["logger"] == "firstline"]
        assert "zyxwv" not in json.dumps(ours).lower()
        assert any(line.get("ticket_id") == ticket and line["event"] == "ticket.opened" for line in ours)

    def test_of_an_error_name_the_place_and_not_the_message(self, settings: Settings, log: io.StringIO) -> None:
        @get("/broken", opt=PUBLIC, sync_to_thread=False)
        def broken() -> None:
            raise ValueError("Zyxwv in the message")

        app = create_app(settings, clock=FrozenClock(), compose=lambda _: [Slice(handlers=[broken])])
        with TestClient(app, raise_server_exceptions=False) as client:
            answer = client.get("/broken")
        assert answer.json() == {
            "type": "urn:firstline:problem:internal-error",
            "title": "Internal error",
            "status": 500,
            "detail": "Something broke on our side; the log has the cause under the X-Request-Id of this answer.",
            "instance": "/broken",
        }
        ours = [line for line in lines(log) if line["logger"] == "firstline"]
        failed = next(line for line in ours if line["event"] == "request.failed")
        assert (failed["error"], failed["request_id"]) == ("ValueError", answer.headers["x-request-id"])
        assert any("test_operations" in place for place in failed["where"])
        assert "zyxwv" not in json.dumps(ours).lower()


def test_metrics_count_requests_by_route_and_not_by_id(desk_client: Client) -> None:
    for ticket in ("tkt_1", "tkt_2"):
        desk_client.get(f"/v1/tickets/{ticket}")
    desk_client.get("/nowhere/tkt_3")
    told = desk_client.get("/metrics").text
    assert 'firstline_requests_total{method="GET",route="/v1/tickets/{ticket_id}",status="404"} 2.0' in told
    assert "tkt_" not in told


class TestWatches:
    def watches(self, *watches: PeriodicTask) -> tuple[Scheduler, Telemetry]:
        telemetry = Telemetry()
        return Scheduler(watches, FrozenClock(), telemetry), telemetry

    def test_repeat_with_the_instant_of_the_clock_until_they_are_stopped(self) -> None:
        rounds: list[datetime] = []
        thrice = threading.Event()

        def run(at: datetime) -> None:
            rounds.append(at)
            if len(rounds) == 3:
                thrice.set()

        watches, _ = self.watches(PeriodicTask("w", timedelta(milliseconds=1), run))
        watches.start()
        assert thrice.wait(60)
        watches.stop()
        done = len(rounds)
        assert set(rounds) == {MONDAY_MORNING}
        assert len(rounds) == done

    def test_count_an_error_and_go_on(self) -> None:
        def run(at: datetime) -> None:
            raise LookupError

        watch = PeriodicTask("w", timedelta(hours=1), run)
        watches, telemetry = self.watches(watch)
        watches.round(watch)
        watches.round(watch)
        assert telemetry.registry.get_sample_value("firstline_watch_faults_total", {"watch": "w"}) == 2

    def test_one_that_hangs_or_fails_holds_up_no_other_and_is_not_begun_twice(self) -> None:
        begun: list[str] = []
        hanging, failing, thrice = threading.Event(), threading.Event(), threading.Event()

        def hang(at: datetime) -> None:
            begun.append("hangs")
            assert hanging.wait(60)

        def fail(at: datetime) -> None:
            failing.set()
            raise LookupError

        def run(at: datetime) -> None:
            begun.append("runs")
            if begun.count("runs") == 3 and failing.wait(60):
                thrice.set()

        moment = timedelta(milliseconds=1)
        watches, _ = self.watches(
            PeriodicTask("h", moment, hang), PeriodicTask("f", moment, fail), PeriodicTask("w", 5 * moment, run)
        )
        watches.start()
        assert thrice.wait(60)
        assert begun.count("hangs") == 1
        assert [thread.name for thread in threading.enumerate()].count("watches") == 1
        hanging.set()
        watches.stop()

    def test_that_never_began_may_be_stopped(self) -> None:
        self.watches(PeriodicTask("w", timedelta(hours=1), lambda _: None))[0].stop()


class TestTheDescription:
    @pytest.fixture
    def schema(self, desk_client: Client) -> dict[str, Any]:
        return desk_client.get("/schema/openapi.json").json()

    def test_tells_every_problem_as_a_problem(self, schema: dict[str, Any]) -> None:
        told = schema["paths"]["/v1/tickets"]["post"]["responses"]
        assert {"201", "400", "401", "403", "408", "409", "413", "415", "422", "429", "503"} == set(told)
        assert all(list(told[status]["content"]) == ["application/problem+json"] for status in told if status != "201")

    def test_shows_what_to_send_by_example(self, schema: dict[str, Any]) -> None:
        fields = schema["components"]["schemas"]["TicketIn"]["properties"]
        assert fields["subject"]["examples"] == ["Export writes the wrong format"]
        assert schema["components"]["schemas"]["DeadlinesIn"]["properties"]["created_at"]["format"] == "date-time"

    def test_tells_what_a_created_ticket_looks_like(self, schema: dict[str, Any]) -> None:
        created = schema["paths"]["/v1/tickets"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
        assert created == {"$ref": "#/components/schemas/TicketOut"}

    def test_asks_for_a_key_except_where_none_is_needed(self, schema: dict[str, Any]) -> None:
        assert schema["security"] == [{"key": []}]
        assert schema["paths"]["/healthz"]["get"]["security"] == [{}]

    def test_tells_the_header_that_makes_a_repeat_safe(self, schema: dict[str, Any]) -> None:
        def has_it(path: str) -> bool:
            return "Idempotency-Key" in {each["name"] for each in schema["paths"][path]["post"].get("parameters", [])}

        posts = [path for path, operations in schema["paths"].items() if "post" in operations]
        stores_nothing = {"/v1/sla/deadlines", "/v1/tickets/{ticket_id}/draft-article"}
        assert {path for path in posts if not has_it(path)} == stores_nothing


def test_the_ground_is_one_for_all(desk_client: Client) -> None:
    assert isinstance(desk_client.app.state.context, Context)
