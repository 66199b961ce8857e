"""There is room in the template for what follows from a change: a function behind a queue, as it would be added."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.template.parameters import parameter_values
from local.template.source import read_template
from local.template.transform import ROOT, transform
from tests.template.linted import write_transformed
from tests.template.rules import RULES
from tests.template.stack import Stack, copy_files
from tools import roles
from tools.roles import Grant

LISTS = (  # the two loops
    (r"(?<=- \[)PublishUserEvents, [^]]*(?=\])", r"\g<0>, SendReminder"),
    (r"(?<=- \[)RecordAudit[^]]*(?=\])", r"\g<0>, SendReminder"),
)
API = "  UsersApi:\n    Type: AWS::Serverless::Api\n"
CONSUMER = """\
  SendReminderFunction:
    Type: AWS::Serverless::Function
    Condition: EventsOn
    Properties:
      Handler: consumers.send_reminder.lambda_handler
      Role: !GetAtt SendReminderRole.Arn
      LoggingConfig: {LogGroup: !Ref SendReminderLogGroup}
      Environment: {Variables: {FAILURES_QUEUE: !Ref SendReminderDeadLetters}}
      Events:
        Queue:
          Type: SQS
          Properties: {Queue: !GetAtt SendReminderQueue.Arn, FunctionResponseTypes: [ReportBatchItemFailures]}

  SendReminderRule:
    Type: AWS::Events::Rule
    Condition: EventsOn
    Properties:
      EventBusName: !Ref EventBus
      EventPattern: {source: [users-api], detail-type: [UserCreated]}
      Targets:
        - {Id: queue, Arn: !GetAtt SendReminderQueue.Arn, DeadLetterConfig: {Arn: !GetAtt SendReminderDeadLetters.Arn}}

"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's template with one consumer more."""
    folder = tmp_path_factory.mktemp("consumer")
    written = (ROOT / "template.yaml").read_text()
    for before, after in (*LISTS, (re.escape(API), CONSUMER + API)):
        written, found = re.subn(before, after, written)
        assert found == 1
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


def test_a_consumer_may_read_its_queue_set_messages_aside_and_no_more(stack):
    found = {grant for grant in roles.grants(stack.transformed) if grant.function == "SendReminderFunction"}

    reading = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    assert {grant for grant in found if grant.resource not in ("SendReminderLogGroup", "CustomerKeyArn")} == {
        *(Grant("SendReminderFunction", "SendReminderQueue", f"sqs:{it}", "if EventsOn") for it in reading),
        Grant("SendReminderFunction", "SendReminderDeadLetters", "sqs:SendMessage", "if EventsOn"),
    }


@pytest.mark.slow
def test_cfn_lint_takes_it_in_both_forms(template, stack):
    transformed = write_transformed(template.with_name("transformed.json"), stack.transformed)
    command = [str(Path(sys.executable).parent / "cfn-lint"), str(template), str(transformed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)

    assert (done.returncode, done.stdout) == (0, "")
