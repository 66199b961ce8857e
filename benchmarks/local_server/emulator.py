"""Our functions behind the gateway and the Lambda executor of the emulator."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from benchmarks.peers.packages import source_files
from benchmarks.peers.table import OUR_HANDLERS, SOURCE

ROLE = {"Version": "2012-10-17", "Statement": []}
ROUTES = {
    ("/users", "POST"): "create",
    ("/users", "GET"): "list",
    ("/users/{userId}", "GET"): "get",
    ("/users/{userId}", "PUT"): "update",
    ("/users/{userId}", "DELETE"): "delete",
}


def deployed(endpoint: str) -> str:
    """Deploy our functions and a REST API in front of them; the id of the API."""
    api = client(endpoint, "apigateway")
    rest = api.create_rest_api(name="users")["id"]
    parent = api.get_resources(restApiId=rest)["items"][0]["id"]
    resources = {"/users": api.create_resource(restApiId=rest, parentId=parent, pathPart="users")["id"]}
    resources["/users/{userId}"] = api.create_resource(
        restApiId=rest, parentId=resources["/users"], pathPart="{userId}"
    )["id"]
    arns = functions(endpoint)
    for (path, method), operation in ROUTES.items():
        api.put_method(restApiId=rest, resourceId=resources[path], httpMethod=method, authorizationType="NONE")
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arns[operation]}/invocations"
        api.put_integration(
            restApiId=rest,
            resourceId=resources[path],
            httpMethod=method,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=uri,
        )
    api.create_deployment(restApiId=rest, stageName="Prod")
    return str(rest)


def functions(endpoint: str) -> dict[str, str]:
    """Our functions, created in the emulator; their ARNs by operation."""
    role = client(endpoint, "iam").create_role(RoleName="benchmark", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"][
        "Arn"
    ]
    lambdas, code = client(endpoint, "lambda"), source_zip()
    variables = {"USERS_TABLE": "Users", "USER_KEYS_TABLE": "UserKeys", "CORS_ORIGIN": "*"}
    return {
        operation: lambdas.create_function(
            FunctionName=f"benchmark-{operation}",
            Runtime="python3.13",
            Role=role,
            Handler=handler,
            Code={"ZipFile": code},
            Timeout=10,
            MemorySize=256,
            Environment={"Variables": variables},
        )["FunctionArn"]
        for operation, handler in OUR_HANDLERS.items()
    }


def source_zip() -> bytes:
    """src/ as a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in source_files(SOURCE):
            archive.write(path, path.relative_to(SOURCE))
    return made.getvalue()


def client(endpoint: str, service: str) -> Any:
    """A client of the emulator."""
    import botocore.session

    return botocore.session.Session().create_client(
        service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )
