"""A key of KMS signs, and its public part checks the signature."""

from __future__ import annotations

import pytest

from adapters.signing_key import SigningKey
from audit.signatures import ALGORITHM, PublicKey


@pytest.fixture(scope="module")
def kms(emulator):
    return emulator.client("kms")


@pytest.fixture(scope="module")
def key_id(kms):
    return kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]


def test_what_the_key_signs_its_public_part_confirms(kms, key_id):
    key = SigningKey(kms, key_id, ALGORITHM)
    assert PublicKey(key.public()).signed(b"message", key.sign(b"message"))
    assert not PublicKey(key.public()).signed(b"other", key.sign(b"message"))


def test_the_public_part_is_asked_for_once(kms, key_id):
    class Counted:
        asked = 0

        def get_public_key(self, **request):
            self.asked += 1
            return kms.get_public_key(**request)

    counted = Counted()
    key = SigningKey(counted, key_id, ALGORITHM)
    assert key.public() == key.public()
    assert counted.asked == 1
