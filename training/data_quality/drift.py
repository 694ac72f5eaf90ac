"""Drift: whether the newest tickets differ from those before, in label shares and by a classifier."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict

from training.data.splits import sorted_by_label
from training.data_quality.findings import NEWEST, Finding
from triage.tickets.closed_ticket import heads_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.data_quality.checks import TicketSet

SHIFTED, WATCHED = 0.2, 0.1
"""The usual rule for the population stability index: below 0.1 stable, above 0.2 shifted."""
TOLD_APART = 0.7
"""AUROC from which the newest tickets are called another kind; a fair coin has 0.5."""
_FEWEST = 40
_MOST = 4_000
_WORDS = 6
_CELL = 0.5
_CERTAIN = 4.0


def psi(before: Sequence[str], after: Sequence[str]) -> float:
    """Return the population stability index of two samples: the sum of (q - p) ln(q / p), half a count in each cell."""
    counts, late = Counter(before), Counter(after)
    names = sorted(counts.keys() | late.keys())
    p = np.array([counts[name] for name in names], dtype=float) + _CELL
    q = np.array([late[name] for name in names], dtype=float) + _CELL
    p, q = p / p.sum(), q / q.sum()
    return float(((q - p) * np.log(q / p)).sum())


def drift(desk: TicketSet) -> list[Finding]:
    """Compare the newest 15 % with the rest; nothing is said of fewer than 40, or where no order of time is known."""
    cut = int(len(desk.tickets) * (1 - NEWEST))
    dated = any(ticket.created_at for ticket in desk.tickets)
    sorted_ = any(
        sorted_by_label([ticket.labels.get(head) for ticket in desk.tickets]) for head in heads_of(desk.tickets)
    )
    if len(desk.tickets) - cut < _FEWEST or (sorted_ and not dated):
        return []
    return [*_shares(desk, cut), *_kinds(desk, cut)]


def _shares(desk: TicketSet, cut: int) -> list[Finding]:
    found = []
    columns = {head: [ticket.labels.get(head) for ticket in desk.tickets] for head in heads_of(desk.tickets)}
    columns |= {name: [getattr(ticket, name) for ticket in desk.tickets] for name in ("language", "channel", "plan")}
    for name, values in columns.items():
        before, after = ([value for value in part if value] for part in (values[:cut], values[cut:]))
        if len(after) < _FEWEST or len(before) < _FEWEST:
            continue
        index = psi(before, after)
        # of two samples of one population it is about chi-square / n: rare cells alone may not look like a shift
        noise = (len(set(before) | set(after)) - 1) * (1 / len(before) + 1 / len(after))
        if index < WATCHED + noise:
            continue
        p, q = Counter(before), Counter(after)
        moves = {value: q[value] / len(after) - p[value] / len(before) for value in p.keys() | q.keys()}
        most = sorted(moves, key=lambda value: (-abs(moves[value]), value))[:3]
        told = ", ".join(f"{value} {p[value] / len(before):.0%} → {q[value] / len(after):.0%}" for value in most)
        shifted = index >= SHIFTED + noise
        sentence = f"{name}: the newest {NEWEST:.0%} differ from the rest (PSI {index:.2f}): {told}"
        advice = "Refit soon and watch the report's slices; if a label changed its meaning, migrate the taxonomy."
        found.append(Finding("drift", "look" if shifted else "note", sentence, len(after), advice))
    return found


def _kinds(desk: TicketSet, cut: int) -> list[Finding]:
    """Let a classifier tell new from old by their texts (classifier two-sample test, Lopez-Paz and Oquab 2017)."""
    random = np.random.default_rng(0)
    old = np.sort(random.choice(cut, min(cut, _MOST), replace=False))
    rows = np.concatenate([old, np.arange(cut, len(desk.tickets))[-_MOST:]])
    late = (rows >= cut).astype(int)
    model = LogisticRegression(C=1.0, max_iter=300, class_weight="balanced")
    groups = desk.repeats[rows]
    # a template in many tickets is on one side; where the new ones are all one template, that is the news
    many = min(len(set(groups[late == side].tolist())) for side in (0, 1)) >= _FEWEST // 2
    kept, folds = (groups, StratifiedGroupKFold(5)) if many else (None, StratifiedKFold(5))
    scores = cross_val_predict(model, desk.features[rows], late, groups=kept, cv=folds, method="decision_function")
    auroc = float(roc_auc_score(late, scores))
    n, m = int(late.sum()), int((1 - late).sum())
    chance = 0.5 + norm.isf(1e-3) * np.sqrt((n + m + 1) / (12 * n * m))  # of the Mann-Whitney statistic
    if auroc < max(chance, 0.6):
        return []
    words = ", ".join(_grown([desk.texts[row] for row in rows], late))
    sentence = f"texts: a classifier tells the newest {NEWEST:.0%} from the rest with AUROC {auroc:.2f}; grown: {words}"
    advice = "Something new is going on (a release, an incident, another customer base): look at these tickets first."
    return [Finding("drift", "look" if auroc >= TOLD_APART else "note", sentence, n, advice)]


def _grown(texts: Sequence[str], late: np.ndarray) -> list[str]:
    """Return the words whose share of tickets has grown most surely (difference over its standard error)."""
    counter = CountVectorizer(binary=True, min_df=5, token_pattern=r"[^\W\d_]{3,}")  # noqa: S106 - of words
    try:
        counts = counter.fit_transform(texts).tocsr()
    except ValueError:  # no word is in five tickets
        return []
    n, m = late.sum(), (1 - late).sum()
    q = np.asarray(counts[late == 1].sum(axis=0)).ravel() / n
    p = np.asarray(counts[late == 0].sum(axis=0)).ravel() / m
    both = (q * n + p * m) / (n + m)
    z = (q - p) / np.sqrt(both * (1 - both) * (1 / n + 1 / m) + 1e-12)
    names = counter.get_feature_names_out()
    return [str(names[i]) for i in np.argsort(-z)[:_WORDS] if z[i] > _CERTAIN]
