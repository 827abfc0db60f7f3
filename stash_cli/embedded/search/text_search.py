"""Text search (`q`): its query language and the columns that it searches.

All words must match; `-word` excludes a word, `a or b` matches either, and "double quotes" enclose a phrase.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)

from stash_cli.embedded import tables as t
from stash_cli.embedded.library import sql

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIGRAM = 3
_INDEX = table("scenes_search", column("rowid"))
_TOKEN = re.compile(r'-?"[^"]*"(?= |$)|[^ ]+')


@dataclass
class SearchSpec:
    """A parsed search: all of `must`, one of each list in `either`, none of `must_not`."""

    must: list[str] = field(default_factory=list)
    either: list[list[str]] = field(default_factory=list)
    must_not: list[str] = field(default_factory=list)


def parse_search(text: str) -> SearchSpec:
    """Parse a search text."""
    tokens = _TOKEN.findall(text.strip())
    spec, position = SearchSpec(), 0
    while position < len(tokens):
        position += _any_of(tokens, position, spec) or _single(tokens[position], spec)
    return spec


def _any_of(tokens: list[str], start: int, spec: SearchSpec) -> int:
    """Parse `a or b or c` and return its number of tokens.

    The first separator may also be `|`, the others only `or`, as on the server.
    """
    if start + 2 >= len(tokens) or tokens[start + 1].lower() not in ("or", "|"):
        return 0
    terms, count = [tokens[start], tokens[start + 2]], 3
    while start + count + 1 < len(tokens) and tokens[start + count].lower() == "or":
        terms.append(tokens[start + count + 1])
        count += 2
    spec.either.append([_unquoted(term) for term in terms])
    return count


def _single(token: str, spec: SearchSpec) -> int:
    if token.startswith("-") and len(token) > 1:
        spec.must_not.append(_unquoted(token[1:]))
    else:
        spec.must.append(_unquoted(token))
    return 1


def _unquoted(token: str) -> str:
    quoted = len(token) > 1 and token[0] == token[-1] == '"'
    return token[1:-1] if quoted else token


_Rows = tuple[ColumnElement[Any], FromClause, list[ColumnElement[Any]]]


def _with_files(table: Any, link: Any, owner: str) -> tuple[FromClause, list[ColumnElement[Any]]]:
    fingerprints = t.files_fingerprints
    joined = (
        table.outerjoin(link, link.c[owner] == table.c.id)
        .outerjoin(t.files, t.files.c.id == link.c.file_id)
        .outerjoin(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
        .outerjoin(fingerprints, fingerprints.c.file_id == t.files.c.id)
    )
    return joined, [sql.full_path(), cast(fingerprints.c.fingerprint, Text)]


def _scene() -> _Rows:
    joined, columns = _with_files(t.scenes, t.scenes_files, "scene_id")
    joined = joined.outerjoin(t.scene_markers, t.scene_markers.c.scene_id == t.scenes.c.id)
    return t.scenes.c.id, joined, [t.scenes.c.title, t.scenes.c.details, *columns, t.scene_markers.c.title]


def _image() -> _Rows:
    joined, columns = _with_files(t.images, t.images_files, "image_id")
    return t.images.c.id, joined, [t.images.c.title, *columns]


def _gallery() -> _Rows:
    joined, columns = _with_files(t.galleries, t.galleries_files, "gallery_id")
    own_folder = t.folders.alias()
    chapters = t.galleries_chapters
    joined = joined.outerjoin(own_folder, own_folder.c.id == t.galleries.c.folder_id).outerjoin(
        chapters, chapters.c.gallery_id == t.galleries.c.id
    )
    return t.galleries.c.id, joined, [t.galleries.c.title, own_folder.c.path, *columns, chapters.c.title]


def _with_aliases(table: Any, aliases: Any, owner: str, *names: str) -> _Rows:
    joined = table.outerjoin(aliases, aliases.c[owner] == table.c.id)
    return table.c.id, joined, [*(table.c[name] for name in names), aliases.c.alias]


def _group() -> _Rows:
    return t.groups.c.id, t.groups, [t.groups.c.name, t.groups.c.aliases]


def _marker() -> _Rows:
    markers = t.scene_markers
    joined = markers.join(t.scenes, t.scenes.c.id == markers.c.scene_id).join(
        t.tags, t.tags.c.id == markers.c.primary_tag_id
    )
    return markers.c.id, joined, [markers.c.title, t.scenes.c.title, t.tags.c.name]


def _file() -> _Rows:
    joined = t.files.join(t.folders, t.folders.c.id == t.files.c.parent_folder_id)
    return t.files.c.id, joined, [sql.full_path()]


SEARCH_COLUMNS: dict[str, Callable[[], _Rows]] = {
    "Scene": _scene,
    "Image": _image,
    "Gallery": _gallery,
    "Performer": lambda: _with_aliases(t.performers, t.performer_aliases, "performer_id", "name"),
    "Studio": lambda: _with_aliases(t.studios, t.studio_aliases, "studio_id", "name"),
    "Tag": lambda: _with_aliases(t.tags, t.tag_aliases, "tag_id", "name", "sort_name"),
    "Group": _group,
    "Movie": _group,
    "SceneMarker": _marker,
    "BaseFile": _file,
    "Folder": lambda: (t.folders.c.id, t.folders, [t.folders.c.path]),
}
"""For each type: the id, the joined tables, and the searched columns."""


def search_condition(type_name: str, entity: FromClause, text: str | None) -> ColumnElement[bool] | None:
    """Condition that one joined row of `entity` satisfies the whole search; None for an empty text."""
    spec = parse_search(text or "")
    if not (spec.must or spec.either or spec.must_not):
        return None
    id_, joined, columns = SEARCH_COLUMNS[type_name]()
    conditions = [or_(*_like_any(columns, [word])) for word in spec.must]
    conditions += [or_(*_like_any(columns, words)) for words in spec.either]
    conditions += [func.coalesce(c, "").not_like(f"%{word}%") for word in spec.must_not for c in columns]
    # The trigram index preselects scenes, because LIKE on each joined row of all scenes takes seconds.
    if type_name == "Scene" and (phrases := trigram_query(spec)):
        conditions.append(id_.in_(scenes_matching(phrases)))
    return entity.c.id.in_(select(id_).select_from(joined).where(and_(*conditions)))


def scenes_matching(phrases: str) -> Select[Any]:
    """The ids of scenes that match a query of the trigram index."""
    return select(_INDEX.c.rowid).where(literal_column(_INDEX.name).op("MATCH")(phrases))


def trigram_query(spec: SearchSpec) -> str:
    """A query of the trigram index that matches a superset of `spec`; "" if no term can use the index.

    The index finds sequences of at least three characters; the wildcards `%` and `_` end a sequence.
    """
    groups = [[_sequences(word) for word in words] for words in ([word] for word in spec.must)]
    groups += [[_sequences(word) for word in words] for words in spec.either]
    return " AND ".join(f"({' OR '.join(words)})" for words in groups if all(words))


def _sequences(word: str) -> str:
    sequences = (
        sequence.replace('"', '""') for sequence in re.split("[%_\x00]", word) if len(sequence) >= _TRIGRAM
    )
    return " AND ".join(f'"{sequence}"' for sequence in sequences)


def _like_any(columns: list[ColumnElement[Any]], words: list[str]) -> list[ColumnElement[bool]]:
    return [column.like(f"%{word}%") for word in words for column in columns]
