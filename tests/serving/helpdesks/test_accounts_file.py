"""Strangers' files of accounts: whatever a spreadsheet saves is read, and what is not understood is listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.helpdesks.customers.accounts import Accounts, domain, read_accounts
from serving.helpdesks.customers.words import Words, amount, language
from serving.helpdesks.port.errors import HelpdesksNotValid

PLANS = ("free", "standard", "premium", "enterprise")
WORDS = Words({"plan": {"gold": "enterprise", "trial": ""}, "region": {"emea": "eu"}}, PLANS)
HEAD = "account,domains,emails,plan,arr,region,language,brand,health\n"


def read(folder: Path, content: str | bytes) -> Accounts:
    path = folder / "accounts.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_accounts(path, WORDS)


ACME = "account,domains,plan,arr\nAcme Corp,acme.example,premium,12000.5\n"


@pytest.mark.parametrize(
    "content",
    [
        ACME,
        ACME.encode("utf-8-sig"),
        ACME.encode("utf-16"),
        b"\xfe\xff" + ACME.encode("utf-16-be"),
        ACME.replace("\n", "\r\n"),
        ACME.replace("\n", "\r"),
        ACME.replace(",", ";"),
        ACME.replace(",", "\t"),
        ACME.replace(",", "|"),
        "sep=;\n" + ACME.replace(",", ";"),
        '"account","domains","plan","arr"\n"Acme Corp","acme.example","premium","12000.5"\n',
        "ACCOUNT , Domains,PLAN,Arr\nAcme Corp , acme.example ,Premium, 12000.5 \n",
        "Account Name,Domain,Plan,ARR\nAcme Corp,ACME.EXAMPLE,PREMIUM,12000.5",
        "account;domains;plan;arr\nAcme Corp;https://www.acme.example/;premium;€ 12.000,50\n",
        "account;domains;plan;arr\nAcme Corp;@acme.example;premium;12 000,50 EUR\n",
        'account,domains,plan,arr\nAcme Corp,acme.example,premium,"12,000.50"\n',
        "account,domains,plan,arr\n\n,,,\nAcme Corp,acme.example,premium,12000.5,,,\n\n",
        "owner,account,domains,plan,arr\nkim,Acme Corp,acme.example,premium,$12000.5\n",
        "account,domains,plan,arr\nAcme Corp,acme.example,,\nACME  corp,,premium,12000.5\n",
        "account,domains,plan,arr\nAcme Corp,acme.example,premium,\nAcme Corp,acme.test,premium,12000.5\n",
    ],
)
def test_the_same_account_however_it_was_saved(tmp_path: Path, content: str | bytes) -> None:
    found = read(tmp_path, content)
    account = found.find("acme corp", None)
    assert account is found.find(None, "Ada@Acme.Example")
    assert account is not None
    assert (account.name, account.values) == ("Acme Corp", {"plan": "premium", "arr": 12000.5})
    assert found.problems == []


def test_an_account_has_every_attribute_and_several_domains_and_addresses(tmp_path: Path) -> None:
    row = (
        'Acme,"acme.example; acme.test | münchen.example","ada@gmail.com, <BOB@web.de>",Gold,12k,EMEA,de-AT,atlas,red\n'
    )
    found = read(tmp_path, HEAD + row)
    account = found.by_name["acme"]
    assert account.values == {
        "plan": "enterprise",
        "arr": 12_000.0,
        "region": "eu",
        "language": "de",
        "brand": "atlas",
        "health": "red",
    }
    for email in ("x@acme.test", "ADA@gmail.com", "bob@web.de", "x@MÜNCHEN.example", "x@xn--mnchen-3ya.example"):
        assert found.find(None, email) is account
    for email in ("x@gmail.com", "x@mail.acme.test", "x@notacme.test", "acme", "", "@", None):
        assert found.find(None, email) is None


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            "Acme,,,Golden,,,,,\n",
            "line 2, column plan: 'Golden' is not understood; write a plan of the policy (free, sta",
        ),
        ("Acme,,,,a lot,,,,\n", "line 2, column arr: 'a lot' is not understood; write an amount such as 12000"),
        ("Acme,,,,-5,,,,\n", "line 2, column arr: '-5' is not understood"),
        ("Acme,,,,,,Klingon,,\n", "line 2, column language: 'Klingon' is not understood; write a language's code"),
        ("Acme,,,,,,,," + "x" * 65 + "\n", "line 2, column health: 'xxx"),
        (
            "\nAcme,gmail.com,,,,,,,\n",
            "line 3, column domains: gmail.com is a mail provider's and fits nobody; write addr",
        ),
        ("Acme,acme,,,,,,,\n", "line 2, column domains: 'acme' is no domain; write acme.example"),
        ("Acme,ada@acme.example,,,,,,,\n", "line 2, column domains: 'ada@acme.example' is no domain"),
        ("Acme,,acme.example,,,,,,\n", "line 2, column emails: 'acme.example' is no address; write ada@acme.example"),
        (",acme.example,,,,,,,\n", "line 2, column account: it is empty or too long; write the account's name"),
        ("-,acme.example,,,,,,,\n", "line 2, column account: it is empty"),
        ("Acme,,,,,,,,,more\n", "line 2: 10 cells under 9 columns; quote texts that hold a separator"),
        ("Acme,,,free,,,,,\nAcme,,,gold,,,,,\n", "line 3, column plan: another row, from line 2, says otherwise"),
        ("A,x.example,,,,,,,\nB,X.example,,,,,,,\n", "line 3, column domains: x.example belongs to another account"),
        (
            "A,,a@b.example,,,,,,\nB,,A@b.example,,,,,,\n",
            "line 3, column emails: a@b.example belongs to another account",
        ),
        ('"Ac\nme",,,,x,,,,\n', "line 2, column arr"),
        ('"A\nB",,,,,,,,\nC,,,,x,,,,\n', "line 4, column arr"),
    ],
)
def test_what_is_not_understood_is_left_out_and_listed_with_its_place(tmp_path: Path, rows: str, said: str) -> None:
    found = read(tmp_path, HEAD + rows)
    [problem] = found.problems
    assert problem.startswith(f"accounts.csv, {said}")


def test_a_domain_of_two_accounts_fits_neither_and_an_address_may_still_decide(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + "A,x.example,a@x.example,,,,,,\nB,x.example,b@x.example,,,,,,\n")
    assert found.find(None, "c@x.example") is None
    assert [found.find(None, f"{name}@x.example") for name in "ab"] == [found.by_name["a"], found.by_name["b"]]


def test_a_word_for_nothing_says_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + "Acme,-,n/a,trial,-,none,?,null,—\n")
    assert found.by_name["acme"].values == {}
    assert found.problems == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1 names no column account but none: name the account's column so"),
        ("\n\n", "names no column account but none"),
        ("company,plan\nAcme,gold\n", "line 1 names no column account but company, plan"),
        ("account,domain,Domains\nAcme,a.example,b.example\n", "line 1 names the column domains twice"),
        (HEAD + 'Acme,,,"free\nB,,,,,,,,\n', "line 2: unexpected end of data; close the quotation marks"),
        (HEAD + 'Acme,,,"free" x,,,,,\n', "line 2: ',' expected after '\"'; close the quotation marks"),
        ("account\nMünchen\n".encode("cp1252"), "line 2 is not UTF-8; save it as CSV UTF-8"),
        ("account\n" + "x" * 200_000 + "\n", "line 2: field larger than field limit"),
    ],
)
def test_a_file_that_is_no_table_of_accounts_is_refused_with_what_to_do(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(HelpdesksNotValid) as refused:
        read(tmp_path, content)
    assert said in str(refused.value)


def test_columns_that_are_not_read_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, "account,Owner,Tier \nAcme,kim,1\n").ignored == ["Owner", "Tier"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12000", 12_000), ("12,000", 12_000), ("12.000", 12_000), ("12 000", 12_000), ("12'000", 12_000), ("0", 0),
        ("1,234.56", 1_234.56), ("1.234,56", 1_234.56), ("1.234.567", 1_234_567), ("12000.5", 12_000.5), ("99,9", 99.9),
        ("12000.000", 12_000), ("$12,000", 12_000), ("€ 12.000,50", 12_000.5), ("12000 EUR", 12_000),
        ("USD 12000", 12_000),
        ("12k", 12_000), ("1.2M", 1_200_000), ("1,2 Mio. €", 1_200_000), ("£1.234k", 1_234), ("12\u00a0000", 12_000),
        ("a lot", None), ("-5", None), ("inf", None), ("nan", None), ("1e9", None), ("12000/year", None),
        ("1.2.3", None),
        ("1,23,456", None), ("", None), ("$", None), ("12 000 to 15 000", None), ("1.234,56.78", None),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, value: float | None) -> None:
    assert amount(text) == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "de"), ("EN", "en"), ("en-US", "en"), ("de_AT", "de"), ("de-at", "de"), ("pt-BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("de_DE.UTF-8", "de"), ("Deutsch", "de"), (" English ", "en"), ("Français", "fr"), ("vip", None),
        ("gold", None),
        ("english (us)", None), ("d", None), ("", None), ("1", None), ("e1", None),
    ],
)  # fmt: skip
def test_languages_as_helpdesks_write_them(text: str, code: str | None) -> None:
    assert language(text) == code


@given(st.text(), st.sampled_from(["plan", "arr", "language", "account", "region", "brand", "health"]))
def test_no_word_is_too_strange_to_be_read_or_left_out(text: str, attribute: str) -> None:
    said = WORDS.said(attribute, text)
    value = WORDS.value(attribute, said)
    assert value is None or attribute == "arr" or len(str(value)) <= 200
    assert domain(text) == domain(domain(text)) or not text.isascii()


@given(st.one_of(st.text(), st.text(alphabet='a,;"\n\r\t @.').map("account,domains,plan,arr\n".__add__), st.binary()))
def test_no_file_stops_anything_but_by_being_refused(
    tmp_path_factory: pytest.TempPathFactory, content: str | bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    try:
        found = read_accounts(path, WORDS)
    except HelpdesksNotValid as refused:
        assert "any.csv" in str(refused)  # noqa: PT017
    else:
        account = found.find("a", "a@a.a")
        assert account is None or account in found.by_name.values()
