"""Count the arms: which tickets followed a session, and the sums of each arm over its visitors."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from serving.reports.experiments.facts import ArmSession, Contact
from serving.reports.ladder import DURABLE_AFTER
from triage.experiments.arms import Arm, ArmSums, Unit


class Counted(NamedTuple):
    """The arms over sessions old enough, what is too young, and how many visitors were drawn."""

    arms: Mapping[Arm, ArmSums]
    young: Mapping[Arm, int]
    drawn: Mapping[Arm, int]
    switched: int  # visitors with sessions in both arms, who are in none


def count(sessions: Sequence[ArmSession], contacts: Iterable[Contact], at: datetime) -> Counted:
    """Count the arms of an experiment.

    Parameters
    ----------
    sessions
        Oldest first.
    contacts
        The tickets of the time from the first session on until a week after the last.
    at
        Now: a session younger than a week is in neither arm, as its ticket may still come.

    Returns
    -------
    Counted
    """
    arms: dict[object, set[Arm]] = defaultdict(set)
    for each in sessions:
        arms[each.unit].add(each.arm)
    kept = [each for each in sessions if len(arms[each.unit]) == 1]
    followed = _followed(kept, contacts)
    young = Counter[Arm]()
    units: dict[tuple[Arm, object], list[int]] = {}
    for each in kept:
        if each.created_at + DURABLE_AFTER > at:
            young[each.arm] += 1
        else:
            unit = units.setdefault((each.arm, each.unit), [0, 0])
            unit[0] += 1
            unit[1] += followed[each.id]
    by_arm: dict[Arm, list[Unit]] = {"bot": [], "holdout": []}
    for (arm, _), (asked, opened) in units.items():
        by_arm[arm].append(Unit(asked, opened))
    return Counted(
        arms={arm: ArmSums.of(some) for arm, some in by_arm.items()},
        young=young,
        drawn=Counter(next(iter(each)) for each in arms.values() if len(each) == 1),
        switched=sum(len(each) > 1 for each in arms.values()),
    )


def _followed(sessions: Sequence[ArmSession], contacts: Iterable[Contact]) -> Counter[str]:
    """Count the tickets of each session: each ticket once, for its own session, else for the customer's newest one."""
    own = {each.id: each for each in sessions}
    times: dict[object, list[datetime]] = defaultdict(list)
    found: dict[object, list[ArmSession]] = defaultdict(list)
    for each in sessions:
        for key in each.who.keys:
            times[key].append(each.created_at)
            found[key].append(each)
    followed = Counter[str]()
    for contact in contacts:
        session = own.get(contact.deflection_id or "")
        if session is None:
            keys = {*contact.who.keys, *contact.who._replace(account=contact.account).keys}
            places = [(key, bisect_right(times[key], contact.created_at)) for key in keys if key in times]
            before = [found[key][place - 1] for key, place in places if place]
            session = max(before, key=lambda each: (each.created_at, each.id), default=None)
        if session is not None and contact.created_at < session.created_at + DURABLE_AFTER:
            followed[session.id] += 1
    return followed
