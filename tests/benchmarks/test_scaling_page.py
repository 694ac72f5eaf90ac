"""docs/scaling.md shows what its command prints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.benchmarks.scaling import MEASURED, tables

PAGE = (Path(__file__).parents[2] / "docs/scaling.md").read_text(encoding="utf-8")


def test_the_page_holds_the_tables_and_the_costs_that_they_come_from() -> None:
    for table in tables(MEASURED).split("\n\n"):
        assert table in PAGE
    for what, cost in (("tag_ms", MEASURED.tag_ms), ("tag_bare_ms", MEASURED.tag_bare_ms), ("bulk", MEASURED.bulk_ms)):
        assert f"| {cost} |" in PAGE, what


def test_the_tables_follow_the_costs() -> None:
    # 10^6 tickets of 3.6 ms are an hour of a core: half of it on two; on 100 the process that feeds them is slower,
    # with 0.36 ms a ticket 6 minutes, and 36 s to start
    costs = replace(
        MEASURED, bulk_ms=3.6, feed_ms=0.36, start_s=36, second_worker=1, second_worker_dask=1, output_bytes=1024
    )
    assert "| 10^6 | 1 | 30 min | 7 min | under $1 | 977 MiB | 7 days |" in tables(costs)
    # 100 a second of 18 ms are 1.8 cores, at most 60 % busy: three; 3 x 0.04 x 730 = $87.6, and 3 x 240 MiB x $3 = $2.1
    assert "| 100 | 3 | 720 MiB | $90 |" in tables(replace(costs, tag_ms=18))
