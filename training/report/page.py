"""The report: one self-contained HTML file, and the same in a few lines for the terminal."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup

from training.data import label_sources
from training.evaluation import slices
from training.evaluation import urgency_cutoff as urgency
from training.report import answers_chapter as report_answers
from training.report import cascade, emergencies, multi_chapter
from training.report import sentences as report_words
from training.report.head_chapter import chapter
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from training.classifiers.fit import FittedHead
    from training.report.worst_errors import HeldOutTickets
    from triage.model.manifest import Manifest

_NO_CHAPTER = Markup()


def render(
    manifest: Manifest, heads: Sequence[FittedHead], material: HeldOutTickets, audit: Markup = _NO_CHAPTER
) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    manifest
        Before it is sealed.
    heads
        With what each said of its held-out tickets.
    material
        The tickets: the worst errors are quoted with their neighbours.
    audit
        The chapter on an audit, where there was one.

    Returns
    -------
    str
        Self-contained: no script, no font, no link. Everything that comes from tickets is escaped.
    """
    fitted = {head.labels.head: head for head in heads}
    chapters = [chapter(manifest, name, fitted.get(name), material) for name in manifest.heads]
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_read))
    page.filters |= {"percent": _percent, "figure": _figure, "slice_name": in_words, "sentence": _sentence}
    page.filters["more_labels"] = report_words.more_labels
    return page.get_template("report.html").render(
        manifest=manifest,
        data=manifest.data,
        sources=list(label_sources.sentences(manifest.data.label_sources)),
        taught=_taught(manifest),
        noticed=_noticed(manifest),
        chapters=chapters,
        multi=manifest.multi.items(),
        multi_measured=multi_chapter.measured,
        multi_certified=multi_chapter.certified,
        audit=audit,
        gate=manifest.foreign_text,
        gated=report_words.gated(manifest.foreign_text),
        cascade=list(cascade.sentences(manifest.cascade)),
        answers=report_answers.chapter(manifest.answers or None),
        style=Markup(stylesheet()),  # noqa: S704 - our own file
    )


def lines(manifest: Manifest) -> Iterator[str]:
    """Yield the report's figures for the terminal."""
    compared = manifest.comparison.heads if manifest.comparison else {}
    yield from (f"overridden: {each.sentence}" for each in manifest.overrides)
    for head, entry in manifest.heads.items():
        metrics, trivial, rung = entry.metrics, entry.trivial, entry.rung
        labels = f"{len(entry.labels)} labels" + ("" if rung == "fitted" else f" ({report_words.RUNGS[rung]})")
        if not metrics.n:
            yield f"{head}: {labels}; no held-out ticket to measure on"
            continue
        risk = metrics.selective_risk
        shown = f"coverage {metrics.coverage:.0%}" + (f", selective risk {risk:.1%}" if risk is not None else "")
        beside = f"always {trivial.label!r} {trivial.accuracy:.3f}/{trivial.macro_f1:.3f}"
        if pair := compared.get(head):
            beside += f"; current model {pair.current_accuracy:.3f}, this one {pair.accuracy:.3f} on {pair.n}"
        yield (
            f"{head}: {labels}, accuracy {metrics.accuracy:.3f}, macro-F1 "
            f"{metrics.macro_f1:.3f} on {metrics.n} {report_words.measured_on(entry)} ({beside}); {shown}"
        )
        yield from slices.told(entry)
        yield from (f"  {line}" for line in _more(manifest, head))
    yield from multi_chapter.lines(manifest)
    if gate := report_words.gated(manifest.foreign_text):
        yield f"foreign-text gate: {gate}"
    yield from filter(None, [_taught(manifest)])
    yield from (f"not learnt: {problem}" for problem in manifest.data.unlearnt)
    yield from report_answers.lines(manifest.answers or None)
    yield from emergencies.lines(manifest.critical)
    yield from (f"cascade: {sentence}" for sentence in cascade.sentences(manifest.cascade))
    if manifest.languages:
        yield f"languages: {manifest.languages}"
    yield from label_sources.sentences(manifest.data.label_sources)
    yield from (f"warning: {sentence}" for sentence in _noticed(manifest))


def _more(manifest: Manifest, head: str) -> Iterator[str]:
    """Tell of urgent tickets, where the head is about them, and of what more tickets would bring."""
    entry = manifest.heads[head]
    yield from urgency.told(entry.urgency, entry.metrics)
    grown = report_words.grown((manifest.learning_curves or {}).get(head, ()))
    if grown:
        yield grown


def _taught(manifest: Manifest) -> str:
    """Say which tickets certify and which taught; nothing where none taught."""
    if all(entry.rung == "described" for entry in manifest.heads.values()):
        return ""
    by_all = any(entry.taught_by_all for entry in manifest.heads.values())
    return report_words.taught(manifest.data, by_all=by_all)


def _noticed(manifest: Manifest) -> tuple[str, ...]:
    """Return what speaks against the tickets themselves: leaks, and authors whose labels contradict the rest."""
    return manifest.care.sentences if manifest.care else ()


def stylesheet() -> str:
    """Return the CSS that every page of training uses."""
    return _read("report.css")


def _read(name: str) -> str:
    return resources.files("training.report").joinpath(name).read_text(encoding="utf-8")


def _percent(share: object, digits: int = 1) -> str:
    return f"{share:.{digits}%}" if isinstance(share, int | float) else "–"


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _figure(value: object, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if isinstance(value, int | float) else "–"
