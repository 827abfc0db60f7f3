"""The plan of a deletion: the objects, their files, and references to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stash_cli.commands.common.outcomes import Outcomes, listed
from stash_cli.commands.verbs.targets import Selection, Targets
from stash_cli.core.edits.merging.references import Reference, count_references, primary_markers
from stash_cli.core.errors import StashError
from stash_cli.core.texts import counted, name_of, size
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.diff import named
from stash_cli.output.values import pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.core.client.session import Session

SHOWN = 20
"""Objects that are listed; the others are counted."""
_SCANNED = frozenset({"Scene", "Image", "Gallery"})
"""Types of which a scan creates the objects again while their files exist."""


@dataclass
class Deletion:
    """Objects to delete: `flags` are those of the mutation, `used` has the numbers of references to them.

    `files` and `bytes` are the number and size of their files. `trash` is the folder that the server moves
    deleted files to; None when it deletes them permanently.
    """

    noun: Noun
    found: Targets
    flags: Mapping[str, Any]
    used: Mapping[Reference, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    names: dict[str, str] = field(default_factory=dict)
    """Map of id -> title of the object, or the name of its file."""
    trash: str | None = None

    def add(self, rows: Sequence[Mapping[str, Any]], sizes: Sequence[str]) -> None:
        """Add the names of objects, and the number and sizes of their files at the paths `sizes`."""
        for row in rows:
            self.names[row["id"]] = name_of(dict(row))
            file_sizes = [
                file_size for path in sizes for file_size in pick(row, path) or () if file_size is not None
            ]
            self.files += len(file_sizes)
            self.bytes += sum(map(int, file_sizes))

    @property
    def kinds(self) -> list[str]:
        """Text for each kind of file that is deleted too, and that undo cannot restore."""
        if self.flags.get("delete_file"):
            files = f"{counted(self.files, 'file')} of {size(self.bytes)} on disk"
            kinds = [files]
        else:
            kinds = []
        return [*kinds, *(["their generated files"] if self.flags.get("delete_generated") else [])]

    def lines(self) -> Iterator[str]:
        """Yield lines for people: deleted objects, references to them, files, and skipped objects."""
        entity, rows = self.noun.entity, self.found.rows
        them = "it" if len(rows) == 1 else "them"
        for row in rows[:SHOWN]:
            yield f"{entity.noun} {named(row['id'], self.names.get(row['id'], ''))}"
        if len(rows) > SHOWN:
            yield f"... and {len(rows) - SHOWN:,} more {entity.plural}"
        for each, count in self.used.items():
            other = ENTITIES[each.type]
            yield f"{other.counted(count)} {_effect_on(each, count, them)}"
        yield from self._file_lines(them)
        # The error of a single object is raised instead.
        if len(self.found.outcomes.asked) > 1:
            for id_, error in self.found.outcomes.problems.items():
                name = self.names.get(id_)
                label = f"{entity.noun} {named(id_, name)} is left" if name else f"{id_} is left"
                yield f"{label}: {error.message}"

    def _file_lines(self, them: str) -> Iterator[str]:
        """Yield lines about the files; `them` is the pronoun of the objects."""
        entity, files = self.noun.entity, counted(self.files, "file")
        if self.flags.get("delete_file"):
            place = f"moved to {self.trash} on the server" if self.trash else "deleted for good"
            yield f"{files}, {size(self.bytes)}: {place}, unless other objects use them"
        elif self.files:
            owners = f"the {entity.noun} has" if them == "it" else f"the {entity.plural} have"
            verb = "stays" if self.files == 1 else "stay"
            yield f"{owners} {files}, which {verb}: the next scan makes {them} again"


def _effect_on(each: Reference, count: int, them: str) -> str:
    if each.is_owned:
        return f"goes with {them}" if count == 1 else f"go with {them}"
    return f"refers to {them} and stays" if count == 1 else f"refer to {them} and stay"


async def read_deletion(
    session: Session, noun: Noun, selection: Selection, flags: Mapping[str, Any]
) -> Deletion:
    """Read the selected objects, their files and references to them; primary tags are problems."""
    entity, server = noun.entity, await session.load_capabilities()
    paths = [path.rpartition(".")[0] for path in noun.files if path.startswith(("files", "visual_files"))]
    sizes = [f"{path}.size" for path in paths if server.has_path(entity.type, path)]
    rows: list[dict[str, Any]] = []
    deletion = Deletion(noun, Targets(entity, rows, Outcomes(entity, "deleted", [])), flags)
    async for page in selection.pages(["id", *noun.name_paths(server), *sizes]):
        deletion.add(page, sizes)
        rows += [{"id": row["id"], entity.label: row.get(entity.label)} for row in page]
    outcomes = deletion.found.outcomes
    outcomes.problems |= selection.problems
    if not rows and selection.problems:
        selection.raise_missing()
    outcomes.problems |= await _primary_tag_errors(session, entity.type, deletion.found.ids)
    outcomes.asked += [row["id"] for row in rows]
    outcomes.asked += [id_ for id_ in selection.problems if id_ not in outcomes.asked]
    rows[:] = [row for row in rows if row["id"] not in outcomes.problems]
    deletion.used = await count_references(session, entity.type, deletion.found.ids)
    if flags.get("delete_file"):
        deletion.trash = await trash_of(session)
    return deletion


async def _primary_tag_errors(session: Session, type_name: str, ids: Sequence[str]) -> dict[str, StashError]:
    """Errors by id for tags that are primary tags of markers; servers refuse to delete these."""
    if type_name != "Tag" or not ids:
        return {}
    markers_by_tag = await primary_markers(session, ids)
    return {
        id_: StashError(
            f"it is the primary tag of {counted(len(markers), 'marker')}"
            f" ({listed(markers)}); merge it: stash tags merge {id_} --into TAG"
        )
        for id_, markers in markers_by_tag.items()
    }


async def trash_of(session: Session) -> str | None:
    """The folder that the server moves deleted files to; None where it deletes them."""
    server = await session.load_capabilities()
    if not server.field_name("ConfigGeneralResult", "deleteTrashPath"):
        return None
    answer = await session.call("configuration", {}, ["general.deleteTrashPath"])
    return (answer.get("general") or {}).get("deleteTrashPath") or None
