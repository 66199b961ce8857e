"""python -m benchmarks.stage.certificate FOLDER - a test CA and a server certificate for localhost.

RSA 2048 and SHA-256, as the certificates of AWS's endpoints are.
"""

from __future__ import annotations

import sys
from pathlib import Path

import trustme


def make(folder: Path) -> None:
    """Write ca.pem, server.pem and server.key into `folder`."""
    authority = trustme.CA(key_type=trustme.KeyType.RSA)
    server = authority.issue_cert("localhost", "127.0.0.1", key_type=trustme.KeyType.RSA)
    folder.mkdir(parents=True, exist_ok=True)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    server.cert_chain_pems[0].write_to_path(folder / "server.pem")
    server.private_key_pem.write_to_path(folder / "server.key")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
