"""checkov and CloudFormation Guard find nothing but the exceptions that are explained."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from local.template.transform import ROOT
from tests.template import networks
from tests.template.stack import actual
from tests.template.watch import stack as watch

pytestmark = pytest.mark.slow

HERE = ROOT / "tests" / "template"
PYTHON = ROOT / ".local" / "static" / "bin" / "python"
EXCEPTIONS = tomllib.loads((HERE / "exceptions.toml").read_text())
ACCEPTED = {(check, kind) for check, exception in EXCEPTIONS.items() for kind in exception["on"]}
# as in requirements/static.in; elsewhere Guard is left to where changes are checked
HAS_GUARD = sys.version_info < (3, 12) or (sys.version_info < (3, 13) and sys.platform == "linux")
needs_guard = pytest.mark.skipif(not HAS_GUARD, reason="there is no cfn-guard-rs for this interpreter")
GUARD_RULES = re.findall(r"^rule (\w+)", (HERE / "rules.guard").read_text(), re.MULTILINE)
KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
WRITTEN = {path.stem: path for path in (ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml")))}
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
WATCHES = ("watch of the API alone", "watch of everything")
TRANSFORMED = ("development", "production", "with a cache", "network", "cache of its own key", *WATCHES)
OURS = (*WRITTEN, *TRANSFORMED)

# Everything that the gates are there to stop.
CARELESS = {
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
        "GlobalTable": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Properties": {
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "Replicas": [{"Region": "us-east-1"}],
            },
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]
                },
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
                "Policies": [
                    {
                        "PolicyName": "all",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
                        },
                    }
                ],
            },
        },
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": {
                "PolicyName": "all",
                "Roles": [{"Ref": "Role"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}],
                },
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.9",
                "Handler": "a.b",
                "Code": {"ZipFile": "x"},
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "Function"}, "Principal": "*"},
        },
        "Mapping": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "StartingPosition": "LATEST",
                "FunctionName": {"Ref": "Function"},
                "EventSourceArn": "arn:aws:dynamodb:::table/x/stream/y",
            },
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
        "Stage": {
            "Type": "AWS::ApiGateway::Stage",
            "Properties": {"RestApiId": "x", "DeploymentId": "y", "StageName": "Prod"},
        },
    }
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """What the checkers say of our templates, as written and transformed, and of the careless one."""
    folder = tmp_path_factory.mktemp("templates")
    templates = {
        "development": actual().resolved(),
        "production": actual().resolved(Environment="prod", CustomerKeyArn=KEY),
        "with a cache": actual().resolved(**networks.CACHED, CustomerKeyArn=KEY),
        "network": networks.network(),
        "cache of its own key": networks.cache(KeyArn=KEY),
        "watch of the API alone": watch.resolved(),
        "watch of everything": watch.resolved(PageTopicArn=TOPIC, TicketTopicArn=TOPIC, **watch.ON),
        "careless": CARELESS,
    }
    files = {name: str(path) for name, path in WRITTEN.items()}
    for name, template in templates.items():
        files[name] = str(folder / f"{name}.json")
        Path(files[name]).write_text(json.dumps(template))
    command = [str(PYTHON), str(HERE / "static_checks.py"), str(HERE / "rules.guard"), *files.values()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env={"LOG_LEVEL": "ERROR"})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: found[file] for name, file in files.items()}


@pytest.mark.parametrize("form", OURS)
def test_checkov_finds_nothing_unexplained(findings, form):
    assert {tuple(finding) for finding in findings[form]["checkov"]} - ACCEPTED == set()


def test_every_exception_is_needed_and_explained(findings):
    found = {tuple(finding) for form in OURS for finding in findings[form]["checkov"]}

    assert found == ACCEPTED
    assert all(len(exception["reason"]) > 40 for exception in EXCEPTIONS.values())


@needs_guard
@pytest.mark.parametrize("form", TRANSFORMED)
def test_guard_finds_nothing(findings, form):
    assert findings[form]["guard"] == []


@needs_guard
@pytest.mark.parametrize("rule", GUARD_RULES)
def test_every_rule_of_guard_stops_the_careless(findings, rule):
    assert rule in findings["careless"]["guard"]


@pytest.mark.parametrize(
    ("check", "what"),
    [
        ("CKV_AWS_28", "AWS::DynamoDB::Table"),
        ("CKV_AWS_165", "AWS::DynamoDB::GlobalTable"),
        ("CKV_AWS_62", "AWS::IAM::Role"),
        ("CKV_AWS_66", "AWS::Logs::LogGroup"),
        ("CKV_AWS_73", "AWS::ApiGateway::Stage"),
        ("CKV_AWS_76", "AWS::ApiGateway::Stage"),
        ("CKV_AWS_107", "AWS::IAM::Role"),
        ("CKV_AWS_109", "AWS::IAM::Role"),
    ],
)
def test_checkov_stops_the_careless(findings, check, what):
    assert [check, what] in findings["careless"]["checkov"]
