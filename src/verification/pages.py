"""The pages behind a link that verifies an email. Their texts are in files of this folder: a title, then paragraphs.

No page runs a script or loads anything. The pages name no user, and no other site learns the link from them.
"""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

from utils.response import NO_STORE, Response

ASK, DONE, GONE = "ask", "done", "gone"
STATUS = {ASK: 200, DONE: 200, GONE: 410}
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": NO_STORE,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def page(kind: str, language: str) -> Response:
    """One page. The page that asks has a form, which sends a POST to the address of the page."""
    folder = Path(__file__).parent
    title, _, text = (folder / language / f"{kind}.txt").read_text(encoding="utf-8").partition("\n\n")
    *paragraphs, last = (html.escape(part.strip()) for part in text.split("\n\n"))
    form = f'<form method="post"><button>{last}</button></form>' if kind == ASK else f"<p>{last}</p>"
    content = "\n".join([*(f"<p>{each}</p>" for each in paragraphs), form])
    frame = Template((folder / "page.html").read_text(encoding="utf-8"))
    body = frame.substitute(language=language, title=html.escape(title), content=content)
    return Response(STATUS[kind], body, dict(HEADERS))
