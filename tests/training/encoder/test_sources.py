from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import encoder as encoders
from tests.training.tiny_bert import CONFIG, TinyBert
from training.encoder import sources
from training.encoder.export import export
from training.encoder.sources import locate
from training.errors import WeightsNotUsable


def test_another_encoder_of_many_languages_takes_its_prefixes_from_its_authors(tmp_path: Path) -> None:
    folder = TinyBert().save(tmp_path / "in")
    settings = {"prompts": {"query": "my ", "document": "the "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(settings))

    built = export(tmp_path / "out", source=locate(folder, multilingual=True), precisions=["fp32"])
    encoder = encoders.load(built["fp32"])

    assert (encoder.facts.query_prefix, encoder.facts.passage_prefix) == ("my ", "the ")
    assert encoder.facts.multilingual
    np.testing.assert_allclose(encoder.encode(["invoice"])[0], TinyBert().encode("my invoice"), atol=2e-6)


def test_an_xlm_roberta_is_read_from_its_weights(tmp_path: Path) -> None:
    bert = TinyBert()
    table = bert.weights["embeddings.position_embeddings.weight"]
    weights = dict(bert.weights)
    weights["embeddings.position_embeddings.weight"] = np.concatenate([np.full_like(table[:2], 9), table])
    weights = {f"roberta.{name}": tensor for name, tensor in weights.items()}
    config = CONFIG | {"model_type": "xlm-roberta", "max_position_embeddings": len(table) + 2}
    folder = TinyBert(weights).save(tmp_path / "in", config=config)

    encoder = encoders.load(export(tmp_path / "out", source=folder, precisions=["fp32"])["fp32"])

    np.testing.assert_allclose(encoder.encode(["my invoice"])[0], bert.encode("my invoice"), atol=2e-6)
    assert encoder.facts.max_tokens == len(table)


def test_a_person_may_give_the_prefixes(tmp_path: Path) -> None:
    folder = TinyBert().save(tmp_path / "in")

    source = locate(folder).marked(multilingual=True, query_prefix="my ", passage_prefix=None)

    assert (source.query_prefix, source.passage_prefix, source.multilingual) == ("my ", "", True)


def test_without_marks_the_settings_are_what_they_were(tmp_path: Path) -> None:
    built = export(tmp_path / "out", source=TinyBert().save(tmp_path / "in"), precisions=["fp32"])

    record = json.loads((built["fp32"] / "encoder.json").read_text())

    assert list(record) == ["format", "name", "dim", "precision", "max_tokens", "max_chars"]


def test_without_its_packages_the_packaged_one_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PACKED_PACKAGE", "a_package_that_nobody_has")

    with pytest.raises(WeightsNotUsable, match="its packages are not installed: make multilingual"):
        locate(None, multilingual=True)


def test_files_of_the_packages_that_changed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in (sources.PACKED_PACKAGE, sources.TOKENIZER_PACKAGE):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / sources.PACKED_PACKAGE / sources.PACKED_FILE).write_bytes(b"E5S1")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = locate(None, multilingual=True)

    with pytest.raises(WeightsNotUsable, match=r"tokenizer.json is missing"):
        export(tmp_path / "out", source=found)
    found.folder.mkdir(parents=True)
    (found.folder / "tokenizer.json").write_text("{}")
    with pytest.raises(WeightsNotUsable, match=f"its sha256 is not {sources.TOKENIZER_SHA256}"):
        export(tmp_path / "out", source=found)
