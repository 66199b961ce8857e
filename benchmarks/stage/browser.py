"""A real browser, by the WebDriver protocol. The program `chromedriver` starts it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

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
    """Chromium with an empty profile."""

    def __init__(self) -> None:
        self.profile = tempfile.mkdtemp(prefix="users-api-browser-")
        self.process = subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        try:
            self.url = f"http://127.0.0.1:{self._port()}"
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

    def _port(self) -> int:
        """The port that the driver has chosen, which it says."""
        assert self.process.stdout
        for line in self.process.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                return int(found[1])
        raise AssertionError(f"chromedriver ended with {self.process.wait()}")

    def _wait_for_driver(self) -> None:
        last = time.monotonic() + START_SECONDS
        while True:
            try:
                self._ask("GET", "/status")
            except OSError:
                assert self.process.poll() is None, f"chromedriver ended with {self.process.returncode}"
                assert time.monotonic() < last, f"chromedriver does not answer within {START_SECONDS:.0f} s"
                time.sleep(0.05)
            else:
                return

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One command of WebDriver. Raises ScriptFailed with what the browser says."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise ScriptFailed(json.load(error)["value"]["message"]) from None
