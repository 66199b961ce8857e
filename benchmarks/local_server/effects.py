"""When a change of the local server has led to a letter and to a webhook delivery, by who receives them.

The times are seconds since the epoch. The emulated SES says when it took a letter. The
receiver is part of this process.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from benchmarks.ground.interpreter import BenchmarkError

MESSAGES = "/_ministack/ses/messages"
LOOK_EVERY = 0.05


class Deliveries:
    """A receiver of webhooks; `seen` is when it got the first delivery about each user."""

    def __init__(self) -> None:
        self.seen: dict[str, float] = {}
        deliveries = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Take a delivery."""
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                deliveries.seen.setdefault(str(body["data"]["userId"]), time.time())
                self.send_response(http.client.NO_CONTENT)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._url = f"http://localhost:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def subscribe(self, url: str) -> None:
        """Have new users delivered here."""
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        body = json.dumps({"url": self._url, "eventTypes": ["UserCreated"]})
        connection.request("POST", f"{urlsplit(url).path}/webhooks", body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
        connection.close()
        if status != http.client.CREATED:
            raise BenchmarkError(f"a webhook was not created: {status}")

    def stop(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()


def letters(endpoint: str) -> dict[str, float]:
    """When SES took the first letter to each address."""
    taken: dict[str, float] = {}
    with urllib.request.urlopen(f"{endpoint}{MESSAGES}", timeout=30) as response:
        accounts = json.load(response)["messages"].values()
    for account in accounts:
        for letter in account:
            at = float(letter["Timestamp"])
            taken[letter["To"][0]] = min(at, taken.get(letter["To"][0], at))
    return taken
