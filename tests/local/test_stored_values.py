"""Values of the parameter store and of secrets: from the template, from PARAMETERS, or the start stops.

Source: AWS documentation, "Get values stored in other services using dynamic references",
/AWSCloudFormation/latest/UserGuide/dynamic-references.html.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request

import pytest

from tests.support.server import ROOT, Server

pytestmark = pytest.mark.local_only

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /shared/stage}
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      InlineCode: |
        import json, os
        def handler(event, context):
            return {"statusCode": 200, "body": json.dumps(dict(os.environ))}
      Environment:
        Variables:
          OWN: "{{resolve:ssm:/app/table}}"
          GIVEN: "t-{{resolve:ssm-secure:/app/key:3}}"
          SECRET: !Sub "{{resolve:secretsmanager:${Secret}:SecretString:user}}"
          WHOLE: "{{resolve:secretsmanager:login}}"
          GENERATED: !Sub "{{resolve:secretsmanager:${Generated}:SecretString:password}}"
          STORED: !Ref Stored
          TABLE: !Ref Table
      Events:
        App: {Type: Api, Properties: {Path: /users, Method: get}}
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Name: /app/table, Type: String, Value: people}}
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: login, SecretString: '{"user": "ada"}'}
  Generated:
    Type: AWS::SecretsManager::Secret
    Properties: {GenerateSecretString: {SecretStringTemplate: '{}', GenerateStringKey: password}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Stored}}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: "{{resolve:ssm:/shared/name}}"
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
GIVEN = "ssm:/shared/stage=blue ssm:/shared/name=names ssm-secure:/app/key:3=k"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "template.yaml"
    path.write_text(TEMPLATE)
    return path


@pytest.fixture(scope="module")
def seen(template):
    """The environment variables of the function."""
    with Server(GIVEN, TEMPLATE=str(template)) as server:
        yield json.loads(urllib.request.urlopen(f"{server.url}/users").read())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OWN", "people"),
        ("GIVEN", "t-k"),
        ("SECRET", "ada"),
        ("WHOLE", '{"user": "ada"}'),
        ("STORED", "blue"),
        ("TABLE", "names"),
    ],
)
def test_a_function_gets_the_stored_value(seen, name, value):
    assert seen[name] == value


def test_a_function_gets_a_generated_secret(seen):
    assert len(seen["GENERATED"]) >= 8
    assert "resolve" not in seen["GENERATED"]


def test_a_value_that_nobody_has_stops_the_start_with_its_line(template, tmp_path):
    environment = {"PORT": "0", "DATA": str(tmp_path), "TEMPLATE": str(template), "PATH": "/usr/bin:/bin"}
    environment["PARAMETERS"] = "ssm:/shared/stage=blue ssm:/shared/name=names"
    done = subprocess.run(
        [sys.executable, "-m", "local.serve"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == (
        "make run: template.yaml:17: nothing here has the value of {{resolve:ssm-secure:/app/key:3}}; "
        'give it with PARAMETERS="ssm-secure:/app/key:3=..."\n'
    )
