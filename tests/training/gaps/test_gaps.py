"""Gaps from files: what is replayed, the command, its page, and the knock-out that proves it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from retrieval.answering.learnt.ranker import LearntRanker
from retrieval.articles.article import Article
from retrieval.encoder.encoder import Progress, from_files
from retrieval.index.article_index import build
from serving.inference.loaded_model import load
from tests.fakes import HashingEncoder, TranslatingEncoder
from tests.retrieval.answering.learnt.rankers import a_ranker, bundle_with
from tests.tiny_bundle import DIM
from tests.training.desk import open_home, write
from training.answers.questions import Question
from training.cli import cli
from training.errors import NothingToReplay
from training.gaps.knock_out_trial import Outcome, Trial, TrialInputs, averaged, knock_out, of_linked
from training.gaps.replay import Decider, examine, gather, replay
from triage import contact_costs
from triage.model import bundle as bundles
from triage.tickets.closed_ticket import ClosedTicket, from_record

TOPICS = {
    "webhook": "webhook signature secret",
    "invoice": "invoice address vat",
    "login": "password forgotten sign",
    "export": "export table rows",
}


def rows(each: int = 6) -> list[dict[str, Any]]:
    """Tickets of four topics in turn, each solved by the topic's article."""
    return [
        {
            "id": f"{topic}-{n}",
            "subject": f"{words} {n}",
            "description": "",
            "created_at": f"2026-01-{n + 1:02}T00:00:00Z",
            "channel": "phone",
            "resolution": f"We told them about {words} in our own words.",
            "kb_article_id": topic,
        }
        for n in range(each)
        for topic, words in TOPICS.items()
    ]


def tickets(each: int = 6) -> list[ClosedTicket]:
    return [from_record(row) for row in rows(each)]


def articles() -> list[Article]:
    return [Article(id=topic, title=words, body=f"All about {words}.") for topic, words in TOPICS.items()]


class AlikeEncoder(HashingEncoder):
    """Finds that all texts mean the same."""

    def encode(
        self, texts: Sequence[str], *, as_passages: bool = False, progress: Progress | None = None
    ) -> np.ndarray:
        return super().encode(["the same"] * len(texts), progress=progress)


@pytest.fixture
def encoder() -> HashingEncoder:
    return HashingEncoder()


def bench(encoder: HashingEncoder) -> TrialInputs:
    index = build(articles(), encoder)
    desk = of_linked(gather(tickets(), [], encoder), index.articles)
    return TrialInputs(desk, index, encoder, contact_costs.default(), Decider())


def test_articles_that_were_taken_away_are_found_missing_and_no_others(encoder: HashingEncoder) -> None:
    found = knock_out(bench(encoder), Trial(articles=2))
    assert (found.removed, found.found, found.precision, found.recall) == (2, 2, 1.0, 1.0)
    assert found.false_alarms == 0


def test_a_knock_out_is_the_same_every_time_and_another_seed_is_another(encoder: HashingEncoder) -> None:
    assert knock_out(bench(encoder), Trial(2, seed=1)) == knock_out(bench(encoder), Trial(2, seed=1))


def test_means_and_extremes_of_trials() -> None:
    """Hits of groups 4/5 and 2/4, articles found 3/4 and 1/4."""
    found = averaged([Outcome(4, 5, 4, 3, 0), Outcome(4, 4, 2, 1, 1)])
    assert (found["precision"], found["recall"], found["false_alarms"]) == (0.65, 0.5, 0.5)
    assert (found["recall_lowest"], found["recall_highest"]) == (0.25, 0.75)


def test_no_group_has_no_precision() -> None:
    assert Outcome(4, 0, 0, 0, 0).precision is None


def test_questions_correct_what_tickets_say_and_others_are_added(encoder: HashingEncoder) -> None:
    known = tickets(1)
    at = known[0].created_at
    said = [
        Question("webhook-0", "x", frozenset({"login"}), created_at=at),
        Question("q", "new", frozenset(), created_at=at),
    ]
    desk = gather(known, said, encoder)
    assert {each.id: each.kb_article_ids for each in desk.tickets if each.id in ("webhook-0", "q")} == {
        "webhook-0": ("login",),
        "q": (),
    }


def test_a_ticket_sees_only_older_tickets(encoder: HashingEncoder) -> None:
    """An article without a word of the question: only what it solved before brings it to the top."""
    known = [from_record(row | {"kb_article_id": "other"}) for row in rows(6) if row["kb_article_id"] == "webhook"]
    index = build(
        [Article(id="aaa", title="Nothing", body="Nil."), Article(id="other", title="Void", body="Nil.")], encoder
    )
    found = replay(gather(known, [], encoder), index, contact_costs.default(), Decider())
    assert [each.first for each in found] == ["aaa"] + ["other"] * 5


def test_tickets_that_share_the_words_of_a_question_tell_before_those_that_are_as_near_in_meaning() -> None:
    """Forty older tickets mean the same by their vectors; ten write the same words, and another article solved them."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    older = [
        ClosedTicket(
            id=f"{number:02}",
            subject="crash on start" if number >= 30 else "sync never ends",
            created_at=at + timedelta(hours=number),
            kb_article_ids=("named",) if number >= 30 else ("other",),
        )
        for number in range(40)
    ]
    last = ClosedTicket(id="last", subject="crash on start", created_at=at + timedelta(days=9))
    same = AlikeEncoder()
    index = build([Article(id=each, title="Void", body="Nil.") for each in ("other", "named")], same)

    found = replay(gather([*older, last], [], same), index, contact_costs.default(), Decider())

    assert found[-1].first == "named"


def test_a_question_in_another_language_is_replayed_by_the_second_encoder_as_well(encoder: HashingEncoder) -> None:
    """Italian words that only the second encoder reads lead to the article in English, and to nothing without it."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    asked = ClosedTicket(id="1", language="it", subject="reimpostare la", created_at=at)
    said = [Article(id="aaa", title="Nothing", body="Nil."), Article(id="reset", title="reset your", body="reset your")]
    second, costs = TranslatingEncoder(), contact_costs.default()

    by_both = gather([asked], [], encoder, second=second)
    with_second = replay(by_both, build(said, encoder, second=second), costs, Decider())
    alone = replay(gather([asked], [], encoder), build(said, encoder), costs, Decider())

    assert (with_second[0].first, alone[0].first) == ("reset", "aaa")


def test_what_older_tickets_were_told_brings_up_the_article_that_says_it(encoder: HashingEncoder) -> None:
    """No ticket names an article, and the question has no word of it."""
    told = {"subject": "it blinks", "resolution": "Replace the battery of the device as described."}
    known = [
        from_record({"id": str(n), "description": "", "created_at": f"2026-01-0{n}T00:00:00Z", **told})
        for n in range(1, 9)
    ]
    said = [
        Article(id="aaa", title="Nothing", body="Nil."),
        Article(id="battery", title="Replace the battery", body="Replace the battery of the device as described."),
    ]
    found = replay(gather(known, [], encoder), build(said, encoder), contact_costs.default(), Decider())
    assert [each.first for each in found] == ["aaa"] + ["battery"] * 7


def test_the_replay_ranks_by_all_that_the_bundle_learnt_and_not_by_its_weights_alone(tmp_path: Path) -> None:
    loaded = bundles.load(bundle_with(tmp_path, a_ranker(DIM, ["export"])))
    encoder = from_files(*loaded.encoder_files())
    index, desk = build(articles(), encoder), gather(tickets(), [], encoder)
    served = load(tmp_path, origin="current", at=datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(served.ranker, LearntRanker)

    found, with_all, by_weights = (
        replay(desk, index, contact_costs.default(), decider)
        for decider in (
            Decider.of(loaded, encoder),
            Decider(served.answerability, served.ranker),
            Decider(served.answerability, served.ranker.weights),
        )
    )

    assert found == with_all
    assert found != by_weights


def test_what_a_ranker_learnt_of_other_vectors_is_left_out(tmp_path: Path, encoder: HashingEncoder) -> None:
    ranker = a_ranker(DIM, ["export"])
    assert Decider.of(bundles.load(bundle_with(tmp_path, ranker)), encoder).ranker == ranker.weights


def test_tickets_without_a_time_are_refused_with_what_to_do(encoder: HashingEncoder) -> None:
    with pytest.raises(NothingToReplay, match="created_at"):
        gather([ClosedTicket(id="1", subject="a")], [], encoder)


def test_money_follows_the_channel(encoder: HashingEncoder) -> None:
    """A call costs 22.50, reading an article 0.10."""
    desk = gather(tickets(), [], encoder)
    index = build(articles()[:3], encoder)
    (found,) = examine(desk, replay(desk, index, contact_costs.default(), Decider()), index).found
    assert (found.kind, found.named) == ("missing", "export")
    assert found.saves_a_month == pytest.approx(6 * 22.40 * 30.44 / 5)


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(cli, ["gaps", *(str(argument) for argument in arguments)])
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    open_home(tmp_path / "home")
    hostile = [row | {"subject": f"{row['subject']} & more, kim@example.com"} for row in rows()]
    closed = write(tmp_path / "closed.jsonl", hostile)
    kept = write(tmp_path / "kb.jsonl", [each.to_record() for each in articles()[:3]])
    return ["--tickets", closed, "--articles", kept, "--home", tmp_path / "home"]


def test_the_command_writes_lines_and_a_page(files: list[object], tmp_path: Path) -> None:
    said = run(*files, "--out", tmp_path / "out")
    assert "missing" in said
    assert "gaps.html" in said
    (first, *_) = [json.loads(line) for line in (tmp_path / "out" / "gaps.jsonl").read_text().splitlines()]
    assert {"kind", "label", "evidence", "saves_a_month", "outline"} <= first.keys()
    page = (tmp_path / "out" / "gaps.html").read_text()
    assert "export table rows" in page
    assert "&amp; more" in page
    assert "kim@" not in page


def test_the_command_prints_json_alone(files: list[object]) -> None:
    found = json.loads(run(*files, "--json"))
    assert found["n"] == 24
    assert "export" in [each["named"] for each in found["gaps"]]


def test_the_command_proves_itself(files: list[object]) -> None:
    found = json.loads(run(*files, "--knock-out", 1, "--trials", 2, "--json"))
    assert found["questions"] == 18
    assert [each["removed"] for each in found["trials"]] == [1, 1]


def test_the_command_asks_for_a_place_to_write(files: list[object]) -> None:
    run(*files, code=2)
