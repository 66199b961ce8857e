"""Keys, people and programs: how they sign in, where their secrets are, and what others cannot see of them."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import keyring
import pytest

from tests.cli.conftest import INSTALLED, VARIABLES, Ran, Run
from tests.clients.conftest import key_of
from tests.support.server import Server, free_port
from tests.support.sign_in import PASSWORD, SignIn
from users_cli import profiles, vault

# What a browser does for a person: it shows the sign-in page, sends the form, and goes where the page sends it.
BROWSER = """import sys, urllib.parse, urllib.request
asked = urllib.parse.urlsplit(sys.argv[1])
form = dict(urllib.parse.parse_qsl(asked.query), username={email!r}, password={password!r})
{more}
page = urllib.request.Request(f"{{asked.scheme}}://{{asked.netloc}}/login", urllib.parse.urlencode(form).encode())
urllib.request.urlopen(page, timeout=30).read()
"""


@dataclass
class Stack:
    """An API that asks for a key and a sign-in."""

    server: Server
    sign_in: SignIn
    key: str
    callback: str

    @property
    def client_secret(self) -> str:
        """The secret of the client of programs."""
        client = self.sign_in.clients["machines"]
        found = self.sign_in.cognito.describe_user_pool_client(UserPoolId=self.sign_in.pool, ClientId=client)
        return str(found["UserPoolClient"]["ClientSecret"])


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    callback = f"http://localhost:{free_port()}/back"
    with Server(f"ApiKeyRequired=true SignIn=true DailyQuota=1000000 SignInPages={callback}") as server:
        sign_in = SignIn(server.url, server.client, callback)
        sign_in.add("ada@example.com", "admins", name="Ada")
        sign_in.add("bob@example.com", name="Bob")
        yield Stack(server, sign_in, key_of(server), callback)


@pytest.fixture
def users(run: Run, stack: Stack) -> Run:
    """`users` with a profile of the stack, and its key."""
    assert run("profile", "add", "default", "--url", stack.server.url).status == 0
    assert run("login", "--api-key", typed=f"{stack.key}\n").status == 0
    return run


def browser(folder: Path, email: str, more: str = "") -> str:
    """A program that signs a person in."""
    path = folder / "browser.py"
    path.write_text(BROWSER.format(email=email, password=PASSWORD, more=more))
    return f"{shlex.quote(sys.executable)} {path} %s"


def signed_in(stack: Stack, folder: Path, email: str, *arguments: str, more: str = "") -> Ran:
    """`users login` as a process: the library that opens browsers looks at the environment once."""
    kept = {name: value for name, value in os.environ.items() if name not in (*VARIABLES, "PYTHONPATH")}
    settings = {"USERS_CONFIG_DIR": str(folder / "config"), "BROWSER": browser(folder, email, more)}
    subprocess.run(
        [INSTALLED, "profile", "add", "default", "--url", stack.server.url, "--store", "file"],
        env=kept | settings,
        check=True,
        capture_output=True,
    )
    environment = kept | settings | {"USERS_API_KEY": stack.key}
    command = [str(INSTALLED), "login", "--callback", stack.callback, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_person_signs_in_with_the_browser_and_out(run: Run, stack: Stack, tmp_path: Path, monkeypatch) -> None:
    done = signed_in(stack, tmp_path, "bob@example.com")
    assert done.status == 0, done.err
    assert done.err.endswith("Signed in as Bob (bob@example.com).\n")
    monkeypatch.setenv("USERS_API_KEY", stack.key)
    assert run("get", "me", "--json").json["email"] == "bob@example.com"
    assert run("list").status == 1  # a person reaches their own user
    assert run("logout").status == 0
    assert json.loads(vault.file().read_text())["default"] == {}
    assert run("get", "me").status == 5


class Pool(BaseHTTPRequestHandler):
    """A user pool that writes down what it is asked: the emulated one does not revoke tokens."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append((self.path, asked))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be silent."""


def test_a_sign_out_ends_the_sign_in_at_the_user_pool(run: Run) -> None:
    with HTTPServer(("127.0.0.1", 0), Pool) as pool:
        pool.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=pool.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{pool.server_port}"
        profile = profiles.Profile("default", sign_in=profiles.SignIn("person", url, "c", ()))
        profiles.save(profile)
        vault.put(profile, vault.REFRESH_TOKEN, "r")
        assert run("logout").status == 0
        assert pool.asked == [("/oauth2/revoke", "token=r&client_id=c")]  # type: ignore[attr-defined]
    vault.put(profile, vault.REFRESH_TOKEN, "r")
    ended = run("logout")
    assert ended.status == 1
    assert "The secrets are forgotten, but the sign-in has not been ended" in ended.err
    assert vault.get(profile, vault.REFRESH_TOKEN) is None


def test_an_administrator_asks_for_the_rights(run: Run, stack: Stack, tmp_path: Path, monkeypatch) -> None:
    assert signed_in(stack, tmp_path, "ada@example.com", "--admin").status == 0
    monkeypatch.setenv("USERS_API_KEY", stack.key)
    assert run("list").status == 0


def test_a_token_is_renewed_before_it_expires_and_when_it_is_refused(
    run: Run, stack: Stack, tmp_path, monkeypatch
) -> None:
    assert signed_in(stack, tmp_path, "bob@example.com").status == 0
    monkeypatch.setenv("USERS_API_KEY", stack.key)
    profile = profiles.chosen(None)
    for token, expires in (("old", 1.0), ("wrong", 1e12)):
        vault.put(profile, vault.TOKEN, json.dumps({"token": token, "expires": expires}))
        assert run("get", "me").status == 0
        assert json.loads(vault.get(profile, vault.TOKEN) or "")["token"] not in ("old", "wrong")


def test_the_sign_in_asks_for_a_code_with_pkce(stack: Stack, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    done = signed_in(stack, tmp_path, "bob@example.com", more=f"open({str(asked)!r}, 'w').write(sys.argv[1])")
    assert done.status == 0
    query = {name: values[0] for name, values in parse_qs(urlsplit(asked.read_text()).query).items()}
    assert query.keys() == {
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "scope",
        "code_challenge",
        "code_challenge_method",
    }
    assert (query["response_type"], query["code_challenge_method"], query["scope"]) == (
        "code",
        "S256",
        "openid users/self",
    )
    assert len(query["code_challenge"]) == 43
    assert len(query["state"]) >= 43


def test_a_code_that_this_sign_in_has_not_asked_for_is_not_taken(stack: Stack, tmp_path: Path) -> None:
    """A page of somebody else sends the browser to the port, with a code that would sign in somebody else."""
    done = signed_in(stack, tmp_path, "bob@example.com", "--wait", "2", more="form['state'] = 'another'")
    assert done.status == 5
    assert "Nobody has signed in within 2 seconds." in done.err


def test_a_verifier_of_another_sign_in_gets_no_token(stack: Stack, tmp_path: Path) -> None:
    done = signed_in(stack, tmp_path, "bob@example.com", more="form['code_challenge'] = 'x' * 43")
    assert done.status == 5
    assert "gives no token" in done.err


def test_a_refused_sign_in_says_why(stack: Stack, tmp_path: Path) -> None:
    """As the user pool does it where a person is refused."""
    query = "?error=access_denied&error_description=No+entry&state="
    more = f"urllib.request.urlopen(form['redirect_uri'] + '{query}' + form['state']); sys.exit()"
    done = signed_in(stack, tmp_path, "bob@example.com", more=more)
    assert done.status == 5
    assert done.err.endswith("users: The sign-in has failed: No entry.\n")


def test_a_program_signs_in_with_its_secret(users: Run, stack: Stack) -> None:
    done = users("login", "--machine", typed=stack.client_secret)
    assert done.status == 0, done.err
    assert users("list").status == 0
    assert users("login", "--machine", typed="wrong").status == 5
    assert users("list").status == 0, "the sign-in from before is kept"


def test_a_program_needs_no_profile(run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "USERS_URL": stack.server.url,
        "USERS_API_KEY": stack.key,
        "USERS_TOKEN": stack.sign_in.machine("users/read"),
    }.items():
        monkeypatch.setenv(name, value)
    assert run("list").status == 0
    assert run("login", "--api-key", typed="x").status == 2, "there is no profile to keep it in"


def test_without_a_key_or_a_sign_in_the_status_says_so(run: Run, stack: Stack, monkeypatch) -> None:
    monkeypatch.setenv("USERS_URL", stack.server.url)
    ended = run("list")
    assert ended.status == 5
    monkeypatch.setenv("USERS_API_KEY", stack.key)
    ended = run("list")
    assert (ended.status, ended.err.splitlines()[0][:20]) == (5, "users: Unauthorized:")


def test_a_wrong_key_is_not_kept(run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    run("profile", "add", "default", "--url", stack.server.url)
    assert run("login", "--api-key", typed="\n").status == 2
    monkeypatch.setenv("USERS_TOKEN", stack.sign_in.machine("users/read"))  # the API looks at a token first
    refused = run("login", "--api-key", typed="wrong\n")
    assert refused.status == 5
    assert "valid API key" in refused.err
    assert keyring.get_keyring().kept == {}  # type: ignore[attr-defined]
    assert run("login", "--api-key", typed=stack.key).err == "The API key is kept for the profile default.\n"


def test_secrets_are_in_the_keyring_and_nowhere_else(users: Run, stack: Stack) -> None:
    users("login", "--machine", typed=stack.client_secret)
    kept = keyring.get_keyring().kept  # type: ignore[attr-defined]
    assert len(kept) == 3
    files = "".join(path.read_text() for path in profiles.folder().rglob("*"))
    assert [secret for secret in (stack.key, stack.client_secret) if secret in files] == []
    assert users("logout").status == 0
    assert kept == {}


def test_a_file_of_secrets_is_for_its_owner_alone(run: Run, stack: Stack) -> None:
    run("profile", "add", "default", "--url", stack.server.url, "--store", "file")
    assert run("login", "--api-key", typed=stack.key).status == 0
    for path in (vault.file(), profiles.path()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    vault.file().chmod(0o640)
    refused = run("list")
    assert refused.status == 2
    assert refused.err == f"users: Others can read {vault.file()}, which has secrets. Run: chmod 600 {vault.file()}\n"


def test_a_system_without_a_keyring_says_what_to_do(run: Run, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    from keyring.backends.fail import Keyring

    run("profile", "add", "default", "--url", stack.server.url)
    keyring.set_keyring(Keyring())
    monkeypatch.setenv("USERS_TOKEN", stack.sign_in.machine("users/read"))
    monkeypatch.setenv("USERS_API_KEY", stack.key)
    assert run("list").status == 0, "nothing is kept, so nothing is needed"
    monkeypatch.delenv("USERS_API_KEY")
    refused = run("login", "--api-key", typed=stack.key)
    assert refused.status == 2
    assert "--store file" in refused.err
    assert run("login", "--api-key", "--store", "file", typed=stack.key).status == 0


def test_no_option_takes_a_secret(run: Run) -> None:
    """The arguments of a process can be read by others."""
    for command in ("login", "profile", "list"):
        assert not re.search(r"--(?:api-key|client-secret|secret|token|password) +[A-Z]{2}", run(command, "--help").out)


# -- profiles --------------------------------------------------------------------------------------------------------


def test_profiles_are_added_chosen_and_removed(run: Run, stack: Stack, server: Server, monkeypatch) -> None:
    assert run("profile", "list", "--json").lines == [
        {"current": True, "name": "default", "url": "http://localhost:3000", "signIn": "", "store": "keyring"}
    ]
    run("profile", "add", "one", "--url", server.url)
    run("profile", "add", "two", "--url", stack.server.url + "/")
    assert run("profile", "use", "one").status == 0
    assert run("list").status == 0
    assert run("list", "--profile", "two").status == 5
    monkeypatch.setenv("USERS_PROFILE", "two")
    assert run("list").status == 5
    assert [(it["name"], it["current"]) for it in run("profile", "list", "--json").lines] == [
        ("one", False),
        ("two", True),
    ]
    monkeypatch.delenv("USERS_PROFILE")
    assert run("profile", "remove", "one").status == 0
    assert run("profile", "remove", "one").status == 3
    assert run("list", "-p", "one").status == 3
    assert run("profile", "use", "one").status == 3


def test_a_profile_with_another_url_loses_its_secrets(users: Run, stack: Stack, server: Server) -> None:
    """A key is never sent to an API that it was not given for."""
    assert keyring.get_keyring().kept  # type: ignore[attr-defined]
    users("profile", "add", "default", "--url", stack.server.url)
    assert keyring.get_keyring().kept, "the same URL changes nothing"  # type: ignore[attr-defined]
    users("profile", "add", "default", "--url", server.url)
    assert keyring.get_keyring().kept == {}  # type: ignore[attr-defined]


def test_secrets_of_a_profile_do_not_go_to_the_url_of_the_environment(users: Run, stack: Stack, monkeypatch) -> None:
    from users_cli.identity import Identity

    monkeypatch.setenv("USERS_URL", "http://127.0.0.1:1")
    assert Identity(profiles.chosen(None)).headers() == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"profiles": {"default": {}}}', '{"profiles": []}'])
def test_a_damaged_file_of_profiles_is_named(run: Run, text: str) -> None:
    profiles.folder().mkdir(parents=True)
    profiles.path().write_text(text)
    ended = run("list")
    assert ended.status == 2
    assert str(profiles.path()) in ended.err
