"""Scripts written for today's Python library find every name they use, with its parameters."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from support import reference
from table_tests import table_test

import stash_cli
from stash_cli.core import errors, types
from stash_cli.core.capabilities import EmbeddedCapabilities, ServerCapabilities
from stash_cli.core.client import BatchOperation, BatchResult, StashClient
from stash_cli.core.context import StashContext
from stash_cli.core.orm.state import InstanceState
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import StashObject

OWN = """
### StashClient
- `async initialize() -> None`
- `async execute(query: str, variables: dict[str, Any] | None = None, result_type: type | None = None)`
- `async execute_batch(operations: list[BatchOperation], *, max_batch_size: int = 250) -> BatchResult`
- `async find_scenes(filter_: dict | None = None, scene_filter: dict | None = None, q: str | None = None)`
- `async create_performer(performer: Performer) -> Performer`
- `async metadata_scan(paths: list[str] | None = None, flags: dict[str, Any] | None = None) -> str`
- `async bulk_image_update(input_data: BulkImageUpdateInput | dict, *, return_fields: str | None = None)`
- `async wait_for_job(job_id: str | int, status: JobStatus = JobStatus.FINISHED, period: float = 1.5)`
- `async map_tag_ids(tags: list[str | dict[str, Any] | Tag], create: bool = False) -> list[str]`
- `subscribe_to_jobs() -> AsyncContextManager[AsyncIterator[JobStatusUpdate]]`
### StashEntityStore
- `__init__(client: StashClient, default_ttl: timedelta | int | None = timedelta(minutes=30)) -> None`
- `async get(entity_type: type[T], entity_id: str, fields: list[str] | None = None) -> T | None`
- `async find(entity_type: type[T], **filters: Any) -> list[T]`
- `async save_all(*, max_batch_size: int = 250) -> BatchResult`
- `property cache_size`
### StashContext
- `__init__(conn: dict[str, Any] | None = None, verify_ssl: bool | str = True) -> None`
- `property store`
### StashObject
- `classmethod new(cls: type[T], **data: Any) -> T`
- `is_dirty() -> bool`
- `classmethod async merge(cls, client: StashClient, source_ids: list[str], destination_id: str)`
### errors: StashError(RuntimeError), StashGraphQLError(StashError), StashBatchError(StashError)
### BatchOperation/BatchResult: return_fields, result, error | raw_response, succeeded, __getitem__, __len__
### ServerCapabilities: has_query, type_has_field, has_studio_custom_fields, uses_new_duplication_type
### names in `types`
BaseFile, BulkUpdateIdMode, FromGraphQLMixin, FuzzyDate, OnMultipleMatch, Scene, StashIDInput, UNSET, is_set
"""
"""An excerpt of the list, for machines without it."""

HOMES: dict[str, type] = {
    "StashClient": StashClient,
    "StashEntityStore": StashEntityStore,
    "StashContext": StashContext,
    "StashObject": StashObject,
}
HELPERS = {
    f"{name} helpers": name
    for name in ("Scene", "Image", "Gallery", "Performer", "Studio", "Tag", "Group", "SceneMarker")
}
NOT_NAMES = ("relationships:", "tracked:", "side mutations:")
DEVIATIONS: dict[str, str] = {
    "StashEntityStore.find_iter": "conditions are positional, as in `find`; a number before them is the batch"
}
"""`Class.name` -> reason for a deliberate difference."""

WORDS = {
    "SET": "SET",
    "en": "en",
    "JobStatus.FINISHED": "FINISHED",
    "timedelta(minutes=30)": timedelta(minutes=30),
    "OnMultipleMatch.RETURN_FIRST": types.OnMultipleMatch.RETURN_FIRST,
}
"""Defaults that are not literals."""


@dataclass(frozen=True)
class Listed:
    """A callable or property of the list."""

    home: str
    text: str

    @property
    def name(self) -> str:
        return re.sub(r"\(.*", "", self.text).split()[-1]

    @property
    def function(self) -> ast.AsyncFunctionDef | ast.FunctionDef:
        """Its parameters, parsed; defaults stay text."""
        parameters = self.text[self.text.index("(") : self.text.rindex(")", 0, _end(self.text)) + 1]
        [parsed] = ast.parse(f"def f{parameters}: ...").body
        assert isinstance(parsed, ast.FunctionDef)
        return parsed


def _end(text: str) -> int:
    """Index of the end of the parameters."""
    return text.index(" -> ") if " -> " in text else len(text)


def surface() -> str:
    path = reference("api-surface.md")
    return path.read_text(encoding="utf-8") if path else OWN


def listed() -> Iterator[Listed]:
    """Every callable and property of the list."""
    home = ""
    for line in surface().splitlines():
        if line.startswith("### "):
            home = line[4:].strip()
        elif line.startswith("- ") and home and not line.startswith(tuple(f"- {x}" for x in NOT_NAMES)):
            yield Listed(
                "StashClient" if home.endswith(("Mixin", "ClientBase")) else home, line[3:].strip("`")
            )


def members(heading: str) -> list[str]:
    """Comma-separated names after a heading."""
    lines = surface().splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(f"### {heading}"))
    text = lines[at].partition(":")[2] or next(line for line in lines[at + 1 :] if line.strip())
    return [name.strip() for name in re.split(r"[,|]", text)]


def default_of(node: ast.expr) -> Any:
    text = ast.unparse(node)
    return WORDS[text] if text in WORDS else ast.literal_eval(node)


def expected(listed: Listed) -> list[tuple[str, str, Any]]:
    """(name, kind, default) of every parameter except self and cls."""
    args = listed.function.args
    positional = [*args.posonlyargs, *args.args]
    defaults = [inspect.Parameter.empty] * (len(positional) - len(args.defaults))
    defaults += [default_of(node) for node in args.defaults]
    rows = [(arg.arg, "positional", default) for arg, default in zip(positional, defaults, strict=True)]
    rows += [
        (arg.arg, "keyword", default_of(node) if node else inspect.Parameter.empty)
        for arg, node in zip(args.kwonlyargs, args.kw_defaults, strict=True)
    ]
    rows += [(arg.arg, "rest", inspect.Parameter.empty) for arg in (args.vararg, args.kwarg) if arg]
    return [row for row in rows if row[0] not in ("self", "cls")]


def actual(value: Any) -> list[tuple[str, str, Any]]:
    """(name, kind, default) of every parameter of our function."""
    kinds = {
        "POSITIONAL_OR_KEYWORD": "positional",
        "POSITIONAL_ONLY": "positional",
        "KEYWORD_ONLY": "keyword",
    }
    rows = inspect.signature(value).parameters.values()
    return [
        (p.name, kinds.get(p.kind.name, "rest"), p.default) for p in rows if p.name not in ("self", "cls")
    ]


def differences(wanted: list[tuple[str, str, Any]], ours: list[tuple[str, str, Any]]) -> list[str]:
    """Incompatibilities for callers of the listed signature; ours may accept more."""
    wrong = []
    known = {row[0]: row for row in ours}
    order = [row[0] for row in ours if row[1] == "positional"]
    for index, row in enumerate(wanted):
        name, kind, default = row
        if kind == "rest":
            wrong += [] if any(each[1] == "rest" for each in ours) else [f"takes no further {name}"]
        elif name not in known or (kind == "positional" and order[index : index + 1] != [name]):
            wrong.append(f"lacks {name} in place {index}")
        elif known[name][2] != default:
            wrong.append(f"{name} is {known[name][2]!r} by default, not {default!r}")
    names = {row[0] for row in wanted}
    more = [r for r in ours if r[0] not in names and r[1] != "rest" and r[2] is inspect.Parameter.empty]
    return wrong + [f"wants {row[0]}, too" for row in more]


def check(home: type, each: Listed) -> None:
    value = inspect.getattr_static(home, each.name, None)
    assert value is not None or hasattr(home, each.name), f"{home.__name__} has no {each.name}"
    if each.text.startswith("property"):
        assert isinstance(value, property), each.name
        return
    function = getattr(home, each.name)
    if "async " in each.text:
        assert inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function), each.name
    assert differences(expected(each), actual(function)) == []


@table_test("each", list(listed()), ids=lambda each: f"{each.home}.{each.name}")
def test_names_and_parameters(each: Listed) -> None:
    if f"{each.home}.{each.name}" not in DEVIATIONS:
        check(HOMES.get(each.home) or getattr(types, HELPERS[each.home]), each)


def test_entities_have_few_names_beside_their_fields() -> None:
    """State is kept outside the objects, so that their names are those of the API and of `StashObject`."""
    known = {*dir(BaseModel), *types.Scene.model_fields}
    own = [name for name in dir(types.Scene) if not name.startswith("_") and name not in known]
    assert len(own) <= 45, own
    assert set(own) & set(dir(InstanceState)) <= {"get_changed_fields"}


def test_whole_list_is_covered() -> None:
    assert {each.home for each in listed()} <= {*HOMES, *HELPERS}
    assert reference("api-surface.md") is None or len(list(listed())) > 300


@table_test("name", members("names in `types`"))
def test_type(name: str) -> None:
    assert getattr(types, name) is not None
    assert name in dir(types)


@table_test("text", [x for x in members("errors:") if "(" in x])
def test_error(text: str) -> None:
    name, base = text.rstrip(")").split("(")
    cls = getattr(errors, name)
    assert base in [each.__name__ for each in cls.__mro__]


def test_batches() -> None:
    line = next(line for line in surface().splitlines() if line.startswith("### BatchOperation"))
    operation, result = line.partition(":")[2].split("|")
    assert [x for x in operation.split(",") if not hasattr(BatchOperation("version"), x.strip())] == []
    assert [x for x in result.split(",") if not hasattr(BatchResult([]), x.strip())] == []


@table_test("name", members("ServerCapabilities:"))
def test_capability(name: str) -> None:
    value = getattr(EmbeddedCapabilities(), name)
    assert callable(value) or value is True
    assert callable(value) or isinstance(getattr(ServerCapabilities({"types": {}}), name), bool)


def test_public_names() -> None:
    names = [name for name in vars(errors) if name.startswith("Stash")]
    names += ["StashClient", "StashContext", "StashEntityStore", "BatchOperation", "BatchResult"]
    names += ["ServerCapabilities", "Scene", "Performer", "Tag", "StashObject", "UNSET", "__version__"]
    assert [name for name in names if not hasattr(stash_cli, name)] == []
    assert set(names) <= set(dir(stash_cli))
    modules = ("types", "errors", "context", "store", "client", "capabilities")
    assert all(__import__(f"stash_cli.core.{name}") for name in modules)
