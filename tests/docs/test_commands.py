"""Commands of the documents that cannot be run here are checked as far as they can be: nothing is deployed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

import pytest

from tests.docs.commands import NOWHERE, ON_AWS, aws_faults, calls
from tests.docs.pages import ROOT, Block, Page, documents
from tools.install import SETS
from tools.second_region import with_replicas

PAGES = [page for page in documents() if any(block.mark == ON_AWS for block in page.blocks)]


@cache
def help_of(script: str) -> str:
    done = subprocess.run([str(ROOT / script), "--help"], capture_output=True, text=True, timeout=30)
    return done.stdout


@cache
def sam_options() -> set[str]:
    """The options of `sam deploy`."""
    sam = ROOT / ".local" / "sam" / "bin" / "sam"
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run([str(sam), "deploy", "--help"], capture_output=True, text=True, env=environment, timeout=120)
    return set(re.findall(r"--[a-z][a-z0-9-]+", done.stdout))


@cache
def parameters() -> set[str]:
    """Those of the template, and of what it is in a second Region."""
    written = (ROOT / "template.yaml").read_text()
    text = written + with_replicas(written)
    return set(re.findall(r"^  (\w+):\n    Type: (?:String|Number|CommaDelimitedList)", text, re.MULTILINE))


def script_faults(call: list[str]) -> list[str]:
    """What is wrong with a call of one of the project's own scripts."""
    script, *arguments = call
    ours, theirs = split(arguments)
    found = [option for option in ours if option.startswith("-") and option not in words(help_of(script))]
    if script == "test-api.sh":
        found += [] if 1 <= len(ours) <= 2 else [f"{len(ours)} arguments"]
    found += [option for option in theirs if option.startswith("--") and option not in sam_options()]
    found += [pair for pair in theirs if "=" in pair and pair.split("=")[0] not in parameters()]
    return [f"{script}: {fault}" for fault in found]


def split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Before and after --."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1 :]


def words(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])-{1,2}[\w-]+", text))


def python_faults(arguments: list[str]) -> list[str]:
    """What is wrong with a call of Python: the file or the package, or how it is used."""
    named = arguments[:2] if arguments[0] == "-m" else [str(ROOT / arguments[0])]
    script, options = arguments[len(named) - 1], arguments[len(named) :]
    if not (ROOT / script / "__main__.py").is_file() and not (ROOT / script).is_file():
        return [f"there is no {script}"]
    if script == "tools/install.py":
        return [f"install.py has no set {option}" for option in options if option not in SETS]
    # goes on until it tries to connect (1); wrong usage is 2
    done = subprocess.run(
        [sys.executable, *named, *options],
        cwd=ROOT,
        env={**os.environ, **NOWHERE},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [f"{script}: {done.stderr}"] if done.returncode == 2 else []


@cache
def help_of_users(*command: str) -> str:
    """The help of a command of the command line; empty if it has no such command."""
    program = [str(ROOT / ".local" / "cli" / "bin" / "users"), *command, "--help"]
    return subprocess.run(program, capture_output=True, text=True, timeout=30).stdout


def users_faults(arguments: list[str]) -> list[str]:
    """What is wrong with a call of the command line."""
    length = 2 if arguments[0] == "profile" else 1
    known = help_of_users(*arguments[:length])
    options = [it for it in arguments[length:] if it.startswith("-") and it not in words(known)]
    return [f"users {' '.join(arguments[:length])}: {it}" for it in options or ([] if known else ["no such command"])]


def own_faults(made: list[list[str]]) -> list[str]:
    """What is wrong with the calls of anything but the AWS CLI."""
    found = []
    for name, *arguments in made:
        if name.endswith(".sh"):
            found += script_faults([name, *arguments])
        elif name in ("python", "python3"):
            found += python_faults(arguments)
        elif name == "users":
            found += users_faults(arguments)
        elif name == "curl":
            found += (
                [] if any(argument.startswith("http") or "/users" in argument for argument in arguments) else ["no URL"]
            )
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_run_on_aws_is_called_as_it_can_be(page, tmp_path):
    made = calls(page, tmp_path)
    assert made, f"{page.name} has commands for AWS that call nothing"
    assert own_faults(made) == []


def test_the_aws_cli_takes_what_it_is_given(tmp_path_factory):
    made = {
        tuple(call[1:]) for page in PAGES for call in calls(page, tmp_path_factory.mktemp("page")) if call[0] == "aws"
    }
    assert len(made) > 15
    assert aws_faults([list(call) for call in sorted(made)]) == []


def make_targets(text: str) -> set[str]:
    """Names behind `make` where it is a command."""
    code = re.findall(r"^(?:\S+=\S+ )*make +(?:[A-Z]+=\S+ )*([a-z][\w-]*)", text, re.MULTILINE)
    inline = re.findall(r"`(?:[A-Z]+=(?:\"[^\"]*\"|\S+) )*make (?:[A-Z]+=\S+ )*([a-z][\w-]*)", text)
    return set(code + inline)


def targets() -> set[str]:
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"^  make ([\w-]+)", done.stdout, re.MULTILINE))


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.name)
def test_make_knows_what_a_page_makes(page):
    assert make_targets(page.text) - targets() == set()


@pytest.mark.parametrize("page", documents(), ids=lambda page: page.name)
def test_a_module_that_is_run_is_there(page):
    modules = set(re.findall(r"python3? -m ([\w.]+)", page.text))
    assert {name for name in modules if not find_spec(name)} == set()


MARKS = re.compile(r"run: (on aws|make|by hand|in the foreground|against \S.*)|as in openapi\.yaml|")


def test_every_block_says_how_it_is_run():
    unknown = [
        (block.place, block.mark) for page in documents() for block in page.blocks if not MARKS.fullmatch(block.mark)
    ]
    assert unknown == []


def test_what_is_left_to_the_reader_is_little():
    by_hand = [block.place for page in documents() for block in page.blocks if block.mark == "run: by hand"]
    assert len(by_hand) <= 3, by_hand  # a debugger, an API on AWS, and a link of a letter


# -- that these tests can fail --------------------------------------------------------------------------------------


def on_aws(*lines: str) -> Page:
    return Page("seeded.md", "\n".join([f"<!-- {ON_AWS} -->", "```sh", *lines, "```", ""]))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("./deploy.sh --stak x", "deploy.sh: --stak"),
        ("./deploy.sh -- --parameter-override Environment=prod", "--parameter-override"),
        ("./deploy.sh -- --parameter-overrides Enviroment=prod", "Enviroment=prod"),
        ("./cleanup.sh --dry-run", "cleanup.sh: --dry-run"),
        ("./test-api.sh", "0 arguments"),
        ("python3 tools/instal.py sam", "no tools/instal.py"),
        ("python3 tools/install.py smm", "no set smm"),
        ("python3 -m operate check-claims --user x", "operate"),
        ("python3 -m operate chek-claims --users x --keys y", "invalid choice"),
        ("python3 -m oprate check-claims --users x --keys y", "no oprate"),
        ("curl -i", "no URL"),
        ("users profile chose x", "no such command"),
        ("users login --administrator", "--administrator"),
    ],
)
def test_a_wrong_call_is_noticed(line, fault, tmp_path):
    found = own_faults(calls(on_aws(line), tmp_path))
    assert len(found) == 1
    assert fault in found[0]


def test_what_the_aws_cli_would_refuse_is_noticed():
    wrong = [
        ["dynamodb", "delete-item", "--table-name", "Users"],
        ["apigateway", "get-api-key", "--api-key", "k", "--include-values"],
        ["dynamodb", "delete-items"],
        ["cloudformation", "deploy", "--stack-name", "s"],
    ]
    right = ["dynamodb", "delete-item", "--table-name", "Users", "--key", '{"userId": {"S": "1"}}']
    assert len(aws_faults([*wrong, right])) == len(wrong)


@pytest.mark.parametrize("text", ["```sh\nPORT=1 make runn\n```", "say `make PYTHON=python3.13 runn`"])
def test_an_unknown_target_is_noticed(text):
    assert make_targets(text) - targets() == {"runn"}


def test_a_command_that_fails_is_noticed(tmp_path):
    with pytest.raises(AssertionError, match="nonesuch"):
        calls(on_aws("nonesuch --help"), tmp_path)


def test_a_block_without_language_is_no_command():
    assert Page("seeded.md", "```\nmake run\n```\n").blocks == [Block("seeded.md:1", "", "make run\n")]
