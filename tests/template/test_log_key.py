"""LogKeyArn: all log groups take the key, and the policy on the page lets CloudWatch Logs use it for all of them."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT, load
from tests.docs.pages import page
from tests.template.stack import TEMPLATE, actual
from tests.template.test_contract import WITH_ALL

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EVERYTHING = {**WITH_ALL, "SignIn": "true", "Health": "true", "GradualDeployment": "true"}
FIREWALL = {"ApiStack": "users-api", "ApiId": "abc123"}


def groups(**parameters: str) -> dict[str, Any]:
    """The log groups of a stack with every capability, and of its firewall."""
    own = actual().resolved(**EVERYTHING, **parameters)["Resources"]
    firewall = load(ROOT / "infra" / "firewall.yaml", {**FIREWALL, **parameters})["Resources"]
    blocks = {**own, "Firewall": firewall["LogGroup"]}
    return {name: it["Properties"] for name, it in blocks.items() if it["Type"] == "AWS::Logs::LogGroup"}


def test_all_log_groups_take_the_key_and_none_without_it() -> None:
    assert len(groups()) > 30
    assert {block["KmsKeyId"] for block in groups(LogKeyArn=KEY).values()} == {KEY}
    assert not any("KmsKeyId" in block for block in groups().values())


def test_the_key_of_the_tables_is_another_parameter() -> None:
    resources = actual().resolved(CustomerKeyArn=KEY)["Resources"]
    assert "KmsKeyId" not in resources["UsersApiLogGroup"]["Properties"]


def statement() -> dict[str, Any]:
    """The statement for the policy of the key, as the page has it."""
    text = page("docs/how-to/go-to-production.md").text
    (found,) = [json.loads(it) for it in re.findall(r"```json\n(.*?)```", text, re.DOTALL) if "LogsOfUsersApi" in it]
    return dict(found)


def not_covered(patterns: list[str]) -> set[str]:
    """The log groups of the stack of the page that the patterns leave out."""
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:"
    names = {block["LogGroupName"] for block in groups().values()}
    return {name for name in names if not any(fnmatchcase(arn + name, pattern) for pattern in patterns)}


def test_the_policy_on_the_page_covers_every_log_group_and_each_pattern_is_needed() -> None:
    patterns = statement()["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert not_covered(patterns) == set()
    for index in range(len(patterns)):
        assert not_covered(patterns[:index] + patterns[index + 1 :]) != set()


def test_the_policy_trusts_the_logging_service_alone() -> None:
    found = statement()
    assert found["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert all(action.startswith("kms:") and action != "kms:*" for action in found["Action"])


@pytest.mark.parametrize("value", ["alias/logs", "arn:aws:kms:eu-west-1:123456789012:alias/logs"])
def test_an_alias_is_refused(value: str) -> None:
    with pytest.raises(TemplateError, match="LogKeyArn"):
        parameter_values(read_template(TEMPLATE), {"LogKeyArn": value})
