"""The vectors of RFC 8032, section 7.1, and what a forger may change."""

from __future__ import annotations

import pytest

from triage.signing import ed25519

ORDER = 2**252 + 27742317777372353535851937790883648493
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_keys_and_signatures_are_those_of_the_standard(secret: str, public: str, message: str, signature: str) -> None:
    key, text = bytes.fromhex(secret), bytes.fromhex(message)
    assert ed25519.public_key(key).hex() == public
    assert ed25519.sign(key, text).hex() == signature
    assert ed25519.verify(bytes.fromhex(public), text, bytes.fromhex(signature))


@pytest.mark.parametrize("byte", range(0, 64, 7))
def test_one_changed_bit_of_a_signature_is_noticed(byte: int) -> None:
    _, public, message, signature = (bytes.fromhex(part) for part in VECTORS[2])
    forged = bytearray(signature)
    forged[byte] ^= 1
    assert not ed25519.verify(public, message, bytes(forged))


def test_another_message_key_or_length_is_refused() -> None:
    secret, public, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    assert not ed25519.verify(public, message + b"\0", signature)
    assert not ed25519.verify(ed25519.public_key(b"\1" * 32), message, signature)
    for cut in (b"", signature[:-1], signature + b"\0"):
        assert not ed25519.verify(public, message, cut)
    for cut in (b"", public[:-1], public + b"\0"):
        assert not ed25519.verify(cut, message, signature)
    assert secret != public


def test_a_signature_has_one_form_only() -> None:
    _, public, message, signature = (bytes.fromhex(part) for part in VECTORS[1])
    other = int.from_bytes(signature[32:], "little") + ORDER
    assert not ed25519.verify(public, message, signature[:32] + other.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "public",
    [
        bytes(32),  # order 4
        b"\1" + bytes(31),  # the neutral point
        (2**255 - 20).to_bytes(32, "little"),  # order 2
        (2**255 - 18).to_bytes(32, "little"),  # the neutral point in another form
        b"\xff" * 32,
        b"\2" + bytes(31),  # no point of the curve
    ],
)
def test_a_point_that_anybody_can_sign_for_is_no_key(public: bytes) -> None:
    assert not ed25519.is_public_key(public)


def test_the_keys_of_the_standard_are_keys() -> None:
    assert all(ed25519.is_public_key(bytes.fromhex(public)) for _, public, _, _ in VECTORS)
