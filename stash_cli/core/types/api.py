"""The API as data: types, fields and operations, read without importing any type.

`api.json` beside this file is derived from the types (`scripts/generate`); a test compares the two. Code
that only needs names (selections, flags, lookups, the embedded schema) reads it here and so starts
without importing Pydantic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class TypeRef(NamedTuple):
    """A type in GraphQL notation, and its parts: `[Scene!]!` is a non-null list of non-null Scene."""

    text: str

    @property
    def name(self) -> str:
        """The named type inside all lists and exclamation marks."""
        return self.text.strip("[]!")

    @property
    def is_list(self) -> bool:
        return self.text.startswith("[")

    @property
    def is_nested(self) -> bool:
        """Whether it is a list of lists."""
        return self.text.startswith("[[")

    @property
    def required(self) -> bool:
        return self.text.endswith("!")

    def __str__(self) -> str:
        return self.text


class ApiField(NamedTuple):
    """A field, an input field or an operation, with its properties."""

    name: str
    type: TypeRef
    attr: str
    args: Mapping[str, TypeRef] = MappingProxyType({})
    defaults: Mapping[str, Any] = MappingProxyType({})
    deprecated: str | None = None
    lazy: bool = False
    input: str | None = None
    since: str | None = None
    """Release that introduced it, where that is newer than the API version of the description."""
    range: tuple[float | None, float | None] | None = None

    @classmethod
    def load(cls, name: str, raw: str | dict[str, Any]) -> ApiField:
        if isinstance(raw, str):
            return cls(name, TypeRef(raw), name)
        facts = dict(raw)
        args = {key: TypeRef(text) for key, text in facts.pop("args", {}).items()}
        bounds = facts.pop("range", None)
        return cls(
            name,
            TypeRef(facts.pop("type")),
            facts.pop("attr", name),
            args,
            range=tuple(bounds) if bounds else None,
            **facts,
        )

    @property
    def needs_args(self) -> bool:
        """Whether it cannot be selected without arguments."""
        return any(ref.required for ref in self.args.values())


@dataclass(frozen=True, eq=False)
class ApiType:
    """A named type: OBJECT, INTERFACE, UNION, INPUT_OBJECT, ENUM or SCALAR."""

    name: str
    raw: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.raw["kind"])

    @property
    def module(self) -> str:
        """Module below `stash_cli.core.types` that declares it."""
        return str(self.raw["module"])

    @property
    def doc(self) -> str:
        return str(self.raw.get("doc", ""))

    @property
    def is_entity(self) -> bool:
        """Whether its objects have an identity of their own, so that other objects refer to them by id."""
        return bool(self.raw.get("entity"))

    @cached_property
    def fields(self) -> dict[str, ApiField]:
        return {name: ApiField.load(name, raw) for name, raw in self.raw.get("fields", {}).items()}

    def field(self, name: str) -> ApiField | None:
        """The field by its API name or attribute name."""
        return self.fields.get(name) or next((f for f in self.fields.values() if f.attr == name), None)

    @property
    def is_file(self) -> bool:
        """Whether it is a file: it has an id, but belongs to the object whose file it is."""
        return "basename" in self.fields and "size" in self.fields

    @property
    def reference(self) -> tuple[str, ...]:
        """The fields that identify an entity where another one refers to it: its id and label."""
        return ("id", *(name for name in ("name", "title", "path") if name in self.fields))[:2]

    @property
    def values(self) -> dict[str, str | None]:
        """Values of an enum, each with its deprecation or None."""
        return dict(self.raw.get("values", {}))

    @property
    def members(self) -> list[str]:
        """Object types of a union or interface."""
        return list(self.raw.get("members", ()))


class Api:
    """All types and operations; use :func:`describe_api` for the shared, loaded one."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.version: str = raw["version"]
        self.types = {name: ApiType(name, facts) for name, facts in raw["types"].items()}
        self._operations: dict[str, dict[str, Any]] = raw["operations"]

    @cached_property
    def queries(self) -> dict[str, ApiField]:
        return self._load("query")

    @cached_property
    def mutations(self) -> dict[str, ApiField]:
        return self._load("mutation")

    @cached_property
    def subscriptions(self) -> dict[str, ApiField]:
        return self._load("subscription")

    @cached_property
    def abstract_types(self) -> dict[str, set[str]]:
        """The interfaces and unions of each object type that belongs to any."""
        interfaces: dict[str, set[str]] = {}
        for name, declared in self.types.items():
            for member in declared.members:
                interfaces.setdefault(member, set()).add(name)
        return interfaces

    def _load(self, kind: str) -> dict[str, ApiField]:
        return {name: ApiField.load(name, raw) for name, raw in self._operations[kind].items()}

    def operation(self, name: str) -> tuple[str, ApiField]:
        """The kind ("query", "mutation", "subscription") and description of an operation."""
        for kind in ("query", "mutation", "subscription"):
            if name in self._operations[kind]:
                return kind, ApiField.load(name, self._operations[kind][name])
        raise KeyError(name)


@cache
def describe_api() -> Api:
    """The API that this package was written for."""
    # Read from JSON, because importing the types themselves takes twenty times as long.
    text = Path(__file__).with_name("api.json").read_text(encoding="utf-8")
    return Api(json.loads(text))


BANDS: dict[str, tuple[int, int]] = {
    "VERY_LOW": (144, 239),
    "LOW": (240, 359),
    "R360P": (360, 479),
    "STANDARD": (480, 539),
    "WEB_HD": (540, 719),
    "STANDARD_HD": (720, 1079),
    "FULL_HD": (1080, 1439),
    "QUAD_HD": (1440, 1919),
    "VR_HD": (1920, 2159),
    "FOUR_K": (1920, 2559),
    "FIVE_K": (2560, 2999),
    "SIX_K": (3000, 3583),
    "SEVEN_K": (3584, 3839),
    "EIGHT_K": (3840, 6143),
    "HUGE": (6144, 9999),
}
"""Minimum and maximum pixels of the shorter side, by value of ResolutionEnum."""

BAND_LABELS = {
    "VERY_LOW": "144p",
    "LOW": "240p",
    "R360P": "360p",
    "STANDARD": "480p",
    "WEB_HD": "540p",
    "STANDARD_HD": "720p",
    "FULL_HD": "1080p",
    "QUAD_HD": "1440p",
    "FOUR_K": "4k",
    "FIVE_K": "5k",
    "SIX_K": "6k",
    "SEVEN_K": "7k",
    "EIGHT_K": "8k",
    "HUGE": "Huge",
}
"""The name of each band in the web interface; VR_HD, which lies within FOUR_K, has none."""


def band_label(pixels: float) -> str:
    """The name of the resolution with this number of pixels on the shorter side; `100p` without a name."""
    known = (BAND_LABELS[band] for band, (least, most) in BANDS.items() if least <= pixels <= most)
    return next(known, f"{int(pixels)}p")
