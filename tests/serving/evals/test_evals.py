"""Golden questions: asked as customers ask, after every change, and never seen in a report."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from retrieval.answering.answerability import Answerability
from retrieval.articles import golden_questions
from retrieval.articles.article import Article
from retrieval.evals.judging import Judgement
from retrieval.index import files as index_files
from retrieval.index.article_index import build
from serving.evals import suggesting
from serving.evals.asking import Asker
from serving.evals.store import KEPT_RUNS
from serving.storage.model_tables import eval_runs
from serving.storage.tables import deflections
from tests.conftest import on_both_engines
from tests.fakes import HashingEncoder
from tests.serving.conftest import ARTICLES, FixedModels, a_model, take_in
from tests.serving.evals.conftest import EXPORT, REFUND, RESET, EvalDesk


def count(desk: EvalDesk, table: sa.Table) -> int:
    counted = sa.select(sa.func.count()).select_from(table)
    return int(desk.context.database.read(lambda connection: connection.scalar(counted)) or 0)


def test_a_desk_without_questions_has_none(desk: EvalDesk) -> None:
    answer = desk.client.get("/v1/evals")
    assert answer.headers["etag"] == '"0"'
    assert answer.json() == {"toml": "", "version": 0, "origin": None, "questions": [], "runs": []}
    desk.look()
    assert desk.read()["runs"] == []


def test_questions_are_asked_within_seconds_and_say_what_came(desk: EvalDesk) -> None:
    stored = desk.put(RESET, EXPORT, REFUND)
    assert {each["state"] for each in stored["questions"]} == {"waiting"}
    desk.look()
    found = desk.read()
    assert {each["state"] for each in found["questions"]} == {"passing"}, found
    assert [(each["passed"], each["failed"]) for each in found["runs"]] == [(3, 0)]
    refund = next(each for each in found["questions"] if "refund" in each["ask"])
    assert (refund["wanted"], refund["came"]) == ("handed off, with refund beside it", "handed off")


def test_what_is_decided_is_what_a_customer_gets(desk: EvalDesk) -> None:
    desk.put(RESET, EXPORT, REFUND, '[[question]]\nask = "I want to talk to a person"\nexpect = "handoff"\n')
    desk.look()
    for each in desk.read()["questions"]:
        got = desk.client.post("/v1/deflections", json={"question": each["ask"]}).json()
        came = {"answer": "answered from", "clarify": "asked back", "hand_off": "handed off"}[got["decision"]]
        assert each["came"].startswith(came)


def test_asking_leaves_no_session_and_no_count(desk: EvalDesk) -> None:
    before = desk.client.get("/metrics").text.count("firstline_deflections_total{")
    desk.put(RESET)
    desk.look()
    assert desk.client.post("/v1/evals/trial", json={"toml": EXPORT}).status_code == 200
    assert count(desk, deflections) == 0
    assert desk.client.get("/metrics").text.count("firstline_deflections_total{") == before


@on_both_engines
def test_the_same_state_is_asked_once(desk: EvalDesk) -> None:
    desk.put(RESET)
    desk.look()
    desk.look()
    assert count(desk, eval_runs) == 1


def test_only_the_last_runs_are_kept(desk: EvalDesk) -> None:
    for number in range(KEPT_RUNS + 2):
        desk.put(RESET, f"# {number}\n")
        desk.look()
    assert count(desk, eval_runs) == KEPT_RUNS


def test_a_changed_article_that_breaks_a_question_is_the_first_in_the_list(desk: EvalDesk) -> None:
    desk.put(EXPORT, RESET)
    desk.look()
    changed = {**ARTICLES[1], "visibility": "internal"}
    take_in(desk.client, [changed])
    desk.look()
    found = desk.read()
    assert [each["state"] for each in found["questions"]] == ["newly failing", "passing"]
    assert "export" in found["questions"][0]["why"]
    take_in(desk.client, [{**changed, "summary": "Elsewhere"}])
    desk.look()
    assert desk.states() == {"my csv export": "failing", "How do I": "passing"}
    take_in(desk.client, [ARTICLES[1]])
    desk.look()
    assert desk.states() == {"my csv export": "newly passing", "How do I": "passing"}


def test_readiness_says_how_many_fail(desk: EvalDesk) -> None:
    desk.put(RESET)
    desk.look()
    assert desk.client.get("/readyz").json()["notes"].get("evals") is None
    desk.put(RESET, '[[question]]\nask = "x"\narticle = "gone"\n')
    desk.look()
    notes = desk.client.get("/readyz").json()["notes"]
    assert notes["evals"] == "1 of 2 golden questions fail; GET /v1/evals and /articles/evals say which."


def test_another_model_asks_again(desk: EvalDesk, encoder: HashingEncoder) -> None:
    desk.put('[[question]]\nask = "How do I reset my password?"\narticle = "reset-password"\nexpect = "answer"\n')
    serving = desk.evals.models
    assert isinstance(serving, FixedModels)
    serving.serve(a_model(encoder, answerability=Answerability(answer_at=0.01, clarify_at=0.005)))
    desk.look()
    assert desk.states() == {"How do I": "passing"}


def test_a_write_over_another_version_than_was_read_is_refused(desk: EvalDesk) -> None:
    desk.put(RESET)
    etag = desk.client.get("/v1/evals").headers["etag"]
    desk.put(EXPORT, **{"If-Match": etag})
    refused = desk.put(REFUND, status=412, **{"If-Match": etag})
    assert refused["title"] == "The questions have changed"
    assert desk.read()["toml"] == EXPORT
    assert desk.put(REFUND, status=400, **{"If-Match": "yesterday"})["errors"][0]["field"] == "If-Match"


def test_what_cannot_be_read_is_refused_with_its_line(desk: EvalDesk) -> None:
    refused = desk.put('# mine\n[[question]]\naks = "x"\n', status=400)
    assert refused["errors"] == [{"field": "toml", "message": "Line 2: `aks` is not known: did you mean `ask`?"}]
    assert desk.read()["version"] == 0


def test_questions_are_tried_without_being_stored(desk: EvalDesk) -> None:
    answer = desk.client.post("/v1/evals/trial", json={"toml": RESET + '[[question]]\nask = "x"\narticle = "exprot"\n'})
    tried = answer.json()
    assert (tried["passed"], tried["failed"]) == (1, 1)
    assert "There is no article exprot: did you mean export?" in tried["questions"][1]["why"]
    assert desk.read()["version"] == 0


def test_no_more_questions_are_tried_at_once_than_somebody_waits_for(desk: EvalDesk) -> None:
    many = "".join(f'[[question]]\nask = "{number}"\nexpect = "handoff"\n' for number in range(201))
    refused = desk.client.post("/v1/evals/trial", json={"toml": many})
    assert refused.json()["errors"][0]["message"] == "201 questions; at most 200 are tried at once."
    assert desk.put(many)["version"] == 1


def test_what_is_proposed_can_be_read_whatever_was_asked() -> None:
    asked = '"""\\ \x00\x1f\x7f\u2028 é \n[[question]]'
    (read,) = golden_questions.parse(f"[[question]]\nask = {suggesting.quoted(asked)}\narticle = 'a'\n")
    assert read.ask == asked


def test_one_trial_at_a_time_leaves_threads_for_customers(desk: EvalDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses: list[int] = []

    def judged(*_: object) -> list[Judgement]:
        statuses.append(desk.client.post("/v1/evals/trial", json={"toml": EXPORT}).status_code)
        return []

    monkeypatch.setattr(Asker, "judged", judged)
    assert desk.client.post("/v1/evals/trial", json={"toml": RESET}).status_code == 200
    assert statuses == [503]
    monkeypatch.undo()
    assert desk.client.post("/v1/evals/trial", json={"toml": RESET}).json()["passed"] == 1


def test_questions_come_with_an_index_once(desk: EvalDesk, encoder: HashingEncoder) -> None:
    folder = desk.context.settings.index_path
    index = build([Article.from_record(ARTICLES[0])], encoder)
    index_files.save(index, folder, questions=RESET.encode())
    desk.look()
    assert (desk.read()["toml"], desk.read()["origin"]) == (RESET, "index")
    desk.put(EXPORT)
    index_files.save(index, folder, questions=RESET.encode())  # the same file again: what an editor wrote stays
    desk.look()
    assert (desk.read()["toml"], desk.read()["origin"]) == (EXPORT, "desk")
    index_files.save(index, folder, questions=REFUND.encode())
    desk.look()
    assert (desk.read()["toml"], desk.read()["origin"]) == (REFUND, "index")
    index_files.save(index, folder)
    desk.look()
    assert desk.read()["toml"] == ""


def test_training_finds_the_questions_in_the_home(desk: EvalDesk) -> None:
    file = desk.context.settings.questions_path
    desk.look()
    assert not file.exists()
    desk.put(RESET)
    desk.look()
    assert file.read_text() == RESET
    desk.put("")
    desk.look()
    assert file.read_text() == ""


def test_an_article_is_tried_before_it_is_saved(desk: EvalDesk) -> None:
    desk.put(RESET, EXPORT)
    harmless = Article.from_record({**ARTICLES[1], "summary": "Filters"})
    assert desk.evals.breaks_with([harmless]) == []
    gone = Article.from_record({**ARTICLES[1], "visibility": "internal"})
    for _ in range(2):  # as they are asked now, and as the last run says
        broken = desk.evals.breaks_with([gone])
        assert broken is not None
        assert [each.question.ask for each in broken] == ["my csv export is empty"]
        desk.look()


def test_what_fails_already_is_not_broken_by_a_change(desk: EvalDesk) -> None:
    desk.put('[[question]]\nask = "my csv export is empty"\narticle = "export"\nexpect = "emergency"\n')
    gone = Article.from_record({**ARTICLES[1], "visibility": "internal"})
    assert desk.evals.breaks_with([gone]) == []


def test_widget_keys_may_not_read_golden_questions(desk: EvalDesk, make_key: object) -> None:
    key = make_key("tag")  # type: ignore[operator]
    assert desk.client.get("/v1/evals", headers=key).status_code == 403
