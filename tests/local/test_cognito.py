"""Golden: Cognito user pool authorizers.

Source: AWS documentation, "Control access to REST APIs using Amazon Cognito user pools as an authorizer",
/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html; "Verifying JSON web tokens",
/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html; re:Post, "401 Unauthorized
errors from an API Gateway REST API endpoint after I've set up an Amazon Cognito user pool".

The tokens are signed here with a key of the test's own, so these tests are of the local gateway only; one more takes
its token from the emulated AWS.
"""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.local.gateway_api import LocalApi

pytestmark = pytest.mark.local_only
POOL = "us-east-1_Ab12Cd34E"
ISSUER = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_key():
    document = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return {**document, "kid": "one", "alg": "RS256", "use": "sig"}


class Keys(http.server.BaseHTTPRequestHandler):
    """What the pool's /.well-known/jwks.json serves."""

    def do_GET(self):
        self.send_response(200 if self.path == f"/{POOL}/.well-known/jwks.json" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"keys": [public_key()]}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def pool_api() -> Iterator[LocalApi]:
    keys = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=keys.serve_forever, daemon=True).start()
    running = LocalApi("authorizers", endpoint=f"http://127.0.0.1:{keys.server_port}", physical={"Pool": POOL})
    yield running
    running.close()
    keys.shutdown()
    keys.server_close()


def token(key=KEY, algorithm="RS256", kid="one", **changes):
    now = int(time.time())
    claims = {"sub": "a-user", "iss": ISSUER, "aud": "the-client", "token_use": "id", "exp": now + 60, "iat": now,
              "auth_time": now, "cognito:groups": ["admins", "staff"], "email_verified": True}  # fmt: skip
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def access(**changes):
    return token(token_use="access", aud=None, client_id="the-client", **changes)


def get(api, path, value):
    return api.get(path, [("Authorization", value)])


def test_an_id_token_lets_the_request_through(pool_api):
    assert get(pool_api, "/id", token()).status == 200


def test_with_or_without_the_word_bearer(pool_api):
    assert get(pool_api, "/id", f"Bearer {token()}").status == 200


def test_the_claims_reach_the_function_as_text(pool_api):
    """Times are written out and lists joined, as AWS hands them on."""
    claims = get(pool_api, "/id", token(exp=1_900_000_000)).json()["event"]["requestContext"]["authorizer"]["claims"]
    assert (claims["sub"], claims["cognito:groups"]) == ("a-user", "admins,staff")
    assert (claims["exp"], claims["email_verified"]) == ("Sun Mar 17 17:46:40 UTC 2030", "true")
    assert claims["auth_time"].isdigit()


def test_no_token_is_unauthorized(pool_api):
    response = pool_api.get("/id")
    assert (response.status, response.json()) == (401, {"message": "Unauthorized"})


def test_an_expired_token_says_so(pool_api):
    response = get(pool_api, "/id", token(exp=int(time.time()) - 1))
    assert (response.status, response.json()) == (401, {"message": "The incoming token has expired"})


def hmac_with_the_public_key():
    """The well-known confusion: HS256, with the public key as the secret."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one"}).encode()).rstrip(b"=").decode()
    return ".".join([head, token().split(".")[1], token().split(".")[2]])


def mislabelled():
    """Signed as RS256, but saying that it is not."""
    head = base64.urlsafe_b64encode(json.dumps({"alg": "RS512", "kid": "one"}).encode()).rstrip(b"=").decode()
    signed = f"{head}.{token().split('.')[1]}"
    signature = KEY.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def unsigned():
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode()).rstrip(b"=").decode()
    return f"{head}.{token().split('.')[1]}."


def with_other_claims():
    body = base64.urlsafe_b64encode(json.dumps({"sub": "another", "iss": ISSUER}).encode()).rstrip(b"=").decode()
    return ".".join([token().split(".")[0], body, token().split(".")[2]])


@pytest.mark.parametrize(
    "bad",
    [
        "rubbish",
        "a.b.c",
        "Basic dTpw",
        "..",
        lambda: token() + "x",
        lambda: token(OTHER_KEY),
        lambda: token(kid="two"),
        lambda: token(iss="https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other1234"),
        lambda: token(iss="https://evil.example/us-east-1_Ab12Cd34E"),
        lambda: token(exp=None),
        lambda: token(exp="soon"),
        lambda: token("a-secret-of-at-least-thirty-two-bytes", "HS256"),
        hmac_with_the_public_key,
        unsigned,
        mislabelled,
        with_other_claims,
        lambda: token(token_use="access"),
        lambda: token(token_use=None),
        lambda: token(algorithm="RS512"),
    ],
    ids=lambda bad: getattr(bad, "__name__", str(bad)).strip("<>"),
)
def test_a_token_that_is_not_the_pools_own_good_id_token_is_unauthorized(pool_api, bad):
    response = get(pool_api, "/id", bad() if callable(bad) else bad)
    assert (response.status, response.json()) == (401, {"message": "Unauthorized"})


def test_a_method_with_scopes_takes_an_access_token_that_has_one_of_them(pool_api):
    assert get(pool_api, "/access", access(scope="openid users/write")).status == 200


def test_it_refuses_an_id_token(pool_api):
    assert get(pool_api, "/access", token(scope="users/read")).status == 401


def test_an_access_token_without_the_scopes_is_denied(pool_api):
    response = get(pool_api, "/access", access(scope="users/reader"))
    assert (response.status, response.header("x-amzn-ErrorType")) == (403, "AccessDeniedException")


def test_the_validation_expression_is_held_against_the_audience(pool_api):
    """ "Authorizer" in the API reference: API Gateway matches the aud field against the expression."""
    assert get(pool_api, "/client", token()).status == 200
    assert get(pool_api, "/client", token(aud="another-client")).status == 401


def test_a_pool_whose_keys_cannot_be_had_is_500(local_api):
    api = local_api("authorizers", endpoint="http://127.0.0.1:9", physical={"Pool": POOL})
    assert get(api, "/id", token()).status == 500


def test_a_token_of_the_emulated_aws_is_good(local_api, emulator):
    """Sign up, sign in, call."""
    cognito = emulator.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="golden")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(UserPoolId=pool, ClientName="c", ExplicitAuthFlows=[
        "ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])["UserPoolClient"]["ClientId"]  # fmt: skip
    cognito.sign_up(ClientId=client, Username="ada", Password="Correct-horse-1")
    cognito.admin_confirm_sign_up(UserPoolId=pool, Username="ada")
    tokens = cognito.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={
        "USERNAME": "ada", "PASSWORD": "Correct-horse-1"})["AuthenticationResult"]  # fmt: skip
    api = local_api("authorizers", endpoint=emulator.endpoint, physical={"Pool": pool})
    assert get(api, "/id", tokens["IdToken"]).status == 200
    assert get(api, "/id", tokens["AccessToken"]).status == 401
    assert get(api, "/id", tokens["IdToken"][:-2]).status == 401
