"""The callers of a stack with sign-in, each as an access token: those of the pool, and those that somebody forges.

The emulated AWS keeps the key that a pool signs with in the folder of its data. Therefore a forged token here is wrong
in one thing only: its expiry, its issuer, its key and so on.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.parse
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.server import Server
from tests.support.sign_in import CALLBACK, PASSWORD, SignIn

Claims = dict[str, Any]
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Pool:
    """The user pool of a running stack, and its key."""

    def __init__(self, server: Server) -> None:
        self.sign_in = SignIn(server.dynamodb_endpoint, server.client)
        self.sign_in.add("model@example.com", "admins")
        self.tokens = self.sign_in.tokens("model@example.com", "users/self", "users/admin")
        self.access: str = self.tokens["access_token"]
        self.head: Claims = jwt.get_unverified_header(self.access)
        self.claims: Claims = jwt.decode(self.access, options={"verify_signature": False})
        path = Path(server.data) / "state" / "cognito-pool-keys" / f"{self.sign_in.pool}-access.pem"
        self._key: Any = serialization.load_pem_private_key(path.read_bytes(), password=None)

    def token(self, **changes: Any) -> str:
        """The token of an administrator with other claims, signed by the pool. None leaves a claim out."""
        return jwt.encode(self._with(changes), self._key, "RS256", headers={"kid": self.head["kid"]})

    def person(self, subject: str, *scopes: str, admin: bool = False) -> str:
        """The token of a person, as the pool signs it after this person has signed in."""
        return self.token(
            sub=subject, username=subject, scope=" ".join(scopes), **{"cognito:groups": ["admins"] if admin else None}
        )

    def of_another_client(self) -> str:
        """What the token endpoint gives for another client of the pool, which may not ask for the scopes of users."""
        client = self.sign_in.cognito.create_user_pool_client(
            UserPoolId=self.sign_in.pool,
            ClientName="another",
            GenerateSecret=False,
            SupportedIdentityProviders=["COGNITO"],
            AllowedOAuthFlowsUserPoolClient=True,
            AllowedOAuthFlows=["code"],
            AllowedOAuthScopes=["openid", "email"],
            CallbackURLs=[CALLBACK],
        )["UserPoolClient"]["ClientId"]
        pages = self.sign_in.clients["pages"]
        self.sign_in.clients["pages"] = client
        try:
            return str(self.sign_in.tokens("model@example.com", "email")["access_token"])
        finally:
            self.sign_in.clients["pages"] = pages

    def by_password(self) -> str:
        """What a password at the API of Cognito gives, at a client that allows this."""
        client = self.sign_in.cognito.create_user_pool_client(
            UserPoolId=self.sign_in.pool, ClientName="passwords", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        given = {"USERNAME": "model@example.com", "PASSWORD": PASSWORD}
        answer = self.sign_in.cognito.initiate_auth(
            ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
        )
        return str(answer["AuthenticationResult"]["AccessToken"])

    def forged(self) -> dict[str, str]:
        """Tokens that the pool would not give, each of an administrator, by what is wrong."""
        head, body, signature = self.access.split(".")
        issuer = urllib.parse.urlsplit(self.claims["iss"])
        changed = _part({**self.claims, "sub": "another"})
        return {
            "expired": self.token(exp=int(time.time()) - 1, iat=int(time.time()) - 900),
            "issuer": self.token(iss=f"{issuer.scheme}://{issuer.netloc}/us-east-1_Another01"),
            "client": self.of_another_client(),
            "id token": str(self.tokens["id_token"]),
            "password": self.by_password(),
            "signature": f"{head}.{changed}.{signature}",
            "none": f"{_part({**self.head, 'alg': 'none'})}.{body}.",
            "HS256": self._confused(),
            "kid": jwt.encode(self.claims, OTHER_KEY, "RS256", headers={"kid": "of-nobody"}),
        }

    def _confused(self) -> str:
        """HS256, with the public key as the secret: good for a verifier that lets the token choose."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        signed = f"{_part({**self.head, 'alg': 'HS256'})}.{_part(self.claims)}"
        return f"{signed}.{_text(hmac.digest(public, signed.encode(), hashlib.sha256))}"

    def _with(self, changes: Claims) -> Claims:
        now = int(time.time())
        fresh = {**self.claims, "iat": now, "auth_time": now, "exp": now + 900, **changes}
        return {name: value for name, value in fresh.items() if value is not None}


def _part(document: Claims) -> str:
    return _text(json.dumps(document).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
