"""The labels that a person may set, as they are listed."""

from __future__ import annotations

from pathlib import Path

from serving.inference.labels import KnownLabels
from serving.policy import policies

TAXONOMY = """
[[heads]]
name = "severity"
kind = "ordinal"
[[heads]]
name = "intent"
[severity]
low = "cosmetic"
medium = "a workaround exists"
high = "work stands still"
[intent]
refund = "money back"
delivery = "where is it"
"""


def test_labels_of_an_ordinal_head_are_listed_in_their_order_and_others_by_the_alphabet(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.toml").write_text(TAXONOMY, encoding="utf-8")
    known = KnownLabels(policies.load(tmp_path))
    assert known.labels("severity") == ("low", "medium", "high")
    assert known.labels("intent") == ("delivery", "refund")
