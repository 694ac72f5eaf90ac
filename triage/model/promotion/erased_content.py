"""What a bundle still holds of erased customers: tickets, texts, and what was learnt from them."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import numpy as np

from triage.errors import BundleRefused
from triage.model.bundle_files import ANSWERED, CASES, GOLDEN, HOLDOUT, REPORT, SEEN, SealedFolder
from triage.model.promotion import verdicts
from triage.model.promotion.errors import HoldsErased

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage.model.registry import Registry
    from triage.tickets.tombstones import Erased

_SHORTEST_ID = 6  # a shorter one may stand in a page of figures by chance
_READ = frozenset({CASES, HOLDOUT, ANSWERED, SEEN, GOLDEN, REPORT})


def places(bundle: SealedFolder, erased: Erased) -> Iterator[str]:
    """Say where a bundle holds something that was erased; nothing is said of a bundle that holds nothing."""
    files = {file.path: bundle.read(file.path) for file in bundle.manifest.files if file.path in _READ}
    cases = [json.loads(line) for line in files.get(CASES, b"").splitlines() if line.strip()]
    if n := sum(str(each["id"]) in erased.ids for each in cases):
        yield f"{n} among its closed tickets"
    held = [json.loads(line) for line in files.get(HOLDOUT, b"").splitlines() if line.strip()]
    if n := sum(erased.has(str(each["id"]), each["text"]) for each in held):
        yield f"{n} among its held-out tickets"
    asked = [json.loads(line) for line in files.get(ANSWERED, b"").splitlines() if line.strip()]
    if n := sum(erased.has(str(each["id"]), each["question"]) for each in asked):
        yield f"{n} among its held-out questions"
    if n := sum(map(erased.said, json.loads(files[GOLDEN])["texts"] if GOLDEN in files else ())):
        yield f"{n} among its golden texts"
    if SEEN in files:
        seen = np.load(io.BytesIO(files[SEEN]), allow_pickle=False)
        if n := int(np.isin(seen, np.array(sorted(erased.seen), dtype=np.uint64)).sum()):
            yield f"{n} that its heads or its encoder learnt from"
    if quotes(files.get(REPORT, b"").decode(errors="replace"), erased):
        yield "its report quotes one"


def quotes(page: str, erased: Erased) -> bool:
    """Tell whether a page names an erased ticket."""
    named = {each for each in erased.ids if len(each) >= _SHORTEST_ID}
    return not named.isdisjoint(re.findall(r"[\w.:-]{6,200}", page))


def prune(registry: Registry, erased: Erased) -> list[str]:
    """Delete the versions that hold something erased and do not serve; return their ids."""
    gone = []
    for version in registry.versions() if erased else ():
        if version != registry.current_id() and _where(registry, version, erased):
            registry.remove(version)
            verdicts.forget(registry, version)
            gone.append(version)
    return gone


def refuse(registry: Registry, version: str | None, erased: Erased) -> None:
    """Refuse a version that holds something erased. Raises `HoldsErased`."""
    if erased and version in registry.versions() and (where := _where(registry, version, erased)):
        raise HoldsErased(version, where)


def _where(registry: Registry, version: str, erased: Erased) -> str:
    try:
        return "; ".join(places(SealedFolder.open(registry.path(version)), erased))
    except BundleRefused:
        return "it is damaged, so nobody knows"
