"""`firstline-train gaps --cluster`: the same report as without."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from training.cli import cli

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_report_is_the_same(tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'firstline[cluster]'")
    if not (ROOT / "var/encoder/int8").exists():
        pytest.skip("no encoder: make setup")
    with gzip.open(ROOT / "datasets/sample/tickets.jsonl.gz", "rb") as sample:
        lines = [line for line, _ in zip(sample, range(300), strict=False)]
    (tmp_path / "tickets.jsonl").write_bytes(b"".join(lines))
    shutil.copytree(ROOT / "datasets/sample/articles", tmp_path / "articles")
    common = ["gaps", "--tickets", str(tmp_path / "tickets.jsonl"), "--articles", str(tmp_path / "articles"), "--json"]
    common += ["--encoder", str(ROOT / "var/encoder/int8")]
    told = []
    for name, where in (("one", []), ("many", ["--cluster", "local"])):
        done = CliRunner().invoke(cli, [*common, "--home", str(tmp_path / name), *where])
        assert done.exit_code == 0, done.output or repr(done.exception)
        told.append(done.stdout)
    assert '"gaps"' in told[0]
    assert told[1] == told[0]
