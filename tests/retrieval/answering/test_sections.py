from __future__ import annotations

import pytest

from retrieval.answering.answer_question import Finder, Finding, Reader
from retrieval.answering.answerability import Answerability
from retrieval.answering.passage_gate import PassageGate, Passages, PassageSignals
from retrieval.answering.quotes import compose
from retrieval.answering.ranking import Suggestion
from retrieval.answering.sections import RankedSection, SectionRanker, is_set_aside
from retrieval.index.article_index import build
from tests.fakes import HashingEncoder
from tests.retrieval.article_builders import an_article
from triage.model.answers_entry import Answers, PassageWeights

KETTLE = an_article(
    id="kettle",
    title="Kettle care",
    body="""A kettle boils water.

## Issue

The kettle leaks water at the spout.

## Stop the leak

1. Empty the kettle.
2. Turn the spout to the left.

## Switch the light on

Hold the lid for three seconds.

## Switch the light off

Tap the lid twice.
""",
)
BOLD = Answerability(answer_at=0.0, clarify_at=0.0)


def ask(question: str, answerability: Answerability = BOLD, reader: Reader | None = None) -> Finding:
    encoder = HashingEncoder()
    return Finder(build([KETTLE], encoder), encoder, answerability).find(question, reader=reader or Reader())


def first(question: str) -> Suggestion:
    return ask(question).suggestions[0]


def sections(*shares: float) -> tuple[RankedSection, ...]:
    passages = [each.passage for each in first("stop the leak").sections]
    return tuple(RankedSection(each, share, 0.5, 0.5) for each, share in zip(passages, shares, strict=False))


@pytest.mark.parametrize(
    "question",
    ["the kettle leaks water at the spout", "how do I stop the leak"],
)
def test_neither_a_lead_nor_a_section_that_states_the_issue_is_quoted_while_a_sibling_is_there(question: str) -> None:
    assert first(question).passage.heading not in ("", "Issue")


def test_the_shares_of_the_sections_are_those_of_a_softmax() -> None:
    assert sum(each.share for each in first("stop the leak").sections) <= 1
    assert first("stop the leak").sections[0].share > 0.5


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("how do I switch the light on", "Switch the light on"),
        ("how do I switch the light off", "Switch the light off"),
    ],
)
def test_the_section_that_goes_the_way_that_is_asked_for_is_quoted(question: str, heading: str) -> None:
    assert first(question).passage.heading == heading


def test_one_section_is_shown_when_sure_and_two_under_their_headings_when_not() -> None:
    suggestion = first("stop the leak")
    sure = Suggestion(**{**as_fields(suggestion), "sections": sections(0.9, 0.1)})
    unsure = Suggestion(**{**as_fields(suggestion), "sections": sections(0.5, 0.4)})

    assert len(compose("leak", sure).sources) == 1
    assert [each.heading for each in compose("leak", unsure).sources] == [
        each.passage.heading for each in unsure.sections[:2]
    ]
    assert compose("leak", unsure).text.startswith("Stop the leak\n1. Empty the kettle.")
    assert compose("leak", sure).steps == (("Empty the kettle.", "Turn the spout to the left."),)


def as_fields(suggestion: Suggestion) -> dict[str, object]:
    return {name: getattr(suggestion, name) for name in Suggestion.__slots__}


def test_where_only_the_article_is_sure_its_sections_are_offered_and_the_one_chosen_is_quoted() -> None:
    never = PassageGate(intercept=-50.0)
    unsure = Answerability(answer_at=0.1, clarify_at=0.0, passages=Passages(SectionRanker(), never))

    offered = ask("kettle light", unsure)

    assert offered.verdict.decision == "clarify"
    assert offered.clarification is not None
    assert offered.answer is None
    assert offered.clarification.article is not None
    assert offered.clarification.article.title == "Kettle care"
    label = "Kettle care: Switch the light off"
    assert ("kettle", label) in [(each.article_id, each.label) for each in offered.clarification.choices]
    chosen = ask(label, unsure, Reader(chose="kettle"))
    assert chosen.answer is not None
    assert chosen.answer.text == "Tap the lid twice."


def test_a_lead_that_is_nearly_certain_is_quoted_and_an_issue_never() -> None:
    lead, issue = (next(each for each in KETTLE_PASSAGES if each.heading == name) for name in ("", "Issue"))

    assert not is_set_aside(RankedSection(lead, 0.9, 0.9, 0.9))
    assert is_set_aside(RankedSection(lead, 0.4, 0.9, 0.9))
    assert is_set_aside(RankedSection(issue, 0.99, 0.9, 0.9))


def test_a_lead_with_the_steps_is_the_section_that_begins_the_task() -> None:
    body = "1. Open the reports.\n2. Choose export.\n\n## Error E4012\n\nThe csv export says that it runs already.\n"
    article = an_article(id="export", title="csv export", body=body)
    encoder = HashingEncoder()
    finder = Finder(build([article], encoder), encoder, BOLD)

    assert finder.find("csv export").suggestions[0].passage.heading == ""
    assert finder.find("what is error E4012").suggestions[0].passage.heading == "Error E4012"


KETTLE_PASSAGES = build([KETTLE], HashingEncoder()).passages


def test_a_section_without_siblings_is_right_where_its_article_is_unless_the_question_is_about_something_else() -> None:
    gate = PassageGate(alone=1.0)

    assert gate.probability(PassageSignals(1.0, 0.1, 0.1, 0.0, 0.0, 0.0, alone=True)) == 1
    assert gate.probability(PassageSignals(1.0, 0.1, 0.1, 0.0, 0.0, 1.0, alone=True)) < 0.1


def test_what_was_learnt_of_passages_survives_the_manifest_and_a_damaged_record_is_refused() -> None:
    learnt = Passages(SectionRanker(cosine=3.0), PassageGate(share=2.0))

    assert Passages.from_manifest(Answers(passages=learnt.to_manifest())) == learnt
    assert Passages.from_manifest(None) == Passages.from_manifest(Answers()) == Passages()
    with pytest.raises(ValueError, match="must name"):
        Passages.from_manifest(Answers(passages=PassageWeights(sections={"cosine": 1.0}, gate={"share": 1.0})))
    with pytest.raises(ValueError, match="finite"):
        SectionRanker(cosine=float("nan"))
