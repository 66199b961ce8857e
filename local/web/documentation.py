"""The pages at /docs: Swagger UI with the contract of the API, from files of this machine alone."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from local.wire.messages import Request, Response

PATH = "/docs"
SIGNED_IN = f"{PATH}/oauth2-redirect.html"  # where the sign-in page sends people back to
OURS = Path(__file__).resolve().parents[2] / "web" / "docs"
PACKAGE = "drf_spectacular_sidecar"  # it has the files of Swagger UI; nothing of it is imported
FOLDER = f"static/{PACKAGE}/swagger-ui-dist"
# The files by the last part of their path: whether they are ours, and their types.
FILES = {
    "": (True, "text/html; charset=utf-8"),
    "start.js": (True, "text/javascript; charset=utf-8"),
    "mend.js": (True, "text/javascript; charset=utf-8"),
    "mend.css": (True, "text/css; charset=utf-8"),
    "swagger-ui.css": (False, "text/css; charset=utf-8"),
    "swagger-ui-bundle.js": (False, "text/javascript; charset=utf-8"),
    "oauth2-redirect.html": (False, "text/html; charset=utf-8"),
    "oauth2-redirect.js": (False, "text/javascript; charset=utf-8"),
    "favicon-32x32.png": (False, "image/png"),
}
METHODS = ("GET", "HEAD")
SELF = "'self'"


def has(request: Request) -> bool:
    """Whether a request is for one of these pages, or is a browser's for the root."""
    path = request.target.partition("?")[0]
    if request.method not in METHODS or (path not in ("/", PATH) and not path.startswith(f"{PATH}/")):
        return False
    return path != "/" or any(name.lower() == "accept" and "text/html" in value for name, value in request.headers)


def response(request: Request) -> Response:
    """The response to a request for one of these pages."""
    path = request.target.partition("?")[0]
    if path == "/":
        return Response(302, [("Location", PATH), ("Cache-Control", "no-store")])
    name = path.removeprefix(PATH).removeprefix("/")
    if name not in FILES:
        return Response(404, [("Content-Type", "text/plain; charset=utf-8")], b"/docs has no such file.\n")
    return Response(200, [("Content-Type", FILES[name][1]), *headers()], file(name).read_bytes())


def file(name: str) -> Path:
    """A file of FILES. Raises FileNotFoundError if Swagger UI is not installed."""
    ours, _ = FILES[name]
    return OURS / (name or "index.html") if ours else theirs() / name


def headers(*elsewhere: str) -> list[tuple[str, str]]:
    """The headers that say what a browser may do with these pages. infra/console.yaml has the same ones.

    Swagger UI writes styles into the page, and has pictures in its style sheet. It signs in in a second window, so
    nothing separates windows here. `elsewhere` is where it may send requests besides its own server.
    """
    return [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
            f" font-src data:; connect-src {' '.join([SELF, *elsewhere])}; base-uri 'none'; form-action 'none';"
            " frame-ancestors 'none'",
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
    ]


@cache
def theirs() -> Path:
    """The folder of the files of Swagger UI."""
    spec = importlib.util.find_spec(PACKAGE)
    places = spec and spec.submodule_search_locations
    if not places:
        raise FileNotFoundError(f"{PACKAGE} is not installed: run `python3 tools/install.py run`")
    return Path(places[0]) / FOLDER
