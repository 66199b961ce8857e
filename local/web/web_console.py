"""The pages at /console, for the people who run the service, from files of this checkout alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from local.wire.messages import Request, Response

PATH = "/console"
ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "web" / "console"
LIVE = "live.mjs"  # the client of live updates, which others copy from here too
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
METHODS = ("GET", "HEAD")
SELF = "'self'"


def has(request: Request) -> bool:
    """Whether a request is for one of these pages."""
    path = request.target.partition("?")[0]
    return request.method in METHODS and (path == PATH or path.startswith(f"{PATH}/"))


def response(request: Request, endpoint: str) -> Response:
    """The response to a request for one of these pages. `endpoint` is the address of the emulated AWS."""
    name = request.target.partition("?")[0].removeprefix(PATH).removeprefix("/")
    file = known().get(name) or renewed().get(name)
    if file is None or not file.is_file():
        return Response(404, [("Content-Type", "text/plain; charset=utf-8")], b"/console has no such file.\n")
    elsewhere = (endpoint, f"ws{endpoint.removeprefix('http')}") if endpoint else ()  # for uploads, and live updates
    return Response(200, [("Content-Type", TYPES[file.suffix]), *headers(*elsewhere)], file.read_bytes())


@cache
def known() -> dict[str, Path]:
    """The files as they were listed once: to list them costs more than to send one, and a page asks for all of them."""
    return files()


def renewed() -> dict[str, Path]:
    """The files as they are now, for a name that was not there."""
    known.cache_clear()
    return known()


def files() -> dict[str, Path]:
    """The files by the end of their path; that of the page is empty. A name that is not listed here leads nowhere."""
    found = {path.relative_to(OURS).as_posix(): path for path in OURS.rglob("*") if path.suffix in TYPES}
    return {**found, "": found["index.html"], LIVE: ROOT / "clients" / LIVE}


def headers(*elsewhere: str) -> list[tuple[str, str]]:
    """The headers that say what a browser may do with these pages. infra/console.yaml has the same ones."""
    return [
        ("Content-Security-Policy", policy(*elsewhere)),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-cache"),
    ]


def policy(*elsewhere: str) -> str:
    """Scripts and styles of files alone, and requests to the pages' own server and to what serves it `elsewhere`."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
        f" connect-src {' '.join([SELF, *elsewhere])}; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    )
