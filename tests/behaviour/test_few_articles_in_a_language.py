"""German and French questions on the sample, which has one article in either: only what it says is answered."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from retrieval.answering.answer_question import Finder, Reader
from retrieval.articles.translations import tongue
from retrieval.encoder import encoder as encoders
from retrieval.index import files as index_files
from triage.model import bundle as bundles

SAMPLE = Path(__file__).resolve().parents[2] / "var" / "sample"

pytestmark = pytest.mark.skipif(not (SAMPLE / "index").is_dir(), reason="the sample is not built: make setup")


@cache
def finder() -> Finder:
    bundle = bundles.load(SAMPLE / "bundle")
    return Finder(index_files.load(SAMPLE / "index"), encoders.from_files(*bundle.encoder_files()))


def decided(language: str, question: str) -> str:
    reader = Reader(lambda each: tongue(each.article.locale or "en") == language, writes=language)
    return finder().find(question, reader=reader).verdict.decision


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("de", "Wie hoch ist der Eiffelturm?"),
        ("de", "Können wir unsere Segmente mit Partnern teilen?"),
        ("de", "Warum sind gestern keine Zahlungen angekommen?"),
        ("de", "Meine Heizung ist kaputt"),
        ("fr", "Qui a gagné le match hier soir ?"),
        ("fr", "Comment inviter un nouveau collègue ?"),
        ("fr", "Pourquoi le tableau de bord est-il si lent ?"),
        ("fr", "Ma voiture ne démarre plus"),
    ],
)
def test_the_only_article_in_a_language_does_not_answer_everything(language: str, question: str) -> None:
    assert decided(language, question) != "answer"


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("de", "Hilfe, ich weiß mein Passwort nicht mehr"),
        ("de", "Passwort zurücksetzen, wie geht das?"),
        ("fr", "Je veux télécharger une facture"),
    ],
)
def test_and_still_answers_what_it_says(language: str, question: str) -> None:
    assert decided(language, question) == "answer"
