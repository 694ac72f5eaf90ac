"""How sessions end, over HTTP: each of the ends is reached, and silence only once the channel's time is over."""

from __future__ import annotations

from typing import Any

from tests.fakes import FrozenClock
from tests.serving.reports.test_numbers import HOUR, Client, report


def test_every_end_is_reached(knowing: Client, clock: FrozenClock) -> None:
    """Six visitors end in six ways; who came back is silent after the second question."""

    def ask(visitor: str, question: str = "reset your password", **fields: Any) -> str:
        sent = {"question": question, "visitor": visitor, "channel": "chat", **fields}
        return f"/v1/deflections/{knowing.post('/v1/deflections', json=sent).json()['id']}"

    knowing.post(f"{ask('a')}/outcome", json={"outcome": "confirmed"})
    ask("b")
    knowing.post(f"{ask('c')}/outcome", json={"outcome": "abandoned"})
    ask("d")
    knowing.post(f"{ask('e')}/ticket", json={"email": "kim@example.com"})
    ask("f", human_requested=True)
    clock.advance(2 * HOUR)
    ask("d", "why is my CSV export empty")
    clock.advance(20 * HOUR)
    young = {"confirmed": 1, "abandoned": 1, "recontacted": 1, "escalated": 1, "human_requested": 1, "too_young": 2}
    assert ends(knowing) == young
    clock.advance(4 * HOUR)  # the day of a chat is over
    assert ends(knowing) == {name: n for name, n in young.items() if name != "too_young"} | {"silent": 2}


def ends(client: Client) -> dict[str, int]:
    return {each["end"]: each["count"] for each in report(client, "deflection")["ends"] if each["count"]}
