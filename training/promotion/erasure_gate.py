"""Gate: a bundle contains nothing of erased customers, neither a ticket nor a text nor as training data."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import numpy as np

from training.answers import quoted_answers
from training.bundles import held_out
from training.errors import HoldsErased
from training.promotion.gates import Gate
from triage.errors import BundleRefused
from triage.model.bundle_files import SealedFolder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from triage.model.registry import Registry
    from triage.tickets.tombstones import Erased

NAME = "erased tickets"
_CASES, _GOLDEN, _REPORT = "cases/cases.jsonl", "golden.json", "report.html"
_SHORTEST_ID = 6  # a shorter one may stand in a page of figures by chance


def gate(candidate: SealedFolder, erased: Erased) -> Gate:
    """Look for every erased ticket, by its id and by its words, in every file that could hold it."""
    found = "; ".join(places(candidate, erased))
    if found:
        reason = f"it holds what was erased: {found}. Refit on a fresh export, or without --encoder if that has seen it"
        return Gate(NAME, passed=False, reason=reason)
    reason = f"none of the {len(erased.ids)} is shown, measured with, remembered or learnt from"
    return Gate(NAME, passed=True, reason=reason)


def places(bundle: SealedFolder, erased: Erased) -> Iterator[str]:
    """Say where a bundle holds something that was erased; nothing is said of a bundle that holds nothing."""
    files = {file.path: bundle.read(file.path) for file in bundle.manifest.files if file.path in _READ}
    cases = [json.loads(line) for line in files.get(_CASES, b"").splitlines() if line.strip()]
    if n := sum(str(each["id"]) in erased.ids for each in cases):
        yield f"{n} among its closed tickets"
    held = [json.loads(line) for line in files.get(held_out.HOLDOUT, b"").splitlines() if line.strip()]
    if n := sum(erased.has(str(each["id"]), each["text"]) for each in held):
        yield f"{n} among its held-out tickets"
    asked = [json.loads(line) for line in files.get(quoted_answers.FILE, b"").splitlines() if line.strip()]
    if n := sum(erased.has(str(each["id"]), each["question"]) for each in asked):
        yield f"{n} among its held-out questions"
    if n := sum(map(erased.said, json.loads(files[_GOLDEN])["texts"] if _GOLDEN in files else ())):
        yield f"{n} among its golden texts"
    if held_out.SEEN in files:
        seen = np.load(io.BytesIO(files[held_out.SEEN]), allow_pickle=False)
        if n := int(np.isin(seen, np.array(sorted(erased.seen), dtype=np.uint64)).sum()):
            yield f"{n} that its heads or its encoder learnt from"
    if _quotes(files.get(_REPORT, b"").decode(errors="replace"), erased):
        yield "its report quotes one"


_READ = frozenset({_CASES, held_out.HOLDOUT, quoted_answers.FILE, held_out.SEEN, _GOLDEN, _REPORT})


def _quotes(page: str, erased: Erased) -> bool:
    named = {each for each in erased.ids if len(each) >= _SHORTEST_ID}
    return not named.isdisjoint(re.findall(r"[\w.:-]{6,200}", page))


def prune(registry: Registry, erased: Erased) -> list[str]:
    """Delete the versions that hold something erased and do not serve; return their ids."""
    gone = []
    for version in registry.versions() if erased else ():
        if version != registry.current_id() and _where(registry, version, erased):
            registry.remove(version)
            gone.append(version)
    return gone


def refuse_previous(registry: Registry, erased: Erased) -> None:
    """Refuse to go back to a version that holds something erased. Raises `HoldsErased`."""
    previous = registry.previous_id()
    if erased and previous in registry.versions() and (where := _where(registry, previous, erased)):
        raise HoldsErased(previous, where)


def _where(registry: Registry, version: str, erased: Erased) -> str:
    try:
        return "; ".join(places(SealedFolder.open(registry.path(version)), erased))
    except BundleRefused:
        return "it is damaged, so nobody knows"
