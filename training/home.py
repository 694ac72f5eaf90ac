"""The home folder of the commands: encoder, vector cache, registry, current bundle."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.articles import files as article_files
from retrieval.encoder import encoder as encoders
from retrieval.encoder.spread import spread
from retrieval.encoder.two_views import TwoViews, beside
from retrieval.index.article_index import build
from training.answers import answers
from training.bundles import seen_tickets as encoder_seen
from training.bundles.reading import reader_of
from training.bundles.second_choice import SecondChoice
from training.classifiers.vector_cache import CachedEncoder, VectorCache
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.registry import Registry
from triage.signing.signatures import NO_KEYS, TrustedKeys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from retrieval.chunks.engine import Engine
    from retrieval.encoder.encoder import Encoder, Reading
    from training import config
    from training.answers.answers import Lessons
    from training.answers.closed_questions import Known
    from training.progress import Bars
    from triage.model.bundle import Bundle
    from triage.tickets.closed_ticket import ClosedTicket

    Answers = Callable[[Sequence[ClosedTicket], Known, config.Answers], Lessons]


@dataclass(slots=True)
class Home:
    """The home folder, as training uses it."""

    home: Path
    bars: Bars
    trusted: TrustedKeys = NO_KEYS
    engine: Engine | None = None
    """Where encoders of folders encode many texts; None: here."""
    _encoders: dict[str, Encoder] = field(default_factory=dict)

    @property
    def registry(self) -> Registry:
        """The versions kept there."""
        return Registry(self.home / "models", self.trusted)

    def encoder(self, folder: Path | None) -> Encoder:
        """Load the encoder of a folder; by default the home's int8 one, which is built where it is missing."""
        if folder is None:
            folder = self.home / "encoder" / "int8"
            if not (folder / encoders.FILES[-1]).is_file():
                from training.encoder.export import export  # builds graphs with onnx, which nothing else here needs

                self.bars.say(f"Building the encoder into {folder.parent}")
                export(folder.parent)
        return self._opened(folder)

    def second(self, chosen: str, articles: Path | None) -> SecondChoice | None:
        """Return the choice of a second encoder: a folder, `auto` by the languages of the desk, or `none`."""
        if chosen == "none":
            return None
        named = chosen != "auto"
        folder = Path(chosen) if named else self.home / "multilingual" / "int8"
        return SecondChoice(folder, named, articles, self._opened)

    def at_hand(self, encoder: Encoder | None) -> CachedEncoder | None:
        """Return the same encoder with the vectors that are kept on disk; None for none."""
        return CachedEncoder(encoder, self.vectors(encoder)) if encoder else None

    def seen(self, folder: Path | None) -> NDArray[np.uint64]:
        """Return the keys of the tickets that the encoder of a folder (by default the home's int8 one) learnt from."""
        return encoder_seen.of(folder or self.home / "encoder" / "int8")

    def encoder_of(self, bundle: Bundle) -> Encoder:
        """Return the encoder that a bundle carries, loading it once."""
        known = self._encoders.get(bundle.encoder_fingerprint)
        return known or self._remember(encoders.from_files(*bundle.encoder_files()))

    def vectors(self, encoder: Encoder) -> VectorCache:
        """Return the vectors kept on disk for an encoder."""
        return VectorCache(self.home / "cache" / "vectors", encoder)

    def read(self, bundle: Bundle, texts: Sequence[str]) -> Reading:
        """Read texts with a bundle's own encoder, showing progress."""
        with self.bars.bar("Encoding tickets", len(texts)) as progress:
            return self.vectors(self.encoder_of(bundle)).read(texts, progress)

    def encode(self, bundle: Bundle, texts: Sequence[str]) -> NDArray[np.floating]:
        """Return the states (n_texts, n_pools, dim) of texts, which `Bundle.predict` takes."""
        found = self.read(bundle, texts)
        reader = reader_of(bundle, self.encoder_of(bundle), self._encoders)
        if isinstance(reader, TwoViews):
            with self.bars.bar("Encoding tickets once more", len(texts)) as progress:
                again = self.vectors(reader.second)
                found = beside(found, texts, lambda some: again.read(some, progress))
        return found.states

    def current(self) -> Bundle | None:
        """Return what serves now; None where nothing does, or where it is damaged (which is said)."""
        folder = self.registry.current()
        if folder is None:
            return None
        try:
            return bundles.load(folder)
        except BundleRefused as refusal:
            self.bars.say(f"Not compared with the current model: {refusal}")
            return None

    def answers(self, articles: Path, encoder: Encoder) -> Answers:
        """Return what learns from tickets how articles of the folder are ranked, and when one answers."""

        def learnt(tickets: Sequence[ClosedTicket], known: Known, wanted: config.Answers) -> Lessons:
            at_hand = CachedEncoder(encoder, self.vectors(encoder))
            with self.bars.bar("Indexing articles", 1) as progress:
                index = build(article_files.read(articles), at_hand, second=known.second, progress=progress)
            with self.bars.bar("Encoding resolutions", 1) as progress:
                return answers.learn(index, at_hand, tickets, known=known, progress=progress, wanted=wanted)

        return learnt

    def _opened(self, folder: Path) -> Encoder:
        return self._remember(spread(encoders.load(folder, keep_files=True), self.engine))

    def _remember(self, encoder: Encoder) -> Encoder:
        return self._encoders.setdefault(encoder.fingerprint, encoder)
