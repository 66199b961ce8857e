"""Each function may do exactly what it does, and the documents say so."""

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT, transform
from tests.template.grant_faults import READ, TABLE, allow, document, inside, open_to, policy
from tests.template.stack import TEMPLATE, actual
from tools import marks, roles
from tools.roles import Grant

MAY = {
    "CreateUserFunction": {"UsersTable": {"PutItem"}, "UserKeysTable": {"PutItem"}},
    "GetUserFunction": {"UsersTable": {"GetItem"}},
    "ListUsersFunction": {"UsersTable": {"Scan"}, "UserKeysTable": {"GetItem", "PutItem"}},
    "UpdateUserFunction": {"UsersTable": {"GetItem", "UpdateItem"}, "UserKeysTable": {"PutItem", "DeleteItem"}},
    "DeleteUserFunction": {"UsersTable": {"GetItem", "DeleteItem"}, "UserKeysTable": {"DeleteItem"}},
}
# Besides what every consumer may: read its queue, and send to its dead-letter queue.
CONSUMERS_MAY = {
    "PublishUserEventsFunction": {
        "UsersTable.StreamArn": {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
        "EventBus": {"events:PutEvents"},
        "UserKeysTable": {"GetItem"},
    },
    "RecordAuditFunction": {"AuditTable": {"Query", "PutItem"}},
    "SendMailFunction": {
        "UsersTable": {"GetItem"},
        "MailTable": {"PutItem", "UpdateItem", "DeleteItem"},
        "MailIdentityArn": {"ses:SendEmail"},
    },
}
TOMBSTONES = "dynamodb:LeadingKeys deleted#*"
CURSOR_SECRETS = "dynamodb:LeadingKeys cursor-secret#*"
VIA_DYNAMODB = "if CustomerKey, kms:ViaService dynamodb.${AWS::Region}.${AWS::URLSuffix}"


def limited(resource, when):
    limits = {"UserKeysTable": TOMBSTONES, "MailIdentityArn": "ses:FromAddress ${MailSender}"}
    return f"{when}, {limits[resource]}" if resource in limits else when


def expected_of_consumer(function):
    name = function.removesuffix("Function")
    when = "if EventsOn"
    own = "if MailOn" if name == "SendMail" else when
    via = "kms:ViaService dynamodb.${AWS::Region}.${AWS::URLSuffix} or sqs.${AWS::Region}.${AWS::URLSuffix}"
    may = {
        **CONSUMERS_MAY[function],
        f"{name}LogGroup": {"logs:CreateLogStream", "logs:PutLogEvents"},
        f"{name}Queue": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
        f"{name}DeadLetters": {"sqs:SendMessage"},
    }
    return {
        *(
            Grant(
                function,
                resource,
                action if ":" in action else f"dynamodb:{action}",
                limited(resource, own if resource in CONSUMERS_MAY[function] else when),
            )
            for resource, actions in may.items()
            for action in actions
        ),
        *(
            Grant(function, "CustomerKeyArn", action, f"{when}, if CustomerKey, {via}")
            for action in ("kms:Decrypt", "kms:GenerateDataKey")
        ),
    }


def expected(function):
    if function in CONSUMERS_MAY:
        return expected_of_consumer(function)
    only = {("ListUsersFunction", "UserKeysTable"): CURSOR_SECRETS}
    group = function.replace("Function", "LogGroup")
    with_events = Grant(function, "UserKeysTable", "dynamodb:PutItem", f"if EventsOn, {TOMBSTONES}")
    return {
        *([with_events] if function == "DeleteUserFunction" else []),
        *(
            Grant(function, table, action if ":" in action else f"dynamodb:{action}", only.get((function, table), ""))
            for table, actions in MAY[function].items()
            for action in actions
        ),
        Grant(function, group, "logs:CreateLogStream"),
        Grant(function, group, "logs:PutLogEvents"),
        Grant(function, "CustomerKeyArn", "kms:Decrypt", VIA_DYNAMODB),
    }


@pytest.mark.parametrize("function", [*MAY, *CONSUMERS_MAY])
def test_a_function_may_do_exactly_what_it_does(function):
    found = [grant for grant in roles.grants(actual().transformed) if grant.function == function]

    assert set(found) == expected(function)
    assert len(found) == len(set(found))


def test_no_other_function_may_do_anything():
    assert {grant.function for grant in roles.grants(actual().transformed)} == {*MAY, *CONSUMERS_MAY}


def test_the_table_in_the_architecture_is_the_templates():
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

    assert marks.between(document, "roles") == roles.table(actual().transformed), "run: python -m tools.roles --write"


def test_a_changed_role_changes_the_table():
    changed = actual()
    document = changed.resources["GetUserPolicy"]["Properties"]["PolicyDocument"]
    document["Statement"][0]["Action"].append("dynamodb:Query")

    assert "`dynamodb:GetItem`, `dynamodb:Query`" in roles.table(changed.transformed)
    assert roles.table(changed.transformed) != roles.table(actual().transformed)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ("*", "neither"),
        ({"Fn::Sub": "${UsersTable.Arn}/*"}, "neither"),
        ({"Fn::GetAtt": ["UsersTable", "TableId"]}, "neither"),
    ],
)
def test_a_grant_on_anything_but_one_resource_is_refused(resource, reason):
    changed = actual()
    statement = changed.resources["GetUserPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    statement["Resource"] = resource

    with pytest.raises(TemplateError, match=reason):
        roles.grants(changed.transformed)


def test_a_role_from_elsewhere_is_refused():
    changed = actual()
    changed.resources["GetUserFunction"]["Properties"]["Role"] = "arn:aws:iam::123456789012:role/admin"

    with pytest.raises(TemplateError, match="GetUserFunction"):
        roles.grants(changed.transformed)


@pytest.mark.parametrize("form", READ)
def test_a_grant_is_found_in_whatever_form_it_is_written(form):
    changed = actual()
    READ[form](allow(["dynamodb:Query"], TABLE))(changed)

    assert set(roles.grants(changed.transformed)) - set(roles.grants(actual().transformed)) == {
        Grant("GetUserFunction", "UsersTable", "dynamodb:Query")
    }


def test_a_grant_under_a_condition_says_so():
    changed = actual()
    READ["a policy"](allow(["dynamodb:Query"], TABLE))(changed)
    changed.resources["New"]["Condition"] = "Production"

    assert Grant("GetUserFunction", "UsersTable", "dynamodb:Query", "if Production") in roles.grants(
        changed.transformed
    )


def test_what_a_role_of_no_function_grants_is_found_too():
    changed = actual()
    changed.transformed["Resources"]["New"] = {"Type": "AWS::IAM::Role", "Properties": {}}
    inside("New", allow("dynamodb:Query", TABLE))(changed)

    assert Grant("New", "UsersTable", "dynamodb:Query") in roles.grants(changed.transformed)


def test_a_boundary_grants_nothing():
    changed = actual()
    policy("ManagedPolicy", allow())(changed)
    changed.resources["GetUserRole"]["Properties"]["PermissionsBoundary"] = {"Ref": "New"}

    assert roles.grants(changed.transformed) == roles.grants(actual().transformed)


def test_a_service_that_acts_for_the_stack_is_no_function():
    changed = actual()
    source = {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["UsersApiLogGroup", "Arn"]}}}
    open_to("AWS::SQS::QueuePolicy", {"Principal": {"Service": "events.amazonaws.com"}, "Condition": source})(changed)

    assert roles.grants(changed.transformed) == roles.grants(actual().transformed)


@pytest.mark.parametrize(
    "policies",
    [
        pytest.param(["AWSXRayDaemonWriteAccess"], id="AWS's own"),
        pytest.param([{"DynamoDBCrudPolicy": {"TableName": "Users"}}], id="a policy template"),
        pytest.param([document(allow("dynamodb:GetItem", TABLE))], id="a statement, for AWS's own comes with it"),
    ],
)
def test_policies_that_sam_makes_are_refused(policies):
    source = read_template(TEMPLATE)
    properties = source.tree["Resources"]["GetUserFunction"]["Properties"]
    del properties["Role"]
    properties["Policies"] = policies

    del source.tree["Resources"]["GetUserPolicy"]

    with pytest.raises(TemplateError, match="GetUserFunctionRole takes a managed policy"):
        roles.grants(transform(source, parameter_values(source, {})))


def test_the_command_prints_the_table(capsys):
    assert roles.main([]) == 0
    assert capsys.readouterr().out == roles.table(actual().transformed)


def test_a_wrong_use_of_the_command_is_told(capsys):
    assert roles.main(["--wrong"]) == 2
    assert "python -m tools.roles" in capsys.readouterr().err
