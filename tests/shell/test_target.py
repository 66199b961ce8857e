"""deploy.sh and cleanup.sh without AWS: which stack, where, what they ask and what they tell the SAM CLI."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.project import copied
from tests.support.server import ROOT
from tests.support.terminal import talk

pytestmark = pytest.mark.slow  # each test is several starts of an interpreter
STACKS = "\n".join(["ApiEndpoint\thttps://abc123.execute-api.eu-west-1.amazonaws.com/Prod", "ApiKeyId\tk3y"])
AWS = """#!/bin/sh
printf '%s' "aws" >>"$LOG"; printf ' [%s]' "$@" >>"$LOG"; echo >>"$LOG"
case "$1 $2 $*" in
  "sts "*us-east-1*) echo "${STS_ELSEWHERE:-$STS}" >&2; exit 254 ;;
  "sts "*) [ -z "$STS" ] || { echo "$STS" >&2; exit 254; }
    [ -z "$NOBODY" ] && echo arn:aws:iam::123456789012:user/ada || exit 1 ;;
  "configure "*) echo "$PROFILE_REGION" ;;
  *list-change-sets*) cat "$STATE/changesets" 2>/dev/null ;;
  *-firewall*StackStatus*) cat "$STATE/firewall" 2>/dev/null || { echo "Stack does not exist" >&2; exit 1; } ;;
  *-firewall*StackId*) echo arn:stack/firewall ;;
  *delete-stack*arn:stack/firewall*) echo DELETE_COMPLETE >"$STATE/firewall" ;;
  *arn:stack/firewall*StackStatus*) cat "$STATE/firewall" ;;
  *-firewall*Outputs*) echo arn:acl ;;
  *-console*StackStatus*) cat "$STATE/console" 2>/dev/null || { echo "Stack does not exist" >&2; exit 1; } ;;
  *-console*StackId*) echo arn:stack/console ;;
  *-console*list-stack-resources* | *list-stack-resources*-console*) printf 'Bucket\\tpages-bucket\\n' ;;
  *list-object-versions*) echo '[]' ;;
  *delete-stack*arn:stack/console*) echo DELETE_COMPLETE >"$STATE/console" ;;
  *arn:stack/console*StackStatus*) cat "$STATE/console" ;;
  *-watch*StackStatus*) cat "$STATE/watch" 2>/dev/null || { echo "Stack does not exist" >&2; exit 1; } ;;
  *-watch*StackId*) echo arn:stack/watch ;;
  *arn:stack/watch*delete-stack* | *delete-stack*arn:stack/watch*) echo DELETE_COMPLETE >"$STATE/watch" ;;
  *arn:stack/watch*StackStatus*) cat "$STATE/watch" ;;
  *-watch*Outputs*) echo https://dashboard ;;
  *api-gateway-logs*StackStatus*) echo "Stack does not exist" >&2; exit 1 ;;
  *StackStatus*) cat "$STATE/status" 2>/dev/null || { echo "Stack does not exist" >&2; exit 1; } ;;
  *StackId*) echo arn:stack/1 ;;
  *get-account*) echo "${LOG_ROLE:-arn:role/logs}" ;;
  *Outputs*) printf '%s' "$OUTPUTS" ;;
  *delete-stack*)
    [ -z "$DENIED" ] || { echo AccessDenied >&2; exit 254; }
    echo "${AFTER_DELETE:-DELETE_COMPLETE}" >"$STATE/status" ;;
  *get-template*) echo '{"Resources": {"UsersTable": {"DeletionPolicy": "Retain"}, "Api": {}}}' ;;
  *list-stack-resources*AWS::S3::Bucket*) ;;
  *list-stack-resources*Reason*) printf 'UsersTable\\tUsers\\tTable is in use\\n' ;;
  *list-stack-resources*StackResourceSummaries[].*)
    printf 'UsersTable\\tAWS::DynamoDB::GlobalTable\\tUsers\\nAuditQueue\\tAWS::SQS::Queue\\thttps://sqs/1/audit\\n'
    printf 'UsersApi\\tAWS::ApiGateway::RestApi\\tabc123\\n' ;;
  *list-stack-resources*) printf 'UsersTable\\tT\\tUsers\\nApi\\tA\\tabc123\\n' ;;
esac
"""
SAM = """#!/bin/sh
printf '%s' "sam" >>"$LOG"; printf ' [%s]' "$@" >>"$LOG"; echo " in $AWS_REGION/$AWS_DEFAULT_REGION" >>"$LOG"
case "$*" in *--no-execute-changeset*)
  echo arn:changeset/new >>"$STATE/changesets"
  echo REVIEW_IN_PROGRESS >"$STATE/status" ;;
esac
[ -z "$SLEEP" ] || sleep "$SLEEP"
exit "${SAM_FAILS:-0}"
"""


@dataclass
class Project:
    """A copy of the project whose tools only say what they were asked."""

    root: Path
    state: Path

    def environment(self, **settings: str) -> dict[str, str]:
        """Nothing of the developer's, the stand-ins' own, and `settings`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != "CI"}
        return {**kept, "LOG": str(self.log), "STATE": str(self.state), "OUTPUTS": STACKS, **settings}

    @property
    def log(self) -> Path:
        return self.state / "log"

    def asked(self, *words: str) -> list[str]:
        """The commands that hold all these words."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if all(word in line for word in words)]

    def run(self, script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a script without a terminal, from another folder."""
        command = [str(self.root / script), *arguments]
        environment = self.environment(**settings)
        return subprocess.run(
            command, cwd="/", env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )

    def on_terminal(
        self, script: str, *arguments: str, answers: dict[str, str] | None = None, **settings: str
    ) -> tuple[int, str]:
        """Run a script on a terminal; its exit status and what stood on the screen."""
        return talk([self.root / script, *arguments], self.environment(**settings), answers or {})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The project in a folder with a space in its name."""
    root = copied(tmp_path / "users api")
    tools = root / ".local" / "sam"
    tools.unlink()
    (tools / "bin").mkdir(parents=True)
    for name, text in (("aws", AWS), ("sam", SAM)):
        (tools / "bin" / name).write_text(text)
        (tools / "bin" / name).chmod(0o755)
    (root / "tools" / "artifact.py").write_text("print('built')\n")  # it has tests of its own
    (tmp_path / "state").mkdir()
    return Project(root, tmp_path / "state")


def samconfig(project: Project, *lines: str, section: str = "default.deploy.parameters") -> None:
    """Settings that a guided deployment has kept."""
    (project.root / "samconfig.toml").write_text("\n".join([f"[{section}]", *lines, ""]))


KEPT = ('stack_name = "kept"', 'region = "eu-north-1"')


@pytest.mark.parametrize("script", ["deploy.sh", "cleanup.sh"])
def test_its_header_is_its_help(project: Project, script: str) -> None:
    done = project.run(script, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    header = (ROOT / script).read_text().split("\n", 1)[1].split("\nset -euo pipefail")[0]
    assert done.stdout == "".join(f"{line.removeprefix('#').removeprefix(' ')}\n" for line in header.splitlines())


@pytest.mark.parametrize("script", ["deploy.sh", "cleanup.sh"])
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--stack"], "--stack needs a value"),
        (["-r", ""], "-r needs a value"),
        (["--what"], "unknown option '--what'"),
        (["users-api"], "unknown option 'users-api'"),
        (["-y", "-r", "eu-west-1"], "which stack? Give --stack NAME or set STACK_NAME"),
        (["-y", "-s", "users-api"], "which region? Give --region REGION or set AWS_REGION"),
    ],
)
def test_wrong_usage(project: Project, script: str, arguments: list[str], reason: str) -> None:
    done = project.run(script, *arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"{script}: {reason}"
    assert project.asked("sam") == project.asked("delete-stack") == []


TARGETS = [
    # flags, environment, samconfig.toml, region of the profile -> stack, region
    (["-s", "flag", "-r", "eu-west-1"], {"STACK_NAME": "env", "AWS_REGION": "eu-west-2"}, True, "flag", "eu-west-1"),
    (["-s", "flag"], {"STACK_NAME": "env", "AWS_REGION": "eu-west-2"}, True, "flag", "eu-west-2"),
    ([], {"STACK_NAME": "env", "AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "x"}, True, "env", "eu-west-2"),
    ([], {"STACK_NAME": "env", "AWS_DEFAULT_REGION": "eu-west-3"}, True, "env", "eu-west-3"),
    ([], {}, True, "kept", "eu-north-1"),
    ([], {"PROFILE_REGION": "eu-south-1"}, True, "kept", "eu-north-1"),
    (["-s", "flag"], {"PROFILE_REGION": "eu-south-1"}, False, "flag", "eu-south-1"),
]


@pytest.mark.parametrize(("arguments", "settings", "kept", "stack", "region"), TARGETS)
def test_flag_then_environment_then_samconfig(
    project: Project, arguments: list[str], settings: dict[str, str], kept: bool, stack: str, region: str
) -> None:
    if kept:
        samconfig(project, *KEPT)
    done = project.run("deploy.sh", "-y", *arguments, **settings)
    assert done.returncode == 0, done.stderr
    assert f"deploy.sh: {stack} in {region}, as arn:aws:iam::123456789012:user/ada\n" in done.stdout
    (deployed,) = project.asked("sam [deploy]")
    assert f"[--stack-name] [{stack}]" in deployed
    assert deployed.endswith(f" in {region}/{region}")
    done = project.run("cleanup.sh", "-y", *arguments, **settings)
    assert f"there is no stack {stack} in {region}" in done.stdout


def test_another_environment_of_samconfig(project: Project) -> None:
    samconfig(project, *KEPT, section="prod.global.parameters")
    assert project.run("deploy.sh", "--config", "prod").returncode == 0
    assert project.asked("[--config-env] [prod]", "[--stack-name] [kept]", "eu-north-1")


TARGET = ("--stack", "users-api", "--region", "eu-west-1")


def test_silent_without_a_terminal(project: Project) -> None:
    done = project.run("deploy.sh", *TARGET, "--", "--parameter-overrides", "CorsOrigin=https://a b.example")
    assert done.returncode == 0, done.stderr
    assert project.asked("sam")[0].startswith(
        "sam [deploy] [--stack-name] [users-api] [--no-fail-on-empty-changeset] [--language-extensions] "
        "[--capabilities] [CAPABILITY_IAM] [CAPABILITY_AUTO_EXPAND] [--resolve-s3] "
        "[--s3-prefix] [users-api] [--no-confirm-changeset] "
        "[--parameter-overrides] [CorsOrigin=https://a b.example] in "
    )


def test_a_bucket_of_ones_own(project: Project) -> None:
    samconfig(project, *KEPT, 's3_bucket = "mine"')
    assert project.run("deploy.sh").returncode == 0
    assert not project.asked("[--resolve-s3]")


def test_it_says_what_to_do_next(project: Project) -> None:
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com/Prod"
    key = "aws apigateway get-api-key --region eu-west-1 --api-key k3y --include-value --query value --output text"
    done = project.run("deploy.sh", *TARGET)
    assert done.stdout.splitlines()[-3:] == [
        f"endpoint  {url}",
        f"API key   {key}",
        f'try it    ./test-api.sh {url} "$({key})"',
    ]
    done = project.run("deploy.sh", *TARGET, OUTPUTS=STACKS.splitlines()[0])
    assert done.stdout.splitlines()[-2:] == [f"endpoint  {url}", f"try it    ./test-api.sh {url}"]


def test_on_a_terminal_it_is_guided_the_first_time(project: Project) -> None:
    status, screen = project.on_terminal("deploy.sh", answers={"AWS region": "eu-west-1"})
    assert status == 0, screen
    assert "AWS region, for example eu-west-1: " in screen
    (deployed,) = project.asked("sam [deploy]")
    assert deployed.endswith(" in eu-west-1/eu-west-1")
    assert "[--guided]" in deployed
    assert "[--stack-name] [users-api]" in deployed
    assert "changeset]" not in deployed.replace("[--no-fail-on-empty-changeset]", "")
    assert "endpoint" not in screen, "which stack it became only the SAM CLI knows"


def test_without_a_region_there_is_nothing_to_do(project: Project) -> None:
    status, screen = project.on_terminal("deploy.sh")
    assert (status, project.asked("sam")) == (2, [])
    assert "which region?" in screen


def test_on_a_terminal_it_asks_once_from_then_on(project: Project) -> None:
    samconfig(project, *KEPT)
    status, screen = project.on_terminal("deploy.sh")
    assert status == 0, screen
    (deployed,) = project.asked("sam [deploy]")
    assert "[--confirm-changeset]" in deployed
    assert "[--guided]" not in deployed
    assert "endpoint  https://abc123" in screen


@pytest.mark.parametrize(("arguments", "settings"), [(["-y"], {}), ([], {"CI": "1"})])
def test_on_a_terminal_it_can_be_told_to_be_silent(project: Project, arguments: list[str], settings: Any) -> None:
    status, screen = project.on_terminal("deploy.sh", *TARGET, *arguments, **settings)
    assert status == 0, screen
    assert project.asked("[--no-confirm-changeset]")


@pytest.mark.parametrize("script", ["deploy.sh", "cleanup.sh"])
def test_without_its_tools_it_says_how_to_get_them(project: Project, tmp_path: Path, script: str) -> None:
    (project.root / ".local" / "sam" / "bin" / "sam").unlink()
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "dirname", "env", "sed"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    (tmp_path / "bin" / "python3").symlink_to(Path(sys.executable).resolve())
    done = project.run(script, *TARGET, PATH=str(tmp_path / "bin"))
    assert done.returncode == 1
    installer = project.root / "tools" / "install.py"
    assert done.stderr == (
        f"{script}: the SAM CLI or the AWS CLI is missing; install both with: python3 '{installer}' sam\n"
    )


def test_an_old_python_is_named(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin" / "python3").chmod(0o755)
    done = project.run("deploy.sh", *TARGET, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert done.stderr == "deploy.sh: python3 is missing or too old: install Python 3.11 or newer\n"


@pytest.mark.parametrize("script", ["deploy.sh", "cleanup.sh"])
def test_without_an_identity_it_says_so(project: Project, script: str) -> None:
    done = project.run(script, *TARGET, "-y", NOBODY="1")
    assert done.returncode == 1
    assert done.stderr == (
        f"{script}: AWS credentials are missing or expired: sign in (aws sso login, aws configure) or set AWS_PROFILE\n"
    )


REACHED_NOBODY = 'Could not connect to the endpoint URL: "https://sts.eu-west-1.amazonaws.com/"'
REFUSED = "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token"
WHY_UNKNOWN = {
    "Unable to locate credentials. You can configure": "AWS credentials are missing or expired: sign in",
    "The config profile (nobody) could not be found": "AWS credentials are missing or expired: sign in",
    "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation": "credentials have expired",
    "Error when retrieving token from sso: Token has expired and refresh failed": "credentials have expired",
    REFUSED: "AWS rejects these credentials",
    "Provided region_name 'eu west' doesn't match a supported format.": "'eu-west-1' is not a region",
    REACHED_NOBODY: "AWS is out of reach: no network",
    'Connect timeout on endpoint URL: "https://sts.eu-west-1.amazonaws.com/"': "AWS is out of reach: no network",
    'Failed to connect to proxy URL: "http://proxy"': "AWS is out of reach: no network",
    "Something that nobody has seen yet": "AWS did not return your identity: Something that nobody has seen yet",
}


@pytest.mark.parametrize(("said", "reason"), WHY_UNKNOWN.items())
def test_why_aws_does_not_say_who_one_is(project: Project, said: str, reason: str) -> None:
    done = project.run("deploy.sh", *TARGET, "-y", STS=f"\n{said}")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert reason in done.stderr
    assert ("sign in" in done.stderr) == ("sign in" in reason or "expired" in reason)


def test_a_region_that_there_is_not_is_not_the_network(project: Project) -> None:
    done = project.run("deploy.sh", *TARGET, "-y", STS=REACHED_NOBODY, STS_ELSEWHERE=REFUSED)
    assert done.stderr == "deploy.sh: 'eu-west-1' is not a region, or it is out of reach; an example is eu-west-1\n"


@pytest.fixture
def offline(project: Project) -> Project:
    """The project where the template can be read: with the Python beside the SAM CLI."""
    python = project.root / ".local" / "sam" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{ROOT}/.local/sam/bin/python" "$@"\n')
    python.chmod(0o755)
    return project


@pytest.mark.parametrize(
    ("arguments", "settings", "reason"),
    [
        ([*TARGET], {"NOBODY": "1"}, "AWS credentials are missing or expired"),
        ([*TARGET], {"STS": REACHED_NOBODY}, "AWS is out of reach"),
        ([], {}, "no region is given"),
        (["-r", "eu-west-1"], {"NOBODY": "1"}, "AWS credentials are missing or expired"),
    ],
)
def test_a_dry_run_without_an_account_shows_what_would_be_made(
    offline: Project, arguments: list[str], settings: dict[str, str], reason: str
) -> None:
    done = offline.run("deploy.sh", "-n", *arguments, "--", "--parameter-overrides", "Environment=prod", **settings)
    assert done.returncode == 0, done.stderr
    assert f"deploy.sh: not compared with what is deployed: {reason}" in done.stderr
    assert offline.asked("sam [validate] [--lint]")
    assert not offline.asked("sam [deploy]")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["built"]
    assert ["AWS::Lambda::Function", "5"] in lines
    assert ["AWS::DynamoDB::GlobalTable", "2"] in lines
    assert "| GetUserFunction | `dynamodb:GetItem` | UsersTable |" in done.stdout
    assert ["Environment", "prod", "(given)"] in lines
    assert ["ApiKeyRequired", "true"] in lines
    assert "docs/reference/cost.md" in done.stdout


def test_a_dry_run_without_an_account_takes_the_parameters_that_are_kept(offline: Project) -> None:
    samconfig(offline, *KEPT, 'parameter_overrides = "Environment=\\"prod\\" LogLevel=\\"DEBUG\\""')
    done = offline.run("deploy.sh", "-n", "--", "--parameter-overrides", "LogLevel=WARN", NOBODY="1")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["Environment", "prod", "(given)"] in lines
    assert ["LogLevel", "WARN", "(given)"] in lines


@pytest.mark.parametrize(
    ("arguments", "template", "reason"),
    [
        (["--", "--parameter-overrides", "Enviroment=prod"], None, "no parameter 'Enviroment'"),
        ([], "Resources: [", "template.yaml:2: it is not valid YAML"),
    ],
)
def test_a_dry_run_without_an_account_refuses_what_is_wrong(
    offline: Project, arguments: list[str], template: str | None, reason: str
) -> None:
    if template:
        (offline.root / "template.yaml").write_text(template)
    done = offline.run("deploy.sh", "-n", *arguments, NOBODY="1")
    assert done.returncode == 1
    assert reason in done.stderr


def test_a_dry_run_without_an_account_needs_something_to_read_the_template_with(project: Project) -> None:
    done = project.run("deploy.sh", "-n", *TARGET, NOBODY="1")
    assert done.returncode == 1
    assert "to see what would be made all the same: python3 tools/install.py sam" in done.stderr


@pytest.mark.parametrize(("arguments", "deployed"), [([], True), (["--dry-run"], False)])
def test_it_lets_api_gateway_write_logs_where_nobody_has_yet(
    project: Project, arguments: list[str], deployed: bool
) -> None:
    done = project.run("deploy.sh", *TARGET, *arguments, LOG_ROLE="None")
    assert done.returncode == 0, done.stderr
    assert "API Gateway cannot write logs in eu-west-1 yet. The stack api-gateway-logs gives it a role" in done.stdout
    asked = project.asked("[cloudformation] [deploy]", "[api-gateway-logs]", "[infra/account.yaml]")
    assert bool(asked) == deployed


def test_it_leaves_the_role_for_logs_that_is_there(project: Project) -> None:
    assert project.run("deploy.sh", *TARGET).returncode == 0
    assert not project.asked("[infra/account.yaml]")


def test_a_failed_deployment_is_a_failure(project: Project) -> None:
    done = project.run("deploy.sh", *TARGET, SAM_FAILS="1")
    assert done.returncode == 1
    assert "endpoint" not in done.stdout


def test_an_outdated_definition_is_not_deployed(project: Project) -> None:
    shutil.copy(ROOT / "tools" / "artifact.py", project.root / "tools" / "artifact.py")
    contract = project.root / "openapi.yaml"
    contract.write_text(contract.read_text().replace("Create a user", "Make a user"))
    done = project.run("deploy.sh", *TARGET)
    assert (done.returncode, done.stderr) == (
        1,
        "artifact: api-gateway.yaml does not match openapi.yaml; run make openapi\n",
    )
    assert not project.asked("sam")


@pytest.mark.parametrize("failing", ["0", "1"])
def test_a_dry_run_takes_back_what_it_made(project: Project, failing: str) -> None:
    done = project.run("deploy.sh", *TARGET, "--dry-run", SAM_FAILS=failing)
    assert done.returncode == int(failing)
    assert "endpoint" not in done.stdout
    assert project.asked("[delete-change-set]", "[arn:changeset/new]")
    assert project.asked("[delete-stack]", "[users-api]")


def test_a_dry_run_leaves_what_was_there(project: Project) -> None:
    (project.state / "changesets").write_text("arn:changeset/old\n")
    assert project.run("deploy.sh", *TARGET, "-n").returncode == 0
    assert project.asked("[delete-change-set]") == project.asked("[delete-change-set]", "[arn:changeset/new]")
    assert not project.asked("[delete-stack]")


def test_an_interrupted_dry_run_takes_back_what_it_made(project: Project) -> None:
    run = subprocess.Popen(
        [project.root / "deploy.sh", *TARGET, "-n"],
        env=project.environment(SLEEP="5"),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    last = time.monotonic() + 20
    while not project.asked("sam [deploy]") and time.monotonic() < last:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(20) != 0
    assert project.asked("[delete-change-set]", "[arn:changeset/new]")
    assert project.asked("[delete-stack]")


def test_it_watches_only_when_asked(project: Project) -> None:
    assert project.run("deploy.sh", *TARGET).returncode == 0
    assert not project.asked("users-api-watch")
    assert not project.asked("users-api-firewall")


def test_the_watch_is_given_the_names_of_what_is_there(project: Project) -> None:
    samconfig(project, 'PageTopicArn = "page"', section="default.watch.parameters.parameter_overrides")
    done = project.run("deploy.sh", *TARGET, "--watch", WATCH="TicketTopicArn=ticket")
    assert done.returncode == 0, done.stderr
    (deployed,) = project.asked("[cloudformation] [deploy]")
    assert deployed == (
        "aws [cloudformation] [deploy] [--stack-name] [users-api-watch] [--template-file] [infra/watch.yaml] "
        "[--no-fail-on-empty-changeset] [--parameter-overrides] [ApiStack=users-api] [UsersTable=Users] "
        "[Queues=audit] [DeadLetterQueues=] [PageTopicArn=page] [TicketTopicArn=ticket]"
    )
    assert project.log.read_text().index("sam [deploy]") < project.log.read_text().index(deployed)
    assert "watch     https://dashboard\n" in done.stdout


def test_what_is_not_deployed_is_not_watched(project: Project) -> None:
    assert project.run("deploy.sh", *TARGET, "-w", SAM_FAILS="1").returncode == 1
    assert not project.asked("[infra/watch.yaml]")


def test_the_firewall_is_given_the_api_and_stands_beside_the_watch(project: Project) -> None:
    done = project.run("deploy.sh", *TARGET, "-f", "--watch", FIREWALL="FirewallMode=count")
    assert done.returncode == 0, done.stderr
    firewall, watch = project.asked("[cloudformation] [deploy]")
    assert firewall == (
        "aws [cloudformation] [deploy] [--stack-name] [users-api-firewall] [--template-file] [infra/firewall.yaml] "
        "[--no-fail-on-empty-changeset] [--parameter-overrides] [ApiStack=users-api] [ApiId=abc123] "
        "[FirewallMode=count]"
    )
    assert "[users-api-watch]" in watch
    assert "firewall  arn:acl\n" in done.stdout


def test_a_dry_run_names_the_watch_and_deploys_none(project: Project) -> None:
    done = project.run("deploy.sh", *TARGET, "-n", "-w")
    assert done.returncode == 0, done.stderr
    assert "the stack users-api-watch would be beside it" in done.stdout
    assert not project.asked("[infra/watch.yaml]")


def existing(project: Project) -> None:
    """A stack that is there."""
    (project.state / "status").write_text("CREATE_COMPLETE\n")


def test_removal_says_what_goes_and_what_stays(project: Project) -> None:
    existing(project)
    done = project.run("cleanup.sh", *TARGET, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:3] == ["deletes  Api\tA\tabc123", "keeps    UsersTable\tT\tUsers"]
    assert project.asked("[delete-stack]", "[arn:stack/1]")


def test_removal_removes_the_watch_first(project: Project) -> None:
    existing(project)
    (project.state / "watch").write_text("CREATE_COMPLETE\n")
    done = project.run("cleanup.sh", *TARGET, "--yes")
    assert done.returncode == 0, done.stderr
    assert "deletes  the stack users-api-watch, with its alarms and its dashboard\n" in done.stdout
    deleted = [line.split("[--stack-name] ")[1].split()[0] for line in project.asked("[delete-stack]")]
    assert deleted == ["[arn:stack/watch]", "[arn:stack/1]"]


def test_removal_removes_the_firewall_too(project: Project) -> None:
    existing(project)
    (project.state / "firewall").write_text("CREATE_COMPLETE\n")
    done = project.run("cleanup.sh", *TARGET, "--yes")
    assert done.returncode == 0, done.stderr
    assert "deletes  the stack users-api-firewall, with its web ACL and its logs\n" in done.stdout
    deleted = [line.split("[--stack-name] ")[1].split()[0] for line in project.asked("[delete-stack]")]
    assert deleted == ["[arn:stack/firewall]", "[arn:stack/1]"]


def test_removal_empties_the_bucket_of_the_pages_and_removes_them(project: Project) -> None:
    existing(project)
    (project.state / "console").write_text("CREATE_COMPLETE\n")
    done = project.run("cleanup.sh", *TARGET, "--yes")
    assert done.returncode == 0, done.stderr
    assert "deletes  the stack users-api-console, with its files and its address\n" in done.stdout
    deleted = [line.split("[--stack-name] ")[1].split()[0] for line in project.asked("[delete-stack]")]
    assert deleted == ["[arn:stack/console]", "[arn:stack/1]"]
    log = project.log.read_text()
    assert log.index("[list-object-versions] [--bucket] [pages-bucket]") < log.index("[arn:stack/console]")


def test_the_pages_are_not_begun_without_what_they_need(project: Project) -> None:
    done = project.run("deploy.sh", *TARGET, "--console")
    assert done.returncode == 1
    assert "the pages need some packages: python3" in done.stderr
    assert not project.asked("sam [deploy]")


def test_a_watch_without_its_stack_is_removed_too(project: Project) -> None:
    (project.state / "watch").write_text("CREATE_COMPLETE\n")
    assert project.run("cleanup.sh", *TARGET).returncode == 2
    done = project.run("cleanup.sh", *TARGET, "--yes")
    assert done.returncode == 0, done.stderr
    assert "there is no stack users-api in eu-west-1" in done.stdout
    assert project.asked("[delete-stack]", "[arn:stack/watch]")


def test_removal_needs_a_yes(project: Project) -> None:
    existing(project)
    done = project.run("cleanup.sh", *TARGET)
    assert (done.returncode, done.stderr) == (2, "cleanup.sh: cannot ask without a terminal; use --yes\n")
    assert not project.asked("[delete-stack]")


@pytest.mark.parametrize(("typed", "status"), [("users-api", 0), ("y", 1), ("", 1)])
def test_removal_asks_for_the_name(project: Project, typed: str, status: int) -> None:
    existing(project)
    ended, screen = project.on_terminal("cleanup.sh", *TARGET, answers={"Type its name": typed})
    assert ended == status, screen
    assert "Remove users-api from eu-west-1? Type its name: " in screen
    assert bool(project.asked("[delete-stack]")) == (status == 0)


def test_what_aws_refuses_is_a_failure(project: Project) -> None:
    existing(project)
    done = project.run("cleanup.sh", *TARGET, "-y", DENIED="1")
    assert (done.returncode, done.stderr) == (1, "AccessDenied\n")
    assert "done" not in done.stdout


def test_a_failed_removal_lists_what_is_left(project: Project) -> None:
    existing(project)
    done = project.run("cleanup.sh", *TARGET, "-y", AFTER_DELETE="DELETE_FAILED")
    assert done.returncode == 1
    assert "not deleted (DELETE_FAILED):\nUsersTable\tUsers\tTable is in use\n" in done.stdout
    assert done.stderr == "cleanup.sh: the stack could not be deleted; fix the problems above and run this again\n"


@pytest.mark.parametrize(
    "script",
    [
        "deploy.sh",
        "cleanup.sh",
        "test-api.sh",
        *(f"tools/{name}.sh" for name in ("target", "caller", "plan", "beside")),
    ],
)
def test_shellcheck_finds_nothing(script: str) -> None:
    done = subprocess.run([ROOT / ".local/venv/bin/shellcheck", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_shellcheck_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "bad.sh").write_text("#!/usr/bin/env bash\nrm -r $1\n")
    done = subprocess.run([ROOT / ".local/venv/bin/shellcheck", tmp_path / "bad.sh"], capture_output=True, text=True)
    assert "SC2086" in done.stdout


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONOPTIMIZE", "PYTHONINSPECT"])
def test_what_a_developer_tells_python_changes_nothing(project: Project, tmp_path: Path, name: str) -> None:
    """The folder has modules named like ours and like those of the standard library."""
    shadows = tmp_path / "shadows"
    shadows.mkdir()
    for module in ("json", "tomllib", "tools", "local"):
        (shadows / f"{module}.py").write_text("raise SystemExit('not this one')\n")
    samconfig(project, *KEPT)
    values = {"PYTHONPATH": str(shadows), "PYTHONHOME": str(shadows)}
    done = project.run("deploy.sh", **{name: values.get(name, "1")})
    assert done.returncode == 0, done.stderr
    assert project.asked("sam", "[deploy]", "[kept]")


def test_cdpath_leads_nowhere_else(project: Project, tmp_path: Path) -> None:
    samconfig(project, *KEPT)
    done = subprocess.run(
        ["bash", "users api/deploy.sh"],
        cwd=project.root.parent,
        env=project.environment(CDPATH=str(tmp_path)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert project.asked("sam", "[deploy]", "[kept]")
