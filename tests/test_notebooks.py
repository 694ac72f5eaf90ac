"""The notebooks run from top to bottom on the sample, were committed without outputs, and leave nothing behind."""

from __future__ import annotations

import warnings
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ENCODER = ROOT / "var/encoder/int8/encoder.json"
SECONDS = 240
"""For a busy machine; on a free one each takes well under a minute."""


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code(path: Path) -> str:
    return "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_there_is_a_notebook_for_the_tickets_and_one_for_the_tags() -> None:
    assert [path.stem for path in NOTEBOOKS][:2] == ["01_closed_tickets", "02_tags"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.id for cell in cells if cell.outputs or cell.execution_count is not None] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_opens_with_what_it_is_about(path: Path) -> None:
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")


@pytest.mark.timeout(2 * SECONDS)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_and_leaves_nothing_behind(path: Path, tmp_path: Path) -> None:
    if "var/encoder" in code(path) and not ENCODER.is_file():
        pytest.skip("the encoder is not built: make setup")
    watched = [ROOT / "notebooks", ROOT / "datasets", ROOT / "var/cache"]
    before = [files(folder) for folder in watched]
    found = read(path)
    client = NotebookClient(
        found, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", category=DeprecationWarning, module=r"(jupyter_client|zmq|tornado|nbclient)\b"
        )
        client.execute()
    errors = [out for cell in found.cells for out in cell.get("outputs", ()) if out.output_type == "error"]
    complaints = [out.text for cell in found.cells for out in cell.get("outputs", ()) if out.get("name") == "stderr"]
    assert (errors, complaints) == ([], [])
    assert [files(folder) for folder in watched] == before
    assert list(tmp_path.iterdir()) == []
