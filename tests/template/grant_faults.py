"""Every form in which a template can grant something, as ways to spoil the stack: the judge must see each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.template.faults import Spoil, drop, new, put
from tests.template.resource_rules import MACROS
from tests.template.stack import Stack

Form = Callable[[Any], Spoil]
ROLE = "GetUserRole"
ITS_ARN = {"Fn::GetAtt": [ROLE, "Arn"]}
TABLE = {"Fn::GetAtt": ["UsersTable", "Arn"]}
POLICIES = ("CreateUserRole", "Properties", "Policies")
OF_A_ROLE = (*POLICIES, 0, "PolicyDocument", "Statement")
OF_A_POLICY = ("CreateUserPolicy", "Properties", "PolicyDocument", "Statement")
CREATE, PERMISSION = ("CreateUserFunction", "Properties"), "CreateUserFunctionCreateUserPermissionProd"
OF_THE_TABLE = ("UsersTable", "Properties", "ResourcePolicy")
TAKES = (ROLE, "Properties", "ManagedPolicyArns")
AWS_OWN = "arn:aws:iam::aws:policy/ReadOnlyAccess"


def allow(action: Any = "dynamodb:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: Any) -> dict[str, Any]:
    """A policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policy(kind: str, statement: Any, **more: Any) -> Spoil:
    """A new policy."""
    return new(f"AWS::IAM::{kind}", PolicyName="new", PolicyDocument=document(statement), **more)


def open_to(kind: str, to: dict[str, Any], key: str = "PolicyDocument") -> Spoil:
    """A new resource with a policy of its own."""
    return new(kind, **{key: document(allow(**to))})


def both(*spoils: Spoil) -> Spoil:
    """One after the other."""

    def spoil(stack: Stack) -> None:
        for each in spoils:
            each(stack)

    return spoil


def inside(role: str, statement: Any) -> Spoil:
    """A policy inside a role."""

    def spoil(stack: Stack) -> None:
        properties = stack.transformed["Resources"][role]["Properties"]
        properties.setdefault("Policies", []).append({"PolicyName": "new", "PolicyDocument": document(statement)})

    return spoil


def of_the_table(statement: Any) -> Spoil:
    """A policy of the users table, which speaks of the table itself."""
    own = {key: value for key, value in statement.items() if key != "Resource"}
    return put(
        "UsersTable",
        "Properties",
        "ResourcePolicy",
        to={"PolicyDocument": document({**own, "Principal": {"AWS": ITS_ARN}})},
    )


def of_a_resource(kind: str, key: str = "PolicyDocument") -> Form:
    """A policy of some other resource."""
    return lambda statement: new(kind, **{key: document({**statement, "Principal": {"AWS": ITS_ARN}})})


# A statement, in each form that gives it to the role of GetUser.
READ: dict[str, Form] = {
    "a policy inside the role": lambda statement: inside(ROLE, statement),
    "a statement that stands alone": lambda statement: both(
        inside(ROLE, statement), put(ROLE, "Properties", "Policies", 1, "PolicyDocument", "Statement", to=statement)
    ),
    "a policy": lambda statement: policy("Policy", statement, Roles=[{"Ref": ROLE}]),
    "a policy of one role": lambda statement: policy("RolePolicy", statement, RoleName={"Ref": ROLE}),
    "a managed policy that names the role": lambda statement: policy("ManagedPolicy", statement, Roles=[{"Ref": ROLE}]),
    "a managed policy that the role takes": lambda statement: both(
        policy("ManagedPolicy", statement), put(*TAKES, to=[{"Ref": "New"}])
    ),
    "a table's policy": of_the_table,
    "a queue's policy": of_a_resource("AWS::SQS::QueuePolicy"),
    "a topic's policy": of_a_resource("AWS::SNS::TopicPolicy"),
    "a bucket's policy": of_a_resource("AWS::S3::BucketPolicy"),
    "a secret's policy": of_a_resource("AWS::SecretsManager::ResourcePolicy", "ResourcePolicy"),
    "a stream's policy": of_a_resource("AWS::Kinesis::ResourcePolicy", "ResourcePolicy"),
    "a key's policy": of_a_resource("AWS::KMS::Key", "KeyPolicy"),
    "a bus's policy": lambda statement: new(
        "AWS::Events::EventBusPolicy", Statement={**statement, "Principal": {"AWS": ITS_ARN}}
    ),
}  # fmt: skip

ACCOUNT = "123456789012"
ANYONE = {"Principal": "*"}
ROOT = {"Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}}
SERVICE = {"Principal": {"Service": "events.amazonaws.com"}}
FROM_ELSEWHERE = {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/x"}}}
TEXT = '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "logs:*", "Resource": "*"}]}'
OTHER = {"Fn::If": ["CustomerKey", allow(), allow("dynamodb:GetItem", TABLE)]}
STATEMENT = (*OF_A_POLICY, 0)

# What is not read, and therefore refused.
REFUSED: list[tuple[str, Spoil]] = [
    ("a resource that is a pattern", put(*STATEMENT, "Resource", to={"Fn::Sub": "${UsersTable.Arn}/*"})),
    ("a resource by its name", put(*STATEMENT, "Resource", to={"Ref": "UsersTable"})),
    ("some parameter", put(*STATEMENT, "Resource", to={"Ref": "AlarmTopicArn"})),
    ("no resource", drop(*STATEMENT, "Resource")),
    ("all but one action", put(*STATEMENT, to={"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": TABLE})),
    ("all but one resource", put(*STATEMENT, to={"Effect": "Allow", "Action": "s3:GetObject", "NotResource": TABLE})),
    ("a denial", put(*STATEMENT, "Effect", to="Deny")),
    ("actions by parameter", put(*STATEMENT, "Action", to=[{"Ref": "CorsOrigin"}])),
    ("a statement with an alternative", put(*STATEMENT, to=OTHER)),
    ("a document by condition", put(*OF_A_POLICY[:-1], to={"Fn::If": ["CustomerKey", document(allow()), document()]})),
    ("policies by condition", put(*POLICIES, to={"Fn::If": ["CustomerKey", [], []]})),
    ("AWS's managed policy", put(*TAKES, to=[AWS_OWN])),
    ("a managed policy by parameter", put(*TAKES, to=[{"Ref": "CustomerKeyArn"}])),
    ("managed policies by condition", put(*TAKES, to={"Fn::If": ["CustomerKey", [], []]})),
    ("a role by its name", policy("Policy", allow(), Roles=["users-api-GetUserRole"])),
    ("a role by parameter", policy("RolePolicy", allow(), RoleName={"Ref": "UsersTableName"})),
    ("no role at all", policy("ManagedPolicy", allow())),
    ("a user", policy("Policy", allow(), Roles=[{"Ref": ROLE}], Users=["admin"])),
    ("a group", policy("ManagedPolicy", allow(), Roles=[{"Ref": ROLE}], Groups=["admins"])),
    ("a policy of a user", policy("UserPolicy", allow(), UserName="admin")),
    ("a policy of a group", policy("GroupPolicy", allow(), GroupName="admins")),
    ("a user with policies", new("AWS::IAM::User", Policies=[{"PolicyDocument": document(allow())}])),
    ("something new of IAM's", new("AWS::IAM::FuturePolicy", RoleName={"Ref": ROLE})),
    ("permissions of people", new("AWS::SSO::PermissionSet", InlinePolicy=document(allow()))),
    ("a kind of policy not known", open_to("AWS::VpcLattice::AuthPolicy", ANYONE, "Policy")),
    ("a kind of permission not known", new("AWS::Lambda::LayerVersionPermission", Principal="*")),
    ("a function for anyone", put(PERMISSION, "Properties", "Principal", to="*")),
    ("a function for another account", put(PERMISSION, "Properties", "Principal", to=ACCOUNT)),
    ("a table for the account", put(*OF_THE_TABLE, to={"PolicyDocument": document(allow(**ROOT))})),
    ("a table's stream for anyone", put("UsersTable", "Properties", "StreamSpecification", "ResourcePolicy",
                                        to={"PolicyDocument": document(allow(**ANYONE))})),
    ("a bucket for anyone", open_to("AWS::S3::BucketPolicy", ANYONE)),
    ("a queue for a service, whoever it acts for", open_to("AWS::SQS::QueuePolicy", SERVICE)),
    ("a topic for a service that acts for others", open_to("AWS::SNS::TopicPolicy", {**SERVICE, **FROM_ELSEWHERE})),
    ("a bus for another account", new("AWS::Events::EventBusPolicy", Action="events:PutEvents", Principal=ACCOUNT)),
    ("a key for the account", new("AWS::KMS::Key", KeyPolicy=document(allow("kms:*", **ROOT)))),
    ("a secret for anyone", open_to("AWS::SecretsManager::ResourcePolicy", ANYONE, "ResourcePolicy")),
    ("an endpoint of a network", open_to("AWS::EC2::VPCEndpoint", ANYONE)),
    ("a policy of the API", put("UsersApi", "Properties", "Policy", to=document(allow(**ANYONE)))),
    ("a policy in the API's definition", put("UsersApi", "Properties", "Body", "x-amazon-apigateway-policy",
                                             to=document(allow(**ANYONE)))),
    ("a policy as text", new("AWS::Logs::ResourcePolicy", PolicyName="x", PolicyDocument=TEXT)),
    ("a policy that is put together", new("AWS::Logs::ResourcePolicy", PolicyDocument={"Fn::Join": ["", [TEXT[:5]]]})),
    ("a module", new("AWS::S3::Bucket::MODULE", Name="x")),
    ("all but one principal", open_to("AWS::S3::BucketPolicy", {"NotPrincipal": {"AWS": ITS_ARN}})),
    ("a stack of its own", new("AWS::CloudFormation::Stack", TemplateURL="infra/account.yaml")),
    ("a resource of one's own making", new("Custom::Policy", RoleName={"Ref": ROLE})),
    ("a macro", put("UsersTable", "Properties", "Tags", to={"Fn::Transform": {"Name": "More"}})),
]  # fmt: skip


def written(*path: Any, to: Any) -> Spoil:
    """Set a part of the template as it is written."""

    def spoil(stack: Stack) -> None:
        holder = stack.written
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = to

    return spoil


# rule: (what is spoilt, how), ...
GRANT_FAULTS: dict[str, list[tuple[str, Spoil]]] = {
    "roles_hold_no_wildcard": [
        *((f"everything, by {form}", spoil(allow())) for form, spoil in READ.items()),
        *((f"all actions on a table, by {form}", spoil(allow(["dynamodb:*"], TABLE))) for form, spoil in READ.items()),
        ("one character open", put(*STATEMENT, "Action", to="dynamodb:GetIte?")),
        ("a wildcard with a key", put(*OF_A_ROLE, 1, "Fn::If", 1, "Resource", to="*")),
        ("a role that no function has", both(
            new("AWS::IAM::Role", AssumeRolePolicyDocument=document()), inside("New", allow("s3:*", TABLE)))),
        *REFUSED,
    ],
    "functions_take_no_policies_of_sam": [
        ("beside a role", written("Resources", *CREATE, "Policies", to=["AmazonDynamoDBFullAccess"])),
        ("of all functions", written("Globals", "Function", "Policies", to=[document(allow())])),
    ],
    "only_known_macros_complete_the_template": [("one more", written("Transform", to=[*MACROS, "More"]))],
}  # fmt: skip
