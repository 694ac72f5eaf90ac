"""The model card of a bundle, as Hugging Face's README.md: YAML front matter with figures, and what they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml
from msgspec import UNSET

from training.encoder.sources import MULTILINGUAL
from training.encoder.weights import WHEEL_NAME
from triage.model.assessment import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from triage.model.head_entry import HeadEntry
    from triage.model.manifest import Manifest

_SHORT: Final = 12
#: The encoders that come in packages, by the name in a bundle.
_PUBLISHED: Final = {
    WHEEL_NAME: f"sentence-transformers/{WHEEL_NAME}",
    MULTILINGUAL: f"intfloat/{MULTILINGUAL}",
}
_DIGITS: Final = 4


def card(manifest: Manifest) -> str:
    """Return the README: figures and labels, no text of a ticket."""
    front = yaml.safe_dump(_front(manifest), sort_keys=False, allow_unicode=True, width=1_000)
    return f"---\n{front}---\n\n" + "\n".join(_body(manifest)) + "\n"


def _front(manifest: Manifest) -> dict[str, Any]:
    languages = {each.slice["language"] for entry in manifest.heads.values() for each in entry.slices if _spoken(each)}
    found: dict[str, Any] = {"language": sorted(languages)} if languages else {}
    found |= {"base_model": base} if (base := _on_the_hub(manifest.encoder.name)) else {}
    return found | {
        "library_name": "firstline",
        "pipeline_tag": "text-classification",
        "tags": ["support-tickets", "triage", "onnx"],
        "model-index": [
            {
                "name": _name(manifest),
                "results": [_result(*head) for head in manifest.heads.items() if head[1].metrics.n],
            }
        ],
    }


def _on_the_hub(encoder: str) -> str | None:
    """Return an encoder's id on Hugging Face; None for one out of a folder, which has none."""
    return encoder if "/" in encoder else _PUBLISHED.get(encoder)


def _spoken(each: Any) -> bool:  # noqa: ANN401 - figures of any slice
    return "language" in each.slice and len(each.slice) == 1


def _result(name: str, entry: HeadEntry) -> dict[str, Any]:
    return {
        "task": {"type": "text-classification", "name": name},
        "dataset": {
            "type": "closed-tickets",
            "name": f"held-out closed tickets of the desk with a label of {name}",
            "split": "test",
        },
        "metrics": [
            {"type": kind, "name": said, "value": value} for kind, said, value in _figures(entry) if value is not None
        ],
    }


def _figures(entry: HeadEntry) -> Iterator[tuple[str, str, float | None]]:
    metrics = entry.metrics
    yield "accuracy", "Accuracy", _rounded(metrics.accuracy)
    yield "f1", "Macro-F1", _rounded(metrics.macro_f1)
    yield "ece", "Expected calibration error", _rounded(metrics.ece)
    yield "coverage", "Share that gets a suggestion", _rounded(metrics.coverage)
    risk = None if metrics.selective_risk is UNSET else metrics.selective_risk
    yield "selective_risk", "Wrong among the suggestions", _rounded(risk)
    yield "applied", "Share applied automatically", _rounded(entry.applied)


def _body(manifest: Manifest) -> Iterator[str]:
    data, window = manifest.data, manifest.data.window
    yield f"# {_name(manifest)}"
    yield ""
    yield (
        f"Labels of support tickets, learnt by Firstline {manifest.code_version} from {data.tickets:,} closed tickets "
        "of one desk" + (f", {window.first[:10]} to {window.last[:10]}." if window else ".")
    )
    yield f"Made {manifest.created_at[:10]} on the sentence encoder {manifest.encoder.name}. Bundle `{manifest.id}`."
    yield ""
    yield "| head | labels | held-out tickets | accuracy | macro-F1 | most frequent label | applied automatically |"
    yield "|---|---|---|---|---|---|---|"
    for name, entry in manifest.heads.items():
        metrics = entry.metrics
        cells = (metrics.accuracy, metrics.macro_f1, entry.trivial.accuracy)
        shown = " | ".join("–" if each is None else f"{each:.3f}" for each in cells)
        yield f"| {name} | {len(entry.labels)} | {metrics.n} | {shown} | {entry.applied:.1%} |"
    yield ""
    yield f"Split {data.split.how}: {data.split.fit:,} tickets to fit, {data.split.calibrate:,} to calibrate, "
    yield f"{data.split.hold_out:,} held out to measure and certify. Every figure is of held-out tickets."
    yield ""
    yield "## Certificates"
    yield ""
    yield from _certificates(manifest.heads)
    yield ""
    yield "## Labels"
    yield ""
    for name, entry in manifest.heads.items():
        yield f"- {name}: {', '.join(entry.labels)}"
    yield ""
    yield "## Limits"
    yield ""
    yield "- It knows this desk's labels and customers. On another desk its figures and certificates say nothing."
    yield "- Certificates hold for tickets like those of the window, and lapse on their date."
    for sentence in (*(manifest.care.sentences if manifest.care else ()), *data.unlearnt):
        yield f"- {sentence}"
    for each in manifest.overrides:
        yield f"- {each.sentence[0].upper()}{each.sentence[1:]}."


def _certificates(heads: Mapping[str, HeadEntry]) -> Iterator[str]:
    for name, entry in heads.items():
        for each in entry.certificates:
            until = f" until {each.expires_at[:10]}" if each.expires_at else ""
            yield (
                f"- {name}, {in_words(each.slice)}: at most {each.alpha:.0%} of what is applied is wrong, with "
                f"{1 - each.delta:.1%} confidence, for {each.coverage:.0%} of the tickets{until}."
            )
        if not entry.certificates:
            yield f"- {name}: none, so it only suggests."


def _name(manifest: Manifest) -> str:
    return f"firstline-{manifest.id[:_SHORT]}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
