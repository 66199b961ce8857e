"""A real browser for tests, by the WebDriver protocol, and a site for it on loopback.

@pytest.mark.needs("chromedriver")
def test_a_page(browser): ...
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.server import free_port

START_SECONDS = 30.0
PATIENCE = 20.0
# Without a screen, without a sandbox (tests may run as root), and without requests of its own.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class ScriptFailed(Exception):
    """The browser refused a command, or a script of a test threw an error."""


class Browser:
    """Chromium with an empty profile. The program `chromedriver` starts it."""

    def __init__(self) -> None:
        self.profile = tempfile.mkdtemp(prefix="users-api-browser-")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            ["chromedriver", f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._wait_for_driver()
            options = {"args": [*FLAGS, f"--user-data-dir={self.profile}"]}
            wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self._end()
            raise
        self.session = f"/session/{session}"

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is loaded."""
        self._ask("POST", f"{self.session}/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """The result of a function body in the page: `return arguments[0] + 1`. It waits for a promise."""
        return self._ask("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script: str, *arguments: Any, patience: float = PATIENCE) -> Any:
        """The first result of a script that is true in JavaScript's sense of a condition."""
        last = time.monotonic() + patience
        while not (found := self.run(script, *arguments)):
            assert time.monotonic() < last, f"waited in vain for: {script}; the console says {self.console()}"
            time.sleep(0.05)
        return found

    def console(self) -> list[str]:
        """What the page has written to the console since the last call, errors of loading included."""
        return [entry["message"] for entry in self._ask("POST", f"{self.session}/se/log", {"type": "browser"})]

    def type(self, selector: str, text: str) -> None:
        """Press keys in an element that a selector finds, as a person does; for a file, the text is its path."""
        found = self._ask("POST", f"{self.session}/element", {"using": "css selector", "value": selector})
        self._ask("POST", f"{self.session}/element/{next(iter(found.values()))}/value", {"text": text})

    def look(self, width: int = 1280, height: int = 900, *, dark: bool = False, calm: bool = False) -> None:
        """Be a screen of this size in CSS pixels, and a person who prefers dark or does without motion."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.tools("Emulation.setDeviceMetricsOverride", **size)
        wishes = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if calm else "",
        }
        features = [{"name": name, "value": value} for name, value in wishes.items()]
        self.tools("Emulation.setEmulatedMedia", features=features)

    def picture(self) -> bytes:
        """What a person sees, as PNG."""
        return base64.b64decode(self._ask("GET", f"{self.session}/screenshot"))

    def tools(self, command: str, **arguments: Any) -> Any:
        """A command of the browser's developer tools."""
        return self._ask("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": arguments})

    def windows(self) -> list[str]:
        """The handles of the windows, the oldest first."""
        return list(self._ask("GET", f"{self.session}/window/handles"))

    def switch(self, window: str) -> None:
        """Go on in another window."""
        self._ask("POST", f"{self.session}/window", {"handle": window})

    def click(self, selector: str) -> None:
        """Click on an element that a selector finds, as a person does: the page may open a window."""
        found = self._ask("POST", f"{self.session}/element", {"using": "css selector", "value": selector})
        self._ask("POST", f"{self.session}/element/{next(iter(found.values()))}/click", {})

    def stop(self) -> None:
        """End the browser and remove its profile."""
        with contextlib.suppress(ScriptFailed, OSError):
            self._ask("DELETE", self.session)
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def _wait_for_driver(self) -> None:
        last = time.monotonic() + START_SECONDS
        while True:
            try:
                self._ask("GET", "/status")
                return
            except OSError:
                assert self.process.poll() is None, f"chromedriver ended with {self.process.returncode}"
                assert time.monotonic() < last, f"chromedriver does not answer within {START_SECONDS:.0f} s"
                time.sleep(0.05)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One command of WebDriver. Raises ScriptFailed with what the browser says."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise ScriptFailed(json.load(error)["value"]["message"]) from None


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
