"""The record of a run, `run.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

FORMAT = "firstline-run/1"
State = Literal["running", "finished", "failed", "killed"]


class HeadScores(Struct, frozen=True, kw_only=True):
    """What was measured of a head on held-out tickets."""

    n: int
    accuracy: float | None
    macro_f1: float | None
    ece: float | None
    coverage: float | None
    """Share that gets a suggestion,"""
    selective_risk: float | None
    """and how many of these are wrong."""
    applied: float
    """Share that a certificate lets apply automatically."""


class ListScores(Struct, frozen=True, kw_only=True):
    """What was measured of a head of kind `multi` on held-out tickets."""

    n: int
    micro_f1: float | None
    macro_f1: float | None
    coverage: float | None
    """Share that gets a label,"""
    applied: float | None
    """and share that gets one automatically."""


class Run(Struct, frozen=True, kw_only=True):
    """One fit."""

    id: str
    format: str = FORMAT
    state: State
    """`killed` is never written: a run that still says `running` and holds its lock no more was killed."""
    began_at: str
    ended_at: str | None = None
    stage: str | None = None
    """What it did last."""
    reason: str | None = None
    """Why it failed."""
    parameters: Mapping[str, Any]
    """Options and settings, as they were used."""
    data: Mapping[str, str | None]
    """The sha256 of each file or folder that was read, the encoder's fingerprint, the id of the current bundle."""
    metrics: Mapping[str, HeadScores] = {}
    lists: Mapping[str, ListScores] = {}
    """The same of heads of kind `multi`."""
    artefacts: Mapping[str, str] = {}
    """Where bundle and report are, the bundle's id, and the file of predictions beside this one."""
