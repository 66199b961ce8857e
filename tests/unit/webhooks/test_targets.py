"""Where a delivery may go. The oracle for addresses is the standard library's own classification."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.targets import Refused, check_addresses, is_public, target

PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
NOT_PUBLIC = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "192.0.0.192", "198.18.0.1", "240.0.0.1"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1"),
    *("::ffff:8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "::8.8.8.8"),
]
TRICKS = [
    *("http://example.com/", "ftp://example.com/", "https:///path", "https://", "", "example.com", "//example.com/"),
    *("https://127.0.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/"),
    *("https://0x7f.1/", "https://1.1.1.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25a]/"),
    *("https://localhost/", "http://localhost/", "https://a.localhost./", "https://example.com./", "https://example/"),
    *(
        "https://user@example.com/",
        "https://u:p@example.com/",
        "https://@example.com/",
        "https://example.com@127.0.0.1/",
    ),
    *("https://example.com:22/", "https://example.com:0/", "https://example.com:99999/", "https://example.com:x/"),
    *("https://example.com/#a", "https://example.com#", "https://example.com\\@127.0.0.1/", "https://exa mple.com/"),
    *("https://example.com/\r\nX: y", "https://example.com/\t", " https://example.com/", "https://exämple.com/"),
    *("https://①②⑦.0.0.1/", "https://127。0。0。1/", "https://-a.com/", "https://a-.com/", "https://a..com/"),
    f"https://example.com/{'a' * 2048}",
]


@pytest.mark.parametrize("url", TRICKS)
def test_a_url_that_could_lead_elsewhere_is_refused(url):
    with pytest.raises(Refused):
        target(url, localhost=False)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://localhost.example.com/", "http://[::1]/", "ftp://localhost/"]
)
def test_a_stack_that_allows_localhost_allows_no_other_name_in_plain_http(url):
    with pytest.raises(Refused):
        target(url, localhost=True)


def test_a_url_is_read_into_what_the_connection_needs():
    to = target("https://Hooks.Example.com:8443/a/b?c=d", localhost=False)
    assert (to.secure, to.host, to.port, to.path) == (True, "hooks.example.com", 8443, "/a/b?c=d")
    assert to.authority == "hooks.example.com:8443"


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_allowed(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_any_other_address_is_refused(address):
    assert not is_public(address)


ADDRESSES = st.one_of(
    st.integers(0, 2**32 - 1).map(IPv4Address),
    st.integers(0, 2**128 - 1).map(IPv6Address),
    st.integers(0, 2**32 - 1).map(lambda low: IPv6Address((0xFFFF << 32) | low)),
    st.integers(0, 2**125 - 1).map(lambda low: IPv6Address((1 << 125) | low)),
)


@given(ADDRESSES)
def test_what_the_standard_library_calls_private_is_never_allowed(address):
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_link_local:
        assert not is_public(str(address))


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_what_the_standard_library_calls_global_is_allowed(address):
    kept_back = ("192.31.196.", "192.52.193.", "192.175.48.", "192.88.99.", "192.0.0.")  # anycast and relays of IANA
    if address.is_global and not address.is_multicast and not str(address).startswith(kept_back):
        assert is_public(str(address))


# Parts of which a host, and what is around it, can be made so that parsers disagree.
PIECES = st.sampled_from(
    [
        *(
            "example",
            "com",
            "127",
            "0",
            "1",
            "0x7f",
            "0177",
            "2130706433",
            "localhost",
            "xn--e1afmkfd",
            "a-",
            "-a",
            "%31",
        ),
        *("[::1]", "①", "。", "", "e" * 64, "invalid", "@", "\\", "#", "?", ":", ":443", ":80", "/", " ", "\t", "u:p@"),
    ]
)
URLS = st.builds(
    lambda scheme, parts, dot, end: scheme + dot.join(parts) + end,
    st.sampled_from(["https://", "https:", "HTTPS://", "http://", "https:///", "https://u@", "https:\\\\"]),
    st.lists(PIECES, min_size=1, max_size=5),
    st.sampled_from([".", "", "。"]),
    st.sampled_from(["", "/", ":443", ":8443/x", ":22", "?a=b", "/#c", "/..//@127.0.0.1", "\\@127.0.0.1"]),
)


@given(URLS)
def test_a_url_that_is_taken_names_one_host_to_every_parser_and_no_address(url):
    try:
        to = target(url, localhost=False)
    except Refused:
        return
    assert to.host == httpx.URL(url).host
    assert to.port == httpx.URL(url).port or to.port == 443
    with pytest.raises(OSError, match="illegal IP address"):
        socket.inet_aton(to.host)  # the C library reads decimal, octal, hexadecimal and short spellings
    with pytest.raises(ValueError, match="does not appear to be"):
        ip_address(to.host)


def test_one_address_that_is_not_public_refuses_the_name():
    check_addresses("example.com", PUBLIC, localhost=False)
    for address in NOT_PUBLIC:
        with pytest.raises(Refused):
            check_addresses("example.com", [*PUBLIC, address], localhost=True)


def test_localhost_may_only_resolve_to_this_machine():
    check_addresses("localhost", ["127.0.0.1", "::1"], localhost=True)
    for wrong in (["127.0.0.1", str(ip_address("8.8.8.8"))], []):
        with pytest.raises(Refused):
            check_addresses("localhost", wrong, localhost=True)
