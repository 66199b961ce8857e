"""Where DynamoDB is: held against botocore's endpoint rules for every region it knows."""

from __future__ import annotations

import botocore.endpoint_provider
import botocore.exceptions
import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynamodb.endpoints import PARTITIONS, Endpoint, resolve
from dynamodb.errors import ConfigurationError

LOADER = botocore.session.Session().get_component("data_loader")
PARTITION_DATA = LOADER.load_data("partitions")
PROVIDER = botocore.endpoint_provider.EndpointProvider(
    LOADER.load_service_model("dynamodb", "endpoint-rule-set-1"), PARTITION_DATA
)
# The partitions' pseudo regions (aws-global and its like) are no place DynamoDB is at.
REGIONS = [
    region for partition in PARTITION_DATA["partitions"] for region in partition["regions"] if "-global" not in region
]


def url(endpoint: Endpoint) -> str:
    return f"{'https' if endpoint.tls else 'http'}://{endpoint.host_header}{endpoint.path}".rstrip("/")


def theirs(region: str, fips: bool, dual_stack: bool) -> str | None:
    """With account-based host names off: which regions have them changes from release to release."""
    parameters = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack, "AccountIdEndpointMode": "disabled"}
    try:
        return PROVIDER.resolve_endpoint(**parameters).url
    except botocore.exceptions.EndpointProviderError:
        return None


def ours(**environ: str | None) -> str | None:
    try:
        return url(resolve({name: value for name, value in environ.items() if value is not None}))
    except ConfigurationError:
        return None


def test_botocore_knows_many_regions():
    assert len(REGIONS) > 45


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("dual_stack", [False, True])
def test_every_region_is_found_where_botocore_finds_it(region, fips, dual_stack):
    found = ours(AWS_REGION=region, AWS_USE_FIPS_ENDPOINT=str(fips), AWS_USE_DUALSTACK_ENDPOINT=str(dual_stack))
    assert found is not None
    assert found == theirs(region, fips, dual_stack)


@pytest.mark.parametrize("mode", [None, "", "preferred", "disabled"])
def test_an_account_id_changes_no_host_name(mode):
    found = ours(AWS_REGION="us-east-1", AWS_ACCOUNT_ID="123456789012", AWS_ACCOUNT_ID_ENDPOINT_MODE=mode)
    assert found == "https://dynamodb.us-east-1.amazonaws.com"


@settings(deadline=None)
@given(
    st.sampled_from(["us-", "eu-", "ap-", *PARTITIONS]),
    st.sampled_from(["north", "southeast", "west", "central"]),
    st.integers(1, 99),
    st.booleans(),
    st.booleans(),
)
def test_a_region_of_tomorrow_is_found_where_botocore_would_find_it(prefix, direction, number, fips, dual_stack):
    region = f"{prefix}{direction}-{number}"
    found = ours(AWS_REGION=region, AWS_USE_FIPS_ENDPOINT=str(fips), AWS_USE_DUALSTACK_ENDPOINT=str(dual_stack))
    assert found == theirs(region, fips, dual_stack)


def test_the_table_of_partitions_is_botocores():
    known = {
        (partition["outputs"]["dnsSuffix"], partition["outputs"]["dualStackDnsSuffix"])
        for partition in PARTITION_DATA["partitions"]
        if partition["id"] != "aws"
    }
    assert set(PARTITIONS.values()) == known


def test_a_client_made_by_botocore_agrees(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
        monkeypatch.setenv(name, "")
    for environ in (
        {"AWS_ENDPOINT_URL": "http://localhost:8000"},
        {"AWS_ENDPOINT_URL": "http://localhost:8000", "AWS_ENDPOINT_URL_DYNAMODB": "https://db.example.com:8443/x"},
        {"AWS_ENDPOINT_URL": "http://localhost:8000", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "TRUE"},
    ):
        with monkeypatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            session = botocore.session.Session()
            session.set_credentials("AKID", "secret")
            client = session.create_client("dynamodb", "eu-west-1")
            assert url(resolve({"AWS_REGION": "eu-west-1", **environ})) == client.meta.endpoint_url


def test_aws_region_goes_before_the_default_one():
    assert resolve({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}).region == "eu-west-1"
    assert resolve({"AWS_DEFAULT_REGION": "us-east-1"}).region == "us-east-1"


def test_the_local_region_is_the_local_dynamodb_signed_for_us_east_1():
    endpoint = resolve({"AWS_REGION": "local"})
    assert (url(endpoint), endpoint.region) == ("http://localhost:8000", "us-east-1")


@pytest.mark.parametrize(
    ("custom", "host_header", "path"),
    [
        ("http://localhost:4566", "localhost:4566", "/"),
        ("http://localhost:4566/", "localhost:4566", "/"),
        ("http://LOCALHOST:80", "localhost", "/"),
        ("https://db.example.com", "db.example.com", "/"),
        ("https://db.example.com:443/a/b", "db.example.com", "/a/b"),
        ("https://db.example.com:80", "db.example.com:80", "/"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", "/"),
        ("http://[::1]:8000", "[::1]:8000", "/"),
    ],
)
def test_a_custom_endpoint_is_taken_as_it_is(custom, host_header, path):
    endpoint = resolve({"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": custom})
    assert (endpoint.host_header, endpoint.path) == (host_header, path)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"AWS_REGION": "us east 1"},
        {"AWS_REGION": "us-east-1.evil.example/"},
        {"AWS_REGION": "us-east-1\r\nx: y"},
        {"AWS_REGION": "aws-global"},
        {"AWS_REGION": "us-east-1-fips"},
        {"AWS_REGION": "fips-us-east-1"},
        {"AWS_ENDPOINT_URL": "http://localhost:8000"},
        {"AWS_REGION": "local", "AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://x", "AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://x", "AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "localhost:8000"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "ftp://localhost"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://user:password@host"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://host:99999"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://host:x"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://host/?a=b"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://host/a b"},
        {"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://h\u00f6st"},
        {"AWS_REGION": "us-east-1", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "required"},
    ],
)
def test_what_makes_no_endpoint_is_refused(environ):
    with pytest.raises(ConfigurationError):
        resolve(environ)
