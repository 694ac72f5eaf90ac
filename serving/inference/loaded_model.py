"""One model bundle, ready to serve: verified, warmed up and tested on its golden texts. Immutable."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal
from weakref import WeakValueDictionary

import numpy as np

from retrieval.answering.answerability import Answerability
from retrieval.answering.learnt.bundled import ranker_of, second_ranker_of
from retrieval.answering.learnt.ranker import DeskRanker
from retrieval.answering.precedents import Precedents
from retrieval.answering.ranker import LinearRanker
from retrieval.answering.second_view import SecondReader
from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.two_views import TwoViews
from retrieval.errors import RetrievalError
from serving.inference.recent.recent_tickets import RecentTickets
from serving.inference.similar_tickets import ClosedCases
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.bundle import Bundle
from triage.model.closed_tickets.bundled import BundledTickets
from triage.signing.signatures import NO_KEYS, TrustedKeys
from triage.taxonomy.heads import trees_of
from triage.taxonomy.lineage import Lineage

Origin = Literal["current", "previous", "sample", "defaults", "shadow", "canary"]
DEFAULTS: Final = "defaults"  # the version of what serves without a bundle
Opened = Callable[[tuple[bytes, bytes, bytes], str], Encoder]
# By fingerprint: the brands of a process, and the bundles of one desk, read texts by one session of each encoder.
_IN_USE: WeakValueDictionary[str, Encoder] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """Everything of a bundle that serving needs; a request uses one from start to end.

    Without a bundle (`defaults`) there are an encoder and the packaged numbers for answers, and no tags.
    """

    bundle: Bundle | None
    encoder: Encoder
    answerability: Answerability
    cases: ClosedCases
    precedents: Precedents
    ranker: DeskRanker
    origin: Origin
    loaded_at: datetime
    lineage: Lineage = Lineage()  # noqa: RUF009 - immutable
    second_encoder: Encoder | None = None  # reads questions in languages that `encoder` does not
    second_precedents: Precedents | None = None  # the closed tickets by its vectors
    second_ranker: DeskRanker | None = None  # ranks by its vectors; None: `ranker` does

    @property
    def version(self) -> str:
        """The bundle's id; `defaults` without one."""
        return self.bundle.id if self.bundle else DEFAULTS

    @property
    def reader(self) -> Encoder | TwoViews:
        """What reads texts for the heads; its vectors are those of `encoder`."""
        return _reader(self.bundle, self.encoder, self.second_encoder)

    @property
    def trees(self) -> frozenset[str]:
        """The heads whose labels are paths."""
        return trees_of(self.bundle.manifest.taxonomy.heads or () if self.bundle else ())

    @property
    def taxonomy(self) -> str:
        """Version of the labels that the bundle chooses from; `defaults` without one."""
        return self.bundle.taxonomy_version if self.bundle else DEFAULTS

    def with_recent(self, recent: RecentTickets) -> "LoadedModel":
        """Return it with tickets that were closed since it was made, instead of those that were there before."""
        cases = self.cases.with_recent(recent)
        return replace(self, cases=cases, precedents=cases.precedents(), second_precedents=cases.second_precedents())

    def without(self, ids: Collection[str]) -> "LoadedModel":
        """Return it without some of the closed tickets that it carries."""
        cases = self.cases.without(ids)
        if cases is self.cases:
            return self
        return replace(self, cases=cases, precedents=cases.precedents(), second_precedents=cases.second_precedents())

    def second_reader(self, encoder: Encoder | None) -> SecondReader | None:
        """Return what reads a question again by the second encoder of the articles; None where they have none."""
        if encoder is None:
            return None
        same = self.second_encoder is not None and self.second_encoder.fingerprint == encoder.fingerprint
        return SecondReader(encoder, self.second_precedents, self.second_ranker) if same else SecondReader(encoder)


def defaults(encoder: Encoder, *, at: datetime, second: Encoder | None = None) -> LoadedModel:
    """Return what serves a desk that has no bundle yet: nothing in it was learnt from anybody's tickets."""
    cases = ClosedCases.of(BundledTickets(np.empty((0, encoder.dim), dtype=np.float16), ()))
    return LoadedModel(
        bundle=None,
        encoder=encoder,
        answerability=Answerability(),
        cases=cases,
        precedents=cases.precedents(),
        ranker=LinearRanker(),
        origin="defaults",
        loaded_at=at,
        second_encoder=second,
    )


def load(
    folder: Path,
    *,
    origin: Origin,
    at: datetime,
    running: LoadedModel | None = None,
    trusted: TrustedKeys = NO_KEYS,
    prepared_in: Path | None = None,
) -> LoadedModel:
    """Verify, load and try a bundle.

    Parameters
    ----------
    folder
        The bundle's folder.
    origin
        By which way it was chosen.
    at
        Now.
    running
        The model that serves at the moment; its encoder is taken over when the bundle names the same one, so that a
        swap does not hold two sessions in memory.
    trusted
        The keys one of which must have signed it; by default it need not be signed.
    prepared_in
        The folder in which this machine keeps prepared encoders; None prepares them in memory.

    Returns
    -------
    LoadedModel
        Ready to answer.

    Raises
    ------
    BundleRefused
        When a file is damaged, foreign or missing, when the signature that is asked for is missing or wrong, or when
        the golden texts come out differently here.
    """
    bundle = bundles.load(folder, trusted)
    opened = partial(_opened, folder=folder, prepared_in=prepared_in)
    encoder, second = _encoder(bundle, running, opened), _second_encoder(bundle, running, opened)
    _test(bundle, encoder, second, folder)
    cases, precedents = _closed_tickets(bundle, folder)
    return LoadedModel(
        bundle=bundle,
        encoder=encoder,
        answerability=Answerability.from_manifest(bundle.answers),
        cases=cases,
        precedents=precedents,
        ranker=ranker_of(bundle),
        origin=origin,
        loaded_at=at,
        lineage=bundle.manifest.label_history(),
        second_encoder=second,
        second_precedents=cases.second_precedents(),
        second_ranker=second_ranker_of(bundle),
    )


def _encoder(bundle: Bundle, running: LoadedModel | None, opened: Opened) -> Encoder:
    if running is not None and running.encoder.fingerprint == bundle.encoder_fingerprint:
        return running.encoder
    return opened(bundle.encoder_files(), bundle.encoder_fingerprint)


def _second_encoder(bundle: Bundle, running: LoadedModel | None, opened: Opened) -> Encoder | None:
    named, at_hand = bundle.manifest.second_encoder, running.second_encoder if running else None
    if named is not None and at_hand is not None and at_hand.fingerprint == named.fingerprint:
        return at_hand
    files = bundle.second_encoder_files()
    return opened(files, named.fingerprint) if named and files else None


def _reader(bundle: Bundle | None, encoder: Encoder, second: Encoder | None) -> Encoder | TwoViews:
    reads_both = bundle is not None and bundle.manifest.heads_read_second
    return TwoViews(encoder, second) if reads_both and second is not None else encoder


def shared(encoder: Encoder) -> Encoder:
    """Return the encoder of the same files that this process has already, or this one from now on."""
    return _IN_USE.setdefault(encoder.fingerprint, encoder)


def _opened(files: tuple[bytes, bytes, bytes], fingerprint: str, *, folder: Path, prepared_in: Path | None) -> Encoder:
    if encoders.fingerprint(dict(zip(encoders.FILES, files, strict=True))) != fingerprint:
        raise BundleRefused(folder, "its encoder is not the one that its manifest names")
    if (known := _IN_USE.get(fingerprint)) is not None:
        return known
    try:
        return shared(encoders.from_files(*files, prepared_in=prepared_in))
    except RetrievalError as error:
        raise BundleRefused(folder, str(error)) from error


def _closed_tickets(bundle: Bundle, folder: Path) -> tuple[ClosedCases, Precedents]:
    try:
        cases = ClosedCases.of(bundle.cases(), bundle.heads.lexicon)
        return cases, cases.precedents()
    except (ValueError, TypeError, AttributeError) as problem:
        raise BundleRefused(folder, f"its similar tickets cannot be read ({problem})") from problem


def _test(bundle: Bundle, encoder: Encoder, second: Encoder | None, folder: Path) -> None:
    """Run the golden texts: it proves the whole path, and leaves every session warm."""
    texts = bundle.golden.texts
    states = _reader(bundle, encoder, second).read(texts).states
    failures = bundle.golden.failures(bundle.heads.predict_proba(texts, states))
    if second is not None:
        failures += bundle.golden.second_failures(second.encode(texts))
    if failures:
        raise BundleRefused(folder, f"its golden texts come out differently here: {'; '.join(failures[:3])}")
