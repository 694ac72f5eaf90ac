"""Send a run to MLflow: parameters, figures, model card, settings and predictions; no text of a ticket."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import structs

from training.errors import SinkMissing
from training.report.card import card
from training.runs import folder, predictions
from training.runs.comparing import flat
from triage.errors import BundleRefused
from triage.instants import from_text
from triage.model.bundle_files import SealedFolder, read_manifest

if TYPE_CHECKING:
    from training.runs.record import Run

TAG: Final = "firstline.run"
_LONGEST: Final = 500
_A_BATCH: Final = 100
_STATES: Final = {"finished": "FINISHED", "failed": "FAILED", "killed": "KILLED", "running": "RUNNING"}


def send(home: Path, run: Run, uri: str, experiment: str) -> str:
    """Send a run and return its id at MLflow; one that is there already is sent no second time.

    Parameters
    ----------
    home
        Whose run it is.
    run
        What to send.
    uri
        The tracking server, or a store such as ``sqlite:///mlflow.db``.
    experiment
        Made where it is missing.

    Returns
    -------
    str
        MLflow's id.

    Raises
    ------
    SinkMissing
        mlflow-skinny is not installed.
    """
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param
    except ImportError:
        raise SinkMissing("mlflow") from None
    client = MlflowClient(tracking_uri=uri)
    known = client.get_experiment_by_name(experiment)
    place = known.experiment_id if known else client.create_experiment(experiment)
    sent = client.search_runs([place], f"tags.`{TAG}` = '{run.id}'", max_results=1)
    if sent:
        return str(sent[0].info.run_id)
    begun = _milliseconds(run.began_at)
    tags = {TAG: run.id, "firstline.bundle": run.artefacts.get("bundle_id", "")}
    made: str = client.create_run(place, start_time=begun, run_name=run.id, tags=tags).info.run_id
    params = [Param(name, str(value)[:_LONGEST]) for name, value in flat(run)]
    for start in range(0, len(params), _A_BATCH):
        client.log_batch(made, params=params[start : start + _A_BATCH])
    ended = _milliseconds(run.ended_at) if run.ended_at else begun
    client.log_batch(made, metrics=[Metric(name, value, ended, 0) for name, value in _metrics(run).items()])
    with TemporaryDirectory() as around:
        for path in _artefacts(home, run, Path(around)):
            client.log_artifact(made, str(path))
    client.set_terminated(made, status=_STATES[run.state], end_time=ended)
    return made


def _metrics(run: Run) -> dict[str, float]:
    """Return the figures by MLflow's names: `category.accuracy`."""
    found: dict[str, Any] = {
        f"{head}.{name}": value
        for head, scores in (*run.metrics.items(), *run.lists.items())
        for name, value in structs.asdict(scores).items()
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def _artefacts(home: Path, run: Run, around: Path) -> list[Path]:
    """Return the files to send. The bundle and its report hold texts of tickets, so they stay."""
    record = around / folder.FILE
    record.write_bytes(msgspec.json.format(msgspec.json.encode(run)))
    found = [record]
    kept = home / folder.FOLDER / run.id / predictions.FILE
    found += [kept] if kept.is_file() else []
    bundle = Path(run.artefacts["bundle"]) if "bundle" in run.artefacts else None
    if bundle is None:
        return found
    try:
        manifest = read_manifest(bundle)
        if manifest.id != run.artefacts["bundle_id"]:
            return found
        (around / "README.md").write_text(card(manifest), encoding="utf-8")
        (around / "refit.toml").write_bytes(SealedFolder(bundle, manifest).read("refit.toml"))
    except BundleRefused:  # another fit's, or gone
        return found
    return [*found, around / "README.md", around / "refit.toml"]


def _milliseconds(at: str) -> int:
    return int(from_text(at, "at").timestamp() * 1_000)
