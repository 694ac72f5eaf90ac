"""The schedule is the one that the documentation publishes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from serving.tickets.announcing import TYPES
from serving.webhooks import schedule
from serving.webhooks.signing import signed

DOCS = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
UNITS = {"s": 1, "min": 60, "h": 3600}
AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_the_documentation_has_the_schedule() -> None:
    rows = re.findall(r"^\| \d+ \| (\d+) (s|min|h) \|$", DOCS, flags=re.MULTILINE)
    assert tuple(timedelta(seconds=int(number) * UNITS[unit]) for number, unit in rows) == schedule.DELAYS


def test_the_whole_takes_three_days_and_some_hours() -> None:
    assert sum(schedule.DELAYS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert schedule.POLICY.attempts == 10


def test_the_documentation_has_the_numbers_and_every_type() -> None:
    numbers = (
        f"within {schedule.TIMEOUT.seconds} seconds",
        f"After {schedule.BREAKS_AFTER} failures",
        f"At most {schedule.IN_FLIGHT} attempts",
        f"kept for {schedule.KEPT.days} days",
    )
    assert [text for text in (*numbers, *TYPES.values()) if text not in DOCS] == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("99999999999999999999", 86_400),
        ("Mon, 02 Mar 2026 10:05:00 GMT", 300),
        ("Mon, 02 Mar 2026 09:00:00 GMT", 0),
        ("-5", None),
        ("soon", None),
        ("Mon, 02 Mar 2026 10:05:00", None),
        ("", None),
    ],
)
def test_a_retry_after_is_bounded_and_may_be_nonsense(text: str, seconds: int | None) -> None:
    wait = schedule.retry_after(text, AT)
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_a_signature_is_that_of_the_published_vector() -> None:
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        signers=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        at=datetime.fromtimestamp(1614265330, UTC),
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
