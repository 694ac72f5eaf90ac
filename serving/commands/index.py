"""`firstline index` and `firstline search`: build an index and search it in the terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from retrieval.answering.answer_question import Finder
from retrieval.answering.terminal import render
from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder
from retrieval.errors import ArticleNotReadable
from retrieval.index.files import build_index, load
from serving.inference.errors import EncoderMissing
from serving.settings import Settings
from triage.model.bundle_files import SealedFolder
from triage.model.registry import Registry


def build(articles: Path, out: Path, encoder: Path | None, settings: Settings, *, strict: bool = False) -> str:
    """Index a knowledge base, with a bar on stderr, and return what was made and what was left out."""
    left_out: list[ArticleNotReadable] = []
    with _bar("Encoding passages") as progress:
        opened = open_encoder(encoder, settings)
        index = build_index(
            articles, out, opened, progress, left_out=None if strict else left_out, trusted=settings.signing_keys
        )
    made = f"{len(index.articles):,} articles in {len(index.passages):,} passages are indexed in {out}."
    return "\n".join([made, *_told(left_out)])


def _told(left_out: Sequence[ArticleNotReadable]) -> list[str]:
    return [f"Left out ({len(left_out):,}):", *(f"  {fault}" for fault in left_out)] if left_out else []


def search(folder: Path, question: str, encoder: Path | None, settings: Settings) -> str:
    """Ask an index and return a page for a person."""
    opened = open_encoder(encoder, settings)
    return render(Finder(load(folder, encoder=opened, trusted=settings.signing_keys), opened).find(question))


def open_encoder(chosen: Path | None, settings: Settings) -> Encoder:
    """Return the encoder that was chosen, or the one that serves: the current model's, the home's, the sample's.

    Raises `EncoderMissing`: none of these folders exists. Raises `BundleRefused`: bundles must be signed, and the
    current one is not.
    """
    if chosen is not None:
        return encoders.load(chosen)
    current = Registry(settings.models_path).current()
    if current and settings.signing_keys:
        SealedFolder.open(current, settings.signing_keys)
    tried = [
        *([current / "encoder"] if current else []),
        settings.encoder_path,
        settings.sample / "bundle" / "encoder",
    ]
    for folder in tried:
        if folder.is_dir():
            return encoders.load(folder)
    raise EncoderMissing(tried)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
