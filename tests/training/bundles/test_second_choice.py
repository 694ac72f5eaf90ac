"""A refit takes a second encoder where the languages of the desk ask for one, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.encoder.encoder import FILES, from_files
from retrieval.errors import EncoderNotUsable
from serving.inference.loaded_model import load
from tests.fakes import FrozenClock
from tests.tiny_bundle import tiny_encoder_files
from tests.training.desk import fitted, open_home, tickets
from training.bundles.second_choice import Chosen
from training.data.languages import language_of
from training.promotion import absolute_gates
from training.report import page
from triage.model import bundle as bundles
from triage.tickets.closed_ticket import ClosedTicket

ENGLISH, ITALIAN = ClosedTicket(id="1", subject="Export", language="en"), ClosedTicket(id="2", language="it")


def multilingual(home: Path) -> Path:
    folder = home / "multilingual" / "int8"
    folder.mkdir(parents=True)
    for name, data in zip(FILES, tiny_encoder_files(seed=1), strict=True):
        (folder / name).write_bytes(data)
    return folder


def chosen(home: Path, closed: list[ClosedTicket], wanted: str = "auto", articles: Path | None = None) -> Chosen:
    workspace = open_home(home)
    choice = workspace.second(wanted, articles)
    return choice.of(workspace.encoder(None), closed) if choice else Chosen()


def test_an_english_desk_keeps_one_encoder_without_a_word(tmp_path: Path) -> None:
    multilingual(tmp_path)

    assert chosen(tmp_path, [ENGLISH] * 91 + [ITALIAN] * 9) == Chosen()


def test_a_tenth_of_the_tickets_in_another_language_asks_for_a_second_encoder(tmp_path: Path) -> None:
    multilingual(tmp_path)

    found = chosen(tmp_path, [ENGLISH] * 90 + [ITALIAN] * 10)

    assert found.record is not None
    assert found.sentence == (
        "10% of the tickets are in other languages than English: a second encoder, tiny-1, reads questions in them."
    )


def test_one_article_in_another_language_is_enough(tmp_path: Path) -> None:
    multilingual(tmp_path)
    articles = tmp_path / "articles.jsonl"
    article = {"id": "a", "title": "Password", "body": "Reset it.", "locale": "en"}
    articles.write_text(json.dumps(article) + "\n" + json.dumps(article | {"id": "b", "locale": "it"}) + "\n")

    found = chosen(tmp_path, [ENGLISH], articles=articles)

    assert str(found.sentence).startswith("0% of the tickets and 1 of 2 articles are in other languages")
    assert found.encoder is not None


def test_where_the_encoder_is_missing_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    found = chosen(tmp_path, [ITALIAN])

    assert found.encoder is None
    assert "`make multilingual` builds an encoder for them" in str(found.sentence)


def test_who_names_a_folder_or_none_decides(tmp_path: Path) -> None:
    folder = multilingual(tmp_path)

    assert chosen(tmp_path, [ENGLISH], str(folder)).encoder is not None
    assert chosen(tmp_path, [ITALIAN], "none") == Chosen()
    with pytest.raises(EncoderNotUsable):
        chosen(tmp_path, [ENGLISH], str(tmp_path / "nothing"))


def test_a_refit_writes_the_second_encoder_into_a_bundle_that_serves(tmp_path: Path) -> None:
    folder = multilingual(tmp_path)
    rows = [*tickets(90, language="en"), *tickets(30, 90, language="it")]

    done = fitted(tmp_path, rows, second="auto")
    model = load(tmp_path / "candidate", origin="current", at=FrozenClock().now())
    bundle = bundles.load(tmp_path / "candidate")

    named = from_files(*((folder / name).read_bytes() for name in FILES))
    assert done.manifest.second_encoder is not None
    assert done.manifest.second_encoder.fingerprint == named.fingerprint
    assert model.second_encoder is not None
    assert model.second_precedents is not None
    assert model.second_precedents.n_questions == model.precedents.n_questions
    assert done.manifest.heads_read_second
    assert model.reader.read(["csv export"]).states.shape[1] == 2
    assert absolute_gates.golden(bundle).passed
    texts = list(bundle.golden.texts)
    found = bundle.predict(texts, open_home(tmp_path).encode(bundle, texts))
    assert not bundle.golden.failures(found)
    assert f"languages: {done.manifest.languages}" in list(page.lines(done.manifest))
    assert str(done.manifest.languages) in bundle.read("report.html").decode()


def test_few_tickets_in_other_languages_leave_the_heads_to_the_first_encoder(tmp_path: Path) -> None:
    folder = str(multilingual(tmp_path))

    assert chosen(tmp_path, [ENGLISH] * 90 + [ITALIAN] * 10, folder).read_by_heads
    assert not chosen(tmp_path, [ENGLISH] * 91 + [ITALIAN] * 9, folder).read_by_heads
    assert not chosen(tmp_path, [], folder).read_by_heads


def test_an_english_desk_gets_the_same_bundle_as_without_the_choice(tmp_path: Path) -> None:
    multilingual(tmp_path)
    rows = tickets(120, language="en")

    asked = fitted(tmp_path, rows, out="asked", second="auto")
    plain = fitted(tmp_path, rows, out="plain")

    sums = [
        {each.path: each.sha256 for each in done.manifest.files if each.path != "report.html"}  # it names the file
        for done in (asked, plain)
    ]
    assert sums[0] == sums[1]
    assert "second" not in (tmp_path / "asked" / "manifest.json").read_text()


@pytest.mark.parametrize(
    ("ticket", "language"),
    [
        (ClosedTicket(id="1", description="How do I delete my account and all of its data?"), "en"),
        (ClosedTicket(id="1", description="Come posso eliminare il mio account e tutti i miei dati?"), "it"),
        (ClosedTicket(id="1", description="csv"), None),
        (ClosedTicket(id="1", description="How do I delete my account?", language="de-AT"), "de"),
    ],
)
def test_a_ticket_is_in_the_language_that_it_names_else_in_that_of_its_text(
    ticket: ClosedTicket, language: str | None
) -> None:
    assert language_of(ticket) == language
