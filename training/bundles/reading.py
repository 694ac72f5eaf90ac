"""What a bundle's heads read: its encoder's states, or those of both its encoders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retrieval.encoder.encoder import Encoder, from_files
from retrieval.encoder.two_views import TwoViews

if TYPE_CHECKING:
    from triage.model.bundle import Bundle


def reader_of(bundle: Bundle, first: Encoder, known: dict[str, Encoder] | None = None) -> Encoder | TwoViews:
    """Return what reads texts for a bundle's heads.

    Parameters
    ----------
    bundle
        A bundle.
    first
        Its encoder.
    known
        Encoders by fingerprint that are loaded already; a second one is added.

    Returns
    -------
    Encoder or TwoViews

    Raises
    ------
    EncoderNotUsable
        The second encoder is damaged.
    """
    record = bundle.manifest.second_encoder
    files = bundle.second_encoder_files()
    if record is None or not record.read_by_heads or files is None:
        return first
    second = (known or {}).get(record.fingerprint) or from_files(*files)
    if known is not None:
        known[record.fingerprint] = second
    return TwoViews(first, second)
