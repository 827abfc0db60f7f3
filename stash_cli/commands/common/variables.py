"""GraphQL variables from the command line: `-f name=text`, and `-F name=value` with a type.

`filter.per_page=5` sets a field of an input, `ids[]=12` appends to a list. If the type is declared, a String
stays text (`q=2024`), a picture file becomes a data URI, and an upload is sent as a file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashInputError, did_you_mean
from stash_cli.core.orm.images import FIELDS
from stash_cli.core.texts import ENCODINGS, read_text_file
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.output.streams import Streams

_TEXTS = frozenset({"String", "ID", "Time", "Timestamp"})


class Variables:
    """Variables and their values; `types` are the declared types, empty where none are declared."""

    def __init__(self, types: Mapping[str, TypeRef], streams: Streams) -> None:
        self.types = types
        self.streams = streams
        self.values: dict[str, Any] = {}

    def add(self, assignment: str, *, typed: bool) -> None:
        """Add a `name=value` assignment; raises StashInputError for an unknown name or a bad value."""
        name, equals, text = assignment.partition("=")
        if not equals or not name:
            raise StashInputError(f"{assignment!r} is not NAME=VALUE")
        path = name.removesuffix("[]").split(".")
        ref = self._type(path)
        value = self.read(text, ref, path[-1]) if typed else text
        if name.endswith("[]"):
            self._put(path, [*self._values_at(path), value])
        else:
            # A single value for a list is a list of one, as GraphQL coerces it.
            wraps = ref is not None and ref.is_list and value is not None and not isinstance(value, list)
            self._put(path, [value] if wraps else value)

    def read(self, text: str, ref: TypeRef | None, name: str) -> Any:
        """Parse a typed value: a number, true, false, null, JSON, `@FILE`, else text."""
        kind = ref.name if ref else ""
        if text.startswith("@"):
            return self._file(text[1:], ref, name)
        if text == "null":
            return None
        # The declared type decides: 2024 for a String stays text.
        if _is_text(kind) and not (ref and ref.is_list and text.startswith("[")):
            return text
        try:
            return json.loads(text)
        except ValueError:
            return text

    def _file(self, name: str, ref: TypeRef | None, field: str) -> Any:
        """Read a file, as JSON for an object or a list; a picture or an upload stays a file name."""
        kind = ref.name if ref else ""
        if kind == "Upload" or (kind == "String" and field in FIELDS):
            return name
        text = read_text(name, self.streams)
        is_json = ref.is_list or not _is_text(kind) if ref else name.endswith(".json")
        return as_json(text, name) if is_json else text

    def _type(self, path: list[str]) -> TypeRef | None:
        """The declared type at `path`; raises StashInputError for an unknown name."""
        if path[0] not in self.types:
            near = did_you_mean(path[0], self.types)
            raise StashInputError(f"no variable {path[0]!r} is declared. {near}".rstrip())
        ref: TypeRef | None = self.types[path[0]]
        for step in path[1:]:
            declared = describe_api().types.get(ref.name) if ref else None
            if declared is None or declared.kind != "INPUT_OBJECT":
                return None
            if step not in declared.fields:
                near = did_you_mean(step, declared.fields)
                raise StashInputError(f"{declared.name} has no field {step!r}. {near}".rstrip())
            ref = declared.fields[step].type
        return ref

    def _values_at(self, path: list[str]) -> list[Any]:
        value: Any = self.values
        for step in path:
            value = value.get(step, []) if isinstance(value, dict) else []
        return value if isinstance(value, list) else [value]

    def _put(self, path: list[str], value: Any) -> None:
        target = self.values
        for step in path[:-1]:
            inner = target.setdefault(step, {})
            if not isinstance(inner, dict):
                raise StashInputError(f"{'.'.join(path)}: {step} already has a value")
            target = inner
        target[path[-1]] = value


def _is_text(kind: str) -> bool:
    declared = describe_api().types.get(kind)
    return kind in _TEXTS or (declared is not None and declared.kind == "ENUM")


def read_text(name: str, streams: Streams) -> str:
    """The text of a file, or of standard input for `-`."""
    if name == "-":
        return streams.read()
    try:
        return read_text_file(Path(name).expanduser())
    except OSError as error:
        raise StashInputError(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise StashInputError(f"{name} is not a text file in {ENCODINGS}") from None
    except (RuntimeError, ValueError):  # a home folder that is not known, a NUL in the name
        raise StashInputError(f"{name!r} is not the path of a file") from None


def as_json(text: str, name: str) -> Any:
    """Parse the JSON of a file."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise StashInputError(f"{name} is not JSON: {error}") from None
