from __future__ import annotations

import numpy as np
import pytest

from retrieval.encoder.encoder import from_files
from retrieval.encoder.text_language import language_of
from retrieval.encoder.two_views import TwoViews
from tests.tiny_bundle import DIM, tiny_encoder_files
from triage.model.pools import centres_of, dense

ENGLISH = "How do I delete my account and all of its data?"
ITALIAN = "Come posso eliminare il mio account e tutti i miei dati?"


@pytest.fixture(scope="module")
def views() -> TwoViews:
    return TwoViews(from_files(*tiny_encoder_files()), from_files(*tiny_encoder_files(1)))


def test_the_second_encoder_reads_what_is_not_clearly_english(views: TwoViews) -> None:
    texts = [ENGLISH, ITALIAN, "csv"]

    found = views.read(texts)

    assert [language_of(text) for text in texts] == ["en", "it", None]
    assert found.states.shape == (3, 2, DIM)
    np.testing.assert_array_equal(found.vectors, views.first.encode(texts))
    np.testing.assert_array_equal(found.states[:, 0], views.first.encode(texts))
    np.testing.assert_array_equal(found.states[1:, 1], views.second.encode(texts[1:]))
    assert not found.states[0, 1].any()


def test_english_texts_alone_run_no_second_encoder(views: TwoViews, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views.second, "_run", lambda *_: pytest.fail("it was run"))

    assert views.read([ENGLISH]).states.shape == (1, 2, DIM)


def test_a_text_has_the_same_states_in_any_company(views: TwoViews) -> None:
    together = views.read([ENGLISH, ITALIAN, ENGLISH, "csv"])

    for row, text in enumerate([ENGLISH, ITALIAN, ENGLISH, "csv"]):
        np.testing.assert_array_equal(together.states[row], views.read([text]).states[0])


def test_what_was_not_read_says_nothing_to_a_head_and_moves_no_centre(views: TwoViews) -> None:
    states = views.read([ENGLISH, ITALIAN, "csv"]).states

    centres = centres_of(states)
    seen = dense(states, centres)

    np.testing.assert_allclose(centres[1], states[1:, 1].mean(axis=0), atol=1e-6)
    assert not seen[0, DIM:].any()
    assert seen[1, DIM:].any()
