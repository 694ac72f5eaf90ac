"""Policy files in the change log: who applied them and why, and what is not applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.change_log.applying import NowhereToApply, apply, compared
from serving.change_log.policy_changes import UNKNOWN, PolicyChanges
from serving.changes import records
from serving.changes.edit import Edit
from serving.settings import Settings
from serving.storage.database import Database
from tests.fakes import MONDAY_MORNING
from triage.errors import PolicyRefused

ROUTING = Path("triage/policies/routing.toml").read_text("utf-8")


@pytest.fixture
def desk(tmp_path: Path, settings: Settings) -> Settings:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "routing.toml").write_text(ROUTING)
    return Settings(home=settings.home, policies=folder)


def policy_changes(database: Database, desk: Settings) -> list[records.Change]:
    PolicyChanges(database, desk.policies, lambda: MONDAY_MORNING).record()
    return list(database.read(lambda connection: records.newest(connection, before=None, most=99, kind="policy")))


def test_a_policy_that_changed_is_noticed_once(database: Database, desk: Settings) -> None:
    assert [each.action for each in policy_changes(database, desk)] == ["created"]
    assert len(policy_changes(database, desk)) == 1
    assert desk.policies is not None
    (desk.policies / "routing.toml").write_text(f"# tidied\n{ROUTING}")
    assert sorted(each.action for each in policy_changes(database, desk)) == ["changed", "created"]
    assert {each.by for each in policy_changes(database, desk)} == {UNKNOWN}
    (desk.policies / "routing.toml").unlink()
    assert "deleted" in {each.action for each in policy_changes(database, desk)}


def test_applied_policies_carry_who_and_why(database: Database, desk: Settings, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "routing.toml").write_text(f"# tidied\n{ROUTING}")
    assert "+# tidied" in compared(new, desk)
    assert apply(new, desk, Edit(at=MONDAY_MORNING, by="ann", because="tidier")) == ["routing.toml"]
    assert apply(new, desk, Edit(at=MONDAY_MORNING, by="bo")) == []
    found = policy_changes(database, desk)
    assert [(each.by, each.because) for each in found] == [("ann", "tidier")]


def test_policies_that_contradict_themselves_are_not_applied(desk: Settings, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "routing.toml").write_text("[[rule]]\nteam = 3\n")
    with pytest.raises(PolicyRefused):
        apply(new, desk, Edit(at=MONDAY_MORNING))
    assert desk.policies is not None
    assert (desk.policies / "routing.toml").read_text() == ROUTING
    with pytest.raises(NowhereToApply):
        apply(Path("triage/policies"), Settings(home=desk.home), Edit(at=MONDAY_MORNING))


def test_who_applied_a_file_stays_when_somebody_applies_another(
    database: Database, desk: Settings, tmp_path: Path
) -> None:
    for by, name in (("ann", "fields.toml"), ("bo", "routing.toml")):
        (tmp_path / by).mkdir()
        (tmp_path / by / name).write_text(f"# by {by}\n{ROUTING if name == 'routing.toml' else ''}")
        apply(tmp_path / by, desk, Edit(at=MONDAY_MORNING, by=by, because=f"{by} wants it"))
    found = {each.subject: (each.by, each.because) for each in policy_changes(database, desk)}
    assert found == {"fields.toml": ("ann", "ann wants it"), "routing.toml": ("bo", "bo wants it")}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("capacity.toml", b"x = ["),
        ("capacity.toml", b"\xff\xfe"),
        ("costs.toml", b"x = ["),
        ("sla/late.toml", b"\xff\xfe"),
    ],
)
def test_files_that_would_not_let_the_service_start_are_refused(
    desk: Settings, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / "new" / name).parent.mkdir(parents=True)
    (tmp_path / "new" / name).write_bytes(content)
    for use in (compared, lambda new, desk: apply(new, desk, Edit(at=MONDAY_MORNING))):
        with pytest.raises(PolicyRefused):
            use(tmp_path / "new", desk)


def test_editions_beside_the_one_policy_that_stays_are_refused(desk: Settings, tmp_path: Path) -> None:
    assert desk.policies is not None
    policy = Path("triage/policies/default.toml").read_text()
    (desk.policies / "sla.toml").write_text(policy)
    (tmp_path / "new" / "sla").mkdir(parents=True)
    (tmp_path / "new" / "sla" / "late.toml").write_text(policy)
    with pytest.raises(PolicyRefused, match=r"beside the files that stay, .*sla\.toml and a folder sla"):
        apply(tmp_path / "new", desk, Edit(at=MONDAY_MORNING))
    assert not (desk.policies / "sla").exists()


def test_strange_files_beside_the_policies_keep_no_service_from_starting(database: Database, desk: Settings) -> None:
    assert desk.policies is not None
    (desk.policies / "sla").mkdir()
    (desk.policies / "sla" / ".DS_Store").write_bytes(b"\0\xff" * 99)
    (desk.policies / "costs.toml").write_bytes(b"\0\xff")
    (desk.policies / ".applied.json").mkdir()
    found = policy_changes(database, desk)
    assert {each.subject for each in found} == {"costs.toml", "routing.toml"}


def test_files_are_compared_with_those_that_come_with_firstline_where_the_desk_has_none(tmp_path: Path) -> None:
    shipped = Path("triage/policies")
    routing, levels = (shipped / name for name in ("routing.toml", "default.toml"))
    (tmp_path / "routing.toml").write_text(routing.read_text("utf-8") + "# tidied\n", "utf-8")
    (tmp_path / "sla.toml").write_text(levels.read_text("utf-8"), "utf-8")
    shown = compared(tmp_path, Settings(home=tmp_path))
    assert shown.startswith("routing.toml\n")
    changed = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    assert changed == ["+# tidied"]
