"""Dockerfile, .dockerignore and compose.yaml: what runs is pinned, has no rights to spare, carries what it needs."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from serving.settings import Settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["firstline"]
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
]


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def in_context(path: str) -> bool:
    """Tell whether the build gets a path, by the last rule that fits; `**/` also fits no folder at all."""
    kept = True
    for rule in IGNORED:
        name = rule.lstrip("!")
        parents = [path, *(str(each) for each in Path(path).parents)]
        shapes = [name, name.removeprefix("**/")] if name.startswith("**/") else [name]
        names = [*parents, *(Path(each).name for each in parents)] if name.startswith("**/") else parents
        if any(fnmatch.fnmatchcase(each, shape) for each in names for shape in shapes if each != "."):
            kept = rule.startswith("!")
    return kept


def test_every_base_is_pinned_by_digest_and_tag() -> None:
    bases = instructions("FROM")
    assert len(bases) == 2
    for base in bases:
        assert re.fullmatch(r"python:3\.11\.\d+-slim@sha256:[0-9a-f]{64}( AS \w+)?", base)
    assert len({base.split()[0] for base in bases}) == 1
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert "docker buildx imagetools inspect python:" in page


def test_packages_are_installed_by_hash() -> None:
    [installed] = [each for each in instructions("RUN") if "pip install" in each]
    assert "--require-hashes -r requirements/serve.txt" in installed


def test_the_process_has_no_rights() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    user = re.findall(r"^USER (\d+)$", last, re.MULTILINE)
    assert user == ["10001"]  # a number, so that Kubernetes can see that it is not root
    assert "--uid 10001" in last
    assert not re.search(r"^(USER|RUN|COPY)", last.partition("\nUSER ")[2], re.MULTILINE)
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert "cap_add" not in SERVICE
    assert not SERVICE.get("privileged")
    assert SERVICE["security_opt"] == ["no-new-privileges:true"]
    [tmp] = SERVICE["tmpfs"]
    assert tmp.startswith("/tmp:")
    assert {"noexec", "nosuid", "nodev"} <= set(tmp.partition(":")[2].split(","))
    assert SERVICE["volumes"] == ["firstline:/data"]


def test_what_it_may_use_is_limited() -> None:
    assert SERVICE["mem_limit"] == SERVICE["memswap_limit"]
    assert {"mem_limit", "cpus", "pids_limit", "healthcheck", "logging"} <= SERVICE.keys()
    assert all(port.startswith("127.0.0.1:") for port in SERVICE["ports"])  # it speaks no TLS
    [check] = instructions("HEALTHCHECK")
    assert SERVICE["healthcheck"]["test"][-1] in check


def test_it_may_end_its_work_before_it_is_killed() -> None:
    grace = int(SERVICE["stop_grace_period"].removesuffix("s"))
    assert grace > 2 * Settings().shutdown_seconds  # requests, then jobs


def test_the_build_gets_what_it_copies_and_no_data() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    needed = ("triage/", "retrieval/", "serving/", "training/", "datasets/sample/", "requirements/")
    for path in tracked or ["serving/cli.py", "datasets/sample/tickets.jsonl.gz", "Makefile", "pyproject.toml"]:
        if path.startswith(needed) or path in {"Makefile", "pyproject.toml", "README.md", "LICENSE"}:
            assert in_context(path), path
    for path in ("var/firstline.db", ".git/config", ".venv/bin/python", "firstline.db", "serving/a.pyc", ".env",
                 "tests/conftest.py", "secret.key", "helpdesk/zendesk.token", "datasets/sample/.env"):  # fmt: skip
        assert not in_context(path), path
    for copied in instructions("COPY"):
        if not copied.startswith("--from") and copied != ". .":
            assert all(in_context(each) for each in copied.split()[:-1]), copied
