"""Sign-in at the address of `make run`, as a person and a page meet it: sign up, sign in, change a name; make token."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.support.server import ROOT, Server, free_port
from tests.support.sign_in import PASSWORD, Refused, SignIn

pytestmark = [pytest.mark.slow, pytest.mark.local_only]


@pytest.fixture(scope="module")
def server():
    with Server("SignIn=true") as running:
        yield running


@pytest.fixture(scope="module")
def facts(server):
    return json.loads(get(f"{server.url}/sign-in.json"))


@pytest.fixture(scope="module")
def sign_in(server):
    """Everything over the address of the API; only its client of Cognito goes to the emulated AWS."""
    return SignIn(server.url, server.client)


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as response:
        return response.read().decode()


def call(server, method, path, token, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{server.url}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def make_token(port, *who):
    command = [sys.executable, "-m", "local.token", *who]
    environment = {**os.environ, "PORT": str(port)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_a_person_signs_up_signs_in_and_changes_their_name(server, facts, sign_in):
    email = "joan@example.com"
    attributes = [{"Name": "email", "Value": email}, {"Name": "name", "Value": "Joan Clarke"}]
    client = facts["clientIds"]["pages"]
    cognito = server.client("cognito-idp")
    cognito.sign_up(ClientId=client, Username=email, Password=PASSWORD, UserAttributes=attributes)
    outbox = get(f"{server.url}/outbox")
    assert email in outbox
    [code] = set(re.findall(r"Your verification code is (\d{6})", outbox))
    with pytest.raises(cognito.exceptions.CodeMismatchException):
        cognito.confirm_sign_up(ClientId=client, Username=email, ConfirmationCode="000000")
    cognito.confirm_sign_up(ClientId=client, Username=email, ConfirmationCode=code)

    machine = sign_in.machine("users/read")
    assert [it["name"] for it in call(server, "GET", "/users", machine)["users"]] == ["Joan Clarke"]  # before a sign-in
    token = sign_in.person(email)

    assert call(server, "GET", "/users/me", token)["name"] == "Joan Clarke"
    assert call(server, "PATCH", "/users/me", token, {"name": "Joan Murray"})["name"] == "Joan Murray"
    assert call(server, "GET", "/users/me", token)["name"] == "Joan Murray"


def test_a_function_that_refuses_a_person_is_heard(server, facts, sign_in):
    """On AWS the caller of a confirmation gets its sentence, and nobody gets a token."""
    email, client = "unverified@example.com", facts["clientIds"]["pages"]
    cognito = sign_in.cognito
    cognito.sign_up(ClientId=client, Username=email, Password=PASSWORD)
    refusal = cognito.exceptions.UserLambdaValidationException
    with pytest.raises(refusal, match="PostConfirmation failed with error Your email is not verified"):
        cognito.admin_confirm_sign_up(UserPoolId=sign_in.pool, Username=email)
    assert cognito.admin_get_user(UserPoolId=sign_in.pool, Username=email)["UserStatus"] == "CONFIRMED"
    with pytest.raises(Refused, match="PreTokenGeneration failed with error Your email is not verified"):
        sign_in.tokens(email)
    passwords = cognito.create_user_pool_client(
        UserPoolId=sign_in.pool, ClientName="passwords", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    given = {"USERNAME": email, "PASSWORD": PASSWORD}
    with pytest.raises(refusal, match="PreTokenGeneration failed with error Your email is not verified"):
        cognito.initiate_auth(ClientId=passwords, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)


def test_a_confirmation_that_no_function_follows_verifies_the_email(server):
    cognito = server.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="plain", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="plain")["UserPoolClient"]["ClientId"]
    attributes = [{"Name": "email", "Value": "grete@example.com"}]
    cognito.sign_up(ClientId=client, Username="grete", Password=PASSWORD, UserAttributes=attributes)
    cognito.confirm_sign_up(ClientId=client, Username="grete", ConfirmationCode="123456")
    found = cognito.admin_get_user(UserPoolId=pool, Username="grete")["UserAttributes"]
    cognito.delete_user_pool(UserPoolId=pool)
    assert {"Name": "email_verified", "Value": "true"} in found


def test_the_page_has_a_form_that_leads_to_this_server(server, facts):
    asked = f"client_id={facts['clientIds']['pages']}&response_type=code&redirect_uri=http://localhost:8000/"
    page = get(
        f"{server.url}/oauth2/authorize?{asked}&scope=openid&code_challenge={'a' * 43}&code_challenge_method=S256"
    )
    assert 'action="/login"' in page
    [address] = re.findall(r"sign in +(\S+)", server.output)  # what a person opens who reads the start screen
    assert 'action="/login"' in get(address.replace("localhost", "127.0.0.1"))


def test_tokens_can_be_verified_with_what_this_server_publishes(server, facts):
    pool = f"{server.url}/{facts['userPoolId']}/.well-known"
    assert json.loads(get(f"{pool}/openid-configuration"))["token_endpoint"] == f"{server.url}/oauth2/token"
    assert json.loads(get(f"{pool}/jwks.json"))["keys"]


def test_the_person_of_a_token_is_told_and_pages_may_ask(server, sign_in):
    sign_in.add("radia@example.com")
    token = sign_in.person("radia@example.com")
    assert json.loads(get(f"{server.url}/oauth2/userInfo", Authorization=f"Bearer {token}"))["email"]
    request = urllib.request.Request(
        f"{server.url}/oauth2/userInfo",
        headers={"Origin": "http://localhost:8000", "Access-Control-Request-Headers": "authorization"},
        method="OPTIONS",
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]


def refused(url, **headers):
    with pytest.raises(urllib.error.HTTPError) as error:
        get(url, **headers)
    return error.value.code


def test_a_page_elsewhere_and_another_host_get_nothing(server, facts):
    for path in ("/sign-in.json", "/oauth2/token", "/login", f"/{facts['userPoolId']}/.well-known/jwks.json"):
        assert refused(server.url + path, Origin="https://evil.example") == 403
        assert refused(server.url + path, Host="evil.example") == 403


def test_no_secret_is_told(server, sign_in):
    client = sign_in.clients["machines"]
    described = sign_in.cognito.describe_user_pool_client(UserPoolId=sign_in.pool, ClientId=client)
    assert described["UserPoolClient"]["ClientSecret"] not in get(f"{server.url}/sign-in.json")


@pytest.mark.parametrize(
    ("who", "path"), [("person", "/users/me"), ("admin", "/users"), ("admin", "/users/me"), ("machine", "/users")]
)
def test_make_token_prints_a_token_and_nothing_else(server, who, path):
    for _ in range(2):  # the person is created once
        done = make_token(server.port, who)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", done.stdout)
        assert call(server, "GET", path, done.stdout.strip())


def test_make_token_says_why_there_is_none(server, sign_in):
    done = make_token(server.port, "somebody")
    assert (done.returncode, done.stdout) == (2, "")
    assert "WHO=person" in done.stderr
    done = make_token(free_port(), "admin")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing answers" in done.stderr
    make_token(server.port, "person")
    sign_in.cognito.admin_disable_user(UserPoolId=sign_in.pool, Username="person@example.com")
    done = make_token(server.port, "person")
    sign_in.cognito.admin_enable_user(UserPoolId=sign_in.pool, Username="person@example.com")
    assert (done.returncode, done.stdout) == (1, "")
    assert "person@example.com cannot sign in" in done.stderr


def test_a_command_of_the_start_screen_works(server):
    [command] = re.findall(r"curl -i \S+/users/me .*", server.output)
    make = f"{shlex.quote(sys.executable)} -m local.token person"
    done = subprocess.run(
        ["bash", "-c", re.sub(r"make -s token WHO=person", make, command)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.startswith("HTTP/1.1 200 OK"), done.stdout + done.stderr


def test_a_stack_without_sign_in_has_none_of_it():
    with Server("Events=false") as plain:
        for path in ("/sign-in.json", "/oauth2/authorize", "/login", "/users/me"):
            assert refused(plain.url + path) in (403, 404)
        assert "token" not in plain.output
        assert plain.output.split("One line per request follows.")[0].count("\n") < 25
        assert "/users/me" not in json.loads(get(f"{plain.url}/openapi.json"))["paths"]
        done = make_token(plain.port, "person")
    assert (done.returncode, done.stdout) == (1, "")
    assert "sign-in is off" in done.stderr
