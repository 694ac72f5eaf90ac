"""Make a trial of what was asked for on the command line, beside what applies now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from retrieval.answering.answerability import Answerability
from serving.policy import policies
from serving.replay.trial import LARGEST_HOLDOUT, AnswerThresholds, TagThresholds, Trial, by_head, share, tried
from serving.settings import Settings
from triage.model.bundle_files import read_manifest
from triage.model.registry import Registry

Written = Mapping[str, str | Sequence[str] | None]


def trial_of(settings: Settings, folder: Path | None, asked: Written) -> Trial:
    """Read a trial.

    Parameters
    ----------
    settings
        Where the policies and bundles of now lie.
    folder
        Of the policies to try; None leaves them.
    asked
        `suggest_at` and `auto_at`, each `head=probability` several times; `answer_at`, `clarify_at` and `holdout`.

    Returns
    -------
    Trial

    Raises
    ------
    ReplayRefused, PolicyRefused
        A file or a number that cannot be used.
    """
    now = policies.load(settings.policies)
    after, heads = tried(folder, now), list(now.taxonomy.heads)
    current = _answers_now(settings)
    return Trial(
        before=now,
        after=after,
        tags=TagThresholds(
            by_head("--suggest-at", _several(asked, "suggest_at"), heads),
            by_head("--auto-at", _several(asked, "auto_at"), heads),
        ),
        answers=_answers(asked, current),
        answers_now=current,
        holdout=share("--holdout", _one(asked, "holdout") or "0", LARGEST_HOLDOUT),
    )


def _answers(asked: Written, now: AnswerThresholds) -> AnswerThresholds | None:
    answer_at, clarify_at = _one(asked, "answer_at"), _one(asked, "clarify_at")
    if answer_at is None and clarify_at is None:
        return None
    answer = now.answer_at if answer_at is None else share("--answer-at", answer_at)
    clarify = min(now.clarify_at, answer) if clarify_at is None else share("--clarify-at", clarify_at)
    by_language = {name: _answers(asked, own) or own for name, own in now.languages.items()}
    return AnswerThresholds(answer, clarify, by_language)


def _answers_now(settings: Settings) -> AnswerThresholds:
    """Return the thresholds of the current bundle, or those of a desk without one."""
    folder = Registry(settings.models_path, settings.signing_keys).current()
    found = Answerability.from_manifest(read_manifest(folder).answers or None) if folder else Answerability()
    own = {name: _in_order(each.answer_at, each.clarify_at) for name, each in found.languages.items()}
    return replace(_in_order(found.answer_at, found.clarify_at), languages=own)


def _in_order(answer_at: float, clarify_at: float) -> AnswerThresholds:
    return AnswerThresholds(answer_at, min(clarify_at, answer_at))


def _one(asked: Written, name: str) -> str | None:
    found = asked.get(name)
    return found if isinstance(found, str) else None


def _several(asked: Written, name: str) -> Sequence[str]:
    found = asked.get(name)
    return () if found is None or isinstance(found, str) else found
