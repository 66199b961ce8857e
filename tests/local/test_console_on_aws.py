"""The console and the documentation through the behaviours of infra/console.yaml, in a real browser.

The files are those that deploy.sh uploads. The API is that of `make run`, behind the stage of the template.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.template.transform import ROOT, load
from tests.api.client import send
from tests.local.test_console_access import signed_in
from tests.support.console import Person
from tests.support.edge import Edge, console
from tests.support.pictures import picture
from tests.support.server import Server
from tests.support.sign_in import SignIn
from tools.pages import files

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.slow, pytest.mark.local_only]
REGION = "us-east-1"
REACHED = {"PicturesBucket": "pictures", "BulkBucket": "bulk", "LiveApiId": "live1"}
CLICK = """
const found = [...document.querySelectorAll(arguments[0])].find((it) => it.textContent.trim() === arguments[1]);
found?.click();
return Boolean(found);
"""


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    someone = Person("")
    yield someone
    someone.leave()


def edge(server: Server, **sign_in: str) -> Edge:
    """The distribution before a server, with the files for it. The buckets are in the emulated AWS."""
    aws = server.dynamodb_endpoint
    names = {
        "https://pictures.s3.us-east-1.amazonaws.com": aws,
        "https://bulk.s3.us-east-1.amazonaws.com": aws,
        "wss://live1.execute-api.us-east-1.amazonaws.com": aws.replace("http", "ws"),
        "https://people.auth.us-east-1.amazoncognito.com": server.url,
    }
    prefix = {"SignInPrefix": "people"} if sign_in else {}
    found = Edge(console(**REACHED, **prefix), server.url, names)
    template = load(ROOT / "template.yaml", {"SignIn": "true" if sign_in else "false", "Pictures": "true"})
    there = {**{name: name for name in template["Resources"]}, **sign_in}
    found.files = files(found.url, REGION, there)
    return found


def test_a_key_opens_it_and_live_updates_and_pictures_come(person: Person, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(picture("red", "PNG"))
    with Server("ApiKeyRequired=true") as server, edge(server) as distribution:
        [key] = re.findall(r"API key +(\S+)", server.output)
        created = send(
            distribution.url, "POST", "/users", {"name": "Ann", "email": "ann@example.com"}, {"X-Api-Key": key}
        )
        assert created.headers["Location"].startswith("/Prod/users/")
        assert (
            send(distribution.url, "GET", created.headers["Location"], None, {"X-Api-Key": key}).json["name"] == "Ann"
        )
        person.url = distribution.url
        person.open()
        person.sees("The service needs an API key, or another one.", "dialog")
        person.write("#key", key)
        person.press("Use this key")
        person.sees_names("Ann")
        person.sees("Live", "#live")
        person.press("Ann")
        person.fill(name="Anne")  # which is sent with If-Match
        person.press("Save changes")
        person.sees("The changes are saved.")
        person.browser.type("#picture", str(tmp_path / "red.png"))
        # the browser follows the redirect to the bucket with the key, and asks the bucket before
        person.browser.until("return document.querySelector('.picture img')?.naturalWidth === 512")
        assert refusals(person) == []
        person.press("Access")
        person.press("Sign out")


def refusals(person: Person) -> list[str]:
    """What the browser has refused. A 401, 403 or 404 of the API is none."""
    return [line for line in person.browser.console() if "Failed to load resource" not in line]


def allow(server: Server, *pages: str) -> SignIn:
    """Let the sign-in page lead back to pages, as the parameter SignInPages does."""
    pool = SignIn(server.url, server.client)
    pool.cognito.update_user_pool_client(UserPoolId=pool.pool, ClientId=pool.clients["pages"], CallbackURLs=list(pages))
    return pool


def test_an_administrator_signs_in_at_the_console_and_a_person_tries_the_documentation(person: Person) -> None:
    with Server("SignIn=true") as server:
        pool = SignIn(server.url, server.client)
        there = {"UserPoolDomain": "people", "UserPool": pool.pool, "PagesClient": pool.clients["pages"]}
        with edge(server, **there) as distribution:
            url = distribution.url
            client = pool.cognito.describe_user_pool_client(UserPoolId=pool.pool, ClientId=pool.clients["pages"])
            kept = {key: client["UserPoolClient"][key] for key in KEPT_OF_CLIENT if key in client["UserPoolClient"]}
            callbacks = [f"{url}/console", f"{url}/docs/oauth2-redirect.html"]
            pool.cognito.update_user_pool_client(**{**kept, "CallbackURLs": callbacks})
            pool.add("boss@example.com", "admins", name="Boss")
            person.url = url
            signed_in(person, "boss@example.com")
            person.sees("Boss", "#rows")
            assert person.browser.run("return location.origin") == url
            assert refusals(person) == []
            person.browser.open(f"{url}/docs")
            person.browser.until("return document.querySelectorAll('.opblock').length > 5")
            assert refusals(person) == []


KEPT_OF_CLIENT = (
    *("UserPoolId", "ClientId", "ClientName", "SupportedIdentityProviders", "AllowedOAuthFlowsUserPoolClient"),
    *("AllowedOAuthFlows", "AllowedOAuthScopes", "ExplicitAuthFlows", "LogoutURLs"),
)
