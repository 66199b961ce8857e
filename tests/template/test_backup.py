"""infra/backup.yaml: both tables in one plan, each rule with its copies; a vault alone where there are no tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT, load
from tests.template.parameter_rules import refused

BACKUP = ROOT / "infra" / "backup.yaml"
TABLES = {"UsersTable": "Users", "UserKeysTable": "UserKeys"}
ELSEWHERE = "arn:aws:backup:eu-west-1:111122223333:backup-vault:copies"
Resources = dict[str, Any]


def resources(**parameters: str) -> Resources:
    return dict(load(BACKUP, parameters)["Resources"])


def faults(found: Resources, copies: str = "") -> list[str]:
    """What a plan over the two tables must not be."""
    rules = [rule for rule in found["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"] if isinstance(rule, dict)]
    selection = found["Selection"]["Properties"]["BackupSelection"]
    tables = {str(arn).rpartition("/")[2] for arn in selection["Resources"]}
    wanted = [] if not copies else [copies]
    to = [[copy["DestinationBackupVaultArn"] for copy in rule.get("CopyActions", ())] for rule in rules]
    days = [[it["Lifecycle"]["DeleteAfterDays"] for it in (rule, *rule.get("CopyActions", ()))] for rule in rules]
    return [
        *(["not both tables"] if tables != {"Users", "UserKeys"} else []),
        *(["no regular rule"] if not any(rule["RuleName"] == "regular" for rule in rules) else []),
        *(["copies"] if any(found != wanted for found in to) else []),
        *(["a copy is kept for another time"] if any(len({int(it) for it in each}) != 1 for each in days) else []),
        *(["the vault can go"] if found["Vault"].get("DeletionPolicy") != "Retain" else []),
    ]


def test_both_tables_are_backed_up_and_nothing_is_copied_unless_asked_for() -> None:
    found = resources(**TABLES)
    assert set(found) == {"Vault", "Plan", "Role", "Selection"}
    assert faults(found) == []
    assert faults(resources(**TABLES, CopyVaultArn=ELSEWHERE), ELSEWHERE) == []
    assert not {"LockConfiguration", "AccessPolicy", "EncryptionKeyArn"} & set(found["Vault"]["Properties"])


def drop_table(found: Resources) -> None:
    found["Selection"]["Properties"]["BackupSelection"]["Resources"].pop()


def drop_copy(found: Resources) -> None:
    found["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"][1].pop("CopyActions")


def keep_copy_shorter(found: Resources) -> None:
    found["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"][1]["CopyActions"][0]["Lifecycle"]["DeleteAfterDays"] = 1


def let_vault_go(found: Resources) -> None:
    found["Vault"].pop("DeletionPolicy")


@pytest.mark.parametrize("change", [drop_table, drop_copy, keep_copy_shorter, let_vault_go])
def test_a_wrong_plan_is_found(change: Callable[[Resources], None]) -> None:
    found = resources(**TABLES, CopyVaultArn=ELSEWHERE)
    change(found)
    assert faults(found, ELSEWHERE) != []


def test_without_monthly_backups_there_is_one_rule() -> None:
    names = {}
    for days in ("365", "0"):
        rules = resources(**TABLES, MonthlyKeepDays=days)["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"]
        names[days] = [rule["RuleName"] for rule in rules]
    assert names == {"365": ["regular", "monthly"], "0": ["regular"]}


def test_elsewhere_it_is_a_vault_that_one_account_may_copy_into() -> None:
    found = resources(CopiesFromAccount="444455556666", LockDays="7")
    assert set(found) == {"Vault"}
    [statement] = found["Vault"]["Properties"]["AccessPolicy"]["Statement"]
    assert statement["Action"] == "backup:CopyIntoBackupVault"
    assert statement["Principal"]["AWS"].endswith(":iam::444455556666:root")
    assert int(found["Vault"]["Properties"]["LockConfiguration"]["MinRetentionDays"]) == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CopyVaultArn", "copies"),
        ("CopiesFromAccount", "4444"),
        ("Schedule", "daily"),
        ("KeepDays", "0"),
        ("UsersTable", "U"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(TemplateError, match=name):
        parameter_values(read_template(BACKUP), {**TABLES, name: value})


def test_one_table_without_the_other_is_refused() -> None:
    reason = "Users and their claims are backed up together, so give both tables or none"
    assert refused(BACKUP) == refused(BACKUP, **TABLES) == []
    assert refused(BACKUP, UsersTable="Users") == refused(BACKUP, UserKeysTable="UserKeys") == [reason]
