"""infra/console.yaml: the API stays as it is, the files have the headers of `make run`, and nobody else reads them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from local.template.parameters import parameter_values
from local.template.source import TemplateError, read_template
from local.template.transform import load
from local.web import documentation, web_console
from tests.docs.pages import page
from tests.docs.test_references import rows
from tests.support.edge import (
    ALL_BUT_HOST,
    API,
    CONSOLE,
    DISABLED,
    OPTIMIZED,
    Resources,
    added,
    behaviour,
    console,
    distribution,
)
from tests.support.policies import ALLOW, DENY, SILENT, asked, of_resource
from tests.template.stack import contract
from tools.pages import UPLOADED, pages

METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
CLOUDFRONT = "cloudfront.amazonaws.com"
OURS = "arn:aws:cloudfront::000000000000:distribution/users-api-Distribution"
BUCKET = "arn:aws:s3:::users-api-Bucket"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
OWN = {"ConsoleDomain": "console.example.com", "ConsoleCertificateArn": CERTIFICATE}
FOR_CONSOLE = {  # what the console reaches beside its own address, by the parameter that says so
    "PicturesBucket": ("pictures", "https://pictures.s3.us-east-1.amazonaws.com"),
    "BulkBucket": ("bulk", "https://bulk.s3.us-east-1.amazonaws.com"),
    "LiveApiId": ("live1", "wss://live1.execute-api.us-east-1.amazonaws.com"),
    "SignInPrefix": ("people", "https://people.auth.us-east-1.amazoncognito.com"),
}
FACTS = {"openapi.json", "sign-in.json"}


def faults(found: Resources) -> Iterator[str]:
    """What the pages must not be."""
    yield from faults_of_api(found)
    yield from faults_of_files(found)
    yield from faults_of_access(found)


@cache
def paths() -> tuple[str, ...]:
    """The paths of the API."""
    return tuple(contract()["paths"])


def faults_of_api(found: Resources) -> Iterator[str]:
    config = distribution(found)
    for path in (*paths(), "/nothing", "/Prod/users"):
        chosen = behaviour(found, path)
        if chosen["TargetOriginId"] != ("stage" if path.startswith("/Prod/") else "api"):
            yield f"{path} is not the API's"
        if chosen["CachePolicyId"] != DISABLED or chosen["Compress"] is not False:
            yield f"{path} is kept, or its ETag is weak"
        if chosen.get("OriginRequestPolicyId") != ALL_BUT_HOST or chosen.get("AllowedMethods") != METHODS:
            yield f"{path} loses headers or methods"
        if chosen["ViewerProtocolPolicy"] != "https-only" or added(found, chosen):
            yield f"{path} is not answered as the API does"
    if "CustomErrorResponses" in config:
        yield "errors of the API are replaced"
    origins = {each["Id"]: each for each in config["Origins"]}
    if [origins[it].get("OriginPath", "") for it in ("api", "stage")] != ["/Prod", ""]:
        yield "Location and Link lead nowhere"
    custom = [each["CustomOriginConfig"] for each in origins.values() if "CustomOriginConfig" in each]
    if custom != [{"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]}] * 2:
        yield "the way to the API is open"


def faults_of_files(found: Resources) -> Iterator[str]:
    for key in (*pages(), *FACTS):
        chosen = behaviour(found, f"/{key}")
        if (chosen["TargetOriginId"], chosen["CachePolicyId"], chosen["Compress"]) != ("files", OPTIMIZED, True):
            yield f"{key} is not served from the bucket"
        if chosen["ViewerProtocolPolicy"] != "redirect-to-https" or "AllowedMethods" in chosen:
            yield f"{key} can be read without TLS, or written"
        if "OriginRequestPolicyId" in chosen:
            yield f"{key} is asked for with more than its path"
    if behaviour(found, f"/{UPLOADED}")["TargetOriginId"] != "api":
        yield "the list of what was uploaded can be read"


def faults_of_access(found: Resources) -> Iterator[str]:
    policy = found["BucketPolicy"]["Properties"]["PolicyDocument"]
    if decided(policy) != ALLOW or {decided(policy, action=it) for it in OTHERS} != {SILENT}:
        yield "CloudFront may do something else than read"
    if {decided(policy, source=OURS + "X"), decided(policy, source="")} != {SILENT}:
        yield "another distribution may read"
    if decided(policy, service="lambda.amazonaws.com") != SILENT:
        yield "another service may read"
    if {decided(policy, secure=False), decided(policy, secure=False, resource=BUCKET)} != {DENY}:
        yield "the files can be read without TLS"
    bucket = found["Bucket"]["Properties"]
    if list(bucket["PublicAccessBlockConfiguration"].values()) != [True] * 4:
        yield "the bucket can be public"
    if bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] != [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]:
        yield "the ETag of an object is not its MD5"
    access = found["OriginAccess"]["Properties"]["OriginAccessControlConfig"]
    if (access["SigningBehavior"], access["OriginAccessControlOriginType"]) != ("always", "s3"):
        yield "CloudFront does not sign"


OTHERS = ("s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketPolicy")


def decided(
    policy: Any,
    action: str = "s3:GetObject",
    source: str = OURS,
    service: str = CLOUDFRONT,
    resource: str = f"{BUCKET}/console",
    *,
    secure: bool = True,
) -> str:
    context = {"aws:sourcearn": source} if source else {}
    return of_resource(policy, asked(action, resource, secure=secure, **context), service)


def test_it_is_what_it_should_be() -> None:
    assert list(faults(console())) == []


def change_at(value: Any, *place: Any) -> Callable[[Resources], None]:
    """A change of one value; None takes it away."""

    def change(found: Resources) -> None:
        *way, last = place
        inside: Any = found
        for step in way:
            inside = inside[step]
        if value is None:
            del inside[last]
        else:
            inside[last] = value

    return change


OF_DISTRIBUTION = ("Distribution", "Properties", "DistributionConfig")
DEFAULT = (*OF_DISTRIBUTION, "DefaultCacheBehavior")
STATEMENT = ("BucketPolicy", "Properties", "PolicyDocument", "Statement")
SEEDED: list[tuple[str, Callable[[Resources], None]]] = [
    ("is kept", change_at(OPTIMIZED, *DEFAULT, "CachePolicyId")),
    ("its ETag is weak", change_at(True, *DEFAULT, "Compress")),
    ("loses headers", change_at(None, *DEFAULT, "OriginRequestPolicyId")),
    ("or methods", change_at(["GET", "HEAD"], *DEFAULT, "AllowedMethods")),
    ("as the API does", change_at("users-api-ConsoleHeaders", *DEFAULT, "ResponseHeadersPolicyId")),
    ("as the API does", change_at("redirect-to-https", *DEFAULT, "ViewerProtocolPolicy")),
    ("is not the API's", change_at("files", *DEFAULT, "TargetOriginId")),
    ("is not the API's", change_at("/users*", *OF_DISTRIBUTION, "CacheBehaviors", 0, "PathPattern")),
    ("are replaced", change_at([{"ErrorCode": 404}], *OF_DISTRIBUTION, "CustomErrorResponses")),
    ("lead nowhere", change_at("/Prod", *OF_DISTRIBUTION, "Origins", 2, "OriginPath")),
    (
        "is open",
        change_at("match-viewer", *OF_DISTRIBUTION, "Origins", 1, "CustomOriginConfig", "OriginProtocolPolicy"),
    ),
    ("from the bucket", change_at("/console*x", *OF_DISTRIBUTION, "CacheBehaviors", 1, "PathPattern")),
    ("without TLS", change_at("allow-all", *OF_DISTRIBUTION, "CacheBehaviors", 2, "ViewerProtocolPolicy")),
    ("more than its path", change_at(ALL_BUT_HOST, *OF_DISTRIBUTION, "CacheBehaviors", 4, "OriginRequestPolicyId")),
    ("can be read", change_at("/*.json", *OF_DISTRIBUTION, "CacheBehaviors", 4, "PathPattern")),
    ("something else", change_at(["s3:GetObject", "s3:ListBucket"], *STATEMENT, 1, "Action")),
    ("something else", change_at(None, *STATEMENT, 1)),
    ("another distribution", change_at({}, *STATEMENT, 1, "Condition")),
    ("another service", change_at("*", *STATEMENT, 1, "Principal")),
    ("without TLS", change_at(None, *STATEMENT, 0)),
    ("public", change_at(False, "Bucket", "Properties", "PublicAccessBlockConfiguration", "BlockPublicPolicy")),
    ("MD5", change_at([], "Bucket", "Properties", "BucketEncryption", "ServerSideEncryptionConfiguration")),
    ("sign", change_at("never", "OriginAccess", "Properties", "OriginAccessControlConfig", "SigningBehavior")),
]


@pytest.mark.parametrize(("words", "change"), SEEDED, ids=[words for words, _ in SEEDED])
def test_a_wrong_one_is_found(words: str, change: Callable[[Resources], None]) -> None:
    found = console()
    change(found)
    assert any(words in fault for fault in faults(found))


def headers(found: Resources, path: str) -> dict[str, str]:
    return added(found, behaviour(found, path))


@pytest.mark.parametrize("some", [it for n in (0, 1, 4) for it in itertools.combinations(FOR_CONSOLE, n)], ids=str)
def test_the_pages_have_the_headers_that_make_run_gives_and_reach_what_is_there(some: tuple[str, ...]) -> None:
    found = console(**{name: FOR_CONSOLE[name][0] for name in some})
    reached = [FOR_CONSOLE[name][1] for name in FOR_CONSOLE if name in some]
    sign_in = [it for it in reached if "amazoncognito" in it]
    local = dict(web_console.headers(*reached)), dict(documentation.headers(*sign_in))
    for path, expected in zip(("/console", "/docs"), local, strict=True):
        del expected["Cache-Control"]  # the bucket has one of its own
        assert headers(found, path) == {**expected, "Strict-Transport-Security": "max-age=63072000"}
        assert headers(found, f"{path}/start.js") == headers(found, path)


def test_a_domain_brings_its_certificate_tls_1_2_and_records_if_the_zone_is_given() -> None:
    config = distribution(console(**OWN))
    assert config["Aliases"] == ["console.example.com"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["HttpVersion"] == "http2and3"
    records = [it for it in console(**OWN, ConsoleZoneId="Z123").values() if it["Type"] == "AWS::Route53::RecordSet"]
    assert [it["Properties"]["Type"] for it in records] == ["A", "AAAA"]
    assert distribution(console())["ViewerCertificate"] == {"CloudFrontDefaultCertificate": True}
    assert "WebACLId" not in config


@pytest.mark.parametrize("given", [{"ConsoleDomain": "a.example.com"}, {"ConsoleZoneId": "Z123"}], ids=str)
def test_a_domain_needs_a_certificate_and_a_zone_needs_a_domain(given: dict[str, str]) -> None:
    with pytest.raises(TemplateError, match="needs"):
        console(**given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ConsoleCertificateArn", CERTIFICATE.replace("us-east-1", "eu-west-1")),
        ("ConsoleDomain", "https://a.example.com"),
        ("PriceClass", "100"),
        ("WebAclArn", "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/a/b"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(TemplateError, match=name):
        parameter_values(read_template(CONSOLE), {**API, name: value})


def test_the_outputs_name_the_domain_if_there_is_one() -> None:
    attributes = {("Distribution", "DomainName"): "d1.cloudfront.net"}
    found = [load(CONSOLE, {**API, **more}, attributes=attributes)["Outputs"]["Address"] for more in ({}, OWN)]
    assert [it["Value"] for it in found] == ["https://d1.cloudfront.net", "https://console.example.com"]


def test_the_settings_are_those_of_the_template() -> None:
    settings, filled_in = page("docs/reference/settings.md").text, {*API, *FOR_CONSOLE}
    parameters = read_template(CONSOLE).tree["Parameters"]
    said = {row[0].strip("`"): row[1].strip("`") for row in rows(settings, "## The console")[1:]}
    assert said == {name: str(block["Default"]) for name, block in parameters.items() if name not in filled_in}
