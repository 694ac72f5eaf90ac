"""What may be written where agents write, too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.helpdesks.merging import changes, kept
from serving.helpdesks.port.port import Value

FREE = {"priority": frozenset({"", "Low"})}


@pytest.mark.parametrize(
    ("written", "current", "wanted", "expected"),
    [
        ("Low", "Low", "High", "High"),  # ours, and nobody touched it
        ("Low", "Medium", "High", None),  # an agent changed it
        ("Low", "High", "High", None),  # an agent chose the same
        (None, "", "High", "High"),  # nobody ever chose
        (None, "Low", "High", "High"),  # the desk's own default
        (None, "Medium", "High", None),  # chosen before we came
        ("Low", "", "High", None),  # an agent took it away
    ],
)
def test_an_agents_word_stands(written: str | None, current: str, wanted: str, expected: str | None) -> None:
    ours = {} if written is None else {"priority": written}
    made = changes(ours, {"priority": current}, {"priority": wanted}, FREE)
    assert made.get("priority") == expected


def test_once_an_agents_it_stays_theirs_whatever_we_want_later() -> None:
    written: dict[str, Value] = {"priority": "Low"}
    shown = {"priority": "Medium"}
    for wanted in ("High", "Low", "High"):
        made = changes(written, shown, {"priority": wanted}, FREE)
        written = kept(written, shown, {"priority": wanted}, made)
        assert made == {}


tags = st.frozensets(st.sampled_from("abcdefgh"))


@given(ours=tags, theirs=tags, wanted=tags, dropped=tags)
def test_tags_of_others_stay_and_ours_that_they_took_away_do_not_come_back(
    ours: frozenset[str], theirs: frozenset[str], wanted: frozenset[str], dropped: frozenset[str]
) -> None:
    shown = (ours - dropped) | theirs
    made = changes({"tags": tuple(sorted(ours))}, {"tags": tuple(sorted(shown))}, {"tags": tuple(sorted(wanted))}, {})
    after = set(made.get("tags", tuple(shown)))
    assert theirs - ours <= after  # what others set stays
    assert wanted - ours <= after  # what is new comes
    assert not after & (ours - wanted - theirs)  # what is over goes
    assert not after & ((ours & wanted & dropped) - theirs)  # what they took away stays away


@given(st.dictionaries(st.sampled_from(["priority", "category"]), st.text(max_size=3)), st.text(max_size=3))
def test_writing_twice_is_writing_once(wanted: dict[str, Value], shown: str) -> None:
    current: dict[str, Value] = {"priority": shown, "category": ""}
    made = changes({}, current, wanted, FREE)
    written = kept({}, current, wanted, made)
    assert changes(written, {**current, **made}, wanted, FREE) == {}
