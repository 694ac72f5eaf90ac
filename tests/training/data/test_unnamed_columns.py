"""An export with none of our column names says what it has, and the mapping to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.data.presets.importing import understand
from training.errors import TicketsNotReadable

CSV = "Kat,Nummer,Betreffzeile,Inhalt\nbug,1,Hallo,Der Export ist leer.\nbug,2,Frage,Die Rechnung ist falsch.\n"


def test_an_export_of_other_names_is_told_with_values_and_a_mapping_that_works(tmp_path: Path) -> None:
    (export := tmp_path / "x.csv").write_text(CSV, encoding="utf-8")
    with pytest.raises(TicketsNotReadable) as refused:
        understand(export, None)
    told = str(refused.value)
    assert "which column is id" in told
    assert "  Inhalt        Der Export ist leer.\n" in told
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(told[told.index("[columns]") :], encoding="utf-8")
    (ticket, _) = understand(export, mapping).export.tickets
    assert (ticket.id, ticket.subject, ticket.description) == ("1", "Hallo", "Der Export ist leer.")


def test_an_id_without_a_text_is_not_enough(tmp_path: Path) -> None:
    (export := tmp_path / "x.csv").write_text(CSV.replace("Nummer", "id"), encoding="utf-8")
    with pytest.raises(TicketsNotReadable, match="which column is subject or description"):
        understand(export, None)


def test_times_and_labels_are_guessed_by_their_values(tmp_path: Path) -> None:
    rows = [
        f"{number},{number}.03.2026 09:00,{kind},{urgency},{kind} question {number},The {kind} of {number} is wrong."
        for number, (kind, urgency) in enumerate([("bill", "hoch"), ("export", "normal"), ("login", "hoch")] * 3, 1)
    ]
    (export := tmp_path / "x.csv").write_text(
        "Nummer,Erstellt,Thema,Priorität,Betreff,Inhalt\n" + "\n".join(rows), encoding="utf-8"
    )
    with pytest.raises(TicketsNotReadable) as refused:
        understand(export, None)
    told = str(refused.value)
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('timezone = "Europe/Berlin"\n' + told[told.index("[columns]") :], encoding="utf-8")
    first = understand(export, mapping).export.tickets[0]
    assert (first.id, first.subject, first.labels["category"]) == ("1", "bill question 1", "bill")
    assert 'priority = "Priorität"' in told
    assert first.created_at is not None


def test_an_id_and_a_subject_alone_make_it_no_helpdesks_export(tmp_path: Path) -> None:
    (export := tmp_path / "x.csv").write_text("Ticket ID,Subject,Body\n1,Hi,The export is empty.\n", encoding="utf-8")
    with pytest.raises(TicketsNotReadable, match='description = "Body"'):
        understand(export, None)
