"""Releases: what SAM makes of the template with and without GradualDeployment, and when it publishes a version."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import resolve, transform, transformed
from tests.template.linted import write_transformed
from tests.template.stack import TEMPLATE, actual

USERS = ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser")
# Another value of each parameter, where it is not the next one that is allowed.
OTHER = {
    "UsersTableName": "People",
    "CorsOrigin": "https://app.example.com",
    "CustomerKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "LogKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "DomainName": "api.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
    "HostedZoneId": "Z0123456789ABCDEFGHIJ",
    "TruststoreUri": "s3://trusted/ca.pem",
    "TruststoreVersion": "v2",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
    "SignInDomain": "people",
    "SignInPages": "https://app.example.com/",
    "MailSender": "users@example.com",
    "MailIdentityArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    "MailLinksUrl": "https://api.example.com",
    "MailOperators": "operators@example.com",
    "CacheEndpoint": "rediss://cache.example.com:6379",
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
    "ReplicaRegion": "eu-west-1",
    "ReplicaKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
}
ON = {"Events": "true", "Search": "true"}  # so that what depends on both can change


@cache
def made(*given: tuple[str, str]) -> str:
    """What SAM makes of the template with these parameters in its text, as CloudFormation puts them there first."""
    source = read_template(TEMPLATE)
    values = parameter_values(source, dict(given))
    source.tree["Globals"] = filled(source.tree["Globals"], values)
    for name in USERS:
        source.tree["Resources"][f"{name}Function"] = filled(source.tree["Resources"][f"{name}Function"], values)
    return json.dumps(transform(source, values))


def filled(node, values):
    """A part of the template with its parameters replaced by their values."""
    match node:
        case {"Ref": str(name)} if name in values:
            return values[name]
        case dict():
            return {key: filled(item, values) for key, item in node.items()}
        case list():
            return [filled(item, values) for item in node]
    return node


def resources(**given):
    return json.loads(made(*sorted(given.items())))["Resources"]


def kinds(blocks):
    return Counter(block["Type"].removeprefix("AWS::") for block in blocks.values() if "CodeDeploy" in block["Type"])


def test_without_gradual_deployment_there_are_aliases_and_nothing_of_codedeploy():
    blocks = resources()
    assert kinds(blocks) == {}
    aliases = {name: block for name, block in blocks.items() if block["Type"] == "AWS::Lambda::Alias"}
    assert set(aliases) == {f"{name}FunctionAliaslive" for name in USERS}
    assert not any("UpdatePolicy" in block for block in aliases.values())
    there = resolve(json.loads(made()), parameter_values(read_template(TEMPLATE), {}))["Resources"]
    assert not [name for name in there if "Release" in name]


def test_with_gradual_deployment_each_function_of_users_has_a_group():
    blocks = resources(GradualDeployment="true")
    assert kinds(blocks) == {"CodeDeploy::Application": 1, "CodeDeploy::DeploymentGroup": 5}
    for name in USERS:
        policy = blocks[f"{name}FunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert policy["DeploymentGroupName"] == {"Ref": f"{name}FunctionDeploymentGroup"}
        assert policy["BeforeAllowTrafficHook"]["Fn::If"][:2] == ["GradualOn", {"Ref": "CheckReleaseFunction"}]


def test_a_group_has_our_role_our_alarms_and_the_steps_that_were_asked_for():
    blocks = resources(GradualDeployment="true", TrafficShift="Linear10PercentEvery2Minutes")
    group = blocks["GetUserFunctionDeploymentGroup"]["Properties"]
    assert "CodeDeployServiceRole" not in blocks, "SAM's own role has managed policies"
    assert group["ServiceRoleArn"]["Fn::If"][:2] == ["GradualOn", {"Fn::GetAtt": ["ReleaseRole", "Arn"]}]
    alarms = [each["Name"]["Ref"] for each in group["AlarmConfiguration"]["Fn::If"][1]["Alarms"]]
    assert alarms == ["ReleaseFailuresAlarm", "ReleaseCrashesAlarm", "ReleaseLatencyAlarm"]
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert group["DeploymentConfigName"] == {
        "Fn::Sub": ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": "Linear10PercentEvery2Minutes"}]
    }


def test_all_versions_are_published_before_one_is_checked():
    """The function that checks waits for them, and the aliases wait for the function."""
    blocks = resources(GradualDeployment="true")
    joined = blocks["CheckReleaseFunction"]["Properties"]["Environment"]["Variables"]["VERSIONS"]["Fn::Join"][1]
    versions = [name for name, block in blocks.items() if block["Type"] == "AWS::Lambda::Version"]
    assert sorted(each["Ref"] for each in joined) == sorted(versions)
    assert len(versions) == 5


def test_the_alarms_see_one_failure_in_the_canarys_time():
    """A canary of 5 minutes has 5 points of a minute."""
    blocks = resources(GradualDeployment="true")
    failures = blocks["ReleaseFailuresAlarm"]["Properties"]
    assert (failures["MetricName"], failures["Threshold"], failures["Period"]) == ("5XXError", 1, 60)
    assert failures["EvaluationPeriods"] * failures["Period"] < 300
    crashes = blocks["ReleaseCrashesAlarm"]["Properties"]
    counted = [each["MetricStat"]["Metric"] for each in crashes["Metrics"] if "MetricStat" in each]
    assert {each["Dimensions"][0]["Value"]["Ref"] for each in counted} == {f"{name}Function" for name in USERS}
    assert {each["MetricName"] for each in counted} == {"Errors"}
    assert crashes["Metrics"][0]["Expression"] == "SUM([m1, m2, m3, m4, m5])"


# A version keeps the settings that it was published with: a parameter that changes a function must publish one.


def version_of(blocks, name):
    return next(it for it, block in blocks.items() if it.startswith(f"{name}FunctionVersion"))


def another(name, block):
    """Another value of a parameter."""
    if name in OTHER:
        return OTHER[name]
    before = ON.get(name, block["Default"])
    allowed = block.get("AllowedValues") or [int(before) + 1]
    return str(next(each for each in allowed if str(each) != str(before)))


def unpublished(stack, without=()):
    """Parameters that change a function of users but not its text, by which SAM makes the name of a version."""
    before = {**stack.defaults, **ON}
    deployed = resolve(stack.transformed, before)["Resources"]
    for parameter, block in stack.written["Parameters"].items():
        values = {**before, parameter: another(parameter, block)}
        then = resolve(stack.transformed, values)["Resources"]
        for name in USERS:
            written = of_function(stack.resources, name, without)
            changed = of_function(deployed, name) != of_function(then, name)
            if changed and filled(written, before) == filled(written, values):
                yield parameter


def of_function(blocks, name, without=("Description",)):
    """The properties of a function of users. The description changes nothing that it does."""
    return {key: it for key, it in blocks[f"{name}Function"]["Properties"].items() if key not in without}


def test_a_parameter_that_changes_a_function_publishes_a_version():
    assert list(unpublished(actual())) == []


def test_a_parameter_that_publishes_nothing_is_found():
    """Without the text in Globals, SAM does not see through conditions and the name of a table."""
    assert set(unpublished(actual(), ["Description"])) == {"UsersTableName", "SignIn", "Events", "Search"}


def test_sam_makes_another_version_of_another_text_and_no_other():
    before = resources()
    for given, changed in (({"ThrottleRate": "7"}, False), ({"Search": "true"}, True)):
        after = resources(**given)
        assert [version_of(before, name) != version_of(after, name) for name in USERS] == [changed] * 5


@pytest.mark.slow
def test_cfn_lint_finds_nothing_with_gradual_deployment(tmp_path: Path):
    whole = transformed(read_template(TEMPLATE), {"GradualDeployment": "true"})
    # SAM has made the groups for this value alone. The condition then has one value, which W1028 would report.
    whole["Parameters"]["GradualDeployment"].update(AllowedValues=["true"], Default="true")
    path = write_transformed(tmp_path / "gradual.json", whole)
    done = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", path, "-i", "W1028"],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
