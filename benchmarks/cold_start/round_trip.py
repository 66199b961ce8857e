"""python -m benchmarks.cold_start.round_trip PORT CA_FILE - the median of a raw request to the stub over TLS, in ms.

What no client can be faster than: a ready-made request sent, a whole answer read.
"""

from __future__ import annotations

import socket
import ssl
import sys
import time

from benchmarks.ground.figures import summary
from benchmarks.stage.stub import RESPONSES

REQUEST = (
    b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\nContent-Length: 2\r\n\r\n{}"
)
CALLS = 2000


def main(port: int, authority: str) -> float:
    """Milliseconds, the median of CALLS."""
    context = ssl.create_default_context(cafile=authority)
    wanted = len(RESPONSES[b"GetItem"])
    times = []
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(CALLS):
            started = time.perf_counter()
            secure.sendall(REQUEST)
            left = wanted
            while left:
                left -= len(secure.recv(left))
            times.append((time.perf_counter() - started) * 1e3)
    return summary(times)["p50"]


if __name__ == "__main__":
    print(main(int(sys.argv[1]), sys.argv[2]))
