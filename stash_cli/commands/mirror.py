"""`stash mirror`: an offline copy of a server's metadata, which `--mirror` reads."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, Yes, subcommand
from stash_cli.commands.embedded import embedded_module
from stash_cli.core.client.paging import FindQuery, iter_pages, pages_by_id
from stash_cli.core.errors import StashConfigurationError, StashUsageError
from stash_cli.core.graphql.selection import DefaultPaths, pruned
from stash_cli.core.texts import counted
from stash_cli.core.types.entities import ENTITIES, FILES, Entity
from stash_cli.output.progress import open_progress
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.settings import Connection
    from stash_cli.embedded.mirror.kinds import Kind
    from stash_cli.embedded.mirror.mirror import Mirror
    from stash_cli.output.progress import Progress

    Row = dict[str, Any]

_GALLERIES = 50
"""Number of galleries whose images are read together."""
_FILTERS = "filters"
_COUNTED = (*(each.plural for each in (ENTITIES | FILES).values()), _FILTERS)
STATUS = View(columns=columns("server!", "path", "updated:moment", "size:size", *_COUNTED))


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateOptions(CommandOptions):
    """The command line of `mirror update`."""

    full: Annotated[bool, typer.Option("--full", help="read everything, changed or not")] = False


@dataclass(frozen=True, kw_only=True, eq=False)
class DeleteOptions(CommandOptions):
    """The command line of `mirror delete`."""

    yes: Yes = False


def group() -> LazyGroup:
    entries = {
        "update": subcommand(
            "Copy what has changed on the server since the last update",
            run_update,
            UpdateOptions,
            "stash mirror update",
            "stash --mirror scenes find rating:80..",
            "stash mirror update --full",
        ),
        "status": subcommand(
            "Show what the mirror of the server has, and how old it is",
            run_status,
            CommandOptions,
            "stash mirror status",
            "stash mirror status --json --jq .path",
        ),
        "delete": subcommand(
            "Delete the mirror of the server", run_delete, DeleteOptions, "stash mirror delete --yes"
        ),
    }
    return LazyGroup(
        "mirror", entries, "Keep an offline copy of a server's metadata, and read it by --mirror."
    )


def run_update(runtime: Runtime, options: UpdateOptions) -> None:
    """Copy the server's metadata into a file on this machine: all of it first, then what has changed.

    Media, pictures, settings and keys are not copied. An update that breaks leaves the last copy as it was.
    Commands after --mirror read the copy; none of them changes it.
    """
    if runtime.options.mirror:
        raise StashUsageError("a mirror is copied from the server itself: leave out --mirror")
    path, module = _path(runtime), embedded_module("mirror.mirror")
    server = runtime.connection().server

    async def work(session: Session) -> str:
        await _check(session)
        bar = open_progress(runtime.streams, "bar" if runtime.streams.animated else "none")
        with closing(bar), module.updating(path, server, full=options.full) as mirror:
            await _Update(session, mirror, bar).run()
            return _summary(mirror)

    runtime.streams.note(f"mirror of {server}: {runtime.run(work)}")


def run_status(runtime: Runtime, _: CommandOptions) -> None:
    """Show the server, the file and the time of the last update, and how many objects it has."""
    runtime.check_output(STATUS)
    path, state = _existing(runtime)
    counts = {_nouns(name)[1]: count for name, count in state["counts"].items()}
    facts = {"server": state["server"], "path": str(path), "updated": state["updated"]}
    runtime.print_row(STATUS, {**facts, "size": path.stat().st_size, **counts})


def run_delete(runtime: Runtime, options: DeleteOptions) -> None:
    """Delete the file of the mirror. The server stays as it is."""
    from stash_cli.output.failures import confirm

    path = _path(runtime)
    if not path.exists():
        raise _missing(runtime)
    confirm(runtime.streams, f"delete the mirror {path}", yes=options.yes)
    embedded_module("mirror.mirror").remove(path)
    runtime.streams.note("deleted the mirror")


def connection_to_mirror(runtime: Runtime) -> Connection:
    """The connection to the mirror of the selected server, with a note about its age; no key is read.

    Raises StashConfigurationError if the mirror does not exist.
    """
    from stash_cli.core.settings import resolve_connection

    path, state = _existing(runtime)
    runtime.streams.note(f"mirror of {state['server']}, updated {_ago(state['updated'])}")
    flags = {"url": f"embedded:{path}", "timeout": runtime.options.timeout, "read_only": True}
    # Variables for keys and servers do not apply to the mirror.
    environ = {name: text for name, text in runtime.environ.items() if name == "STASH_STATE_DIR"}
    return replace(resolve_connection(flags, environ), mirror_of=state["server"])


def _path(runtime: Runtime) -> Path:
    path: Path = embedded_module("library.own_folders").path_of_mirror(_url(runtime))
    return path


def _url(runtime: Runtime) -> str:
    """The URL of the selected server, without reading secrets of the profile."""
    from stash_cli.core.settings import resolve_connection

    flags, environ = runtime.options.connection, runtime.environ
    if runtime.has_settings or flags.get("profile") or environ.get("STASH_PROFILE"):
        name = runtime.settings.select(flags, environ).name
        if name is not None:
            return runtime.settings.profile(name).url
    url_flags = {name: flags.get(name) for name in ("url", "demo")}
    return resolve_connection(url_flags, {"STASH_URL": environ.get("STASH_URL", "")}).url


def _existing(runtime: Runtime) -> tuple[Path, dict[str, Any]]:
    """The file and the state of the mirror. Raises StashConfigurationError if it does not exist."""
    path = _path(runtime)
    state = embedded_module("mirror.mirror").read_state(path)
    if state is None:
        raise _missing(runtime)
    return path, state


def _missing(runtime: Runtime) -> StashConfigurationError:
    server = _url(runtime).removesuffix("/graphql")
    command = runtime.command("mirror update").replace("--mirror ", "", 1)
    return StashConfigurationError(f"There is no mirror of {server}.", hint=f"Make it: {command}")


def _ago(moment: str) -> str:
    """The time since a moment: `3 hours ago`."""
    elapsed = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    for seconds, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        # At least two of a unit, so that the plural is always correct.
        if elapsed >= 2 * seconds:
            return f"{elapsed // seconds:.0f} {unit} ago"
    return "just now"


def _entity(kind: Kind) -> Entity | None:
    """The entity of a kind; None for saved filters, which have no pages."""
    return ENTITIES.get(kind.type) or FILES.get(kind.type)


def _nouns(type_name: str) -> tuple[str, str]:
    """The noun of a type, singular and plural."""
    entity = ENTITIES.get(type_name) or FILES.get(type_name)
    return (entity.noun, entity.plural) if entity else ("filter", _FILTERS)


def _summary(mirror: Mirror) -> str:
    """`2 scenes added, 1 tag removed`."""
    parts = []
    for type_name, counts in mirror.changes.items():
        noun, plural = _nouns(type_name)
        parts += [f"{counted(n, noun, plural)} {what}" for what, n in counts.items() if n]
    return ", ".join(parts) or "nothing has changed"


async def _check(session: Session) -> None:
    """Raise StashCapabilityError for a server that lacks a query for a type of the mirror."""
    server = await session.load_capabilities()
    for kind in embedded_module("mirror.kinds").KINDS:
        entity = _entity(kind)
        if entity and not server.has_query(server.operation_name("query", entity.find)):
            raise server.missing_error(entity.find)


@dataclass(frozen=True, eq=False)
class _Update:
    """One update: reads pages from the server and stores them in the mirror."""

    session: Session
    mirror: Mirror
    bar: Progress

    async def run(self) -> None:
        kinds = embedded_module("mirror.kinds").KINDS
        for kind in kinds:
            await self._read(kind)
        if not any(self.mirror.changes.values()):
            return
        dangling = self.mirror.dangling()
        for kind in kinds:
            async for rows in self._by_id(kind, dangling.get(kind.type, ())):
                self.mirror.note(_compared(kind, rows))
                self.mirror.write(kind, rows)
        self.mirror.drop_dangling()

    async def _read(self, kind: Kind) -> None:
        """Read all objects by id: whole, or first only the fields by which changes are detected."""
        is_whole, count = self.mirror.reads_all(kind), 0
        async for rows in self._pages(kind, kind.paths if is_whole else kind.compared):
            count += len(rows)
            self.bar.update(f"{count:,} {_nouns(kind.type)[1]}", None)
            changed = self.mirror.differing(kind, _compared(kind, rows))
            if is_whole:
                self.mirror.write(kind, [row for row in rows if row["id"] in changed])
            elif changed:
                await self._read_changed(kind, sorted(changed, key=int))
        self.mirror.finish(kind)

    async def _read_changed(self, kind: Kind, ids: Sequence[str]) -> None:
        if kind.type == "Gallery":
            for start in range(0, len(ids), _GALLERIES):
                await self._read_contents(ids[start : start + _GALLERIES])
        async for rows in self._by_id(kind, ids):
            self.mirror.write(kind, rows)

    async def _read_contents(self, galleries: Sequence[str]) -> None:
        """Read the images of galleries: adding or removing an image does not change its `updated_at`."""
        self.mirror.clear_contents(galleries)
        criterion = {"galleries": {"value": list(galleries), "modifier": "INCLUDES"}}
        query = FindQuery(ENTITIES["Image"], criterion, sort="id")
        async for rows in iter_pages(self.session, query, ["id", "galleries.id"]):
            self.mirror.add_contents(galleries, rows)

    async def _pages(self, kind: Kind, paths: Sequence[str]) -> AsyncIterator[list[Row]]:
        entity = _entity(kind)
        if entity is None:
            rows = await self.session.call("findSavedFilters", {}, paths)
            yield sorted(rows, key=lambda row: int(row["id"]))
            return
        async for page in iter_pages(self.session, FindQuery(entity, sort="id"), DefaultPaths(paths)):
            yield page

    async def _by_id(self, kind: Kind, ids: Sequence[str]) -> AsyncIterator[list[Row]]:
        """Read complete objects; objects deleted meanwhile are omitted."""
        entity = _entity(kind)
        if entity is not None:
            async for rows in pages_by_id(self.session, entity, ids, DefaultPaths(kind.paths)):
                yield rows


def _compared(kind: Kind, rows: list[Row]) -> list[Row]:
    """Reduce rows to the fields by which changes are detected."""
    pruned_rows: list[Row] = pruned(kind.type, kind.compared, rows)
    return pruned_rows
