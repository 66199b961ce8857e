"""`python -m operate audit verify` on a real database finds whatever was done to a trail, and names it."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.form import HEAD, place_of
from audit.signatures import PublicKey
from audit.trail import AuditTrail
from dynamodb.values import to_item
from operate.__main__ import main, parsed
from operate.audit_trail import audit
from operate.audit_trail.audit import Verification
from operate.audit_trail.remembered import Remembered
from tests.unit.audit.conftest import call, key, table  # noqa: F401 - fixtures
from tests.unit.audit.events import ANN, BEA, detail
from tests.unit.audit.keys import Key
from tests.unit.operate.trails import ATTACKS, Table, changed, cut, written_again

pytestmark = pytest.mark.slow

CLOCK = 1_795_953_600.0


@pytest.fixture
def attacker(call, table, key):  # noqa: F811 - the fixtures
    trail = AuditTrail(call, table, key, clock=lambda: CLOCK)
    for version in range(1, 6):
        trail.append("UserUpdated", detail(version))
        trail.append("UserUpdated", detail(version, BEA))
    return Table(call, table)


@pytest.fixture
def verify(attacker, key, tmp_path, monkeypatch, capsys, emulator):  # noqa: F811 - the fixtures
    """Runs the command: its status and what it prints."""
    for name, value in (
        ("AWS_ENDPOINT_URL", emulator.endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ):
        monkeypatch.setenv(name, value)
    (tmp_path / "key.der").write_bytes(key.public())

    def run(*arguments, public_key="key.der"):
        options = ["--table", attacker.name, "--public-key", str(tmp_path / public_key)]
        status = main(["audit", "verify", *arguments, *options])
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


def test_trails_that_nobody_touched_are_complete(verify):
    assert verify() == (0, "2 trails with 10 entries: complete, unchanged and signed\n")


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_done_to_a_trail_is_found_and_named(attacker, verify, name):
    attack, fault = ATTACKS[name]
    attack(attacker)
    for arguments in ((), (ANN,)):
        status, told = verify(*arguments)
        assert status == 1
        assert f"{ANN}: " in told
        assert fault in told
        assert f"{BEA}: " not in told


def test_one_change_is_one_fault(attacker, verify):
    changed(attacker)
    assert verify()[1].count(f"{ANN}: ") == 1


def test_one_trail_is_verified_alone(attacker, verify):
    changed(attacker)
    assert verify(BEA) == (0, "1 trails with 5 entries: complete, unchanged and signed\n")


def test_a_user_without_a_trail_is_told(verify):
    status, told = verify("00000000-0000-4000-8000-000000000000")
    assert (status, "there is no trail of this user" in told) == (1, True)


def test_another_key_signed_nothing_here(verify, tmp_path):
    (tmp_path / "other.der").write_bytes(Key().public())
    status, told = verify(public_key="other.der")
    assert (status, told.count("the head is forged")) == (1, 2)


def test_a_key_is_read_from_pem_too(verify, tmp_path, key):  # noqa: F811 - the fixture
    pem = key._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    assert verify(public_key="key.pem")[0] == 0


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----\n"])
def test_a_file_that_is_no_key_is_told_in_one_line(verify, tmp_path, content):
    (tmp_path / "bad").write_bytes(content)
    status, told = verify(public_key="bad")
    assert (status, told) == (1, "audit: this is not the public key of an RSA key, in DER or PEM\n")


def test_a_missing_file_is_told_in_one_line(verify):
    status, told = verify(public_key="missing")
    assert (status, told.startswith("audit: "), told.count("\n")) == (1, True, 1)


def test_the_key_comes_from_kms_too(verify, emulator):
    kms = emulator.client("kms")
    other = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    options = parsed(["audit", "verify", "--table", "T", "--key", other])
    assert audit.public_key(options) == kms.get_public_key(KeyId=other)["PublicKey"]


# -- what only a run that remembers can find ----------------------------------------------------------------------


@pytest.fixture
def memory(verify, tmp_path):
    """A file of an earlier run."""
    path = str(tmp_path / "seen.db")
    assert verify("--remember", path)[0] == 0
    return path


def test_nothing_new_is_no_fault(verify, memory):
    assert verify("--remember", memory)[0] == 0


def test_a_longer_trail_is_no_fault(attacker, verify, memory, key):  # noqa: F811 - the fixture
    AuditTrail(attacker.call, attacker.name, key, clock=lambda: CLOCK).append("UserUpdated", detail(6))
    assert verify("--remember", memory)[0] == 0


def test_an_old_head_put_back_is_found_by_a_run_that_remembers(attacker, verify, tmp_path, key):  # noqa: F811
    old, memory = attacker.get(HEAD), str(tmp_path / "seen.db")
    AuditTrail(attacker.call, attacker.name, key, clock=lambda: CLOCK).append("UserUpdated", detail(6))
    verify("--remember", memory)
    attacker.remove_entry(6)
    attacker.put(old)
    assert verify()[0] == 0  # the signature is genuine
    status, told = verify("--remember", memory)
    assert (status, "entry 6 is missing that the last run saw" in told) == (1, True)


def test_a_trail_written_again_by_who_can_sign_is_found(attacker, verify, memory, key):  # noqa: F811
    from audit.heads import signed_head

    written_again(attacker)
    attacker.put(signed_head(ANN, 5, attacker.get(place_of(5))["digest"], key))
    assert verify()[0] == 0
    assert "the trail was written again" in verify("--remember", memory)[1]


def test_a_trail_that_is_gone_is_found(attacker, verify, memory):
    for place in list(attacker.items()):
        attacker.remove(place)
    assert verify()[0] == 0
    status, told = verify("--remember", memory)
    assert (status, f"{ANN}: the whole trail is missing" in told) == (1, True)


def test_a_fault_is_told_again_until_it_is_gone(attacker, verify, memory):
    cut(attacker)
    assert verify("--remember", memory)[0] == verify("--remember", memory)[0] == 1


# -- a trail that grows while it is read, and one that is long ------------------------------------------------------


def test_a_trail_that_grows_meanwhile_is_no_fault(attacker, key):  # noqa: F811 - the fixture
    trail = AuditTrail(attacker.call, attacker.name, key, clock=lambda: CLOCK)
    late = iter(range(6, 9))

    def growing(operation, request):
        """Each read of three items, after which another entry is there."""
        answer = attacker.call(operation, {**request, "Limit": 3})
        for version in list(late)[:3]:
            trail.append("UserUpdated", detail(version))
        return answer

    with Remembered(None) as nothing:
        assert Verification(growing, attacker.name, PublicKey(key.public()), nothing).run(None) == 0


def test_memory_does_not_grow_with_the_trail(key):  # noqa: F811 - the fixture
    peaks = []
    for count in (1_000, 20_000):
        tracemalloc.start()
        with Remembered(None) as nothing:
            Verification(Long(count, key).call, "T", PublicKey(key.public()), nothing).run(None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


class Long:
    """The table of one long trail, made while it is read."""

    def __init__(self, count, key):  # noqa: F811 - no fixture here
        self.count, self.key = count, key

    def call(self, _operation, _request):
        self.items = getattr(self, "items", self._items())
        page = [to_item(item) for _, item in zip(range(100), self.items, strict=False)]
        return {"Items": page, "LastEvaluatedKey": page[-1] if len(page) == 100 else None}

    def _items(self):
        recorder = AuditTrail(lambda *_: {}, "T", self.key, clock=lambda: CLOCK)
        head = None
        for number in range(1, self.count + 1):
            entry = recorder._entry(head, "UserUpdated", detail(number))
            head = {"entries": number, "digest": entry["digest"]}
            yield entry
        for number in range(1, self.count + 1):
            yield {"userId": ANN, "place": f"event#event-{number}", "entry": place_of(number)}
        from audit.heads import signed_head

        yield signed_head(ANN, self.count, head["digest"], self.key)


def test_the_command_says_how_it_is_used():
    root = Path(__file__).resolve().parents[3]
    line = [sys.executable, "-m", "operate", "audit", "verify", "--table", "T"]
    done = subprocess.run(line, cwd=root, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "--public-key" in done.stderr) == (2, True)
