"""`firstline tag` gives the tags of `/v1/tags`, and the same file on one core, on two and on a cluster."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from serving.app import create_app
from serving.backfill.errors import BackfillRefused
from serving.backfill.reading import read
from serving.backfill.tagging import Job, Tagging
from serving.cli import cli
from serving.composition import slices
from serving.context import Context
from serving.inference.loaded_model import load
from serving.settings import Settings
from tests.dask_processes import DaskProcesses, dask_processes
from tests.fakes import FrozenClock
from tests.serving.backfill.test_tag import is_begun, rows, written
from tests.serving.conftest import FixedModels
from tests.tiny_bundle import tiny_bundle
from tests.waiting import wait_until
from triage.signing.signatures import NO_KEYS

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "var/sample/bundle"
TOLD = ("tags", "language", "team", "tier")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return SAMPLE if SAMPLE.exists() else tiny_bundle(tmp_path / "bundle")


def tickets(number: int) -> list[dict[str, Any]]:
    """Return tickets of the sample, beside some that a phrase or a machine raised."""
    told = [
        {"subject": "Production is down", "description": "Nobody can sign in. We lose orders.", "plan": "enterprise"},
        {"subject": "Out of office", "description": "I am on holiday until Monday."},
        {"subject": "Rechnung", "description": "Die Rechnung für März ist falsch.", "language": "de"},
    ]
    sample = read(ROOT / "datasets/sample/tickets.jsonl.gz", {})
    return [*told, *({"external_id": row.id, **row.fields} for row, _ in zip(sample, range(number), strict=False))]


def test_tags_teams_and_reasons_are_those_of_the_api(
    bundle: Path,
    settings: Settings,
    clock: FrozenClock,
    make_key: Callable[..., dict[str, str]],
    migrated_home: Path,
    tmp_path: Path,
) -> None:
    asked = tickets(60)
    model = load(bundle, origin="current", at=clock.now(), trusted=NO_KEYS)

    def compose(context: Context) -> Any:
        return slices(context, models=FixedModels(model, settings, clock, context.telemetry))

    with TestClient(create_app(settings, clock=clock, compose=compose)) as client:
        client.headers.update(make_key("admin"))
        answered = client.post("/v1/tags/batch", params={"include": ""}, json={"tickets": asked})
        assert answered.status_code == 200, answered.text
    export = written(tmp_path / "export.jsonl", [{**each, "id": each.pop("external_id", "")} for each in asked])
    job = Job(bundle, model.version, NO_KEYS, None, {}, datetime.now(UTC))
    found = job.prepare()(list(read(export, {})))
    expected = [{name: each[name] for name in TOLD} for each in answered.json()["results"]]
    assert [{name: each[name] for name in TOLD} for each in json.loads(json.dumps(found))] == expected
    assert {each["tags"]["priority"]["label"] for each in found} > {"P0"}


def test_a_machine_with_another_bundle_is_refused(tmp_path: Path) -> None:
    job = Job(tiny_bundle(tmp_path / "bundle"), "another", NO_KEYS, None, {}, datetime.now(UTC))
    with pytest.raises(BackfillRefused, match="is another bundle on the machine that was to tag with it"):
        job.prepare()
    assert Tagging(job).bundle_id != "another"


def tagged(folder: Path, name: str, *where: str) -> bytes:
    arguments = ["tag", str(folder / "export.jsonl"), "--out", str(folder / name), "--bundle", str(folder / "bundle")]
    done = CliRunner().invoke(cli, [*arguments, "--home", str(folder / "home"), *where])
    assert done.exit_code == 0, done.output or repr(done.exception)
    return (folder / name).read_bytes()


def test_the_file_is_the_same_from_one_core_and_from_two(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "bundle")
    written(tmp_path / "export.jsonl", rows(300))
    one = tagged(tmp_path, "one.jsonl", "--workers", "1")
    assert one.count(b"\n") == 300
    assert tagged(tmp_path, "two.jsonl", "--workers", "2") == one


@pytest.mark.slow
def test_the_file_is_the_same_from_a_cluster_of_which_a_worker_is_killed(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'firstline[cluster]'")
    tiny_bundle(tmp_path / "bundle")
    written(tmp_path / "export.jsonl", rows(6_000))
    one = tagged(tmp_path, "one.jsonl", "--workers", "1")
    with dask_processes(tmp_path) as dask:
        ending = threading.Thread(target=killed_in_the_middle, args=(dask, tmp_path / "many.jsonl.progress"))
        ending.start()
        many = tagged(tmp_path, "many.jsonl", "--cluster", dask.address)
        ending.join()
        assert dask.workers[0].returncode is not None
        assert dask.workers[1].poll() is None
    assert many == one


def killed_in_the_middle(dask: DaskProcesses, progress: Path) -> None:
    wait_until(lambda: progress.exists() and is_begun(progress), pause=0.01)
    assert progress.exists(), "the run was over before a worker was killed"
    dask.kill_one()


@pytest.mark.slow
def test_an_index_of_a_cluster_is_the_index_of_one_machine(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'firstline[cluster]'")
    if not SAMPLE.exists():
        pytest.skip("no sample bundle: make setup")
    shutil.copytree(ROOT / "datasets/sample/articles", tmp_path / "articles")
    common = ["index", "--articles", str(tmp_path / "articles"), "--encoder", str(SAMPLE / "encoder")]
    for name, where in (("one", []), ("many", ["--cluster", "local"])):
        arguments = [*common, "--out", str(tmp_path / name), "--second-encoder", "none", "--home", str(tmp_path)]
        done = CliRunner().invoke(cli, [*arguments, *where])
        assert done.exit_code == 0, done.output or repr(done.exception)
    files = sorted(each.name for each in (tmp_path / "one").iterdir())
    assert {name: (tmp_path / "many" / name).read_bytes() for name in files} == {
        name: (tmp_path / "one" / name).read_bytes() for name in files
    }
