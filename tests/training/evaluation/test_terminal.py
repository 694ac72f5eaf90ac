"""What `evaluate` prints."""

from __future__ import annotations

import io

from rich.console import Console

from training.evaluation.terminal import lines, table

FIGURES = {"n": 1_200, "accuracy": 0.5, "macro_f1": 0.25, "ece": 0.125, "coverage": 0.5, "selective_risk": None}
CERTIFIED = FIGURES | {
    "alpha": 0.05, "selective_risk": 0.01, "certificates": {"crt_1": {"applied": 600, "selective_risk": 0.01}},
}  # fmt: skip


def test_a_row_says_whether_coverage_is_of_applied_or_of_suggested_labels() -> None:
    screen = io.StringIO()
    Console(file=screen, width=160).print(table({"category": CERTIFIED, "queue": FIGURES}))
    _, first, second = (" ".join(line.split()) for line in screen.getvalue().splitlines())
    assert first == "category 1,200 0.500 0.250 0.125 50.0% 1.0% applied, certified to 5.0% wrong"
    assert second == "queue 1,200 0.500 0.250 0.125 50.0% – suggested"


def test_what_has_no_column_is_a_sentence() -> None:
    steps = {"n": 10, "mean_absolute_error": 0.5, "off_by_one": 0.5, "further_off": 0.0}
    gate = {"n": 3, "abstained": 0.0, "languages": {"en": {"n": 3, "abstained": 0.0}}, "foreign": {"n": 4, "caught": 1}}
    assert list(lines({"category": CERTIFIED, "size": FIGURES | {"steps": steps}}, gate)) == [
        "category: certificate crt_1 applies 600 labels, 1.0% of them wrong",
        "size: 0.50 steps off on average, one step for 50.0% of 10 tickets, more for 0.0%",
        "foreign-text gate: 0.0% of 3 tickets abstain as foreign texts",
        "  en: 0.0% of 3",
        "  100.0% of 4 texts without any label are caught",
    ]


def test_a_head_of_several_labels_a_ticket_has_sentences_in_place_of_a_row() -> None:
    topics = {
        "n": 1_200,
        "micro_f1": 0.75,
        "macro_f1": 0.5,
        "trivial_micro_f1": 0.125,
        "coverage": 0.5,
        "applied": 0.25,
    }
    topics |= {"precision_at": {"1": 0.9}, "per_label": {}}
    assert table({"topics": topics}).row_count == 0
    assert list(lines({"topics": topics}, {})) == [
        (
            "topics: 1,200 tickets with any number of labels: micro-F1 0.750, macro-F1 0.500; "
            "the most frequent label alone has 0.125"
        ),
        "topics: precision at 1: 90.0%",
        "topics: 50.0% of the tickets get a label, 25.0% get one automatically",
    ]
