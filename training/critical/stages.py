"""The stages of a refit that learn about emergencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from training.critical import fit as critical
from training.critical import screen
from training.critical.tickets import everyday_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Encoder
    from training.classifiers.refit_records import Corpus, Encoded
    from training.config import RefitConfig
    from training.critical.fit import FittedCritical
    from training.critical.screen import FittedScreen
    from training.data.splits import Split
    from training.progress import Bars


def learn_critical(corpus: Corpus, encoder: Encoder, config: RefitConfig, bars: Bars) -> FittedCritical | None:
    """Learn which questions report an emergency."""
    if not config.critical.learn:
        return None
    with bars.bar("Learning emergencies", 1) as progress, threadpool_limits(1, user_api="blas"):
        found = critical.fit(everyday_sentences(corpus.tickets), encoder.encode, encoder.fingerprint, config.critical)
        progress(1, 1)
    return found


def learn_screen(
    encoded: Encoded, split: Split, learnt: FittedCritical | None, encoder: Encoder, bars: Bars
) -> FittedScreen | None:
    """Learn what is clearly no emergency by its words; None without a critical head."""
    if learnt is None:
        return None

    def texts(rows: NDArray[np.int64]) -> screen.DeskTexts:
        return screen.DeskTexts([encoded.texts[row] for row in rows.tolist()], encoded.reading.vectors[rows])

    with bars.bar("Learning harmless texts", 1) as progress, threadpool_limits(1, user_api="blas"):
        desk = screen.with_sentences(texts(split.older), encoder.encode)
        found = screen.learn(learnt, learnt.lessons, desk, texts(split.hold_out))
        progress(1, 1)
    return found
