"""Errors between a file of closed tickets and a promoted bundle.

FirstlineError
└── TrainingError
    ├── ConfigRefused          refit.toml or a column mapping that says what nobody understands
    ├── TicketsNotReadable     no such file, another format, cut short
    ├── TooManyBadRows         more than the configured share was quarantined
    ├── NothingToLearn         no label with enough tickets
    ├── ParityLost             the numpy heads do not answer as the scikit-learn ones
    ├── NoRoomForBundle        the output folder holds something that is not a bundle
    ├── DataSetNotFetched      a public set that cannot be had, or is not what the manifest says
    ├── WeightsNotUsable       a published encoder whose weights are missing, damaged or of another kind
    ├── LabMissing             fine-tuning outside the environment that has torch
    ├── SeenNotKnown           an adapted encoder that does not say what it has learnt from
    ├── QuestionsNotReadable   a file of questions with known answers that is not what the contract asks for
    ├── MigrationRefused       changes of the taxonomy that do not fit the bundle
    ├── OverrideRefused        a gate that nobody may override, or that does not exist, or no reason
    ├── OverridesUnsigned      a bundle with overrides that must be signed before it serves
    ├── NothingToAudit         a bundle without what an audit needs, or with too few held-out tickets for one
    ├── RunNotFound            no run whose id begins so, or several
    ├── PredictionsNotWritten  a table of predictions in a format that is not written
    ├── RefitUnderWay          another refit of this home runs, or what a killed one left behind
    ├── StageFailed            a stage of a nightly refit
    ├── GraphNotExported       a bundle that is no single ONNX graph, or one that answers otherwise
    ├── SinkMissing            a run is to be sent where the library for that is not installed
    ├── NothingToMeasure       no ticket that a bundle has not learnt from
    ├── NothingToReplay        tickets without a time, when gaps are looked for
    └── UntilMissing           tickets to learn from, and nothing that keeps them apart from the questions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.errors import FirstlineError

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class TrainingError(FirstlineError):
    """The root of this package's errors."""


class ConfigRefused(TrainingError):
    """A configuration file cannot be used."""

    def __init__(self, path: Path | str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class TicketsNotReadable(TrainingError):
    """A file of closed tickets cannot be read at all."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


class TooManyBadRows(TrainingError):
    """So many rows were quarantined that what is left may not be the desk's work."""

    def __init__(self, path: Path, bad: int, rows: int, allowed: float, first: str) -> None:
        self.path = path
        self.bad = bad
        self.rows = rows
        self.allowed = allowed
        super().__init__(
            f"{path}: {bad} of {rows} rows are bad, more than the {allowed:.0%} that data.max_bad_share allows; "
            f"the first: {first}. Repair the export, or say how to read it "
            "in a mapping (--mapping), which `firstline-train import` writes."
        )


class NothingToLearn(TrainingError):
    """No label of the file has enough tickets for a head."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(f"{path}: there is nothing to learn. {' '.join(problems)}")


class ParityLost(TrainingError):
    """The exported head answers otherwise than the fitted one."""

    def __init__(self, head: str, difference: float, allowed: float) -> None:
        self.head = head
        self.difference = difference
        self.allowed = allowed
        super().__init__(
            f"head {head}: exported and fitted probabilities differ by {difference:.2g} (allowed: {allowed:g})"
        )


class NoRoomForBundle(TrainingError):
    """The output folder must not be overwritten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder} exists and is no model bundle, so it is left alone; choose another --out")


class DataSetNotFetched(TrainingError):
    """A public data set cannot be had."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"{name}: {problem}")


class WeightsNotUsable(TrainingError):
    """The published weights are missing, damaged or of another kind."""

    def __init__(self, source: Path | str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"The encoder {source} cannot be built: {reason}.")


class LabMissing(TrainingError):
    """Fine-tuning was asked for where there is no torch."""

    def __init__(self) -> None:
        super().__init__(
            "Fine-tuning needs torch and sentence-transformers, which are not in this environment: "
            "`make finetune` builds one that has them (.venv-lab) and runs there."
        )


class SeenNotKnown(TrainingError):
    """An adapted encoder's list of tickets is missing or another one."""

    def __init__(self, folder: Path, problem: str) -> None:
        self.folder = folder
        self.problem = problem
        super().__init__(
            f"{folder}: this encoder has learnt from tickets, and its seen.npy {problem}. Without the list nothing "
            "can be certified on tickets that it has not seen: run `make finetune` again."
        )


class QuestionsNotReadable(TrainingError):
    """A file of questions with known answers is not what the contract asks for."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        super().__init__(f"{path}, line {line}: {problem}" if line else f"{path}: {problem}")


class DuplicatesNotReadable(TrainingError):
    """A file of duplicate tickets is not one."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")


class UntilMissing(TrainingError):
    """Closed tickets are to be learnt from, and nothing keeps them apart from the questions."""

    def __init__(self) -> None:
        super().__init__(
            "Give --until with --tickets: tickets before it are learnt from, questions from then on are asked. "
            "Without it the answers could be learnt from the very questions."
        )


class MigrationRefused(TrainingError):
    """A bundle cannot go through these changes of the taxonomy."""

    def __init__(self, bundle: str, problem: str) -> None:
        self.bundle = bundle
        self.problem = problem
        super().__init__(f"bundle {bundle[:12]} is not migrated: {problem}")


class OverrideRefused(TrainingError):
    """A gate is not overridden."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"nothing is overridden: {problem}")


class OverridesUnsigned(TrainingError):
    """A bundle got overrides, and must be signed anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"The overrides change what is signed, so nothing is promoted yet. {folder} has them: sign it, and promote "
            "it without --despite."
        )


class NothingToAudit(TrainingError):
    """A bundle cannot be audited."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"there is nothing to audit: {problem}")


class NothingToMeasure(TrainingError):
    """A bundle has learnt from every ticket that it is to be measured on."""

    def __init__(self, path: Path, tickets: int) -> None:
        self.path, self.tickets = path, tickets
        super().__init__(
            f"{path}: the bundle has learnt from all {tickets} tickets. Give newer ones; `firstline-train report` "
            "prints what its fit measured. --all-tickets measures on these all the same: far too good."
        )


class RunNotFound(TrainingError):
    """An id names no run, or several."""

    def __init__(self, beginning: str, folder: Path, found: int) -> None:
        self.beginning, self.folder, self.found = beginning, folder, found
        super().__init__(
            f"{folder} has {found or 'no'} finished runs: `firstline-train runs` lists all, `fit` makes one"
            if beginning == "last"
            else f"{folder} has {found or 'no'} runs whose id begins with {beginning!r}: `firstline-train runs`"
        )


class PredictionsNotWritten(TrainingError):
    """A table of predictions cannot be written."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path, self.problem = path, problem
        super().__init__(f"{path}: {problem}")


class RefitUnderWay(TrainingError):
    """A refit of this home runs already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            f"A refit of this home runs already, or a stage that a killed one started still does ({folder / 'lock'} is "
            "held). Try again when it has ended."
        )


class StageFailed(TrainingError):
    """A stage of a nightly refit failed, so no later one was run."""

    def __init__(self, stage: str, problem: str) -> None:
        self.stage, self.problem = stage, problem
        super().__init__(f"The refit stopped at the stage {stage}: {problem}. What serves is unchanged.")


class GraphNotExported(TrainingError):
    """A bundle is not written as an ONNX graph."""

    def __init__(self, bundle: str, problem: str) -> None:
        self.bundle, self.problem = bundle, problem
        super().__init__(f"bundle {bundle[:12]} is not exported: {problem}")


class SinkMissing(TrainingError):
    """The library of a sink is not installed."""

    def __init__(self, extra: str) -> None:
        self.extra = extra
        super().__init__(f"{extra} is not installed: pip install 'firstline[{extra}]'")


class NothingToReplay(TrainingError):
    """No closed ticket is left whose question could be asked again."""

    def __init__(self, read: int, until: datetime | None) -> None:
        self.read = read
        self.until = until
        before = f" before {until:%Y-%m-%d}" if until else ""
        super().__init__(f"None of {read} tickets has a time{before}: gaps are found in tickets with `created_at`.")
