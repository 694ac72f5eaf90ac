"""`firstline index` and `firstline search`: build an index and search it in the terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from retrieval.answering.answer_question import Finder
from retrieval.answering.second_view import SecondReader, asks_for_second
from retrieval.answering.terminal import render
from retrieval.articles.files import read
from retrieval.chunks.opening import engine
from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder
from retrieval.encoder.spread import spread
from retrieval.errors import ArticleNotReadable
from retrieval.index.article_index import ArticleIndex
from retrieval.index.files import build_index, load
from serving.inference.errors import EncoderMissing
from serving.settings import Settings
from triage.model.bundle import SECOND_ENCODER
from triage.model.bundle_files import SealedFolder
from triage.model.registry import Registry


def build(
    articles: Path,
    out: Path,
    chosen: tuple[Path | None, str],
    settings: Settings,
    *,
    strict: bool = False,
    cluster: str | None = None,
) -> str:
    """Index a knowledge base, with a bar on stderr, and return what was made and what was left out.

    `chosen` are the folder of the encoder, None for the one that serves, and that of the second one, `auto` or `none`.
    """
    left_out: list[ArticleNotReadable] = []
    with _bar("Encoding passages") as progress, engine(cluster) if cluster else nullcontext() as on_cluster:
        first = spread(open_encoder(chosen[0], settings), on_cluster)
        second, why = second_encoder(chosen[1], articles, settings)
        second = second and spread(second, on_cluster)
        encoders = first, second if second is None or second.fingerprint != first.fingerprint else None
        index = build_index(
            articles, out, encoders, progress, left_out=None if strict else left_out, trusted=settings.signing_keys
        )
    made = f"{len(index.articles):,} articles in {len(index.passages):,} passages are indexed in {out}."
    return "\n".join([made, *why, *_told(left_out)])


def second_encoder(chosen: str, articles: Path, settings: Settings) -> tuple[Encoder | None, Sequence[str]]:
    """Return the second encoder, and why in a sentence; none where nothing asks for one."""
    if chosen == "none":
        return None, []
    current = Registry(settings.models_path).current()
    served = current / SECOND_ENCODER if current else None
    named = Path(chosen) if chosen != "auto" else served if served and served.is_dir() else None
    if named is not None:
        second = encoders.load(named)
        said = f"A second encoder, {second.name}, reads questions in other languages than English."
        is_served = named == served or named.resolve() == settings.second_encoder_path.resolve()
        where = f"A service reads by it where its model names it, or where it lies in {settings.second_encoder_path}."
        return second, [said] if is_served else [said, where]
    others = sum(bool(each.locale) and asks_for_second(each.locale) for each in read(articles, left_out=[]))
    if not others:
        return None, []
    folder = settings.second_encoder_path
    found, them = ("1 article is", "it") if others == 1 else (f"{others:,} articles are", "them")
    if not folder.is_dir():
        return None, [f"{found} not in English: `make multilingual` builds an encoder for {them}. Index again then."]
    second = encoders.load(folder)
    return second, [f"{found} not in English: a second encoder, {second.name}, reads {them}."]


def _told(left_out: Sequence[ArticleNotReadable]) -> list[str]:
    return [f"Left out ({len(left_out):,}):", *(f"  {fault}" for fault in left_out)] if left_out else []


def search(folder: Path, question: str, encoder: Path | None, settings: Settings) -> str:
    """Ask an index and return a page for a person."""
    opened = open_encoder(encoder, settings)
    index = load(folder, encoder=opened, trusted=settings.signing_keys)
    return render(Finder(index, opened, second=_second_of(index, settings)).find(question))


def _second_of(index: ArticleIndex, settings: Settings) -> SecondReader | None:
    """Return what reads questions by the second encoder of an index, where that is the home's; None without."""
    folder = settings.second_encoder_path
    if index.second is None or not folder.is_dir():
        return None
    second = encoders.load(folder)
    return SecondReader(second) if second.fingerprint == index.second.encoder.fingerprint else None


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
