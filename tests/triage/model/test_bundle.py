from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from retrieval.encoder.encoder import from_files
from tests.tiny_bundle import LABELS, TEXTS, tiny_bundle
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.signing.identity import identity


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny_bundle(tmp_path / "bundle")


def resealed(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest and give it the id that fits: what a forger would do."""
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    manifest["id"] = identity(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def rewritten(folder: Path, path: str, data: bytes) -> None:
    """Replace a file and list it as it is now."""
    (folder / path).write_bytes(data)

    def listed(manifest: dict[str, Any]) -> None:
        entry = next(entry for entry in manifest["files"] if entry["path"] == path)
        entry |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}

    resealed(folder, listed)


def test_a_sealed_bundle_opens_and_answers_as_it_remembers(folder: Path) -> None:
    bundle = bundles.load(folder)
    encoder = from_files(*bundle.encoder_files())
    found = bundle.predict(TEXTS, encoder.read(TEXTS).states)
    assert {head: classifier.classes_ for head, classifier in bundle.heads.items()} == LABELS
    assert bundle.golden.failures(found) == []
    assert bundle.cases().records[0]["id"] == "old-1"
    assert bundle.id == json.loads((folder / "manifest.json").read_text())["id"]


def test_a_bundle_that_answers_otherwise_fails_its_golden_texts(folder: Path) -> None:
    bundle = bundles.load(folder)
    found = bundle.predict(TEXTS, np.zeros((len(TEXTS), 1, 16), np.float32))
    assert len(bundle.golden.failures(found)) >= 1
    assert bundle.golden.failures({}) == ["category: no answer", "priority: no answer"]
    found["category"][0] = np.nan
    assert "category: probabilities that are not numbers" in bundle.golden.failures(found)


@pytest.mark.parametrize(
    "path", ["heads/category.npz", "lexical.npz", "golden.json", "encoder/model.onnx", "manifest.json"]
)
def test_one_flipped_bit_anywhere_is_refused(folder: Path, path: str) -> None:
    data = bytearray((folder / path).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / path).write_bytes(data)
    with pytest.raises(BundleRefused):
        bundles.load(folder)


def test_a_file_that_changes_after_opening_is_refused_when_it_is_read(folder: Path) -> None:
    bundle = bundles.load(folder)
    (folder / "cases" / "cases.jsonl").write_bytes(b"{}\n")
    with pytest.raises(BundleRefused, match="is damaged"):
        bundle.cases()


def test_a_missing_and_an_unlisted_file_are_refused(folder: Path) -> None:
    (folder / "extra.json").write_text("{}")
    with pytest.raises(BundleRefused, match=r"extra\.json is not listed"):
        bundles.load(folder)
    (folder / "extra.json").unlink()
    (folder / "golden.json").unlink()
    with pytest.raises(BundleRefused, match=r"golden\.json is missing"):
        bundles.load(folder)


def test_a_link_is_refused_even_when_it_leads_to_the_right_bytes(folder: Path, tmp_path: Path) -> None:
    (folder / "golden.json").rename(tmp_path / "elsewhere.json")
    (folder / "golden.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(BundleRefused, match="is a link"):
        bundles.load(folder)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../outside.json", "leads out"),
        ("/etc/passwd.json", "leads out"),
        ("a/../../b.json", "leads out"),
        ("heads\\x.npz", "leads out"),
        ("model.pkl", "of a kind"),
        ("code.py", "of a kind"),
    ],
)
def test_a_listed_path_that_must_not_be_opened_is_refused(folder: Path, path: str, reason: str) -> None:
    resealed(folder, lambda manifest: manifest["files"].append({"path": path, "sha256": "0" * 64, "bytes": 1}))
    with pytest.raises(BundleRefused, match=reason):
        bundles.load(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"format": "firstline-bundle/1"}',
        b'{"format": "firstline-bundle/2"}',
        b"\xff",
    ],
)
def test_a_manifest_that_is_not_one_is_refused(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(BundleRefused):
        bundles.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("files"),
        lambda m: m.pop("heads"),
        lambda m: m.update(heads={}),
        lambda m: m.update(files=7),
        lambda m: m.update(files=[7]),
        lambda m: m["heads"]["category"].update(labels=["one"]),
        lambda m: m["heads"]["category"].update(temperature=0),
        lambda m: m["heads"]["category"].update(file="golden.json"),
        lambda m: m["heads"]["category"].update(certificates=[{"id": "x"}]),
        lambda m: m["encoder"].update(dim=17),
    ],
)
def test_a_manifest_whose_parts_contradict_each_other_is_refused(folder: Path, change: Callable[..., None]) -> None:
    resealed(folder, change)
    with pytest.raises(BundleRefused):
        bundles.load(folder)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda m: m.pop("encoder"), "encoder"),
        (lambda m: m["encoder"].pop("fingerprint"), "fingerprint"),
        (lambda m: m["taxonomy"].update(version=7), "version"),
        (lambda m: m["data"].update(tickets="many"), "tickets"),
        (lambda m: m["heads"]["category"].pop("suggest_at"), "suggest_at"),
        (lambda m: m["heads"]["category"].update(temperature="warm"), "temperature"),
        (lambda m: m["heads"]["category"].update(labels="bug"), "labels"),
        (lambda m: m["heads"]["category"].update(rung="guessed"), "rung"),
        (lambda m: m["heads"]["category"].update(metrics={}), "metrics"),
        (lambda m: m.update(answers={"coefficients": 3}), "coefficients"),
        (lambda m: m.update(lineage={"changes": []}), "versions"),
    ],
)
def test_a_damaged_field_of_the_manifest_is_refused_by_its_name(
    folder: Path, change: Callable[..., None], field: str
) -> None:
    resealed(folder, change)
    with pytest.raises(BundleRefused, match=rf"its manifest is malformed .*{field}.*`firstline-train fit`$"):
        bundles.load(folder)


def test_an_array_of_python_objects_is_never_unpickled(folder: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "exploded"),)

    objects = np.array([Bomb()], dtype=object)
    np.savez(tmp_path / "bomb.npz", dense=objects, sparse=objects, intercept=objects)
    rewritten(folder, "heads/category.npz", (tmp_path / "bomb.npz").read_bytes())
    with pytest.raises(BundleRefused):
        bundles.load(folder)
    assert not (tmp_path / "exploded").exists()


def test_a_folder_without_a_manifest_says_what_would_write_one(tmp_path: Path) -> None:
    with pytest.raises(BundleRefused, match="firstline-train fit"):
        bundles.load(tmp_path)
