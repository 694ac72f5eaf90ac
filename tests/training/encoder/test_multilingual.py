"""The second encoder, multilingual-e5-small from its packages, as it serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder

FOLDER = Path("var/multilingual/int8")
#: Asked in ten languages, of a knowledge base in English.
QUESTIONS = (
    "I forgot my password and cannot log in any more",
    "Ich habe mein Passwort vergessen und komme nicht mehr in mein Konto",
    "Ho dimenticato la password e non riesco più ad accedere",
    "Ik ben mijn wachtwoord vergeten en kan niet meer inloggen",
    "J'ai oublié mon mot de passe, impossible de me connecter",
    "He olvidado mi contraseña y no puedo entrar",
    "Zapomniałem hasła i nie mogę się zalogować",
    "Esqueci a minha senha e não consigo entrar",
    "パスワードを忘れてログインできません",
    "Я забыл пароль и не могу войти",
)
PASSAGES = (
    "Reset your password\nChoose Forgot password on the sign-in page. We send you a link that is valid for an hour.",
    "Download an invoice\nOpen Settings, then Billing, and choose Download next to the invoice.",
    "Export a report to CSV\nOpen the report, choose Export and then CSV. The file arrives by mail.",
    "Invite a member\nOpen Team and choose Invite. The invitation expires after seven days.",
)
#: What the package's own engine (e5.c, compiled) gives for them, float16.
VECTORS = Path(__file__).parent / "multilingual_vectors.npy"


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    if not (FOLDER / "encoder.json").is_file():
        pytest.skip(f"{FOLDER} is not there: make multilingual")
    return encoders.load(FOLDER)


def test_its_vectors_are_those_of_the_package(encoder: Encoder) -> None:
    expected = np.load(VECTORS, allow_pickle=False).astype(np.float32)

    ours = np.concatenate([encoder.encode(QUESTIONS), encoder.encode(PASSAGES, as_passages=True)])

    assert np.sum(ours * expected, axis=1).min() > 0.99


def test_a_question_in_any_language_finds_the_english_article(encoder: Encoder) -> None:
    scores = encoder.encode(QUESTIONS) @ encoder.encode(PASSAGES, as_passages=True).T

    assert scores.argmax(axis=1).tolist() == [0] * len(QUESTIONS)


def test_a_text_has_the_same_vector_and_states_in_any_company(encoder: Encoder) -> None:
    texts = [*QUESTIONS, "", "?", "😀", "a" * 9_000]

    together, alone = encoder.read(texts), [encoder.read([text]) for text in texts]

    assert together.states.shape == (len(texts), 5, 384)
    np.testing.assert_array_equal(together.vectors, np.concatenate([each.vectors for each in alone]))
    np.testing.assert_array_equal(together.states, np.concatenate([each.states for each in alone]))
    np.testing.assert_array_equal(encoder.encode(texts), together.vectors)


def test_it_says_what_it_is(encoder: Encoder) -> None:
    facts = encoder.facts
    assert (facts.name, facts.dim, facts.precision, facts.multilingual) == ("multilingual-e5-small", 384, "int8", True)
    assert (facts.query_prefix, facts.passage_prefix) == ("query: ", "passage: ")
