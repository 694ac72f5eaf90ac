"""The stage of a refit that fits the multi heads."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from training.multi import fit
from training.multi.lessons import lesson_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from training.classifiers.refit_records import Corpus, Weighed
    from training.config import RefitConfig
    from training.data.splits import Split
    from training.multi.fit import FittedMulti
    from training.progress import Bars


def fit_multi_heads(
    corpus: Corpus, split: Split, weighed: Weighed, foreign: NDArray[np.bool_], config: RefitConfig, bars: Bars
) -> list[FittedMulti]:
    """Fit, calibrate and certify the heads of which a ticket has any number of labels.

    `foreign` says which tickets the foreign-text gate takes out, (n_tickets,).
    """
    heads = [each for each in corpus.multi if each.problem is None]
    if not heads:
        return []
    found, features = [], (weighed.trial, weighed.served)
    total, steps = fit.STEPS * len(heads), count(1)
    with bars.bar("Fitting lists of labels", total) as progress, threadpool_limits(1, user_api="blas"):
        for head in heads:
            lesson = lesson_of(head, corpus.tickets, split)
            found.append(fit.fit(lesson, features, foreign, config, lambda: progress(next(steps), total)))
    for each in features:
        each.forget_projection()
    return found
