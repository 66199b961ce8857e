"""cleanup.sh: what goes, what stays, twice."""

from __future__ import annotations

from tests.deployed.stack import NAME, Stack


def left(stack: Stack) -> dict[str, list[str]]:
    """What the account still holds of what the template makes, by service."""
    client = stack.cloud.client
    buckets = [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]]
    return {
        "functions": [each["FunctionName"] for each in client("lambda").list_functions()["Functions"]],
        "tables": client("dynamodb").list_tables()["TableNames"],
        "roles": [each["RoleName"] for each in client("iam").list_roles()["Roles"] if NAME in each["RoleName"]],
        "logs": [each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]],
        "apis": [each["id"] for each in client("apigateway").get_rest_apis()["items"]],
        "keys": [each["id"] for each in client("apigateway").get_api_keys()["items"]],
        "plans": [each["id"] for each in client("apigateway").get_usage_plans()["items"]],
        "alarms": [each["AlarmName"] for each in client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "uploads": [
            version["Key"]
            for bucket in buckets
            for found in [client("s3").list_object_versions(Bucket=bucket)]
            for version in found.get("Versions", []) + found.get("DeleteMarkers", [])
        ],
    }


def test_cleanup_leaves_nothing_but_what_it_says(stack: Stack) -> None:
    """test_deploy.py has left it two buckets, one of which the template retains."""
    s3, names = stack.cloud.client("s3"), stack.resources()
    for body in (b"one", b"two"):
        s3.put_object(Bucket=names["ProofBucket"], Key="folder/name with space", Body=body)
    s3.delete_object(Bucket=names["ProofBucket"], Key="folder/name with space")
    s3.put_object(Bucket=names["KeptBucket"], Key="kept", Body=b"kept")
    there = left(stack)
    assert all(there.values()), f"nothing to remove, so nothing would be shown: {there}"
    done = stack.script("cleanup.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: found for name, found in left(stack).items() if found} == {"uploads": ["kept"]}
    uploads = next(each["Name"] for each in s3.list_buckets()["Buckets"] if each["Name"] != names["KeptBucket"])
    assert [line for line in done.stdout.splitlines() if line.startswith("keeps    ")] == [
        f"keeps    KeptBucket\tAWS::S3::Bucket\t{names['KeptBucket']}",
        f"keeps    the bucket {uploads}, which the SAM CLI shares between stacks",
        "keeps    the stack api-gateway-logs, which API Gateway needs for the logs of all APIs",
    ]


def test_cleanup_can_run_again(stack: Stack) -> None:
    done = stack.script("cleanup.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"there is no stack {NAME} in us-east-1" in done.stdout
