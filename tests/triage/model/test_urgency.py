"""The never-miss floor raises and never lowers; a desk may write its own lexicon."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.errors import UrgencyRefused
from triage.model import urgency
from triage.model.assessment import Assessment, Guess
from triage.model.urgency import Alarm, UrgencyPhrases, alarm, raised
from triage.reason_codes import LONGEST_REASON, RAISED_BY, ReasonCode
from triage.taxonomy.labels import PRIORITIES

LEXICON = urgency.default()
LABELS = st.sampled_from([*PRIORITIES, None])


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    label = draw(LABELS)
    mode = "abstain" if label is None else draw(st.sampled_from(["auto", "suggest"]))
    others = tuple(Guess(each, 0.1) for each in PRIORITIES if each != label)[: draw(st.integers(0, 3))]
    return Assessment(
        label, draw(st.floats(0, 1)), mode, others, "…", ReasonCode.NO_CERTIFICATE, "c-1" if mode == "auto" else None
    )


def rank(label: str | None) -> int:
    return PRIORITIES.index(label) if label else len(PRIORITIES)


@given(assessments(), st.sampled_from(["P0", "P1"]), st.lists(st.floats(0, 0.2), min_size=5, max_size=5))
def test_an_alarm_never_lowers_and_what_it_raises_is_a_suggestion(
    assessment: Assessment, priority: str, shares: list[float]
) -> None:
    by_label = dict(zip(PRIORITIES, shares, strict=True))
    after = raised(assessment, Alarm(priority, "cut", "why"), by_label)
    assert after is not None
    assert rank(after.label) == min(rank(assessment.label), rank(priority))
    if rank(assessment.label) <= rank(priority):
        assert after is assessment
        return
    assert (after.mode, after.certificate, after.raised_by) == ("suggest", None, "cut")
    assert "why" in after.reason
    assert after.reason_code == ReasonCode.RAISED_BY_PROBABILITY
    assert after.label not in [guess.label for guess in after.alternatives]
    assert assessment.label is None or after.alternatives[0].label == assessment.label
    assert after.confidence == pytest.approx(sum(shares[: rank(priority) + 1]))


@given(assessments(), st.text("ab ", max_size=300), st.floats(0, 1))
def test_the_reason_for_raising_is_short_however_long_the_phrase(
    assessment: Assessment, words: str, share: float
) -> None:
    phrase = f"reactor {words} hot"
    by_phrase = urgency.parse(f'[en]\nP0 = ["{phrase}"]\n').find(phrase)
    by_label = {"P0": share, "P3": 1 - share}
    for why in (by_phrase, alarm(None, by_label, 0.0)):
        after = raised(assessment, why, by_label)
        assert why is not None
        assert after is not None
        assert len(after.reason) <= LONGEST_REASON
        assert after is assessment or after.reason_code == RAISED_BY[why.by]


@given(assessments())
def test_without_an_alarm_everything_stays_as_it_was(assessment: Assessment) -> None:
    assert raised(assessment, None, {}) is assessment


def test_the_lexicon_alone_gives_a_priority_where_no_head_does() -> None:
    after = raised(None, LEXICON.find("data loss"), {})
    assert after is not None
    assert (after.label, after.mode, after.confidence, after.raised_by) == ("P0", "suggest", 0.0, "lexicon")
    assert "data loss" in after.reason
    assert LEXICON.version in after.reason
    assert raised(None, None, {}) is None


def test_the_cut_raises_from_its_very_value_on_and_a_phrase_goes_before_it() -> None:
    unsure = {"P0": 0.1, "P1": 0.2, "P3": 0.7}
    at_cut = alarm(None, unsure, 0.1 + 0.2)
    assert at_cut is not None
    assert (at_cut.priority, at_cut.by) == ("P2", "cut")  # one level above the likeliest label
    assert alarm(None, unsure, 0.31) is None
    assert alarm(None, unsure, None) is None
    assert alarm(None, {}, 0.0) is None  # no head has said anything
    phrase = Alarm("P1", "lexicon", "says so")
    assert alarm(phrase, unsure, 0.1) is phrase


@given(st.lists(st.floats(0.01, 1), min_size=5, max_size=5))
def test_a_probability_alone_raises_by_one_level_at_most_and_never_beyond_p1(shares: list[float]) -> None:
    by_label = dict(zip(PRIORITIES, (share / sum(shares) for share in shares), strict=True))
    why = alarm(None, by_label, 0.0)
    assert why is not None
    likeliest = rank(max(by_label, key=by_label.__getitem__))
    assert rank(why.priority) == max(1, likeliest - 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[en", "no TOML"),
        ("[en]\nP2 = ['a']", "P0, P1, negations, between, named"),
        ("[any]\nnegations = ['no']", "P0, P1 and nothing else"),
        ("[en]\nP0 = 'down'", "list of texts"),
        ("[en]\nP0 = ['']", "none of them empty"),
        ("[en]\nP0 = ['down ...']", "last of them"),
        ("[en]\nP0 = ['a,b']", "not one word"),
        ("[en]\nP0 = ['...']", "needs words"),
        ("[en]\nP0 = ['@system down']", "no group 'system'"),
        ("[en]\nP0 = ['^']", "needs words"),
        ("[en]\nother = ['a,b']", "not one word"),
        ("[en]\ngroups = ['a']", "table of lists"),
        ("[en.groups]\nsystem = 'site'", "list of texts"),
        ("P0 = ['down']", "table"),
    ],
)
def test_a_lexicon_that_cannot_be_used_is_refused_with_what_is_wrong(text: str, said: str) -> None:
    with pytest.raises(UrgencyRefused, match=said):
        urgency.parse(text)


def test_a_desk_writes_its_own_lexicon_and_another_one_has_another_version(tmp_path: Path) -> None:
    (tmp_path / "urgency.toml").write_text(
        '[en]\nP0 = ["reactor/pump ... hot"]\nnegations = ["not"]\n', encoding="utf-8"
    )
    own: UrgencyPhrases = urgency.read(tmp_path / "urgency.toml")
    hot = own.find("the PUMP is very hot")
    assert hot is not None
    assert 'says "reactor/pump ... hot"' in hot.reason
    assert own.find("the pump is not hot") is None
    assert own.find("data loss") is None
    assert own.version != LEXICON.version


@pytest.mark.parametrize(
    "text",
    [
        "Everybody please calm down, the invoice was found. You can close this.",
        "RESOLVED: api check\nThe monitor is green again.",
        "Please close the ticket, we found the switch.",
        "It was a false alarm. Sorry for the noise.",
        "Hat sich erledigt, danke.",
        "Das Ticket kann geschlossen werden.",
        "Vous pouvez clore la demande.",
        "Ya no hace falta, gracias. Se puede cerrar.",
        "Potete chiudere la richiesta.",
        "De melding mag gesloten worden.",
        "Podem fechar o pedido, problema resolvido.",
    ],
)
def test_a_text_that_needs_nothing_more_says_so(text: str) -> None:
    assert urgency.default().is_settled([text])


@pytest.mark.parametrize(
    "text",
    [
        "Please do not close this ticket, nobody can log in.",
        "Our customers can no longer pay.",
        "Please close my account.",
        "When can this be closed? Payments still fail.",
        "Do not close it until the problem is solved.",
        "Die Bestellungen können nicht mehr geschlossen werden.",
    ],
)
def test_a_text_that_still_needs_something_does_not(text: str) -> None:
    assert not urgency.default().is_settled([text])


def test_a_suggestion_that_a_phrase_confirms_names_the_phrase() -> None:
    own = Assessment("P0", 0.5, "suggest", (), "No certificate.", ReasonCode.NO_CERTIFICATE, rung="described")
    found = raised(own, Alarm("P0", "lexicon", 'the text says "down"'), {"P0": 0.5})
    assert found is not None
    assert (found.label, found.raised_by, found.reason_code) == ("P0", "lexicon", ReasonCode.RAISED_BY_PHRASE)
    assert (found.confidence, found.mode) == (0.5, "suggest")


def test_a_certified_priority_and_one_that_only_a_probability_confirms_stay_as_they_are() -> None:
    certified = Assessment("P1", 0.9, "auto", (), "Certified.", ReasonCode.CERTIFIED, rung="described")
    assert raised(certified, Alarm("P1", "lexicon", "x"), {"P1": 0.9}) is certified
    suggested = Assessment("P1", 0.9, "suggest", (), "No certificate.", ReasonCode.NO_CERTIFICATE, rung="described")
    assert raised(suggested, Alarm("P1", "cut", "x"), {"P1": 0.9}) is suggested
