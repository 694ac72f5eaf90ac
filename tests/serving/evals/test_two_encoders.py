"""Golden questions of a desk with two encoders: a change is tried with both."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.articles.article import Article
from retrieval.index.article_index import build
from serving.evals.asking import with_changes, with_encoder_of
from serving.evals.offline import OfflineEvals
from serving.inference.article_snapshot import ArticleSnapshot
from serving.inference.loaded_model import LoadedModel
from serving.inference.saved_articles import SavedArticles
from tests.fakes import HashingEncoder, TranslatingEncoder
from tests.serving.conftest import ARTICLES, a_model
from tests.serving.evals.conftest import EvalDesk

ITALIAN = '[[question]]\nask = "Come posso reimpostare la password?"\narticle = "reset-password"\n'


@pytest.fixture
def model(encoder: HashingEncoder) -> LoadedModel | None:
    return a_model(encoder, second_encoder=TranslatingEncoder())


@pytest.fixture
def articles(encoder: HashingEncoder) -> list[Article]:
    return [Article.from_record({**each, "locale": "en"}) for each in ARTICLES]


def test_a_harmless_change_breaks_no_question_that_the_second_encoder_reads(desk: EvalDesk) -> None:
    desk.put(ITALIAN)
    desk.look()
    assert desk.states() == {"Come posso reimpostare": "passing"}
    harmless = Article.from_record({**ARTICLES[1], "summary": "Filters"})
    assert desk.evals.breaks_with([harmless]) == []


def test_a_tried_change_keeps_the_second_view(encoder: HashingEncoder, articles: list[Article]) -> None:
    second = TranslatingEncoder()
    snapshot = ArticleSnapshot(build(articles, encoder, second=second), encoder, 0, second=second)
    tried = with_changes(snapshot, articles[:1], ())
    assert tried is not None
    assert tried.is_by(encoder, second)


@pytest.mark.parametrize("before", [None, TranslatingEncoder("translating-2")])
def test_articles_are_read_by_the_second_encoder_of_the_model_that_is_asked(
    encoder: HashingEncoder, articles: list[Article], before: TranslatingEncoder | None
) -> None:
    snapshot = ArticleSnapshot(build(articles, encoder, second=before), encoder, 0, second=before)
    both, one = a_model(encoder, second_encoder=TranslatingEncoder()), a_model(encoder)
    assert with_encoder_of(both, snapshot).is_by(encoder, both.second_encoder)
    assert with_encoder_of(one, snapshot).is_by(encoder, None)


def test_a_folder_of_articles_is_read_by_both_encoders(desk: EvalDesk, tmp_path: Path) -> None:
    (tmp_path / "reset.md").write_text("# Reset your password\n\nReset your password on the login page.\n")
    models = desk.evals.models
    model = models.take()
    offline = OfflineEvals(desk.context.settings, models, SavedArticles(models, []), desk.evals.asker, [])
    assert offline.snapshot(tmp_path, model).is_by(model.encoder, model.second_encoder)
