"""A bundle for a desk without closed tickets: heads that know their labels only by name and description."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from training.bundles import export
from training.bundles import seen_tickets as encoder_seen
from training.classifiers import zero_shot as cold_start
from training.classifiers.features import Features, LabelTexts, lexical
from training.classifiers.head_data import HeadData
from training.data.closed_tickets import Export
from training.data.splits import Split
from triage.model import lexical as lexicons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from retrieval.encoder.encoder import Encoder
    from training.bundles.second_encoder import SecondEncoder
    from training.classifiers.zero_shot import Wanted
    from training.config import RefitConfig
    from triage.model.manifest import Manifest


def no_tickets(path: Path) -> Export:
    """Return what is known where there is no ticket yet: the folder of the bundle stands for the file."""
    return Export(path, (), (), {}, "")


def no_split() -> Split:
    """Return the split of no tickets."""
    none = np.empty(0, dtype=np.int64)
    return Split(none, none, none, none, none, "there are no tickets yet")


def learnt(
    heads: Sequence[Wanted],
    encoder: Encoder,
    config: RefitConfig,
    manifest: Manifest,
    again: Callable[[Sequence[str]], SecondEncoder | None],
) -> export.Learnt:
    """Describe heads where there is nothing else to go by.

    Parameters
    ----------
    heads
        Labels and what they mean; their words are the bundle's golden texts, too.
    encoder
        What reads them.
    config
        Goes into the bundle.
    manifest
        Without its heads.
    again
        Reads texts by the second encoder; None without one.

    Returns
    -------
    Learnt
        Ready for `export.write`; no ticket was taught, held out or kept as a case.
    """
    texts = sorted({text for head in heads for label in head.meanings for text in cold_start.wordings(label)})
    reading, lexicon = encoder.read(texts), lexicons.learn([], min_tickets=1, most=1, progress=lambda _done: None)
    names = LabelTexts.of([], encoder.read)
    centres = np.zeros(reading.states.shape[1:], dtype=np.float32)
    ngrams = lexical(lexicon, texts, lambda _done, _total: None)
    features = Features(reading.vectors, reading.states, ngrams, centres, names, ngrams[:0], np.empty(0, np.int64))
    split, nobody = no_split(), np.empty(0, dtype=object)
    return export.Learnt(
        lexicon=lexicon,
        heads=[
            cold_start.describe(head, HeadData(head.labels, nobody, (), split), features, encoder.read)
            for head in heads
        ],
        features=features,
        tickets=(),
        texts=texts,
        taught=split.teach,
        seen=encoder_seen.none(),
        encoder=encoder,
        config=config,
        manifest=manifest,
        second=again(texts),
    )
