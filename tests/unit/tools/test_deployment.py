"""What the deployment scripts ask of Python."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tools import deployment

SETTINGS = """
version = 0.1
[default.global.parameters]
stack_name = "users-api"
region = "eu-west-1"
[default.deploy.parameters]
region = "eu-north-1"
confirm_changeset = true
[prod.deploy.parameters]
stack_name = "users-prod"
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A samconfig.toml."""
    path = tmp_path / "samconfig.toml"
    path.write_text(SETTINGS)
    monkeypatch.setattr(deployment, "SETTINGS", path)
    return path


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (["stack_name"], "users-api"),
        (["region"], "eu-north-1"),
        (["confirm_changeset"], "True"),
        (["s3_bucket"], ""),
        (["stack_name", "prod"], "users-prod"),
        (["region", "prod"], ""),
        (["stack_name", "nowhere"], ""),
    ],
)
def test_a_setting_is_read_as_the_sam_cli_reads_it(
    settings: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], value: str
) -> None:
    assert deployment.main(["setting", *arguments]) == 0
    assert capsys.readouterr().out == f"{value}\n"


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    assert deployment.setting(tmp_path / "samconfig.toml", "region") == ""


def test_a_broken_file_is_one_sentence(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings.write_text("version = ")
    assert deployment.main(["setting", "region"]) == 1
    assert capsys.readouterr().err.startswith("deployment: setting: Invalid value")


def test_what_a_stack_leaves_behind(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    resources = {
        "Users": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain"},
        "Gone": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Delete"},
        "Plain": {"Type": "AWS::S3::Bucket"},
        "Saved": {"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Snapshot"},
        "Kept": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate"},
        "Version": {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain"},  # goes with its function
    }
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"Resources": resources})))
    assert deployment.main(["retained"]) == 0
    assert capsys.readouterr().out.split() == ["Users", "Saved", "Kept"]


@pytest.mark.parametrize("arguments", [[], ["setting"], ["retained", "more"], ["other"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert deployment.main(arguments) == 2
    assert "retained < TEMPLATE" in capsys.readouterr().err


FORMS = {
    "a text": 'parameter_overrides = "Pictures=true Environment=\\"prod\\""',
    "a list": 'parameter_overrides = ["Pictures=true", "Environment=prod"]',
    "a table": '[default.deploy.parameters.parameter_overrides]\nPictures = "true"\nEnvironment = "prod"',
}


@pytest.mark.parametrize("form", FORMS)
def test_saved_parameters_are_read_in_each_form_that_the_sam_cli_reads(
    settings: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    settings.write_text(f"[default.deploy.parameters]\n{FORMS[form]}\n")
    for name, value in (("Pictures", "true"), ("Environment", "prod"), ("Events", "")):
        assert deployment.main(["parameter", name, "default"]) == 0
        assert capsys.readouterr().out == f"{value}\n"


def watched(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *lines: str) -> dict[str, str]:
    return beside("watch", monkeypatch, capsys, *lines)


def beside(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *lines: str
) -> dict[str, str]:
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    assert deployment.main(["beside", kind, "default"]) == 0
    return dict(line.split("=", 1) for line in capsys.readouterr().out.splitlines())


def test_the_watch_is_given_names(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WATCH", raising=False)
    found = watched(
        monkeypatch,
        capsys,
        "UsersTable\tAWS::DynamoDB::Table\tUsers",
        "GetUserFunction\tAWS::Lambda::Function\tusers-api-Get-1",
        "AuditTable\tAWS::DynamoDB::Table\tAudit",
        "BQueue\tAWS::SQS::Queue\thttps://sqs.eu-west-1.amazonaws.com/1/b",
        "AQueue\tAWS::SQS::Queue\thttps://sqs.eu-west-1.amazonaws.com/1/a",
        "ADeadLetters\tAWS::SQS::Queue\thttps://sqs.eu-west-1.amazonaws.com/1/dead",
    )
    names = {"UsersTable": "Users", "GetUserFunction": "users-api-Get-1"}
    assert found == {**names, "Queues": "a,b", "DeadLetterQueues": "dead"}


def test_the_environment_wins_over_the_file(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.write_text('[default.watch.parameters.parameter_overrides]\nPageTopicArn = "a"\nAccountConcurrency = 50\n')
    monkeypatch.setenv("WATCH", "PageTopicArn=b")
    found = watched(monkeypatch, capsys)
    assert found == {"Queues": "", "DeadLetterQueues": "", "PageTopicArn": "b", "AccountConcurrency": "50"}


def test_the_firewall_is_given_the_api(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.write_text(
        '[default.firewall.parameters.parameter_overrides]\nFirewallMode = "count"\nFirewallRate = 500\n'
    )
    monkeypatch.setenv("FIREWALL", "FirewallRate=600")
    monkeypatch.setenv("WATCH", "PageTopicArn=b")
    lines = ("LiveApi\tAWS::ApiGatewayV2::Api\tlive1", "UsersApi\tAWS::ApiGateway::RestApi\tabc123")
    found = beside("firewall", monkeypatch, capsys, *lines)
    assert found == {"ApiId": "abc123", "FirewallMode": "count", "FirewallRate": "600"}


def test_the_console_is_given_what_it_reaches_and_nothing_for_what_is_not_there(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.write_text('[default.console.parameters.parameter_overrides]\nPriceClass = "PriceClass_200"\n')
    lines = ("LiveApi\tAWS::ApiGatewayV2::Api\tlive1", "UsersApi\tAWS::ApiGateway::RestApi\tabc123")
    found = beside("console", monkeypatch, capsys, *lines)
    reached = {"ApiId": "abc123", "PicturesBucket": "", "BulkBucket": "", "LiveApiId": "live1", "SignInPrefix": ""}
    assert found == {**reached, "PriceClass": "PriceClass_200"}


def test_there_is_no_other_stack_beside_it() -> None:
    assert deployment.main(["beside", "backup", "default"]) == 2
