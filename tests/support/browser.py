"""A real browser for tests, and a site for it on loopback.

@pytest.mark.needs("chromedriver")
def test_a_page(browser): ...
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks.stage.browser import Browser, ScriptFailed

__all__ = ["Browser", "ScriptFailed", "Site"]


class Site:
    """Pages on loopback. `files` has (type, content) by path; `posts` has what answers a POST, as JSON."""

    def __init__(
        self, files: Mapping[str, tuple[str, str]], posts: Mapping[str, Callable[[], Any]] | None = None
    ) -> None:
        self.files = files = dict(files)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                kind, content = files.get(path, ("text/plain", ""))
                self.reply(200 if path in files else 404, kind, content)

            def do_POST(self) -> None:
                self.reply(200, "application/json", json.dumps((posts or {})[self.path]()))

            def reply(self, status: int, kind: str, content: str) -> None:
                body = content.encode()
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Close the site."""
        self.server.shutdown()
        self.server.server_close()
