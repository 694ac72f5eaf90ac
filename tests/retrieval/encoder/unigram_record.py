"""A tokenizer of unigram pieces, as XLM-R has one, of toy size."""

from __future__ import annotations

from typing import Any

#: Pieces of a vocabulary as XLM-R's is built: specials, then pieces with their log probabilities, some of them equal.
PIECES = [
    *("▁", "▁the", "▁ex", "▁export", "port", "ort", "ex", "e", "x", "p", "o", "r", "t", "s", "st", "▁st", "op", "stop"),
    *("▁stop", "ß", "ü", "über", "▁ü", "ber", "不能", "不", "能", "登录", "!", "a", "aa", "aaa", "▁a"),
]
SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")


def record() -> dict[str, Any]:
    pieces = [[special, 0.0] for special in SPECIALS]
    pieces += [[piece, -1.0 - number % 7 / 2] for number, piece in enumerate(dict.fromkeys(PIECES))]
    added = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    both = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    both.append({"SpecialToken": {"id": "</s>", "type_id": 0}})
    known = {each: {"id": each, "ids": [SPECIALS.index(each)], "tokens": [each]} for each in ("<s>", "</s>")}
    return {
        "version": "1.0",
        "added_tokens": [{"id": number, "content": each, **added} for number, each in enumerate(SPECIALS)],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "NFKC"},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": {"type": "TemplateProcessing", "single": both, "pair": both, "special_tokens": known},
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }
