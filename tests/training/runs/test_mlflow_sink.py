"""A run at MLflow: parameters, figures, model card and predictions, once, and no text of a ticket."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.training.desk import open_home, tickets, write
from tests.training.runs.test_runs import QUICK, run
from training.cli import cli
from training.errors import SinkMissing
from training.runs import folder
from triage.model import bundle as bundles

INSTALLED = importlib.util.find_spec("mlflow") is not None
TEXTS = [row["description"] for row in tickets(160)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    open_home(home)
    rows = write(home / "closed.jsonl", tickets(160))
    (home / "refit.toml").write_text(QUICK.format(weight=0.4))
    run("fit", "--tickets", rows, "--config", home / "refit.toml", "--home", home, "--out", home / "one")
    return home


@pytest.mark.skipif(INSTALLED, reason="mlflow is installed here")
def test_without_mlflow_it_is_said_what_to_install(home: Path) -> None:
    done = CliRunner().invoke(cli, ["runs", "send", "last", "--mlflow", "sqlite:///x.db", "--home", str(home)])
    assert isinstance(done.exception, SinkMissing)
    assert "pip install 'firstline[mlflow]'" in str(done.exception)


@pytest.mark.skipif(not INSTALLED, reason="mlflow-skinny is not installed: pip install 'firstline[mlflow]'")
@pytest.mark.filterwarnings("ignore")  # those of another's library
def test_a_run_is_sent_once_with_parameters_figures_card_and_predictions(home: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=uri)
    client.create_experiment("desk", artifact_location=(tmp_path / "artefacts").as_uri())
    for _ in range(2):
        run("runs", "send", "last", "--mlflow", uri, "--experiment", "desk", "--home", home)
    experiment = client.get_experiment_by_name("desk")
    assert experiment is not None
    (sent,) = client.search_runs([experiment.experiment_id])
    ours = folder.find(home, "last")
    assert sent.info.run_name == ours.id
    assert sent.info.status == "FINISHED"
    assert sent.data.metrics["category.accuracy"] == ours.metrics["category"].accuracy
    assert sent.data.params["parameters.config.head.lexical_weights"] == "[0.4]"
    assert sent.data.params["data.tickets"] == ours.data["tickets"]
    files = {path.name: path.read_bytes() for path in (tmp_path / "artefacts").rglob("*") if path.is_file()}
    assert set(files) == {"run.json", "README.md", "refit.toml", "predictions.jsonl.gz"}
    assert bundles.load(home / "one").id.encode() in files["README.md"]
    assert not any(text.encode() in data for text in TEXTS for data in files.values())
