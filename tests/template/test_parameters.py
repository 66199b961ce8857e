"""What the parameters make of the stack."""

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from tests.template.parameter_rules import refused
from tests.template.stack import TEMPLATE, actual, dig

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TABLES = ("UsersTable", "UserKeysTable")
KEYED = {"UsersApiKey", "UsersApiUsagePlan", "UsersApiUsagePlanKey"}


def resources(**parameters):
    return actual().resolved(**parameters)["Resources"]


def api(**parameters):
    return resources(**parameters)["UsersApi"]["Properties"]["Body"]


def securities(definition):
    return {
        (path, method): item[method].get("security")
        for path, item in definition["paths"].items()
        for method in ("get", "post", "put", "patch", "delete", "options")
        if method in item
    }


def test_a_key_is_required_by_default():
    found = securities(api())

    preflights = [found.pop(operation) for operation in list(found) if operation[1] == "options"]
    assert len(preflights) >= 2
    assert set(preflights) == {None}
    assert found
    assert all(security == [{"apiKey": []}] for security in found.values())
    assert set(resources()) >= KEYED
    assert "ApiKeyId" in actual().resolved()["Outputs"]


def test_without_a_required_key_there_is_none():
    assert not any(securities(api(ApiKeyRequired="false")).values())
    assert not KEYED & set(resources(ApiKeyRequired="false"))
    assert "ApiKeyId" not in actual().resolved(ApiKeyRequired="false")["Outputs"]


@pytest.mark.parametrize(("environment", "allowed"), [("dev", {"true"}), ("prod", {"false"})])
def test_production_delivers_to_no_localhost(environment, allowed):
    deployed = resources(Environment=environment, Events="true", Webhooks="true", WebhooksToLocalhost="true")
    variables = [dig(block, "Properties", "Environment", "Variables") or {} for block in deployed.values()]
    assert {each["WEBHOOKS_TO_LOCALHOST"] for each in variables if "WEBHOOKS_TO_LOCALHOST" in each} == allowed


@pytest.mark.parametrize("name", TABLES)
def test_production_keeps_the_tables(name):
    kept = resources(Environment="prod")[name]
    gone = resources(Environment="dev")[name]

    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert (gone["DeletionPolicy"], gone["UpdateReplacePolicy"]) == ("Delete", "Delete")
    assert dig(kept, "Properties", "Replicas", 0, "DeletionProtectionEnabled") is True
    assert dig(gone, "Properties", "Replicas", 0, "DeletionProtectionEnabled") is False


@pytest.mark.parametrize("name", TABLES)
def test_tables_take_the_customers_key(name):
    with_key, without = resources(CustomerKeyArn=KEY)[name]["Properties"], resources()[name]["Properties"]
    assert with_key["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert [replica["SSESpecification"] for replica in with_key["Replicas"]] == [{"KMSMasterKeyId": KEY}]
    assert "SSESpecification" not in without
    assert all("SSESpecification" not in replica for replica in without["Replicas"])


@pytest.mark.parametrize("name", TABLES)
def test_a_second_region_has_a_replica_with_the_same_settings_and_its_own_key(name):
    there = KEY.replace("eu-west-1", "eu-central-1")
    given = {"CustomerKeyArn": KEY, "ReplicaKeyArn": there, "Environment": "prod"}
    one = resources(**given)[name]["Properties"]
    two = resources(**given, ReplicaRegion="eu-central-1")[name]["Properties"]

    home, second = two["Replicas"]
    assert one["Replicas"] == [home]
    assert second == {**home, "Region": "eu-central-1", "SSESpecification": {"KMSMasterKeyId": there}}
    assert two["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert ("StreamSpecification" in one) == (name == "UsersTable")
    assert two == {**one, "Replicas": [home, second], "StreamSpecification": two["StreamSpecification"]}


def test_functions_may_decrypt_only_with_the_customers_key():
    def key_statements(**parameters):
        statements = dig(
            resources(**parameters), "GetUserRole", "Properties", "Policies", 0, "PolicyDocument", "Statement"
        )
        return [statement for statement in statements if statement["Action"] == ["kms:Decrypt"]]

    assert [statement["Resource"] for statement in key_statements(CustomerKeyArn=KEY)] == [KEY]
    assert key_statements() == []


def test_the_users_table_is_named_or_not():
    assert resources()["UsersTable"]["Properties"]["TableName"] == "Users"
    assert "TableName" not in resources(UsersTableName="")["UsersTable"]["Properties"]


def test_an_origin_reaches_functions_and_gateway_alike():
    origin = "https://app.example.com"
    found = resources(CorsOrigin=origin)
    definition = found["UsersApi"]["Properties"]["Body"]
    headers = definition["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["responseParameters"]

    assert found["GetUserFunction"]["Properties"]["Environment"]["Variables"]["CORS_ORIGIN"] == origin
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{origin}'"
    assert headers["gatewayresponse.header.Vary"] == "'Origin'"
    assert (
        "gatewayresponse.header.Vary"
        not in api()["x-amazon-apigateway-gateway-responses"]["THROTTLED"]["responseParameters"]
    )


def test_the_throttle_is_that_of_the_parameters():
    found = resources(ThrottleRate="7", ThrottleBurst="9", DailyQuota="11")
    settings = found["UsersApiProdStage"]["Properties"]["MethodSettings"][0]
    plan = found["UsersApiUsagePlan"]["Properties"]

    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == ("7", "9")
    assert plan["Throttle"] == {"RateLimit": "7", "BurstLimit": "9"}
    assert plan["Quota"] == {"Limit": "11", "Period": "DAY"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Environment", "test"),
        ("UsersTableName", "no"),
        ("UsersTableName", "with space"),
        ("Architecture", "arm"),
        ("LogRetentionDays", "31"),
        ("LogLevel", "loud"),
        ("CorsOrigin", "example.com"),
        ("CorsOrigin", "https://example.com/path"),
        ("CorsOrigin", "https://a.example', 'https://b.example"),
        ("ApiKeyRequired", "no"),
        ("ThrottleRate", "0"),
        ("DailyQuota", "-1"),
        ("CustomerKeyArn", "alias/my-key"),
        ("AlarmTopicArn", "my-topic"),
    ],
)
def test_a_value_that_would_fail_later_is_refused_at_once(name, value):
    with pytest.raises(TemplateError, match=name):
        parameter_values(read_template(TEMPLATE), {name: value})


@pytest.mark.parametrize(
    ("given", "reasons"),
    [
        ({}, 0),
        ({"Events": "true"}, 0),
        ({"Bulk": "true", "MailSender": "users@example.com"}, 0),  # neither is there without events
        ({"Events": "true", "Bulk": "true"}, 1),
        ({"Events": "true", "MailSender": "users@example.com"}, 1),
        ({"SignIn": "true"}, 1),
    ],
)
def test_with_two_regions_nothing_writes_users_past_the_check(given, reasons):
    assert len(refused(TEMPLATE, RegionRole="home", **given)) == reasons
    assert refused(TEMPLATE, **given) == []
