"""Requests to this machine pass by the proxies of the environment; those to the internet do not."""

from __future__ import annotations

import urllib.request

import pytest

from local.proxies import of_proxies, spare_loopback

PROXY = "http://proxy.example.com:3128"


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "Http_Proxy"])
@pytest.mark.parametrize(
    "excepted", [{}, {"no_proxy": "a.example"}, {"NO_PROXY": "a.example"}, {"No_Proxy": "a.example"}]
)
def test_this_machine_is_excepted_from_every_proxy_and_other_exceptions_stay(name, excepted):
    environ = {name: PROXY, **excepted}
    spare_loopback(environ)
    wanted = "localhost,127.0.0.1,::1" + (",a.example" if excepted else "")
    assert (environ["no_proxy"], environ["NO_PROXY"], environ[name]) == (wanted, wanted, PROXY)


def test_the_exception_in_lower_case_counts_as_it_does_for_programs():
    environ = {"http_proxy": PROXY, "NO_PROXY": "upper.example", "no_proxy": "lower.example"}
    spare_loopback(environ)
    assert environ["no_proxy"] == environ["NO_PROXY"] == "localhost,127.0.0.1,::1,lower.example"


def test_an_exception_of_everything_stays_one():
    environ = {"http_proxy": PROXY, "NO_PROXY": "*"}
    spare_loopback(environ)
    assert environ["no_proxy"] == environ["NO_PROXY"] == "*"


def test_twice_is_once():
    environ = {"http_proxy": PROXY}
    spare_loopback(environ)
    once = dict(environ)
    spare_loopback(environ)
    assert environ == once


@pytest.mark.parametrize("environ", [{}, {"http_proxy": ""}, {"no_proxy": "a.example"}, {"PROXY": PROXY}])
def test_an_environment_without_a_proxy_stays_as_it_is(environ):
    before = dict(environ)
    spare_loopback(environ)
    assert environ == before


@pytest.mark.parametrize("host", ["localhost", "localhost:3000", "a.localhost:80", "127.0.0.1:4566", "LOCALHOST"])
def test_pythons_own_client_passes_by(monkeypatch, host):
    environ = {"http_proxy": PROXY}
    spare_loopback(environ)
    monkeypatch.setenv("no_proxy", environ["no_proxy"])
    monkeypatch.setenv("http_proxy", PROXY)
    assert urllib.request.proxy_bypass_environment(host)
    assert not urllib.request.proxy_bypass_environment("example.com")


def test_only_variables_of_proxies_are_handed_on():
    environ = {"http_proxy": PROXY, "NO_PROXY": "a", "PROXY_TOKEN": "secret", "SHELL": "sh"}
    assert of_proxies(environ) == {"http_proxy": PROXY, "NO_PROXY": "a"}
