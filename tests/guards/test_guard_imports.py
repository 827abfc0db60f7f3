"""Imports follow the layers in one direction, and startup imports only what is used."""

from __future__ import annotations

import ast
import json
from importlib.util import find_spec

import pytest
from support import ROOT, fresh_python
from table_tests import table_test

from stash_cli.core.edits.journal.resources import RESOURCES

PACKAGE = ROOT / "stash_cli"

ALLOWED = {
    "stash_cli.core.unset": ("core.errors",),
    "stash_cli.core.errors": ("core.near_names",),
    "stash_cli.core.near_names": (),
    "stash_cli.core.texts": (),
    "stash_cli.core.public_fetch": (),
    "stash_cli.core.types": ("core.errors", "core.unset", "core.orm", "core.texts"),
    "stash_cli.core.orm": ("core.errors", "core.unset", "core.types"),
    "stash_cli.core.tasks": (),
    "stash_cli.core.many_keys": (),
    "stash_cli.core.edits": (
        "core.errors",
        "core.unset",
        "core.types",
        "core.orm",
        "core.graphql",
        "core.tasks",
        "core.private_files",
        "core.path_maps",
        "core.query",
        "core.server_settings",
        "core.log",
        "core.sidecars",
        "core.many_keys",
        "core.texts",
    ),
    "stash_cli.core.sidecars": ("core.errors", "core.texts", "core.types"),
    "stash_cli.core.syntax": (),
    "stash_cli.core.log": ("core.errors", "core.syntax"),
    "stash_cli.core.atomic_files": (),
    "stash_cli.core.records": ("core.atomic_files", "core.errors", "core.texts"),
    "stash_cli.core.run_lock": ("core.errors", "core.private_files", "core.client"),
    "stash_cli.core.server_url": ("core.errors", "core.texts"),
    "stash_cli.core.path_maps": ("core.errors", "core.texts"),
    "stash_cli.core.key_sources": ("core.errors", "core.texts"),
    "stash_cli.core.settings_file": ("core.errors", "core.texts"),
    "stash_cli.core.settings_edit": (
        "core.atomic_files",
        "core.errors",
        "core.settings_file",
        "core.private_files",
    ),
    "stash_cli.core.settings": (
        "core.errors",
        "core.log",
        "core.texts",
        "core.server_url",
        "core.key_sources",
    ),
    "stash_cli.core.profile": (
        "core.errors",
        "core.key_sources",
        "core.path_maps",
        "core.server_url",
        "core.settings",
        "core.settings_file",
    ),
    "stash_cli.core.profiles": (
        "core.errors",
        "core.profile",
        "core.server_url",
        "core.settings",
        "core.settings_file",
    ),
    "stash_cli.core.login": ("core.client", "core.errors", "core.settings", "core.transport"),
    "stash_cli.core.graphql": (
        "core.types",
        "core.errors",
        "core.unset",
        "core.syntax",
        "core.log",
        "core.transport",
    ),
    "stash_cli.core.transport": (
        "core.errors",
        "core.settings",
        "core.server_url",
        "core.log",
        "core.syntax",
        "core.texts",
    ),
    "stash_cli.core.query": ("core.types", "core.errors", "core.unset", "core.graphql", "core.texts"),
    "stash_cli.core.client": (
        "core.atomic_files",
        "core.capabilities",
        "core.near_names",
        "core.texts",
        "core.syntax",
        "core.transport",
        "core.graphql",
        "core.query",
        "core.types",
        "core.orm",
        "core.tasks",
        "core.edits",
        "core.errors",
        "core.settings",
        "core.log",
        "core.private_files",
        "core.unset",
    ),
    "stash_cli.core.store": (
        "core.client",
        "core.query",
        "core.graphql",
        "core.types",
        "core.orm",
        "core.edits",
        "core.errors",
        "core.unset",
    ),
    "stash_cli.core.statistics": ("core.types", "core.graphql", "core.errors", "core.texts"),
    "stash_cli.core.templates": ("core.types", "core.graphql", "core.errors", "core.texts"),
    "stash_cli.core.capabilities": ("core.graphql", "core.types", "core.errors"),
    "stash_cli.core.explain": ("core.types", "core.graphql", "core.query", "core.errors"),
    "stash_cli.core.context": ("core",),
    "stash_cli.core.doctor": ("core",),
    "stash_cli.core.plugins": ("core",),
    "stash_cli.embedded": (
        "core.atomic_files",
        "core.types",
        "core.errors",
        "core.private_files",
        "core.public_fetch",
        "core.sidecars",
        "core.texts",
        "core.unset",
    ),
    "stash_cli.output": ("core.errors", "core.texts", "core.plugins.protocol"),
    "stash_cli.commands": ("core", "output"),
    "stash_cli.program": ("core", "output", "commands"),
    "stash_cli.app": ("program", "core", "output", "commands"),
    "stash_cli.__main__": ("app", "program", "output"),
    "stash_cli": ("core",),
}
"""Module or package -> what it may import besides itself; the longest matching name applies."""

ONE_WAY_IN = {
    ("stash_cli.commands.embedded", "stash_cli.embedded"): "serving and locating libraries is its subject",
}


def layer(module: str) -> str:
    parts = module.split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next(name for name in names if name in ALLOWED)


def module_name(path: object) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts  # type: ignore[attr-defined]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.AST) -> set[str]:
    """Modules of this package imported at run time, without TYPE_CHECKING blocks."""
    found: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        found |= imports_of(node)
    return {name for name in found if name.startswith("stash_cli")}


def permitted(importer: str, imported: str) -> bool:
    home = layer(importer)
    if imported == home or (imported.startswith(f"{home}.") and home != "stash_cli"):
        return True
    if any(importer == a and imported.startswith(b) for a, b in ONE_WAY_IN):
        return True
    if imported == "stash_cli.__version__":
        return True
    return any(imported == f"stash_cli.{x}" or imported.startswith(f"stash_cli.{x}.") for x in ALLOWED[home])


@table_test("path", sorted(PACKAGE.rglob("*.py")), ids=module_name)
def test_imports_follow_the_layers(path: object) -> None:
    importer = module_name(path)
    tree = ast.parse(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    wrong = sorted(name for name in imports_of(tree) if not permitted(importer, name))
    assert not wrong, f"{importer} may not import {wrong}"


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("core", "embedded"),
        ("core/orm", "core.edits"),
        ("core/types", "core.edits"),
        ("core/edits", "core.store"),
    ],
)
def test_type_checking_imports_follow_the_layers_too(importer: str, imported: str) -> None:
    """`core.transport` opens an embedded library by its dotted name."""
    found = set()
    for path in (PACKAGE / importer).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found |= {(path.name, f"{node.module}.{alias.name}") for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {(path.name, alias.name) for alias in node.names}
    assert not {name for name in found if name[1].startswith(f"stash_cli.{imported}")}


LOADED = "import json, sys; from stash_cli.__main__ import main\ntry: main()\nexcept SystemExit: pass\n"
LOADED += "print(); print(json.dumps(sorted(sys.modules)))"


def loaded_by(*argv: str) -> set[str]:
    """Modules in memory after the command line ran with `argv`."""
    code = f"import sys; sys.argv = ['stash', *{list(argv)!r}]\n{LOADED}"
    return set(json.loads(fresh_python(code).splitlines()[-1]))


def heavy(modules: set[str], *names: str) -> set[str]:
    return {name for name in modules if name.split(".")[0] in names}


def test_version_starts_light() -> None:
    assert not heavy(loaded_by("--version"), "httpx", "pydantic", "rich", "asyncio")


def test_find_without_a_query_imports_no_query_language(
    embedded_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STASH_URL", embedded_url)
    for argv in (
        ["--version"],
        ["scenes", "find", "--ids"],
        ["scenes", "count"],
        ["scenes", "find", "--help"],
    ):
        modules = loaded_by("tag", "create", "--name", "A") and loaded_by(*argv)
        used = {name for name in modules if name.startswith("stash_cli.core.query.language")}
        assert not used, f"{argv}: {used}"
    with_query = loaded_by("scenes", "find", "rating:80..")
    assert "stash_cli.core.query.language.parser" in with_query


def test_help_starts_light() -> None:
    modules = loaded_by("--help")
    assert not heavy(modules, "httpx", "pydantic", "asyncio", "rich", "msgspec")
    assert not {name for name in modules if name.startswith("stash_cli.core.types.")} - {
        "stash_cli.core.types.api",
        "stash_cli.core.types.entities",
    }


@pytest.mark.parametrize("words", [("sce",), ("scenes", "find", "--rat"), ("scan", "--progress", "")])
def test_completion_starts_light(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_STASH_COMPLETE", "1")
    modules = loaded_by(*words)
    assert not heavy(modules, "typer", "httpx", "pydantic", "asyncio", "rich")
    assert not {name for name in modules if name.startswith(("stash_cli.core.types", "stash_cli.core.query"))}


def test_reading_needs_no_pydantic(served_url: str) -> None:
    modules = loaded_by(
        "--server", served_url, "scenes", "find", "--rating100-gte", "80", "--json", "--limit", "25"
    )
    assert not heavy(modules, "pydantic", "rich", "sqlalchemy", "graphql", "msgspec")


def test_reading_builds_no_flags_and_opens_no_socket(served_url: str) -> None:
    modules = loaded_by("--server", served_url, "scenes", "find", "--json", "--limit", "25")
    assert not heavy(modules, "websockets", "decimal", "secrets")
    derived = (
        "stash_cli.commands.argv.filter_flags",
        "stash_cli.commands.argv.input_flags",
        "stash_cli.core.query.lookups",
    )
    assert not {*derived, "stash_cli.core.transport.websocket"} & modules


def test_missing_settings_file_imports_no_parser(served_url: str) -> None:
    modules = loaded_by("--server", served_url, "scenes", "find", "--json", "--limit", "25")
    assert not heavy(modules, "tomllib", "tomlkit", "keyring", "getpass")
    mine = (
        "core.profile",
        "core.profiles",
        "core.path_maps",
        "core.settings_edit",
        "commands.argv.command_defaults",
    )
    assert not {f"stash_cli.{name}" for name in mine} & modules


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_help_of_an_editing_command_imports_no_write_code(verb: str) -> None:
    modules = loaded_by("scene", verb, "--help")
    writing = tuple(f"stash_cli.core.{name}" for name in ("edits", "client", "graphql", "orm."))
    assert {name for name in modules if name.startswith(writing)} <= {"stash_cli.core.orm.images"}


def test_garbage_collector_does_not_run_at_startup_and_exit() -> None:
    code = """
import atexit, gc, sys
from stash_cli.__main__ import main
looked = []
gc.collect()
gc.callbacks.append(lambda phase, _: looked.append(phase))
atexit.register(lambda: print("", len(looked), gc.get_freeze_count()))
sys.argv = ["stash", "scenes", "find", "--help"]
main()
"""
    looked, frozen = map(int, fresh_python(code).split()[-2:])
    assert looked == 0
    assert frozen > 10_000


def test_public_names_are_lazy() -> None:
    code = "import json, sys, stash_cli; print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(fresh_python(code)))
    assert not heavy(modules, "httpx", "pydantic", "rich", "asyncio", "typer")


def test_importing_one_type_does_not_build_the_others() -> None:
    code = "from stash_cli.core.types import Tag; Tag(name='x'); "
    modules = set(json.loads(fresh_python(code + "import json, sys; print(json.dumps(sorted(sys.modules)))")))
    assert "stash_cli.core.types.scene" not in modules


def test_one_client_area_does_not_build_types_of_others(embedded_url: str) -> None:
    code = f"""
import asyncio, json, sys
from stash_cli import StashContext
async def main():
    async with StashContext({embedded_url!r}) as client:
        made = await client.create_tag(__import__("stash_cli").Tag(name="A"))
        assert (await client.find_tags()).tags[0].id == made.id
asyncio.run(main())
built = [m for m in sys.modules if m.startswith("stash_cli.core.types.")]
classes = [c for m in built for c in vars(sys.modules[m]).values() if hasattr(c, "__pydantic_complete__")]
whole = sorted({{c.__name__ for c in classes if c.__pydantic_complete__}})
print(json.dumps([built, whole]))
"""
    modules, whole = json.loads(fresh_python(code))
    for area in ("scene", "performer", "scraper", "config", "plugin", "inputs.scene", "filters.scene"):
        assert f"stash_cli.core.types.{area}" not in modules
    assert [name for name in whole if not name.startswith(("Tag", "Find"))] == []


def test_modules_imported_by_name_exist() -> None:
    for each in RESOURCES.values():
        assert find_spec(f"stash_cli.core.edits.{each.module}"), each
