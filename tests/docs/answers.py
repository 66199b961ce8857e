"""What a document prints beside what really came: equal, with ids, times and cursors standing for each other."""

from __future__ import annotations

import json
import re
from typing import Any

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
_CURSOR = r"\b(?:AQ[A-Za-z0-9_-]{53}|Ag[A-Za-z0-9_-]{80,})"  # of the list, and of a search
_API_KEY = r"\b[A-Za-z0-9]{40}\b"
ANY_LIST = "[...]"
_CHANGING = re.compile(f"{_UUID}|{_TIME}|{_CURSOR}|{_API_KEY}")


class Mismatch(AssertionError):
    """A document prints what the API does not answer."""


class Stand:
    """What each printed id, time or key stands for on one page: the same one for the same, another for another."""

    def __init__(self) -> None:
        self._actual: dict[str, str] = {}

    def actual(self, text: str) -> str:
        """A text of the document with what is known of it put in."""
        return _CHANGING.sub(lambda found: self._actual.get(found[0], found[0]), text)

    def compare(self, printed: str, came: str, where: str) -> None:
        """Raise Mismatch unless the texts are equal, their ids, times and keys each standing for one."""
        if _CHANGING.sub("*", printed) != _CHANGING.sub("*", came):
            raise Mismatch(f"{where}: printed {printed!r}, came {came!r}")
        for theirs, ours in zip(_CHANGING.findall(printed), _CHANGING.findall(came), strict=True):
            self._note(theirs, ours, where)

    def _note(self, printed: str, came: str, where: str) -> None:
        known = self._actual.setdefault(printed, came)
        ids = {actual for name, actual in self._actual.items() if re.fullmatch(_UUID, name)}
        # two times or two cursors may be one where little time passes between them, two ids never
        if known != came or len(ids) < sum(bool(re.fullmatch(_UUID, name)) for name in self._actual):
            raise Mismatch(f"{where}: printed {printed}, which stood for {known}; came {came}")


def compare_answer(stand: Stand, printed: str, came: str, where: str) -> None:
    """An HTTP answer: the status line, the headers that are printed, and the body."""
    theirs, ours = _parts(printed), _parts(came)
    if theirs[0] != ours[0]:
        raise Mismatch(f"{where}: printed {theirs[0]}, came {came}")
    for name, value in theirs[1].items():
        if name not in ours[1]:
            raise Mismatch(f"{where}: there is no header {name} in {came}")
        stand.compare(value, ours[1][name], f"{where}, {name}")
    _compare_body(stand, theirs[2], ours[2], where)


def _parts(answer: str) -> tuple[str, dict[str, str], str]:
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.strip().split("\n")
    headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return status.strip(), {name.lower(): value for name, value in headers.items()}, body.strip()


def _compare_body(stand: Stand, printed: str, came: str, where: str) -> None:
    if not printed.startswith("{"):
        stand.compare(printed, came, where)
        return
    try:
        theirs, ours = json.loads(printed.replace("[...]", f'"{ANY_LIST}"')), json.loads(came)
    except ValueError:
        raise Mismatch(f"{where}: the body is not JSON: {printed} and {came}") from None
    # as text, because the order of members is what a reader sees
    stand.compare(_text(theirs), _text(_hidden(theirs, ours)), where)


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


def _hidden(printed: Any, came: Any) -> Any:
    """What came, with the lists hidden that are printed as [...]."""
    if printed == ANY_LIST and isinstance(came, list):
        return ANY_LIST
    if isinstance(printed, dict) and isinstance(came, dict):
        return {name: _hidden(printed.get(name), value) for name, value in came.items()}
    return came


def compare_output(stand: Stand, printed: str, came: str, where: str) -> None:
    """What a command prints; a line `...` stands for any lines."""
    lines, rest = came.splitlines(), printed.splitlines()
    while rest:
        line = rest.pop(0)
        if line.strip() == "...":
            while lines and (not rest or _CHANGING.sub("*", lines[0]) != _CHANGING.sub("*", rest[0])):
                lines.pop(0)
            continue
        if not lines:
            raise Mismatch(f"{where}: printed {line!r}, nothing came")
        stand.compare(line.rstrip(), lines.pop(0).rstrip(), where)
    if lines:
        raise Mismatch(f"{where}: came besides: {lines}")
