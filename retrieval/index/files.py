"""The article index on disk: its manifest names every file's hash, and its own; nothing is parsed unchecked."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, Final

from retrieval.articles import golden_questions
from retrieval.articles.files import read
from retrieval.encoder.encoder import Progress
from retrieval.errors import ArticleNotReadable, IndexNotSigned, IndexNotUsable, IndexOfAnotherEncoder, RetrievalError
from retrieval.index.article_index import ArticleIndex, build
from retrieval.index.encoder_name import EncoderName
from retrieval.index.file_contents import FILES, SECOND, SECOND_TOO, contents_of, parsed, second_view
from retrieval.index.text_encoder import TextEncoder
from retrieval.index.vector_kinds import CELLS_FROM
from triage.durable_files import new_folder
from triage.signing.identity import identity, is_genuine
from triage.signing.signatures import NO_KEYS, SIGNATURE, TrustedKeys

#: Another number whenever articles are divided or described otherwise: an index of another format is built again.
FORMAT: Final = 4
MANIFEST: Final = "manifest.json"
#: May lie beside them: the golden questions of these articles, as they were read.
QUESTIONS: Final = golden_questions.FILE
MAX_MANIFEST: Final = 1_000_000
#: Of a large knowledge base these stay in their files, which must not be changed in place.
MAPPED: Final = ("passages.jsonl", "vectors.faiss")


def build_index(
    articles: Path,
    out: Path,
    encoders: tuple[TextEncoder, TextEncoder | None],
    progress: Progress | None = None,
    *,
    left_out: list[ArticleNotReadable] | None = None,
    trusted: TrustedKeys = NO_KEYS,
) -> ArticleIndex:
    """Read a knowledge base, index it and save the index; passages that an index there holds are not encoded again.

    `encoders` are the first and, for questions in more languages than it reads, a second one. `left_out` is that of
    `article_files.read`; an index that must be signed and is not gives no vectors. The folder's golden questions are
    checked, and kept with the index.
    """
    found = read(articles, left_out=left_out)
    questions = golden_questions.beside(articles)
    first, second = encoders
    index = build(found, first, second=second, previous=_previous(out, first, trusted), progress=progress)
    faults = [ArticleNotReadable(f"article {name}", None, reason) for name, reason in index.set_aside.items()]
    if faults and left_out is None:
        raise faults[0]
    if left_out is not None:
        left_out.extend(faults)
    save(index, out, questions=questions)
    return index


def _previous(out: Path, encoder: TextEncoder, trusted: TrustedKeys) -> ArticleIndex | None:
    try:
        return load(out, encoder=encoder, trusted=trusted)
    except RetrievalError:  # none is there, or none that is of use: then everything is encoded
        return None


def save(index: ArticleIndex, folder: Path, *, questions: bytes | None = None) -> None:
    """Save a snapshot, with golden questions where there are some; the folder is replaced whole.

    So a reader never finds half of one, nor does a later start.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    recover(folder)
    contents = contents_of(index) | ({} if questions is None else {QUESTIONS: questions})
    with new_folder(folder, clear=lambda: _set_aside(folder)) as made:
        for name, data in {**contents, MANIFEST: _manifest(index, contents)}.items():
            (made / name).write_bytes(data)
    shutil.rmtree(_aside(folder), ignore_errors=True)


def recover(folder: Path) -> None:
    """Put the old index back when the process that was replacing it was killed with the new one not yet in place."""
    aside = _aside(folder.absolute())
    if not aside.is_dir():
        return
    if folder.exists():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        aside.rename(folder)


def load(
    folder: Path,
    *,
    encoder: TextEncoder | None = None,
    trusted: TrustedKeys = NO_KEYS,
) -> ArticleIndex:
    """Load a snapshot.

    Parameters
    ----------
    folder
        As `save` left it.
    encoder
        The encoder that will encode the questions; its fingerprint must be the one that made the vectors.
    trusted
        The keys one of which must have signed it; by default it need not be signed.

    Returns
    -------
    ArticleIndex

    Raises
    ------
    IndexNotUsable
        A file is missing, changed or of another format.
    IndexNotSigned
        No trusted key signed it.
    IndexOfAnotherEncoder
        The vectors come from another encoder.
    """
    recover(folder)
    manifest = _read_manifest(folder)
    if unsigned := trusted.fault(folder, "index", manifest["id"]):
        raise IndexNotSigned(folder, unsigned)
    try:
        made_by = EncoderName(**manifest["encoder"])
        if encoder is not None and encoder.fingerprint != made_by.fingerprint:
            raise IndexOfAnotherEncoder(folder, encoder.fingerprint, made_by.fingerprint)
        mapped = (*MAPPED, SECOND) if manifest["passages"] >= CELLS_FROM else ()
        files = manifest["files"]
        contents = {name: _verified(folder, name, files[name], mapped=name in mapped) for name in _names(manifest)}
        index = parsed(contents, made_by)
        second = manifest.get("second_encoder")
        return replace(index, second=second_view(contents, EncoderName(**second), index)) if second else index
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IndexNotUsable(folder, f"{type(error).__name__}: {error}") from error


def read_questions(folder: Path, trusted: TrustedKeys = NO_KEYS) -> bytes | None:
    """Return the golden questions that were saved with an index, None where none were. Raises as `load` does."""
    manifest = _read_manifest(folder)
    if unsigned := trusted.fault(folder, "index", manifest["id"]):
        raise IndexNotSigned(folder, unsigned)
    try:
        entry = manifest["files"].get(QUESTIONS)
        return None if entry is None else bytes(_verified(folder, QUESTIONS, entry))
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexNotUsable(folder, f"{type(error).__name__}: {error}") from error


def verified_id(folder: Path) -> str:
    """Return the id of an index whose files are all as it says, for a signature over it. Raises `IndexNotUsable`."""
    manifest = _read_manifest(folder)
    try:
        for name in (*_names(manifest), *({QUESTIONS} & manifest["files"].keys())):
            _verified(folder, name, manifest["files"][name])
    except (KeyError, TypeError, AttributeError) as error:
        raise IndexNotUsable(folder, f"{type(error).__name__}: {error}") from error
    return str(manifest["id"])


def _names(manifest: Mapping[str, Any]) -> Sequence[str]:
    if not manifest.get("second_encoder"):
        return FILES
    return (*FILES, SECOND, *(name for name in SECOND_TOO if name in manifest["files"]))


def _aside(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.old"


def _manifest(index: ArticleIndex, contents: Mapping[str, bytes]) -> bytes:
    second = {"second_encoder": asdict(index.second.encoder)} if index.second else {}
    record = {
        "format": FORMAT,
        "kind": "articles",
        "version": index.version,
        "encoder": asdict(index.encoder),
        **second,
        "articles": len(index.articles),
        "passages": len(index.passages),
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in contents.items()
        },
    }
    return (json.dumps({**record, "id": identity(record)}, indent=1) + "\n").encode()


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if path.is_symlink():
        raise IndexNotUsable(folder, f"{MANIFEST} is a link")
    try:
        with path.open("rb") as file:
            manifest = json.loads(file.read(MAX_MANIFEST))
    except OSError as error:
        raise IndexNotUsable(folder, f"{MANIFEST}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise IndexNotUsable(folder, f"{MANIFEST} is not JSON") from error
    if not isinstance(manifest, dict) or manifest.get("kind") != "articles":
        raise IndexNotUsable(folder, "it is not an index of articles")
    if manifest.get("format") != FORMAT:
        raise IndexNotUsable(folder, f"its format is {manifest.get('format')!r}, and this Firstline reads {FORMAT}")
    if not is_genuine(manifest):
        raise IndexNotUsable(folder, f"{MANIFEST} was changed after it was written: its id is not its sha256")
    return manifest


def _verified(folder: Path, name: str, entry: Mapping[str, Any], *, mapped: bool = False) -> bytes | memoryview:
    """Read or map a file and return its bytes only if they are the ones that the manifest names."""
    path = folder / name
    if path.is_symlink():
        raise IndexNotUsable(folder, f"{name} is a link")
    try:
        size = path.stat().st_size
        if size != entry["bytes"]:
            raise IndexNotUsable(folder, f"{name} has {size} bytes instead of {entry['bytes']}")
        data: bytes | memoryview
        with path.open("rb") as file:
            data = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ)) if mapped and size else file.read()
    except OSError as error:
        raise IndexNotUsable(folder, f"{name}: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise IndexNotUsable(folder, f"{name} was changed after it was written")
    return data


def _set_aside(folder: Path) -> None:
    """Let an index replace an index or an empty folder, never somebody's documents."""
    if not folder.exists():
        return
    names = {entry.name for entry in folder.iterdir()}
    if names - {*FILES, SECOND, *SECOND_TOO, QUESTIONS, MANIFEST, SIGNATURE}:
        raise IndexNotUsable(folder, "it holds files that are not an index, and would be replaced")
    folder.rename(_aside(folder))
