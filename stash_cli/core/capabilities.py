"""The schema of one server: its introspection, and the operations, types and fields it has."""

from __future__ import annotations

import re
import warnings
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stash_cli.core.errors import StashCapabilityError, StashUnmappedFieldWarning
from stash_cli.core.graphql.compat.answers import is_older
from stash_cli.core.graphql.compat.inputs import OPERATIONS
from stash_cli.core.graphql.releases import SINCE, number, older_name, since
from stash_cli.core.graphql.shapes import Shapes
from stash_cli.core.types.api import TypeRef, describe_api

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_RELEASE_TEXT = re.compile(r"v?(\d+\.\d+)(\.\d+)?")
KINDS = ("query", "mutation", "subscription")


class _HasField:
    """Descriptor: whether the server's type has a field."""

    def __init__(self, type_name: str, field: str) -> None:
        self.type_name, self.field = type_name, field

    def __get__(self, server: ServerCapabilities, _: type[ServerCapabilities]) -> bool:
        return server.type_has_field(self.type_name, self.field)


class ServerCapabilities:
    """Operations, types and fields of one server, from a reduced introspection (`reduce_introspection`).

    `version` and `hash` are the server's; a development build may have no version.
    """

    has_studio_custom_fields = _HasField("Studio", "custom_fields")
    has_tag_custom_fields = _HasField("Tag", "custom_fields")
    has_performer_career_start_end = _HasField("Performer", "career_start")
    has_scene_custom_fields = _HasField("Scene", "custom_fields")
    has_studio_organized = _HasField("Studio", "organized")
    has_gallery_custom_fields = _HasField("Gallery", "custom_fields")
    has_group_custom_fields = _HasField("Group", "custom_fields")
    has_image_custom_fields = _HasField("Image", "custom_fields")
    has_folder_basename = _HasField("Folder", "basename")
    has_folder_sub_folders = _HasField("Folder", "sub_folders")
    has_scraped_tag_parent = _HasField("ScrapedTag", "parent")

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.version: str = facts.get("version") or ""
        self.hash: str = facts.get("hash") or ""
        self.facts = facts
        self._fields: dict[str, dict[str, str]] = {}
        self._warned: set[str] = set()

    def has_operation(self, kind: str, name: str) -> bool:
        return name in self.facts["operations"].get(kind, {})

    def has_query(self, name: str) -> bool:
        return self.has_operation("query", name)

    def has_mutation(self, name: str) -> bool:
        return self.has_operation("mutation", name)

    def has_subscription(self, name: str) -> bool:
        return self.has_operation("subscription", name)

    def has_type(self, name: str) -> bool:
        return name in self.facts["types"]

    def type_has_field(self, type_name: str, field: str) -> bool:
        return field in self._fields_of(type_name)

    input_has_field = type_has_field

    def field_type(self, type_name: str, field: str) -> str | None:
        """Type of a field in GraphQL notation."""
        return self._fields_of(type_name).get(field)

    def is_input(self, type_name: str) -> bool:
        """Whether the type has fields: it is not an enum, scalar or map."""
        return bool(self._fields_of(type_name))

    def arguments(self, kind: str, operation: str) -> dict[str, str]:
        """Argument -> type of an operation."""
        return _split(self.facts["operations"].get(kind, {}).get(operation, ""))

    def fields(self, type_name: str) -> dict[str, str]:
        """Field -> type of an object or input type; {} for any other."""
        return _split(self.facts["types"].get(type_name, ""))

    def enum_values(self, type_name: str) -> tuple[str, ...]:
        """Values of an enum; () for any other type."""
        return tuple(self.facts.get("enums", {}).get(type_name, "").split())

    def type_name(self, name: str) -> str:
        """The server's name of a type."""
        return name if self.has_type(name) else older_name(name)

    def field_name(self, type_name: str, field: str) -> str | None:
        """The server's name of a field; None where it has no such field."""
        known = self._fields_of(self.type_name(type_name))
        return next((name for name in (field, older_name(field)) if name in known), None)

    def has_path(self, type_name: str, path: str) -> bool:
        """Whether the server has every field of a selection path such as `stash_ids.updated_at`."""
        name, _, rest = path.partition(".")
        found = self.field_name(type_name, name)
        if found is None or not rest:
            return found is not None
        inner = TypeRef(self.field_type(self.type_name(type_name), found) or "").name
        return self.has_path(inner, rest)

    def has_single_url(self, type_name: str) -> bool:
        """Whether a type has `url` and no `urls`, as all types had in older releases."""
        known = self._fields_of(self.type_name(type_name))
        return "urls" not in known and "url" in known

    def operation_name(self, kind: str, name: str) -> str:
        """The server's name of an operation; raises StashCapabilityError where it has none."""
        # The current name first, because servers keep older names for a while, as deprecated ones.
        for known in (name, older_name(name), OPERATIONS.get(name, name)):
            if self.has_operation(kind, known):
                return known
        raise self.missing_error(name)

    @cached_property
    def release(self) -> tuple[int, ...]:
        """The release, such as (0, 30); derived from the schema where the server has no version."""
        found = _RELEASE_TEXT.match(self.version)
        if found:
            return number(found[1])
        return max(
            (number(known) for known, names in SINCE.items() if known and self._has_any(names)), default=()
        )

    def is_since(self, release: str) -> bool:
        """Whether the server may have what `release` introduced.

        A development build may have some of what the next release will introduce.
        """
        if not self.release:
            return True
        major, minor = self.release
        ahead = not _RELEASE_TEXT.fullmatch(self.version)
        return (major, minor + ahead) >= number(release)

    def _has_any(self, names: str) -> bool:
        """Whether the server has any of the operations and fields in `names`."""
        return any(
            self.type_has_field(*name.split("."))
            if "." in name
            else self.has_query(name) or self.has_mutation(name)
            for name in names.split()
            if "(" not in name
        )

    @cached_property
    def shapes(self) -> Shapes:
        """Checks of answers against the types of this server."""
        return Shapes(self)

    @cached_property
    def is_older(self) -> bool:
        """Whether some results have an older shape and need `compat.answers.restore`."""
        return is_older(self)

    def missing_error(self, name: str) -> StashCapabilityError:
        """The error that names what the server lacks, and the release that introduced it."""
        release = since(name)
        needs = f"needs Stash {release} or newer; " if release else "is not known to this server; "
        return StashCapabilityError(f"{name} {needs}this server is {self.version or self.hash or 'older'}.")

    def required_error(self, name: str) -> StashCapabilityError:
        """The error for a field or argument that is required by this server only."""
        return StashCapabilityError(f"{name} is needed by this server; it is {self.version or self.hash}.")

    def warn_missing(self, type_name: str, field: str) -> None:
        """Warn, once per field, that the server lacks it."""
        name = f"{type_name}.{field}"
        # Once for each field, as a listing selects the same fields in every page.
        if name not in self._warned:
            self._warned.add(name)
            message = str(self.missing_error(name)).rstrip(".")
            warnings.warn(f"{message}; the field is left out.", StashUnmappedFieldWarning, stacklevel=2)

    def _fields_of(self, type_name: str) -> dict[str, str]:
        found = self._fields.get(type_name)
        if found is None:
            found = self._fields[type_name] = self.fields(type_name)
        return found

    @cached_property
    def has_performer_career_date_strings(self) -> bool:
        """Whether career dates are text (since schema 85); before that they were years."""
        return TypeRef(self.field_type("Performer", "career_start") or "").name == "String"

    @property
    def takes_partial_dates(self) -> bool:
        """Whether a date may be a month or a year."""
        return self.is_since("0.30")

    @property
    def uses_new_duplication_type(self) -> bool:
        return self.has_type("DuplicationCriterionInput")


def _split(text: str) -> dict[str, str]:
    return dict(pair.split(":", 1) for pair in text.split(" ")) if text else {}


class EmbeddedCapabilities(ServerCapabilities):
    """The schema of the embedded library: the API description itself, read as needed."""

    def __init__(self) -> None:
        self._api = describe_api()
        super().__init__({"version": self._api.version})

    def has_operation(self, kind: str, name: str) -> bool:
        try:
            return self._api.operation(name)[0] == kind
        except KeyError:
            return False

    @property
    def is_older(self) -> bool:
        return False

    def has_type(self, name: str) -> bool:
        return name in self._api.types

    def arguments(self, kind: str, operation: str) -> dict[str, str]:
        if not self.has_operation(kind, operation):
            return {}
        return {name: ref.text for name, ref in self._api.operation(operation)[1].args.items()}

    def fields(self, type_name: str) -> dict[str, str]:
        declared = self._api.types.get(type_name)
        known = declared.fields.values() if declared else ()
        # The embedded library has the release of the API description, in which `since` marks newer fields.
        return {field.name: field.type.text for field in known if field.since is None}

    def enum_values(self, type_name: str) -> tuple[str, ...]:
        declared = self._api.types.get(type_name)
        return tuple(declared.values) if declared else ()


VERSION_FIELD = "_server: version { version hash }"
"""Field that is selected along with queries, to detect that the server has changed."""

# Enough levels of `ofType` for arguments and fields; the result types of operations are not read.
_TYPE = "kind name"
for _ in range(4):
    _TYPE = f"kind name ofType {{ {_TYPE} }}"
_TYPE = f"type {{ {_TYPE} }}"
INTROSPECTION = (
    "query Introspection { __schema { queryType { name } mutationType { name } subscriptionType { name }"
    f" types {{ kind name fields(includeDeprecated: true) {{ name args {{ name {_TYPE} }} {_TYPE} }}"
    f" inputFields {{ name {_TYPE} }} enumValues(includeDeprecated: true) {{ name }} }} }} {VERSION_FIELD} }}"
)


def reduce_introspection(data: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of an introspection's `data` that ServerCapabilities uses.

    Fields are joined into one text per type, so that hundreds of types load in a millisecond; only the types
    that are used are parsed.
    """
    schema, server = data["__schema"], data.get("_server") or {}
    types = {declared["name"]: declared for declared in schema["types"]}
    roots = {kind: (schema.get(f"{kind}Type") or {}).get("name") for kind in KINDS}
    return {
        "version": server.get("version") or "",
        "hash": server.get("hash") or "",
        "operations": {
            kind: {field["name"]: _join(field["args"]) for field in _fields(types.get(root))}
            for kind, root in roots.items()
        },
        "types": {
            name: _join([*_fields(declared), *(declared.get("inputFields") or ())])
            for name, declared in types.items()
            if not name.startswith("__") and name not in roots.values()
        },
        "enums": {
            name: " ".join(value["name"] for value in declared["enumValues"])
            for name, declared in types.items()
            if declared.get("enumValues") and not name.startswith("__")
        },
    }


def _fields(declared: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return (declared or {}).get("fields") or []


def _join(fields: Iterable[Mapping[str, Any]]) -> str:
    return " ".join(f"{field['name']}:{notation(field['type'])}" for field in fields)


def notation(declared: Mapping[str, Any]) -> str:
    """An introspected type in GraphQL notation: `[Scene!]!`."""
    if declared["kind"] == "NON_NULL":
        return f"{notation(declared['ofType'])}!"
    if declared["kind"] == "LIST":
        return f"[{notation(declared['ofType'])}]"
    return str(declared["name"])
