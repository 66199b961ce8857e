"""The page /outbox of `make run`: the mail that AWS would have sent, the newest first.

The page runs no script. Each message has its own sandboxed frame, so it cannot read the page. Links to the API of the
stack lead to the local server, and the page shows them so.
"""

from __future__ import annotations

import html
import re
import time
from typing import Any

from local.direct import fetch
from local.wire.messages import Response

PATH = "/outbox"
MESSAGES = "/_ministack/ses/messages"
MOST = 100  # messages on the page
DEPLOYED = re.compile(r"https://[A-Za-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com/Prod\b")  # where AWS has the API
HEADERS = [  # of the pages for signing up too
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),
]
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Outbox</title>
<body style="font: 16px/1.5 sans-serif; max-width: 48em; margin: 2em auto; overflow-wrap: anywhere">
<h1>Outbox</h1>
<p>This mail would have been sent. Reload the page to see newer mail.</p>
{messages}
</body></html>
"""
MESSAGE = """<h2><bdi>{subject}</bdi></h2>
<p>{time}, to <bdi>{to}</bdi>, from <bdi>{sender}</bdi></p>
<iframe title="{subject}" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{page}"
 style="width: 100%; height: 16em; border: 1px solid #999"></iframe>
<details><summary>As text</summary><pre style="white-space: pre-wrap">{text}</pre></details>
"""


def response(endpoint: str, host: str) -> Response:
    """The page. `host` is the address that the browser has asked for."""
    accounts = fetch(f"{endpoint}{MESSAGES}")["messages"].values()
    return Response(200, list(HEADERS), page([message for account in accounts for message in account], host).encode())


def page(messages: list[dict[str, Any]], host: str) -> str:
    """The messages as HTML. All that they say is text here, and their own HTML is inside the frames."""
    newest = sorted(messages, key=lambda message: float(message["Timestamp"]), reverse=True)[:MOST]
    return PAGE.format(messages="\n".join(shown(message, host) for message in newest) or "<p>There is none yet.</p>")


def shown(message: dict[str, Any], host: str) -> str:
    """One message."""
    words = {
        "subject": message["Subject"],
        "time": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(message["Timestamp"]))),
        "to": ", ".join(message["To"]),
        "sender": message["Source"],
        "page": led_here(message["BodyHtml"], host) or f"<pre>{html.escape(message['BodyText'])}</pre>",
        "text": led_here(message["BodyText"], host),
    }
    return MESSAGE.format_map({name: html.escape(str(text)) for name, text in words.items()})


def led_here(text: str | None, host: str) -> str:
    """A text whose links lead to this server."""
    return DEPLOYED.sub(lambda _: f"http://{host}", text or "")
