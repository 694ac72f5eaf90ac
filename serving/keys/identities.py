"""Signed identities: a site's backend says who its visitor is, and signs it for the site's publishable key.

To verify a signature the secret itself is needed, so it cannot be kept as a hash. It is derived from the installation's
secret and the key's id instead, and kept nowhere.
"""

import hashlib
import hmac
from collections.abc import Sequence

from serving.keys.installation_secret import InstallationSecret

VERSION = "firstline-identity-1"


def identity_secret(installation: InstallationSecret, key_id: str) -> str:
    """Return the secret with which a site's backend signs identities for a publishable key."""
    return f"is_{installation.derive('identity', key_id).hex()}"


def signature(secret: str, values: Sequence[str | None]) -> str:
    """Return the signature of an identity's values: id, email, account and plan, and `expires_at` where it has one.

    Signed are the version and the values, each on a line of its own; what is not known is an empty line.
    """
    signed = "\n".join([VERSION, *(value or "" for value in values)])
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
