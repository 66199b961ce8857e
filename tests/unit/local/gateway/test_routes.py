"""Paths and the resources that they name."""

from __future__ import annotations

import pytest

from local.gateway.routes import Resource, Router, made_up_id, resources

PATHS = "/ /users /users/{id} /users/me /users/{id}/posts /files/{path+} /files/fixed/{name} /{any}/end"
ROUTER = Router([Resource(path, path) for path in PATHS.split()])


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/", "/", {}),
        ("/users", "/users", {}),
        ("//users", "/users", {}),
        ("/users/", "/users", {}),
        ("/users/7", "/users/{id}", {"id": "7"}),
        ("/users/a%2Fb", "/users/{id}", {"id": "a%2Fb"}),
        ("/users/me", "/users/me", {}),
        ("/users/me/posts", "/users/{id}/posts", {"id": "me"}),
        ("/files/a/b", "/files/{path+}", {"path": "a/b"}),
        ("/files/fixed/x", "/files/fixed/{name}", {"name": "x"}),
        ("/files/fixed/x/y", "/files/{path+}", {"path": "fixed/x/y"}),
        ("/users/end", "/users/{id}", {"id": "end"}),
        ("/other/end", "/{any}/end", {"any": "other"}),
    ],
)
def test_the_most_fixed_path_wins(path, resource, parameters):
    match = ROUTER.match(path)
    assert match
    assert (match[0].path, match[1]) == (resource, parameters)


@pytest.mark.parametrize("path", ["/none", "/users/7/none", "/files", "/users//posts", "/Users"])
def test_other_paths_name_nothing(path):
    assert ROUTER.match(path) is None


def test_a_definition_gives_resources_with_their_methods():
    block = {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}, "x-amazon-apigateway-any-method": {},
             "parameters": [], "summary": "no method"}  # fmt: skip
    (found,) = resources({"paths": {"/a": block}})
    assert sorted(found.methods) == ["ANY", "GET"]
    methods = [found.method(verb) for verb in ("GET", "PUT", "FOO")]
    assert [method and method.verb for method in methods] == ["GET", "ANY", "ANY"]


def test_made_up_ids_are_always_the_same_and_look_like_api_gateways():
    assert made_up_id("a") == made_up_id("a") != made_up_id("b")
    assert made_up_id("a").isalnum()
    assert len(made_up_id("a", 6)) == 6
