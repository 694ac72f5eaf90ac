"""Gate: no golden question fails that passes with the current bundle.

How a question is decided is the service's, so `firstline evals` asks: another process, of which only the JSON is read.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

from retrieval.articles import golden_questions
from training.promotion.gates import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME: Final = "evals"
NAMED: Final = 5
SECONDS: Final = 3_600
_LONGEST: Final = 300
#: In a home: as the service had them last, and as they came with the index.
_KEPT: Final = (f"evals/{golden_questions.FILE}", f"index/{golden_questions.FILE}")


def gate(candidate: Path, current: Path | None, home: Path, articles: Path | None = None) -> Gate:
    """Ask the golden questions of both bundles.

    Parameters
    ----------
    candidate
        The folder of a bundle.
    current
        That of what serves now; None: nothing does.
    home
        Its articles and golden questions are those that the service had last.
    articles
        A folder of other articles, with the questions beside them.

    Returns
    -------
    Gate
        It passes, too, where there is nothing to ask.
    """
    if not _has_questions(home, articles):
        return Gate(NAME, passed=True, reason=f"there are no golden questions: {golden_questions.FILE} has none")
    if current is None:
        return Gate(NAME, passed=True, reason="no bundle is current, so no golden question passes that could fail")
    try:
        before, after = (_asked(folder, home, articles) for folder in (current, candidate))
    except _NotAskedError as problem:
        return Gate(NAME, passed=False, reason=f"the golden questions could not be asked: {problem}")
    passed = {_name(each) for each in before if each["passed"]}
    failing = [each for each in after if not each["passed"]]
    broken = [each for each in failing if _name(each) in passed]
    if not broken:
        reason = (
            f"{len(after) - len(failing)} of {len(after)} golden questions pass, all that pass with the current one"
        )
        return Gate(NAME, passed=True, reason=reason)
    named = "; ".join(f"“{each['ask']}” ({each['came']} instead of {each['wanted']})" for each in broken[:NAMED])
    more = f"; and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
    fail = (
        "1 golden question fails that passes" if len(broken) == 1 else f"{len(broken)} golden questions fail that pass"
    )
    return Gate(NAME, passed=False, reason=f"{fail} with the current bundle: {named}{more}")


class _NotAskedError(Exception):
    """`firstline evals` printed no result."""


def _has_questions(home: Path, articles: Path | None) -> bool:
    if articles is not None:
        return golden_questions.in_folder(articles) is not None
    kept = next((file for name in _KEPT if (file := home / name).is_file()), None)
    return kept is not None and bool(kept.read_bytes().strip())


def _asked(bundle: Path, home: Path, articles: Path | None) -> Sequence[dict[str, Any]]:
    asked = ["evals", "--json", "--home", str(home), "--bundle", str(bundle)]
    asked += ["--articles", str(articles)] if articles is not None else []
    command = [sys.executable, "-m", "serving.cli", *asked]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
        found: list[dict[str, Any]] = json.loads(done.stdout)["questions"]
    except subprocess.TimeoutExpired:
        raise _NotAskedError(f"it took more than {SECONDS} seconds") from None
    except (ValueError, KeyError, TypeError):
        said = done.stderr.strip().splitlines() or ["it printed nothing"]
        raise _NotAskedError(said[-1].removeprefix("firstline: ")[:_LONGEST]) from None
    return found


def _name(question: dict[str, Any]) -> tuple[object, ...]:
    return tuple(question[each] for each in ("ask", "wanted", "locale", "brand"))
