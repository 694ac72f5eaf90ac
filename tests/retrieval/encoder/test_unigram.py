from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from retrieval.encoder import unigram
from retrieval.encoder.unigram import LibraryTokens, UnigramTokens
from tests.retrieval.encoder.unigram_record import record

MOST = 24
ALPHABET = [*"theexportstopßübaa不能登录!? 　\n\té\u0301ﬁ①😀\u200b▁", "<s>", "</s>", "<unk>", "  ", "export ", "aaaa"]


def both(data: bytes, most: int = MOST) -> tuple[UnigramTokens, LibraryTokens]:
    return UnigramTokens(json.loads(data), most), LibraryTokens(Tokenizer.from_buffer(data), most)


def test_every_text_has_the_tokens_that_the_library_gives_it() -> None:
    ours, library = both(json.dumps(record()).encode())
    draw = random.Random(19)
    texts = ["", " ", "export", "the export stops", "</s>", "a</s>b", "???", "aaaaaaa", "export " * 40]
    texts += ["".join(draw.choices(ALPHABET, k=draw.randrange(20))) for _ in range(3_000)]

    for text in texts:
        assert ours.ids(text) == library.ids(text), text


def test_only_a_large_and_plain_vocabulary_is_read_by_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(**changes: object) -> object:
        return unigram.tokens(json.dumps(record() | changes).encode(), MOST)

    assert isinstance(made(), LibraryTokens)
    monkeypatch.setattr(unigram, "LARGE", 10)
    assert isinstance(made(), UnigramTokens)
    assert isinstance(made(pre_tokenizer={"type": "WhitespaceSplit"}), LibraryTokens)
    stripping = {"id": 0, "content": "<s>", "single_word": False, "lstrip": True, "rstrip": False, "normalized": False}
    assert isinstance(made(added_tokens=[stripping | {"special": True}]), LibraryTokens)


def test_the_multilingual_vocabulary_is_read_as_the_library_reads_it() -> None:
    path = Path("var/multilingual/int8/tokenizer.json")
    if not path.is_file():
        pytest.skip(f"{path} is not there: make multilingual")
    ours, library = both(path.read_bytes(), 64)
    draw = random.Random(20)
    texts = [
        "query: Ich habe mein Passwort vergessen",
        "passage: パスワードを忘れました",
        "Я забыл пароль",
        "x" * 3_000,
    ]
    texts += ["".join(chr(draw.randrange(1, 0x3000)) for _ in range(50)) for _ in range(200)]

    assert [ours.ids(text) for text in texts] == [library.ids(text) for text in texts]
