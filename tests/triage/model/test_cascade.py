"""The words of a cascade in a bundle: kept whole, bound to their certificates, and refused when tampered with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder.encoder import Encoder, from_files
from tests.training.desk import OTHER_DESK, fitted, tickets
from tests.triage.model.test_bundle import resealed, rewritten
from training.bundles import held_out
from training.classifiers import foreign_texts
from training.config import Cascade, RefitConfig
from triage.errors import BundleRefused
from triage.model import bundle as bundles
from triage.model.bundle import Bundle

N = 500


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(foreign_texts, "background", lambda: OTHER_DESK)
        fitted(home, tickets(N), out="on", config=RefitConfig(cascade=Cascade(enabled=True)))
        fitted(home, tickets(N), out="off")
    return home


@pytest.fixture(scope="module")
def on(home: Path) -> Bundle:
    return bundles.load(home / "on")


@pytest.fixture
def copied(home: Path, tmp_path: Path) -> Path:
    for path in (home / "on").rglob("*"):
        if path.is_file():
            target = tmp_path / "bundle" / path.relative_to(home / "on")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path / "bundle"


def encoder_of(bundle: Bundle) -> Encoder:
    return from_files(*bundle.encoder_files())


def test_a_bundle_remembers_what_its_words_decide(on: Bundle) -> None:
    assert on.first_stage is not None
    rows = held_out.read(on)
    decided = on.first_stage.decide([row.text for row in rows])
    measured = on.first_stage.entry.heads["category"].measured
    assert (int(decided.texts.sum()), len(rows)) == (measured.decided, measured.n)
    assert measured.decided > measured.n / 2
    assert measured.wrong <= measured.wrong_by_encoder


def test_the_certificate_is_that_of_the_joint_decision(on: Bundle) -> None:
    rows = held_out.read(on)
    texts = [row.text for row in rows]
    found = on.judge(texts, encoder_of(on).read(texts).states, [None] * len(texts))
    for head, entry in on.manifest.heads.items():
        classes, said = on.heads[head].classes_, found.probabilities[head]
        confidence = np.where(found.foreign[head], 0, said.max(axis=1))
        wrong = np.array([classes[at] != row.labels[head] for at, row in zip(said.argmax(axis=1), rows, strict=True)])
        assert entry.certificates
        for each in entry.certificates:
            applied = confidence >= each.threshold - 1e-9
            assert (each.n, each.k) == (int(applied.sum()), int((applied & wrong).sum()))
            assert on.manifest.first_stage is not None
            assert each.cascade == on.manifest.first_stage.digest


def test_what_words_decide_is_what_they_say_and_the_rest_is_what_the_heads_say(on: Bundle) -> None:
    assert on.first_stage is not None
    texts = ["invoice refund charge card payment twice", "api key api", "question how where find reset password"]
    states = encoder_of(on).read(texts).states
    decided, by_words = on.first_stage.decide(texts)
    joint, alone = on.predict(texts, states), on.heads.predict_proba(texts, states)
    assert decided.any()
    assert not decided.all()
    for head in on.heads:
        assert (joint[head][decided] == by_words[head][decided]).all()
        assert joint[head][~decided] == pytest.approx(alone[head][~decided], abs=1e-6)


@pytest.mark.parametrize("text", [*OTHER_DESK[:3], "Zwölf Boxkämpfer jagen Viktor quer über den Deich", "", "!!"])
def test_a_foreign_text_is_left_to_the_encoder_and_its_gate(on: Bundle, text: str) -> None:
    assert on.first_stage is not None
    assert not on.first_stage.decide([text]).texts.any()


def test_off_is_as_before_file_for_file(home: Path, on: Bundle) -> None:
    off = bundles.load(home / "off")
    assert (off.first_stage, off.screen) == (None, None)
    assert "cascade" not in (home / "off" / "manifest.json").read_text()
    assert b"cascade" not in off.read("refit.toml")
    ours, theirs = ({file.path: file.sha256 for file in each.manifest.files} for each in (on, off))
    assert set(ours) - set(theirs) == {"cascade/category.npz", "cascade/familiar.npz", "cascade/product_area.npz"}
    same = {path for path, digest in theirs.items() if ours[path] == digest}
    assert {"heads/category.npz", "lexical.npz", "foreign_text.npz", "golden.json", "seen.npy"} <= same


@pytest.mark.parametrize("path", ["cascade/category.npz", "cascade/familiar.npz"])
def test_a_damaged_file_is_refused(copied: Path, path: str) -> None:
    data = (copied / path).read_bytes()
    (copied / path).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BundleRefused, match=f"{path} is damaged"):
        bundles.load(copied)


@pytest.mark.parametrize("path", ["cascade/category.npz", "cascade/familiar.npz"])
def test_other_words_than_the_entrys_are_refused(copied: Path, path: str) -> None:
    rewritten(copied, path, (copied / "cascade/product_area.npz").read_bytes())
    with pytest.raises(BundleRefused, match="is of another weights"):
        bundles.load(copied)


def test_a_laxer_first_stage_makes_its_certificates_void(copied: Path) -> None:
    def laxer(manifest: dict) -> None:  # type: ignore[type-arg]
        manifest["cascade"]["first_stage"]["heads"]["category"]["sure_at"] = 0.1

    resealed(copied, laxer)
    with pytest.raises(BundleRefused, match="is of another cascade"):
        bundles.load(copied)


def test_heads_that_the_first_stage_does_not_have_are_refused(copied: Path) -> None:
    def fewer(manifest: dict) -> None:  # type: ignore[type-arg]
        manifest["cascade"]["first_stage"]["heads"].pop("category")
        for entry in manifest["heads"].values():
            entry["certificates"] = []

    resealed(copied, fewer)
    with pytest.raises(BundleRefused, match="has other heads"):
        bundles.load(copied)
