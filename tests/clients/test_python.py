"""The whole contract by a client that openapi-python-client makes of /openapi.json."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import yaml

from tests.api.client import address
from tests.clients.conftest import Api
from tests.clients.examples import documented_errors
from tests.support.pictures import picture
from tests.support.uploads import upload
from tests.template.stack import contract

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


def generated(folder: Path, name: str, *source: str) -> ModuleType:
    """A client package, made and imported; a warning of the generator is a failure."""
    (folder / "config.yaml").write_text("post_hooks: []\n")
    program = Path(sys.executable).parent / "openapi-python-client"
    options = ["--meta", "none", "--config", str(folder / "config.yaml"), "--fail-on-warning"]
    command = [str(program), "generate", *source, *options, "--output-path", str(folder / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    return importlib.import_module(name)


NO_LINK = "A" * 55


def snake(name: str) -> str:
    """The generator's spelling of an operation or a tag."""
    return re.sub(r" |(?=[A-Z])", "_", name).lower().strip("_").replace("__", "_")


TAGS = {
    snake(operation["operationId"]): snake(operation["tags"][0])
    for item in contract()["paths"].values()
    for method, operation in item.items()
    if method != "parameters"
}


class Users:
    """The calls of a generated client, a folder for each tag; each returns its answer in full."""

    def __init__(self, package: str, client: Any) -> None:
        self.package, self.client = package, client
        self.models = importlib.import_module(f"{package}.models")

    def __getattr__(self, operation: str) -> Any:
        module = importlib.import_module(f"{self.package}.api.{TAGS[operation]}.{operation}")
        return lambda *arguments, **named: module.sync_detailed(*arguments, client=self.client, **named)

    def new(self, **members: Any) -> Any:
        return self.models.NewUser(**{"name": "Ann", "email": address(), **members})

    def upload(self, content_type: str) -> Any:
        return self.models.NewUpload(content_type=self.models.NewUploadContentType(content_type))

    def changes(self, **members: Any) -> Any:
        return self.models.UserChanges(**members)

    def new_webhook(self, **members: Any) -> Any:
        return self.models.NewWebhook(**{"url": "https://hooks.example.invalid/users", **members})

    def roles(self, *roles: str) -> Any:
        return self.models.Roles.from_dict({"roles": list(roles)})


@pytest.fixture(scope="module")
def package(api: Api, tmp_path_factory: pytest.TempPathFactory) -> str:
    generated(tmp_path_factory.mktemp("client"), "users_client", "--url", f"{api.url}/openapi.json")
    return "users_client"


def connected(package: str, api: Api) -> Users:
    client = (
        importlib.import_module(package)
        .AuthenticatedClient(
            base_url=api.url, token=api.key, prefix="", auth_header_name="X-Api-Key", raise_on_unexpected_status=True
        )
        .with_headers({"Authorization": f"Bearer {api.token}"})
    )
    return Users(package, client)


@pytest.fixture
def users(package: str, api: Api) -> Users:
    return connected(package, api)


def refused(answer: Any, status: int, code: str) -> Any:
    """The problem that an answer is."""
    assert (answer.status_code, answer.parsed.status, answer.parsed.code) == (status, status, code), answer.content
    assert answer.parsed.request_id == answer.headers["X-Request-Id"]
    return answer.parsed


def test_a_user_is_created_read_changed_and_deleted(users):
    created = users.create_user(body=users.new(age=36))
    user = created.parsed
    assert (created.status_code, created.headers["Location"]) == (201, f"/users/{user.user_id}")
    assert users.get_user(user.user_id).parsed == user
    assert users.update_user(user.user_id, body=users.changes(name="Bea")).parsed.name == "Bea"

    patched = users.patch_user(user.user_id, body=users.changes(age=None)).parsed

    assert (patched.name, "age" in patched.to_dict()) == ("Bea", False)
    assert users.delete_user(user.user_id).parsed.user_id == user.user_id
    refused(users.get_user(user.user_id), 404, "user_not_found")


def test_people_read_and_change_their_own_user(users):
    mine = users.get_me().parsed
    assert mine.name == "Ada"
    assert users.update_me(body=users.changes(age=36)).parsed.age == 36
    patched = users.patch_me(body=users.changes(age=None)).parsed
    assert (patched.user_id, "age" in patched.to_dict()) == (mine.user_id, False)
    refused(users.patch_me(body=users.changes(email="other@example.com")), 403, "email_managed_by_sign_in")
    refused(users.delete_me(if_match='"0"'), 412, "precondition_failed")


def test_an_avatar_is_uploaded_found_and_deleted(users):
    who = users.create_user(body=users.new()).parsed.user_id
    refused(users.get_avatar(who), 404, "avatar_not_found")
    small = users.models.GetAvatarSize(128)
    form = users.create_avatar_upload(who, body=users.upload("image/png")).parsed.to_dict()
    assert upload(form, picture("red", "PNG")) == 204
    for _ in range(200):
        if (found := users.get_avatar(who, size=small)).status_code == 302:
            break
        time.sleep(0.1)
    assert httpx.get(found.headers["Location"]).headers["Content-Type"] == "image/webp"
    assert users.get_avatar(who, size=small, if_none_match=found.headers["ETag"]).status_code == 304
    assert users.delete_avatar(who).parsed.user_id == who
    refused(users.delete_avatar(who), 404, "avatar_not_found")
    refused(users.create_avatar_upload(NOBODY, body=users.upload("image/png")), 404, "user_not_found")


def test_a_list_is_followed_to_its_end(users):
    made = {users.create_user(body=users.new()).parsed.user_id for _ in range(5)}
    seen: list[UUID] = []
    page = users.list_users(limit=2).parsed
    seen += [user.user_id for user in page.users]
    while page.has_more:
        page = users.list_users(limit=2, last_key=page.last_key).parsed
        assert page.count == len(page.users) <= 2
        seen += [user.user_id for user in page.users]
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


def wait_for_entries(users: Users, who: UUID, count: int) -> None:
    """Entries appear a moment after the change."""
    for _ in range(200):
        answer = users.list_audit(who)
        if answer.status_code == 200 and answer.parsed.count == count:
            return
        time.sleep(0.1)
    raise AssertionError(answer)


def test_users_are_searched_sorted_filtered_and_counted(users):
    word, models = f"w{uuid4().hex[:8]}", users.models
    people = (("Ada", 30), ("Bea", 40), ("Cleo", 50))
    made = [users.create_user(body=users.new(name=f"{name} {word}", age=age)).parsed for name, age in people]
    ids = [user.user_id for user in made]
    [found] = users.list_users(email=made[0].email.upper()).parsed.users
    assert found.to_dict() == made[0].to_dict()
    until = time.monotonic() + 20
    while users.list_users(q=word).parsed.count < len(made):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert found_by(users, q=f"be {word}") == ids[1:2]
    assert found_by(users, q=word, sort=models.ListUsersSort("-name"), limit=2) == ids[::-1]
    times = {"created_after": "2026-01-31T12:00:00Z", "created_before": "2099-01-31T12:00:00.000Z"}
    filters = {**times, "updated_after": "2026-01-31T12:00:00Z", "min_age": 31, "max_age": 40, "domain": "example.com"}
    [shown] = users.list_users(q=word, **filters, fields="name").parsed.users
    assert shown.to_dict() == {"userId": str(ids[1]), "name": made[1].name}
    counted = users.list_users(total=models.ListUsersTotal("true"), limit=1).parsed
    assert counted.total >= len(made)
    assert counted.total_as_of
    problem = refused(users.list_users(email=made[0].email, sort=models.ListUsersSort("name")), 400, "invalid_query")
    assert problem.detail == "email cannot be combined with sort."


def found_by(users, **query):
    """The ids of all pages of a search."""
    page = users.list_users(**query).parsed
    found = [user.user_id for user in page.users]
    while page.has_more:
        page = users.list_users(**query, last_key=page.last_key).parsed
        found += [user.user_id for user in page.users]
    return found


def test_the_trail_of_a_deleted_user_is_read_a_page_at_a_time(users):
    who = users.create_user(body=users.new()).parsed.user_id
    users.delete_user(who)
    wait_for_entries(users, who, 2)
    first = users.list_audit(who, limit=1).parsed
    rest = users.list_audit(who, limit=1, last_key=first.last_key).parsed

    assert [each.number for each in (*first.entries, *rest.entries)] == [2, 1]
    assert (first.has_more, rest.has_more) == (True, False)
    refused(users.list_audit(NOBODY), 404, "user_not_found")


def test_conditions_hold(users):
    created = users.create_user(body=users.new())
    who, tag = created.parsed.user_id, created.headers["ETag"]

    assert users.get_user(who, if_none_match=tag).status_code == 304
    changed = users.update_user(who, body=users.changes(name="Bea"), if_match=tag)
    assert changed.headers["ETag"] != tag

    for answer in (
        users.patch_user(who, body=users.changes(name="Cleo"), if_match=tag),
        users.delete_user(who, if_match=tag),
    ):
        refused(answer, 412, "precondition_failed")
        assert answer.headers["ETag"] == changed.headers["ETag"]


def test_a_create_is_repeated_by_its_key(users):
    key, body = str(uuid4()), users.new()
    first = users.create_user(body=body, idempotency_key=key)
    again = users.create_user(body=body, idempotency_key=key)

    assert again.parsed == first.parsed
    assert again.headers["Idempotency-Replayed"] == "true"
    refused(users.create_user(body=users.new(), idempotency_key=key), 422, "idempotency_key_reused")


def test_an_email_is_not_verified_without_its_link(users):
    who = users.create_user(body=users.new()).parsed.user_id
    assert users.get_email_verification(who).parsed.email_verified is False
    assert users.request_email_verification(who).parsed.email_verified is False
    assert users.show_email_verification(who, NO_LINK).status_code == 200
    assert users.confirm_email(who, NO_LINK).status_code == 410


def test_a_webhook_is_created_read_listed_changed_rotated_and_deleted(users):
    made = users.create_webhook(body=users.new_webhook()).parsed
    which = made.webhook_id
    read = users.get_webhook(which).parsed.to_dict()
    assert {**read, "secret": made.secret} == made.to_dict()
    assert which in {each.webhook_id for each in users.list_webhooks(limit=1000).parsed.webhooks}
    disabled = users.models.WebhookChanges.from_dict({"status": "disabled"})
    assert users.update_webhook(which, body=disabled).parsed.status == "disabled"
    assert users.rotate_webhook_secret(which).parsed.secret != made.secret
    page = users.list_deliveries(which).parsed
    assert page.count == len(page.deliveries)
    refused(users.redeliver_webhook(which, NOBODY), 404, "delivery_not_found")
    refused(users.create_webhook(body=users.new_webhook(url="http://example.com/")), 400, "invalid_webhook")
    assert users.delete_webhook(which).parsed.webhook_id == which
    refused(users.get_webhook(which), 404, "webhook_not_found")


def test_a_ticket_for_live_updates_is_requested(users):
    ticket = users.create_live_ticket().parsed
    assert ticket.url.startswith("ws")
    assert [protocol.partition(".")[0] for protocol in ticket.protocols] == ["users-api", "ticket"]


def ended(read):
    """An import or export that has ended."""
    for _ in range(300):
        job = read().parsed
        if job.status in ("completed", "failed"):
            break
        time.sleep(0.1)
    return job


def test_users_are_imported_and_exported(users):
    made = users.create_import(body=users.models.NewImport.from_dict({"format": "csv"})).parsed
    assert upload(made.upload.to_dict(), f"name;email\r\nAnn;{uuid4()}@example.com\r\nAnn;\r\n".encode()) == 204
    job = ended(lambda: users.get_import(made.import_id))
    assert (job.status, job.rows.created, job.rows.rejected) == ("completed", 1, 1)
    assert httpx.get(job.results.url).status_code == 200
    started = users.create_export(body=users.models.NewExport.from_dict({"format": "ndjson"})).parsed
    export = ended(lambda: users.get_export(started.export_id))
    assert (export.status, sum(file.users for file in export.files)) == ("completed", export.users)
    assert httpx.get(export.manifest.url).json()["users"] == export.users
    refused(users.get_import(NOBODY), 404, "import_not_found")
    refused(users.get_export(NOBODY), 404, "export_not_found")


def test_administrators_see_disable_and_sign_out_people_and_set_their_roles(users):
    who = users.create_user(body=users.new()).parsed.user_id
    seen = users.get_managed_user(who)
    assert (seen.parsed.user_id, seen.parsed.status) == (who, "active")
    tag, key = seen.headers["ETag"], str(uuid4())
    disabled = users.disable_user(who, if_match=tag, idempotency_key=key)
    assert disabled.parsed.status == "disabled"
    assert users.disable_user(who, if_match=tag, idempotency_key=key).headers["Idempotency-Replayed"] == "true"
    refused(users.enable_user(who, if_match=tag), 412, "precondition_failed")
    assert users.enable_user(who).parsed.status == "active"
    assert users.sign_out_user(who).parsed.signed_out_at
    assert users.set_roles(who, body=users.roles("admins")).parsed.roles == ["admins"]
    assert users.set_roles(who, body=users.roles()).parsed.roles == []
    refused(users.disable_user(users.get_me().parsed.user_id), 403, "own_administration")
    refused(users.get_managed_user(NOBODY), 404, "user_not_found")
    receipt = users.erase_user(who).parsed
    assert (str(receipt.user_id), receipt.status) == (str(who), "running")
    assert users.get_erasure(who).parsed.requested_at == receipt.requested_at
    refused(users.get_erasure(NOBODY), 404, "erasure_not_found")
    assert users.get_statistics().parsed.approximate_user_count >= 0


def test_refusals_are_problems(users, package, api, busy):
    taken = users.create_user(body=users.new()).parsed.email
    problem = refused(users.create_user(body=users.new(name="", age=151)), 400, "invalid_user")
    assert {each.pointer for each in problem.errors} == {"/name", "/age"}
    refused(users.list_users(limit=0), 400, "invalid_query")
    refused(users.list_users(last_key="forged"), 400, "invalid_cursor")
    refused(users.get_user(NOBODY, if_match="no tag"), 400, "invalid_header")
    refused(users.update_user(NOBODY, body=users.changes()), 400, "invalid_user")
    refused(users.create_user(body=users.new(email=taken)), 409, "email_in_use")
    refused(users.create_user(body=users.new(name="x" * 17000)), 413, "body_too_large")
    refused(connected(package, Api(api.url, "nobodys", api.token)).list_users(), 403, "forbidden")
    once = connected(package, busy)
    answers = [once.list_users() for _ in range(2)]
    refused(answers[1], 429, "too_many_requests")
    assert answers[1].headers["Retry-After"]


def test_every_documented_error_is_read(users, package):
    """Those included that no request can bring about: 401, 500, 502, 503, 504."""
    shown = list(documented_errors())
    assert len({problem["status"] for _, problem in shown}) == 14
    for operation, problem in shown:
        answer = call(Users(package, answering(package, problem)), operation)
        assert answer.parsed.to_dict() == problem, operation


def answering(package: str, problem: dict[str, Any]) -> Any:
    """A client to which everything is answered with a problem."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(problem["status"], json=problem, headers={"Content-Type": "application/problem+json"})

    arguments = {"transport": httpx.MockTransport(answer)}
    return importlib.import_module(package).Client(base_url="http://nowhere", httpx_args=arguments)


def call(users: Users, operation: str) -> Any:
    """One request of an operation, whatever it says."""
    who: dict[str, tuple[Any, ...]] = {
        **dict.fromkeys(
            (
                "createUser",
                "listUsers",
                "createWebhook",
                "listWebhooks",
                "createLiveTicket",
                "createImport",
                "createExport",
            ),
            (),
        ),
        **dict.fromkeys(("getMe", "updateMe", "patchMe", "deleteMe", "getStatistics", "getHealth"), ()),
        **dict.fromkeys(("showEmailVerification", "confirmEmail"), (NOBODY, NO_LINK)),
        "redeliverWebhook": (NOBODY, NOBODY),
    }
    bodies = {
        "createUser": users.new(),
        "updateUser": users.changes(age=1),
        "patchUser": users.changes(age=1),
        "updateMe": users.changes(age=1),
        "patchMe": users.changes(age=1),
        "createWebhook": users.new_webhook(),
        "createImport": users.models.NewImport.from_dict({"format": "csv"}),
        "createExport": users.models.NewExport.from_dict({"format": "csv"}),
        "createAvatarUpload": users.upload("image/png"),
        "setRoles": users.roles("admins"),
        "updateWebhook": users.models.WebhookChanges.from_dict({"description": "ours"}),
    }
    body = {"body": bodies[operation]} if operation in bodies else {}
    return getattr(users, snake(operation))(*who.get(operation, (NOBODY,)), **body)


@pytest.fixture
def old_package(tmp_path: Path) -> Iterator[str]:
    """The client of a contract that asks for one of three members by `anyOf`, as this one once did."""
    tree = contract()
    changes = tree["components"]["schemas"]["UserChanges"]
    del changes["minProperties"]
    changes["anyOf"] = [{"required": [name]} for name in ("name", "email", "age")]
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(tree))
    generated(tmp_path, "old_users_client", "--path", str(tmp_path / "openapi.yaml"))
    yield "old_users_client"
    sys.path.remove(str(tmp_path))


def test_a_contract_that_breaks_the_client_is_noticed(old_package, api):
    users = connected(old_package, api)
    with pytest.raises((AttributeError, TypeError, AssertionError)):
        test_a_user_is_created_read_changed_and_deleted(users)
