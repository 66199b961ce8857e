"""Blocks that need an AWS account, run with every program replaced by one that only writes down how it was called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.docs.pages import ROOT, Page

ON_AWS = "run: on aws"
STUBS = (
    "aws",
    "sam",
    "curl",
    "sleep",
    "users",
    "python3",
    ".local/sam/bin/python",
    "deploy.sh",
    "cleanup.sh",
    "test-api.sh",
)
FILES = ("samconfig.toml.example", "template.yaml", "infra/account.yaml")
# What a stub prints is a value where one is kept, and a command where it is run (eval "$(aws ...)").
STUB = """#!/bin/bash
{ printf '%s\\0' "${0##*/}" "$@"; printf '\\036'; } >>"$CALLS"
echo true
"""
# The AWS CLI judges arguments before it connects; nobody listens where it is told to.
JUDGE = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
driver = create_clidriver()
for arguments in json.load(sys.stdin):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            status = driver.main(arguments)
        except SystemExit as stopped:
            status = stopped.code
    if status and "Could not connect to the endpoint URL" not in said.getvalue():
        print("aws", *arguments, "->", said.getvalue().strip().splitlines()[-1])
"""
NOWHERE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def calls(page: Page, folder: Path) -> list[list[str]]:
    """How the programs are called by a page's blocks for AWS, all run in one shell."""
    project(folder)
    script = "\n".join(block.text for block in page.blocks if block.mark == ON_AWS)
    log = folder / "calls"
    log.touch()
    environment = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "CALLS": str(log), "HOME": str(folder)}
    # names that a page takes from an earlier page, or from the reader
    given = "stack=users-api key_arn=a endpoint=https://x request_id=r\nset -eu -o pipefail\n"
    done = subprocess.run(
        ["bash", "--norc"],
        input=given + script,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, f"{page.name}: {done.stderr}"
    return [call.split("\0")[:-1] for call in log.read_text().split("\x1e")[:-1]]


def project(folder: Path) -> None:
    """The files that the commands name, and a stub for each program."""
    for name in FILES:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for name in STUBS:
        path = folder / (name if "/" in name or name.endswith(".sh") else f"bin/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STUB)
        path.chmod(0o755)


def aws_faults(arguments: list[list[str]]) -> list[str]:
    """What the AWS CLI has against these calls."""
    python = ROOT / ".local" / "sam" / "bin" / "python"
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", ""), **NOWHERE}
    done = subprocess.run(
        [str(python), "-c", JUDGE],
        input=json.dumps(arguments),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
