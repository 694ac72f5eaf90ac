"""Logs, metrics and the console carry ids and counts: 200 made-up pieces of personal data go in, none comes out."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.app import create_app
from serving.composition import slices
from serving.context import Context
from serving.jobs.periodic import PeriodicTask, Scheduler
from serving.settings import Settings
from tests.fakes import FixedBundle, FrozenClock, HashingEncoder
from tests.personal_data import Seeded, seeded
from tests.serving.conftest import FixedModels, a_model
from triage.model.classifier import Prediction

pytestmark = pytest.mark.slow

Client = TestClient[Litestar]

QUOTING = "cannot read: {}"
PERSONAL = seeded(200, seed=11)


class QuotingBundle(FixedBundle):
    """Breaks, and says over which text: what a library does."""

    def predictions(self, texts: Sequence[str], states: Any) -> dict[str, Prediction]:
        raise ValueError(f"cannot predict {list(texts)!r}")


def use_every_route(client: Client, each: Seeded) -> set[int]:
    """Say it wherever something can be said, rightly and wrongly; return the statuses that were seen."""
    text, secret = each.text, each.secret
    key = {"Idempotency-Key": "".join(c for c in secret if " " <= c <= "~")[:200] or "k"}
    session = client.post("/v1/deflections", json={"question": text, "visitor": secret[:200], "account": secret[:200]})
    handed = f"/v1/deflections/{session.json().get('id')}"
    ticket = client.post(f"{handed}/ticket", json={"email": "a@b.example", "description": text}, headers=key)
    path = f"/v1/tickets/{ticket.json().get('id')}"
    answers = [
        session,
        ticket,
        client.post("/v1/tags", json={"subject": secret[:200], "description": text, "external_id": secret[:200]}),
        client.post("/v1/articles/search", json={"query": text}),
        client.post(f"{path}/replies", json={"text": text}),
        client.patch(path, json={"tags": {"category": secret}}, headers={"If-Match": "*"}),
        client.post(f"{path}/transitions", json={"to": secret}),
        client.post("/v1/tickets", json={"subject": text, secret: text}),
        client.post("/v1/tickets", json={"subject": text, "channel": secret, "plan": secret[:60]}),
        client.post(
            "/v1/tickets", content=f'{{"subject": "{secret}'.encode(), headers={"Content-Type": "application/json"}
        ),
        client.post("/v1/tickets", content=text.encode(), headers={"Content-Type": "application/json"}),
        client.post("/v1/tickets", json=[text]),
        client.get("/v1/tickets", params={"status": secret, "cursor": secret}),
        client.get("/v1/nothing-here", params={"q": text}),
        client.request("".join(c for c in secret if c.isalnum() and c.isascii())[:20] or "GETT", "/v1/tickets"),
        client.post("/v1/erasures", json={"email": secret[:100] + "@x"}),
    ]
    return {answer.status_code for answer in answers}


def leaks(said: str) -> list[str]:
    return [each.secret for each in PERSONAL if each.secret in said or ascii(each.secret)[1:-1] in said]


def test_nothing_personal_is_logged_printed_or_counted(
    knowing: Client, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    statuses = set().union(*(use_every_route(knowing, each) for each in PERSONAL))
    metrics = knowing.get("/metrics").text
    printed = "".join(capfd.readouterr())
    assert {200, 201, 400, 404} <= statuses
    assert 500 not in statuses
    assert log.getvalue().count('"event":"request"') > 3_000
    assert "firstline_requests" in metrics
    assert leaks(log.getvalue() + metrics + printed) == []


@pytest.fixture
def broken(settings: Settings, clock: FrozenClock, make_key: Callable[..., dict[str, str]]) -> Iterator[Client]:
    """A service whose model breaks at every text and quotes it."""

    def compose(context: Context) -> Any:
        model = a_model(HashingEncoder(), QuotingBundle())
        return slices(context, models=FixedModels(model, settings, clock, context.telemetry))

    with TestClient(create_app(settings, clock=clock, compose=compose), raise_server_exceptions=False) as client:
        client.headers.update(make_key("admin"))
        yield client


def test_an_error_that_quotes_a_customer_is_logged_by_its_class_and_place(broken: Client, log: io.StringIO) -> None:
    for each in PERSONAL:
        assert broken.post("/v1/tags", json={"subject": "", "description": each.text}).status_code == 500
        assert broken.post("/v1/tickets", json={"subject": "Export", "description": each.text}).status_code == 201
    assert log.getvalue().count('"error":"ValueError"') == 2 * len(PERSONAL)
    assert leaks(log.getvalue()) == []


def test_a_library_that_quotes_values_is_cut_short(log: io.StringIO, clock: FrozenClock, desk_app: Litestar) -> None:
    context: Context = desk_app.state.context

    def fail(_: object) -> None:
        raise RuntimeError(PERSONAL[0].text)

    watches = Scheduler([], clock, context.telemetry)
    for each in PERSONAL:
        logging.getLogger("asyncio").error("Exception in callback <Handle run('%s')>", each.text)
        logging.getLogger("sqlalchemy.pool").warning("statement failed: [parameters: (%r)]", each.text)
        logging.getLogger("any").error(QUOTING.format(each.text), exc_info=ValueError(each.text))
    watches.round(PeriodicTask("failing", timedelta(seconds=1), fail))
    assert '"event":"Exception in callback"' in log.getvalue()
    assert leaks(log.getvalue()) == []
