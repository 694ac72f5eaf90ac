"""Fine-tuning trial: adapt the encoder, fit heads on both encoders, and compare.

The encoder learns from the tickets that fit alone. Those that calibrate and those that measure and certify are the same
for both, and neither encoder nor heads have seen them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from training import refit, refit_stages
from training.bundles import comparison, held_out
from training.bundles import seen_tickets as encoder_seen
from training.data import labels
from training.data import taxonomy_relabelling as relabelled
from training.encoder.export import export
from training.encoder.finetune import TrainingTexts, adapt, require_lab
from training.encoder.sources import locate
from training.errors import NothingToLearn
from triage.model import bundle as bundles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from retrieval.encoder.encoder import Encoder
    from training.encoder.finetune import Adapted, Budget
    from training.home import Home
    from training.refit import Plan, Tools
    from triage.model.refit_record import Paired

PUBLISHED, ENCODER, WEIGHTS, FROZEN, TUNED = "published", "encoder", "weights", "frozen", "tuned"
SERVED = "int8"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPlan:
    """What to adapt to: a plan whose `out` receives everything, the heads (all that the tickets carry, if empty)."""

    plan: Plan
    heads: tuple[str, ...]
    budget: Budget
    articles: Path | None = None
    """Knowledge base that the adapted bundle learns to answer from."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The adapted encoder beside the published one, on the same held-out tickets."""

    adapted: Adapted
    learnt_from: int
    heads: Mapping[str, Paired]
    frozen: Path
    tuned: Path
    encoder: Path

    @property
    def won(self) -> bool:
        """Whether some head has clearly gained accuracy, and none has clearly lost: the 95 % interval decides.

        An encoder of one's own has to be kept, and articles embedded anew: luck is not worth that.
        """
        gains = [pair.gain for pair in self.heads.values()]
        return any(gain.low > 0 for gain in gains) and all(gain.high >= 0 for gain in gains)


def tune(wish: TrialPlan, workspace: Home) -> Outcome:
    """Adapt, export, fit twice, compare.

    Parameters
    ----------
    wish
        Tickets, heads, budget. `plan.out` receives the encoders `published/` and `encoder/`, `weights/`, and the
        bundles `frozen/` and `tuned/`.
    workspace
        The home; vectors are kept there.

    Returns
    -------
    Outcome
        With the figures of both.

    Raises
    ------
    LabMissing
        torch is not installed here.
    NothingToLearn
        No head has two labels with enough tickets.
    """
    require_lab()
    plan, out = wish.plan, wish.plan.out
    # Built anew: an encoder that an older Firstline exported would not be a fair rival.
    published = export(out / PUBLISHED, precisions=(SERVED,))[SERVED]
    lesson = lesson_of(wish, workspace, workspace.encoder(published))
    name = locate(None)
    weights = out / WEIGHTS / f"{name.name}-adapted"
    with workspace.bars.bar("Adapting the encoder", wish.budget.planned(lesson.labelled)) as progress:
        adapted = adapt(name.folder, lesson, weights, wish.budget, progress)
    for folder in export(out / ENCODER, source=weights).values():
        encoder_seen.mark(folder, lesson.texts)
    tuned = out / ENCODER / SERVED
    _fit(replace(plan, out=out / FROZEN), _tools(workspace, published))
    _fit(replace(plan, out=out / TUNED), _tools(workspace, tuned, wish.articles))
    frozen, ours = bundles.load(out / FROZEN), bundles.load(out / TUNED)
    pairs = comparison.compare(held_out.read(ours), frozen, workspace.encode)
    return Outcome(adapted, len(lesson.texts), pairs, out / FROZEN, out / TUNED, tuned)


def lesson_of(wish: TrialPlan, workspace: Home, encoder: Encoder) -> TrainingTexts:
    """Return what the encoder may learn from: the tickets of the fitting slice, as the refit divides them."""
    found, _ = relabelled.of_export(
        refit.read(wish.plan, workspace.bars), relabelled.changes_for(wish.plan.changes, None)
    )
    chosen = labels.choose(found.tickets, wish.plan.config.data.minimum_support)
    heads = [head for head in chosen if head.problem is None and head.head in (wish.heads or (head.head,))]
    if not heads:
        raise NothingToLearn(found.path, [head.problem for head in chosen if head.problem])
    texts = [ticket.text for ticket in found.tickets]
    with workspace.bars.bar("Encoding tickets", len(texts)) as progress:
        vectors = workspace.vectors(encoder).encode(texts, progress)
    fit = refit_stages.divided(found, vectors, wish.plan.config).fit.tolist()
    known = {head.head: set(head.learnt) for head in heads}
    own = {
        head: [label if (label := found.tickets[row].labels.get(head)) in learnt else None for row in fit]
        for head, learnt in known.items()
    }
    return TrainingTexts([texts[row] for row in fit], own)


def _tools(workspace: Home, folder: Path, articles: Path | None = None) -> Tools:
    encoder = workspace.encoder(folder)
    return refit.Tools(
        encoder=encoder,
        vectors=workspace.vectors(encoder),
        bars=workspace.bars,
        answers=workspace.answers(articles, encoder) if articles else None,
        seen=workspace.seen(folder),
    )


def _fit(plan: Plan, tools: Tools) -> None:
    tools.bars.say(f"Fitting heads on {tools.encoder.name}")
    refit.refit(plan, tools)
