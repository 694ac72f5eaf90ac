"""Public data sets: fetched by URL, checked by sha256, converted to closed tickets: `datasets/manifest.toml`."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import tomllib
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from training.errors import ConfigRefused, DataSetNotFetched
from triage.durable_files import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from training.progress import Bars

_TIMEOUT = 30
_LARGEST = 500_000_000
_CHUNK = 1 << 18

Ticket = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DataSet:
    """One table of the manifest."""

    name: str
    what: str
    url: str
    sha256: str
    licence: str
    converter: str


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """Which data sets to fetch (default: all), and whether to accept one without a known hash."""

    only: Sequence[str] = ()
    accept_hash: bool = False


def fetch_all(manifest: Path, out: Path, bars: Bars, wish: FetchPlan) -> list[DataSetNotFetched]:
    """Fetch and convert; what cannot be had is returned, one error a set, and does not stop the others."""
    sets = read(manifest)
    unknown = set(wish.only) - {each.name for each in sets}
    if unknown:
        raise ConfigRefused(manifest, f"there is no set named {', '.join(sorted(unknown))}")
    failed = []
    downloads: dict[str, bytes] = {}
    for each in sets:
        if wish.only and each.name not in wish.only:
            continue
        try:
            _fetch(each, out, bars, downloads, accept_hash=wish.accept_hash)
        except DataSetNotFetched as problem:
            failed.append(problem)
    return failed


def read(manifest: Path) -> list[DataSet]:
    """Read the manifest. Raises `ConfigRefused`."""
    try:
        tables = tomllib.loads(manifest.read_text(encoding="utf-8"))["set"]
        sets = [DataSet(**table) for table in tables]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as problem:
        names = ", ".join(each.name for each in fields(DataSet))
        raise ConfigRefused(manifest, f"expected tables [[set]] with {names} ({problem})") from problem
    for each in sets:
        if each.converter.partition(":")[0] not in CONVERTERS:
            raise ConfigRefused(manifest, f"{each.name}: there is no converter {each.converter!r}")
    return sets


def _fetch(each: DataSet, out: Path, bars: Bars, downloads: dict[str, bytes], *, accept_hash: bool) -> None:
    target, receipt = out / f"{each.name}.jsonl.gz", out / f"{each.name}.sha256"
    if target.is_file() and receipt.is_file() and each.sha256 and receipt.read_text().strip() == each.sha256:
        bars.say(f"{each.name}: already there")
        return
    if each.url not in downloads:
        downloads[each.url] = _download(each, bars)
    content = downloads[each.url]
    found = hashlib.sha256(content).hexdigest()
    if each.sha256 and found != each.sha256:
        raise DataSetNotFetched(each.name, f"its sha256 is {found}, the manifest says {each.sha256}")
    if not each.sha256 and not accept_hash:
        raise DataSetNotFetched(
            each.name, f"the manifest knows no sha256; this one is {found} (--accept-hash takes it)"
        )
    tickets = _converted(each, content)
    out.mkdir(parents=True, exist_ok=True)
    lines = b"".join(json.dumps(ticket, ensure_ascii=False).encode() + b"\n" for ticket in tickets)
    write_file(target, gzip.compress(lines, mtime=0))
    write_file(receipt, f"{found}\n".encode("ascii"))
    bars.say(f"{each.name}: {len(tickets)} tickets in {target} (sha256 of the source {found}, {each.licence})")


def _download(each: DataSet, bars: Bars) -> bytes:
    parts = urllib.parse.urlsplit(each.url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        raise DataSetNotFetched(each.name, f"{each.url} is not https")
    try:
        with urllib.request.urlopen(each.url, timeout=_TIMEOUT) as answer:  # noqa: S310 - the scheme is checked above
            size = int(answer.headers.get("Content-Length") or 0)
            content = io.BytesIO()
            with bars.bar(each.name, size) as progress:
                while piece := answer.read(_CHUNK):
                    content.write(piece)
                    progress(content.tell(), max(size, content.tell()))
                    if content.tell() > _LARGEST:
                        raise DataSetNotFetched(each.name, f"{each.url} is larger than {_LARGEST} bytes")
    except (OSError, ValueError) as problem:
        if isinstance(problem, urllib.error.HTTPError):
            problem.close()  # it holds the connection
        reason = getattr(problem, "reason", None) or problem
        raise DataSetNotFetched(each.name, f"{each.url} cannot be reached ({reason})") from problem
    return content.getvalue()


def _converted(each: DataSet, content: bytes) -> list[Ticket]:
    name, _, part = each.converter.partition(":")
    try:
        return list(CONVERTERS[name](content.decode(), part))
    except (ValueError, KeyError, TypeError, IndexError) as problem:
        raise DataSetNotFetched(each.name, f"its content is not what {name} expects ({problem!r})") from problem


def _banking77(text: str, _: str) -> Iterator[Ticket]:
    for i, row in enumerate(csv.DictReader(io.StringIO(text))):
        yield {"id": str(i), "description": row["text"], "category": row["category"]}


def _clinc150(text: str, part: str) -> Iterator[Ticket]:
    for i, (question, label) in enumerate(json.loads(text)[part]):
        ticket = {"id": str(i), "description": question}
        yield ticket if label == "oos" else {**ticket, "category": label}


def _bitext(text: str, _: str) -> Iterator[Ticket]:
    for i, row in enumerate(csv.DictReader(io.StringIO(text))):
        reply = {"resolution": row["response"]}
        yield {"id": str(i), "description": row["instruction"], "category": row["category"], **reply}


CONVERTERS: dict[str, Callable[[str, str], Iterator[Ticket]]] = {
    "banking77": _banking77,
    "clinc150": _clinc150,
    "bitext": _bitext,
}
