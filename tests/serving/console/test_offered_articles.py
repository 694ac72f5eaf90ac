"""What the console says of articles that were offered to be read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from serving.inference.loaded_model import LoadedModel
from tests.fakes import FrozenClock, HashingEncoder
from tests.serving.conftest import Client, a_model, take_in
from tests.serving.console.conftest import Console
from tests.serving.deflections.test_offered_articles import KETTLE, QUESTION, UNSURE, offered
from tests.serving.reports.test_numbers import DAY


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel | None:
    return a_model(encoder, answerability=UNSURE)


def test_the_overview_counts_them_apart_and_a_tried_question_shows_one(
    client: Client, sign_in: Callable[..., Console], clock: FrozenClock
) -> None:
    take_in(client, [KETTLE])
    offered(client)
    clock.advance(3 * DAY)
    console = sign_in()

    assert "1 of 1; 0% said that it helped" in console.read("/")
    assert "How to care for the kettle and its light." in console.post("/articles/try", question=QUESTION).text
