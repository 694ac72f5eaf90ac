"""The report: one self-contained HTML file, and the same in a few lines for the terminal."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup

from training.evaluation import slices
from training.evaluation import urgency_cutoff as urgency
from training.report import answers_chapter as report_answers
from training.report import sentences as report_words
from training.report.head_chapter import chapter
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from training.classifiers.fit import FittedHead
    from training.report.worst_errors import Material


def render(facts: Mapping[str, Any], heads: Sequence[FittedHead], material: Material) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    facts
        The manifest, before it is sealed.
    heads
        With what each said of its held-out tickets.
    material
        The tickets: the worst errors are quoted with their neighbours.

    Returns
    -------
    str
        Self-contained: no script, no font, no link. Everything that comes from tickets is escaped.
    """
    fitted = {head.labels.head: head for head in heads}
    chapters = [chapter(facts, name, fitted.get(name), material) for name in facts["heads"]]
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_read))
    page.filters |= {"percent": _percent, "figure": _figure, "slice_name": in_words}
    return page.get_template("report.html").render(
        facts=facts,
        data=facts["data"],
        noticed=list(_noticed(facts)),
        chapters=chapters,
        answers=report_answers.chapter(facts.get("answers")),
        style=Markup(stylesheet()),  # noqa: S704 - our own file
    )


def lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield the report's figures for the terminal."""
    compared = (manifest.get("comparison") or {}).get("heads") or {}
    for head, entry in manifest["heads"].items():
        metrics, trivial = entry["metrics"], entry["trivial"]
        rung = entry.get("rung", "fitted")
        labels = f"{len(entry['labels'])} labels" + ("" if rung == "fitted" else f" ({report_words.RUNGS[rung]})")
        if not metrics["n"]:
            yield f"{head}: {labels}; no held-out ticket to measure on"
            continue
        risk = metrics["selective_risk"]
        shown = f"coverage {metrics['coverage']:.0%}" + (f", selective risk {risk:.1%}" if risk is not None else "")
        beside = f"always {trivial['label']!r} {trivial['accuracy']:.3f}/{trivial['macro_f1']:.3f}"
        if head in compared:
            pair = compared[head]
            beside += f"; current model {pair['current_accuracy']:.3f}, this one {pair['accuracy']:.3f} on {pair['n']}"
        yield (
            f"{head}: {labels}, accuracy {metrics['accuracy']:.3f}, macro-F1 "
            f"{metrics['macro_f1']:.3f} on {metrics['n']} newer tickets ({beside}); {shown}"
        )
        yield from slices.told(entry)
        yield from (f"  {line}" for line in _more(manifest, head))
    yield from report_answers.lines(manifest.get("answers"))
    yield from (f"warning: {sentence}" for sentence in _noticed(manifest))


def _more(manifest: Mapping[str, Any], head: str) -> Iterator[str]:
    """Tell of urgent tickets, where the head is about them, and of what more tickets would bring."""
    entry = manifest["heads"][head]
    yield from urgency.told(entry.get("urgency") or {}, entry["metrics"])
    grown = report_words.grown((manifest.get("learning_curves") or {}).get(head, ()))
    if grown:
        yield grown


def _noticed(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what speaks against the tickets themselves: leaks, and authors whose labels contradict the rest."""
    care = manifest.get("care") or {}
    yield from (found["sentence"] for found in (*care.get("leaks", ()), *care.get("authors", ())))


def stylesheet() -> str:
    """Return the CSS that every page of training uses."""
    return _read("report.css")


def _read(name: str) -> str:
    return resources.files("training.report").joinpath(name).read_text(encoding="utf-8")


def _percent(share: object, digits: int = 1) -> str:
    return f"{share:.{digits}%}" if isinstance(share, int | float) else "–"


def _figure(value: object, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if isinstance(value, int | float) else "–"
