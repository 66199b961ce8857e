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
            for version in client("s3").list_object_versions(Bucket=bucket).get("Versions", [])
        ],
    }


def test_cleanup_leaves_nothing_but_what_it_says(stack: Stack) -> None:
    there = left(stack)
    assert all(there.values()), f"nothing to remove, so nothing would be shown: {there}"
    done = stack.script("cleanup.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: found for name, found in left(stack).items() if found} == {}
    stays = [line for line in done.stdout.splitlines() if line.startswith("stays  ")]
    buckets = [bucket["Name"] for bucket in stack.cloud.client("s3").list_buckets()["Buckets"]]
    assert stays == [f"stays  the bucket {bucket}, which the SAM CLI shares between stacks" for bucket in buckets]


def test_cleanup_can_run_again(stack: Stack) -> None:
    done = stack.script("cleanup.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"there is no stack {NAME} in us-east-1" in done.stdout
