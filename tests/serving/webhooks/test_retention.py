"""After thirty days what was told is forgotten; what still waits is not."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from serving.storage.database import Database
from serving.storage.job_tables import outbox_events, webhook_attempts, webhook_deliveries
from serving.webhooks import schedule, store
from tests.conftest import on_both_engines
from tests.serving.webhooks.conftest import Scene
from tests.serving.webhooks.receiver import Receiver, answers

DAY = timedelta(days=1)


@on_both_engines
def test_deliveries_attempts_and_events_go_after_thirty_days_but_for_what_waits_and_the_last_number(
    scene: Scene, receiver: Receiver, other: Receiver
) -> None:
    told, waits = scene.subscribe(receiver.url, "ticket.created"), scene.subscribe(other.url, "ticket.tagged")
    other.behaviour = answers(503, "Retry-After: 86400")
    scene.open()
    scene.work()
    database: Database = scene.client.app.state.context.database

    def forget() -> None:
        database.write(lambda connection: store.forget(connection, scene.clock.now() - schedule.KEPT))

    def left(column: sa.Column[str]) -> list[str]:
        return list(database.read(lambda connection: connection.scalars(sa.select(column).order_by(column)).all()))

    scene.clock.advance(30 * DAY)
    forget()
    assert len(left(webhook_deliveries.c.id)) == 2, "thirty days are not over"
    scene.clock.advance(timedelta(seconds=1))
    forget()
    assert scene.deliveries(told) == []
    assert [delivery["state"] for delivery in scene.deliveries(waits)] == ["waiting"]
    assert left(webhook_attempts.c.delivery_id) == left(webhook_deliveries.c.id)
    assert left(outbox_events.c.type) == ["ticket.routed", "ticket.tagged"], "one is still to be told, one is the last"
