"""The values of Ref and Fn::GetAtt for a resource that was not created, by its type."""

from __future__ import annotations

import re

NAME_PROPERTY = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::Kinesis::Stream": "Name",
    "AWS::SSM::Parameter": "Name",
    "AWS::ApiGateway::Stage": "StageName",
    "AWS::ApiGateway::DomainName": "DomainName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::Lambda::Alias": "Name",
}
# The part of the ARN after arn:aws:. {function} is the name of the function that an alias or a version belongs to.
ARN = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::DynamoDB::GlobalTable": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::Alias": "lambda:{region}:{account}:function:{function}:{name}",
    "AWS::Lambda::Version": "lambda:{region}:{account}:function:{function}:1",
    "AWS::Lambda::LayerVersion": "lambda:{region}:{account}:layer:{name}:1",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::IAM::ManagedPolicy": "iam::{account}:policy/{name}",
    "AWS::Events::EventBus": "events:{region}:{account}:event-bus/{name}",
    "AWS::Events::Rule": "events:{region}:{account}:rule/{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/{name}",
    "AWS::Kinesis::Stream": "kinesis:{region}:{account}:stream/{name}",
    "AWS::Cognito::UserPool": "cognito-idp:{region}:{account}:userpool/{name}",
    "AWS::CloudWatch::Alarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::Scheduler::Schedule": "scheduler:{region}:{account}:schedule/default/{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
    "AWS::SecretsManager::Secret": "secretsmanager:{region}:{account}:secret:{name}",
    "AWS::WAFv2::WebACL": "wafv2:{region}:{account}:regional/webacl/{name}/1",
}
REF_IS_THE_ARN = frozenset({
    "AWS::Lambda::Alias",
    "AWS::Lambda::Version",
    "AWS::Lambda::LayerVersion",
    "AWS::SNS::Topic",
    "AWS::IAM::ManagedPolicy",
    "AWS::StepFunctions::StateMachine",
    "AWS::SecretsManager::Secret",
})  # fmt: skip
# {ref} is what Ref returns.
ATTRIBUTES = {
    "AWS::DynamoDB::Table": {"Arn": "{arn}", "StreamArn": "{arn}/stream/2026-01-01T00:00:00.000"},
    "AWS::DynamoDB::GlobalTable": {"Arn": "{arn}", "StreamArn": "{arn}/stream/2026-01-01T00:00:00.000"},
    "AWS::Lambda::Function": {"Arn": "{arn}"},
    "AWS::Lambda::Alias": {"AliasArn": "{arn}"},
    "AWS::Lambda::Version": {"FunctionArn": "{arn}", "Version": "1"},
    "AWS::Lambda::LayerVersion": {"LayerVersionArn": "{arn}"},
    "AWS::SQS::Queue": {"Arn": "{arn}", "QueueName": "{name}", "QueueUrl": "{ref}"},
    "AWS::SNS::Topic": {"TopicArn": "{arn}", "TopicName": "{name}"},
    "AWS::S3::Bucket": {
        "Arn": "{arn}",
        "DomainName": "{name}.s3.amazonaws.com",
        "RegionalDomainName": "{name}.s3.{region}.amazonaws.com",
    },
    "AWS::Logs::LogGroup": {"Arn": "{arn}"},
    "AWS::IAM::Role": {"Arn": "{arn}"},
    "AWS::IAM::ManagedPolicy": {"PolicyArn": "{arn}"},
    "AWS::Events::EventBus": {"Arn": "{arn}", "Name": "{name}"},
    "AWS::Events::Rule": {"Arn": "{arn}"},
    "AWS::KMS::Key": {"Arn": "{arn}", "KeyId": "{name}"},
    "AWS::Kinesis::Stream": {"Arn": "{arn}"},
    "AWS::Cognito::UserPool": {
        "Arn": "{arn}",
        "UserPoolId": "{ref}",
        "ProviderName": "cognito-idp.{region}.amazonaws.com/{ref}",
        "ProviderURL": "https://cognito-idp.{region}.amazonaws.com/{ref}",
    },
    "AWS::Cognito::UserPoolClient": {"ClientId": "{ref}"},
    "AWS::ApiGateway::RestApi": {"RestApiId": "{ref}", "RootResourceId": "{ref}-root"},
    "AWS::ApiGateway::DomainName": {
        "RegionalDomainName": "d-local.execute-api.{region}.amazonaws.com",
        "RegionalHostedZoneId": "ZLOCAL",
    },
    "AWS::ApiGatewayV2::Api": {"ApiId": "{ref}", "ApiEndpoint": "https://{ref}.execute-api.{region}.amazonaws.com"},
    "AWS::CloudWatch::Alarm": {"Arn": "{arn}"},
    "AWS::Scheduler::Schedule": {"Arn": "{arn}"},
    "AWS::StepFunctions::StateMachine": {"Arn": "{arn}", "Name": "{name}"},
    "AWS::SecretsManager::Secret": {"Id": "{ref}"},
    "AWS::WAFv2::WebACL": {"Arn": "{arn}"},
}


def name_in(reference: str) -> str:
    """The name inside what Ref returns: of a topic that is an ARN, of a queue a URL."""
    if reference.startswith("arn:"):
        return re.split("[:/]", reference)[-1]
    return reference.rpartition("/")[2] if reference.startswith("http") else reference
