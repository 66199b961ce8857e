"""The code, the template, the contract and API Gateway's definition tell of the same operations, settings, problems."""

import json
import re

import pytest
from openapi_spec_validator import validate

from erasing import errors as of_erasures
from local.contract import complaints
from local.template.source import read_template
from local.template.transform import ROOT
from pictures import errors as of_pictures
from regions import errors as of_regions
from tests.template.stack import TEMPLATE, actual, contract, dig
from tools.openapi.__main__ import generate
from transfers import errors as of_transfers
from users import administration
from users import errors as of_users
from utils import config, errors
from webhooks import errors as of_webhooks

SRC = ROOT / "src"
NO_FUNCTIONS = {"__init__", "wiring", "access", "machine", "contract", "requests"}


KNOWN = (
    errors,
    administration,
    of_users,
    of_pictures,
    of_webhooks,
    of_transfers,
    of_erasures,
    of_regions,
)  # a class is known once its module is loaded


def all_errors(tree=errors.AppError):
    return [tree, *(each for child in tree.__subclasses__() for each in all_errors(child))]


def problems():
    """Every example of a problem in the contract, by code."""
    for response in contract()["components"]["responses"].values():
        for name, example in response["content"]["application/problem+json"]["examples"].items():
            yield name, example["value"]


def test_every_handler_and_every_consumer_is_a_function():
    plain = {name for name in files_of("handlers") if not re.search(OF_CAPABILITIES, name)}
    cache = {"consumers.keep_cache.lambda_handler"}
    assert handlers_of(**{**WITH_ALL, "Events": "false"}) == plain | cache  # every other capability needs events
    attributed = files_of("attributed")  # these stand in for handlers of the same name
    replaced = {name.replace("attributed.", "handlers.") for name in attributed}

    assert replaced <= plain
    with_all = files_of(*ROOMS) - replaced - FOLLOWING | attributed
    assert handlers_of(**WITH_ALL) == searched(with_all)

    signed_in = files_of("signed_in")  # these stand in for both
    taken = {name.replace("signed_in.", f"{room}.") for name in signed_in for room in ("handlers", "attributed")}
    more = files_of("sign_in", "administration", "erasures") | FOLLOWING
    everything = with_all - taken | signed_in | more
    assert handlers_of(**WITH_ALL, SignIn="true") == searched(everything)
    without = {"consumers.keep_search.lambda_handler"}
    assert handlers_of(**{**WITH_ALL, "Search": "false"}, SignIn="true") == everything - without

    gradual = handlers_of(**WITH_ALL, GradualDeployment="true") - handlers_of(**WITH_ALL)
    assert gradual == files_of("releases")


def test_a_service_with_two_regions_has_handlers_that_ask_for_the_home_region():
    plain = handlers_of()
    regional = files_of("regional") - {"regional.get_health.lambda_handler"}
    replaced = {name.replace("regional.", "handlers.") for name in regional}
    for role, events in (("home", "false"), ("home", "true"), ("standby", "false")):
        found = handlers_of(RegionRole=role, Events=events)
        of_users = {name for name in found if not re.search(f"consumers|{OF_CAPABILITIES}", name)}
        assert of_users == plain - replaced | regional
    assert handlers_of(Health="true") == plain | {"regional.get_health.lambda_handler"}


def searched(handlers):
    """The handlers of a stack with search, where the list has another one."""
    lists = {name for name in handlers if name.endswith(".list_users.lambda_handler")}
    assert len(lists) == 1
    return handlers - lists | {"search.list_users.lambda_handler"}


ROOMS = ("handlers", "consumers", "avatars", "bulk", "sockets", "steps")
# with sign-in only
FOLLOWING = {f"consumers.{it}.lambda_handler" for it in ("follow_sign_in", "carry_out_erasure")}
OF_CAPABILITIES = "audit|verification|confirm_email|webhook|deliveries|live"


def files_of(*rooms):
    """What the files of some folders offer to Lambda."""
    paths = [path for room in rooms for path in (ROOT / "src" / room).glob("*.py")]
    return {f"{path.parent.name}.{path.stem}.lambda_handler" for path in paths if path.stem not in NO_FUNCTIONS}


WITH_ALL = {
    "Events": "true",
    "Pictures": "true",
    "Webhooks": "true",
    "LiveUpdates": "true",
    "Bulk": "true",
    "Search": "true",
    "CacheEndpoint": "rediss://cache.example.com:6379",
    "MailSender": "users@example.com",
    "MailIdentityArn": "arn:aws:ses:us-east-1:123456789012:identity/example.com",
    "MailOperators": "operators@example.com",
}


def handlers_of(**parameters):
    """What the functions of a deployment run."""
    resources = actual().resolved(**parameters)["Resources"]
    return {block["Properties"]["Handler"] for block in resources.values() if block["Type"] == "AWS::Lambda::Function"}


def code_folders(template):
    """Where the functions' code is taken from, each time that a template says it."""
    return re.findall(r"^\s*(?:CodeUri|ContentUri|ImageUri|InlineCode):\s*(.*?)\s*(?:#.*)?$", template, re.MULTILINE)


def test_every_function_ships_from_one_folder():
    assert code_folders((ROOT / "template.yaml").read_text()) == [
        "src/",
        "layers/pillow/",
    ]  # a layer has no code of ours


@pytest.mark.parametrize("more", ["CodeUri: src/consumers/", "CodeUri:\n  Bucket: x", "InlineCode: |", "ImageUri: x"])
def test_a_second_folder_is_found(more):
    text = (ROOT / "template.yaml").read_text()
    assert len(code_folders(f"{text}\n      {more}\n")) == 3


@pytest.mark.parametrize("sign_in", ["false", "true"])
def test_every_handler_says_the_routes_that_call_it(sign_in):
    routes: dict[str, set[str]] = {}
    deployed = actual().resolved(**WITH_ALL, SignIn=sign_in)["Resources"]
    for path, method, operation in actual().operations():
        function = re.search(r"\$\{(\w+)\.Arn\}", str(dig(operation, "x-amazon-apigateway-integration", "uri")))
        if function and function[1] in deployed and (sign_in == "true" or path != "/users/me"):
            handler = deployed[function[1]]["Properties"]["Handler"].removesuffix(".lambda_handler").replace(".", "/")
            routes.setdefault(handler, set()).add(f"{method.upper()} {path}")

    for handler, called_by in routes.items():
        said = (SRC / f"{handler}.py").read_text().splitlines()[0].removeprefix('"""').partition(" - ")[0]
        told = [re.fullmatch(r"([A-Z]+(?: and [A-Z]+)*) (/\S*)", each).groups() for each in said.split(", ")]
        assert {f"{method} {path}" for methods, path in told for method in methods.split(" and ")} == called_by


def test_functions_are_given_the_settings_that_they_read():
    given = actual().written["Globals"]["Function"]["Environment"]["Variables"]

    assert set(given) == set(config.REQUIRED)


def test_consumers_are_given_the_settings_that_they_read():
    """Together; each reads on first use what its own providers need."""
    # capabilities have their own
    rooms = ("consumers", "avatars", "bulk", "erasing", "live", "regional", "releases", "steps")
    roots = ("guard.py", "wiring.py", *(f"{it}/wiring.py" for it in rooms))
    read = {name for it in roots for name in re.findall(r'setting\("(\w+)"\)', (SRC / it).read_text())}
    client = "".join(path.read_text() for path in (SRC / "dynamodb").glob("c*.py"))
    read |= set(re.findall(r'environ\.get\("((?:CACHE|DYNAMODB)_\w+)"', client))
    functions = actual().of("AWS::Lambda::Function").values()
    given = {name for block in functions for name in dig(block, "Environment", "Variables") or {}}

    assert given - set(config.REQUIRED) == read - set(config.REQUIRED)


@pytest.mark.parametrize("keyed", ["true", "false"])
def test_the_contract_and_the_definition_are_openapi(keyed):
    deployed = actual().resolved(ApiKeyRequired=keyed)["Resources"]["UsersApi"]["Properties"]["Body"]

    validate(contract())
    validate(deployed)


def test_a_contract_that_is_not_openapi_is_noticed():
    broken = contract()
    del broken["paths"]["/users"]["get"]["responses"]

    with pytest.raises(Exception, match="responses"):
        validate(broken)


def test_the_definition_is_what_the_contract_makes():
    assert (ROOT / "api-gateway.yaml").read_text() == generate(ROOT / "openapi.yaml"), "run make openapi"


def test_an_operation_says_of_aws_only_what_answers_it():
    for path, item in contract()["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                assert set(operation["x-lambda"]) - {"alias", "condition"} == {"function", "callers"}, (method, path)
    text = (ROOT / "openapi.yaml").read_text()
    assert not re.search(r"x-amazon|Fn::|!Sub|!Ref|AWS::", text)


def test_each_function_has_its_path_and_each_path_its_function():
    assert list(complaints(read_template(TEMPLATE))) == []


@pytest.mark.parametrize("error", [error for error in all_errors() if "code" in vars(error)], ids=lambda e: e.code)
def test_every_problem_of_the_functions_is_documented_as_it_is(error):
    documented = {example["code"]: (example["status"], example["title"]) for _, example in problems()}

    assert documented[error.code] == (error.status, error.title)


def test_every_problem_of_the_gateway_is_documented_as_it_is():
    documented = {example["code"]: example["title"] for _, example in problems()}
    undocumented = {"route_not_found"}  # belongs to no operation
    for response in actual().api["x-amazon-apigateway-gateway-responses"].values():
        problem = json.loads(response["responseTemplates"]["application/json"])
        if problem["code"] not in undocumented:
            assert documented[problem["code"]] == problem["title"]


def test_every_example_of_a_problem_is_one():
    schema = contract()["components"]["schemas"]["Problem"]
    for name, example in problems():
        assert set(schema["required"]) <= set(example) <= set(schema["properties"])
        assert name == example["code"] == example["type"].rsplit(":", 1)[1]
        assert example["instance"] == f"urn:uuid:{example['requestId']}"


def test_no_response_of_an_operation_is_without_its_body():
    references = {
        response["$ref"].rsplit("/", 1)[1]
        for _, _, operation in actual().operations()
        for response in operation["responses"].values()
        if "$ref" in response
    }

    assert references == set(contract()["components"]["responses"]) == set(actual().api["components"]["responses"])
