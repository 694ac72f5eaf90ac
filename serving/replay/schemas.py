"""Request and response bodies of `/v1/replays`."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from serving.replay.store import State, StoredReplay
from serving.replay.trial import LARGEST_HOLDOUT

Probability = Annotated[float, Meta(ge=0, le=1)]
PolicyFile = Annotated[str, Meta(max_length=200_000)]
MOST_HEADS = 50


class ReplayIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is tried on which past; what is left out stays as it is now."""

    since: Annotated[datetime, Meta(tz=True, examples=["2026-03-01T00:00:00Z"])]
    until: Annotated[datetime, Meta(tz=True)] | None = None  # null: now
    policy: Annotated[
        dict[str, PolicyFile], Meta(max_length=10, description="Texts of policy files by name, such as sla.toml")
    ] = field(default_factory=dict)
    suggest_at: Annotated[dict[str, Probability], Meta(max_length=MOST_HEADS)] = field(default_factory=dict)
    auto_at: Annotated[dict[str, Probability], Meta(max_length=MOST_HEADS)] = field(default_factory=dict)
    answer_at: Probability | None = None
    clarify_at: Probability | None = None
    holdout: Annotated[float, Meta(ge=0, le=LARGEST_HOLDOUT)] = 0.0


class ReplayOut(Struct, kw_only=True):
    """A replay: `done` of `n` tickets and sessions are replayed; `result` is that of `firstline replay --json`."""

    id: str
    at: datetime
    state: State
    done: int
    n: int
    tried: dict[str, Any]  # as it was asked for, of policy files their names
    result: dict[str, Any] | None
    problem: str | None
    ended_at: datetime | None


class ReplaysOut(Struct, kw_only=True):
    """The replays of the last day, the newest first."""

    replays: list[ReplayOut]


def replay_out(stored: StoredReplay) -> ReplayOut:
    """Return a replay as it is shown."""
    tried = {**stored.tried, "policy": sorted(stored.tried.get("policy") or ())}
    return ReplayOut(
        id=stored.id,
        at=stored.at,
        state=stored.state,
        done=stored.done,
        n=stored.n,
        tried=tried,
        result=dict(stored.result) if stored.result is not None else None,
        problem=stored.problem,
        ended_at=stored.ended_at,
    )
