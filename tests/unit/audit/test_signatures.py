"""Checking RSA signatures, compared with another implementation."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from audit.signatures import NoPublicKey, PublicKey
from tests.unit.audit.keys import Key

KEY = Key()
PUBLIC = PublicKey(KEY.public())


@given(st.binary(max_size=200))
def test_what_the_key_signed_is_signed(message):
    assert PUBLIC.signed(message, KEY.sign(message))


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_signature_is_of_one_message_only(message, other):
    assert PUBLIC.signed(other, KEY.sign(message)) == (message == other)


@given(st.integers(0, 2047))
def test_a_changed_bit_is_noticed(bit):
    signature = bytearray(KEY.sign(b"message"))
    signature[bit // 8] ^= 1 << bit % 8
    assert not PUBLIC.signed(b"message", bytes(signature))


NO_SIGNATURES = {
    "nothing": b"",
    "zeros": bytes(256),
    "ones": b"\xff" * 256,
    "one byte less": KEY.sign(b"m")[1:],
    "one byte more": KEY.sign(b"m") + b"\x00",
}


@pytest.mark.parametrize("signature", NO_SIGNATURES.values(), ids=NO_SIGNATURES)
def test_bytes_that_are_no_signature_are_refused(signature):
    assert not PUBLIC.signed(b"m", signature)


def test_a_signature_plus_the_modulus_is_another_spelling_and_refused():
    modulus = KEY._private.public_key().public_numbers().n
    number = int.from_bytes(KEY.sign(b"m"), "big") + modulus
    assert not PUBLIC.signed(b"m", number.to_bytes(257, "big"))


def test_a_signature_of_another_key_is_refused():
    assert not PUBLIC.signed(b"m", Key().sign(b"m"))


@pytest.mark.parametrize(
    ("padding", "hash_"), [(PKCS1v15(), SHA1()), (PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), SHA256())]
)
def test_a_signature_by_another_algorithm_is_refused(padding, hash_):
    assert not PUBLIC.signed(b"m", KEY._private.sign(b"m", padding, hash_))


@pytest.mark.parametrize("size", [2048, 3072])
def test_keys_of_each_size_are_read(size):
    key = Key(size)
    assert PublicKey(key.public()).signed(b"m", key.sign(b"m"))


def spki(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


NO_KEYS = {
    "nothing": b"",
    "a text": b"no key",
    "one byte less": KEY.public()[:-1],
    "one byte more": KEY.public() + b"\x00",
    "the beginning": KEY.public()[:40],
    "an elliptic curve": spki(ec.generate_private_key(ec.SECP256R1())),
    "the bare numbers": KEY._private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1),
}


@pytest.mark.parametrize("der", NO_KEYS.values(), ids=NO_KEYS)
def test_bytes_that_are_no_rsa_key_are_refused(der):
    with pytest.raises(NoPublicKey):
        PublicKey(der)


def test_a_key_with_another_exponent_is_read():
    private = rsa.generate_private_key(public_exponent=3, key_size=2048)
    assert PublicKey(spki(private)).signed(b"m", private.sign(b"m", PKCS1v15(), SHA256()))
