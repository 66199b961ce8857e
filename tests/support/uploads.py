"""A form of an upload, sent as a browser sends it."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any


def upload(form: dict[str, Any], content: bytes, **changed: str) -> int:
    """Send a form, some fields changed; the status."""
    parts = [(f'name="{name}"', value.encode()) for name, value in {**form["fields"], **changed}.items()]
    parts.append(('name="file"; filename="a.jpg"', content))
    body = b"".join(
        b"--x\r\nContent-Disposition: form-data; " + name.encode() + b"\r\n\r\n" + value + b"\r\n"
        for name, value in parts
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(form["url"], body + b"--x--\r\n", headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
