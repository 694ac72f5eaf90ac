"""What `firstline helpdesks check` says of customers."""

from __future__ import annotations

from pathlib import Path

from serving.helpdesks.checking import checked
from serving.helpdesks.customers import report
from serving.settings import Settings
from tests.serving.helpdesks.knowing_desk import Telling, connected


def test_a_check_tells_where_each_attribute_comes_from(tmp_path: Path) -> None:
    connected(tmp_path, csv="account,domains,plan,Owner\nAcme,acme.example,Golden,kim\n")
    settings = Settings(home=tmp_path, helpdesks=tmp_path / "helpdesks.toml")
    result = checked(settings)
    said = "\n".join(result.lines)
    assert (
        "  plan              organization.plan, tags:plan_*, requester.tags:vip, accounts.csv, else standard\n" in said
    )
    assert "  arr               field.360001, accounts.csv\n" in said
    assert "1 accounts, 1 domains, 0 addresses; columns that are not read: Owner\n" in said
    assert "accounts.csv, line 2, column plan: 'Golden' is not understood; write a plan of the policy (free, " in said
    assert result.faults >= 1
    assert checked(settings, "des:7").lines == ["No ticket 'des:7': write one of desk:ID."]


def test_a_check_lists_the_words_of_tickets_that_are_not_understood(tmp_path: Path) -> None:
    connection, customers = connected(tmp_path)
    there = Telling(connection, **{"organization.plan": "Golden", "requester.locale": "de"})
    first, second = report.coverage(connection, customers, there, ["8", "7"])
    assert first == "  last 2 tickets    known: account 2, plan 2, arr 2, region 2, language 2, brand 0, health 2"
    assert second.startswith("    plan: 'Golden' in organization.plan is not understood (2 times); write in [desk.")


def test_a_check_of_a_ticket_tells_what_it_would_get_and_what_can_be_mapped(tmp_path: Path) -> None:
    connection, customers = connected(tmp_path)
    there = Telling(connection, **{"organization.plan": "Golden", "field.360001": "7k", "note": "n" * 99})
    hint = "write in [desk.values.plan] which it is, a plan of the policy (free, standard, premium, enterprise)"
    plan = f'premium (accounts.csv, line 2); \'Golden\' in organization.plan is not understood, {hint}: "…" = "…"'
    assert list(report.sample(connection, customers, there, "7")) == [
        "  account           Acme Corp (accounts.csv, line 2)",
        f"  plan              {plan}",
        "  arr               7000.0 (field.360001)",
        "  region            eu (accounts.csv, line 2)",
        "  language          not known",
        "  brand             not known",
        "  health            green (accounts.csv, line 2)",
        "  its fields",
        "    field.360001 = '7k'",
        "    note = '" + "n" * 60 + "…'",
        "    organization.plan = 'Golden'",
    ]
