"""A mistyped resource type, which would pass unseen for a resource that is not created locally."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from local.template.shape import check_shape
from local.template.source import LOOP, Source, TemplateError, Trail

TYPE = re.compile(r"(\w+::\w+::\w+(::MODULE)?|Custom::[\w@-]+)")

# All types of the services that templates like ours use; a test holds them against those that cfn-lint knows. The types
# of other services are taken as they are.
TYPES = {
    "ApiGateway": """
        Account ApiKey Authorizer BasePathMapping BasePathMappingV2 ClientCertificate Deployment
        DocumentationPart DocumentationVersion DomainName DomainNameAccessAssociation DomainNameV2
        GatewayResponse Method Model RequestValidator Resource RestApi Stage UsagePlan UsagePlanKey VpcLink
    """,
    "ApiGatewayV2": """
        Api ApiGatewayManagedOverrides ApiMapping Authorizer Deployment DomainName Integration
        IntegrationResponse Model PortalProduct Route RouteResponse RoutingRule Stage VpcLink
    """,
    "CloudWatch": """
        Alarm AlarmMuteRule AnomalyDetector CompositeAlarm Dashboard InsightRule Integration LogAlarm
        MetricStream OTelEnrichment ResourceMetricsConfiguration View
    """,
    "Cognito": """
        IdentityPool IdentityPoolPrincipalTag IdentityPoolRoleAttachment LogDeliveryConfiguration
        ManagedLoginBranding Terms UserPool UserPoolClient UserPoolDomain UserPoolGroup UserPoolIdentityProvider
        UserPoolRegionalConfigurationAttachment UserPoolReplica UserPoolResourceServer
        UserPoolRiskConfigurationAttachment UserPoolUICustomizationAttachment UserPoolUser
        UserPoolUserToGroupAttachment
    """,
    "DynamoDB": "GlobalTable Table",
    "Events": "ApiDestination Archive Connection Endpoint EventBus EventBusPolicy Rule",
    "IAM": """
        AccessKey Group GroupPolicy InstanceProfile ManagedPolicy OIDCProvider Policy Role RolePolicy
        SAMLProvider ServerCertificate ServiceLinkedRole User UserPolicy UserToGroupAddition VirtualMFADevice
    """,
    "KMS": "Alias Key ReplicaKey",
    "Kinesis": "Channel ResourcePolicy Stream StreamConsumer",
    "Lambda": """
        Alias CapacityProvider CodeSigningConfig EventInvokeConfig EventSourceMapping Function LayerVersion
        LayerVersionPermission MicrovmImage NetworkConnector Permission ResourcePolicy Url Version WebFunction
        WebFunctionEndpoint WebFunctionRevision
    """,
    "Logs": """
        AccountPolicy Delivery DeliveryDestination DeliverySource Destination Integration LogAnomalyDetector
        LogGroup LogStream MetricFilter QueryDefinition ResourcePolicy ScheduledQuery StorageTierPolicy
        SubscriptionFilter Transformer
    """,
    "S3": """
        AccessGrant AccessGrantsInstance AccessGrantsLocation AccessPoint Bucket BucketPolicy
        MultiRegionAccessPoint MultiRegionAccessPointPolicy StorageLens StorageLensGroup
    """,
    "SNS": "Subscription Topic TopicInlinePolicy TopicPolicy",
    "SQS": "Queue QueueInlinePolicy QueuePolicy",
    "Scheduler": "Schedule ScheduleGroup",
    "SecretsManager": "ResourcePolicy RotationSchedule Secret SecretTargetAttachment",
    "Serverless": """
        Api Application CapacityProvider Connector Function GraphQLApi HttpApi LayerVersion MicrovmImage
        NetworkConnector SimpleTable StateMachine WebFunction WebSocketApi
    """,
    "StepFunctions": "Activity StateMachine StateMachineAlias StateMachineVersion",
    "WAFv2": "IPSet LoggingConfiguration RegexPatternSet RuleGroup WebACL WebACLAssociation",
}


def check_types(source: Source) -> None:
    """Refuse a resource without a type or with one that does not exist. Raises TemplateError, with its line."""
    check_shape(source)
    for trail, block in resources(source.tree.get("Resources") or {}, ("Resources",)):
        kind = block.get("Type") if isinstance(block, dict) else None
        if not isinstance(kind, str):
            raise TemplateError(f"{source.place(*trail)}: {trail[-1]} has no Type")
        if not exists(kind):
            raise TemplateError(f"{source.place(*trail, 'Type')}: there is no resource type {kind}{suggestion(kind)}")


def resources(section: Any, trail: Trail) -> Iterator[tuple[Trail, Any]]:
    """Every resource with its place, those inside loops too."""
    for name, block in section.items():
        if name.startswith(LOOP):
            if isinstance(block, list) and len(block) == 3 and isinstance(block[2], dict):
                yield from resources(block[2], (*trail, name, 2))
        else:
            yield (*trail, name), block


def exists(kind: str) -> bool:
    """Whether a type is one of its service's, or of a service that is not in the table."""
    owner, _, rest = kind.partition("::")
    service, _, name = rest.partition("::")
    known = TYPES.get(service) if owner == "AWS" else None
    return bool(TYPE.fullmatch(kind)) and (known is None or name in known.split())


def suggestion(kind: str) -> str:
    """The type that was perhaps meant."""
    known = [f"AWS::{service}::{name}" for service, names in TYPES.items() for name in names.split()]
    return "".join(f"; did you mean {close}?" for close in get_close_matches(kind, known, 1, 0.8))
