"""The file of connections: what it must say, and what it is told where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.helpdesks.checking import checked
from serving.helpdesks.port.connections import read
from serving.helpdesks.port.errors import HelpdesksNotValid
from serving.settings import Settings

GOOD = """
[zendesk]
url = "https://acme.zendesk.example"
token_file = "zendesk.token"
hook_secret = "hush"
options.user = "bot@acme.example"
[zendesk.fields]
category = 360001
[second]
kind = "standard"
hook_secret = "whsec_aGFzaA=="
"""

RT = '[rt]\nurl = "https://x.example"\noptions.queue = "S"'


def a_file(folder: Path, text: str) -> Path:
    path = folder / "helpdesks.toml"
    path.write_text(text)
    (folder / "zendesk.token").write_text("t0ken\n")
    return path


def test_a_connection_is_read_with_its_secrets_from_files(tmp_path: Path) -> None:
    found = read(a_file(tmp_path, GOOD))
    assert list(found) == ["zendesk", "second"]
    assert (found["zendesk"].token, found["zendesk"].fields) == ("t0ken", {"category": "360001"})
    assert (found["second"].kind, found["second"].push) == ("standard", True)


def test_no_secret_is_part_of_what_is_printed(tmp_path: Path) -> None:
    shown = repr(read(a_file(tmp_path, GOOD)))
    assert "t0ken" not in shown
    assert "hush" not in shown


def test_without_a_file_there_are_none() -> None:
    assert read(None) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[zendesk", "it is not TOML"),
        ("zendesk = 1", "write it as a table"),
        ('[helpme]\nurl = "https://x.example"', "kind 'helpme' is none of chatwoot, django_helpdesk"),
        ('[zendesk]\nurl = "https://x.example"', "it lacks options: options.user"),
        ('[rt]\nurl = "rt.example"\noptions.queue = "S"', "url must begin with https://"),
        (
            '[rt]\nurl = "https://x.example"\noptions.queue = "S"\ntokens = "x"',
            "tokens is not known; known are accounts_file, bot",
        ),
        ('[rt]\nurl = "https://x.example"\noptions.queue = "S"\noptions.que = "S"', "options.que is not known"),
        ('[rt]\nurl = "https://x.example"\noptions.queue = "S"\nfields.prio = "S"', "fields.prio is not known"),
        ('[rt]\nurl = "https://x.example"\noptions.queue = "S"\nsuggestions = "no"', 'must be "note" or "fields"'),
        ('[rt]\nurl = "https://x.example"\noptions.queue = "S"\npush = "no"', "push must be true or false"),
        ('[rt]\nurl = "https://x.example"\noptions.queue = "S"\ntoken_file = "gone"', "token_file cannot be read"),
        (f'{RT}\ncustomer = "x"', "customer must be a table: [rt.customer]"),
        (f'{RT}\ncustomer.plans = "x"', "customer.plans is not known; known are account, plan, arr, region"),
        (
            f"{RT}\ncustomer.plan = true",
            "customer.plan is no place: write the helpdesk's name of a field, such as \"org",
        ),
        (f'{RT}\ncustomer.plan = " "', "customer.plan is no place"),
        (f"{RT}\ncustomer.plan = []", "customer.plan is empty: write the helpdesk's name"),
        (f'{RT}\ncustomer.plan = "tags:"', "customer.plan = 'tags:' fits no tag or any: write one * for the word"),
        (f'{RT}\ncustomer.plan = "tags:*"', "fits no tag or any"),
        (f'{RT}\ncustomer.plan = "tags:a_*_*"', "fits no tag or any"),
        (
            f'{RT}\nvalues.plan = "gold"',
            'rt.values.plan must be a table of texts: [rt.values.plan] with lines such as "G',
        ),
        (f'{RT}\nvalues.tier.Gold = "x"', "values.tier is not known"),
        (f"{RT}\nvalues.plan.Gold = []", "rt.values.plan must be a table of texts"),
        (f"{RT}\naccounts_file = 7", "accounts_file must be the name of a CSV file in quotes"),
        (f"{RT}\nplan = 7", "plan must be a text in quotes"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(HelpdesksNotValid) as refused:
        read(a_file(tmp_path, text))
    assert said in str(refused.value)
    assert "docs/helpdesks/README.md" in str(refused.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(HelpdesksNotValid, match="No such file"):
        read(tmp_path / "gone.toml")


def test_a_check_without_connections_says_how_to_make_one(tmp_path: Path) -> None:
    assert "FIRSTLINE_HELPDESKS names a TOML file" in checked(Settings(home=tmp_path)).lines[0]


def test_a_check_tells_places_and_a_desk_that_does_not_answer(tmp_path: Path) -> None:
    text = '[rt]\nurl = "http://127.0.0.1:9"\ntoken = "t0ken"\noptions.queue = "S"\nfields.category = "Cat"'
    report = checked(Settings(home=tmp_path, helpdesks=a_file(tmp_path, text), allow_cidrs="127.0.0.1/32"))
    told = "\n".join(report.lines)
    assert report.faults == 1
    assert "DOES NOT WORK: rt could not be asked: nobody answers at 127.0.0.1:9, or it hung up; see that" in told
    assert "proven by nothing yet: set hook_secret, until then every delivery is refused" in told
    assert "category          custom field Cat" in told
    assert "product_area      an internal note: no field is mapped" in told
    assert "t0ken" not in told
