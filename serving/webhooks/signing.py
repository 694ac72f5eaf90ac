"""Signatures of Standard Webhooks 1.0 (symmetric, `v1`)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Return a secret that nobody has."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed(message_id: str, content: bytes, *, signers: Sequence[str], at: datetime) -> dict[str, str]:
    """Return the headers of one attempt, with a signature by each secret, so that a receiver may know either."""
    stamp = str(int(at.timestamp()))
    message = f"{message_id}.{stamp}.".encode() + content
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, message)}" for secret in signers),
    }


def _signature(secret: str, message: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
