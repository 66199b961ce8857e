"""deploy.sh --watch --firewall onto an emulated AWS: what they name is there, and a domain. cleanup.sh removes it all.

The emulator makes no composite alarms, no alarms on expressions and no saved queries from a template, and no
association or logs of a web ACL. These are left out of the copies that are deployed. Its CloudWatch and its WAF take
them: they are made there as the template has them, with the parameters that deploy.sh gave, and the composites follow
states that are set by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.validate import validate_parameters

from local.template.transform import ROOT, load
from tests.deployed.cloud import Cloud
from tests.deployed.stack import Stack
from tests.support.project import copied
from tests.template.watch.stack import COMPOSITE, METRIC, of, resolved

NAME, WATCH, FIREWALL = "users-watched", "users-watched-watch", "users-watched-firewall"
PARAMETERS = ("Events=true", "EventArchiveDays=0", "UsersTableName=UsersWatched")
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
DOMAIN = "api.example.com"
LEFT_OUT = (
    *(COMPOSITE, "AWS::Logs::QueryDefinition"),
    *("AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::LoggingConfiguration"),
)
BLOCK = re.compile(r"^  (\w+):\n    Type: ([\w:]+)\n(?:(?:    .*)?\n)*", re.MULTILINE)
OBJECTIVES = [f"{kind}{burn}" for kind in ("Availability", "Latency") for burn in ("Fast", "Slow", "Low")]


def for_the_emulator(template: str) -> str:
    """A template without what the emulator cannot make; the dashboard has names for what is left out."""
    gone = [it[1] for it in BLOCK.finditer(template) if it[2] in LEFT_OUT or "\n      Metrics:\n" in it[0]]
    text = BLOCK.sub(lambda block: "" if block[1] in gone else block[0], template)
    return re.sub(r"\$\{(\w+)\.Arn\}", lambda it: it[1] if it[1] in gone else it[0], text)


@pytest.fixture(scope="module")
def watched(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack with events, and its watch."""
    deployed = Stack(cloud, copied(Path(tmp_path_factory.mktemp("watch"), "api")), name=NAME)
    for name in ("watch.yaml", "firewall.yaml"):
        template = for_the_emulator((ROOT / "infra" / name).read_text())
        (deployed.project / "infra" / name).write_text(template)
    zone = cloud.client("route53").create_hosted_zone(Name="example.com", CallerReference="a test")["HostedZone"]["Id"]
    more = (f"DomainName={DOMAIN}", f"CertificateArn={CERTIFICATE}", f"HostedZoneId={zone.rpartition('/')[2]}")
    deployed.parameters = ("--parameter-overrides", *PARAMETERS, *more)
    done = deployed.script("deploy.sh", "--yes", "--watch", "--firewall", "--", *deployed.parameters)
    assert done.returncode == 0, done.stdout + done.stderr + cloud.log.read_text()
    deployed.said = done.stdout
    return deployed


def given(stack: Stack) -> dict[str, str]:
    """The parameters that deploy.sh gave the watch."""
    (watch,) = stack.cloud.client("cloudformation").describe_stacks(StackName=WATCH)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in watch["Parameters"]}


def test_it_says_where_the_dashboard_is(watched: Stack) -> None:
    assert (
        f"watch     https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards:name={WATCH}\n"
        in watched.said
    )
    assert watched.cloud.client("cloudwatch").get_dashboard(DashboardName=WATCH)["DashboardBody"].startswith('{"start"')


def test_functions_tables_queues_and_logs_are_those_that_there_are(watched: Stack) -> None:
    there, found = watched.resources(), given(watched)
    names = (
        "UsersTable",
        "UserKeysTable",
        *(f"{it}Function" for it in ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser")),
    )
    assert {name: found[name] for name in names} == {name: there[name] for name in names}
    queues = {name: url.rpartition("/")[2] for name, url in there.items() if url.startswith("http")}
    assert len(queues) >= 4
    assert set(found["Queues"].split(",")) == {url for name, url in queues.items() if name.endswith("Queue")}
    assert set(found["DeadLetterQueues"].split(",")) == {url for name, url in queues.items() if "Dead" in name}
    logs = watched.cloud.client("logs")
    filters = logs.describe_metric_filters()["metricFilters"]
    mine = {it["logGroupName"] for it in filters if it["metricTransformations"][0]["metricName"].startswith(f"{NAME}-")}
    assert mine == {f"/aws/apigateway/{NAME}", f"/aws/lambda/{NAME}-UpdateUser", f"/aws/lambda/{NAME}-DeleteUser"}
    assert mine <= {it["logGroupName"] for it in logs.describe_log_groups()["logGroups"]}


def test_cloudwatch_takes_every_alarm(watched: Stack) -> None:
    """So does botocore, which knows the members and the types of AWS's API."""
    client, template = watched.cloud.client("cloudwatch"), resolved(**given(watched))
    for name, block in of(METRIC, template).items():
        client.put_metric_alarm(AlarmName=name, **typed(block))
    for name, block in of(COMPOSITE, template).items():
        client.put_composite_alarm(AlarmName=name, **block)
    there = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    made = {it["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for it in there[kind]}
    assert made >= {*of(METRIC, template), *of(COMPOSITE, template)}


def typed(value: Any) -> Any:
    """Properties with numbers and truth in the place of their texts, which CloudFormation takes too."""
    if isinstance(value, dict):
        return {key: each if key == "Value" else typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_composite_rings_while_both_windows_do(watched: Stack, name: str) -> None:
    client = watched.cloud.client("cloudwatch")

    def after(**states: str) -> str:
        for part, value in states.items():
            client.set_alarm_state(AlarmName=f"{name}{part}", StateValue=value, StateReason="a test")
        (composite,) = client.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
        return str(composite["StateValue"])

    assert after(Long="ALARM", Short="OK") == "OK"
    assert after(Long="ALARM", Short="ALARM") == "ALARM"
    assert after(Long="OK", Short="ALARM") == "OK"


def test_the_domain_leads_to_the_stage(watched: Stack) -> None:
    assert watched.output("ApiEndpoint") == f"https://{DOMAIN}"
    api = watched.resources()["UsersApi"]
    (mapping,) = watched.cloud.client("apigateway").get_base_path_mappings(domainName=DOMAIN)["items"]
    assert (mapping["restApiId"], mapping["stage"]) == (api, "Prod")
    client = watched.cloud.client("route53")
    (zone,) = client.list_hosted_zones()["HostedZones"]
    records = client.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (record,) = [each for each in records if each["Type"] == "A"]
    assert record["AliasTarget"]["DNSName"].rstrip(".") == watched.output("DomainTarget")


def test_the_firewall_is_for_this_api_and_waf_takes_it(watched: Stack) -> None:
    """So does botocore, which knows the members and the types of AWS's API."""
    client = watched.cloud.client("wafv2")
    (acl,) = client.list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert f"firewall  {acl['ARN']}\n" in watched.said
    (stack,) = watched.cloud.client("cloudformation").describe_stacks(StackName=FIREWALL)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert parameters["ApiId"] == watched.resources()["UsersApi"]
    whole = load(ROOT / "infra" / "firewall.yaml", parameters)["Resources"]
    client.create_web_acl(**typed(whole["WebAcl"]["Properties"]) | {"Name": "again"})
    logging = {**whole["Logging"]["Properties"], "ResourceArn": acl["ARN"]}
    shape = client.meta.service_model.operation_model("PutLoggingConfiguration").input_shape
    validate_parameters({"LoggingConfiguration": logging}, shape)  # the emulator has no such operation
    client.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=whole["Association"]["Properties"]["ResourceArn"])


def test_nothing_to_change_is_success(watched: Stack) -> None:
    done = watched.script("deploy.sh", "--yes", "--watch", "--firewall", "--", *watched.parameters)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cleanup_removes_both(watched: Stack) -> None:
    done = watched.script("cleanup.sh", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"deletes  the stack {WATCH}, with its alarms and its dashboard\n" in done.stdout
    assert f"deletes  the stack {FIREWALL}, with its web ACL and its logs\n" in done.stdout
    left = [each["Name"] for each in watched.cloud.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]]
    assert left == ["again"]
    client = watched.cloud.client("cloudwatch")
    left = [each["AlarmName"] for each in client.describe_alarms()["MetricAlarms"]]
    assert [name for name in left if name.startswith(NAME)] == []
    assert client.list_dashboards()["DashboardEntries"] == []
