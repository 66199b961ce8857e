"""Paths and the resources that they name."""

from __future__ import annotations

import pytest

from local.gateway.routes import PathError, Resource, Router, made_up_id, resources
from local.gateway.validators import Validators
from local.gateway.workers import Workers

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


@pytest.mark.parametrize(("path", "resource"), [("/users/", "/users"), ("/", "/"), ("/users//", "/users")])
def test_a_slash_at_the_end_of_a_path_is_left_out_of_its_resource(path, resource):
    """As API Gateway does: SAM's issue 665 is about the permission of such a path."""
    (found,) = resources({"paths": {path: {"get": {}}}})
    assert found.path == found.methods["GET"].resource == resource
    assert found.methods["GET"].trail == ("paths", path, "get")  # where it is written


def test_a_path_with_and_without_the_slash_is_one_resource():
    (found,) = resources({"paths": {"/users/": {"get": {}}, "/users": {"post": {}}}})
    assert sorted(found.methods) == ["GET", "POST"]


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["/users/{id}", "/users/{userId}"], "/users/{userId} has {userId} where another path has {id}"),
        (["/users/{id}/a", "/users/{userId}/b"], "one variable in a place"),
        (["/users/{id}", "/users/{path+}"], "/users/{path+} has {path+} where another path has {id}"),
        (["/users/", "/users"], "GET /users is the method GET /users a second time"),
        (["/users/{path+}/end"], "goes on after {path+}"),
        (["/users/a{id}"], "the segment 'a{id}'"),
        (["/users/{id"], "the segment '{id'"),
        (["/users/{}"], "the segment '{}'"),
    ],
)
def test_paths_that_api_gateway_refuses_are_refused(paths, words):
    with pytest.raises(PathError) as error:
        resources({"paths": {path: {"get": {}} for path in paths}})
    assert words in str(error.value)


def test_variables_in_different_places_have_different_names():
    assert len(resources({"paths": {"/a/{x}": {}, "/a/{x}/{y}": {}, "/b/{z}": {}, "/{c}/{d}": {}}})) == 4


def test_a_validator_reads_the_parameters_of_a_path_that_ends_in_a_slash():
    required = {"in": "query", "name": "q", "required": True}
    definition = {
        "x-amazon-apigateway-request-validators": {"all": {"validateRequestParameters": True}},
        "x-amazon-apigateway-request-validator": "all",
        "paths": {"/a/": {"parameters": [required], "get": {}}},
    }
    (found,) = resources(definition)
    assert Validators(definition, Workers()).required(found.methods["GET"]) == [("query", "q")]
