"""A multi head that no ticket carries: its described labels suggest nothing, and the fit says why."""

from __future__ import annotations

from pathlib import Path

from tests.training.desk import tickets
from tests.training.multi.desk import MAPPING, learn
from training.report.page import lines
from triage.taxonomy import labels as taxonomy

DESCRIBED = (
    '[[heads]]\nname = "category"\n[[heads]]\nname = "topics"\nkind = "multi"\n[topics]\nrefund = "money back"\n'
)


def test_described_labels_of_a_list_wait_for_tickets_and_it_is_said(tmp_path: Path) -> None:
    rows = tickets(64, product_area=None)
    done = learn(tmp_path, rows, taxonomy=taxonomy.parse(DESCRIBED), mapping=MAPPING)
    assert done.manifest.multi == {}
    (said,) = (each for each in lines(done.manifest) if "topics" in each)
    assert said.startswith(
        "not learnt: topics: no ticket has a list of its labels yet. Descriptions say which label fits"
    )
    assert "learnt from 8 of them on" in said
