"""An import: each row of a file is a POST /users, some at once, with an idempotency key that outlives the process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from users_cli.client import IN_PROGRESS, Api
from users_cli.failures import Failure, Refused
from users_cli.journal import Journal
from users_cli.table_files import Row

ATTEMPTS = 10  # for one row: more than a minute
# the same row always gets these; other statuses stop the import
OF_THE_ROW = frozenset({400, 409, 413, 422})
KEPT = ("code", "title", "detail", "errors", "requestId")  # the parts of a problem document that are kept
AHEAD = 4  # rows that wait for each thread


class Import:
    """One run over the rows that are not done yet. `told` is called after each row, by one thread at a time."""

    def __init__(self, api: Api, journal: Journal, parallel: int, told: Callable[[], None]) -> None:
        self._api = api
        self._journal = journal
        self._parallel = parallel
        self._told = told
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(parallel * AHEAD)
        self._failure: Exception | None = None
        self._stopped = threading.Event()

    def run(self, rows: Iterable[Row]) -> None:
        """Send the rows that are not done. Raises the failure that has stopped it, after all requests under way."""
        with ThreadPoolExecutor(self._parallel) as pool:
            try:
                for row in rows:
                    if row.number in self._journal.done:
                        continue
                    self._slots.acquire()
                    if self._stopped.is_set():
                        break
                    pool.submit(self._send, row)
            except BaseException:  # Ctrl-C too: rows that wait are not sent any more
                self._stopped.set()
                raise
        if self._failure:
            raise self._failure

    def _send(self, row: Row) -> None:
        """Send one row, and write down what became of it. The first failure that is not the row's stops the import."""
        try:
            if not self._stopped.is_set():
                self._settle(row, outcome(self._api, row, self._journal.key(row.number)))
        except Exception as error:  # noqa: BLE001 - it goes on in the thread that waits
            with self._lock:
                self._failure = self._failure or error
            self._stopped.set()
        finally:
            self._slots.release()

    def _settle(self, row: Row, found: dict[str, Any]) -> None:
        with self._lock:
            self._journal.settle(row.number, found)
            self._told()


def outcome(api: Api, row: Row, key: str) -> dict[str, Any]:
    """The outcome of a row: the id of its user, or the problem. Raises Failure if it is not about the row."""
    try:
        response = api.request("POST", "/users", body=row.body, headers={"Idempotency-Key": key})
    except Refused as refusal:
        if refusal.problem.get("status") not in OF_THE_ROW or refusal.problem.get("code") == IN_PROGRESS:
            raise
        return {name: refusal.problem[name] for name in KEPT if name in refusal.problem}
    return {"userId": response.json()["userId"]}


class RowsRefused(Failure):
    """Rows of a file that the API has refused."""

    code = "rows_refused"
