"""A burst becomes a proposal, once; what is no incident does not."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import sqlalchemy as sa

from retrieval.encoder.encoder import Encoder
from serving.erasure import ErasureSubject, ErasureTrail
from serving.storage.job_tables import outbox_events
from serving.surges import store
from serving.surges.erasing import erase
from tests.conftest import on_both_engines
from tests.serving.surges.conftest import CHECKOUT, MINUTE, PATH, SurgeDesk
from triage.surges.scan import Found

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAMPLE = Path(__file__).parents[3] / "datasets" / "sample" / "tickets.jsonl.gz"
LATER = timedelta(weeks=26)  # the sample's outage is then on 18 March 2026, a Wednesday, too


def test_the_outage_of_the_sample_is_proposed_within_the_hour(surges: SurgeDesk) -> None:
    with gzip.open(SAMPLE, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    began = datetime(2025, 9, 17, 9, 44, tzinfo=UTC) + LATER
    for row in rows:
        at = datetime.fromisoformat(row["created_at"]) + LATER
        if not began - timedelta(weeks=6) < at < began + HOUR:
            continue
        labels = {head: row[head] for head in ("product_area", "priority") if row.get(head)}
        surges.open(f"{row.get('subject')}\n{row['description']}", row.get("account") or row["id"], at, labels=labels)
    surges.clock.advance(began - surges.clock.now())
    while not (found := surges.look()):
        assert surges.clock.now() < began + HOUR
    (proposal,) = found
    assert surges.clock.now() < began + HOUR / 2
    assert proposal["priority"] == "P0"
    assert proposal["began_at"] >= began.isoformat()[:16]
    surges.look(began + HOUR - surges.clock.now())
    (grown,) = surges.proposals()
    assert grown["tickets"] > proposal["tickets"]
    assert grown["tickets"] >= 20


@on_both_engines
def test_a_burst_is_proposed_once_with_its_tickets_and_common_words(surges: SurgeDesk) -> None:
    surges.live()
    other = surges.open("How do I add a colleague to our workspace?", "usual-now")
    tickets = surges.burst()
    (proposal,) = surges.look()
    for _ in range(3):
        surges.look()
    (again,) = surges.proposals()
    assert again["id"] == proposal["id"]
    assert {"checkout", "error"} <= set(proposal["words"])
    found = surges.client.get(f"/v1/reports/incidents/{proposal['id']}").json()
    assert found["ticket_ids"] == tickets
    assert other not in found["ticket_ids"]
    assert (proposal["senders"], proposal["tickets"], proposal["state"]) == (12, 12, "open")
    counted = proposal["counted"]
    assert counted["n"] > counted["usual_most"] >= counted["expected"]
    assert counted["p_value"] < 1e-4


def test_proposals_are_listed_as_csv(surges: SurgeDesk) -> None:
    surges.live()
    surges.burst()
    (proposal,) = surges.look()
    written = surges.client.get(f"{PATH}?format=csv")
    assert written.headers["content-disposition"] == 'attachment; filename="incidents.csv"'
    (row,) = csv.DictReader(io.StringIO(written.text))
    assert (row["id"], row["tickets"], row["words"]) == (proposal["id"], "12", " ".join(proposal["words"]))
    assert (row["n"], row["ended_at"]) == (str(proposal["counted"]["n"]), "")


def test_the_event_has_ids_and_counts_and_no_text(surges: SurgeDesk) -> None:
    surges.live()
    tickets = surges.burst()
    (proposal,) = surges.look()
    asked = sa.select(outbox_events.c.data).where(outbox_events.c.type == "incident.proposed")
    (data,) = surges.context.database.read(lambda connection: list(connection.scalars(asked)))
    assert (data["id"], data["tickets"], data["senders"]) == (proposal["id"], tickets, 12)
    assert "checkout" not in json.dumps(data)


def test_a_burst_grows_ends_and_goes_on(surges: SurgeDesk) -> None:
    surges.live()
    surges.burst()
    (proposal,) = surges.look()
    surges.burst(senders=3)
    assert [each["tickets"] for each in surges.look()] == [15]
    (ended,) = surges.look(4 * HOUR)
    assert ended["ended_at"] is not None
    surges.burst(senders=6)
    (resumed,) = surges.look()
    assert (resumed["id"], resumed["ended_at"], resumed["tickets"]) == (proposal["id"], None, 21)


def test_the_same_problem_within_an_ordinary_number_of_tickets_is_found(surges: SurgeDesk) -> None:
    surges.live(every=timedelta(minutes=40))
    surges.clock.advance(4 * HOUR)
    surges.burst(senders=8)
    (proposal,) = surges.look()
    assert "checkout" in proposal["words"]


def test_one_person_who_writes_thirty_times_is_no_incident(surges: SurgeDesk) -> None:
    surges.live()
    for number in range(30):
        surges.clock.advance(MINUTE)
        surges.open(CHECKOUT[number % 4].format(number), "angry")
        surges.look(timedelta(0))
    assert surges.proposals() == []


def test_a_wave_of_spam_is_none_and_hides_no_incident(surges: SurgeDesk) -> None:
    surges.live()
    wave = (
        "Hello friend, earn 5000 dollars weekly from home, register at http://gold-profit.example/{0} today",
        "Hi friend, earn 9000 dollars weekly from home, register at http://gold-profit.example/{0} now",
    )
    surges.burst(wave, senders=40)
    assert surges.look() == []
    tickets = surges.burst(senders=12)
    (proposal,) = surges.look()
    assert surges.client.get(f"/v1/reports/incidents/{proposal['id']}").json()["ticket_ids"] == tickets


def test_an_error_that_many_paste_is_an_incident(surges: SurgeDesk) -> None:
    surges.live()
    surges.burst(("The app says: service unavailable, try again later",), senders=12)
    assert len(surges.look()) == 1


def test_monday_morning_after_a_quiet_weekend_is_no_incident(surges: SurgeDesk) -> None:
    start = surges.clock.now().replace(hour=0) - timedelta(weeks=5)
    for day in range(35):
        at = start + day * DAY
        for number in range(10 if at.weekday() < 5 else 1):
            text = ("Question {0} about reports", "Invoice {0} is wrong", "Import {0} is slow", "Colour of page {0}")
            surges.open(
                text[number % 4].format(number), f"u{day}-{number}", at + timedelta(hours=9, minutes=6 * number)
            )
    monday = surges.clock.now().replace(hour=9)
    surges.clock.advance(monday - surges.clock.now())
    for number in range(10):
        surges.open(("Question about reports", "Invoice is wrong", "Import is slow")[number % 3], f"m{number}")
        assert surges.look(6 * MINUTE) == []


def test_mails_of_machines_are_not_counted(surges: SurgeDesk) -> None:
    surges.live()
    for number in range(20):
        surges.clock.advance(MINUTE)
        surges.open("I am out of the office until Monday.", f"away{number}", headers={"auto-submitted": "auto-replied"})
    assert surges.look() == []


def test_a_new_desk_is_silent_until_something_is_unusual_even_there(surges: SurgeDesk) -> None:
    for number in range(40):
        surges.open(f"Question {number} about this and that number {number}", f"new{number}")
        assert surges.look(5 * MINUTE) == []


def test_whoever_comes_second_proposes_nothing(surges: SurgeDesk) -> None:
    surges.live()
    surges.burst()
    at = surges.clock.advance(MINUTE)
    first = surges.another_watch().look(at)
    assert first is not None
    (burst,) = first.bursts
    assert surges.context.database.write(lambda connection: store.propose(connection, burst, at)) is None
    assert surges.another_watch().look(at) == Found((), {}, frozenset())
    assert len(surges.proposals()) == 1


def test_an_erased_customer_leaves_no_words(surges: SurgeDesk) -> None:
    surges.live()
    tickets = surges.burst()
    surges.look()
    trail = ErasureTrail(ErasureSubject(ticket=tickets[0]), tickets={tickets[0]})
    surges.context.database.write(lambda connection: erase(connection, trail))
    (proposal,) = surges.proposals()
    assert (proposal["words"], proposal["counted"]["name"], trail.counts["incident_proposals"]) == ([], None, 1)


class ByTheme:
    """An encoder that knows what a text is about by its first word, and nothing of the others."""

    fingerprint = "themes"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        drawn = [np.random.default_rng(list(text.split()[0].encode())).normal(size=16) for text in texts]
        return np.stack([each / np.linalg.norm(each) for each in drawn]).astype(np.float32)


def test_two_outages_at_once_in_everybodys_own_words_are_two_proposals(surges: SurgeDesk) -> None:
    surges.encoder = cast("Encoder", ByTheme())
    at = surges.clock.now() - 3 * 7 * DAY
    for number in range(300):
        surges.open(f"usual{number} something ordinary", f"usual{number}", at + number * timedelta(minutes=90))
    for _ in range(2):  # in which the usual tickets are encoded
        assert surges.look() == []
    for number in range(24):
        theme, at = ("login", "mail")[number % 2], surges.clock.advance(3 * MINUTE)
        surges.open(f"{theme} {chr(97 + number) * 5}", f"kim{number}", at, labels={"priority": "P1"})
    found = surges.look()
    tickets = [surges.client.get(f"{PATH}/{each['id']}").json()["ticket_ids"] for each in found]
    themes = [{surges.ticket(ticket)["description"].split()[0] for ticket in ids} for ids in tickets]
    assert sorted(themes, key=str) == [{"login"}, {"mail"}]
    assert {each["counted"]["kind"] for each in found} == {"near"}
