"""Adapting the real encoder on a handful of tickets (`make test-lab`): the whole command, in a few steps."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from retrieval.encoder import encoder as encoders
from tests.training.desk import ticket, tickets, write
from training.bundles import seen_tickets as encoder_seen
from training.cli import cli
from training.encoder import finetune
from training.encoder import weights as encoder_weights
from training.encoder.finetune import Budget, TrainingTexts

pytest.importorskip("sentence_transformers", reason="torch and sentence-transformers are not here: run `make test-lab`")
pytestmark = [pytest.mark.lab, pytest.mark.filterwarnings("default")]

ROOT = Path(__file__).parents[2]


def silent(_done: int, _total: int) -> None:
    """Show nothing."""


def lesson(n: int) -> TrainingTexts:
    rows = [ticket(number) for number in range(n)]
    return TrainingTexts(
        [f"{row['subject']} {row['description']}" for row in rows], {"category": [row["category"] for row in rows]}
    )


def test_steps_with_one_seed_give_the_same_weights_and_a_smaller_loss(tmp_path: Path) -> None:
    source = encoder_weights.wheel_folder()
    did = finetune.adapt(source, lesson(60), tmp_path / "one", Budget(5, 12), silent)
    finetune.adapt(source, lesson(60), tmp_path / "two", Budget(5, 12), silent)
    assert did.steps == 12
    assert did.loss[1] < did.loss[0]
    one, two = ((tmp_path / name / finetune.WEIGHTS).read_bytes() for name in ("one", "two"))
    assert one == two
    assert one != (source / finetune.WEIGHTS).read_bytes()


def test_words_that_the_desk_does_not_use_stay_where_they_were(tmp_path: Path) -> None:
    source = encoder_weights.wheel_folder()
    finetune.adapt(source, lesson(20), tmp_path / "one", Budget(5, 2), silent)
    before, after = (encoder_weights.read(folder / finetune.WEIGHTS) for folder in (source, tmp_path / "one"))
    assert (before["embeddings.word_embeddings.weight"] == after["embeddings.word_embeddings.weight"]).all()
    name = "encoder.layer.5.output.dense.weight"
    assert not np.array_equal(before[name], after[name])


def test_time_ends_it_too(tmp_path: Path) -> None:
    did = finetune.adapt(encoder_weights.wheel_folder(), lesson(20), tmp_path / "one", Budget(0.02, 10_000), silent)
    assert 1 <= did.steps < 1_000


def test_the_command_gives_an_encoder_that_serves_and_puts_both_side_by_side(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "var/encoder/int8", tmp_path / "home/encoder/int8")
    file = write(tmp_path / "closed.jsonl", tickets(100))
    arguments = [
        "--tickets",
        file,
        "--out",
        tmp_path / "out",
        "--home",
        tmp_path / "home",
        "--steps",
        3,
        "--head",
        "category",
    ]
    result = CliRunner().invoke(cli, ["finetune", *map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert said["adapted"]["steps"] == 3
    assert said["learnt_from"] == 70
    assert {"frozen", "tuned", "n", "won", "lost", "gain"} == set(said["heads"]["category"])
    for precision in ("fp32", "int8"):
        folder = tmp_path / "out" / "encoder" / precision
        assert encoders.load(folder).encode(["export fails"]).shape == (1, 384)
        assert len(encoder_seen.of(folder)) == 70
    held = (tmp_path / "out" / "tuned" / "holdout.jsonl").read_text().splitlines()
    keys = {encoder_seen.key(json.loads(line)["text"]) for line in held}
    assert keys
    assert not keys & set(encoder_seen.of(tmp_path / "out" / "encoder" / "int8").tolist())
