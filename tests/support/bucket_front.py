"""S3 before the emulated AWS, as browsers meet it: the rules for pages of other origins are those of template.yaml.

`make run` answers the question of a browser before a request (preflight) for every page. S3 answers by the rules of the
bucket: the first one that allows the origin, the method and each header that is asked for; without one, with a 403.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from local.template.transform import ROOT, load

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
CORS = "access-control-"
Headers = dict[str, str]


def rules(bucket: str) -> list[dict[str, Any]]:
    """The rules of a bucket of the template that is always asked with everything on."""
    resources = load(ROOT / "template.yaml", {"Events": "true", "Pictures": "true", "Bulk": "true"})["Resources"]
    return list(resources[bucket]["Properties"]["CorsConfiguration"]["CorsRules"])


def answered(found: list[dict[str, Any]], origin: str, method: str, asked: list[str]) -> Headers | None:
    """What S3 says of a request of a page: headers, or None if no rule allows it."""
    for rule in found:
        allowed = {name.lower() for name in rule.get("AllowedHeaders", [])}
        right = origin in rule["AllowedOrigins"] or "*" in rule["AllowedOrigins"]
        if right and method in rule["AllowedMethods"] and {name.lower() for name in asked} <= allowed:
            shown = "*" if "*" in rule["AllowedOrigins"] else origin
            more = {"Access-Control-Allow-Headers": ", ".join(asked)} if asked else {}
            methods = ", ".join(rule["AllowedMethods"])
            exposed = ", ".join(rule["ExposedHeaders"])
            return {
                "Access-Control-Allow-Origin": shown,
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Expose-Headers": exposed,
                **more,
            }
    return None


class BucketFront:
    """Serves the objects of the emulated AWS at `aws`, by the rules of one bucket, while it is entered."""

    def __init__(self, aws: str, bucket: str) -> None:
        self.aws, self.rules = urlsplit(aws), rules(bucket)
        self.preflights: list[str] = []  # the headers that browsers have asked for
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, body = front.response(self.command, self.path, dict(self.headers.items()), body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def response(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Headers, bytes]:
        """The response to one request."""
        told = {name.lower(): value for name, value in headers.items()}
        origin = told.get("origin", "")
        if method == "OPTIONS":
            asked = [each.strip() for each in told.get(f"{CORS}request-headers", "").split(",") if each.strip()]
            self.preflights += asked
            found = answered(self.rules, origin, told.get(f"{CORS}request-method", ""), asked)
            return (403, {}, b"") if found is None else (200, found, b"")
        connection = http.client.HTTPConnection(str(self.aws.hostname), self.aws.port, timeout=40)
        kept = {name: value for name, value in told.items() if name not in {*HOP, "host"}}
        connection.request(method, path, body or None, kept)
        response = connection.getresponse()
        own = {name: value for name, value in response.getheaders() if not name.lower().startswith((CORS, *HOP))}
        return response.status, {**own, **(answered(self.rules, origin, method, []) or {})}, response.read()
