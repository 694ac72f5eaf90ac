"""Says why the browser tests did not run: a skip without its reason reads like a pass."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = [each for each in terminalreporter.stats.get("skipped", ()) if "tests/browser" in each.nodeid]
    for reason in sorted({each.longrepr[2] for each in skipped}):
        terminalreporter.write_line(f"The demo page was not tried in a browser. {reason}")
