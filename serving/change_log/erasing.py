"""Take a person out of the reasons that stand in files: who changed or promoted models, and who applied policies."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from serving.change_log.policy_changes import reword_notes
from serving.context import Context
from serving.erasure import Eraser, ErasureTrail
from triage.model.promotion import history, verdicts


def eraser(context: Context) -> Eraser:
    """Return what erases somebody there; a file that cannot be written is told in the log, and hinders no other."""

    def erase(_: sa.Connection, trail: ErasureTrail) -> None:
        if (person := trail.whose.mention) is None:
            return
        for reword in _files(context.settings.models_path, context.settings.policies):
            try:
                if changed := reword(person.erased_from):
                    trail.counts["reasons_in_files"] += changed
            except OSError as problem:
                context.telemetry.event("erasure.file_not_searched", problem=str(problem))

    return erase


def _files(models: Path, policies: Path | None) -> Iterator[Callable[[history.Reword], int]]:
    yield partial(history.reword, models)
    yield partial(verdicts.reword, models)
    if policies is not None:
        yield partial(reword_notes, policies)
