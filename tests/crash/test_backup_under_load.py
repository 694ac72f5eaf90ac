"""A backup taken while customers open tickets is one instant of the desk: nothing older is missing, nothing is torn."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from serving.storage.database import read_only
from tests.crash.killable_service import Customers, KillableService, assert_whole
from tests.crash.operation_history import OperationHistory
from tests.journeys.service import command
from tests.waiting import wait_until


def keys(history: OperationHistory, what: str) -> set[str]:
    """Return the keys of the tickets that were sent, or acknowledged, until now."""
    return {row["key"] for row in history.rows() if row["what"] == what}


def restored_keys(home: Path) -> set[str]:
    """Look at the restored file itself: it is whole, and each ticket has the receipt that was written with it."""
    with read_only(home / "firstline.db") as connection:
        assert_whole(connection)
        tickets = set(connection.scalars(sa.text("SELECT external_id FROM tickets")))
        receipts = set(connection.scalars(sa.text("SELECT key FROM receipts")))
    assert receipts == tickets
    return tickets


def assert_prefix(found: set[str]) -> None:
    """Insist that of each customer, who asks one thing after the other, all is there up to some point."""
    asked: dict[str, set[int]] = {}
    for key in found:
        customer, _, number = key.partition("-")
        asked.setdefault(customer, set()).add(int(number))
    for customer, numbers in asked.items():
        assert numbers == set(range(1, len(numbers) + 1)), customer


def back_up_and_look(service: KillableService, history: OperationHistory, times: int, folder: Path) -> None:
    service.start()
    customers = Customers(service, history)
    customers.start()
    wait_until(lambda: len(keys(history, "acknowledged")) > 10)
    for number in range(times):
        file, home = folder / f"{number}.tar.gz", folder / f"home-{number}"
        before = keys(history, "acknowledged")
        command(service.home, "firstline", "backup", str(file), **service.environment)
        after = keys(history, "sent")
        command(home, "firstline", "restore", str(file))

        found = restored_keys(home)
        assert before <= found, "acknowledged before the backup began, and not in it"
        assert found <= after, "sent after the backup ended, and in it"
        assert_prefix(found)
        print(f"{len(before)} acknowledged before, {len(found)} in the backup, {len(after)} sent until its end")
    wait_until(lambda: len(keys(history, "acknowledged")) > len(found), "the desk did not go on meanwhile")
    customers.stop()


def test_a_backup_under_load_holds_what_was_acknowledged_before_and_nothing_torn(
    service: KillableService, history: OperationHistory, tmp_path: Path
) -> None:
    back_up_and_look(service, history, 3, tmp_path)


@pytest.mark.deep
@pytest.mark.timeout(600)
def test_twenty_backups_under_load_hold_what_was_acknowledged_before_and_nothing_torn(
    service: KillableService, history: OperationHistory, tmp_path: Path
) -> None:
    back_up_and_look(service, history, 20, tmp_path)


def test_a_restored_home_serves_and_repeats_its_answers(
    service: KillableService, history: OperationHistory, tmp_path: Path
) -> None:
    """A customer who repeats a request under its key gets the ticket of before, from the restored service."""
    service.start()
    customers = Customers(service, history, threads=1)
    customers.start()
    wait_until(lambda: keys(history, "acknowledged"))
    customers.stop()
    command(service.home, "firstline", "backup", str(tmp_path / "desk.tar.gz"), **service.environment)
    service.close()
    command(tmp_path / "restored", "firstline", "restore", str(tmp_path / "desk.tar.gz"))

    again = KillableService(tmp_path / "restored")
    again.key = service.key
    try:
        again.start()
        repeats = Customers(again, history, threads=1)
        repeats.start()
        wait_until(lambda: len(history.acknowledged_by_key("ticket")["c0-1"]) > 1, "it was not repeated")
        repeats.stop()
    finally:
        again.close()

    answers = history.acknowledged_by_key("ticket")
    assert len(answers["c0-1"]) == 2
    assert answers["c0-1"][0]["body"] == answers["c0-1"][1]["body"]
