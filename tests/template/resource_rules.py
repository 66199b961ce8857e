"""Rules for functions, roles, tables and names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from local.template.source import TemplateError
from tests.template.stack import Stack, dig
from tools.roles import functions as functions_of
from tools.roles import grants, role_of
from tools.statements import listed

FUNCTION = "AWS::Lambda::Function"
ALIAS, VERSION = "AWS::Lambda::Alias", "AWS::Lambda::Version"
LOG_GROUP = "AWS::Logs::LogGroup"
ROLE = "AWS::IAM::Role"
MACHINE = "AWS::StepFunctions::StateMachine"
# The sizes of functions that no request waits for, where they differ from those of all others.
SIZES: dict[str, dict[str, int]] = {
    "ProcessPictureFunction": {"MemorySize": 1769},
    "RegisterPersonFunction": {"Timeout": 5},
    "GetErasureFunction": {"MemorySize": 512, "Timeout": 28},
    **{f"{it}Function": {"MemorySize": 1024, "Timeout": 900} for it in ("SplitImport", "ImportRows", "FinishImport")},
    "ExportUsersFunction": {"MemorySize": 1769, "Timeout": 900},
    "CheckReleaseFunction": {"Timeout": 120},
}
OF_USERS = ("CreateUser", "GetUser", "ListUsers", "UpdateUser", "DeleteUser")
IN_THE_NETWORK = tuple(f"{name}Function" for name in (*OF_USERS, "KeepCache"))
IN_A_NETWORK = {
    "Fn::If": [
        "InNetwork",
        {"SubnetIds": {"Ref": "SubnetIds"}, "SecurityGroupIds": {"Ref": "SecurityGroupIds"}},
        {"Ref": "AWS::NoValue"},
    ]
}
MACROS = ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]
OF_SIGN_IN = ("MachinesClientId", "PagesClientId", "SignInUrl", "UserPoolId")
OUTPUTS = sorted(
    ["ApiEndpoint", "ApiKeyId", "DomainTarget", "LiveEndpoint", "UsersTableArn", "UsersTableName", *OF_SIGN_IN]
)
CONDITIONS = {
    "ApiKeyId": "KeyRequired",
    "DomainTarget": "DomainOn",
    "LiveEndpoint": "LiveOn",
    **dict.fromkeys(OF_SIGN_IN, "SignInOn"),
}
# Where a user pool calls a function, and a route that the template gives to a function itself.
TRIGGER = "RegisterPersonPermission"
ME_ROUTE = re.compile(
    r"arn:\$\{AWS::Partition\}:execute-api:\$\{AWS::Region\}:\$\{AWS::AccountId\}:\$\{UsersApi\}/\*/[A-Z]+/users/me"
)
LIVE_ROUTE = re.compile(
    r"arn:\$\{AWS::Partition\}:execute-api:\$\{AWS::Region\}:\$\{AWS::AccountId\}:\$\{LiveApi\}/live/\$\w+"
)
NAMES = ("TableName", "FunctionName", "LogGroupName", "RoleName", "Name", "QueueName", "TopicName", "UsagePlanName")


def each_function_has_a_log_group_of_its_own(stack: Stack) -> Iterator[str]:
    groups = Counter(str(dig(block, "LoggingConfig", "LogGroup", "Ref")) for block in stack.of(FUNCTION).values())
    for name, block in stack.of(FUNCTION).items():
        group = dig(block, "LoggingConfig", "LogGroup", "Ref")
        if group not in stack.of(LOG_GROUP):
            yield f"{name} writes to no log group of the template"
        elif groups[group] > 1:
            yield f"{name} shares {group}"
        if dig(block, "LoggingConfig", "LogFormat") != "JSON":
            yield f"{name} does not log JSON"


def each_log_group_forgets(stack: Stack) -> Iterator[str]:
    for name, block in stack.of(LOG_GROUP).items():
        if block.get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            yield f"{name} does not keep its logs for LogRetentionDays"


def each_log_group_takes_the_key(stack: Stack) -> Iterator[str]:
    for name, block in stack.of(LOG_GROUP).items():
        if block.get("KmsKeyId") != {"Fn::If": ["LogKey", {"Ref": "LogKeyArn"}, {"Ref": "AWS::NoValue"}]}:
            yield f"{name} does not encrypt its logs with LogKeyArn"


def each_function_has_a_role_of_its_own(stack: Stack) -> Iterator[str]:
    roles = Counter(str(dig(block, "Role", "Fn::GetAtt", 0)) for block in stack.of(FUNCTION).values())
    for name, block in stack.of(FUNCTION).items():
        role = dig(block, "Role", "Fn::GetAtt", 0)
        if role not in stack.of(ROLE):
            yield f"{name} has no role of the template"
        elif roles[role] > 1:
            yield f"{name} shares {role}"


OF_A_RESOURCE = ("", "StreamArn", "Connections", "EndedConnections", "Executions", "Alias")


def roles_hold_no_wildcard(stack: Stack) -> Iterator[str]:
    try:
        found = grants(stack.transformed)
    except TemplateError as error:
        yield str(error)
        return
    for grant in found:
        if "*" in grant.action or "?" in grant.action:
            yield f"{grant.function} has a wildcard in its actions: {grant.action}"
        known = (
            *stack.resources,
            "CustomerKeyArn",
            "MailIdentityArn",
            *("Alarms", "DeploymentGroups", "NetworkInterfaces"),
            "PicturesBucket/uploads/*",
            "PicturesBucket/pictures/*",
            *(f"UserSearchTable/index/{name}" for name in ("ByCreated", "ByName")),
            *(f"BulkBucket/{prefix}/*" for prefix in ("uploads", "parts", "results", "exports")),
        )
        resource, _, of_it = grant.resource.partition(".")
        if resource not in known or of_it not in OF_A_RESOURCE:
            yield f"{grant.function} is granted {grant.action} on something that is not of the stack: {grant.resource}"


def functions_take_no_policies_of_sam(stack: Stack) -> Iterator[str]:
    """SAM passes over them where a function has a Role, and adds grants on everything where it has none."""
    blocks = {**stack.written["Resources"], "Globals": {"Properties": dig(stack.written, "Globals", "Function")}}
    for name, block in blocks.items():
        if dig(block, "Properties", "Policies") and dig(block, "Type") in ("AWS::Serverless::Function", None):
            yield f"{name} has Policies, which SAM makes into something else"


def only_known_macros_complete_the_template(stack: Stack) -> Iterator[str]:
    if stack.written.get("Transform") != MACROS:
        yield f"what {stack.written.get('Transform')} makes of the template is not known"


def functions_wait_for_their_policies(stack: Stack) -> Iterator[str]:
    functions = {role_of(name, block): (name, block) for name, block in functions_of(stack.transformed)}
    for policy, block in stack.of("AWS::IAM::Policy").items():
        for role in block.get("Roles") or []:
            name, function = functions.get(dig(role, "Ref"), ("", {}))
            if policy not in listed(function.get("DependsOn")):
                yield f"{name or role} may be called before {policy} is attached; write DependsOn: {policy}"


def roles_are_assumed_by_lambda_only(stack: Stack) -> Iterator[str]:
    """A machine of steps, and the rule that starts one, have the roles of their services."""
    machines = {dig(block, "RoleArn", "Fn::GetAtt", 0) for block in stack.of(MACHINE).values()}
    targets = [target for block in stack.of("AWS::Events::Rule").values() for target in block["Targets"]]
    rules = {dig(target, "RoleArn", "Fn::GetAtt", 0) for target in targets}
    for name, block in stack.of(ROLE).items():
        others = {**dict.fromkeys(machines, "states"), **dict.fromkeys(rules, "events"), "ReleaseRole": "codedeploy"}
        service = others.get(name, "lambda")
        for statement in listed(dig(block, "AssumeRolePolicyDocument", "Statement")):
            if dig(statement, "Principal") != {"Service": f"{service}.amazonaws.com"}:
                yield f"{name} can be assumed by others than Lambda"


def only_this_api_calls_the_functions(stack: Stack) -> Iterator[str]:
    """The REST API, or one route of the WebSocket API."""
    for name, block in stack.of("AWS::Lambda::Permission").items():
        if name == TRIGGER:
            if block.get("SourceArn") != {"Fn::GetAtt": ["UserPool", "Arn"]}:
                yield f"{name} lets others than the user pool call a function"
            if block.get("Principal") != "cognito-idp.amazonaws.com":
                yield f"{name} is not for a user pool"
            continue
        written = str(dig(block, "SourceArn", "Fn::Sub"))
        of_route = LIVE_ROUTE.fullmatch(written) or ME_ROUTE.fullmatch(written)
        if dig(block, "SourceArn", "Fn::Sub", 1, "__ApiId__") != {"Ref": "UsersApi"} and not of_route:
            yield f"{name} lets others than this API call a function"
        if block.get("Principal") != "apigateway.amazonaws.com" or block.get("Action") != "lambda:InvokeFunction":
            yield f"{name} is not for API Gateway to invoke a function"


def functions_are_sized_as_decided(stack: Stack) -> Iterator[str]:
    wanted = {"Runtime": "python3.13", "MemorySize": 256, "Timeout": 10, "Architectures": [{"Ref": "Architecture"}]}
    for name, block in stack.of(FUNCTION).items():
        for key, value in {**wanted, **SIZES.get(name, {})}.items():
            if block.get(key) != value:
                yield f"{name} has {key} {block.get(key)}, not {value}"
        for key in ("ReservedConcurrentExecutions", "Layers"):
            if key in block and (name, key) != ("ProcessPictureFunction", "Layers"):
                yield f"{name} has {key}"
        if block.get("VpcConfig") != (IN_A_NETWORK if name in IN_THE_NETWORK else None):
            yield f"{name} has the VpcConfig {block.get('VpcConfig')}"


def handlers_share_one_environment(stack: Stack) -> Iterator[str]:
    """A consumer, and a handler of an optional capability, has its own settings too: a queue, a bus, a table.

    A handler that a capability extends has a setting only while the capability is on.
    """
    shared = set(dig(stack.written, "Globals", "Function", "Environment", "Variables") or {})
    for name, block in stack.of(FUNCTION).items():
        variables = {
            name for name, value in (dig(block, "Environment", "Variables") or {}).items() if not _extends(value)
        }
        of_consumer = str(block.get("Handler")).startswith("consumers.")
        optional = bool(stack.resources[name].get("Condition"))
        more = variables - shared - {"SIGN_IN"}  # whoever asks for the caller has it
        if not variables >= shared or (more and not of_consumer and not optional):
            yield f"{name} has an environment besides that of Globals"


def _extends(value: Any) -> bool:
    """Whether a setting is there only while a capability is on."""
    return isinstance(value, dict) and dig(value, "Fn::If", 2) == {"Ref": "AWS::NoValue"}


def parameters_and_outputs_are_described(stack: Stack) -> Iterator[str]:
    for section in ("Parameters", "Outputs"):
        for name, block in (stack.transformed.get(section) or {}).items():
            if len(block.get("Description") or "") < 10:
                yield f"{name} ({section}) has no description"


def outputs_are_as_decided(stack: Stack) -> Iterator[str]:
    outputs = stack.transformed.get("Outputs") or {}
    if sorted(outputs) != OUTPUTS:
        yield f"the outputs are {sorted(outputs)}, not {OUTPUTS}"
    for name, block in outputs.items():
        if block.get("Condition") != CONDITIONS.get(name):
            yield f"the output {name} has the condition {block.get('Condition')}"


def two_stacks_do_not_meet(stack: Stack) -> Iterator[str]:
    first, second = (stack.resolved(name, UsersTableName="")["Resources"] for name in ("first", "second"))
    for name, block in first.items():
        for key in NAMES if block["Type"] != ALIAS else ():  # which is a name within its function
            value = dig(block, "Properties", key)
            if value is not None and value == dig(second, name, "Properties", key):
                yield f"{name} is called {value} in every stack"


MOST_RESOURCES = 500  # that CloudFormation takes in one template, whatever their conditions
OF_RELEASES = 6  # that SAM adds for GradualDeployment: an application and five groups


def the_stack_fits_into_a_template(stack: Stack) -> Iterator[str]:
    if len(stack.resources) + OF_RELEASES > MOST_RESOURCES:
        yield f"the template has {len(stack.resources)} resources"


def functions_of_users_are_reached_by_an_alias(stack: Stack) -> Iterator[str]:
    """And no others: an alias and a version for each function would not fit into one template."""
    aliases = {dig(block, "FunctionName", "Ref"): block.get("Name") for block in stack.of(ALIAS).values()}
    if aliases != {f"{name}Function": "live" for name in OF_USERS}:
        yield f"the functions with an alias are {aliases}"


def stage_is_prod_alone(stack: Stack) -> Iterator[str]:
    stages = [block.get("StageName") for block in stack.of("AWS::ApiGateway::Stage").values()]
    deployments = [
        block["StageName"] for block in stack.of("AWS::ApiGateway::Deployment").values() if "StageName" in block
    ]
    if stages + deployments != ["Prod"]:
        yield f"the stages are {stages + deployments}"
