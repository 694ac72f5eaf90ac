"""An audit of answers: questions with what was quoted, and the certificate that people's answers earn."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import structs
from rich.console import Console

from tests.training.answers.test_answers import SUBJECTS
from tests.training.answers.test_answers import tickets as linked_tickets
from tests.training.audit.noisy_desk import ONE_HEAD
from tests.training.desk import START, open_home, write
from training.answers import quoted_answers as kept
from training.audit import quoted_answers
from training.audit.answers import Answer, Answers, Header, Verdict, text_digest
from training.audit.certifying import Found
from training.audit.quoted_answers import ANSWERS, HEAD, HELPS, NO, AnswersAudit, AnswersSitting
from training.cli import cli
from training.config import Answers as Wanted
from training.config import Critical
from training.errors import NothingToAudit
from training.refit import Plan, Tools, refit
from triage.instants import to_text
from triage.model import bundle as bundles
from triage.model.promotion.erased_content import places
from triage.taxonomy.changes import Changes
from triage.tickets.tombstones import Erased

HEADER = Header(seed="s", created_at="2026-02-01T09:00:00Z")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bundle of a desk whose links are wrong for every ninth ticket and every fifth: too often."""
    home = tmp_path_factory.mktemp("home")
    workspace = open_home(home)
    rows = [
        {
            "id": each.id,
            "subject": each.subject,
            "description": f"{each.subject} since today",
            "category": SUBJECTS[number % 3],
            "kb_article_id": list(each.kb_article_ids) if number % 5 else [SUBJECTS[(number + 1) % len(SUBJECTS)]],
            "created_at": to_text(each.created_at) if each.created_at else None,
        }
        for number, each in enumerate(linked_tickets(900))
    ]
    articles = home / "articles.jsonl"
    write(articles, [{"id": s, "title": f"About {s}", "body": f"Everything on {s} stands here."} for s in SUBJECTS])
    encoder = workspace.encoder(None)
    config = replace(ONE_HEAD, critical=Critical(learn=0), answers=Wanted(alpha=0.1, unanswered=0.1))
    tools = Tools(
        encoder=encoder,
        vectors=workspace.vectors(encoder),
        bars=workspace.bars,
        answers=workspace.answers(articles, encoder),
    )
    refit(Plan(tickets=write(home / "t.jsonl", rows), out=home / "candidate", at=START, config=config), tools)
    return home


def subject_of(row: kept.QuotedAnswer) -> str:
    """Return what a question is about: its number says so where its words do not."""
    return SUBJECTS[int(row.id.removeprefix("t")) % len(SUBJECTS)]


def truth(row: kept.QuotedAnswer) -> str:
    return ANSWERS if row.article == subject_of(row) else NO


def audit_of(bundle: bundles.Bundle, answers: Answers) -> AnswersAudit:
    found = quoted_answers.populations(bundle.manifest.answers or None, kept.read(bundle), Erased())
    return AnswersAudit(found, answers, Changes())


def test_a_bundle_keeps_what_its_held_out_questions_were_answered_with(trained: Path) -> None:
    bundle = bundles.load(trained / "candidate")
    rows = kept.read(bundle)
    assert len(rows) > 100
    assert {row.article for row in rows} <= set(SUBJECTS)
    assert all(f"Everything on {row.article}" in row.quote for row in rows)
    assert {row.linked for row in rows} == {True, False}
    assert all(0 < row.probability <= 1 for row in rows)
    assert bundle.manifest.answers
    assert bundle.manifest.answers.ladder


def test_the_screen_shows_the_question_with_the_quote_and_the_same_three_answers(trained: Path, tmp_path: Path) -> None:
    bundle = bundles.load(trained / "candidate")
    desk = audit_of(bundle, Answers.of(HEADER, ()))
    shown = Console(file=io.StringIO(), width=120)
    keys = iter("b1q")

    class Typed:
        def fresh(self) -> None:
            pass

        def key(self) -> str:
            return next(keys)

        def words(self, prompt: str) -> str:
            raise AssertionError(prompt)

    sitting = AnswersSitting(desk, tmp_path / "log.jsonl", {HEAD: quoted_answers.OPTIONS}, "ann", lambda: START)
    assert sitting.run(Typed(), shown) == 1
    said = shown.file.getvalue()  # type: ignore[attr-defined]
    assert "the answer, from “About" in said
    assert "1 answers it" in said
    assert "2 helps" in said
    assert "'b' is none of the keys here" in said
    (line,) = desk.answers.lines
    assert line.heads[HEAD].labels == (ANSWERS,)


def test_links_that_are_too_often_wrong_certify_nothing_and_people_do(trained: Path, tmp_path: Path) -> None:
    bundle = bundles.load(trained / "candidate")
    before = bundle.manifest.answers
    assert before
    assert not before.certificate
    (tmp_path / "models").mkdir()
    open_home(tmp_path)
    file, rows = tmp_path / "questions.jsonl", {row.id: row for row in kept.read(bundle)}
    common = ["audit", "--quotes", "--home", str(tmp_path), "--bundle", str(trained / "candidate"), "--seed", "s"]
    for _ in range(8):
        CliRunner().invoke(cli, [*common, "--export", str(file), "--questions", "60"], catch_exceptions=False)
        common = common[:6]
        asked = [json.loads(line) for line in file.read_text().splitlines()]
        for each in asked:
            each["heads"][HEAD]["answer"] = truth(rows[each["id"]])
        file.write_text("".join(json.dumps(each) + "\n" for each in asked))
        said = CliRunner().invoke(cli, [*common, "--import", str(file)], catch_exceptions=False).output
        if "To let it serve" in said or not asked:
            break
    after = bundles.load(Path(said.split("promote --bundle ")[1].split(" --home")[0]))
    answers = after.manifest.answers
    assert answers
    record = answers.certificate
    assert record
    assert (record.kind, record.alpha, record.model) == ("audit", 0.1, before.digest)
    assert record.asked
    assert record.asked <= record.n
    assert record.expires_at
    assert answers.answer_at == record.threshold
    assert answers.uncertified is None
    wrong = [truth(row) != ANSWERS for row in rows.values() if row.probability >= record.threshold]
    assert sum(wrong) / len(wrong) <= 0.1


def test_what_only_helps_and_what_nobody_can_tell_counts_as_wrong(trained: Path) -> None:
    bundle = bundles.load(trained / "candidate")
    rows = {row.id: row for row in kept.read(bundle)}

    def state(verdict: Verdict) -> int:
        desk = audit_of(bundle, Answers.of(HEADER, ()))
        for _ in range(6):
            question = desk.question()
            if question is None:  # hopeless by now
                break
            text = text_digest(rows[question.row.id].shown)
            desk.take(Answer(id=question.row.id, heads={HEAD: verdict}, who="ann", at=HEADER.created_at, text=text))
        return max(step.wrong for step in desk.statuses()[0].state.steps)

    assert state(Verdict(kind="label", labels=(HELPS,))) == state(Verdict(kind="cannot_tell")) > 0
    assert state(Verdict(kind="label", labels=(ANSWERS,))) == 0


def test_an_answer_is_about_one_quote_and_is_no_answer_about_another(trained: Path) -> None:
    row = kept.read(bundles.load(trained / "candidate"))[0]
    said = {"heads": {HEAD: Verdict(kind="label", labels=(ANSWERS,))}, "who": "ann", "at": HEADER.created_at}
    other = replace(row, quote="Something else.")
    first, second = (Answer(id=row.id, text=text_digest(each.shown), **said) for each in (row, other))
    assert Answers.of(HEADER, [first]).find(row.id, HEAD, other.shown) is None
    assert Answers.of(HEADER, [first, second]).find(row.id, HEAD, other.shown) is second


def test_nobody_is_asked_about_what_was_erased_and_a_bundle_that_holds_it_is_found(trained: Path) -> None:
    bundle = bundles.load(trained / "candidate")
    row = kept.read(bundle)[0]
    erased = Erased(ids=frozenset({row.id}))
    (left,) = quoted_answers.populations(bundle.manifest.answers or None, kept.read(bundle), erased)
    assert row.id not in left.rows
    assert "1 among its held-out questions" in list(places(bundles.SealedFolder.open(trained / "candidate"), erased))


def test_each_language_is_audited_by_its_own_questions_and_gets_its_own_certificate(trained: Path) -> None:
    manifest = bundles.load(trained / "candidate").manifest
    assert manifest.answers
    (part,) = manifest.answers.parts
    answers = manifest.answers.with_parts(part, structs.replace(part, slice={"language": "it"}))
    rows = [
        replace(row, language="it" if number % 2 else None)
        for number, row in enumerate(kept.read(bundles.load(trained / "candidate")))
    ]

    common, italian = quoted_answers.populations(answers, rows, Erased())

    assert (common.ladder.slice, italian.ladder.slice) == ({"language": "*"}, {"language": "it"})
    assert not set(common.rows) & set(italian.rows)
    assert set(italian.rows) <= {row.id for row in rows if row.language == "it"}
    earned = Found(threshold=italian.ladder.thresholds[0], n=40, asked=30, k=0)
    before = structs.replace(manifest, answers=answers)
    after = quoted_answers.certified(before, [(italian.ladder.slice, earned)], START, 90).answers
    assert after
    untouched, made = after.parts
    assert untouched == answers.parts[0]
    assert made.certificate
    assert (made.certificate.kind, dict(made.certificate.slice)) == ("audit", {"language": "it"})
    assert (made.answer_at, made.uncertified) == (earned.threshold, None)


def test_a_bundle_without_answers_has_nothing_to_audit() -> None:
    with pytest.raises(NothingToAudit, match="fit with --articles"):
        quoted_answers.populations(None, [], Erased())
