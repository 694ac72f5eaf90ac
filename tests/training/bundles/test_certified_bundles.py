"""From closed tickets to a certificate in manifest, report and answer; or to what is missing for one."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from tests.training.desk import fitted, open_home, tickets
from training.bundles.evaluate import evaluate
from training.config import Certificate, Head, RefitConfig
from training.report.page import lines
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.assessment import Guess, assess
from triage.model.bundle_files import seal
from triage.model.certificate import Window
from triage.reason_codes import LONGEST_REASON, ReasonCode
from triage.tickets.closed_ticket import from_record

HEAD = Head(strengths=(30.0,), lexical_weights=(0.4,), prior_shifts=(0.0,), margins=0)
FAST = RefitConfig(head=HEAD)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a bundle of few tickets, and one of enough."""
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(300), out="few", config=FAST)
    fitted(home, tickets(600), out="sure", config=FAST)
    return home


def test_with_too_few_tickets_nothing_is_certified_and_all_is_said(home: Path) -> None:
    """45 are held out; two heads share delta = 10 %, so each needs 59 without an error: 14 of 45 more of all 300."""
    bundle = bundles.load(home / "few")
    entry = bundle.manifest.heads["category"]
    (missing,) = entry.uncertified
    assert (entry.certificates, missing.slice, missing.more_labels) == ((), {}, 94)
    rule = bundle.rules["category"]
    said = assess([Guess("bug", 1.0)], rule)
    assert (said.mode, said.certificate) == ("suggest", None)
    assert (said.reason_code, len(said.reason) <= LONGEST_REASON) == (ReasonCode.NO_CERTIFICATE, True)
    assert "it takes 59 newer tickets without an error" in missing.reason
    assert "about 94 to 360 more labelled tickets" in missing.reason
    assert any("all tickets: nothing is applied automatically: 0 of the 45" in line for line in lines(bundle.manifest))


def test_with_enough_tickets_a_certificate_is_earned_and_applied(home: Path) -> None:
    bundle = bundles.load(home / "sure")
    (record,) = bundle.manifest.heads["category"].certificates
    assert record.slice == {}
    assert (record.alpha, record.delta, record.tickets) == (0.05, 0.1, 90)
    assert record.k <= record.n <= 90
    assert record.window == Window(first="2026-01-22T06:00:00Z", last="2026-01-25T23:00:00Z")  # the newest 15 %
    assert record.encoder == bundle.encoder_fingerprint
    said = assess([Guess("bug", 1.0)], bundle.rules["category"])
    assert (said.mode, said.certificate) == ("auto", record.id)
    fresh = evaluate(bundle, [from_record(row) for row in tickets(200, first=2_000)], open_home(home).encode)
    assert fresh["category"]["selective_risk"] <= 0.05
    assert any(f"({record.id})" in line for line in lines(bundle.manifest))
    assert record.id in bundle.read("report.html").decode()


@pytest.mark.parametrize("name", ["weights", "encoder", "taxonomy", "temperature", "head"])
def test_a_certificate_of_something_else_is_refused(home: Path, name: str, tmp_path: Path) -> None:
    copytree(home / "sure", tmp_path / "pasted")
    manifest = json.loads((tmp_path / "pasted" / "manifest.json").read_text())
    manifest["heads"]["category"]["certificates"][0][name] = 9.5 if name == "temperature" else "another"
    seal(tmp_path / "pasted", {key: value for key, value in manifest.items() if key not in {"id", "files", "format"}})
    with pytest.raises(BundleRefused, match=f"certificate of category is of another {name}"):
        bundles.load(tmp_path / "pasted")


def test_a_stricter_wish_takes_more_tickets(home: Path) -> None:
    """At 1 % and 5 % for each of two heads, 299 without an error: 90 held-out tickets of 600 are not enough."""
    strict = RefitConfig(head=HEAD, certificate=Certificate(alpha=0.01))
    manifest = fitted(home, tickets(600), out="strict", config=strict).manifest
    entry = manifest.heads["category"]
    assert entry.certificates == ()
    assert "it takes 299 newer tickets without an error to show at most 1% wrong" in entry.uncertified[0].reason


def test_plans_with_enough_tickets_have_certificates_of_their_own(home: Path) -> None:
    """One head, alpha = delta = 20 %: 8 tickets without an error suffice, so 32 on each side make a slice."""
    rows = [
        row | {"plan": ("premium", "free")[number % 2], "product_area": None} for number, row in enumerate(tickets(460))
    ]
    config = RefitConfig(head=HEAD, certificate=Certificate(alpha=0.2, delta=0.2))
    manifest = fitted(home, rows, out="plans", config=config).manifest
    earned = manifest.heads["category"].certificates
    assert [each.slice for each in earned] == [{"plan": "free"}, {"plan": "premium"}]
    assert {each.delta for each in earned} == {0.2}
    assert [row.slice for row in manifest.heads["category"].slices] == [{"plan": "free"}, {"plan": "premium"}]
    bundle = bundles.load(home / "plans")
    modes = {
        plan: assess([Guess("bug", 1.0)], bundle.rules["category"], facts={"plan": plan}).mode
        for plan in ("premium", "free", "trial")
    }
    assert modes == {"premium": "auto", "free": "auto", "trial": "suggest"}  # nobody measured trials
    fresh = evaluate(
        bundle, [from_record(row | {"plan": "free"}) for row in tickets(50, first=2_000)], open_home(home).encode
    )
    assert {name: each["applied"] for name, each in fresh["category"]["certificates"].items()} == {
        earned[0].id: round(50 * fresh["category"]["coverage"]),
        earned[1].id: 0,
    }
