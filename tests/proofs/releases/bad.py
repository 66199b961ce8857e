"""Releases that CheckRelease must reject, each with one fault, as edits of src/ or as settings."""

from __future__ import annotations

from tests.proofs.seeded import Edit

HTTP, RESPONSE, REPOSITORY, ITEMS = "utils/http.py", "utils/response.py", "users/repository.py", "users/items.py"

# What is wrong: the edits, and a part of the reason that the check gives.
BAD: dict[str, tuple[Edit, str]] = {
    "a function that cannot be imported": (
        Edit("handlers/get_user.py", "import wiring\n", "import wiring\nimport not_in_the_zip\n"),
        "GetUser failed: ModuleNotFoundError",
    ),
    "a create that answers 200": (
        Edit("handlers/create_user.py", "created(user, location=", "ok(user, Location="),
        "create",
    ),
    "a response without an ETag": (Edit(RESPONSE, 'headers["ETag"] = etag\n', "pass\n"), "create has another etag"),
    "If-Match without effect": (
        Edit(
            REPOSITORY,
            'require_exists("userId").require_version(precondition)\n        if',
            'require_exists("userId")\n        if',
        ),
        "an update of an old version answers 200, not 412",
    ),
    "an email that belongs to two users": (
        Edit(REPOSITORY, '            "claim": claim_email(self._keys, user_id, user["email"]),\n', ""),
        "a create with an email in use answers 201, not 409",
    ),
    "an email that a deleted user keeps": (
        Edit(REPOSITORY, '{"user": {"Delete": gone}, **self._release(user)}', '{"user": {"Delete": gone}}'),
        "a create with the email of a deleted user answers 409, not 201",
    ),
    "a retry that is another request": (
        Edit("handlers/create_user.py", "request.idempotency_key(members)", "None"),
        "a repeated create answers 409, not 201",
    ),
    "fields that nobody checks": (
        Edit("handlers/create_user.py", "validated(request.json(), FIELDS, invalid)", "request.json()"),
        "a create with invalid fields",
    ),
    "a list without users": (
        Edit("handlers/list_users.py", '"users": found,', '"users": [],'),
        "list answers with no page of one user",
    ),
    "an update that forgets a field": (
        Edit("handlers/update_user.py", "return ok(user, etag", 'user.pop("age")\n    return ok(user, etag'),
        "update changes other fields than it was sent",
    ),
    "a get that keeps what it has read": (
        Edit(
            "handlers/get_user.py",
            'user = users.get(request.path["userId"])\n',
            'kept, asked = get_user.__dict__, request.path["userId"]\n'
            "    user = kept[asked] = kept.get(asked) or users.get(asked)\n",
        ),
        "get after an update has another etag",
    ),
    "errors of another shape": (
        Edit(RESPONSE, '"application/problem+json"', '"application/json"'),
        "has another content_type",
    ),
}
