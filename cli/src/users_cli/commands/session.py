"""Sign in and sign out."""

from __future__ import annotations

import sys
import threading
import webbrowser
from contextlib import suppress
from dataclasses import replace
from getpass import getpass
from typing import Annotated, Any

import httpx
import typer

from users_cli import options, output, profiles, tokens, vault
from users_cli.browser_sign_in import sign_in_person
from users_cli.client import Api, http_client, unreachable
from users_cli.failures import Failure, NotSignedIn, Refused, Unreachable, WrongUsage
from users_cli.identity import Identity
from users_cli.profiles import MACHINE, PERSON, Profile, SignIn

SELF, ADMIN = ("openid", "users/self"), ("openid", "users/self", "users/admin")
OF_MACHINES = ("users/read", "users/write")
FACTS = "/sign-in.json"  # the local server has it
NOT_KEPT = (
    "USERS_URL is set, and what it names is not kept. Unset it, and add a profile: users profile add NAME --url URL"
)


ApiKey = Annotated[bool, typer.Option("--api-key", help="Keep an API key. It is asked for, or read.")]
Machine = Annotated[bool, typer.Option("--machine", help="Sign in as a program, with a client's secret.")]
Admin = Annotated[bool, typer.Option("--admin", help="Ask for the rights of an administrator too.")]
SignInUrl = Annotated[str | None, typer.Option("--sign-in-url", help="The stack's output SignInUrl.", metavar="URL")]
ClientId = Annotated[
    str | None,
    typer.Option("--client-id", help="The stack's output PagesClientId or MachinesClientId.", metavar="ID"),
]
CallbackUrl = Annotated[
    str,
    typer.Option("--callback", help="The address of this machine that SignInPages has.", metavar="URL"),
]
Store = Annotated[
    str | None, typer.Option("--store", help="Where secrets are kept: keyring, or file.", metavar="STORE")
]
Wait = Annotated[int, typer.Option("--wait", help="Seconds to wait for the browser.", min=1, metavar="N")]


def login(
    api_key: ApiKey = False,
    machine: Machine = False,
    admin: Admin = False,
    sign_in_url: SignInUrl = None,
    client_id: ClientId = None,
    callback: CallbackUrl = profiles.CALLBACK,
    store: Store = None,
    wait: Wait = 300,
    profile: options.ProfileName = None,
) -> None:
    """Sign in: in the browser, or with --api-key or --machine.

    A secret is asked for where the input is a terminal, and else read from the input. It is never an argument, because
    other users of the machine can see those. An API can ask for both, a key and a sign-in: do both.
    """
    found = profiles.chosen(profile)
    if not found.kept:
        raise WrongUsage(NOT_KEPT)
    if store not in (None, profiles.KEYRING, profiles.FILE):
        raise WrongUsage(f"--store is {profiles.KEYRING} or {profiles.FILE}.")
    if store:
        found = replace(found, store=store)
    if api_key:
        keep_key(found)
        return
    kind, scopes = (MACHINE, OF_MACHINES) if machine else (PERSON, ADMIN if admin else SELF)
    sign_in = described(found, kind, scopes, sign_in_url, client_id, callback)
    if machine:
        as_machine(replace(found, sign_in=sign_in), sign_in)
    else:
        as_person(replace(found, sign_in=sign_in), sign_in, wait)


def keep_key(profile: Profile) -> None:
    """Keep an API key that the API accepts. Raises NotSignedIn, Unreachable."""
    key = secret("API key: ")
    person = profile.sign_in is not None and profile.sign_in.kind == PERSON
    checked = True
    try:
        Api(profile.url, Identity(profile, key)).request("GET", "/users/me" if person else "/users?limit=1")
    except Refused as refusal:
        if refusal.problem.get("code") == "forbidden":
            raise NotSignedIn(str(refusal), refusal.problem) from None
        checked = refusal.problem.get("code") != "unauthorized"  # it asks for a sign-in before it looks at the key
    vault.put(profile, vault.API_KEY, key)
    profiles.save(profile)
    unknown = "" if checked else " It has not been checked, because the API asks for a sign-in too: users login"
    output.say(f"The API key is kept for the profile {profile.name}.{unknown}")


def as_machine(profile: Profile, sign_in: SignIn) -> None:
    """Keep the secret of a client that gets a token with it."""
    value = secret("Client secret: ")
    granted = tokens.of_machine(sign_in, value)
    vault.forget(profile, vault.REFRESH_TOKEN)
    vault.put(profile, vault.CLIENT_SECRET, value)
    Identity(profile).accept(granted)
    profiles.save(profile)
    output.say(f"Signed in as the program {sign_in.client_id}.")


def as_person(profile: Profile, sign_in: SignIn, wait: int) -> None:
    """Let a person sign in with the browser."""
    granted = sign_in_person(sign_in, show, wait)
    vault.forget(profile, vault.CLIENT_SECRET)
    identity = Identity(profile)
    identity.accept(granted)
    profiles.save(profile)
    who = ""
    with suppress(Refused, Unreachable):  # an administrator may have no user
        me = Api(profile.url, identity).request("GET", "/users/me").json()
        who = f" as {me['name']} ({me['email']})"
    output.say(f"Signed in{who}.")


def show(address: str) -> None:
    """Open the sign-in page, and print its address for a browser that does not open by itself."""
    output.say(f"Sign in with your browser:\n\n  {address}\n")
    # a browser in the terminal ends when its user leaves it, and needs the response from here before
    threading.Thread(target=opened, args=[address], daemon=True).start()


def opened(address: str) -> None:
    """Open a page, if there is a browser."""
    with suppress(webbrowser.Error, OSError):
        webbrowser.open(address)


def described(
    profile: Profile, kind: str, scopes: tuple[str, ...], url: str | None, client_id: str | None, callback: str
) -> SignIn:
    """How to sign in: as the options say, or as last time, or as the local server says. Raises WrongUsage."""
    before = profile.sign_in if profile.sign_in and profile.sign_in.kind == kind else None
    if before and callback == profiles.CALLBACK:
        callback = before.callback
    url = url or (before.url if before else None)
    client_id = client_id or (before.client_id if before else None)
    if not (url and client_id):
        facts = local_facts(profile.url)
        names = {PERSON: "pages", MACHINE: "machines"}
        url = url or (profile.url if facts else None)
        client_id = client_id or facts.get("clientIds", {}).get(names[kind])
    if not (url and client_id):
        raise WrongUsage("Name the sign-in: --sign-in-url and --client-id, which are outputs of the stack.")
    return SignIn(kind, profiles.checked_url(url), client_id, scopes, callback)


def local_facts(url: str) -> dict[str, Any]:
    """The user pool of a local server; empty for any other API."""
    try:
        with http_client(url) as client:
            response = client.get(url + FACTS)
    except httpx.TransportError as error:
        raise unreachable(url, error) from None
    try:
        said = response.json() if response.is_success else {}
    except ValueError:
        said = {}
    return said if isinstance(said, dict) else {}


def secret(question: str) -> str:
    """A secret that somebody types unseen, or the first line of the input. Raises WrongUsage."""
    value = getpass(question) if sys.stdin.isatty() else sys.stdin.readline()
    if not value.strip():
        raise WrongUsage("The input has no secret.")
    return value.strip()


def logout(profile: options.ProfileName = None) -> None:
    """Forget the secrets of the profile, and end the sign-in."""
    found = profiles.chosen(profile)
    refresh = vault.get(found, vault.REFRESH_TOKEN)
    vault.forget(found)
    if refresh and found.sign_in:
        try:
            tokens.revoke(found.sign_in, refresh)
        except Unreachable as error:
            raise Failure(f"The secrets are forgotten, but the sign-in has not been ended: {error}") from None
    output.say(f"Signed out of {found.url}.")
