"""Whether a refit takes a second encoder: where the languages of tickets or articles ask for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from retrieval.answering.second_view import asks_for_second
from retrieval.articles import files as article_files
from retrieval.encoder.encoder import FILES
from retrieval.encoder.two_views import TwoViews, beside
from training.data.languages import language_of
from triage.model.manifest import EncoderRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from retrieval.encoder.encoder import Encoder, Reading
    from training.classifiers.vector_cache import VectorCache
    from triage.tickets.closed_ticket import ClosedTicket

#: From this share of the tickets in other languages than the first encoder reads, or from one such article on.
ENOUGH: Final = 0.1


@dataclass(frozen=True, slots=True)
class Chosen:
    """The second encoder, and why, in a sentence; None where there is nothing to say."""

    encoder: Encoder | None = None
    sentence: str | None = None
    read_by_heads: bool = False
    """The heads read its states, too: where many tickets are in other languages."""

    @property
    def record(self) -> EncoderRecord | None:
        """What the manifest says of the encoder."""
        if (second := self.encoder) is None:
            return None
        return EncoderRecord(
            name=second.name, fingerprint=second.fingerprint, dim=second.dim, read_by_heads=self.read_by_heads
        )

    def beside(
        self, first: Reading, texts: Sequence[str], vectors: VectorCache, progress: Callable[[int, int], None]
    ) -> Reading:
        """Return what the heads read in texts: beside the first encoder's states this one's, if they read them."""
        if self.encoder is None or not self.read_by_heads:
            return first
        again = vectors.of(self.encoder)
        return beside(first, texts, lambda some: again.read(some, progress))

    def reader(self, first: Encoder) -> Encoder | TwoViews:
        """Return what reads texts for the heads."""
        return TwoViews(first, self.encoder) if self.encoder is not None and self.read_by_heads else first


@dataclass(frozen=True, slots=True)
class SecondChoice:
    """What was asked for."""

    folder: Path
    """Of the second encoder, or where it would be."""
    named: bool
    """It is taken whatever the languages are; else they decide."""
    articles: Path | None
    open: Callable[[Path], Encoder]

    def of(self, first: Encoder, tickets: Sequence[ClosedTicket]) -> Chosen:
        """Choose for a desk with these closed tickets.

        Raises `EncoderNotUsable`: the folder that was named holds no encoder.
        """
        languages = [language_of(ticket) for ticket in tickets]
        others = sum(each is not None and asks_for_second(each) for each in languages)
        share = others / len(tickets) if tickets else 0.0
        if self.named:
            second = self.open(self.folder)
            why = f"A second encoder, {second.name}, was asked for: it reads questions in any language."
            return _chosen(first, second, share, why)
        written = [each.locale for each in article_files.read(self.articles)] if self.articles else []
        articles = sum(bool(each) and asks_for_second(each) for each in written)
        if share < ENOUGH and not articles:
            return Chosen()
        of_articles = f" and {articles} of {len(written)} articles" if written else ""
        found = f"{share:.0%} of the tickets{of_articles} are in other languages than English"
        if not (self.folder / FILES[-1]).is_file():
            why = f"{found}, which {first.name} hardly reads: `make multilingual` builds an encoder for them."
            return Chosen(None, why)
        second = self.open(self.folder)
        return _chosen(first, second, share, f"{found}: a second encoder, {second.name}, reads questions in them.")


def _chosen(first: Encoder, second: Encoder, share: float, why: str) -> Chosen:
    """Take an encoder; where many tickets are in other languages, for the heads too."""
    return Chosen(second, why, read_by_heads=share >= ENOUGH and first.dim == second.dim)
