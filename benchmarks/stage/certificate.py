"""python -m benchmarks.stage.certificate FOLDER - a test CA and a server certificate for localhost, valid for two days.

RSA 2048 and SHA-256, as the certificates of AWS's endpoints are. Needs the `cryptography` package.
"""

from __future__ import annotations

import datetime
import ipaddress
import sys
from pathlib import Path
from typing import Any

FILES = ("ca.pem", "server.pem", "server.key")


def make(folder: Path) -> None:
    """Write ca.pem, server.pem and server.key into `folder`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    ca_key, server_key = new_key(), new_key()
    ca_name = named("Benchmark test CA")
    ca = (
        builder(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    server = (
        builder(named("localhost"), ca_name, server_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(names, critical=False)
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ca.pem").write_bytes(signed(ca, ca_key))
    (folder / "server.pem").write_bytes(signed(server, ca_key))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def new_key() -> Any:
    """An RSA key."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def named(common_name: str) -> Any:
    """A distinguished name."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def key_usage(certificates: bool) -> Any:
    """What the key may sign: certificates (a CA) or handshakes (a server)."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not certificates,
        key_encipherment=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def builder(subject: Any, issuer: Any, public_key: Any) -> Any:
    """A certificate begun: names, key, and validity from yesterday to tomorrow."""
    from cryptography import x509

    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
    )


def signed(begun: Any, key: Any) -> bytes:
    """The certificate as PEM."""
    from cryptography.hazmat.primitives import hashes, serialization

    return bytes(begun.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
