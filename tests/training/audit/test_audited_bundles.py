"""From answers to a certificate in a bundle, by the audit's command or by a refit."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.training.audit.noisy_desk import ONE_HEAD, answer, noisy, right
from tests.training.desk import fitted
from training.audit.answers import Answers, Header
from training.audit.certifying import Audit, reissued
from training.audit.population import auditable, populations
from training.bundles import held_out
from training.errors import NothingToAudit
from triage.model import bundle as bundles
from triage.model.assessment import Guess, assess
from triage.model.head_entry import HeadEntry
from triage.tickets.tombstones import Erased, Tombstone

N = 800
RIGHT = right(N)
EVERYTHING = Header(seed="s", created_at="2026-02-01T00:00:00Z", exhaustive=True)
AT = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    fitted(home, noisy(N), out="plain", config=ONE_HEAD)
    return home


def answers(header: Header = EVERYTHING, tickets: list[str] | None = None) -> Answers:
    return Answers.of(header, [answer(each, RIGHT[each]) for each in (RIGHT if tickets is None else tickets)])


def entry(home: Path, name: str = "plain") -> HeadEntry:
    return bundles.load(home / name).manifest.heads["category"]


def test_a_head_that_closed_labels_do_not_certify_is_kept_as_measured_for_an_audit(home: Path) -> None:
    assert entry(home).certificates == ()
    assert not entry(home).taught_by_all
    assert len(entry(home).ladders) == 1


def test_an_audit_certifies_the_very_head_that_serves(home: Path, tmp_path: Path) -> None:
    before = bundles.load(home / "plain")
    reissued(before, Audit(answers(), AT, 90, Erased()), tmp_path / "audited")
    after = bundles.load(tmp_path / "audited")
    (record,) = after.manifest.heads["category"].certificates
    assert (record.kind, record.asked, record.n) == ("audit", record.n, record.n)
    assert (record.issued_at, record.expires_at) == ("2026-02-01T00:00:00Z", "2026-05-02T00:00:00Z")
    assert after.manifest.heads["category"].uncertified == ()
    assert after.read("heads/category.npz") == before.read("heads/category.npz")
    assert "Certified by an audit after this report" in after.read("report.html").decode()
    said = assess([Guess("bug", 1.0)], after.rules["category"])
    assert (said.mode, said.certificate) == ("auto", record.id)


def test_a_refit_takes_the_answers_along(home: Path) -> None:
    fitted(home, noisy(N), out="again", config=ONE_HEAD, answers=answers())
    (record,) = entry(home, "again").certificates
    assert (record.kind, record.expires_at) == ("audit", "2026-04-01T00:00:00Z")
    report = bundles.load(home / "again").read("report.html").decode()
    assert record.id in report
    assert '<section id="audit">' in report
    assert '<section id="audit">' not in bundles.load(home / "plain").read("report.html").decode()


def test_a_certificate_by_closed_labels_says_when_it_ends(home: Path) -> None:
    fitted(home, noisy(N, every=10_000), out="clean", config=ONE_HEAD)
    (record,) = entry(home, "clean").certificates
    assert (record.kind, record.issued_at, record.expires_at) == (
        "closed_labels",
        "2026-01-01T00:00:00Z",
        "2026-04-01T00:00:00Z",
    )


def test_an_exhaustive_audit_stops_at_the_first_threshold_with_an_unanswered_ticket(home: Path, tmp_path: Path) -> None:
    bundle = bundles.load(home / "plain")
    surest = max(held_out.read(bundle), key=lambda row: row.confidence["category"] if row.confidence else 0)
    partly = answers(tickets=[each for each in RIGHT if each != surest.id])
    reissued(bundle, Audit(partly, AT, 90, Erased()), tmp_path / "audited")
    assert bundles.load(tmp_path / "audited").manifest.heads["category"].certificates == ()


def test_a_sequential_audit_certifies_with_part_of_the_tickets(home: Path, tmp_path: Path) -> None:
    header = Header(seed="s", created_at="2026-02-01T00:00:00Z")
    reissued(bundles.load(home / "plain"), Audit(answers(header), AT, 90, Erased()), tmp_path / "audited")
    (record,) = bundles.load(tmp_path / "audited").manifest.heads["category"].certificates
    assert record.asked is not None
    assert record.asked <= record.n


def test_the_report_draws_the_wealth_once_however_often_it_is_issued(home: Path, tmp_path: Path) -> None:
    sequential = Audit(answers(Header(seed="s", created_at="2026-02-01T00:00:00Z")), AT, 90, Erased())
    reissued(bundles.load(home / "plain"), sequential, tmp_path / "once")
    reissued(bundles.load(tmp_path / "once"), sequential, tmp_path / "twice")
    once, twice = (bundles.load(tmp_path / name).read("report.html").decode() for name in ("once", "twice"))
    assert once == twice
    assert once.startswith("<!doctype html>")
    assert once.count('<section id="audit">') == once.count("category, all tickets: wealth over the audit</title>") == 1
    assert once.index('<section id="audit">') < once.index('<h2 id="data">')


def test_answers_that_find_the_head_wrong_certify_nothing(home: Path, tmp_path: Path) -> None:
    wrong = Answers.of(EVERYTHING, [answer(each) for each in RIGHT])
    reissued(bundles.load(home / "plain"), Audit(wrong, AT, 90, Erased()), tmp_path / "audited")
    assert bundles.load(tmp_path / "audited").manifest.heads["category"].certificates == ()


def test_nobody_is_asked_about_an_erased_ticket(home: Path) -> None:
    rows = held_out.read(bundles.load(home / "plain"))
    (whole,) = populations({"category": entry(home)}, rows)
    gone = next(iter(whole.rows))
    (left,) = populations({"category": entry(home)}, rows, Erased.of([Tombstone.over(gone, None, [])]))
    assert set(whole.rows) - set(left.rows) == {gone}


def test_a_bundle_of_an_earlier_version_says_to_train_again(home: Path) -> None:
    rows = [held_out.HeldOut("t-1", "x", {"category": "bug"}, {"category": "bug"})]
    with pytest.raises(NothingToAudit, match="make train"):
        populations({"category": entry(home)}, rows)


def test_what_cannot_be_audited_says_why(home: Path) -> None:
    rows = held_out.read(bundles.load(home / "plain"))
    with pytest.raises(NothingToAudit, match="no head colour; the bundle has category"):
        auditable(bundles.load(home / "plain").manifest, rows, Erased(), ["colour"])
    fitted(home, noisy(120), out="small", config=ONE_HEAD)
    assert entry(home, "small").taught_by_all
    small = bundles.load(home / "small")
    with pytest.raises(NothingToAudit, match="too few held-out tickets"):
        auditable(small.manifest, held_out.read(small), Erased(), [])
