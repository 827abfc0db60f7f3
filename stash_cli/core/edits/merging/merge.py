"""Merges: what moves to the destination, in which order, and what is checked before any deletion."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.core.edits.drafts.recheck import paths_of
from stash_cli.core.edits.gallery_contents import is_scanned
from stash_cli.core.edits.merging.combine import RULES, Combination, Rule, conflicting, joined
from stash_cli.core.edits.merging.references import CHILDREN, Reference, references_to
from stash_cli.core.edits.operation import Operation
from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.edit import Change, Edit, key_of
from stash_cli.core.orm.input import before_of, merge_operation
from stash_cli.core.orm.relationship import relationships
from stash_cli.core.orm.side_mutations import COUNTED
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.merging.combine import Row

SERVER_MERGES = ("Scene", "Performer", "Tag")
"""Types that servers merge by a mutation, in recent releases."""
_GROUPS_KEEP_TAGS = "0.29"
"""First release whose merge of tags also moves the tags of groups."""
HISTORIES = ("play_history", "o_history")


@dataclass
class Merge:
    """Merge of `sources` into `destination`, which are rows of the API with `paths_to_read`.

    `moves` are edits of other objects that refer to a source; `find_references` fills them in.
    """

    combination: Combination
    server: ServerCapabilities
    moves: list[Edit] = field(default_factory=list)

    @property
    def type(self) -> str:
        return self.combination.type

    @property
    def target(self) -> str:
        """The id of the destination."""
        return str(self.combination.destination["id"])

    @property
    def sources(self) -> list[str]:
        """The ids of the sources."""
        return [str(row["id"]) for row in self.combination.sources]

    @property
    def is_done_by_server(self) -> bool:
        """Whether a mutation of this server moves the references to the sources, and deletes them."""
        if self.type not in SERVER_MERGES:
            return False
        return self.server.has_mutation(merge_operation(self.type))

    def check(self) -> None:
        """Raise StashInputError for objects that cannot be merged."""
        if self.target in self.sources:
            raise StashInputError("an object cannot be merged into itself")
        for row in self.combination.sources if self.type == "Gallery" else ():
            if is_scanned(row):
                raise StashInputError(
                    f"gallery {row['id']} is a folder or an archive, and the server keeps its images in it"
                )
            if row.get("chapters"):
                raise StashInputError(
                    f"gallery {row['id']} has chapters, which count its own images: delete them first"
                )
        self.values()

    def values(self) -> list[Edit]:
        """The edits of the destination."""
        return [*(joined(edit) for edit in self.combination.edits()), *self._counts()]

    def _counts(self) -> Iterator[Edit]:
        """Sums of the play and O counters, if the server has no histories, which its merge would move."""
        rows = (self.combination.destination, *self.combination.sources)
        for history, name in COUNTED.items() if self.type == "Scene" else ():
            counts = [row.get(name) or 0 for row in rows]
            if not self.server.field_name("Scene", history) and any(counts[1:]):
                yield Edit("Scene", self.target, name, counts[0], sum(counts))

    def first(self) -> list[Edit]:
        """The edits that are made before the sources are deleted."""
        late = list(conflicting(self.type, self.values()))
        return [*(edit for edit in self.values() if edit not in late), *self.moves]

    def late(self, now: Row) -> list[Edit]:
        """The edits of the destination after the sources are deleted; `now` is its row then."""
        again = Combination(self.type, now, self.combination.sources, self.combination.takes)
        edits = (edit for edit in again.edits() if RULES[self.type][edit.field] is not Rule.SUM)
        return [*map(joined, edits), *self._repeated_times()]

    def _repeated_times(self) -> Iterator[Edit]:
        """Removals of duplicate times: the merge joins histories, and scenes may have the same time."""
        if self.type != "Scene":
            return
        for name in HISTORIES:
            rows = (self.combination.destination, *self.combination.sources)
            counts = Counter(time for row in rows for time in set(row.get(name) or ()))
            times = [time for time, count in counts.items() for _ in range(count - 1)]
            if times:
                merged = [time for row in rows for time in row.get(name) or ()]
                yield Edit("Scene", self.target, name, merged, Change(removed=tuple(times)))

    def repeated_markers(self) -> list[str]:
        """Ids of the sources' markers that duplicate another one: same second, same primary tag."""
        seen: set[tuple[Any, Any]] = set()
        duplicates = []
        for row in (self.combination.destination, *self.combination.sources):
            for marker in row.get("scene_markers") or ():
                key = (marker["seconds"], marker["primary_tag"]["id"])
                if key in seen and row is not self.combination.destination:
                    duplicates.append(str(marker["id"]))
                seen.add(key)
        return duplicates

    def last(self) -> Operation:
        """The operation that deletes the sources: the merge of the server, or a deletion."""
        if not self.is_done_by_server:
            from stash_cli.core.edits.plan import plan_destroy

            [operation] = plan_destroy(self.type, self.sources, {}, size=len(self.sources))
            return operation
        merge_input: dict[str, Any] = {"source": self.sources, "destination": self.target}
        if self.type == "Scene":
            merge_input["values"] = {"id": self.target}  # 0.22 fails without values
            known = [name for name in HISTORIES if self.server.field_name("SceneMergeInput", name)]
            merge_input |= dict.fromkeys(known, True)
        return Operation(merge_operation(self.type), {"input": merge_input}, (self.target,))

    def moved_by_hand(self) -> list[Reference]:
        """References that edits move to the destination, because the server does not move them."""
        references = references_to(self.type)
        if not self.is_done_by_server:
            return [
                *(each for each in references if not each.is_owned),
                *([CHILDREN["Studio"]] if self.type == "Studio" else []),
            ]
        if self.type == "Tag" and not self.server.is_since(_GROUPS_KEEP_TAGS):
            return [each for each in references if each.type == "Group"]
        return []

    def warnings(self) -> Iterator[str]:
        """Warnings of losses, and of what cannot be undone, a sentence each."""
        rows = self.combination.sources
        if (
            self.type == "Scene"
            and not self.combination.destination.get("files")
            and any(row.get("files") for row in rows)
        ):
            yield "a source's first file becomes the destination's primary file, and cannot be moved back"
        if any(has_picture(row) for row in rows):
            yield "the destination keeps its own picture: those of the sources go"


PICTURES = ("image_path", "front_image_path")


def has_picture(row: Row) -> bool:
    """Whether an object has a picture; servers mark the URL of the default picture."""
    return any(row.get(name) and "default=true" not in row[name] for name in PICTURES)


def paths_to_read(type_name: str, server: ServerCapabilities) -> list[str]:
    """Paths of the rows of a merge."""
    markers = [f"scene_markers.{name}" for name in ("id", "seconds", "primary_tag.id")]
    more = {
        "Scene": ["files.id", *markers, *HISTORIES, *_counters(server)],
        "Gallery": ["files.id", "folder.id", "chapters.id"],
    }.get(type_name, [])
    pictures = [name for name in PICTURES if name in ENTITIES[type_name].api.fields]
    paths = [*paths_of(type_name, RULES[type_name]), ENTITIES[type_name].label, *pictures, *more]
    return [path for path in dict.fromkeys(paths) if server.has_path(type_name, path)]


def _counters(server: ServerCapabilities) -> list[str]:
    return [name for history, name in COUNTED.items() if not server.field_name("Scene", history)]


async def find_references(session: Session, merge: Merge) -> None:
    """Read the objects that refer to a source and are moved by edits; fills `moves`."""
    for each in merge.moved_by_hand():
        rows = await naming(session, each, merge.sources, each.fields)
        merge.moves += [
            edit for row in rows if not _is_merged(each, row, merge) for edit in _moves(each, row, merge)
        ]


def _is_merged(each: Reference, row: Row, merge: Merge) -> bool:
    """Whether an object that refers to a source is the destination or another source."""
    return each.type == merge.type and row["id"] in (merge.target, *merge.sources)


async def count_remaining_references(session: Session, merge: Merge) -> int:
    """Number of objects that still refer to a source, and would lose the reference."""
    rows = [
        row
        for each in merge.moved_by_hand()
        for row in await naming(session, each, merge.sources, ())
        if not _is_merged(each, row, merge)
    ]
    return len(rows)


async def naming(
    session: Session, each: Reference, ids: Sequence[str], fields: Iterable[str]
) -> list[dict[str, Any]]:
    """Read the objects that refer to any of `ids`, with these fields."""
    entity, server = ENTITIES[each.type], await session.load_capabilities()
    if not server.field_name(entity.filter_type, each.criterion):
        return []
    known = [path for path in paths_of(each.type, fields) if server.has_path(each.type, path)]
    args = {**each.filter(ids), "filter": {"per_page": -1, "sort": "id"}}
    answer = await session.call(entity.find, args, [f"{entity.items}.{path}" for path in known])
    return list(answer.get(entity.items) or [])


def _moves(each: Reference, row: Row, merge: Merge) -> Iterator[Edit]:
    """The edits of one object that replace references to sources by the destination."""
    gone = set(merge.sources)
    for name in each.fields:
        before = before_of(each.type, name, row)
        if not isinstance(before, list):
            if before in gone:
                yield Edit(each.type, str(row["id"]), name, before, merge.target)
            continue
        named = tuple(item for item in before if str(key_of(item)) in gone)
        if not named:
            continue
        after: Any = Change((merge.target,), named)
        if isinstance(
            named[0], dict
        ):  # items carry data, such as the position in a group, which is sent along
            after = _replaced(before, gone, f"{relationships(each.type)[name].link}_id", merge.target)
        yield Edit(each.type, str(row["id"]), name, before, after)


def _replaced(items: list[dict[str, Any]], gone: set[str], key: str, target: str) -> list[dict[str, Any]]:
    """Items with links to deleted objects replaced by the target; an existing link to the target stays."""
    kept = {item[key] for item in items if item[key] not in gone}
    replaced: dict[str, dict[str, Any]] = {}
    for item in items:
        one = target if item[key] in gone else item[key]
        if item[key] in gone and one in kept:
            continue
        replaced.setdefault(one, {**item, key: one})
    return list(replaced.values())
