from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from triage.model.lexical import N_BUCKETS, Lexicon, _buckets, learn

TEXTS = [
    "the export is empty",
    "my export of the report is empty again",
    "an invoice was charged twice",
    "why was my invoice charged",
    "reset my password please",
]


def learnt(**changes: int) -> Lexicon:
    return learn(TEXTS, **{"min_tickets": 1, "most": 10_000, **changes}, progress=lambda _: None)


def dense(lexicon: Lexicon, text: str) -> np.ndarray:
    row = np.zeros(lexicon.n_features)
    columns, values = lexicon.row(text)
    row[columns] = values
    return row


def test_similarities_are_those_of_scikit_learns_tf_idf() -> None:
    """Same n-grams, same smoothing, hashed or not: all cosines of words and of letters agree."""
    lexicon = learnt()
    ours = np.array([dense(lexicon, text) for text in TEXTS])
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True).fit_transform(TEXTS)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True).fit_transform(TEXTS)
    cut = lexicon.n_words
    np.testing.assert_allclose(ours[:, :cut] @ ours[:, :cut].T, (words @ words.T).toarray(), atol=1e-5)
    np.testing.assert_allclose(ours[:, cut:] @ ours[:, cut:].T, (letters @ letters.T).toarray(), atol=0.03)


def test_words_and_letters_each_have_unit_length() -> None:
    lexicon = learnt()
    row = dense(lexicon, TEXTS[1])
    assert np.linalg.norm(row[: lexicon.n_words]) == pytest.approx(1, abs=1e-6)
    assert np.linalg.norm(row[lexicon.n_words :]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "text", ["", " ", "?", "a", "zzzz qqqq", "日本語のテキスト", "\ud800", "!" * 4_000, "İ" * 4_000]
)
def test_odd_texts_have_rows_too(text: str) -> None:
    columns, values = learnt().row(text)
    assert len(columns) == len(values)
    assert np.isfinite(values).all()
    assert (np.diff(columns) > 0).all()


def test_case_makes_no_difference_and_order_of_words_does() -> None:
    lexicon = learnt()
    assert (dense(lexicon, TEXTS[0]) == dense(lexicon, TEXTS[0].upper())).all()
    assert (dense(lexicon, "the export is") != dense(lexicon, "is export the")).any()


def test_n_grams_that_few_tickets_have_are_dropped_and_the_rest_is_capped() -> None:
    assert 0 < learnt(min_tickets=2).n_features < learnt().n_features
    assert learnt(most=50).n_features == 50


def test_a_hash_never_changes() -> None:
    """Bundles outlive releases: these numbers may change only together with the bundle's format."""
    found = np.sort(_buckets("Export is empty"))
    assert len(found) == 51
    assert (found >= 0).all()
    assert (found < N_BUCKETS).all()
    assert found[:3].tolist() == [248452, 544088, 650813]


def test_a_column_is_the_rank_of_its_bucket_and_the_tables_are_small() -> None:
    rng = np.random.default_rng(3)
    some = rng.choice(np.arange(1, N_BUCKETS - 1), 5_000, replace=False)
    buckets = np.sort(np.append(some, [0, N_BUCKETS - 1])).astype(np.int32)
    lexicon = Lexicon.of(buckets, np.ones(len(buckets), np.float32))
    asked = rng.permutation(np.concatenate([buckets, rng.integers(0, N_BUCKETS, 20_000)])).astype(np.int32)
    column = {int(bucket): place for place, bucket in enumerate(buckets)}
    assert lexicon.columns(asked).tolist() == [column[each] for each in asked.tolist() if each in column]
    assert lexicon.kept.nbytes + lexicon.before.nbytes < 1_000_000
