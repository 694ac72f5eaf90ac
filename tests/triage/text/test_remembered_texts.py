"""What remembers results by text goes to another process, even when it has been used."""

from __future__ import annotations

import pickle

from triage.model.phrase_matching import Vocabulary


def test_a_vocabulary_that_was_asked_is_sent_to_another_process() -> None:
    words = Vocabulary(frozenset({"down", "crash"}))
    assert words.meant("down") == {"down"}
    sent = pickle.loads(pickle.dumps(words))
    assert sent == words
    assert sent.meant("crash") == {"crash"}
