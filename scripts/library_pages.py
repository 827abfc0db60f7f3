"""The reference of the Python library: what mkdocstrings describes, and the fields of the types."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "python"
CORE = "stash_cli.core"
PAGES = {
    "context": ("Contexts", (f"{CORE}.context.StashContext", f"{CORE}.plugins.context.PluginContext")),
    "store": ("The store", (f"{CORE}.store.store.StashEntityStore", f"{CORE}.query.q.Q")),
    "errors": ("Classes of errors", (f"{CORE}.errors",)),
}
"""Pages that come from docstrings: name -> title and objects."""
BASE = ("initialize", "close", "capabilities", "execute", "execute_batch")
"""Methods of a client that are no single operation of the API."""
FILES = ("VideoFile", "ImageFile", "GalleryFile", "Folder")


def library_pages() -> Iterator[tuple[Path, str]]:
    """All pages of the reference."""
    for name, (title, objects) in PAGES.items():
        yield FOLDER / f"{name}.md", page(title, map(directive, objects))
    base = directive(f"{CORE}.client.base.StashClientBase", BASE)
    client = directive(f"{CORE}.client.client.StashClient")
    yield FOLDER / "client.md", page("The client", [client, base, *map(directive, mixins())])
    yield FOLDER / "types.md", page("Types", [TYPES, directive(f"{CORE}.types.entity.StashObject"), *types()])


def page(title: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def directive(name: str, members: Iterable[str] = ()) -> str:
    """A mkdocstrings directive: the description of an object, or of some of its members."""
    listed = ", ".join(members)
    return f"::: {name}" + (f"\n    options:\n      members: [{listed}]" if listed else "")


def table(heading: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in (heading, *rows)]
    return "\n".join([lines[0], "|---" * (lines[0].count("|") - 1) + "|", *lines[1:]])


def mixins() -> Iterator[str]:
    """The classes with the operations of the client, in the order in which it inherits them."""
    from stash_cli.core.client import StashClient

    for cls in StashClient.__mro__:
        if ".mixins." in cls.__module__:
            yield f"{cls.__module__}.{cls.__qualname__}"


TYPES = """\
All types are imported from `stash_cli.core.types`, the eight kinds of objects also from `stash_cli`. A field
has a value, `None`, or `UNSET` where it was not read. The types below are the API's: `!` is never null,
`[...]` a list, a name of an object the class of that name. `stash explain NAME` tells the same of every other
type, of inputs and of filters."""


def types() -> Iterator[str]:
    """A section for each kind of object and of file: its fields, and the methods of its own."""
    from stash_cli.core.graphql.releases import since
    from stash_cli.core.types.api import describe_api
    from stash_cli.core.types.entities import ENTITIES

    methods = dict(methods_by_type())
    for name in (*ENTITIES, *FILES):
        fields = describe_api().types[name].fields.values()
        rows = [
            (f"`{each.attr}`", f"`{each.type.text}`", since(f"{name}.{each.name}") or "")
            for each in fields
            if not each.deprecated
        ]
        yield f"## {name}\n\n{table(('field', 'type', 'since'), rows)}"
        if name in methods:
            yield f"```text\n{methods[name]}\n```"


def methods_by_type() -> Iterator[tuple[str, str]]:
    """Name of a type and the signatures of its own methods, from the generated stub."""
    stub = ROOT / "stash_cli" / "core" / "orm" / "entity_methods.pyi"
    for cls in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(cls, ast.ClassDef):
            found = [ast.unparse(each).removesuffix(":\n    ...") for each in cls.body]
            signatures = [" ".join(text.split()).removesuffix(": ...") for text in found]
            yield cls.name.removesuffix("Methods"), "\n".join(signatures)
