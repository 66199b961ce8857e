"""The handlers' actions over a repository in memory, each called as API Gateway would have it called."""

from __future__ import annotations

import json

from handlers.create_user import create_user
from handlers.delete_user import delete_user
from handlers.get_user import get_user
from handlers.list_users import PARAMETERS, list_users
from handlers.update_user import update_user
from tests.support.events import event
from utils.deadline import Deadline
from utils.http import Request

ANN = {"name": "Ann", "email": "ann@example.com", "age": 30}
NOBODY = "00000000-0000-4000-8000-000000000000"


def request(method, path, body=None, headers=None, query="", **more):
    parameters = PARAMETERS if path == "/users" and method == "GET" else {}
    return Request(event(method, path, body, headers, query, **more), Deadline(5), parameters)


def created(store, members=ANN, **headers):
    return create_user(request("POST", "/users", members, headers), store.users)


def made(store, **members):
    return json.loads(created(store, {**ANN, **members}).body)


def got(store, user_id, **headers):
    return get_user(request("GET", f"/users/{user_id}", headers=headers), store.users)


def listed(store, query=""):
    return list_users(request("GET", "/users", query=query), store.users, store.cursors())


def updated(store, user_id, body, method="PUT", **headers):
    return update_user(request(method, f"/users/{user_id}", body, headers), store.users)


def deleted(store, user_id, **headers):
    return delete_user(request("DELETE", f"/users/{user_id}", headers=headers), store.users)
