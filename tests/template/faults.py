"""Ways to spoil the stack, each with the rule that must complain. A rule that no fault can break proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.template.stack import Stack

Spoil = Callable[[Stack], None]
API = ("UsersApi", "Properties", "Body")
STAGE = ("UsersApiProdStage", "Properties")
USERS, USER = (*API, "paths", "/users"), (*API, "paths", "/users/{userId}")
INTEGRATION, ANY = "x-amazon-apigateway-integration", "x-amazon-apigateway-any-method"
REFUSALS = (*API, "x-amazon-apigateway-gateway-responses")
CREATE = ("CreateUserFunction", "Properties")
HOME = ("UsersTable", "Properties", "Replicas", 0)
SECOND = ("UsersTable", "Properties", "Replicas", 1, "Fn::If", 1)
STREAM = {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def put(*path: Any, to: Any) -> Spoil:
    """Set a part of Resources."""

    def spoil(stack: Stack) -> None:
        holder = stack.transformed["Resources"]
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = to

    return spoil


def drop(*path: Any) -> Spoil:
    """Take a part of Resources away."""

    def spoil(stack: Stack) -> None:
        holder = stack.transformed["Resources"]
        for key in path[:-1]:
            holder = holder[key]
        del holder[path[-1]]

    return spoil


def output(name: str, **members: Any) -> Spoil:
    """Add to an output, or make one."""

    def spoil(stack: Stack) -> None:
        stack.transformed["Outputs"].setdefault(name, {}).update(members)

    return spoil


def parameter(name: str, **members: Any) -> Spoil:
    """Add to a parameter."""

    def spoil(stack: Stack) -> None:
        stack.transformed["Parameters"][name].update(members)

    return spoil


def replaced(*path: Any, old: str, new: str) -> Spoil:
    """Change a text of Resources."""

    def spoil(stack: Stack) -> None:
        holder = stack.transformed["Resources"]
        for key in path[:-1]:
            holder = holder[key]
        assert old in holder[path[-1]]
        holder[path[-1]] = holder[path[-1]].replace(old, new)

    return spoil


def new(kind: str, **properties: Any) -> Spoil:
    """Add a resource named New."""
    return put("New", to={"Type": kind, "Properties": properties})


QUEUE = {"Fn::GetAtt": ["New", "Arn"]}

# rule: (what is spoilt, how), ...
FAULTS: dict[str, list[tuple[str, Spoil]]] = {
    "each_function_has_a_log_group_of_its_own": [
        ("Lambda names the group", drop(*CREATE, "LoggingConfig", "LogGroup")),
        ("two share one", put(*CREATE, "LoggingConfig", "LogGroup", to={"Ref": "GetUserLogGroup"})),
        ("plain text", put(*CREATE, "LoggingConfig", "LogFormat", to="Text")),
    ],
    "each_log_group_forgets": [("kept for ever", drop("CreateUserLogGroup", "Properties", "RetentionInDays"))],
    "each_log_group_takes_the_key": [("no key", drop("CreateUserLogGroup", "Properties", "KmsKeyId"))],
    "each_function_has_a_role_of_its_own": [
        ("two share one", put(*CREATE, "Role", to={"Fn::GetAtt": ["GetUserRole", "Arn"]})),
        ("a role from elsewhere", put(*CREATE, "Role", to="arn:aws:iam::123456789012:role/admin")),
    ],
    "functions_wait_for_their_policies": [
        ("one does not", drop("CreateUserFunction", "DependsOn")),
        ("one waits for another's", put("CreateUserFunction", "DependsOn", to=["GetUserPolicy"])),
    ],
    "roles_are_assumed_by_lambda_only": [
        ("anyone", put("GetUserRole", "Properties", "AssumeRolePolicyDocument", "Statement", 0, "Principal", to="*")),
        ("one statement, no list", put("GetUserRole", "Properties", "AssumeRolePolicyDocument", "Statement", to={})),
    ],
    "only_this_api_calls_the_functions": [
        ("any API", drop("CreateUserFunctionCreateUserPermissionProd", "Properties", "SourceArn")),
        ("anyone", put("CreateUserFunctionCreateUserPermissionProd", "Properties", "Principal", to="*")),
        ("to change it", put("CreateUserFunctionCreateUserPermissionProd", "Properties", "Action", to="lambda:*")),
    ],
    "functions_are_sized_as_decided": [
        ("an old runtime", put(*CREATE, "Runtime", to="python3.9")),
        ("a long time-out", put(*CREATE, "Timeout", to=30)),
        ("reserved concurrency", put(*CREATE, "ReservedConcurrentExecutions", to=5)),
    ],
    "handlers_share_one_environment": [("one of its own", put(*CREATE, "Environment", "Variables", "MORE", to="x"))],
    "tables_are_encrypted": [
        ("never", drop("UserKeysTable", "Properties", "SSESpecification")),
        ("switched off", put("UsersTable", "Properties", "SSESpecification", "Fn::If", 1, to={"SSEEnabled": False})),
        ("not in the second Region", drop(*SECOND, "SSESpecification")),
        ("a plain table, never", drop("AuditTable", "Properties", "SSESpecification")),
    ],
    "tables_can_be_brought_back": [
        ("no recovery", drop(*HOME, "PointInTimeRecoverySpecification")),
        ("no recovery in the second Region", drop(*SECOND, "PointInTimeRecoverySpecification")),
        ("no protection", put(*HOME, "DeletionProtectionEnabled", to=False)),
        ("a plain table without recovery", drop("AuditTable", "Properties", "PointInTimeRecoverySpecification")),
        ("deleted in production", put("UserKeysTable", "DeletionPolicy", to="Delete")),
        ("replaced in production", drop("UsersTable", "UpdateReplacePolicy")),
    ],
    "tables_are_as_decided": [
        ("no stream", drop("UsersTable", "Properties", "StreamSpecification")),
        ("no expiry", drop("UserKeysTable", "Properties", "TimeToLiveSpecification")),
        ("capacity to pay for", put("UsersTable", "Properties", "BillingMode", to="PROVISIONED")),
        ("always in two Regions", put("UsersTable", "Properties", "Replicas", 1, "Fn::If", 0, to="Production")),
        ("in one Region only", drop("UsersTable", "Properties", "Replicas", 1)),
        ("a stream that nobody reads", put("UserKeysTable", "Properties", "StreamSpecification", to=STREAM)),
        ("a plain table", put("UserKeysTable", "Type", to="AWS::DynamoDB::Table")),
    ],
    "parameters_and_outputs_are_described": [("a bare parameter", parameter("DailyQuota", Description=""))],
    "outputs_are_as_decided": [
        ("one more", output("Secret", Value="x", Description="something that nobody asked for")),
        ("a key id without a key", output("ApiKeyId", Condition=None)),
    ],
    "two_stacks_do_not_meet": [
        ("a function's name", put(*CREATE, "FunctionName", to="create-user")),
        ("a log group's name", put("CreateUserLogGroup", "Properties", "LogGroupName", to="/users/create")),
        ("a table's name", put("UserKeysTable", "Properties", "TableName", to="UserKeys")),
    ],
    "the_stack_fits_into_a_template": [
        ("too many", lambda it: it.transformed["Resources"].update((f"New{n}", {"Type": "X"}) for n in range(99))),
    ],
    "functions_of_users_are_reached_by_an_alias": [
        ("one is not", drop("GetUserFunctionAliaslive")),
        ("another name", put("GetUserFunctionAliaslive", "Properties", "Name", to="next")),
    ],
    "stage_is_prod_alone": [
        ("a stray stage", new("AWS::ApiGateway::Stage", StageName="Stage")),
        ("another name", put(*STAGE, "StageName", to="Stage")),
    ],
    "each_refusal_is_a_problem": [
        ("one is missing", drop(*REFUSALS, "THROTTLED")),
        ("one that does not exist", put(*REFUSALS, "TEAPOT", to={})),
        ("another status", put(*REFUSALS, "MISSING_AUTHENTICATION_TOKEN", "statusCode", to="403")),
        ("AWS's own words", put(*REFUSALS, "DEFAULT_5XX", "responseTemplates", "application/json", to="{}")),
        ("what the client sent", replaced(*REFUSALS, "DEFAULT_4XX", "responseTemplates", "application/json",
                                          old="The request could not be parsed.", new="$context.path")),
        ("no newline", replaced(*REFUSALS, "THROTTLED", "responseTemplates", "application/json", old="}\n", new="}")),
        ("no CORS", drop(*REFUSALS, "INVALID_API_KEY", "responseParameters",
                         "gatewayresponse.header.Access-Control-Allow-Origin")),
        ("no Retry-After", drop(*REFUSALS, "THROTTLED", "responseParameters", "gatewayresponse.header.Retry-After")),
    ],
    "each_path_answers_other_methods": [
        ("no answer", drop(*USERS, ANY)),
        ("a wrong Allow", put(*USER, ANY, INTEGRATION, "responses", "default", "responseParameters",
                              "method.response.header.Allow", to="'GET'")),
    ],
    "each_path_answers_preflight": [
        ("no answer", drop(*USERS, "options")),
        ("a header left out", replaced(*USERS, "options", INTEGRATION, "responses", "default", "responseParameters",
                                       "method.response.header.Access-Control-Allow-Headers",
                                       old="Idempotency-Key, ", new="")),
    ],
    "mocks_can_answer": [
        ("binary in", drop(*USERS, "options", INTEGRATION, "contentHandling")),
        ("binary out", drop(*USERS, "options", INTEGRATION, "responses", "default", "contentHandling")),
        ("any body", put(*USERS, ANY, INTEGRATION, "passthroughBehavior", to="when_no_match")),
        ("an undeclared header", drop(*USERS, ANY, "responses", "405", "headers", "Allow")),
    ],
    "each_operation_needs_a_key_if_asked": [
        ("open to all", drop(*USERS, "get", "security")),
        ("closed to browsers", put(*USERS, "options", "security", to=[{"apiKey": []}])),
        ("whatever the parameter says", put(*USERS, "get", "security", to=[{"apiKey": []}])),
    ],
    "each_operation_calls_its_function": [
        ("another function", replaced(*USERS, "get", INTEGRATION, "uri", "Fn::Sub",
                                      old="ListUsersFunction", new="GetUserFunction")),
        ("not the alias", replaced(*USERS, "get", INTEGRATION, "uri", "Fn::Sub", old=":live", new="")),
        ("an operation left out", drop(*USER, "patch")),
        ("an event left out", drop("UpdateUserFunctionPatchUserPermissionProd")),
    ],
    "stage_is_watched_and_throttled": [
        ("no throttle", drop(*STAGE, "MethodSettings", 0, "ThrottlingRateLimit")),
        ("bodies in the log", put(*STAGE, "MethodSettings", 0, "DataTraceEnabled", to=True)),
        ("no traces", drop(*STAGE, "TracingEnabled")),
        ("no access log", drop(*STAGE, "AccessLogSetting")),
    ],
    "access_log_names_no_person": [
        ("an address", replaced(*STAGE, "AccessLogSetting", "Format", old="requestTime", new="identity.sourceIp")),
        ("no JSON without a value", replaced(*STAGE, "AccessLogSetting", "Format",
                                             old='"$context.status"', new="$context.status")),
    ],
    "usage_plan_belongs_to_the_key": [
        ("always there", drop("UsersApiUsagePlan", "Condition")),
        ("no quota", drop("UsersApiUsagePlan", "Properties", "Quota")),
        ("no throttle", drop("UsersApiUsagePlan", "Properties", "Throttle")),
    ],
    "bodies_reach_functions_as_bytes": [("decoded", drop(*API, "x-amazon-apigateway-binary-media-types"))],
    "definition_is_one_that_api_gateway_reads": [
        ("a version too new", put(*API, "openapi", to="3.1.0")),
        ("a parameter that changes nothing", put(*API, "x-deployed-with", to=[{"Ref": "CorsOrigin"}])),
    ],
    "only_new_tls_is_accepted": [
        ("an API without a policy", drop("UsersApi", "Properties", "SecurityPolicy")),
        ("a domain with an old one", put("ApiDomain", "Properties", "SecurityPolicy", to="TLS_1_0")),
        ("a policy that accepts TLS 1.0", parameter("TlsPolicy", AllowedValues=["TLS_1_2", "TLS_1_0"])),
        ("no access mode", drop("UsersApi", "Properties", "EndpointAccessMode")),
        ("an access mode always", put("ApiDomain", "Properties", "EndpointAccessMode", to="STRICT")),
    ],
    "a_client_certificate_cannot_be_avoided": [
        ("a way around it", drop(*API, "x-amazon-apigateway-endpoint-configuration")),
        ("none asked for", drop("ApiDomain", "Properties", "MutualTlsAuthentication")),
    ],
    "each_asynchronous_path_ends_in_a_queue": [
        ("a stream", new("AWS::Lambda::EventSourceMapping", EventSourceArn=QUEUE)),
        ("a rule", new("AWS::Events::Rule", Targets=[{"Id": "x"}])),
        ("an asynchronous call", new("AWS::Lambda::EventInvokeConfig", Qualifier="$LATEST")),
        ("a subscription", new("AWS::SNS::Subscription", Protocol="sqs")),
    ],
    "each_failure_queue_has_an_alarm": [
        ("a dead-letter queue", new("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": QUEUE})),
        ("an alarm on another metric", put("RecordAuditFailuresAlarm", "Properties", "MetricName", to="Other")),
        ("an alarm that rings late", put("RecordAuditFailuresAlarm", "Properties", "Threshold", to=100)),
        ("an alarm that is off", put("RecordAuditFailuresAlarm", "Condition", to="Production")),
    ],
    "each_source_has_an_alarm_on_its_age": [
        ("a queue without one", drop("RecordAuditDelayAlarm")),
        ("a queue with one on its depth", put("RecordAuditDelayAlarm", "Properties", "MetricName", to="Other")),
        ("a stream without one", drop("PublishUserEventsBehindAlarm")),
        ("a stream with one of another function", put(
            "PublishUserEventsBehindAlarm", "Properties", "Dimensions", to=[{"Name": "FunctionName", "Value": "x"}]
        )),
        ("a stream that is new", new("AWS::Lambda::EventSourceMapping", EventSourceArn=QUEUE, FunctionName="x")),
    ],
    "alarms_tell_someone": [("a silent alarm", drop("ServerErrorsAlarm", "Properties", "AlarmActions"))],
}  # fmt: skip
