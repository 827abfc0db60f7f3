"""Columns that identify objects: ids, paths, hashes, and the database that they belong to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.journal.databases import TYPES, fits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.core.edits.journal.databases import Fingerprint
    from stash_cli.core.types.entities import Entity

DATABASE = "database"
_FILES = {"Scene": ("files",), "Image": ("visual_files",), "Gallery": ("files", "folder")}
_HASHES = {"Scene": {"oshash": "oshash", "phash": "phash"}, "Image": {"checksum": "md5"}}
_HASHES["Gallery"] = _HASHES["Image"]


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """A column that identifies objects: the paths to read, and the lookup that finds many values at once.

    `hash` is the type of a fingerprint; "" for other columns. `is_written` is true if an import can set it.
    """

    name: str
    paths: tuple[str, ...]
    lookup: str = ""
    hash: str = ""
    is_written: bool = False

    def values(self, row: Mapping[str, Any]) -> list[str]:
        """All values of an object: a scene with two files has two paths."""
        found: list[str] = []
        for path in self.paths:
            first, _, rest = path.partition(".")
            value = row.get(first)
            items = value if isinstance(value, list) else [value] if value is not None else []
            found += [text for item in items for text in self._texts(item, rest)]
        return list(dict.fromkeys(found))

    def _texts(self, item: Any, rest: str) -> list[str]:
        if not isinstance(item, dict):
            return [str(item)] if item != "" else []
        if self.hash:
            prints = item.get("fingerprints") or ()
            return [str(each["value"]) for each in prints if each["type"] == self.hash and each["value"]]
        value = item.get(rest)
        return [str(value)] if value else []


def identities(entity: Entity) -> dict[str, Identity]:
    """The columns that identify objects of an entity, by name; the id first."""
    found = [Identity("id", ("id",))]
    files = _FILES.get(entity.type, ())
    if files:
        found.append(Identity("path", tuple(f"{each}.path" for each in files), "path__in"))
    for name, kind in _HASHES.get(entity.type, {}).items():
        paths = (f"{files[0]}.fingerprints.type", f"{files[0]}.fingerprints.value")
        found.append(Identity(name, paths, f"{name}__in" if name != "phash" else "", kind))
    if "stash_ids" in entity.api.fields:
        paths = ("stash_ids.stash_id", "stash_ids.endpoint")
        found.append(Identity("stash_id", paths[:1], "stash_id__in", is_written=True))
    if entity.type != "SceneMarker":
        found.append(Identity(entity.label, (entity.label,), f"{entity.label}__in", is_written=True))
    if "disambiguation" in entity.api.fields:
        found.append(Identity("disambiguation", ("disambiguation",), is_written=True))
    return {each.name: each for each in found}


def exported_identities(entity: Entity) -> list[Identity]:
    """The exported identities besides the id: those that a scan derives from a file."""
    return [each for each in identities(entity).values() if not each.is_written and each.name != "id"]


def database_text(fingerprint: Fingerprint) -> str:
    """Format the fingerprint of a database as one short word.

    >>> database_text({"Tag": ["1", "2024-01-01T00:00:00Z"]})
    '1-ac5f22.-.-'
    """
    return ".".join(
        "-".join((fingerprint[name][0], _short(fingerprint[name][1]))) if name in fingerprint else "-"
        for name in TYPES
    )


def is_same_database(text: str, fingerprint: Fingerprint) -> bool | None:
    """Whether the word in a file is of this database; None if the fingerprints share no object."""
    if not re.fullmatch(r"(?:(?:\d+-[0-9a-f]{6}|-)(?:\.|\Z)){3}", text):
        return None
    known = {name: part.split("-") for name, part in zip(TYPES, text.split("."), strict=True) if part != "-"}
    return fits(known, {name: [one, _short(made)] for name, (one, made) in fingerprint.items()})


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:6]


def is_damaged(text: str) -> bool:
    """Whether a spreadsheet has converted an id or a hash to a number: `1E+15`, `1.2e15`."""
    return re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+\d+", text) is not None
