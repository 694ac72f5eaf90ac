"""The stages of a refit between reading and writing: each takes what the ones before it found, and returns its part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from training.answers.closed_questions import Known
from training.bundles import comparison
from training.bundles import seen_tickets as encoder_seen
from training.bundles.held_out_rows import remembered
from training.bundles.second_encoder import SecondEncoder
from training.classifiers import cascade, cross_fitting, foreign_texts, learning_curve, unlearnable
from training.classifiers import zero_shot as cold_start
from training.classifiers.features import LabelTexts, features_of, lexical
from training.classifiers.fit import finish, measure, renew, try_out
from training.classifiers.head_data import HeadData
from training.classifiers.joint_heads import joined
from training.classifiers.projection import HeadInput
from training.classifiers.proving import Seen, proven
from training.classifiers.refit_records import Corpus, Encoded, Weighed
from training.classifiers.vector_cache import CachedEncoder, VectorCache
from training.data import splits
from training.data_quality import checks as care
from training.data_quality import near_duplicates
from training.evaluation import slices
from training.evaluation import urgency_cutoff as urgency
from training.evaluation.certificates import Target
from triage.model import lexical as lexicons
from triage.model.pools import dense
from triage.model.refit_record import Comparison
from triage.model.urgency import HEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retrieval.encoder.encoder import Encoder
    from retrieval.encoder.two_views import TwoViews
    from training.answers.answers import Lessons
    from training.bundles.second_choice import Chosen
    from training.classifiers.cascade import FittedFirstStage
    from training.classifiers.fit import FittedHead, Trained, Tried
    from training.config import RefitConfig
    from training.data.closed_tickets import Export
    from training.data.labels import HeadLabels
    from training.data.splits import Split
    from training.home import Answers
    from training.progress import Bars
    from triage.model.bundle import Bundle
    from triage.model.foreign_text import Gate
    from triage.model.refit_record import Care, CurvePoint


def encode(corpus: Corpus, encoder: Encoder, vectors: VectorCache, bars: Bars, chosen: Chosen) -> Encoded:
    """Encode the tickets and the background texts, reusing vectors at hand, and the names of the labels."""
    names, strangers = [label for head in corpus.heads for label in head.learnt], foreign_texts.background()
    with bars.bar("Encoding tickets", len(texts := corpus.texts)) as progress:
        reading = chosen.beside(vectors.read(texts, progress), texts, vectors, progress)
    with bars.bar("Encoding background texts", 1) as progress:
        background = chosen.beside(vectors.read(strangers, progress), strangers, vectors, progress)
    return Encoded(texts, reading, LabelTexts.of(names, chosen.reader(encoder).read), background.states)


def divide(corpus: Corpus, encoded: Encoded, config: RefitConfig, seen: NDArray[np.uint64]) -> Split:
    """Divide the tickets, and keep those that the encoder has learnt from out of what calibrates and measures."""
    whole = divided(corpus.export, encoded.reading.vectors, config)
    if any(cross_fitting.called_for(head, corpus.tickets, whole) for head in corpus.heads):
        vectors = encoded.reading.vectors
        groups = near_duplicates.repeats(encoded.texts, near_duplicates.neighbours(vectors))
        crossed = splits.in_folds(splits.Ordered(encoded.texts, vectors, corpus.export.in_order_of_time), groups)
        if crossed.folds is not None and cross_fitting.able(corpus.heads, corpus.tickets, crossed.folds):
            whole = crossed
    return encoder_seen.without(whole, encoded.texts, seen)


def divided(found: Export, vectors: NDArray[np.float32], config: RefitConfig) -> Split:
    """Divide the tickets into those that fit, calibrate and measure."""
    texts = [ticket.text for ticket in found.tickets]
    return splits.by_time(splits.Ordered(texts, vectors, found.in_order_of_time), config.slices)


def weigh(corpus: Corpus, encoded: Encoded, split: Split, config: RefitConfig, bars: Bars) -> Weighed:
    """Learn the n-grams, and make features of them and of the vectors."""
    texts = encoded.texts
    known = texts, encoded.reading, encoded.names
    limits = {"min_tickets": config.lexical.min_tickets, "most": config.lexical.most_features}
    older, taught = [texts[row] for row in split.fit], [texts[row] for row in split.teach]
    total, crossed = len(older) + len(taught), split.folds is not None
    with bars.bar("Counting n-grams", total) as progress:
        small = lexicons.learn(older, **limits, progress=lambda done: progress(done, total))
        large = small
        if not crossed:
            large = lexicons.learn(taught, **limits, progress=lambda done: progress(len(older) + done, total))
    with bars.bar("Weighing n-grams", 2 * len(texts)) as progress:
        trial = features_of(small, known, split.fit, lambda done, n: progress(done, 2 * n))
        served = trial
        if not crossed:
            served = features_of(large, known, split.teach, lambda done, n: progress(n + done, 2 * n))
    ngrams = lexical(small, foreign_texts.background(), lambda _done, _total: None)
    background = HeadInput(dense(encoded.background, trial.centres), ngrams)
    return Weighed(large, trial, served if corpus.heads else cold_start.centred(served, split), background, small)


def try_heads(
    corpus: Corpus, split: Split, weighed: Weighed, config: RefitConfig, bars: Bars
) -> tuple[Corpus, list[Tried]]:
    """Choose and calibrate the heads that the tickets teach; leave out those that the most frequent label beats."""
    tried = []
    with bars.bar("Comparing heads", len(corpus.heads)) as progress, _one_thread():
        for done, head in enumerate(corpus.heads, start=1):
            tried.append(try_out(_lesson(head, corpus, split), weighed.trial, config))
            progress(done, len(corpus.heads))
    weighed.trial.forget_projection()
    beaten = unlearnable.below_majority(tried, weighed.trial)
    return corpus.without(beaten), [each for each in tried if each.lesson.labels.head not in beaten]


def fit_gate(
    corpus: Corpus, encoded: Encoded, split: Split, weighed: Weighed, tried: Sequence[Tried]
) -> foreign_texts.Fitted | None:
    """Learn from the calibration slice which texts are foreign to the desk; None where no head was tried."""
    states, rows = encoded.reading.states, split.calibrate
    own = {each.lesson.labels.head: each.energies(each.trained.scores(weighed.trial, rows)) for each in tried}
    if not own or not len(rows):
        return None
    strangers = {each.lesson.labels.head: each.trained.model.scores_of(weighed.background) for each in tried}
    others = {each.lesson.labels.head: each.energies(strangers[each.lesson.labels.head]) for each in tried}
    crossed = None if split.folds is None else foreign_texts.Crossed(split.folds, rows)
    own_views, other_views = foreign_texts.Views(states[rows], own), foreign_texts.Views(encoded.background, others)
    with _one_thread():
        return foreign_texts.fit_gate(states[split.fit], own_views, _languages(corpus, rows), other_views, crossed)


def certify_heads(
    corpus: Corpus,
    tried: Sequence[Tried],
    weighed: Weighed,
    gate: foreign_texts.Fitted | None,
    config: RefitConfig,
    bars: Bars,
) -> tuple[list[FittedHead], Gate | None, FittedFirstStage | None, NDArray[np.bool_]]:
    """Fit the heads that serve and the first stage, and measure both and the gate on the held-out slice.

    The last part says which tickets the gate takes out, (n_tickets,).
    """
    with bars.bar("Fitting heads", 2 * len(tried)) as progress, _one_thread():
        final = []
        for done, each in enumerate(tried, start=1):
            final.append(finish(each, weighed.served))
            progress(done, 2 * len(tried))
        foreign, measured = _foreign(corpus, tried, final, weighed, gate)
        seen, judging = (weighed.trial, weighed.served), (tried, final)
        first = _first_stage(corpus, (tried, final), weighed, gate) if config.cascade.enabled else None
        if first is not None:
            foreign, judging = first.familiar(foreign), joined((first.calibrate, first.hold_out), tried, final)
        measures = [measure(*pair, seen, foreign, config) for pair in zip(*judging, strict=True)]
        wanted = Target(config.certificate.alpha, config.certificate.delta)
        proofs = proven(measures, Seen(judging[0], weighed.trial, foreign), wanted, corpus.trees)
        fitted = [
            replace(head.proven(proof), trained=own)
            for (head, _), proof, own in zip(measures, proofs, final, strict=True)
        ]
        if tried and tried[0].lesson.split.folds is not None:
            fitted = [replace(head, proof=head.proof.without_ladders()) for head in fitted]
        elif not any(each.certified or each.auditable for each in fitted):
            for done, each in enumerate(tried):
                if fitted[done].applied_above is None:
                    fitted[done] = renew(fitted[done], each, weighed.served)
                progress(len(tried) + done + 1, 2 * len(tried))
    return fitted, measured, first, foreign


def _first_stage(
    corpus: Corpus,
    heads: tuple[Sequence[Tried], Sequence[Trained]],
    weighed: Weighed,
    gate: foreign_texts.Fitted | None,
) -> FittedFirstStage | None:
    """Fit the first stage; None where it cannot be known what is foreign, or a head is not learnt from tickets."""
    if gate is None or corpus.described:
        return None
    far = np.flatnonzero(gate.far)
    strangers = [foreign_texts.background()[place] for place in far.tolist()], weighed.background.ngrams[far]
    lexicons = weighed.trial_lexicon, weighed.lexicon
    return cascade.fit(corpus.texts, heads, (weighed.trial, weighed.served), lexicons, strangers)


def _foreign(
    corpus: Corpus,
    tried: Sequence[Tried],
    final: Sequence[Trained],
    weighed: Weighed,
    gate: foreign_texts.Fitted | None,
) -> tuple[NDArray[np.bool_], Gate | None]:
    """Return which tickets the gate calls foreign (n_tickets,), and the gate with its figures."""
    foreign = np.zeros(len(corpus.tickets), dtype=bool)
    if gate is None:
        return foreign, None
    split = tried[0].lesson.split
    scores = []
    for heads, features, rows in (
        ([each.trained for each in tried], weighed.trial, split.calibrate),
        (final, weighed.served, split.hold_out),
    ):
        energies = {
            each.lesson.labels.head: each.energies(head.scores(features, rows))
            for each, head in zip(tried, heads, strict=True)
        }
        scores.append(gate.scores(features.states, energies, rows))
        foreign[rows] = gate.gate.foreign(scores[-1], _languages(corpus, rows))
    return foreign, gate.measured(scores[-1], _languages(corpus, split.hold_out))


def describe_heads(corpus: Corpus, split: Split, weighed: Weighed, encoder: Encoder | TwoViews) -> list[FittedHead]:
    """Describe the heads that the tickets do not teach."""
    lessons = [(head, _lesson(head.labels, corpus, split)) for head in corpus.described]
    return [cold_start.describe(head, lesson, weighed.served, encoder.read) for head, lesson in lessons]


def _languages(corpus: Corpus, rows: NDArray[np.int64]) -> list[str | None]:
    return [corpus.tickets[row].language for row in rows.tolist()]


def _one_thread() -> threadpool_limits:
    """Let a product run on one thread: several wait for each other longer than they work on small matrices."""
    return threadpool_limits(1, user_api="blas")


def _lesson(head: HeadLabels, corpus: Corpus, split: Split) -> HeadData:
    own = np.array([ticket.labels.get(head.head) for ticket in corpus.tickets], dtype=object)
    facts = [slices.facts_of(ticket) for ticket in corpus.tickets]
    asked = np.concatenate((split.calibrate, split.hold_out)).tolist() if head.head == HEAD else []
    return HeadData(head, own, facts, split, urgency.alarms({row: corpus.tickets[row].text for row in asked}))


def taught(split: Split, heads: Sequence[FittedHead]) -> NDArray[np.int64]:
    """Return the tickets that any of the heads has learnt from."""
    everything = any(head.taught_by_all for head in heads)
    return np.sort(np.concatenate((split.teach, split.hold_out))) if everything else split.teach


def compare(
    corpus: Corpus, fitted: Sequence[FittedHead], current: Bundle | None, encode: comparison.Encode | None
) -> Comparison | None:
    """Put the current bundle beside the new one, where there is one."""
    if current is None or encode is None:
        return None
    rows = remembered(fitted, corpus.tickets, corpus.texts)
    return Comparison(beside=current.id, heads=comparison.compare(rows, current, encode, corpus.changes.now))


def notice(corpus: Corpus, encoded: Encoded, bars: Bars) -> Care:
    """Look for labels that stand in the texts, and for accounts that contradict the rest."""
    with bars.bar("Looking for leaks and habits", len(corpus.heads)) as progress, _one_thread():
        return care.notice(corpus.tickets, encoded.reading.vectors, corpus.heads, progress)


def second_of(chosen: Chosen, vectors: VectorCache, bars: Bars, texts: Sequence[str]) -> SecondEncoder | None:
    """Return the second encoder with what it reads in texts, reusing what lies beside `vectors`; None without one."""
    if chosen.encoder is None:
        return None
    cache = vectors.of(chosen.encoder)
    with bars.bar("Encoding once more", len(texts)) as progress:
        return SecondEncoder(chosen.encoder, cache.read(texts, progress), CachedEncoder(chosen.encoder, cache))


def learn_answers(
    corpus: Corpus,
    encoded: Encoded,
    weighed: Weighed,
    second: SecondEncoder | None,
    config: RefitConfig,
    answers: Answers | None,
) -> Lessons | None:
    """Learn which articles answer, where a knowledge base was given."""
    known = Known(encoded.reading.vectors, weighed.lexicon, *(second.parts if second else ()))
    return answers(corpus.tickets, known, config.answers) if answers else None


def learning_curves(corpus: Corpus, encoded: Encoded, split: Split) -> dict[str, tuple[CurvePoint, ...]]:
    """Measure what more tickets would bring to each head that they teach."""
    names = [head.head for head in corpus.heads]
    with _one_thread():
        return learning_curve.by_head(corpus.tickets, encoded.reading.vectors, names, split)
