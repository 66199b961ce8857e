"""The console of `make run` in a browser: bytes, requests, the first paint and the first rows, with few and many users.

Both servers run at once and are opened in turn, so that other work on the machine meets both alike. Each time the
browser has an empty cache, and the figures are its own.
"""

from __future__ import annotations

import datetime
import shutil
from contextlib import ExitStack
from typing import Any

from benchmarks.ground.figures import summary
from benchmarks.ground.interpreter import BenchmarkError, running
from benchmarks.local_server.searches import Asker, first_of_each, server
from benchmarks.stage import machine
from benchmarks.stage.browser import Browser

SIZES = (50, 50_000)
ROUNDS, WARM_UP = 30, 3
DRIVER = "chromedriver"
# Set on each new page: when the first row is there, in milliseconds since the navigation began.
WATCH = """
new MutationObserver((_, watching) => {
  if (!document.querySelector("#rows tr")) return;
  window.firstRows = performance.now();
  watching.disconnect();
}).observe(document, { childList: true, subtree: true });
"""
FOUND = """
const files = performance.getEntriesByType("resource").filter((it) => it.startTime < window.firstRows);
const [page] = performance.getEntriesByType("navigation");
const sent = [page, ...files].filter((it) => new URL(it.name).pathname.startsWith("/console"));
return {
  paint: performance.getEntriesByType("paint").find((it) => it.name === "first-contentful-paint")?.startTime,
  rows: window.firstRows,
  files: sent.length,
  bytes: sent.reduce((sum, it) => sum + it.encodedBodySize, 0),
  requests: files.length + 1,
};
"""
COUNTED = ("files", "bytes", "requests")


def run(load: float, sizes: tuple[int, ...] = SIZES, rounds: int = ROUNDS) -> dict[str, Any]:
    """All figures. `load`: what was on the machine before. Raises BenchmarkError without a browser."""
    if not shutil.which(DRIVER):
        raise BenchmarkError(f"{DRIVER} is not installed")
    with ExitStack() as stack:
        urls = {str(size): stack.enter_context(server(size)) for size in sizes}
        for url in urls.values():
            first_of_each(Asker(url))
        browser = Browser()
        stack.callback(browser.stop)
        seen = visits(browser, urls, rounds)
    counts = {name: {visit[name] for found in seen.values() for visit in found} for name in COUNTED}
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine.description(running(), load),
        "rounds": rounds,
        **{name: max(found) for name, found in counts.items()},
        "paint_ms": {size: summary([visit["paint"] for visit in found]) for size, found in seen.items()},
        "rows_ms": {size: summary([visit["rows"] for visit in found]) for size, found in seen.items()},
    }


def visits(browser: Browser, urls: dict[str, str], rounds: int) -> dict[str, list[dict[str, float]]]:
    """What the browser says of each visit, for each size."""
    browser.look()
    browser.tools("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
    seen: dict[str, list[dict[str, float]]] = {size: [] for size in urls}
    for number in range(WARM_UP + rounds):
        for size, url in urls.items():
            browser.open("about:blank")
            browser.tools("Network.clearBrowserCache")
            browser.open(f"{url}/console")
            browser.until("return window.firstRows")
            if number >= WARM_UP:
                seen[size].append(browser.run(FOUND))
    return seen
