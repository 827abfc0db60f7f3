"""Every document that the client can send is valid for the servers it may meet, including variables."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from schema_server import VALUES, SchemaServer, document_errors
from schemas import DECLARE_RELEASE, OLD, VERSIONS, available_versions, release_capabilities, schema_of
from support import run
from table_tests import table_test

from stash_cli.core import types
from stash_cli.core.client import StashClient
from stash_cli.core.errors import StashCapabilityError, StashError, StashUnmappedFieldWarning
from stash_cli.core.graphql import document, selection
from stash_cli.core.graphql.releases import number, older_name, since
from stash_cli.core.types.api import ApiField, TypeRef, describe_api
from stash_cli.core.types.entities import ENTITIES

API = describe_api()
OPERATIONS = [*API.queries, *API.mutations, *API.subscriptions]
VERSION = pytest.mark.parametrize("version", available_versions())

Document = tuple[str, dict[str, Any]]


def sample(ref: TypeRef, *, whole: bool = False) -> Any:
    """A value of an argument or input field; inputs have required fields only."""
    if ref.is_list:
        depth = len(ref.text) - len(ref.text.lstrip("["))
        inner: Any = sample(TypeRef(f"{ref.name}!"))
        for _ in range(depth):
            inner = [inner]
        return inner
    declared = API.types[ref.name]
    if declared.kind == "ENUM":
        return next(value for value, advice in declared.values.items() if advice is None)
    if declared.kind == "INPUT_OBJECT":
        return {field.name: sample(field.type) for field in required(ref.name)}
    return VALUES.get(ref.name, "2024")


def samples(ref: TypeRef) -> list[Any]:
    """Values of a type: every enum member, otherwise the sample."""
    declared = API.types[ref.name]
    if declared.kind != "ENUM":
        return [sample(ref)]
    return [[value] if ref.is_list else value for value in declared.values]


def required(name: str) -> list[ApiField]:
    return [field for field in API.types[name].fields.values() if field.type.required]


def built(
    version: str, name: str, args: dict[str, Any], paths: list[str] | None = None, *, quiet: bool = False
) -> Document:
    """The document of an operation for a server, as a session builds it."""
    return document.join(
        "Test", [document.root_for(name, args, paths, release_capabilities(version), quiet=quiet)]
    )


@cache
def one_field(name: str) -> list[str] | None:
    """One field of an operation's result, if it has any."""
    result = document.describe(name)[1].type.name
    return selection.default_paths(result)[:1] if selection.is_composite(result) else None


def required_arguments(name: str) -> dict[str, Any]:
    """The required arguments of an operation."""
    return {arg: sample(ref) for arg, ref in document.describe(name)[1].args.items() if ref.required}


def variants(name: str) -> Iterator[dict[str, Any]]:
    """Arguments of an operation: the required ones, each alone, and each field of each input alone."""
    fewest = required_arguments(name)
    yield fewest
    for arg, ref in document.describe(name)[1].args.items():
        yield from ({**fewest, arg: value} for value in samples(ref))
        for field in inner(ref.name):
            value = {**{each.name: sample(each.type) for each in required(ref.name)}, **field}
            yield {**fewest, arg: [value] if ref.is_list else value}


@cache
def inner(name: str, above: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """One mapping per field of an input type, and per field of the inputs inside it."""
    if API.types[name].kind != "INPUT_OBJECT" or name in above or len(above) > 1:
        return []
    found = []
    for field in API.types[name].fields.values():
        found += [{field.name: value} for value in samples(field.type)]
        for value in inner(field.type.name, (*above, name)):
            base = {each.name: sample(each.type) for each in required(field.type.name)}
            found.append({field.name: [{**base, **value}] if field.type.is_list else {**base, **value}})
    return found


def needs_newer(version: str, message: str) -> bool:
    """Whether a message names a release newer than `version` as required."""
    known = re.search(r"needs Stash ([\d.]+) or newer", message)
    return known is not None and number(known[1]) > number(version)


def require_only_newer(version: str, messages: Iterable[str]) -> None:
    """Fail if a server of the newest schemas lacks anything but what is newer than it."""
    unexplained = [each for each in messages if version == VERSIONS[0] and not needs_newer(version, each)]
    assert unexplained == [], DECLARE_RELEASE


def refused(version: str, error: StashCapabilityError) -> bool:
    """Whether an error names the required release, if known, and the server's."""
    newer = needs_newer(version, error.message)
    unknown = "is not known to this server" in error.message or "is needed by this server" in error.message
    return (newer or unknown) and f"v{version}" in error.message


@VERSION
def test_every_operation(version: str) -> None:
    """With required arguments and default selection; missing operations name their release."""
    wrong, sent, lacking, errors = {}, 0, [], []
    for name in OPERATIONS:
        try:
            text, variables = built(version, name, required_arguments(name))
        except StashCapabilityError as error:
            lacking.append(name)
            errors.append(error)
            continue
        sent += 1
        wrong.update({name: document_errors(schema_of(version), text, variables)})  # type: ignore[arg-type]
    assert {name: found for name, found in wrong.items() if found} == {}
    assert [error.message for error in errors if not refused(version, error)] == []
    unnamed = [
        e.message for e in errors if "needs Stash" not in e.message and "is needed by" not in e.message
    ]
    assert version == OLD or unnamed == []  # the small schema is smaller than its release
    assert len(OPERATIONS) == sent + len(lacking)
    require_only_newer(version, (error.message for error in errors))


@VERSION
@table_test("name", OPERATIONS)
def test_every_argument_and_input_field(version: str, name: str) -> None:
    """Each is sent in a form that the server accepts, or rejected."""
    messages: list[StashCapabilityError] = []
    for args in variants(name):
        try:
            text, variables = built(version, name, args, one_field(name), quiet=True)
        except StashCapabilityError as error:
            messages.append(error)
            continue
        assert document_errors(schema_of(version), text, variables) == [], (text, variables)  # type: ignore[arg-type]
    assert [error.message for error in messages if not refused(version, error)] == []
    require_only_newer(version, (error.message for error in messages))


@VERSION
def test_every_field_of_every_result_type(version: str) -> None:
    """Deprecated and large fields included, when requested by name; missing ones warn."""
    for name in OPERATIONS:
        result = document.describe(name)[1].type.name
        if not selection.is_composite(result):
            continue
        paths = [path for path in every_path(result) if path]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                text, variables = built(version, name, required_arguments(name), paths)
            except StashCapabilityError:
                continue
        assert document_errors(schema_of(version), text, variables) == [], text  # type: ignore[arg-type]
        assert {each.category for each in caught} <= {StashUnmappedFieldWarning}
        require_only_newer(version, (str(each.message) for each in caught))


def every_path(type_name: str) -> list[str]:
    """All fields of a type, and of the rows of a page type."""
    declared = API.types[type_name]
    names = [field.name for field in declared.fields.values() if not field.needs_args]
    if declared.members:
        names = selection.default_paths(type_name)
    if not type_name.startswith("Find"):
        return names
    rows = next(field for field in declared.fields.values() if field.type.is_list)
    return [
        *(n for n in names if n != rows.name),
        *(f"{rows.name}.{path}" for path in every_path(rows.type.name)),
    ]


@VERSION
def test_releases_agree_with_the_schemas(version: str) -> None:
    """No name has a release newer than a server with it, or older than one without it."""
    server, wrong = release_capabilities(version), []
    for name, has in presence(version):
        release = since(name)
        if release is None:
            assert version != "0.30.1" or has or is_adapted(name), f"{name} is new in 0.31"
        elif (number(release) > number(server.version[1:])) is has and not is_adapted(name):
            wrong.append((name, release, has))
    assert wrong == []


def presence(version: str) -> Iterator[tuple[str, bool]]:
    """Every operation, type, field, enum value and argument, and whether a server has it."""
    server = release_capabilities(version)
    if len(server.facts["types"]) < 200:
        return
    for kind, operations in zip(
        ("query", "mutation", "subscription"), (API.queries, API.mutations, {}), strict=True
    ):
        for name, field in operations.items():
            yield name, server.has_operation(kind, name)
            for arg in field.args if server.has_operation(kind, name) else ():
                yield f"{name}({arg})", arg in server.arguments(kind, name)
    for name, declared in API.types.items():
        if declared.kind in ("OBJECT", "INPUT_OBJECT", "INTERFACE", "ENUM"):
            yield name, server.has_type(name)
        if server.has_type(name):
            yield from ((f"{name}.{field}", server.type_has_field(name, field)) for field in declared.fields)
            yield from ((f"{name}.{value}", value in server.enum_values(name)) for value in declared.values)


def is_adapted(name: str) -> bool:
    """Whether an older server has it by another name."""
    return name != older_name(name)


@pytest.fixture(scope="session")
def known_servers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared cache of server schemas, so that each is introspected once."""
    return tmp_path_factory.mktemp("known")


# A download is not a document.
METHODS = sorted(
    name
    for cls in StashClient.__mro__
    if ".mixins." in cls.__module__
    for name, value in vars(cls).items()
    if inspect.isfunction(value) and not name.startswith("_") and name != "download"
)


BY_NAME = {
    ("set_plugins_enabled", "enabled_map"): {"a": True},
    ("find_performer", "performer"): 1,
    ("update_performer_image", "image_url"): "https://example.com/1.jpg",
    ("update_gallery_images", "mode"): "SET",
    ("saved_defaults", "task"): "scan",
    ("saved_defaults", "input_type"): "ScanMetadataInput",
    **{
        (f"stashbox_batch_{noun}_tag", "input_data"): {"refresh": True, "createParent": True}
        for noun in ("performer", "studio", "tag")
    },
}
KEPT = ("on_multiple", "timeout", "period", "return_fields")
"""Parameters that keep their default."""
BY_ANNOTATION = {
    "Source": {"scraper_id": "1"},
    "Kind": "Scraper",
    "Specs": [{"id": "a", "sourceURL": "b"}],
}


def argument(method: str, name: str, annotation: str) -> Any:
    """An argument for a parameter, derived from its annotation."""
    head = annotation.partition(" |")[0]
    if (method, name) in BY_NAME or head in BY_ANNOTATION:
        return BY_NAME.get((method, name), BY_ANNOTATION.get(head))
    api_type = next((word for word in re.findall(r"\w+", annotation) if word in API.types), None)
    value = api_value(method, api_type) if api_type else plain_value(annotation)
    return [value] if annotation.startswith("Sequence") else value


def api_value(method: str, name: str) -> Any:
    if API.types[name].kind != "OBJECT":
        return sample(TypeRef(name))
    cls = getattr(types, name)
    if method.startswith("map_"):
        return "2024"
    if not method.startswith("create_"):
        if name not in ENTITIES:
            return cls.from_graphql({})
        found = cls.from_graphql({"id": "1"})
        setattr(found, ENTITIES[name].label, "2024")
        return found
    more = {
        "scene": types.Scene.from_graphql({"id": "1"}),
        "primary_tag": types.Tag.from_graphql({"id": "1"}),
    }
    marker = {**more, "seconds": 1.0} if name == "SceneMarker" else {}
    return cls(**{ENTITIES[name].label: "2024", **marker})


def plain_value(annotation: str) -> Any:
    words = {"Times": ["2024-01-02T03:04:05Z"], "bool": True, "int": 1, "float": 1.0, "Dict": {}, "dict": {}}
    return next((value for word, value in words.items() if re.search(rf"\b{word}\b", annotation)), "1")


def calls(method: str) -> Iterator[dict[str, Any]]:
    """Keyword arguments: the required ones, and all; objects are created for each call."""
    rows = [
        p for p in inspect.signature(getattr(StashClient, method)).parameters.values() if p.name != "self"
    ]
    for wanted in ([p for p in rows if p.default is inspect.Parameter.empty], rows):
        kept = {p.name: p.default for p in wanted if p.name in KEPT}
        yield {p.name: argument(method, p.name, str(p.annotation)) for p in wanted} | kept


@VERSION
@table_test("method", METHODS)
def test_every_method(
    version: str, method: str, known_servers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a method sends is valid; unsupported calls are rejected, naming the release if known."""
    monkeypatch.chdir(tmp_path)  # some methods write files to a given path
    server = SchemaServer(schema_of(version), version)  # type: ignore[arg-type]
    messages: list[StashError] = []

    async def main() -> None:
        async with StashClient(server.session(known_servers / version)) as client:
            for given in calls(method):
                await call(client, given)

    async def call(client: StashClient, given: dict[str, Any]) -> None:
        found = getattr(client, method)(**given)
        try:
            await (found if inspect.isawaitable(found) else found.__aenter__())
        except StashError as error:
            messages.append(error)

    run(main())
    assert server.errors == []
    if method == "create_image":
        assert "cannot be created" in messages[0].message
        return
    expected = [e for e in messages if isinstance(e, StashCapabilityError) and refused(version, e)]
    others = [
        error.message for error in messages if error not in expected and "websocket" not in error.message
    ]
    assert others == []
    assert version != VERSIONS[0] or server.documents
    require_only_newer(version, (error.message for error in expected))
