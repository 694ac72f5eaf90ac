"""Policy files that are made to fill memory, to take forever or to break a parser: each is refused in words."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from serving.helpdesks.port.connections import read as read_connections
from serving.helpdesks.port.errors import HelpdesksNotValid
from serving.policy import policies, policy_files
from triage.errors import PolicyRefused
from triage.reading.bounded_tables import MOST_CHARACTERS
from triage.taxonomy import changes_file

LEVELS = 9  # of ten aliases each: a thousand million texts
ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, LEVELS)
)
YAML = {
    "aliases of aliases": ALIASES,
    "aliases of a long text": f"long: &long {'x' * 100_000}\nmany: [{', '.join(['*long'] * 10_000)}]\n",
    "an alias of itself": "a: &a [*a]\n",
    "merges of merges": "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, y{n}: *a{n - 1}}}\n" for n in range(1, 60)),
    "deep lists": "[" * 100_000,
    "deep lists that end": "a: " + "[" * 200 + "]" * 200,
    "a day that is none": "effective_from: 2026-99-99\n",
    "a long number": f"a: {'9' * 10_000}\n",
    "a list": "- a\n- b\n",
    "nothing": "",
    "a tag that would run code": "a: !!python/object/apply:os.system [ls]\n",
    "too long": "a: b\n" * MOST_CHARACTERS,
}  # fmt: skip
TOML = {
    "deep lists": "a = " + "[" * 100_000,
    "deep lists that end": "a = " + "[" * 200 + "]" * 200,
    "deep tables": f"{'.'.join(['a'] * 20_000)} = 1\n",
    "deep tables with quoted names": ".".join(['"= ."'] * 20_000) + " = 1\n",
    "many deep tables": "".join(f"{'.'.join([f'a{n}'] * 150)} = 1\n" for n in range(500)),
    "many values": f"a = [{'1,' * 120_000}]\n",
    "too long": "a = 1\n" * MOST_CHARACTERS,
    "no text": "\udcff",
}


def refused_quickly(file: Path) -> None:
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PolicyRefused) as refusal:
        policy_files.read(file)
    assert len(str(refusal.value)) < 1_000
    assert time.process_time() - began < 20  # reading half a megabyte of YAML takes seconds
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes on Linux


@pytest.mark.parametrize("kind", YAML)
def test_yaml_that_is_made_to_harm_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "policy.yaml").write_text(YAML[kind])
    refused_quickly(tmp_path / "policy.yaml")


@pytest.mark.parametrize("kind", TOML)
def test_toml_that_is_made_to_harm_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "policy.toml").write_bytes(TOML[kind].encode("utf-8", "surrogateescape"))
    refused_quickly(tmp_path / "policy.toml")


@pytest.mark.parametrize(
    "name", ["sla.toml", "sla/one.toml", "routing.toml", "taxonomy.toml", "urgency.toml", "fields.toml"]
)
@pytest.mark.parametrize("kind", TOML)
def test_each_file_of_a_policy_folder_is_bounded(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(TOML[kind].encode("utf-8", "surrogateescape"))
    with pytest.raises(PolicyRefused):
        policies.load(tmp_path)


@pytest.mark.parametrize("kind", TOML)
def test_changes_of_labels_and_connections_are_bounded(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file.toml").write_bytes(TOML[kind].encode("utf-8", "surrogateescape"))
    with pytest.raises(PolicyRefused):
        changes_file.read(tmp_path / "file.toml")
    with pytest.raises(HelpdesksNotValid):
        read_connections(tmp_path / "file.toml")
