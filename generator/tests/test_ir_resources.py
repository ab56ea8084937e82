"""The resource tree, and the names of methods."""

from __future__ import annotations

import pytest

from specloom.config import Config, DynamicResource, Login


@pytest.fixture
def tree(built):
    """Build a document from lines ``METHOD path id tag`` and return id -> resource.method."""

    def make(*lines, config=None):
        paths: dict[str, list[str]] = {}
        for line in lines:
            method, path, *rest = line.split()
            members = []
            if rest and rest[0] != "-":
                members.append(f"operationId: '{rest[0]}'")
            if len(rest) > 1:
                members.append(f"tags: [{rest[1].replace('_', ' ')}]")
            paths.setdefault(path, []).append(f"    {method.lower()}: {{{', '.join(members)}}}")
        text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n"
        text += "".join(f"  {path}:\n" + "\n".join(items) + "\n" for path, items in paths.items())
        made = built(text, config)
        return {
            name: ".".join(
                ["_".join(part) for part in item.resource] + ["_".join(item.method_name)]
            )
            for name, item in made.api.operations.items()
        }, made

    return make


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("GET /users users.list", "users.list"),
        ("GET /users/me users.get_me", "users.get_me"),
        ("GET /admin/users admin.users.list", "admin.users.list"),
        ("GET /repos repos/list-for-org", "repos.list_for_org"),
        ("GET /x webhookEndpoints.rotateSecret", "webhook_endpoints.rotate_secret"),
        ("GET /pets listPets pets", "pets.list"),
        ("POST /pets addPet pet", "pet.create"),
        ("GET /pet/findByStatus findPetsByStatus pet", "pet.find_by_status"),
        ("PUT /pet updatePet pet", "pet.update"),
        ("PUT /pets/{id} replacePet pets", "pets.update"),
        ("POST /pets/{id}/photo uploadFile pets", "pets.upload_file"),
        ("POST /playlists/{id}/items add-items-to-playlist playlists", "playlists.add_items"),
        ("GET /teams/{id}/members getMembersForTeam members", "members.list"),
        ("GET /v1/charges GetCharges", "charges.list"),
        ("GET /v1/charges/{id} GetChargesId", "charges.get"),
        ("POST /v1/charges/{id} PostChargesId", "charges.update"),
        ("POST /v1/charges/{id}/capture PostCapture", "charges.capture"),
        ("GET /charges/search Search", "charges.search"),
        ("GET /v1/charges/{id}/refunds GetRefunds", "charges.refunds.list"),
        ("DELETE /things/{id} -", "things.delete"),
        ("OPTIONS /things -", "things.describe"),
        ("GET / root", "get"),
        ("GET /{id} -", "get"),
        ("POST /orders/cancel post-orders-cancel Orders", "orders.cancel"),
        ("POST /originKeys post-originKeys Utility", "utility.create_origin_keys"),
    ],
)
def test_places(tree, line, place):
    """operationId, then tag, then path; method and path say list, get, create, update, delete."""
    (found,) = tree(line)[0].values()
    assert found == place


def test_no_two_methods_have_one_name(tree):
    """The shorter path keeps the plain name, the other one says more."""
    found, _ = tree(
        "GET /users listUsers users",
        "GET /orgs/{id}/users listOrgUsers users",
        "GET /teams/{id}/users listTeamUsers users",
        "GET /a dup",
    )
    assert found["listUsers"] == "users.list"
    assert found["listOrgUsers"] == "users.list_org"
    assert found["listTeamUsers"] == "users.list_team"


def test_methods_and_children_do_not_collide(tree):
    """A method does not hide the resource below it."""
    found, _ = tree("GET /a a.keys", "GET /b a.keys.list")
    assert found["a.keys"] == "a.get_keys"
    assert found["a.keys.list"] == "a.keys.list"


def test_a_missing_or_double_id_is_made(tree):
    """From method and path; the double one is reported."""
    found, made = tree("GET /a same.one", "GET /b same.one", "POST /c -")
    assert list(found) == ["same.one", "get /b", "post /c"]
    assert made.codes == ["duplicate-operation-id"]


def test_configured_places_win(tree):
    """``resources`` in specloom.yaml; an operation that is not there is reported."""
    config = Config(resources={"listPets": "animals.pets.all", "nope": "a.b"})
    found, made = tree("GET /pets listPets pets", "GET /all x animals", config=config)
    assert found["listPets"] == "animals.pets.all"
    assert "unknown-operation" in made.codes


def test_the_tree_has_every_operation_once(tree):
    """Resources in the order of first use, with their tags' descriptions."""
    _, made = tree("GET /a b.one", "GET /b a.two", "GET /c b.c.three", "GET /d four", "GET / five")

    def names(node):
        return {"_".join(child.name): names(child) for child in node.children}

    def operations(node):
        return [*node.operations, *(name for child in node.children for name in operations(child))]

    assert list(names(made.api.root)) == ["b", "a", "d"]
    assert names(made.api.root)["b"] == {"c": {}}
    assert sorted(operations(made.api.root)) == sorted(made.api.operations)
    assert made.api.root.operations == ("five",)


def test_names_that_only_the_configuration_knows_are_reported(tree):
    """Each entry that has no effect, by the part of the configuration that it stands in."""
    config = Config(
        resources={"nope": "a.b"},
        skip=("gone",),
        pagination={"none": False},
        models={"Missing": "X"},
        login=Login("auth.login"),
        dynamic=(DynamicResource("m", "nothing", "p"),),
    )
    _, made = tree("GET /pets pets.list", config=config)
    assert sorted(made.codes) == [
        "unknown-component-schema",
        *["unknown-operation"] * 4,
        "unknown-resource",
    ]
    text = " ".join(item.message for item in made.found)
    for part in ("resources", "pagination", "login", "resources.skip", "models", "dynamic"):
        assert f"{part} in the configuration" in text
    assert tree("GET /pets pets.list", config=Config(skip=("pets.list",)))[1].codes == []


def test_a_bound_parameter_that_no_path_has_is_reported(tree):
    """The resource is there, the parameter is not; one that is there is no finding."""
    config = Config(dynamic=(DynamicResource("m", "pets", "petId"),))
    assert "unknown-parameter" in tree("GET /pets/{id} pets.get", config=config)[1].codes
    assert "unknown-parameter" not in tree("GET /pets/{petId} pets.get", config=config)[1].codes
