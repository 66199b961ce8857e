"""A checkout in which nothing is installed: `make run` installs what it needs, and serves with all capabilities on.

The other tests run beside packages that only tests need, and would not notice that one of these is needed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.client import send
from tests.local.test_sources import until
from tests.support.pictures import picture
from tests.support.server import ROOT, free_port
from tests.support.uploads import upload

pytestmark = [pytest.mark.local_only, pytest.mark.deep, pytest.mark.needs("git")]

SECONDS = 300.0  # for the installation and the start
OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")  # this test may be run by make itself


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that Git tracks, as they are now."""
    folder = tmp_path_factory.mktemp("checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def url(checkout: Path) -> Iterator[str]:
    """The API of the checkout, served by `make run`."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    command = ["make", "run"]
    with (checkout / "output").open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=checkout,
            env={**kept, "PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(f"http://127.0.0.1:{port}", process, checkout / "output")
            yield f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait(30)


def wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    """Until it answers."""
    last = time.monotonic() + SECONDS
    while time.monotonic() < last:
        assert process.poll() is None, output.read_text()
        try:
            send(url, "GET", "/users")
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(output.read_text())


def test_it_serves_users_and_has_installed_no_package_of_the_tests(checkout, url):
    user = send(url, "POST", "/users", {"name": "Ann", "email": f"{uuid.uuid4()}@example.com"})
    assert user.status == 201, user.body
    packages = next((checkout / ".local" / "venv" / "lib").glob("python3*/site-packages"))
    assert not (packages / "pytest").exists()


def test_each_capability_answers(url):
    user = send(url, "POST", "/users", {"name": "Ann", "email": f"{uuid.uuid4()}@example.com"}).json
    path = f"/users/{user['userId']}"
    assert until(lambda: send(url, "GET", f"{path}/audit").status, lambda status: status == 200) == 200
    assert send(url, "GET", f"{path}/email-verification").status == 200
    assert send(url, "GET", "/webhooks").status == 200
    assert send(url, "POST", "/live/tickets").status == 201
    form = send(url, "POST", f"{path}/avatar", {"contentType": "image/jpeg"}).json
    assert upload(form, picture("red")) == 204
    assert until(lambda: send(url, "GET", f"{path}/avatar").status, lambda status: status == 302) == 302
