"""There is room in the template for what follows from a change: a function behind a queue, as it would be added."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT, transform
from tests.template.rules import RULES
from tests.template.stack import Stack, copy_files
from tools import roles
from tools.roles import Grant

LIST = re.compile(r"(?<=- \[)CreateUser[^]]*(?=\])")  # the names of the functions, in the loop
API = "  UsersApi:\n    Type: AWS::Serverless::Api\n"
CONSUMER = """\
  SendReminderFunction:
    Type: AWS::Serverless::Function
    DependsOn: SendReminderPolicy
    Properties:
      Handler: consumers.send_reminder.lambda_handler
      Role: !GetAtt SendReminderRole.Arn
      LoggingConfig: {LogGroup: !Ref SendReminderLogGroup}
      Events:
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt SendReminderQueue.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}

  SendReminderPolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: this-function
      Roles: [!Ref SendReminderRole]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]
            Resource: !GetAtt SendReminderQueue.Arn

  SendReminderQueue:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      VisibilityTimeout: 60
      SqsManagedSseEnabled: true
      RedrivePolicy: {deadLetterTargetArn: !GetAtt SendReminderDeadLetters.Arn, maxReceiveCount: 5}

  SendReminderDeadLetters:
    Type: AWS::SQS::Queue
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties: {MessageRetentionPeriod: 1209600, SqsManagedSseEnabled: true}

  SendReminderQueuePolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref SendReminderQueue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt SendReminderQueue.Arn
            Condition: {ArnEquals: {aws:SourceArn: !GetAtt SendReminderRule.Arn}}

  SendReminderRule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {detail-type: [UserCreated]}
      Targets:
        - {Id: queue, Arn: !GetAtt SendReminderQueue.Arn, DeadLetterConfig: {Arn: !GetAtt SendReminderDeadLetters.Arn}}

  SendReminderAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmDescription: A reminder was not sent; look at the message and redrive it
      Namespace: AWS/SQS
      MetricName: ApproximateNumberOfMessagesVisible
      Dimensions: [{Name: QueueName, Value: !GetAtt SendReminderDeadLetters.QueueName}]
      Statistic: Maximum
      Period: 300
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
      AlarmActions: !If [AlarmTopic, [!Ref AlarmTopicArn], !Ref AWS::NoValue]

"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's template with one consumer more."""
    folder = tmp_path_factory.mktemp("consumer")
    written = (ROOT / "template.yaml").read_text()
    assert (len(LIST.findall(written)), written.count(API)) == (1, 1)
    written = LIST.sub(r"\g<0>, SendReminder", written).replace(API, CONSUMER + API)
    copy_files(folder)
    (folder / "template.yaml").write_text(written)
    return folder / "template.yaml"


@pytest.fixture(scope="module")
def stack(template) -> Stack:
    source = read_template(template)
    values = parameter_values(source, {})
    return Stack(source.tree, transform(source, values), values)


@pytest.mark.parametrize("rule", RULES)
def test_a_consumer_holds_the_rules(rule, stack):
    assert list(RULES[rule](stack)) == []


def test_a_consumer_may_read_its_queue_and_no_more(stack):
    found = {grant for grant in roles.grants(stack.transformed) if grant.function == "SendReminderFunction"}

    assert {grant for grant in found if grant.resource not in ("SendReminderLogGroup", "CustomerKeyArn")} == {
        Grant("SendReminderFunction", "SendReminderQueue", f"sqs:{action}")
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    }


def test_cfn_lint_takes_it_in_both_forms(template, stack):
    transformed = template.with_name("transformed.json")
    transformed.write_text(json.dumps(stack.transformed))
    command = [str(Path(sys.executable).parent / "cfn-lint"), str(template), str(transformed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert (done.returncode, done.stdout) == (0, "")
