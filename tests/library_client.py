"""A client of an in-process library that returns the data or the only error of an operation."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from stash_cli.core.private_files import create_private
from stash_cli.core.types.api import describe_api
from stash_cli.embedded import Library, open_library
from stash_cli.embedded import tables as t

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
PICTURE = f"data:image/png;base64,{PNG}"
PICTURE_BYTES = base64.b64decode(PNG)


class LibraryClient:
    """Executes operations on a library and unpacks the result."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def __call__(self, document: str, **variables: Any) -> Any:
        """The value of the only root field; fails on any error."""
        outcome = self.library.execute(document, variables)
        assert not outcome.errors, outcome.errors
        assert outcome.data is not None
        return next(iter(outcome.data.values()))

    def error(self, document: str, **variables: Any) -> str:
        """Message of the only error."""
        errors = self.library.execute(document, variables).errors
        assert len(errors) == 1, errors
        assert "path" in errors[0]
        return str(errors[0]["message"])

    def write(self, operation: str, selection: str = "{ id }", /, **given: Any) -> Any:
        """Execute a mutation with an `input` object."""
        return self(mutation(operation, selection), input=given)

    def write_error(self, operation: str, selection: str = "{ id }", /, **given: Any) -> str:
        """Error message of a rejected mutation."""
        return self.error(mutation(operation, selection), input=given)

    def create(self, operation: str, **given: Any) -> str:
        """Create an object; return its id."""
        return str(self.write(operation, **given)["id"])


def mutation(operation: str, selection: str) -> str:
    """The document of a mutation whose one argument is `input`."""
    given = describe_api().mutations[operation].args["input"]
    return f"mutation($input: {given}) {{ {operation}(input: $input) {selection} }}"


def copy_empty_library(path: Path) -> Path:
    """Put an empty library at `path` unless the file exists; creating one takes ten times as long."""
    if create_private(path):
        path.write_bytes(_empty_library())
    return path


@cache
def _empty_library() -> bytes:
    """File content of an empty library."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        open_library(str(path)).close()
        return path.read_bytes()


def add_tags(path: Path, count: int) -> list[str]:
    """Insert `count` tags called "tag 0" and so on, and return their ids; mutations take 0.01 s each."""
    with open_library(str(path)) as library, library.database.write() as connection:
        connection.execute(t.tags.insert(), [{"name": f"tag {n}", **_STAMPS} for n in range(count)])
        found = connection.scalars(select(t.tags.c.id).where(t.tags.c.name.like("tag %")).order_by("id"))
        return [str(id_) for id_ in found]


_STAMPS = dict.fromkeys(("created_at", "updated_at"), "2024-01-02T03:04:05Z")


@contextmanager
def library_client(path: Path) -> Iterator[LibraryClient]:
    """A client of a new library at `path`, closed at the end of the block."""
    with open_library(str(copy_empty_library(path))) as library:
        yield LibraryClient(library)
