"""A bundle is promoted despite a gate: by name and reason, kept in the bundle; some gates are never overridden."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.training.desk import fitted, open_home, tickets
from tests.training.promotion.test_promotion import FAST, resealed
from training.commands.models import promote, report
from training.errors import OverridesUnsigned
from training.promotion import overriding
from training.promotion.gates import Gate
from training.promotion.overriding import Person, Wanted
from training.promotion.promotion import Refusal
from triage.model import bundle as bundles
from triage.model.bundle_files import REPORT
from triage.model.promotion import verdicts
from triage.signing import key_files
from triage.signing.ed25519 import public_key
from triage.signing.signatures import encoded, sign

WHY = "the certificate ran out of audited tickets; Ann audits again next week"
AT = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Desk:
    """A desk whose current bundle has certificates, and a candidate that has none."""

    home: Path

    def promotes(self, *more: object, bundle: str = "first") -> Result:
        given = ["--bundle", self.home / bundle, "--home", self.home, "--by", "Ann", *more]
        return CliRunner().invoke(promote, [str(each) for each in given])


@pytest.fixture(scope="module")
def fitted_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(300), out="first", config=FAST)
    fitted(home, tickets(600), out="certified", config=FAST)
    registry = open_home(home).registry
    registry.add(home / "certified")
    return home


@pytest.fixture
def desk(fitted_home: Path) -> Desk:
    registry = open_home(fitted_home).registry
    certified = bundles.load(fitted_home / "certified").id
    registry.stop_canary()
    registry.make_current(certified)
    for version in registry.versions():
        if version != certified:
            registry.remove(version)
    return Desk(fitted_home)


def test_a_lost_certificate_is_overridden_by_name_and_reason_and_both_stand_in_the_bundle(desk: Desk) -> None:
    before = bundles.load(desk.home / "first").id
    assert desk.promotes().exit_code == 1
    done = desk.promotes("--despite", "certificate", "--because", WHY)
    assert done.exit_code == 0, done.output
    assert "DESPITE  category: certificate: the current model has one" in done.output
    registry = open_home(desk.home).registry
    current = open_home(desk.home).current()
    assert current is not None
    assert current.id not in {before, bundles.load(desk.home / "certified").id}
    assert bundles.load(desk.home / "first").id == before  # the candidate itself is as `fit` wrote it
    written = {each.gate: each for each in current.manifest.overrides}
    assert set(written) == {"category: certificate", "product_area: certificate"}
    one = written["category: certificate"]
    assert (one.because, one.by, one.beside) == (WHY, "Ann", registry.previous_id())
    assert one.said.startswith("the current model has one")
    kept = verdicts.kept(registry)[current.id]
    assert (kept.promoted, kept.refusals) == (True, ())
    assert {each.gate for each in kept.overrides} == set(written)


def test_the_tags_follow_what_the_bundle_really_certifies(desk: Desk) -> None:
    """The override lets the bundle serve; it gives no head a certificate, so none applies a label by itself."""
    desk.promotes("--despite", "certificate", "--because", WHY)
    workspace = open_home(desk.home)
    current = workspace.current()
    assert current is not None
    assert all(not entry.certificates and not entry.applied for entry in current.manifest.heads.values())
    assert all(leaf.certificate is None for rule in current.rules.values() for leaf in rule.leaves)


def test_report_and_page_say_who_overrode_what_and_why(desk: Desk) -> None:
    desk.promotes("--despite", "certificate", "--because", "<b>we</b> know")
    said = CliRunner().invoke(report, ["--home", str(desk.home)]).output
    assert "overridden: promoted despite category: certificate (the current model has one" in said
    assert "because '<b>we</b> know', by Ann on " in said
    current = open_home(desk.home).current()
    assert current is not None
    page = current.read(REPORT).decode()
    assert page.count("<strong>Overridden:</strong>") == 2
    assert "<b>we</b>" not in page


def test_an_overridden_canary_is_finished_without_naming_the_gate_again(desk: Desk) -> None:
    started = desk.promotes("--despite", "certificate", "--because", WHY, "--canary", "10%")
    assert started.exit_code == 0, started.output
    registry = open_home(desk.home).registry
    canary = registry.canary()
    assert canary is not None
    finished = CliRunner().invoke(promote, ["--finish", "--home", str(desk.home)])
    assert finished.exit_code == 0, finished.output
    assert registry.current_id() == canary.version


def test_an_override_holds_beside_the_bundle_that_was_current_then_only(desk: Desk, tmp_path: Path) -> None:
    desk.promotes("--despite", "certificate", "--because", WHY)
    registry = open_home(desk.home).registry
    overridden = registry.path(registry.current_id() or "")
    other = resealed(desk.home / "certified", tmp_path / "other", lambda m: m.update(code_version="9"))
    registry.make_current(registry.add(other))
    again = CliRunner().invoke(promote, ["--bundle", str(overridden), "--home", str(desk.home)])
    assert again.exit_code == 1
    assert "REFUSED  category: certificate" in again.output


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("checksums", "is not the bundle that was measured"),
        ("golden texts", "are not those that were fitted"),
        ("category: serves as measured", "not of what would serve"),
        ("category: labels", "--accept-dropped-labels"),
        ("erased tickets", "erased"),
        ("certificates", "there is no gate 'certificates'; those that may be: certificate, not worse"),
    ],
)
def test_gates_that_must_hold_are_not_overridden_and_say_so(desk: Desk, gate: str, said: str) -> None:
    done = desk.promotes("--despite", gate, "--because", WHY)
    assert said in str(done.exception)
    assert open_home(desk.home).registry.current_id() == bundles.load(desk.home / "certified").id


@pytest.mark.parametrize("because", [[], ["--because", "  "], ["--because", "a\x1bb"], ["--because", "x" * 501]])
def test_a_gate_is_not_overridden_without_a_reason(desk: Desk, because: list[str]) -> None:
    assert "--because" in str(desk.promotes("--despite", "certificate", *because).exception)


def test_a_damaged_bundle_stays_refused_whatever_is_overridden(desk: Desk, tmp_path: Path) -> None:
    swapped = resealed(desk.home / "first", tmp_path / "x", lambda m: m["heads"]["category"]["labels"].reverse())
    given = ["--despite", "certificate", "--despite", "not worse", "--because", WHY]
    done = CliRunner().invoke(promote, ["--bundle", str(swapped), "--home", str(desk.home), *given])
    assert done.exit_code == 1
    assert "REFUSED  category: serves as measured" in done.output


def test_an_override_that_somebody_wrote_into_a_manifest_opens_no_other_gate(desk: Desk, tmp_path: Path) -> None:
    current = bundles.load(desk.home / "certified").id

    def pasted(manifest: dict[str, object]) -> None:
        names = ("category: serves as measured", "category: labels")
        common = {"said": "x", "because": "x", "by": "x", "at": "2026-03-01T00:00:00Z", "beside": current}
        manifest["overrides"] = [{"gate": name, **common} for name in names]

    forged = resealed(desk.home / "first", tmp_path / "x", pasted)
    gates = (Gate("category: serves as measured", passed=False, reason="no"),)
    assert not overriding.standing(Refusal("v", gates), forged, current).promoted


def test_each_gate_may_have_its_own_reason_and_a_head_may_be_named() -> None:
    asked = overriding.wanted(["category: certificate", "latency"], ["one", "two"])
    assert asked == (Wanted("category: certificate", "one"), Wanted("latency", "two"))
    gates = tuple(
        Gate(name, passed=False, reason="no") for name in ("category: certificate", "priority: certificate", "latency")
    )
    found = overriding.overridden(Refusal("v", gates), asked, Person("Ann", AT), None)
    assert [gate.override.because if gate.override else None for gate in found.gates] == ["one", None, "two"]
    assert not found.promoted


def test_where_bundles_must_be_signed_the_one_with_overrides_is_written_to_be_signed(desk: Desk) -> None:
    key_files.create(desk.home / "signing.key")
    made = encoded(public_key(key_files.read(desk.home / "signing.key")))
    for name in ("first", "certified"):
        sign(desk.home / name, "bundle", bundles.load(desk.home / name).id, key_files.read(desk.home / "signing.key"))
    registry = open_home(desk.home).registry
    registry.add(desk.home / "certified")
    trusted = ("--signing-public-key", made)
    done = desk.promotes("--despite", "certificate", "--because", WHY, *trusted)
    assert isinstance(done.exception, OverridesUnsigned)
    assert registry.current_id() == bundles.load(desk.home / "certified").id
    out = desk.home / "first-overridden"
    assert desk.promotes(*trusted, bundle="first-overridden").exit_code == 1  # not signed yet
    sign(out, "bundle", bundles.load(out).id, key_files.read(desk.home / "signing.key"))
    again = desk.promotes("--json", *trusted, bundle="first-overridden")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["version"] == registry.current_id() == bundles.load(out).id
