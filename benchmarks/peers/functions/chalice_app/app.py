"""AWS Chalice: its router, with the storage its tutorials use."""
# mypy: ignore-errors

import rules
import store
from chalice import BadRequestError, Chalice, ConflictError, NotFoundError, Response

app = Chalice(app_name="users")


@app.route("/users/{userId}", methods=["GET"])
def get_user(userId):  # noqa: N803 - Chalice names it after the path
    user = store.get(userId) if rules.USER_ID.fullmatch(userId) else None
    if user is None:
        raise NotFoundError("no such user")
    return user


@app.route("/users", methods=["POST"])
def create_user():
    try:
        return Response(store.create(rules.checked(app.current_request.json_body)), status_code=201)
    except ValueError as error:
        raise BadRequestError(str(error)) from error
    except store.EmailInUse as error:
        raise ConflictError("email in use") from error
