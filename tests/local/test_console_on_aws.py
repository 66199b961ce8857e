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
from tests.local.test_console_access import LOGIN, signed_in
from tests.local.test_documentation import tried
from tests.local.test_sources import until
from tests.support.bucket_front import BucketFront
from tests.support.console import Person
from tests.support.edge import Edge, console
from tests.support.pictures import picture
from tests.support.server import Server
from tests.support.sign_in import PASSWORD, SignIn
from tools.pages import files

pytestmark = [pytest.mark.needs("chromedriver"), pytest.mark.slow, pytest.mark.local_only]
REGION = "us-east-1"
REACHED = {"PicturesBucket": "pictures", "BulkBucket": "bulk", "LiveApiId": "live1"}
BY_CODE = """
const forms = [...document.querySelectorAll('.auth-container')];
const form = forms.find((it) => it.textContent.includes('authorizationCode'));
"""
OF_CLIENT = (
    *("UserPoolId", "ClientId", "ClientName", "SupportedIdentityProviders", "AllowedOAuthFlowsUserPoolClient"),
    *("AllowedOAuthFlows", "AllowedOAuthScopes", "ExplicitAuthFlows", "LogoutURLs"),
)
ON = ("Events", "Search", "Pictures", "LiveUpdates", "Bulk")  # as `make run` has them


@pytest.fixture(scope="module")
def person() -> Iterator[Person]:
    someone = Person("")
    yield someone
    someone.leave()


def edge(server: Server, buckets: str = "", **sign_in: str) -> Edge:
    """The distribution before a server, with the files for it. `buckets` is where these are, if elsewhere."""
    aws = server.dynamodb_endpoint
    names = {
        "https://pictures.s3.us-east-1.amazonaws.com": buckets or aws,
        "https://bulk.s3.us-east-1.amazonaws.com": buckets or aws,
        **({f"{aws}/": f"{buckets}/"} if buckets else {}),
        "wss://live1.execute-api.us-east-1.amazonaws.com": aws.replace("http", "ws"),
        "https://people.auth.us-east-1.amazoncognito.com": server.url,
    }
    prefix = {"SignInPrefix": "people"} if sign_in else {}
    found = Edge(console(**REACHED, **prefix), server.url, names)
    on = dict.fromkeys([*ON, *(["SignIn"] if sign_in else [])], "true")
    template = load(ROOT / "template.yaml", on)
    there = {**{name: name for name in template["Resources"]}, **sign_in}
    found.files = files(found.url, REGION, there)
    return found


def test_a_key_opens_it_and_live_updates_and_pictures_come(person: Person, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(picture("red", "PNG"))
    with (
        Server("ApiKeyRequired=true") as server,
        BucketFront(server.dynamodb_endpoint, "PicturesBucket") as bucket,
        edge(server, bucket.url) as distribution,
    ):
        [key] = re.findall(r"API key +(\S+)", server.output)
        ann, headers = {"name": "Ann", "email": "ann@example.com"}, {"X-Api-Key": key}
        place = send(distribution.url, "POST", "/users", ann, headers).headers["location"]
        assert place.startswith("/Prod/users/")
        assert send(distribution.url, "GET", place, None, headers).json["name"] == "Ann"
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
        person.browser.until("return document.querySelector('.picture img')?.naturalWidth === 512")
        assert set(bucket.preflights) == {"x-api-key"}  # the browser follows the redirect of the API with its headers
        assert refusals(person) == []
        person.press("Access")
        person.press("Sign out")


def refusals(person: Person) -> list[str]:
    """What the browser has refused by the policy of the page, or by that of another server."""
    return [line for line in person.browser.console() if "policy" in line.lower()]


def allow(pool: SignIn, *pages: str) -> None:
    """Let the sign-in page lead back to pages, as the parameter SignInPages does."""
    place = {"UserPoolId": pool.pool, "ClientId": pool.clients["pages"]}
    client = pool.cognito.describe_user_pool_client(**place)["UserPoolClient"]
    kept = {name: client[name] for name in OF_CLIENT if name in client}
    pool.cognito.update_user_pool_client(**{**kept, "CallbackURLs": list(pages)})


def test_people_sign_in_at_the_console_and_at_the_documentation(person: Person, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(picture("red", "PNG"))
    with Server("SignIn=true") as server, BucketFront(server.dynamodb_endpoint, "PicturesBucket") as bucket:
        pool = SignIn(server.url, server.client)
        pool.add("boss@example.com", "admins", name="Boss")
        there = {"UserPoolDomain": "people", "UserPool": pool.pool, "PagesClient": pool.clients["pages"]}
        with edge(server, bucket.url, **there) as distribution:
            url = person.url = distribution.url
            allow(pool, f"{url}/console", f"{url}/docs/oauth2-redirect.html")
            signed_in(person, "boss@example.com")
            person.press("Boss")
            person.browser.until("return document.querySelector('#picture')")
            person.browser.type("#picture", str(tmp_path / "red.png"))
            person.browser.until("return document.querySelector('.picture img')?.naturalWidth === 512")
            assert bucket.preflights == []  # the token is not sent on to the bucket
            assert person.browser.run("return location.origin") == url
            assert refusals(person) == []
            shown = tried_by(person, url, "boss@example.com")
            assert shown.startswith("201")
            assert refusals(person) == []


def tried_by(person: Person, url: str, email: str) -> str:
    """What the documentation shows of a new user, after somebody has signed in there in a second window."""
    browser = person.browser
    browser.open(f"{url}/docs")
    browser.until("return document.querySelectorAll('.opblock').length > 5")
    browser.run("document.querySelector('.btn.authorize').click()")
    browser.until(f"{BY_CODE} return form?.querySelector('button.authorize')")
    browser.run(f"{BY_CODE} for (const box of form.querySelectorAll('input[type=checkbox]')) box.click()")
    browser.run(f"{BY_CODE} form.querySelector('button.authorize').click()")
    until(browser.windows, lambda found: len(found) == 2)
    here, sign_in = browser.windows()
    browser.switch(sign_in)
    if browser.until("return document.querySelector('[name=password]')"):
        browser.run(LOGIN, email, PASSWORD)
    browser.switch(here)
    browser.until(f"{BY_CODE} return form?.innerText.includes('Logout')")
    browser.run(f"{BY_CODE} form.querySelector('.btn-done').click()")
    return tried(browser)
