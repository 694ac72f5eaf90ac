"""Pages of a knowledge base in what was sent: the files of a folder, or a zip. Nothing is ever written to a disk."""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from retrieval.articles import golden_questions
from retrieval.articles.files import FORMAT_OF
from serving.console.uploads import SentFile

MOST_FILES: Final = 10_000  # of a zip
MOST_PAGE: Final = 5_000_000  # bytes of one page
MOST_ALL: Final = 50_000_000  # bytes of all pages of a zip once unpacked
_PLAIN: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 1
_UTF8_NAME: Final = 0x800
_PIECE: Final = 1_000_000
_DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Page:
    """A file that may be an article, under its path in what was sent."""

    path: PurePosixPath
    data: bytes


@dataclass(slots=True)
class SentPages:
    """What was found: pages, files that are refused with the reason, and how many others were left alone."""

    pages: list[Page] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    others: int = 0
    unpacked: int = 0
    questions: bytes | None = None
    """What stands in `questions.toml`; of several, the last."""


def read(files: Sequence[SentFile]) -> SentPages:
    """Read the files of a form: pages as they are, and zips of pages."""
    found = SentPages()
    for file in files:
        if not _is_zip(file):
            _take(file.name, file.data, found)
    found.pages = _below_common(found.pages)
    for file in files:
        if _is_zip(file):
            before, found.pages = found.pages, []
            _read_zip(file, found)
            found.pages = before + _below_common(found.pages)
    return found


def _is_zip(file: SentFile) -> bool:
    return file.name.lower().endswith(".zip")


def _read_zip(file: SentFile, found: SentPages) -> None:
    try:
        with zipfile.ZipFile(BytesIO(file.data)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_FILES:
                found.refused.append((file.name, f"it holds {len(entries):,} files; at most {MOST_FILES:,} are read"))
                return
            for entry in entries:
                if not entry.is_dir():
                    _take_entry(archive, entry, found)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RecursionError) as error:
        found.refused.append((file.name, f"it cannot be read as a zip ({type(error).__name__})"))


def _take_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, found: SentPages) -> None:
    name = _name(entry)
    if not _is_page(name) and not _is_questions(name):
        found.others += 1
        return
    if stat.S_ISLNK(entry.external_attr >> 16):
        found.refused.append((name, "a symbolic link; put the file itself into the zip"))
    elif entry.flag_bits & _ENCRYPTED:
        found.refused.append((name, "it is encrypted"))
    elif entry.compress_type not in _PLAIN:
        found.refused.append((name, "it is packed by a method that is not read; use an ordinary zip"))
    else:
        try:
            data = b"".join(_unpacked(archive, entry, min(MOST_PAGE, MOST_ALL - found.unpacked)))
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
            found.refused.append((name, f"it is damaged ({type(error).__name__})"))
            return
        found.unpacked += len(data)
        if found.unpacked > MOST_ALL:
            found.refused.append((name, f"all pages together are larger than {MOST_ALL:,} bytes"))
        else:
            _take(name, data, found)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """Yield an entry's bytes, one more than `most` at the most: what a zip says of its sizes is not believed."""
    left = max(0, most) + 1
    with archive.open(entry) as unpacking:
        while left and (piece := unpacking.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece


def _name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name; one that is not marked as UTF-8 often is all the same."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode()
    except UnicodeError:
        return entry.filename


def _take(name: str, data: bytes, found: SentPages) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if _is_questions(name):
        found.questions = data
    elif not _is_page(name):
        found.others += 1
    elif path.is_absolute() or ".." in path.parts or _DRIVE.match(name) or not name.isprintable():
        found.refused.append((name, "its path leads out of the folder, or cannot be printed"))
    elif len(data) > MOST_PAGE:
        found.refused.append((name, f"it is larger than {MOST_PAGE:,} bytes"))
    else:
        found.pages.append(Page(path, data))


def _is_page(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    hidden = any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() in FORMAT_OF and not hidden


def _is_questions(name: str) -> bool:
    return PurePosixPath(name.replace("\\", "/")).name == golden_questions.FILE


def _below_common(pages: list[Page]) -> list[Page]:
    """Drop the folder that all pages of one source stand in, as `firstline index` makes ids of the path below."""
    if len({page.path.parts[0] for page in pages}) != 1 or any(len(page.path.parts) == 1 for page in pages):
        return pages
    return [Page(PurePosixPath(*page.path.parts[1:]), page.data) for page in pages]
