"""Ed25519 signatures, as `cryptography` makes and verifies them: keys and signatures are bytes.

Its import takes 7 MB, so that it happens where something is signed or a public key is configured, and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

#: Made without any key, and right for a public key of small order in every eighth message at least.
_OF_NOBODY: Final = b"\1" + bytes(63)
_TRIALS: Final = 64


def public_key(secret: bytes) -> bytes:
    """Return the public key of a secret of 32 bytes."""
    return _private(secret).public_key().public_bytes_raw()


def sign(secret: bytes, message: bytes) -> bytes:
    """Return the signature of a message, 64 bytes."""
    return _private(secret).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the owner of a public key signed a message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: no 32 bytes
        return False
    return True


def is_public_key(public: bytes) -> bool:
    """Tell whether the bytes have a key's length, and only the owner of a secret can sign for it.

    The library takes keys of small order too, 32 zeros for example, for which anybody can sign.
    """
    return len(public) == 32 and not any(verify(public, bytes([trial]), _OF_NOBODY) for trial in range(_TRIALS))


def _private(secret: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(secret)
