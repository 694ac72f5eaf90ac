"""The capacity file: what it may leave out, and what is refused with what to change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.triage.capacity.files import FORMFLOW, LIVE, terms, usual
from triage.errors import PolicyRefused

MANY = "".join(f"{kind} = {{ {', '.join(f'x{n} = 0.01' for n in range(100))} }}\n" for kind in ("channels", "types"))
MANY += MANY[: MANY.index("\n")].replace("channels", "languages")


def test_the_file_that_comes_with_firstline_is_complete() -> None:
    found = usual()
    assert found.handling.hours("how_to") == pytest.approx(10 / 60)
    assert found.handling.hours("something else") == pytest.approx(15 / 60)
    assert [(each.name, each.kind, each.within) for each in found.pools] == [
        ("live", "live", pytest.approx(1 / 60)),
        ("mail", "backlog", 8.0),
    ]
    assert found.demand.tickets_a_month is None


def test_what_a_file_leaves_out_is_as_usual(tmp_path: Path) -> None:
    found = terms("[handling_minutes]\nbug = 40\n", tmp_path)
    assert (found.handling.hours("bug"), found.handling.hours("billing")) == pytest.approx((40 / 60, 12 / 60))
    assert found.hiring == usual().hiring


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[demand", "it is no TOML"),
        ("[demands]\n", "'demands' means nothing here"),
        ("[demand]\ntickets = 5\n", "'tickets' means nothing here"),
        ("[demand]\ntickets_a_month = 0\n", "`tickets_a_month` is 0; write a number from 1 to 100,000"),
        ("[demand]\ntickets_a_month = nan\n", "`tickets_a_month` is nan"),
        ("[demand]\ntickets_a_month = true\n", "`tickets_a_month` is True"),
        ("[demand]\nchannels = { email = 0.5 }\n", "the shares add up to 0.500"),
        (f"[demand]\ntickets_a_month = 0x{'f' * 5_000}\n", "it is no TOML: a number is too large"),
        (f"[demand]\ntickets_a_month = 1{'0' * 5_000}\n", "it is no TOML: a number is too large"),
        (f"[demand]\n{MANY}", "channels, types and languages have more than 100,000 combinations"),
        ("[demand]\nchannels = 3\n", "write shares, such as email = 0.7"),
        ('[demand]\nhours = "night"\n', "there is no calendar 'night' in the SLA policy; known: business"),
        ("[handling_minutes]\nbug = -1\n", "`bug` is -1"),
        ("[deflection]\nnow = 1.0\n", "`now` is 1.0; write a number from 0 to 0.95"),
        ("[limits]\nutilisation = 0\n", "`utilisation` is 0"),
        ("[hiring]\nlead_months = 1.5\n", "write a whole number"),
        ("pools = []\n", "write 1 to 50 of them"),
        (LIVE.replace('kind = "live"', 'kind = "phone"'), "kind is 'phone'; write live or backlog"),
        (LIVE.replace('patience = "3 min"\n', ""), "a live pool needs `patience`"),
        (LIVE.replace('"1 min"', '"60 s"'), "'60 s' is no span of time"),
        (LIVE.replace("agents = 30\n", ""), "give `agents` for every shift, or for none"),
        (LIVE.replace("agents = 30", "agents = -1"), "`agents` is -1"),
        (LIVE.replace("09:00-17:00", "9-17"), "'9-17' is no shift"),
        (LIVE.replace("agents = 3\n", 'agents = 3\ncalendar = "business"\n'), "give either `calendar` or `hours`"),
        (LIVE + LIVE, "two have the same name"),
        (FORMFLOW.replace('"support"', '""'), "'' is no name"),
        (FORMFLOW.replace('name = "support"', 'name = "support"\nchannels = "email"'), "write a list"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_write(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused) as refused:
        terms(text, tmp_path)
    assert problem in str(refused.value)
