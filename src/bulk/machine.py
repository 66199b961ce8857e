"""Starts an execution of a state machine from a handler, over the transport of the DynamoDB client.

boto3 would take longer to load than the request takes. The two services share their protocol: a name in X-Amz-Target,
JSON in and out.
"""

from __future__ import annotations

import json
import time

from dynamodb.endpoints import AWS, PARTITIONS, Endpoint, _parsed
from dynamodb.errors import ConfigurationError, DynamoDBError, Throttled, Unavailable
from dynamodb.signing import Signer
from dynamodb.transport import HttpTransport
from utils.errors import ServiceUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from dynamodb.signing import Credentials
    from dynamodb.transport import CredentialSource

    Call = Callable[[str, dict[str, Any]], dict[str, Any]]

STARTED = "ExecutionAlreadyExists"  # by an attempt whose response was lost: its name is no other's


class StatesTransport(HttpTransport):
    """The transport, for AWS Step Functions."""

    def __init__(self, endpoint: Endpoint, credentials: CredentialSource, bundle: str = "") -> None:
        super().__init__(endpoint, credentials, bundle)
        self._signer = Signer(endpoint.region, "states")

    def request(self, operation: str, body: bytes, credentials: Credentials) -> bytes:
        """The whole HTTP request, signed at this moment."""
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now()))
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "host": self._host,
            "x-amz-date": timestamp,
            "x-amz-target": f"AWSStepFunctions.{operation}",
            **({"x-amz-security-token": credentials.token} if credentials.token else {}),
        }
        path = self._endpoint.path
        authorization = self._signer.authorization("POST", path, headers, body, credentials, timestamp)
        sent = {**headers, "authorization": authorization, "content-length": str(len(body))}
        lines = "".join([f"{name}: {value}\r\n" for name, value in sent.items()])
        return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


class Machine:
    """One state machine. `call(operation, request)` is the API of Step Functions."""

    def __init__(self, call: Call, arn: str) -> None:
        self._call = call
        self._arn = arn

    def start(self, name: str, document: Mapping[str, Any]) -> None:
        """Start the one execution of this name. Raises ServiceUnavailable."""
        request = {"stateMachineArn": self._arn, "name": name, "input": json.dumps(document)}
        try:
            self._call("StartExecution", request)
        except (Throttled, Unavailable) as error:
            raise ServiceUnavailable from error
        except DynamoDBError as error:
            if error.code != STARTED:
                raise


def endpoint_from(environ: Mapping[str, str]) -> Endpoint:
    """Where Step Functions is, by the standard variables."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
    if not region:
        raise ConfigurationError("no region: set AWS_REGION")
    custom = environ.get("AWS_ENDPOINT_URL_SFN") or environ.get("AWS_ENDPOINT_URL")
    if custom:
        return _parsed(custom, region)
    suffix = next((names[0] for prefix, names in PARTITIONS.items() if region.startswith(prefix)), AWS[0])
    return Endpoint(f"states.{region}.{suffix}", region)
