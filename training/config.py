"""The refit's configuration: a TOML file with a section for each class here. A copy of it goes into every bundle.

Unknown sections and keys are refused: a misspelt setting must not be silently a default.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

from training.errors import ConfigRefused
from training.evaluation.urgency_cutoff import Urgency

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Data:
    """Which tickets and labels are learnt from."""

    max_bad_share: float = 0.05
    """Stop when more than this share of the rows had to be quarantined."""
    minimum_support: int = 2
    """A label that fewer tickets carry is not learnt, and reported. Rare labels together have many tickets."""
    most_tickets: int = 60_000
    """Learn from at most so many tickets, the newest; the rest is not read into the model."""


@dataclass(frozen=True, slots=True)
class Slices:
    """How the tickets, in order of time, are divided: fit first, then calibrate, then hold out."""

    calibrate: float = 0.15
    """Share that sets temperature and suggestion threshold."""
    hold_out: float = 0.15
    """Share, the newest, on which everything in the report is measured and certified: no head ever learns from it."""
    most_calibrate: int = 1_000
    """At most so many tickets calibrate,"""
    most_hold_out: int = 1_000
    """and at most so many are held out: what measures no head learns from, and more would hardly measure better."""
    near_duplicate: float = 0.97
    """Tickets whose vectors are at least this similar (cosine) are not allowed on both sides."""


@dataclass(frozen=True, slots=True)
class Lexical:
    """Which n-grams become features."""

    min_tickets: int = 2
    """An n-gram that fewer tickets have is no feature."""
    most_features: int = 120_000
    """At most so many features, the most frequent."""


@dataclass(frozen=True, slots=True)
class Head:
    """The linear heads; every combination is compared on a split of the fitting slice."""

    strengths: tuple[float, ...] = (0.3, 3.0, 30.0)
    """C of the softmax regression: larger trusts the tickets more."""
    lexical_weights: tuple[float, ...] = (0.4, 0.8)
    """How much the n-grams, whose words and letters each have unit length, count beside the pools."""
    prior_shifts: tuple[float, ...] = (0.0, 0.2, 0.4)
    """0 answers what is likeliest; 1 as if all labels were equally frequent, which finds more of the rare ones."""
    margins: int = 1
    """Whether support vector machines are tried too: 1 or 0."""
    selection_share: float = 0.2
    """Share of the fitting slice on which the candidates are compared."""
    selection_tickets: int = 6_000
    """Compare candidates on at most so many tickets."""


@dataclass(frozen=True, slots=True)
class Suggest:
    """The confidence from which a label is shown to an agent."""

    accuracy: float = 0.7
    """Of the labels shown at least this share shall be right (measured on the calibration slice)."""
    lowest: float = 0.3
    """Never show a label below this confidence."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """When a label may be applied automatically; `training.evaluation.certificates` tests it on held-out tickets."""

    alpha: float = 0.05
    """At most this share of the labels applied is wrong,"""
    delta: float = 0.1
    """but for this probability of any wrong certificate, whichever head or slice it is of."""
    days: int = 90
    """So long a certificate lasts: a refit or an audit issues the next one."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Closed tickets in the bundle, shown beside similar tickets."""

    most: int = 20_000
    """At most so many, the newest."""


@dataclass(frozen=True, slots=True)
class Answers:
    """When an article is shown as the answer, and when the customer is asked back: `training.answers.answerability`."""

    alpha: float = 0.1
    """At most this share of the answers shown is wrong: the article is none that solved the ticket,"""
    delta: float = 0.1
    """but for this probability."""
    unanswered: float = 0.25
    """Of the questions this share is taken to have no article that answers them: estimate it for your desk."""
    set_alpha: float = 0.2
    """The two or three articles that a customer is asked to choose from lack the right one this often at most."""


@dataclass(frozen=True, slots=True)
class Critical:
    """When a question counts as an emergency: `training.critical.fit`."""

    threshold: float = 0.4
    """From this probability of an emergency on. Below one half: a question too many costs less than one too few."""
    delta: float = 0.1
    """The bounds in the manifest fail with this probability."""
    learn: int = 1
    """0: no critical head; emergencies are found by the phrases of the urgency lexicon alone."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """Whether words alone decide the tickets that they are sure of: `training.classifiers.cascade`."""

    enabled: bool = False
    """Only the rest of the tickets then pays for the encoder; the joint decision is what is certified."""


@dataclass(frozen=True, slots=True)
class RefitConfig:
    """All settings of a refit."""

    data: Data = field(default_factory=Data)
    slices: Slices = field(default_factory=Slices)
    lexical: Lexical = field(default_factory=Lexical)
    head: Head = field(default_factory=Head)
    suggest: Suggest = field(default_factory=Suggest)
    certificate: Certificate = field(default_factory=Certificate)
    urgency: Urgency = field(default_factory=Urgency)
    cases: Cases = field(default_factory=Cases)
    answers: Answers = field(default_factory=Answers)
    critical: Critical = field(default_factory=Critical)
    cascade: Cascade = field(default_factory=Cascade)

    def to_toml(self) -> str:
        """Write the whole configuration, defaults included, as the TOML that `read` takes.

        The cascade is left out where it is off: such a bundle is the same, file for file, as before there was one.
        """
        lines = []
        sections = asdict(self)
        if not self.cascade.enabled:
            del sections["cascade"]
        for name, section in sections.items():
            lines += ["", f"[{name}]", *(f"{key} = {as_toml(value)}" for key, value in section.items())]
        return "\n".join(lines[1:]) + "\n"


_SECTIONS: Mapping[str, type] = {
    "data": Data,
    "slices": Slices,
    "lexical": Lexical,
    "head": Head,
    "suggest": Suggest,
    "certificate": Certificate,
    "urgency": Urgency,
    "cases": Cases,
    "answers": Answers,
    "critical": Critical,
    "cascade": Cascade,
}


def read(path: Path | None) -> RefitConfig:
    """Read a refit.toml; None gives the defaults. Raises `ConfigRefused`."""
    if path is None:
        return RefitConfig()
    try:
        record = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigRefused(path, str(problem)) from problem
    for name, section in record.items():
        if name not in _SECTIONS or not isinstance(section, dict):
            raise ConfigRefused(path, f"there is no section [{name}]; sections: {', '.join(_SECTIONS)}")
    config = RefitConfig(**{name: _section(path, name, section) for name, section in record.items()})
    _check(path, config)
    return config


def _section(path: Path, name: str, record: Mapping[str, Any]) -> Any:  # noqa: ANN401 - one of the classes above
    kind = _SECTIONS[name]
    defaults = {item.name: getattr(kind(), item.name) for item in fields(kind)}
    values = {}
    for key, value in record.items():
        if key not in defaults:
            raise ConfigRefused(path, f"[{name}] has no setting {key!r}; settings: {', '.join(defaults)}")
        values[key] = _like(path, f"{name}.{key}", value, defaults[key])
    return kind(**values)


def _like(path: Path, where: str, value: object, default: object) -> object:
    """Return the value as the type of its default."""
    if isinstance(default, tuple) and isinstance(value, list) and value:
        return tuple(_like(path, where, item, default[0]) for item in value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, bool):
        number = False
        if isinstance(value, bool):
            return value
    if isinstance(default, float) and number:
        return float(value)  # type: ignore[arg-type]
    if isinstance(default, int) and isinstance(value, int) and number:
        return value
    raise ConfigRefused(path, f"{where} = {value!r}: expected something like {as_toml(default)}")


def _check(path: Path, config: RefitConfig) -> None:
    slices = config.slices
    rules = {
        "slices.calibrate and slices.hold_out must be above 0 and leave at least half to fit on": min(
            slices.calibrate, slices.hold_out
        )
        > 0
        and slices.calibrate + slices.hold_out <= 0.5,
        "data.minimum_support must be at least 2": config.data.minimum_support >= 2,
        "data.max_bad_share, suggest.accuracy and suggest.lowest lie between 0 and 1": all(
            0 <= share <= 1 for share in (config.data.max_bad_share, config.suggest.accuracy, config.suggest.lowest)
        ),
        "certificate.alpha and certificate.delta must be above 0 and at most 0.5": all(
            0 < share <= 0.5 for share in (config.certificate.alpha, config.certificate.delta)
        ),
        "certificate.days must be at least 1": config.certificate.days >= 1,
        "answers.alpha, .delta and .set_alpha must be above 0 and at most 0.5, answers.unanswered below 1": (
            all(0 < share <= 0.5 for share in (config.answers.alpha, config.answers.delta, config.answers.set_alpha))
            and 0 <= config.answers.unanswered < 1
        ),
        "head.strengths and head.lexical_weights must be above 0": min(
            config.head.strengths + config.head.lexical_weights
        )
        > 0,
        "slices.most_calibrate and slices.most_hold_out must be at least 60": min(
            slices.most_calibrate, slices.most_hold_out
        )
        >= 60,
        "head.selection_share must lie between 0.05 and 0.5": 0.05 <= config.head.selection_share <= 0.5,
        "urgency.miss_rate must be above 0 and at most 0.5, its costs above 0, most_raised between 0 and 1": (
            0 < config.urgency.miss_rate <= 0.5
            and min(config.urgency.under_cost, config.urgency.over_cost) > 0
            and 0 <= config.urgency.most_raised <= 1
        ),
        "critical.threshold lies between 0 and 1, critical.delta above 0 and at most 0.5, critical.learn is 0 or 1": (
            0 <= config.critical.threshold <= 1 and 0 < config.critical.delta <= 0.5 and config.critical.learn in (0, 1)
        ),
        "slices.near_duplicate must be above 0.5": slices.near_duplicate > 0.5,
        "lexical.min_tickets must be at least 1": config.lexical.min_tickets >= 1,
    }
    for sentence, holds in rules.items():
        if not holds:
            raise ConfigRefused(path, sentence)


def as_toml(value: object) -> str:
    """Write one setting's value."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
