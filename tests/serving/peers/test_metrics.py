"""The metrics of several workers: counters are added and never fall, gauges are those of the living."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.peers import metrics
from serving.peers.metrics import SharedMetrics
from serving.telemetry import Telemetry


class Worker:
    def __init__(self, folder: Path, number: int) -> None:
        self.telemetry, self.shared = Telemetry(), SharedMetrics(folder, number)

    def serve(self, requests: int) -> None:
        for _ in range(requests):
            self.telemetry.requests.labels("GET", "/x", "200").inc()
            self.telemetry.seconds.labels("/x").observe(0.02)

    def told(self) -> dict[str, float]:
        text = self.shared.text(self.telemetry.registry).decode()
        samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
        return {name: value for name, labels, value, *_ in samples if labels.get("le", "0.025") == "0.025"}


def test_whoever_is_asked_tells_of_all(tmp_path: Path) -> None:
    one, other = Worker(tmp_path, 1), Worker(tmp_path, 2)
    one.serve(2)
    other.serve(3)
    one.telemetry.overdue.set(7)
    other.shared.leave(other.telemetry.registry)
    told = one.told()
    assert told["firstline_requests_total"] == 5
    assert told["firstline_request_seconds_bucket"] == told["firstline_request_seconds_count"] == 5
    assert told["firstline_tickets_overdue"] == 7
    assert other.told() == told


def test_a_worker_that_ended_leaves_its_counters_and_takes_its_gauges(tmp_path: Path) -> None:
    one = Worker(tmp_path, 1)
    for number in range(2, 5):
        dead = Worker(tmp_path, number)
        dead.serve(10)
        dead.telemetry.overdue.set(7)
        dead.shared.leave(dead.telemetry.registry)
        dead.shared.end()
    Worker(tmp_path, 9).shared.end()  # one that left nothing
    one.serve(1)
    told = one.told()
    assert told["firstline_requests_total"] == told["firstline_request_seconds_count"] == 31
    assert told["firstline_tickets_overdue"] == 0
    assert len(list(tmp_path.glob("*.metrics"))) == 2


def test_one_that_hangs_with_the_lock_makes_nobody_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_TRIES", 3)
    one = Worker(tmp_path, 1)
    one.serve(2)
    with (tmp_path / "metrics.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert one.told()["firstline_requests_total"] == 2
