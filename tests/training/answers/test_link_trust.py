"""How far links in closed tickets are believed."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from retrieval.answering.learning.link_trust import FEWEST_CASES, UNKNOWN
from retrieval.answering.learning.readings import ALIKE, BLOCK, MOST_READ, READING, UNLIKE, readings
from retrieval.articles.article import Article
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from training.answers.link_trust import LinkedTicket, LinkTrust, specific
from triage.tickets.closed_ticket import ClosedTicket

TOPICS = ("invoice", "password", "export", "webhook")
ENCODER = HashingEncoder()


def case(number: int, *extra: str) -> LinkedTicket:
    """A ticket on one of four topics that names the topic's article and some others."""
    topic = TOPICS[number % 4]
    text = f"{topic} trouble number{number} with {topic}"
    ticket = ClosedTicket(id=f"t{number}", subject=text, kb_article_ids=(topic, *extra))
    return LinkedTicket(ticket, ENCODER.encode([text])[0], number)


def desk(count: int) -> list[LinkedTicket]:
    """Every second ticket names the first step that everybody is told."""
    return [case(number, *(["restart"] if number // 4 % 2 else [])) for number in range(count)]


def test_an_article_that_is_named_whatever_was_asked_is_hardly_believed() -> None:
    found = specific(desk(FEWEST_CASES))

    assert found["restart"] < 0.15
    assert min(found[topic] for topic in TOPICS) > 0.5


def test_a_small_desk_believes_every_article_alike() -> None:
    assert set(specific(desk(FEWEST_CASES - 1)).values()) == {1.0}


def test_an_article_named_once_is_neither_believed_nor_doubted() -> None:
    assert specific([*desk(FEWEST_CASES), case(1, "rare")])["rare"] == UNKNOWN


def test_a_doubted_link_still_has_a_small_vote_and_teaches_less_than_it_votes() -> None:
    index = build([Article(id=each, title=each, body=each) for each in (*TOPICS, "restart")], ENCODER)
    cases = desk(FEWEST_CASES)

    belief = LinkTrust.of(index, cases)

    named = next(each for each in cases if "restart" in each.ticket.kb_article_ids)
    topic_vote, step_vote = belief.votes[named.ticket.id]
    assert topic_vote > 3 * step_vote > 0
    for votes, taught in zip(belief.votes.values(), belief.taught.values(), strict=True):
        assert (np.array(taught) <= np.array(votes)).all()


def test_a_resolution_reads_like_the_article_that_says_the_same() -> None:
    subjects = [*TOPICS, *(f"topic{number}" for number in range(20))]
    articles = [Article(id=each, title=each, body=f"Everything on {each} stands here.") for each in subjects]
    index = build(articles, ENCODER)
    said = ENCODER.encode(["export everything on export stands here", "zebra crossing the street"])

    told, foreign, untold = readings(index, np.stack([*said, np.zeros(ENCODER.dim, np.float32)]))

    assert foreign == untold == {}
    assert max(told, key=lambda article_id: told[article_id]) == "export"
    assert len(told) == MOST_READ
    assert 0.1 < sum(told.values()) <= 1.001


@pytest.mark.parametrize("at_once", [1, 2, 7, 1_000])
def test_what_a_resolution_reads_like_does_not_depend_on_how_many_passages_are_compared_at_once(at_once: int) -> None:
    """Against the definition: shares of exponentials of the nearest passage or title, the ten greatest."""
    sections = "\n\n".join(f"# Part {part}\n\nMore about part{part} " + "and so on " * 40 for part in range(5))
    articles = [
        Article(id=f"a{number}", title=f"topic{number}", body=f"On topic{number}.\n\n{sections if number % 3 else ''}")
        for number in range(25)
    ]
    index = build(articles, ENCODER)
    assert len(index.passages) > 2 * len(articles)
    said = ENCODER.encode([f"on topic{number} more about part{number % 5}" for number in range(30)])

    cosines = said @ index.vectors.vectors().T
    nearest = np.array(
        [
            [max(*row[[*index.passages_of(number)]], row[len(index.passages) + number]) for number in range(25)]
            for row in cosines
        ]
    )
    most = nearest.max(axis=1)
    shares = np.exp(READING * (nearest - most[:, None]))
    shares *= (np.clip((most - UNLIKE) / (ALIKE - UNLIKE), 0, 1) / shares.sum(axis=1))[:, None]
    wanted = [
        {f"a{number}": round(float(row[number]), 4) for number in np.argsort(-row, kind="stable")[:MOST_READ]}
        for row in shares
    ]

    assert sum(map(bool, wanted)) > 10
    found = readings(index, said, at_once=at_once)
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx({article_id: share for article_id, share in other.items() if share}, abs=1e-4)


def test_many_passages_are_never_compared_all_at_once() -> None:
    articles = [Article(id=f"a{number}", title=f"t{number}", body=f"On t{number}.") for number in range(4_000)]
    index = build(articles, ENCODER)
    said = ENCODER.encode([f"on t{number}" for number in range(BLOCK)])
    tracemalloc.start()
    try:
        readings(index, said, at_once=100)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < BLOCK * index.rows * 4 / 2, "less than half of what all cosines take"


def test_many_resolutions_read_as_each_alone_and_an_empty_knowledge_base_reads_nothing() -> None:
    index = build([Article(id=each, title=each, body=each) for each in TOPICS], ENCODER)
    many = ENCODER.encode([f"{TOPICS[n % 4]} again" for n in range(BLOCK + 3)])

    assert readings(index, many)[-1] == readings(index, many[-1:])[0]
    assert readings(build([], ENCODER), many) == [{}] * len(many)
