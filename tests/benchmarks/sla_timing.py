"""How long deadlines take: `python -m tests.benchmarks.sla_timing`. Figures are printed and nothing is asserted.

Seconds are of the processor, so that a busy machine does not count against them.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from tests.builders import MONDAY, a_calendar, a_tag, a_ticket
from triage.sla import policy as sla_policy
from triage.sla.deadlines import deadlines, ticket_deadlines
from triage.tickets.attributes import Attributes
from triage.tickets.events import Fact

TICKETS, ROUNDS = 10_000, 5
A_CASE = Attributes(plan="premium", priority="P1")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def a_log(dice: random.Random) -> tuple[Fact, ...]:
    """Draw a usual life: tagged, answered, waiting for the customer, answered again, half of them resolved."""
    at = MONDAY + dice.randrange(365 * 24 * 60) * MINUTE
    ticket = a_ticket(at=at, plan=dice.choice(["free", "standard", "premium", "enterprise"]))
    ticket = ticket.tag({"priority": a_tag(dice.choice(["P0", "P1", "P2", "P3"]))}, at=at + MINUTE, by="model:1")
    ticket = ticket.reply("We look.", at=at + HOUR, by="agent:ana")
    ticket = ticket.transition("pending", at=at + 2 * HOUR, by="agent:ana")
    ticket = ticket.reply("Here it is.", at=at + 20 * HOUR, by="customer", author="customer")
    if dice.random() < 0.5:
        ticket = ticket.transition("resolved", at=at + 30 * HOUR, by="agent:ana")
    return ticket.events


def microseconds(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Give the best and the median of several rounds, for one call."""
    rounds = []
    for _ in range(ROUNDS):
        begins = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - begins) / times * 1e6)
    return min(rounds), statistics.median(rounds)


def main() -> None:
    policy, dice = sla_policy.default(), random.Random(5)
    berlin = a_calendar("Europe/Berlin", {"2026-12-25": []}, mon_fri=["09:00-12:00", "13:00-17:00"])
    logs = [a_log(dice) for _ in range(TICKETS)]
    for log in logs:
        ticket_deadlines(policy, log)  # warm the years
    berlin.after(MONDAY, 400 * HOUR)

    def all_of_them() -> None:
        for log in logs:
            _ = ticket_deadlines(policy, log).sla_deadline

    for name, work, times in (
        ("one deadline on a warm calendar: after()", lambda: berlin.after(MONDAY, 37 * HOUR), 20_000),
        ("four clocks of a new case: deadlines()", lambda: deadlines(policy, A_CASE, created_at=MONDAY), 5_000),
    ):
        best, median = microseconds(work, times)
        print(f"{name:45} {best:8.1f} us best, {median:8.1f} us median of {ROUNDS} rounds")
    best, median = microseconds(all_of_them, 1)
    print(f"{f'{TICKETS:,} tickets from their logs':45} {best / 1e6:8.2f} s  best, {median / 1e6:8.2f} s  median")


if __name__ == "__main__":
    main()
