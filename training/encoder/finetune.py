"""Fine-tune the encoder to a desk's labels: tickets of one label move together, of different labels apart.

The loss is supervised contrastive (Khosla et al. 2020, "Supervised contrastive learning"): every other ticket of the
label is a positive, every ticket of another label a negative. It serves a field with three labels as well as one with
77; in-batch ranking losses take a second ticket of the label for a negative, which with few labels is most of a batch,
and triplet losses bring a margin to tune. The batches are ours because the library's trainer needs two more packages.

torch and sentence-transformers are asked for inside the functions that need them: everything else runs without.
"""

from __future__ import annotations

import importlib.util
import shutil
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.errors import LabMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SEED: Final = 20260301
BATCH: Final = 32
MOST_LABELS: Final = 16
"""Labels in a batch; each has as many tickets as fit, two at least."""
PASSES: Final = 3
"""No more steps than these passes over the tickets, however much time there is: more learns the tickets by heart."""
RATE: Final = 5e-5
WARM_UP: Final = 0.1
TEMPERATURE: Final = 0.1
MAX_TOKENS: Final = 128
TOGETHER: Final = 8
WEIGHTS: Final = "model.safetensors"


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """Texts, and for each head their labels (None where a ticket has none)."""

    texts: Sequence[str]
    labels: Mapping[str, Sequence[str | None]]

    @property
    def labelled(self) -> int:
        """How many labels there are to learn from, over all heads."""
        return sum(label is not None for labels in self.labels.values() for label in labels)


@dataclass(frozen=True, slots=True)
class Budget:
    """When to stop: after so many minutes, or steps, whichever comes first."""

    minutes: float
    steps: int | None = None

    def planned(self, tickets: int) -> int:
        """Return the steps to plan for, for so many labelled tickets."""
        return self.steps or max(1, round(PASSES * tickets / BATCH))


@dataclass(frozen=True, slots=True)
class Adapted:
    """What the adapting did: steps, seconds, on which device, the mean loss of its first and last tenth."""

    steps: int
    seconds: float
    device: str
    loss: tuple[float, float]


def require_lab() -> None:
    """Raise `LabMissing` where torch or sentence-transformers are not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "sentence_transformers")):
        raise LabMissing


def batches(lesson: TrainingTexts, seed: int = SEED) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield batches without end, each of one head's labels, the heads by turns.

    Parameters
    ----------
    lesson
        Texts and labels.
    seed
        The same seed draws the same batches.

    Yields
    ------
    tuple of two ndarray of shape (n,), int64
        Positions in `lesson.texts`, and which of them share a label; no label has but one ticket in a batch.
    """
    draw = np.random.default_rng(seed)
    groups = [found for labels in lesson.labels.values() if len(found := _groups(labels)) > 1]
    while groups:
        for head in groups:
            chosen = draw.permutation(len(head))[:MOST_LABELS]
            each = BATCH // len(chosen)
            rows = [draw.permutation(head[label])[:each] for label in chosen]
            yield np.concatenate(rows), np.repeat(np.arange(len(rows)), [len(own) for own in rows])


def _groups(labels: Sequence[str | None]) -> list[NDArray[np.int64]]:
    """Return the positions of each label that at least two tickets carry."""
    found: dict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        if label is not None:
            found[label].append(row)
    return [np.array(rows) for _, rows in sorted(found.items()) if len(rows) > 1]


def adapt(
    source: Path, lesson: TrainingTexts, out: Path, budget: Budget, progress: Callable[[int, int], None]
) -> Adapted:
    """Adapt an encoder's weights.

    Parameters
    ----------
    source
        Folder of the published encoder, as sentence-transformers reads it.
    lesson
        What to learn from: none of it may calibrate or measure afterwards.
    out
        Receives the same folder with the adapted weights.
    budget
        When to stop. The same steps on the same machine give the same weights; minutes need not.
    progress
        Called as progress(done, total) in steps.

    Returns
    -------
    Adapted
        How it went.

    Raises
    ------
    LabMissing
        torch or sentence-transformers are not installed.
    """
    require_lab()
    import torch
    from safetensors.torch import save_file
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # its bar for loading would stand between ours
    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = SentenceTransformer(str(source), device=device)
    model.max_seq_length = min(MAX_TOKENS, model.max_seq_length or MAX_TOKENS)
    started = time.perf_counter()
    losses = _train(model, lesson, budget, progress)
    shutil.copytree(source, out, dirs_exist_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in _inner(model).state_dict().items()}
    save_file(weights, out / WEIGHTS, metadata={"format": "pt"})
    tenth = max(1, len(losses) // 10)
    ends = float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:]))
    return Adapted(len(losses), round(time.perf_counter() - started, 1), device, ends)


def _train(model: Any, lesson: TrainingTexts, budget: Budget, progress: Callable[[int, int], None]) -> list[float]:  # noqa: ANN401 - torch's
    import torch

    # A word that this desk's tickets do not have must not drift away from those that they have.
    _inner(model).embeddings.requires_grad_(requires_grad=False)
    learnt = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(learnt, lr=RATE, weight_decay=0.01)
    total, limit = budget.planned(lesson.labelled), 60 * budget.minutes
    losses: list[float] = []
    started = time.perf_counter()
    model.train()
    for rows, classes in batches(lesson):
        done, spent = len(losses) / total, (time.perf_counter() - started) / limit
        if max(done, spent) >= 1:
            break
        done = done if budget.steps else max(done, spent)  # steps asked for give the same weights at any speed
        optimizer.param_groups[0]["lr"] = RATE * min(done / WARM_UP, (1 - done) / (1 - WARM_UP)) + RATE / 100
        loss = _contrast(_vectors(model, [lesson.texts[row] for row in rows]), torch.from_numpy(classes))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        progress(len(losses), total)
    model.eval()
    return losses


def _vectors(model: Any, texts: list[str]) -> Any:  # noqa: ANN401 - torch's
    """Encode texts of like length together: padded to the longest of a batch, most of it would be padding."""
    import torch

    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    parts = []
    for begin in range(0, len(order), TOGETHER):
        features = model.preprocess([texts[row] for row in order[begin : begin + TOGETHER]])
        on_device = {name: value.to(model.device) for name, value in features.items() if hasattr(value, "to")}
        parts.append(model(features | on_device)["sentence_embedding"])
    back = np.argsort(order)
    return torch.cat(parts)[torch.from_numpy(back)]


def _contrast(vectors: Any, classes: Any) -> Any:  # noqa: ANN401 - torch's
    """Return the mean, over tickets and their positives, of -log softmax(cosine / temperature): L_out of the paper."""
    import torch

    classes = classes.to(vectors.device)
    itself = torch.eye(len(classes), dtype=torch.bool, device=vectors.device)
    scores = (vectors @ vectors.T / TEMPERATURE).masked_fill(itself, float("-inf"))
    positive = (classes[:, None] == classes[None, :]) & ~itself
    log_shares = torch.log_softmax(scores, dim=1).masked_fill(~positive, 0.0)
    return -(log_shares.sum(dim=1) / positive.sum(dim=1)).mean()


def _inner(model: Any) -> Any:  # noqa: ANN401 - torch's
    """Return the BERT inside."""
    return model[0].model
