"""The model card is one that Hugging Face's library reads, with the manifest's figures and no text of a ticket."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from huggingface_hub import ModelCard
from msgspec.structs import replace

from tests.training.desk import fitted, tickets
from tests.training.promotion.test_promotion import FAST
from training.cli import cli
from training.report.card import card
from triage.model import bundle as bundles
from triage.model.manifest import Manifest


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Manifest]:
    home = tmp_path_factory.mktemp("home")
    fitted(home, tickets(600), out="bundle", config=FAST)
    out = home / "card" / "README.md"
    done = CliRunner().invoke(cli, ["card", "--bundle", str(home / "bundle"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return Path(out).read_text(), bundles.load(home / "bundle").manifest


def test_hugging_faces_library_reads_the_figures_of_the_manifest(written: tuple[str, Manifest]) -> None:
    text, manifest = written
    data = ModelCard(text).data
    assert (data.pipeline_tag, data.library_name) == ("text-classification", "firstline")
    assert data.model_name == f"firstline-{manifest.id[:12]}"
    found = {(each.task_name, each.metric_type): each.metric_value for each in data.eval_results}
    for head, entry in manifest.heads.items():
        assert entry.metrics.accuracy is not None
        assert found[head, "accuracy"] == pytest.approx(entry.metrics.accuracy, abs=1e-4)
        assert found[head, "applied"] == pytest.approx(entry.applied, abs=1e-4)
        assert {each.dataset_type for each in data.eval_results} == {"closed-tickets"}


def test_the_card_says_what_is_certified_and_shows_no_text(written: tuple[str, Manifest]) -> None:
    text, manifest = written
    (certificate,) = manifest.heads["category"].certificates
    assert f"at most {certificate.alpha:.0%} of what is applied is wrong" in text
    assert manifest.id in text
    assert "- category: billing, bug, how_to" in text
    assert not any(row["description"] in text or row["id"] in text for row in tickets(600))


def test_without_a_file_it_is_printed(written: tuple[str, Manifest], tmp_path: Path) -> None:
    from tests.tiny_bundle import tiny_bundle

    done = CliRunner().invoke(cli, ["card", "--bundle", str(tiny_bundle(tmp_path / "tiny"))])
    assert done.stdout.startswith("---\nlibrary_name: firstline\n")


@pytest.mark.parametrize(
    ("encoder", "base"),
    [
        ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"),
        ("multilingual-e5-small", "intfloat/multilingual-e5-small"),
        ("BAAI/bge-small-en", "BAAI/bge-small-en"),
        ("my-folder", None),
    ],
)
def test_the_base_model_is_one_that_hugging_face_has(
    written: tuple[str, Manifest], encoder: str, base: str | None
) -> None:
    manifest = written[1]
    named = replace(manifest, encoder=replace(manifest.encoder, name=encoder))
    assert ModelCard(card(named)).data.base_model == base
