"""TLS: who is trusted, and who is not."""

from __future__ import annotations

import datetime
import ssl
import subprocess
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from dynamodb import connection
from dynamodb.connection import ROOTS, Connector
from dynamodb.errors import NoResponse
from tests.unit.dynamodb.certificates import DAY, Authority
from tests.unit.dynamodb.scripted_server import OK, ScriptedServer, hang, say
from tests.unit.dynamodb.test_connection import REQUEST

# SHA-256 of the certificates, as Amazon Trust Services publishes them.
FINGERPRINTS = {
    "Amazon Root CA 1": "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
    "Amazon Root CA 2": "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
    "Amazon Root CA 3": "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
    "Amazon Root CA 4": "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
    "Starfield Services Root Certificate Authority - G2": (
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5"
    ),
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "Ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "Another")


def roots_of(authority: Authority, folder: Path) -> str:
    """A folder of roots as OpenSSL looks one up: named by the hash of the subject."""
    named = subprocess.run(
        ["openssl", "x509", "-noout", "-subject_hash", "-in", authority.file],
        capture_output=True,
        text=True,
        check=True,
    )
    (folder / f"{named.stdout.strip()}.0").write_bytes(authority.file.read_bytes())
    return str(folder)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_the_kept_roots_are_amazons_and_in_force():
    kept = {}
    for file in Path(ROOTS).iterdir():
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        name = str(certificate.subject.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)[0].value)
        kept[name] = certificate.fingerprint(hashes.SHA256()).hex()
        assert certificate.not_valid_after_utc > datetime.datetime.now(datetime.UTC) + 365 * DAY
        assert file.read_text().startswith(f"{name}\n")
    assert kept == FINGERPRINTS


@pytest.mark.needs("openssl")
@pytest.mark.parametrize("name", FINGERPRINTS)
def test_each_kept_root_lies_where_openssl_looks_for_it(name):
    certificate = next(file for file in Path(ROOTS).iterdir() if file.read_text().startswith(f"{name}\n"))
    named = subprocess.run(
        ["openssl", "x509", "-noout", "-subject_hash", "-in", certificate], capture_output=True, text=True, check=True
    )
    assert certificate.name == f"{named.stdout.strip()}.0"


def test_a_server_of_a_named_bundle_is_trusted(authority):
    with ScriptedServer([say(OK), say(OK)], tls=authority.server()) as server:
        one = Connector("localhost", server.port, tls=True, bundle=str(authority.file)).connect(1)
        assert one.exchange(REQUEST, 1)[2] == b"{}"
        assert one.alive()
        assert one.exchange(REQUEST, 1)[2] == b"{}"


@pytest.mark.needs("openssl")
def test_only_the_root_that_is_needed_is_read(authority, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "ROOTS", roots_of(authority, tmp_path))
    monkeypatch.setattr(connection, "trusting_platform", ssl.SSLContext)
    with ScriptedServer([say(OK)], tls=authority.server()) as server:
        assert Connector("localhost", server.port, tls=True).connect(1).exchange(REQUEST, 1)[2] == b"{}"


def test_the_session_tickets_of_tls_do_not_look_like_an_end(authority):
    context = authority.server()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    with ScriptedServer([say(OK)], tls=context) as server:
        one = Connector("localhost", server.port, tls=True, bundle=str(authority.file)).connect(1)
        time.sleep(0.1)
        assert one.alive()
        assert one.exchange(REQUEST, 1)[2] == b"{}"


def test_an_idle_tls_connection_that_the_server_ended_is_not_alive(authority):
    with ScriptedServer([say(OK)], tls=authority.server()) as server:
        one = Connector("localhost", server.port, tls=True, bundle=str(authority.file)).connect(1)
        one.exchange(REQUEST, 1)
        time.sleep(0.1)
        assert not one.alive()


def refused(server: ScriptedServer, bundle: str = "") -> NoResponse:
    with pytest.raises(NoResponse) as raised:
        Connector("localhost", server.port, tls=True, bundle=bundle).connect(1)
    assert not raised.value.sent
    assert server.requests == []
    return raised.value


def test_a_wrong_name_is_refused(authority):
    with ScriptedServer([say(OK)], tls=authority.server("dynamodb.us-east-1.example.com")) as server:
        assert "ostname mismatch" in str(refused(server, str(authority.file)))


def test_an_expired_certificate_is_refused(authority):
    with ScriptedServer([say(OK)], tls=authority.server(ends=-DAY)) as server:
        assert "expired" in str(refused(server, str(authority.file)))


def test_an_unknown_root_is_refused_by_the_kept_roots_and_by_the_platform(stranger):
    with ScriptedServer([say(OK)], tls=stranger.server()) as server:
        assert "CERTIFICATE_VERIFY_FAILED" in str(refused(server))
        assert server.connections == 2


def test_a_named_bundle_is_the_only_one_trusted(authority, stranger):
    with ScriptedServer([say(OK)], tls=stranger.server()) as server:
        refused(server, str(authority.file))
        assert server.connections == 1


def test_a_root_the_platform_trusts_is_trusted_after_the_kept_ones_failed(authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with ScriptedServer([say(OK)], tls=authority.server()) as server:
        connector = Connector("localhost", server.port, tls=True)
        assert connector.connect(1).exchange(REQUEST, 1)[2] == b"{}"
        assert server.connections == 2
        connector.connect(1)
        time.sleep(0.05)
        assert server.connections == 3


@pytest.mark.needs("openssl")
def test_the_platform_is_not_asked_about_a_wrong_name_or_an_expired_certificate(authority, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "ROOTS", roots_of(authority, tmp_path))
    for context in (authority.server("other.example"), authority.server(ends=-DAY)):
        with ScriptedServer([say(OK)], tls=context) as server:
            refused(server)
            assert server.connections == 1


def test_a_wrong_name_is_refused_by_the_platforms_roots_too(authority, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with ScriptedServer([say(OK)], tls=authority.server("other.example")) as server:
        refused(server)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_tls_is_refused(authority):
    context = authority.server()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with ScriptedServer([say(OK)], tls=context) as server:
        refused(server, str(authority.file))


def test_a_server_without_tls_is_refused():
    with ScriptedServer([say(OK)]) as server, pytest.raises(NoResponse):
        Connector("localhost", server.port, tls=True).connect(0.5)


def test_a_handshake_that_hangs_ends_at_the_time_out(monkeypatch):
    with ScriptedServer([hang(1)]) as server:
        begun = time.monotonic()
        with pytest.raises(NoResponse):
            Connector("localhost", server.port, tls=True).connect(0.2)
        assert time.monotonic() - begun < 0.9


def test_a_bundle_that_is_not_there_is_a_failure_to_connect(tmp_path):
    with ScriptedServer([say(OK)]) as server, pytest.raises(NoResponse, match="FileNotFound"):
        Connector("localhost", server.port, tls=True, bundle=str(tmp_path / "none.pem")).connect(1)
