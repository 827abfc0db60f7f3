"""`export --sidecar nfo`: a file beside each video, image or gallery, or below another folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stash_cli.core.atomic_files import replacing
from stash_cli.core.errors import StashError, StashSidecarError, StashUsageError
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.fill_files import MediaFiles
    from stash_cli.commands.housekeeping.fill_sources import MediaPath
    from stash_cli.commands.queries.searching import Search
    from stash_cli.commands.verbs.export import MediaExportOptions
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.sidecars import GroupPlace, Sidecar
    from stash_cli.core.types.entities import Entity

    Row = Mapping[str, Any]

ROOTS = {"Scene": "movie", "Image": "image", "Gallery": "gallery"}
"""Types with sidecars -> the root element."""
WRITTEN = ("NFO file written", "NFO files written")
_MAPS = "Add it to path_maps of the profile, or name a folder to write to."


def export_sidecars(noun: Noun, runtime: Runtime, options: MediaExportOptions) -> None:
    """Write a sidecar for each object: all, or those of a query. Raises StashUsageError."""
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.housekeeping.fill import media_files
    from stash_cli.commands.queries.searching import read_query, search_for

    folder = _folder(runtime, options)
    query = read_query(runtime, noun.entity, options)
    outcomes = Outcomes(noun.entity, "wrote the NFO of", [])
    writer = SidecarWriter(noun, media_files(runtime, ()), outcomes, folder, options.overwrite)

    async def work(session: Session) -> None:
        await writer.write_all(session, await search_for(session, runtime, noun.entity, query))

    try:
        runtime.run(work)
    finally:
        for what, count in writer.counts.items():
            runtime.streams.note(counted(count, *what))
    outcomes.check()


def _folder(runtime: Runtime, options: MediaExportOptions) -> Path | None:
    """The folder to write to; None for beside the files. Raises StashUsageError."""
    if options.sidecar != "nfo":
        raise StashUsageError(f"--sidecar {options.sidecar}: only nfo is written")
    if options.delimiter or options.encoding or runtime.given_output or runtime.options.fields:
        raise StashUsageError("--sidecar nfo writes files of a form of their own: leave out other formats")
    if options.target == "-":
        raise StashUsageError("--sidecar writes many files: name a folder, or none to write beside the media")
    folder = Path(options.target).expanduser() if options.target else None
    if folder is not None and folder.exists() and not folder.is_dir():
        raise StashUsageError(f"{folder} is not a folder")
    return folder


@dataclass
class SidecarWriter:
    """Writes NFO files: below `folder` by the server's paths, or beside the files by the maps of `files`.

    A file with different content is replaced only with `overwrite`. `counts` are numbers of files by outcome.
    """

    noun: Noun
    files: MediaFiles
    outcomes: Outcomes
    folder: Path | None = None
    overwrite: bool = False
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _assigned: set[str] = field(default_factory=set)

    async def write_all(self, session: Session, search: Search) -> None:
        """Write a file for each match of a search."""
        from stash_cli.commands.queries.searching import pages_of

        paths = paths_of(self.noun, await session.load_capabilities())
        async for rows in pages_of(session, search, paths):
            for row in rows:
                self._write_counted(row["id"], row)

    def _write_counted(self, id_: str, row: Row) -> None:
        """Write the file of an object, and count the outcome."""
        try:
            what = self._write(row)
        except StashError as error:
            self.outcomes.asked.append(id_)
            self.outcomes.fail([id_], error)
            return
        self.counts[what] += 1
        if what == WRITTEN:
            self.outcomes.asked.append(id_)
            self.outcomes.expect([id_])
            self.outcomes.succeed([id_])

    def _write(self, row: Row) -> tuple[str, str]:
        """Write the file of one object; return its outcome, singular and plural. Raises StashSidecarError."""
        from stash_cli.commands.housekeeping.fill_sources import media_paths
        from stash_cli.core.sidecars.nfo import write_nfo

        paths = media_paths(row, self.noun.files)
        if not paths:
            return self._without("a file")
        sidecar = sidecar_of(self.noun.entity, row)
        if not sidecar.facts:  # a media centre would use an empty file instead of other sources
            return self._without("anything to write")
        target = self._target(paths[0])
        text = write_nfo(sidecar, ROOTS[self.noun.entity.type]).encode()
        try:
            return self._write_if_changed(target, text)
        except FileNotFoundError:
            raise StashSidecarError("its folder is not on this machine", hint=_MAPS) from None
        except OSError as error:
            raise StashSidecarError(f"its NFO cannot be written: {error.strerror or error}") from None

    def _without(self, what: str) -> tuple[str, str]:
        return (f"{self.noun.entity.noun} without {what}", f"{self.noun.entity.plural} without {what}")

    def _target(self, media: MediaPath) -> Path:
        """The sidecar of an object: its name without extension, or with it if that path is used already."""
        from stash_cli.core.sidecars import folder_names, names_beside

        if media.is_folder:
            name = folder_names("nfo", media.path)[0]
        else:
            special, usual = names_beside("nfo", media.path)[0], names_beside("nfo", media.path)[-1]
            name = special if usual in self._assigned else usual
        self._assigned.add(name)
        if self.folder is not None:
            return self.folder.joinpath(*_parts(name))
        local = self.files.local(name)
        if local is None:
            raise StashSidecarError("no path map says where its folder is here", hint=_MAPS)
        return Path(local)

    def _write_if_changed(self, target: Path, text: bytes) -> tuple[str, str]:
        if target.exists():
            if target.read_bytes() == text:
                return ("NFO file is unchanged", "NFO files are unchanged")
            if not self.overwrite:
                raise StashSidecarError("another NFO is there", hint="Replace it with --overwrite.")
        if self.folder is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target, private=False, sync=False) as file:  # a media centre may read it at any time
            file.write(text)
        return WRITTEN


def _parts(path: str) -> list[str]:
    """The parts of a server's path below a folder. Raises StashSidecarError for a path with `..`."""
    parts = [part.replace(":", "") for part in path.replace("\\", "/").split("/")]
    if ".." in parts or "\0" in path:
        raise StashSidecarError(f"{path}: leads out of the folder")
    return [part for part in parts if part not in ("", ".")]


def paths_of(noun: Noun, server: ServerCapabilities) -> list[str]:
    """The paths of the fields that sidecars of a noun contain."""
    from stash_cli.commands.verbs.changes import label_paths
    from stash_cli.core.edits import before_values
    from stash_cli.core.edits.merging.fill import ATTRS, facts_of

    entity = noun.entity
    attrs = [ATTRS.get(name, name) for name in facts_of(entity.type)]
    names = [*(path for attr in attrs for path in label_paths(entity, attr)), "performers.disambiguation"]
    known = [path for path in names if server.has_path(entity.type, path)]
    return list(
        dict.fromkeys(["id", *noun.files, *before_values.paths_of(entity.type, attrs, server), *known])
    )


def sidecar_of(entity: Entity, row: Row) -> Sidecar:
    """Build the sidecar of an object from its row."""
    from stash_cli.core.edits.merging.fill import facts_of
    from stash_cli.core.sidecars import Sidecar, SiteId

    texts = ("title", "code", "details", "director", "photographer", "date")
    known = facts_of(entity.type)
    return Sidecar(
        **{name: str(row.get(name) or "") for name in texts if name in known},  # type: ignore[arg-type]
        rating100=row.get("rating100"),
        studio=str((row.get("studio") or {}).get("name") or ""),
        performers=tuple(map(_full_name, row.get("performers") or ())),
        tags=tuple(tag["name"] for tag in row.get("tags") or ()),
        groups=tuple(map(_group, row.get("groups") or ())),
        urls=tuple(row.get("urls") or ()),
        ids=tuple(SiteId(each["endpoint"], each["stash_id"]) for each in row.get("stash_ids") or ()),
    )


def _group(item: Row) -> GroupPlace:
    from stash_cli.core.sidecars import GroupPlace

    return GroupPlace(item["group"]["name"], item.get("scene_index"))


def _full_name(performer: Row) -> str:
    more = performer.get("disambiguation")
    return f"{performer['name']} ({more})" if more else str(performer["name"])
