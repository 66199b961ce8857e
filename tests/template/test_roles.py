"""Each function may do exactly what it does, and the documents say so."""

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT, transform
from tests.template.grant_faults import READ, TABLE, allow, document, inside, open_to, policy
from tests.template.resource_rules import IN_THE_NETWORK, OF_USERS
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
    "PlanDeliveriesFunction": {"WebhooksTable": {"Scan"}, "WebhookDeliveriesTable": {"PutItem"}},
    "KeepCacheFunction": {
        "UsersTable.StreamArn": {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
    },
    "QueueDeliveriesFunction": {
        "WebhookDeliveriesTable.StreamArn": {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
        "DeliverWebhookQueue": {"sqs:SendMessage"},
    },
    "DeliverWebhookFunction": {
        "WebhooksTable": {"GetItem", "UpdateItem"},
        "WebhookDeliveriesTable": {"GetItem", "PutItem"},
        "DeliverWebhookQueue": {"sqs:SendMessage"},
    },
    "KeepSearchFunction": {
        "UsersTable": {"GetItem"},
        "UserSearchTable": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
    },
    "FollowSignInFunction": {
        "UsersTable": {"GetItem"},
        "UserKeysTable": {"GetItem"},
        "UserPool": {
            f"cognito-idp:Admin{it}"
            for it in (
                *("DeleteUser", "DisableUser", "EnableUser", "UserGlobalSignOut"),
                *("UpdateUserAttributes", "AddUserToGroup", "RemoveUserFromGroup"),
            )
        },
    },
    "RecordAuditFunction": {"AuditTable": {"GetItem", "PutItem"}, "AuditKey": {"kms:Sign", "kms:GetPublicKey"}},
    "SendMailFunction": {
        "UsersTable": {"GetItem"},
        "MailTable": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        "MailIdentityArn": {"ses:SendEmail"},
        "MailConfiguration": {"ses:SendEmail"},
    },
    "SettleMailFunction": {"MailTable": {"UpdateItem", "PutItem"}},
    "QueueMailFunction": {
        "MailTable.StreamArn": {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
        "SendMailQueue": {"sqs:SendMessage"},
    },
    "ProcessPictureFunction": {
        "UsersTable": {"ConditionCheckItem"},
        "PicturesTable": {"PutItem"},
        "PicturesBucket": {"s3:ListBucket"},
        "PicturesBucket/uploads/*": {"s3:GetObject", "s3:DeleteObject"},
        "PicturesBucket/pictures/*": {"s3:PutObject", "s3:DeleteObject"},
    },
    "RemovePicturesFunction": {
        "PicturesTable.StreamArn": {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
        "PicturesTable": {"DeleteItem"},
        "PicturesBucket": {"s3:ListBucket"},
        "PicturesBucket/uploads/*": {"s3:DeleteObject"},
        "PicturesBucket/pictures/*": {"s3:DeleteObject"},
    },
    "CarryOutErasureFunction": {
        "ErasuresTable.StreamArn": {"GetRecords", "GetShardIterator", "DescribeStream", "ListStreams"},
        "CarryOutErasureQueue": {"sqs:SendMessage"},
        "ErasuresTable": {"GetItem", "PutItem"},
        "UsersTable": {"GetItem", "UpdateItem", "DeleteItem"},
        "UserKeysTable": {"Scan", "PutItem", "DeleteItem"},
        "UserPool": {"cognito-idp:AdminGetUser", "cognito-idp:AdminDeleteUser"},
        "EventBus": {"events:PutEvents"},
    },
    "PushLiveUpdatesFunction": {
        "LiveTable": {"PutItem", "Query", "GetItem", "DeleteItem"},
        "LiveApi.Connections": {"execute-api:ManageConnections"},
    },
}
DECISION = {"UsersTable": {"GetItem", "UpdateItem"}, "UserKeysTable": {"GetItem", "PutItem", "UpdateItem"}}
DECISIONS = ("DisableUserFunction", "EnableUserFunction", "SetRolesFunction", "SignOutUserFunction")
SHUT_OUT = {**DECISION, "UserKeysTable": {*DECISION["UserKeysTable"], "ConditionCheckItem"}}
SHUTTING_OUT = ("DisableUserFunction", "SetRolesFunction")  # the administrator must still be one
# Handlers of capabilities, which are there while their condition holds.
OPTIONAL_MAY = {
    "EventsOn": {"ListAuditFunction": {"AuditTable": {"Query"}}},
    "HealthOn": {"GetHealthFunction": {"UserKeysTable": {"GetItem"}}},
    "SignInOn": {
        "RegisterPersonFunction": {
            "UsersTable": {"GetItem", "PutItem", "UpdateItem"},
            "UserKeysTable": {"GetItem", "PutItem", "UpdateItem", "DeleteItem"},
        },
        "GetManagedUserFunction": {"UsersTable": {"GetItem"}, "UserKeysTable": {"GetItem"}},
        "GetStatisticsFunction": {"UsersTable": {"DescribeTable"}, "UserKeysTable": {"GetItem"}},
        "EraseUserFunction": {
            "UsersTable": {"GetItem"},
            "UserKeysTable": {"GetItem"},
            "ErasuresTable": {"GetItem", "PutItem"},
        },
        "GetErasureFunction": {
            "UsersTable": {"GetItem"},
            "UserKeysTable": {"GetItem", "Scan"},
            "ErasuresTable": {"GetItem"},
            "UserPool": {"cognito-idp:AdminGetUser"},
        },
        **dict.fromkeys(DECISIONS, DECISION),
        **dict.fromkeys(SHUTTING_OUT, SHUT_OUT),
    },
    "MailOn": {
        "GetEmailVerificationFunction": {"UsersTable": {"GetItem"}},
        "RequestEmailVerificationFunction": {"UsersTable": {"GetItem"}, "MailTable": {"UpdateItem"}},
        "ShowEmailVerificationFunction": {},
        "ConfirmEmailFunction": {"UsersTable": {"GetItem", "UpdateItem"}, "MailTable": {"GetItem", "PutItem"}},
    },
    "PicturesOn": {
        "CreateAvatarUploadFunction": {"UsersTable": {"GetItem"}, "PicturesBucket/uploads/*": {"s3:PutObject"}},
        "GetAvatarFunction": {
            "UsersTable": {"GetItem"},
            "PicturesTable": {"GetItem"},
            "PicturesBucket/pictures/*": {"s3:GetObject"},
        },
        "DeleteAvatarFunction": {"UsersTable": {"GetItem"}, "PicturesTable": {"GetItem", "PutItem"}},
    },
    "WebhooksOn": {
        "CreateWebhookFunction": {"WebhooksTable": {"PutItem"}, "UserKeysTable": {"PutItem"}},
        "GetWebhookFunction": {"WebhooksTable": {"GetItem"}},
        "ListWebhooksFunction": {"WebhooksTable": {"Scan"}, "UserKeysTable": {"GetItem", "PutItem"}},
        "UpdateWebhookFunction": {"WebhooksTable": {"GetItem", "PutItem"}},
        "RotateWebhookSecretFunction": {"WebhooksTable": {"GetItem", "PutItem"}, "UserKeysTable": {"PutItem"}},
        "DeleteWebhookFunction": {"WebhooksTable": {"GetItem", "DeleteItem"}},
        "ListDeliveriesFunction": {
            "WebhooksTable": {"GetItem"},
            "WebhookDeliveriesTable": {"Query"},
            "UserKeysTable": {"GetItem", "PutItem"},
        },
        "RedeliverWebhookFunction": {"WebhooksTable": {"GetItem"}, "WebhookDeliveriesTable": {"GetItem", "PutItem"}},
    },
    "BulkOn": {
        "CreateImportFunction": {"BulkTable": {"PutItem"}, "BulkBucket/uploads/*": {"s3:PutObject"}},
        "GetImportFunction": {"BulkTable": {"GetItem"}, "BulkBucket/results/*": {"s3:GetObject"}},
        "CreateExportFunction": {"BulkTable": {"PutItem", "UpdateItem"}, "ExportMachine": {"states:StartExecution"}},
        "GetExportFunction": {"BulkTable": {"GetItem", "Query"}, "BulkBucket/exports/*": {"s3:GetObject"}},
        "SplitImportFunction": {
            "BulkTable": {"GetItem", "UpdateItem"},
            "BulkBucket/uploads/*": {"s3:GetObject", "s3:DeleteObject"},
            "BulkBucket/parts/*": {"s3:PutObject"},
        },
        "ImportRowsFunction": {
            "UsersTable": {"GetItem", "PutItem"},
            "UserKeysTable": {"GetItem", "PutItem"},
            "BulkTable": {"GetItem", "PutItem", "UpdateItem"},
            "BulkBucket": {"s3:ListBucket"},
            "BulkBucket/parts/*": {"s3:GetObject"},
            "BulkBucket/results/*": {"s3:GetObject", "s3:PutObject"},
        },
        "FinishImportFunction": {
            "BulkTable": {"GetItem", "UpdateItem"},
            "BulkBucket": {"s3:ListBucket"},
            "BulkBucket/results/*": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
            "BulkBucket/parts/*": {"s3:DeleteObject"},
            "BulkBucket/uploads/*": {"s3:DeleteObject"},
        },
        "ExportUsersFunction": {
            "UsersTable": {"Scan"},
            "BulkTable": {"GetItem", "PutItem", "UpdateItem"},
            "BulkBucket/exports/*": {"s3:PutObject"},
        },
        "FinishExportFunction": {
            "BulkTable": {"GetItem", "Query", "UpdateItem"},
            "BulkBucket/exports/*": {"s3:PutObject"},
        },
    },
    "GradualOn": {
        "CheckReleaseFunction": {
            **{f"{each}Function": {"lambda:InvokeFunction"} for each in OF_USERS},
            "DeploymentGroups": {"codedeploy:PutLifecycleEventHookExecutionStatus"},
        },
    },
    "LiveOn": {
        "CreateLiveTicketFunction": {"LiveTable": {"PutItem"}},
        "OpenConnectionFunction": {"LiveTable": {"DeleteItem", "Query", "PutItem"}},
        "HandleMessageFunction": {"LiveTable": {"UpdateItem", "PutItem", "DeleteItem", "Query"}},
        "CloseConnectionFunction": {"LiveTable": {"GetItem", "DeleteItem"}},
    },
}
# What an erasure may do in the places of capabilities besides, and what another look at them may.
ERASING_MAY = {
    "MailOn": {"MailTable": {"BatchGetItem", "GetItem", "DeleteItem"}, "UserKeysTable": {"GetItem"}},
    "WebhooksOn": {"WebhookDeliveriesTable": {"Scan", "DeleteItem"}},
    "LiveOn": {
        "LiveTable": {"Query", "GetItem", "DeleteItem"},
        "LiveApi.EndedConnections": {"execute-api:ManageConnections"},
    },
    "PicturesOn": {
        "PicturesTable": {"GetItem", "DeleteItem"},
        "PicturesBucket": {"s3:ListBucketVersions"},
        "PicturesBucket/pictures/*": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
        "PicturesBucket/uploads/*": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    },
    "SearchOn": {"UserSearchTable": {"GetItem", "PutItem", "DeleteItem", "UpdateItem"}},
}
VERIFYING_MAY = {
    "MailOn": {"MailTable": {"BatchGetItem", "GetItem"}},
    "WebhooksOn": {"WebhookDeliveriesTable": {"Scan"}},
    "LiveOn": {"LiveTable": {"Query"}},
    "PicturesOn": {"PicturesTable": {"GetItem"}, "PicturesBucket": {"s3:ListBucketVersions"}},
    "SearchOn": {"UserSearchTable": {"GetItem"}},
}
BESIDES = {"CarryOutErasureFunction": ERASING_MAY, "GetErasureFunction": VERIFYING_MAY}
CONDITION = {function: f"if {name}" for name, functions in OPTIONAL_MAY.items() for function in functions}
# Those that ask who the caller is: all that API Gateway calls for a route with a key.
GUARDED = {
    *OPTIONAL_MAY["EventsOn"],
    *("GetEmailVerificationFunction", "RequestEmailVerificationFunction", "CreateLiveTicketFunction"),
    *OPTIONAL_MAY["PicturesOn"],
    *OPTIONAL_MAY["WebhooksOn"],
    *("CreateImportFunction", "GetImportFunction", "CreateExportFunction", "GetExportFunction"),
}
OWN_CONDITION = {
    **dict.fromkeys(("SendMailFunction", "SettleMailFunction", "QueueMailFunction"), "if MailOn"),
    **dict.fromkeys(("ProcessPictureFunction", "RemovePicturesFunction"), "if PicturesOn"),
    **dict.fromkeys(("PlanDeliveriesFunction", "QueueDeliveriesFunction", "DeliverWebhookFunction"), "if WebhooksOn"),
    "PushLiveUpdatesFunction": "if LiveOn",
    **dict.fromkeys(("FollowSignInFunction", "CarryOutErasureFunction"), "if SignInOn"),
    "KeepSearchFunction": "if SearchOn",
    "KeepCacheFunction": "if CacheOn",
}
# Roles of no function: those of the state machines, that of the rule that starts one, and that of CodeDeploy.
SERVICES_MAY = {
    "ImportMachineRole": {
        **{f"{it}Function": {"lambda:InvokeFunction"} for it in ("SplitImport", "ImportRows", "FinishImport")},
        "ImportMachine": {"states:StartExecution"},
        "ImportMachine.Executions": {"states:DescribeExecution", "states:StopExecution"},
        "BulkBucket/parts/*": {"s3:GetObject"},
    },
    "ExportMachineRole": {
        **{f"{it}Function": {"lambda:InvokeFunction"} for it in ("ExportUsers", "FinishExport")},
        "ExportMachine": {"states:StartExecution"},
        "ExportMachine.Executions": {"states:DescribeExecution", "states:StopExecution"},
    },
    "StartImportRole": {"ImportMachine": {"states:StartExecution"}},
    "ReleaseRole": {
        **{f"{each}Function": {"lambda:GetAlias", "lambda:UpdateAlias"} for each in OF_USERS},
        **{f"{each}Function.Alias": {"lambda:GetProvisionedConcurrencyConfig"} for each in OF_USERS},
        "CheckReleaseFunction": {"lambda:InvokeFunction"},
        "Alarms": {"cloudwatch:DescribeAlarms"},
    },
}
ALL = {*MAY, *CONSUMERS_MAY, *CONDITION, *SERVICES_MAY}
PEOPLE = "dynamodb:LeadingKeys subject#*"
CLAIMS_AND_PEOPLE = f"{PEOPLE} or email#*"
TOMBSTONES = "dynamodb:LeadingKeys deleted#*"
CURSOR_SECRETS = "dynamodb:LeadingKeys cursor-secret#*"
REQUESTS = "dynamodb:LeadingKeys request#*"
HOME_REGION = "dynamodb:LeadingKeys home-region"
EMAILS = "dynamodb:LeadingKeys email#*"
LETTERS, ADDRESSES = "dynamodb:LeadingKeys letter#*", "dynamodb:LeadingKeys address#*"
SENDER = "ses:FromAddress ${MailSender}"
MARKS = "dynamodb:LeadingKeys shut-out#*"
TICKETS, CONNECTIONS = "dynamodb:LeadingKeys ticket#*", "dynamodb:LeadingKeys connection#*"
TOPICS, LOG = "dynamodb:LeadingKeys topic#*", "dynamodb:LeadingKeys log"
OF_A_CALLER = "dynamodb:LeadingKeys caller#* or connection#*"
# What a grant is limited to, besides a condition of the template.
LIMITS = {
    ("RegisterPersonFunction", "UserKeysTable", "GetItem"): CLAIMS_AND_PEOPLE,
    ("RegisterPersonFunction", "UserKeysTable", "PutItem"): CLAIMS_AND_PEOPLE,
    ("RegisterPersonFunction", "UserKeysTable", "UpdateItem"): PEOPLE,
    ("RegisterPersonFunction", "UserKeysTable", "DeleteItem"): "dynamodb:LeadingKeys email#*",
    ("GetManagedUserFunction", "UserKeysTable", "GetItem"): PEOPLE,
    ("GetStatisticsFunction", "UserKeysTable", "GetItem"): PEOPLE,
    **{(function, "UserKeysTable", "GetItem"): f"{PEOPLE} or request#*" for function in DECISIONS},
    **{(function, "UserKeysTable", "UpdateItem"): PEOPLE for function in DECISIONS},
    **{(function, "UserKeysTable", "ConditionCheckItem"): PEOPLE for function in SHUTTING_OUT},
    **{(function, "UserKeysTable", "PutItem"): REQUESTS for function in DECISIONS},
    ("FollowSignInFunction", "UserKeysTable", "GetItem"): TOMBSTONES,
    ("GetHealthFunction", "UserKeysTable", "GetItem"): HOME_REGION,
    ("EraseUserFunction", "UserKeysTable", "GetItem"): f"{PEOPLE} or deleted#*",
    ("GetErasureFunction", "UserKeysTable", "GetItem"): f"{PEOPLE} or deleted#*",
    ("CarryOutErasureFunction", "UserKeysTable", "GetItem"): TOMBSTONES,
    ("CarryOutErasureFunction", "UserKeysTable", "PutItem"): f"{PEOPLE} or deleted#*",
    (
        "CarryOutErasureFunction",
        "UserKeysTable",
        "DeleteItem",
    ): f"{EMAILS} or subject#* or request#*",
    **{
        (function, "MailTable", action): limit
        for function in BESIDES
        for action, limit in (
            ("BatchGetItem", f"{LETTERS} or renewal#*"),
            ("GetItem", ADDRESSES),
            ("DeleteItem", f"{LETTERS} or renewal#* or address#*"),
        )
    },
    **{(function, "LiveTable", "Query"): "dynamodb:LeadingKeys caller#*" for function in BESIDES},
    ("CarryOutErasureFunction", "LiveTable", "GetItem"): CONNECTIONS,
    ("CarryOutErasureFunction", "LiveTable", "DeleteItem"): f"{OF_A_CALLER} or topic#*",
    ("PublishUserEventsFunction", "UserKeysTable", "GetItem"): TOMBSTONES,
    ("SendMailFunction", "MailIdentityArn", "ses:SendEmail"): SENDER,
    ("SendMailFunction", "MailConfiguration", "ses:SendEmail"): SENDER,
    ("SendMailFunction", "MailTable", "GetItem"): f"{ADDRESSES} or cursor-secret#*",
    ("SendMailFunction", "MailTable", "PutItem"): f"{LETTERS} or cursor-secret#*",
    ("SendMailFunction", "MailTable", "UpdateItem"): LETTERS,
    ("SendMailFunction", "MailTable", "DeleteItem"): LETTERS,
    ("SettleMailFunction", "MailTable", "UpdateItem"): LETTERS,
    ("SettleMailFunction", "MailTable", "PutItem"): ADDRESSES,
    ("RequestEmailVerificationFunction", "MailTable", "UpdateItem"): "dynamodb:LeadingKeys renewal#*",
    ("ConfirmEmailFunction", "MailTable", "GetItem"): CURSOR_SECRETS,
    ("ConfirmEmailFunction", "MailTable", "PutItem"): "dynamodb:LeadingKeys used-link#*",
    ("ListUsersFunction", "UserKeysTable", "GetItem"): CURSOR_SECRETS,
    ("ListUsersFunction", "UserKeysTable", "PutItem"): CURSOR_SECRETS,
    **{
        (function, "UserKeysTable", action): CURSOR_SECRETS
        for function in ("ListWebhooksFunction", "ListDeliveriesFunction")
        for action in ("GetItem", "PutItem")
    },
    ("CreateWebhookFunction", "UserKeysTable", "PutItem"): REQUESTS,
    ("RotateWebhookSecretFunction", "UserKeysTable", "PutItem"): REQUESTS,
    **{
        (function, "BulkTable", action): f"dynamodb:LeadingKeys {'import' if 'Import' in function else 'export'}#*"
        for function, may in OPTIONAL_MAY["BulkOn"].items()
        for action in may["BulkTable"]
    },
    ("ImportRowsFunction", "UserKeysTable", "PutItem"): "dynamodb:LeadingKeys email#* or request#import:*",
    ("ImportRowsFunction", "UserKeysTable", "GetItem"): "dynamodb:LeadingKeys email#*",
    ("CreateLiveTicketFunction", "LiveTable", "PutItem"): TICKETS,
    ("OpenConnectionFunction", "LiveTable", "DeleteItem"): f"{TICKETS} or caller#*",
    ("OpenConnectionFunction", "LiveTable", "Query"): "dynamodb:LeadingKeys caller#*",
    ("OpenConnectionFunction", "LiveTable", "PutItem"): OF_A_CALLER,
    ("HandleMessageFunction", "LiveTable", "UpdateItem"): CONNECTIONS,
    ("HandleMessageFunction", "LiveTable", "PutItem"): TOPICS,
    ("HandleMessageFunction", "LiveTable", "DeleteItem"): TOPICS,
    ("HandleMessageFunction", "LiveTable", "Query"): LOG,
    ("CloseConnectionFunction", "LiveTable", "GetItem"): CONNECTIONS,
    ("CloseConnectionFunction", "LiveTable", "DeleteItem"): f"{OF_A_CALLER} or topic#*",
    ("PushLiveUpdatesFunction", "LiveTable", "PutItem"): LOG,
    ("PushLiveUpdatesFunction", "LiveTable", "Query"): TOPICS,
    ("PushLiveUpdatesFunction", "LiveTable", "GetItem"): CONNECTIONS,
    ("PushLiveUpdatesFunction", "LiveTable", "DeleteItem"): f"{OF_A_CALLER} or topic#*",
}
HEADS, WORDS, COUNTERS = "*#user#*", "*#n#* or *#e#*", "*#count#*"
LIMITS |= {
    ("KeepSearchFunction", "UserSearchTable", "GetItem"): f"dynamodb:LeadingKeys {HEADS}",
    ("KeepSearchFunction", "UserSearchTable", "PutItem"): f"dynamodb:LeadingKeys {HEADS} or {WORDS}",
    ("KeepSearchFunction", "UserSearchTable", "DeleteItem"): f"dynamodb:LeadingKeys {WORDS}",
    ("KeepSearchFunction", "UserSearchTable", "UpdateItem"): f"dynamodb:LeadingKeys {COUNTERS}",
    **{(function, "UserSearchTable", "GetItem"): f"dynamodb:LeadingKeys {HEADS}" for function in BESIDES},
    ("CarryOutErasureFunction", "UserSearchTable", "PutItem"): f"dynamodb:LeadingKeys {HEADS}",
    ("CarryOutErasureFunction", "UserSearchTable", "DeleteItem"): f"dynamodb:LeadingKeys {WORDS}",
    ("CarryOutErasureFunction", "UserSearchTable", "UpdateItem"): f"dynamodb:LeadingKeys {COUNTERS}",
}
# What the list may do besides with search: resource, action, limit.
SEARCHING = (
    ("UsersTable", "GetItem", ""),
    ("UsersTable", "BatchGetItem", ""),
    ("UserKeysTable", "GetItem", ", dynamodb:LeadingKeys email#*"),
    ("UserSearchTable", "Query", f", dynamodb:LeadingKeys {WORDS}"),
    ("UserSearchTable/index/ByCreated", "Query", ""),
    ("UserSearchTable/index/ByName", "Query", ""),
    ("UserSearchTable", "BatchGetItem", f", dynamodb:LeadingKeys {COUNTERS}"),
)
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
VIA = "kms:ViaService dynamodb.${AWS::Region}.${AWS::URLSuffix}"
S3 = "s3.${AWS::Region}.${AWS::URLSuffix}"


def grants(function, may, when=""):
    """What `may` says of a function: its actions by resource, each with the condition and its limit."""
    return {
        Grant(
            function,
            resource,
            action if ":" in action else f"dynamodb:{action}",
            ", ".join(filter(None, (when, LIMITS.get((function, resource, action))))),
        )
        for resource, actions in may.items()
        for action in actions
    }


def of_key(function, when, via):
    """The grants for the customer's key of a function that reads and writes what it encrypts."""
    return {Grant(function, "CustomerKeyArn", it, f"{when}, if CustomerKey, {via}") for it in KEY_ACTIONS}


PERSONS = "if LiveOn, if SignInOn"
# What the push may besides, with sign-in: end the connections of a person.
ENDS_CONNECTIONS = (
    ("UsersTable", "dynamodb:GetItem", PERSONS),
    ("UserKeysTable", "dynamodb:GetItem", f"{PERSONS}, {TOMBSTONES}"),
    ("LiveTable", "dynamodb:PutItem", f"{PERSONS}, {MARKS}"),
    ("LiveTable", "dynamodb:Query", f"{PERSONS}, dynamodb:LeadingKeys caller#*"),
    ("LiveApi.EndedConnections", "execute-api:ManageConnections", PERSONS),
)


def expected_of_consumer(function):
    name = function.removesuffix("Function")
    own = OWN_CONDITION.get(function, "if EventsOn")
    when = (
        own if own in ("if WebhooksOn", "if LiveOn", "if SearchOn", "if CacheOn") else "if EventsOn"
    )  # those have loops of their own
    via = f"{VIA} or sqs.${{AWS::Region}}.${{AWS::URLSuffix}}"
    every = {
        f"{name}LogGroup": {"logs:CreateLogStream", "logs:PutLogEvents"},
        f"{name}Queue": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
        f"{name}DeadLetters": {"sqs:SendMessage"},
    }
    key = of_key(function, when, via)
    if name == "KeepCache":  # it has no queue but the one for what fails
        del every["KeepCacheQueue"]
        key |= network(function, f"{own}, ")
    if name == "QueueMail":
        streams = {"WebhooksTable.StreamArn": CONSUMERS_MAY[function]["MailTable.StreamArn"]}
        every_stream = grants(function, streams, f"{own}, if NoticesOn")
        return key | every_stream | grants(function, CONSUMERS_MAY[function], own) | grants(function, every, when)
    if name == "CarryOutErasure":
        key |= besides(function, own)
    if name == "PushLiveUpdates":
        key |= {Grant(function, *each) for each in ENDS_CONNECTIONS}
    if name == "ProcessPicture":
        key |= of_key(function, own, f"kms:ViaService {S3}")
    return key | grants(function, CONSUMERS_MAY[function], own) | grants(function, every, when)


def network(function, when=""):
    """What Lambda may do with the role of a function, to connect it to a network."""
    limit = f"{when}if InNetwork, lambda:SourceFunctionArn absent"
    return {Grant(function, "NetworkInterfaces", it, limit) for it in roles.NETWORK}


def besides(function, own):
    """What a function may do in the places of each capability that is on."""
    return {
        grant
        for condition, may in BESIDES[function].items()
        for grant in grants(function, may, f"{own}, if {condition}")
    }


def with_others(function):
    """What a function of users may do besides, while events or sign-in are on."""
    if function == "DeleteUserFunction":
        yield Grant(function, "UserKeysTable", "dynamodb:PutItem", f"if EventsOn, {TOMBSTONES}")
        for action in ("PutItem", "ConditionCheckItem"):
            yield Grant(function, "UserKeysTable", f"dynamodb:{action}", f"if SignInOn, {PEOPLE}")
    if function == "GetErasureFunction":
        yield from besides(function, CONDITION[function])
    if function == "ListUsersFunction":
        yield from (
            Grant(function, resource, f"dynamodb:{action}", f"if SearchOn{limit}")
            for resource, action, limit in SEARCHING
        )
    if function.removesuffix("Function") in set(OF_USERS) - {"GetUser"}:
        yield Grant(function, "UserKeysTable", "dynamodb:GetItem", f"if TwoRegions, {HOME_REGION}")
    if function in MAY:
        yield Grant(function, "UserKeysTable", "dynamodb:GetItem", f"if SignInOn, {PEOPLE}")
    if function in IN_THE_NETWORK:
        yield from network(function)
    if function == "OpenConnectionFunction":
        yield Grant(function, "LiveTable", "dynamodb:GetItem", f"{PERSONS}, {MARKS}")
        yield Grant(function, "LiveTable", "dynamodb:DeleteItem", f"{PERSONS}, {CONNECTIONS}")
    if function in GUARDED:
        yield Grant(function, "UserKeysTable", "dynamodb:GetItem", f"{CONDITION[function]}, if SignInOn, {PEOPLE}")


def expected_of_service(role):
    key = Grant(role, "CustomerKeyArn", "kms:Decrypt", f"if BulkOn, if CustomerKey, kms:ViaService {S3}")
    when = "if GradualOn" if role == "ReleaseRole" else "if BulkOn"
    return {*grants(role, SERVICES_MAY[role], when), *([key] if role == "ImportMachineRole" else [])}


def expected(function):
    if function in SERVICES_MAY:
        return expected_of_service(function)
    if function in CONSUMERS_MAY:
        return expected_of_consumer(function)
    when = CONDITION.get(function, "")
    may = MAY[function] if not when else OPTIONAL_MAY[when.removeprefix("if ")][function]
    group = {function.replace("Function", "LogGroup"): {"logs:CreateLogStream", "logs:PutLogEvents"}}
    decrypt = Grant(
        function, "CustomerKeyArn", "kms:Decrypt", ", ".join(filter(None, (when, f"if CustomerKey, {VIA}")))
    )
    own = {*with_others(function), *grants(function, may, when), *grants(function, group, when)}
    if when == "if GradualOn":  # it reads and writes nothing
        return own
    return own | (of_key(function, when, f"{VIA} or {S3}") if when in ("if PicturesOn", "if BulkOn") else {decrypt})


@pytest.mark.parametrize("function", sorted(ALL))
def test_a_function_may_do_exactly_what_it_does(function):
    found = [grant for grant in roles.grants(actual().transformed) if grant.function == function]

    assert set(found) == expected(function)
    assert len(found) == len(set(found))


def test_no_other_function_may_do_anything():
    assert {grant.function for grant in roles.grants(actual().transformed)} == ALL


def test_the_page_of_permissions_is_the_templates():
    document = (ROOT / "docs" / "reference" / "permissions.md").read_text(encoding="utf-8")

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


@pytest.mark.parametrize(
    "changed",
    [{"Action": ["ec2:DescribeInstances"]}, {"Condition": {"Null": {"lambda:SourceFunctionArn": "false"}}}],
)
def test_nothing_but_the_network_interfaces_of_lambda_itself_is_granted_on_everything(changed):
    stack = actual()
    [statement] = [
        it["Fn::If"][1]
        for it in stack.resources["GetUserPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        if it.get("Fn::If", [""])[0] == "InNetwork"
    ]
    roles.grants(stack.transformed)
    statement.update(changed)

    with pytest.raises(TemplateError, match="neither"):
        roles.grants(stack.transformed)


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
