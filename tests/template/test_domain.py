"""TLS, the domain and mutual TLS: what the parameters make of them, and which parameters go together."""

from __future__ import annotations

from typing import Any

import pytest

from local import support
from local.gateway.api import read_api
from local.template.parameters import parameter_values
from local.template.rules import check_rules
from local.template.source import TemplateError, read_template
from tests.template.stack import TEMPLATE, actual

CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
DOMAIN = {"DomainName": "api.example.com", "CertificateArn": CERTIFICATE}
MUTUAL = {**DOMAIN, "TruststoreUri": "s3://trusted/ca.pem", "TlsPolicy": "TLS_1_2"}
MADE = ("ApiDomain", "ApiDomainMapping", "ApiDomainRecord")
POLICY = "SecurityPolicy_TLS13_1_2_2021_06"


def stack(**parameters: str) -> dict[str, Any]:
    return dict(actual().resolved(**parameters))


def made(**parameters: str) -> set[str]:
    return set(stack(**parameters)["Resources"]) & set(MADE)


def properties(name: str, **parameters: str) -> dict[str, Any]:
    return dict(stack(**parameters)["Resources"][name]["Properties"])


def test_without_a_domain_there_is_none_and_the_api_refuses_old_tls_all_the_same() -> None:
    assert made() == set()
    api = properties("UsersApi")
    assert (api["SecurityPolicy"], api["EndpointAccessMode"]) == (POLICY, "STRICT")
    assert api["Body"]["x-amazon-apigateway-endpoint-configuration"] == {"disableExecuteApiEndpoint": False}
    outputs = stack()["Outputs"]
    assert outputs["ApiEndpoint"]["Value"].endswith(".amazonaws.com/Prod")
    assert "DomainTarget" not in outputs


def test_a_domain_leads_to_the_stage_with_the_policy_of_the_api() -> None:
    assert made(**DOMAIN) == {"ApiDomain", "ApiDomainMapping"}
    domain, mapping = (properties(name, **DOMAIN) for name in ("ApiDomain", "ApiDomainMapping"))
    assert domain == {
        "DomainName": "api.example.com",
        "RegionalCertificateArn": CERTIFICATE,
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": POLICY,
        "EndpointAccessMode": "STRICT",
    }
    assert mapping["Stage"] == "Prod"
    assert "BasePath" not in mapping
    outputs = stack(**DOMAIN)["Outputs"]
    assert outputs["ApiEndpoint"]["Value"] == "https://api.example.com"
    assert outputs["DomainTarget"]["Value"].endswith(".amazonaws.com")


def test_links_in_mail_lead_to_the_domain_unless_they_lead_elsewhere() -> None:
    mail = {"Events": "true", "MailSender": "a@example.com", "MailIdentityArn": "arn:aws:ses:x:1:identity/example.com"}

    def links(**more: str) -> str:
        return str(properties("SendMailFunction", **mail, **more)["Environment"]["Variables"]["LINKS_URL"])

    assert links(**DOMAIN) == "https://api.example.com"
    assert links(**DOMAIN, MailLinksUrl="https://www.example.com/api") == "https://www.example.com/api"


def test_a_hosted_zone_gets_the_record() -> None:
    record = properties("ApiDomainRecord", **DOMAIN, HostedZoneId="Z1ABC")
    assert (record["Name"], record["Type"], record["HostedZoneId"]) == ("api.example.com", "A", "Z1ABC")
    assert set(record["AliasTarget"]) == {"DNSName", "HostedZoneId"}
    assert record["AliasTarget"]["HostedZoneId"] != "Z1ABC"  # that of API Gateway, not one's own


def test_mutual_tls_is_asked_for_at_the_domain_and_closes_the_other_way() -> None:
    domain = properties("ApiDomain", **MUTUAL)
    assert domain["MutualTlsAuthentication"] == {"TruststoreUri": "s3://trusted/ca.pem"}
    assert domain["SecurityPolicy"] == properties("UsersApi", **MUTUAL)["SecurityPolicy"] == "TLS_1_2"
    assert "EndpointAccessMode" not in domain
    assert "EndpointAccessMode" not in properties("UsersApi", **MUTUAL)
    body = properties("UsersApi", **MUTUAL)["Body"]
    assert body["x-amazon-apigateway-endpoint-configuration"] == {"disableExecuteApiEndpoint": True}
    versioned = properties("ApiDomain", **MUTUAL, TruststoreVersion="v2")
    assert versioned["MutualTlsAuthentication"]["TruststoreVersion"] == "v2"


def refusal(**given: str) -> str:
    source = read_template(TEMPLATE)
    try:
        check_rules(source, parameter_values(source, given))
    except TemplateError as error:
        return str(error).partition("): ")[2]
    return ""


@pytest.mark.parametrize("given", [{}, DOMAIN, {**DOMAIN, "HostedZoneId": "Z1ABC"}, MUTUAL, {"TlsPolicy": "TLS_1_2"}])
def test_parameters_that_go_together_are_taken(given: dict[str, str]) -> None:
    assert refusal(**given) == ""


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"DomainName": "api.example.com"}, "give CertificateArn"),
        ({"HostedZoneId": "Z1ABC"}, "for the record of DomainName"),
        ({**DOMAIN, "HostedZoneId": "Z1ABC", "RegionRole": "home"}, "leave HostedZoneId empty"),
        ({"TruststoreUri": "s3://trusted/ca.pem", "TlsPolicy": "TLS_1_2"}, "Mutual TLS needs a domain"),
        ({**MUTUAL, "TlsPolicy": POLICY}, "Mutual TLS needs TlsPolicy=TLS_1_2"),
    ],
)
def test_others_are_refused(given: dict[str, str], reason: str) -> None:
    assert reason in refusal(**given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TlsPolicy", "TLS_1_0"),
        ("EndpointAccessMode", "OPEN"),
        ("DomainName", "https://api.example.com"),
        ("DomainName", "API.example.com"),
        ("DomainName", "localhost"),
        ("CertificateArn", "arn:aws:iam::123456789012:server-certificate/mine"),
        ("HostedZoneId", "example.com"),
        ("TruststoreUri", "https://trusted/ca.pem"),
    ],
)
def test_a_value_that_would_fail_later_is_refused_at_once(name: str, value: str) -> None:
    with pytest.raises(TemplateError, match=name):
        parameter_values(read_template(TEMPLATE), {name: value})


def test_a_local_start_says_what_it_does_not_have() -> None:
    notes = list(support.notes(read_api(stack(**MUTUAL, HostedZoneId="Z1ABC"), lambda *_: "")))
    for text in ("ApiDomain: custom domain: not served", "ApiDomainRecord: DNS record", "execute-api endpoint: closed"):
        assert any(note.startswith(text) for note in notes), notes
