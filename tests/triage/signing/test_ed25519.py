"""A vector of RFC 8032, section 7.1, and what a forger may change."""

from __future__ import annotations

import subprocess
import sys

import pytest

from triage.signing import ed25519

SECRET = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
MESSAGE = b"\x72"
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
#: The y of every point of small order, twice where it has a second form; the highest bit is the sign of x.
SMALL_ORDERS = [
    bytes(32),
    b"\1" + bytes(31),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    *((2**255 - distance).to_bytes(32, "little") for distance in (18, 19, 20)),
]


def test_keys_and_signatures_are_those_of_the_standard() -> None:
    assert ed25519.public_key(SECRET) == PUBLIC
    assert ed25519.sign(SECRET, MESSAGE) == SIGNATURE
    assert ed25519.verify(PUBLIC, MESSAGE, SIGNATURE)
    assert ed25519.is_public_key(PUBLIC)


def test_a_changed_signature_message_key_or_length_is_refused() -> None:
    assert not ed25519.verify(PUBLIC, MESSAGE + b"\0", SIGNATURE)
    assert not ed25519.verify(ed25519.public_key(b"\1" * 32), MESSAGE, SIGNATURE)
    for cut in (b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:]):
        assert not ed25519.verify(PUBLIC, MESSAGE, cut)
    for cut in (b"", PUBLIC[:-1], PUBLIC + b"\0"):
        assert not ed25519.verify(cut, MESSAGE, SIGNATURE)
        assert not ed25519.is_public_key(cut)


def test_a_signature_has_one_form_only() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    other = int.from_bytes(SIGNATURE[32:], "little") + order
    assert not ed25519.verify(PUBLIC, MESSAGE, SIGNATURE[:32] + other.to_bytes(32, "little"))


@pytest.mark.parametrize("sign_of_x", [0, 1])
@pytest.mark.parametrize("point", SMALL_ORDERS)
def test_a_point_that_anybody_can_sign_for_is_no_key(point: bytes, sign_of_x: int) -> None:
    assert not ed25519.is_public_key(point[:31] + bytes([point[31] | sign_of_x << 7]))


def test_nothing_is_signed_by_what_is_no_point_of_the_curve() -> None:
    for public in (b"\2" + bytes(31), b"\xff" * 32):
        assert not ed25519.verify(public, MESSAGE, SIGNATURE)
        assert not ed25519.verify(public, MESSAGE, b"\1" + bytes(63))


@pytest.mark.parametrize(("key", "loaded"), [("", False), (PUBLIC.hex(), True)])
def test_the_library_is_loaded_where_keys_are_configured(key: str, loaded: bool) -> None:
    code = """
import base64, sys
from triage.signing import key_files
from triage.signing.signatures import TrustedKeys
TrustedKeys.from_text(base64.b64encode(bytes.fromhex(sys.argv[1])).decode())
print("cryptography" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code, key], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(loaded)
