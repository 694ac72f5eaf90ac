"""Questions in other languages whose answer the desk has checked in English: `known_questions.jsonl` of the sample.

    python -m tests.benchmarks.known_in_other_languages

Printed are hit@1, hit@5 and how often the right section of the right article stands first, by what the second encoder
(`make multilingual`) reads.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from retrieval.answering.answer_question import Finder, Reader
from retrieval.answering.second_view import SecondReader
from retrieval.articles.files import read
from retrieval.encoder import encoder as encoders
from retrieval.index.article_index import ArticleIndex, build
from serving.inference.loaded_model import LoadedModel, load
from tests.benchmarks.languages import KeptVectors

ARTICLES, BUNDLE = Path("datasets/sample/articles"), Path("var/sample/bundle")
SECOND, VECTORS = Path("var/multilingual/int8"), Path("var/cache/languages")
#: Language, question, and the article and heading that answer it.
ASKED = (
    ("de", "Wer hat die Rolle einer Kollegin geändert, kann ich das nachsehen?", "audit-log", "Search"),
    ("de", "Wie viele Plätze sind im Standard-Tarif enthalten?", "compare-plans", "At a glance"),
    ("de", "Was kostet ein sechster Nutzer im Standard-Tarif?", "compare-plans", "Extra seats"),
    ("de", "Ich habe mein Passwort vergessen", "reset-your-password", "Reset it"),
    ("de", "Wir möchten die Audit-Ereignisse in unser SIEM leiten", "audit-log", "Stream"),
    ("de", "Das SAML-Zertifikat läuft ab, wie tausche ich es ohne Ausfall?", "sso-saml-setup", "Certificate change"),
    (
        "fr",
        "Un client qui a payé hier n'apparaît pas dans les chiffres",
        "missing-or-delayed-data",
        "Still missing? Check in this order",
    ),
    (
        "fr",
        "Quelles colonnes doit contenir le fichier CSV à importer ?",
        "import-csv-data",
        "What the file must look like",
    ),
    ("fr", "J'ai résilié l'abonnement par erreur, comment le rétablir ?", "cancel-subscription", "Undo"),
    ("fr", "Nous voulons résilier notre contrat", "cancel-subscription", "Cancel"),
    ("fr", "Quels navigateurs sont pris en charge ?", "faq-browsers-and-mobile", "Which browsers work?"),
    ("fr", "Mon fichier exporté se termine par TRUNCATED", "export-fails-or-incomplete", "Error codes"),
    (
        "es",
        "¿Dónde encuentro el PIN para llamar por teléfono?",
        "faq-support-channels",
        "Where do I find the phone PIN?",
    ),
    ("es", "¿Cada cuánto se actualizan los datos en el plan premium?", "missing-or-delayed-data", "How often we sync"),
    ("es", "Quiero exportar mi tabla fuera de la aplicación", "export-csv-xlsx-pdf", "Export"),
    ("es", "Okta dice que la persona ya existe", "scim-provisioning", "Common errors > 409 uniqueness"),
    ("es", "Solo quiero los registros que cambiaron desde anoche", "api-pagination", "Only what has changed"),
    (
        "es",
        "¿Cómo podemos probar funciones nuevas antes que los demás?",
        "faq-feature-requests",
        "How do I join a beta?",
    ),
    ("it", "Una persona è in due gruppi, quali permessi valgono?", "scim-provisioning", "Groups to roles"),
    ("it", "Avete mancato lo SLA, riceviamo un credito?", "faq-status-and-outages", "Do I get a credit?"),
    ("it", "Il link per scaricare il file è scaduto", "export-fails-or-incomplete", 'The link says "Expired"'),
    ("it", "Ogni cliente deve vedere solo i propri dati nel nostro portale", "share-dashboard-link", "Embed"),
    ("it", "Vorrei condividere una dashboard con i colleghi", "share-dashboard-link", "With colleagues"),
    (
        "it",
        "Non ho più accesso alla vecchia casella, devo usare un altro indirizzo",
        "reset-your-password",
        "My address has changed",
    ),
    (
        "nl",
        "De API geeft 403 terwijl de sleutel elders werkt",
        "api-401-403-errors",
        "403, we know you but the answer is no",
    ),
    ("nl", "De API zegt dat mijn sleutel ongeldig is", "api-401-403-errors", "401, we do not know you"),
    ("nl", "Hoe stel ik inloggen met Okta in?", "sso-saml-setup", "Steps"),
    (
        "nl",
        "Een afspraak: hoe snel verhelpen jullie een kritieke kwetsbaarheid?",
        "report-a-vulnerability",
        "What you can expect",
    ),
    ("nl", "Een plek om te oefenen voor nieuwe medewerkers", "sample-data-workspace", "Keep a permanent playground"),
    (
        "nl",
        "Wij beheren veel klanten, één werkruimte of meerdere?",
        "faq-multiple-workspaces",
        "One workspace for all brands, or one each?",
    ),
)


def main() -> None:
    """Print the table."""
    model = load(BUNDLE, origin="sample", at=datetime.now(UTC))
    second = encoders.load(SECOND)
    index = build(read(ARTICLES), KeptVectors(model.encoder, VECTORS), second=KeptVectors(second, VECTORS))
    assert index.second is not None
    alone = replace(index.second, headings=None, asked=None)
    with_headings = replace(index.second, asked=None)
    table = Table("second encoder for", "hit@1", "hit@5", "right section first", title=f"{len(ASKED)} questions")
    for name, seen in (
        ("nothing", replace(index, second=None)),
        ("passages and titles", replace(index, second=alone)),
        ("headings too", replace(index, second=with_headings)),
        ("headings and known questions", index),
    ):
        table.add_row(name, *(f"{share:.3f}" for share in _found(model, seen, SecondReader(second)).mean(axis=0)))
    Console().print(table)


def _found(model: LoadedModel, index: ArticleIndex, reader: SecondReader) -> np.ndarray:
    """Return what of each question was found, bool (n_questions, 3)."""
    finder = Finder(index, model.encoder, model.answerability, model.precedents, model.ranker, reader)
    rows = []
    for language, question, article, heading in ASKED:
        found = finder.find(question, reader=Reader(writes=language)).suggestions
        ids = [each.article.id for each in found]
        rows.append((ids[0] == article, article in ids, (ids[0], found[0].passage.heading) == (article, heading)))
    return np.array(rows)


if __name__ == "__main__":
    main()
