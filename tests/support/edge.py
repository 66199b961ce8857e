"""The distribution of infra/console.yaml on loopback: its behaviours choose, cache, forward and add headers as written.

By CloudFront's documentation: the first pattern that matches decides; a method that a behaviour does not allow gets a
403; CachingDisabled keeps nothing; AllViewerExceptHostHeader forwards everything but the host; the path of an origin is
put before that of the request; a policy of response headers replaces what the origin sent. The names of AWS become
addresses of this machine, as a resolver would do it.
"""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

from local.template.transform import ROOT, load
from tools.pages import File

CONSOLE = ROOT / "infra" / "console.yaml"
NAME = "d111111abcdef8.cloudfront.net"
API = {"ApiStack": "users-api", "ApiId": "abc123"}
OPTIMIZED, DISABLED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
READ_ONLY = ["GET", "HEAD"]
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
Resources = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]


def console(**parameters: str) -> Resources:
    """The resources of the stack, with nothing left to resolve."""
    return dict(load(CONSOLE, {**API, **parameters}, attributes={("Distribution", "DomainName"): NAME})["Resources"])


def distribution(resources: Resources) -> dict[str, Any]:
    """What is written of the distribution."""
    return dict(resources["Distribution"]["Properties"]["DistributionConfig"])


def behaviour(resources: Resources, path: str) -> dict[str, Any]:
    """The behaviour that a path has."""
    config = distribution(resources)
    chosen = (each for each in config["CacheBehaviors"] if fnmatchcase(path, each["PathPattern"]))
    return dict(next(chosen, config["DefaultCacheBehavior"]))


def added(resources: Resources, chosen: Mapping[str, Any]) -> dict[str, str]:
    """The headers that a behaviour adds to each response."""
    policies = {
        f"users-api-{name}": block["Properties"]["ResponseHeadersPolicyConfig"]
        for name, block in resources.items()
        if block["Type"] == "AWS::CloudFront::ResponseHeadersPolicy"
    }
    if "ResponseHeadersPolicyId" not in chosen:
        return {}
    policy = policies[chosen["ResponseHeadersPolicyId"]]
    secure = policy["SecurityHeadersConfig"]
    return {
        "Content-Security-Policy": secure["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff" if secure["ContentTypeOptions"] else "",
        "Referrer-Policy": secure["ReferrerPolicy"]["ReferrerPolicy"],
        "Strict-Transport-Security": f"max-age={secure['StrictTransportSecurity']['AccessControlMaxAgeSec']}",
        **{it["Header"]: it["Value"] for it in policy.get("CustomHeadersConfig", {}).get("Items", [])},
    }


class Edge:
    """Serves a distribution whose bucket has `files`, before an API at `api`, while it is entered.

    `names` has what of AWS is where on this machine.
    """

    def __init__(self, resources: Resources, api: str, names: Mapping[str, str]) -> None:
        self.resources, self.api, self.names = resources, urlsplit(api), dict(names)
        self.files: dict[str, File] = {}
        self.kept: dict[str, Answer] = {}
        edge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status, headers, body = edge.answered(
                    self.command, self.path, dict(self.headers.items()), self.rfile.read(length)
                )
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
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

    def answered(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The response to one request."""
        chosen = behaviour(self.resources, target.partition("?")[0])
        if method not in chosen.get("AllowedMethods", READ_ONLY):
            return 403, {"Content-Type": "text/html"}, b"not supported by the distribution"
        caches = chosen["CachePolicyId"] != DISABLED and method in READ_ONLY
        if caches and target in self.kept:
            return self.kept[target]
        sent = headers if chosen.get("OriginRequestPolicyId") == ALL_BUT_HOST else {}
        status, found, body = self.of_origin(chosen["TargetOriginId"], method, target, sent, body)
        if chosen["Compress"] and caches and "gzip" in headers.get("Accept-Encoding", ""):
            body, found = gzip.compress(body), {**found, "Content-Encoding": "gzip"}
            found["ETag"] = f"W/{found['ETag']}" if "ETag" in found else ""
        extra = {name: self.here(value) for name, value in added(self.resources, chosen).items()}
        if caches:
            self.kept[target] = (status, {**found, **extra}, body)
        return status, {**found, **extra}, body

    def of_origin(self, origin: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The response of an origin: the bucket, or the API at its stage."""
        [found] = [each for each in distribution(self.resources)["Origins"] if each["Id"] == origin]
        path = found.get("OriginPath", "") + target
        if "S3OriginConfig" in found:
            file = self.files.get(path.partition("?")[0].removeprefix("/"))
            if file is None:
                return 403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>"
            told = {"Content-Type": file.kind, "ETag": f'"{file.digest}"'}
            return 200, told, self.here(file.body.decode("latin-1")).encode("latin-1")
        if not path.startswith("/Prod/"):
            return 403, {"Content-Type": "application/json"}, b'{"message":"Forbidden"}'
        return self.of_api(method, path.removeprefix("/Prod"), headers, body)

    def of_api(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The response of the API. It has no stage on this machine, and puts one before its own addresses on AWS."""
        connection = http.client.HTTPConnection(str(self.api.hostname), self.api.port, timeout=40)
        kept = {name: value for name, value in headers.items() if name.lower() not in {*HOP, "host"}}
        connection.request(method, path, body or None, kept)
        response = connection.getresponse()
        told = {name: self.here(value) for name, value in response.getheaders() if name.lower() not in HOP}
        if told.get("Location", "").startswith("/"):
            told["Location"] = f"/Prod{told['Location']}"
        return response.status, told, self.here(response.read().decode("latin-1")).encode("latin-1")

    def here(self, text: str) -> str:
        """A text with the names of AWS as addresses of this machine."""
        for name, place in self.names.items():
            text = text.replace(name, place)
        return text
