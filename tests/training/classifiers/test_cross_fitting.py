"""Cross-fitting: every ticket teaches, and what says something of a ticket has not learnt from it."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from training.classifiers import solvers
from training.classifiers.cross_fitting import unseen_scores
from training.classifiers.estimators import LinearHead
from training.classifiers.features import Features, LabelTexts
from training.classifiers.projection import HeadInput, basis_of
from training.data.splits import FOLDS, Ordered, Split, in_folds
from training.evaluation.calibration import temperature
from training.evaluation.certificates import Evidence, Target, certify, ladder
from triage.model.classifier import softmax

N = 200


class Discriminant(LinearHead):
    """Fisher's linear discriminant alone: a fit takes a millisecond."""

    def _solved(self, features: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return solvers.discriminant(features, columns, 0.6)


def divided(*, dated: bool = True, groups: np.ndarray | None = None) -> Split:
    texts = [f"word{n}" for n in range(N)]
    return in_folds(Ordered(texts, np.eye(N, dtype=np.float32), dated), np.arange(N) if groups is None else groups)


def seen(vectors: np.ndarray) -> Features:
    """Return features of which a head sees the vectors alone."""
    none = sparse.csr_array((len(vectors), 0), dtype=np.float32)
    states = vectors.astype(np.float32)[:, None, :]
    centres = np.zeros(states.shape[1:], np.float32)
    return Features(
        states[:, 0], states, none, centres, LabelTexts({}, [], states[:0]), none[:0], np.arange(len(states))
    )


def test_all_tickets_teach_and_the_newer_half_measures() -> None:
    split = divided()
    assert split.teach.tolist() == split.fit.tolist() == list(range(N))
    assert split.calibrate.tolist() == list(range(N // 2))
    assert split.hold_out.tolist() == list(range(N // 2, N))
    assert split.folds is not None
    assert np.bincount(split.folds).tolist() == [N // FOLDS] * FOLDS


def test_a_file_without_times_measures_on_a_half_drawn_at_random() -> None:
    split = divided(dated=False)
    assert split.calibrate.max() > N // 2 > split.hold_out.min()
    assert not set(split.calibrate) & set(split.hold_out)
    assert "a half drawn at random calibrates" in split.how


def test_tickets_that_repeat_each_other_are_of_one_fold_and_the_first_alone_measures() -> None:
    groups = np.arange(N)
    groups[[7, 150, 199]] = 3
    split = divided(groups=np.unique(groups, return_inverse=True)[1])
    assert split.folds is not None
    assert len({int(split.folds[row]) for row in (3, 7, 150, 199)}) == 1
    assert split.repeats.tolist() == [7, 150, 199]
    assert not {7, 150, 199} & {*split.calibrate.tolist(), *split.hold_out.tolist()}


def test_a_ticket_is_scored_by_a_head_that_has_not_learnt_from_it() -> None:
    """Labels at random: a head that knows the ticket is always right, one that does not is right by chance."""
    random = np.random.default_rng(1)
    features, own = seen(random.normal(size=(N, 400))), random.choice(["a", "b"], N).astype(object)

    def fit(rows: np.ndarray) -> LinearHead:
        return Discriminant(400).learn(features.parts(rows), own[rows].astype(str))

    folds = np.arange(N) % FOLDS
    served = fit(np.arange(N)).scores_of(features.parts(np.arange(N)))
    unseen = unseen_scores(fit, ("a", "b"), np.arange(N), features, folds)
    truth = (own == "b").astype(int)
    assert (served.argmax(axis=1) == truth).mean() > 0.95
    assert 0.35 < (unseen.argmax(axis=1) == truth).mean() < 0.65


def test_a_label_that_only_one_fold_has_is_the_least_likely_of_its_tickets() -> None:
    random = np.random.default_rng(2)
    features, own = seen(random.normal(size=(30, 5))), np.array(["a", "b"] * 15, dtype=object)
    folds = np.arange(30) // 3
    own[folds == 4] = "c"

    def fit(rows: np.ndarray) -> LinearHead:
        return Discriminant(5).learn(features.parts(rows), own[rows].astype(str))

    unseen = unseen_scores(fit, ("a", "b", "c"), np.arange(30), features, folds)[folds == 4]
    assert (unseen[:, 2] == unseen.min(axis=1)).all()


def test_the_directions_of_few_tickets_are_those_of_their_second_moments() -> None:
    dense = np.random.default_rng(3).normal(size=(20, 60)).astype(np.float32)
    none = sparse.csr_array((20, 0), dtype=np.float32)
    found = basis_of(HeadInput(dense, none)).dense
    axes = np.linalg.eigh(dense.T @ dense)[1][:, ::-1][:, : found.shape[1]]
    assert found.shape[1] < 20
    assert np.abs(found @ found.T - axes @ axes.T).max() < 1e-4


def test_a_cross_fitted_certificate_is_wrong_about_the_head_that_serves_in_at_most_delta_of_desks() -> None:
    """The promise is checked on what is shipped: the head of all tickets, on 4,000 tickets of the same desk."""
    target, runs = Target(0.05, 0.1), [_certified(seed, Target(0.05, 0.1)) for seed in range(150)]
    earned = [risk for risk in runs if risk is not None]
    assert len(earned) > 75
    wrong = sum(risk > target.alpha for risk in earned)
    assert wrong <= 150 * target.delta


def _certified(seed: int, target: Target, n: int = 320, labels: int = 12) -> float | None:
    """Return the share of errors among what the head that serves would apply; None without a certificate."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(labels, 24)) * 1.1

    def drawn(m: int) -> tuple[np.ndarray, np.ndarray]:
        truth = random.choice(labels, m, p=(shares := 1 / np.arange(1, labels + 1)) / shares.sum())
        said = np.where(random.random(m) < 0.02, random.integers(labels, size=m), truth)
        return centres[truth] + random.normal(size=(m, 24)), said

    (tickets, own), (later, truth) = drawn(n), drawn(4_000)
    features = seen(np.concatenate((tickets, later)))
    classes = sorted(set(map(str, own)))
    column = np.array([classes.index(str(label)) if str(label) in classes else -1 for label in range(labels)])

    def fit(rows: np.ndarray) -> LinearHead:
        return Discriminant(24).learn(features.parts(rows), own[rows].astype(str))

    rows, folds = np.arange(n), random.permutation(n) % FOLDS
    scores = unseen_scores(fit, classes, rows, features, np.concatenate((folds, np.full(4_000, -1))))[:n]
    older, newer = rows[: n // 2], rows[n // 2 :]
    at = temperature(scores[older], column[own[older]])

    def evidence(found: np.ndarray, labels: np.ndarray) -> Evidence:
        chances = softmax(found / at)
        return Evidence(chances.max(axis=1), chances.argmax(axis=1) == column[labels])

    steps = ladder(evidence(scores[older], own[older]), len(newer), target, 0.3).thresholds
    passed = certify(steps, evidence(scores[newer], own[newer]), target).passed
    if passed is None:
        return None
    served = evidence(fit(rows).scores_of(features.parts(np.arange(n, n + 4_000))), truth)
    applied = served.confidence >= passed.threshold
    return float((~served.right[applied]).mean())
