"""`stash packages`: scrapers and plugins that the server installs from package sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, subcommand
from stash_cli.commands.argv.value_parsers import choice, named
from stash_cli.commands.tasks.task_inputs import TaskOptions
from stash_cli.commands.tasks.waiting import run_job
from stash_cli.core.errors import StashGraphQLError, StashNotFoundError, StashSourceError, did_you_mean
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session

Row = dict[str, Any]
Unread = dict[tuple[str, str], StashSourceError]
"""(Type, URL) of a package source that the server cannot read -> the error."""

TYPES = {"scraper": "Scraper", "plugin": "Plugin"}
"""Word of the command line -> value of the API."""
PACKAGE = View(
    columns=columns("type", "id=package_id!", "name", "version", "newer", "date:moment?", "source?")
)
SOURCE = View(columns=columns("type", "name!", "url"))
FIELDS = ["package_id", "name", "version", "date", "sourceURL"]

Type = Annotated[
    str | None,
    typer.Option(
        "--type", metavar="|".join(TYPES), parser=named("--type", choice(*TYPES)), help="only these packages"
    ),
]


@dataclass(frozen=True, kw_only=True, eq=False)
class ListOptions(CommandOptions):
    """The command line of `packages list` and `packages sources`."""

    type: Type = None


@dataclass(frozen=True, kw_only=True, eq=False)
class AvailableOptions(ListOptions):
    """The command line of `packages available`."""

    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="only ids and names with this text")
    ] = None


@dataclass(frozen=True, kw_only=True, eq=False)
class ChangeOptions(TaskOptions):
    """The command line of `packages install`, `update` and `uninstall`."""

    packages: Annotated[list[str], typer.Argument(metavar="PACKAGE...", help="ids of packages")]
    type: Type = None


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateOptions(TaskOptions):
    """The command line of `packages update`."""

    packages: Annotated[
        list[str] | None, typer.Argument(metavar="[PACKAGE]...", help="ids of packages (default: all)")
    ] = None
    type: Type = None


def group() -> LazyGroup:
    entries = {
        "list": subcommand(
            "List the installed packages, and newer versions",
            run_list,
            ListOptions,
            "stash packages list",
            "stash packages list --type plugin --json",
        ),
        "available": subcommand(
            "List the packages of the sources",
            run_available,
            AvailableOptions,
            "stash packages available",
            "stash packages available rename --type plugin",
        ),
        "install": subcommand(
            "Install packages", run_install, ChangeOptions, "stash packages install renamerOnUpdate --wait"
        ),
        "update": subcommand("Update packages", run_update, UpdateOptions, "stash packages update --wait"),
        "uninstall": subcommand(
            "Uninstall packages",
            run_uninstall,
            ChangeOptions,
            "stash packages uninstall renamerOnUpdate --wait",
        ),
        "sources": subcommand("List the package sources", run_sources, ListOptions, "stash packages sources"),
    }
    entries["search"] = entries["available"]._replace(alias_of="available")
    return LazyGroup("packages", entries, "Scrapers and plugins from package sources.")


def run_list(runtime: Runtime, options: ListOptions) -> None:
    """List the installed packages, and the newer version of each that its source has."""

    async def work(session: Session) -> tuple[list[Row], Unread]:
        rows, unknown = await installed(session, types_of(options.type), with_newer=True)
        return rows, await unread_sources(session, unknown)

    rows, unread = runtime.run(work)
    print_rows(runtime, rows, "no packages are installed")
    for error in unread.values():
        runtime.streams.warn(f"it is not known whether there are newer versions: {error.message}")


def run_available(runtime: Runtime, options: AvailableOptions) -> None:
    """List the packages of all sources. The server reads the sources from the internet."""

    async def work(session: Session) -> tuple[list[Row], Unread]:
        return await available(session, types_of(options.type))

    text = (options.text or "").casefold()
    packages, unread = runtime.run(work)
    rows = [row for row in packages if text in f"{row['package_id']} {row['name']}".casefold()]
    print_rows(runtime, rows, "" if unread else "no packages found; see `stash packages sources`")
    refuse_unread(runtime, unread)


def run_install(runtime: Runtime, options: ChangeOptions) -> None:
    """Install packages of the sources, as a job."""

    async def find(session: Session) -> list[Row]:
        rows, unread = await available(session, types_of(options.type))
        if {*options.packages} - {row["package_id"] for row in rows}:
            refuse_unread(runtime, unread)
        return chosen(rows, options.packages, "available")

    runtime.run(partial(_start_jobs, runtime, options, "installPackages", find), writes=True)


def run_update(runtime: Runtime, options: UpdateOptions) -> None:
    """Update packages, or all installed packages, as a job."""

    async def newer(session: Session) -> list[Row]:
        rows, unknown = await installed(session, types_of(options.type), with_newer=True)
        selected = chosen(rows, options.packages, "list")
        # A server without internet access lists installed packages as if there were no updates.
        refuse_unread(runtime, await unread_sources(session, [row for row in unknown if row in selected]))
        return selected if options.packages else [row for row in selected if row["newer"]]

    runtime.run(partial(_start_jobs, runtime, options, "updatePackages", newer), writes=True)


def run_uninstall(runtime: Runtime, options: ChangeOptions) -> None:
    """Uninstall packages, as a job."""

    async def find(session: Session) -> list[Row]:
        rows, _ = await installed(session, types_of(options.type), with_newer=False)
        return chosen(rows, options.packages, "list")

    runtime.run(partial(_start_jobs, runtime, options, "uninstallPackages", find), writes=True)


def run_sources(runtime: Runtime, options: ListOptions) -> None:
    """List the package sources. `stash config set general.plugin_package_sources=...` changes them."""

    async def work(session: Session) -> list[Row]:
        return await sources(session, types_of(options.type))

    runtime.check_output(SOURCE)
    rows = runtime.run(work)
    runtime.print_rows(SOURCE, rows)
    if not rows:
        runtime.streams.note("no package sources")


def types_of(word: str | None) -> list[str]:
    return [word] if word else list(TYPES)


async def sources(session: Session, types: Sequence[str]) -> list[Row]:
    """The package sources in the settings of the server."""
    server = await session.load_capabilities()
    # Packages exist since 0.24; without this check, an older server would seem to have no sources.
    if not server.has_path("ConfigResult", "general.pluginPackageSources"):
        raise server.missing_error("ConfigGeneralResult.pluginPackageSources")
    paths = [f"general.{kind}PackageSources.{field}" for kind in types for field in ("name", "url")]
    general = (await session.call("configuration", {}, paths))["general"]
    return [{"type": kind, **source} for kind in types for source in general[f"{kind}PackageSources"] or ()]


async def installed(
    session: Session, types: Sequence[str], *, with_newer: bool
) -> tuple[list[Row], list[Row]]:
    """The installed packages, and those that the server did not find in their sources.

    The server looks up newer versions on the internet.
    """
    paths = [*FIELDS, *(["source_package.version"] if with_newer else [])]
    rows, unknown = [], []
    for kind in types:
        for each in await session.call("installedPackages", {"type": TYPES[kind]}, paths):
            rows.append(_row(kind, each))
            if not each.get("source_package"):
                unknown.append(rows[-1])
    return rows, unknown


async def available(session: Session, types: Sequence[str]) -> tuple[list[Row], Unread]:
    """The packages of all sources that the server can read, and the errors of the others."""
    rows: list[Row] = []
    unread: Unread = {}
    for source in await sources(session, types):
        try:
            rows += await _packages_of(
                session, source["type"], source["url"], source["name"] or source["url"]
            )
        except StashSourceError as error:
            unread[source["type"], source["url"]] = error
    return rows, unread


async def unread_sources(session: Session, packages: Sequence[Row]) -> Unread:
    """The errors of the packages' sources that the server cannot read, by type and URL."""
    errors: Unread = {}
    for kind, url in dict.fromkeys((row["type"], row["source"]) for row in packages):
        try:
            await _packages_of(session, kind, url, url)
        except StashSourceError as error:
            errors[kind, url] = error
    return errors


async def _packages_of(session: Session, kind: str, url: str, name: str) -> list[Row]:
    """The packages of one source. Raises StashSourceError if the server cannot read it."""
    from stash_cli.core.scraping.sources import Source, explain_error

    try:
        rows = await session.call("availablePackages", {"type": TYPES[kind], "source": url}, FIELDS)
    except StashGraphQLError as error:
        explained = explain_error(error, Source(f"the {kind} source {name}"), "packages")
        raise (
            explained
            if isinstance(explained, StashSourceError)
            else unusable(error, f"the {kind} source {name}")
        ) from error
    return [_row(kind, row) for row in rows]


def unusable(error: StashGraphQLError, name: str) -> StashSourceError:
    """The error for a source that does not return a list of packages."""
    return StashSourceError(
        f"the server cannot read {name}: {error.message}",
        hint="See `stash packages sources`.",
    )


def refuse_unread(runtime: Runtime, unread: Unread) -> None:
    """Raise the error of the last unreadable source; print warnings about the others."""
    *others, last = unread.values() or [None]
    for error in others:
        runtime.streams.warn(str(error))
    if last is not None:
        raise last


def _row(kind: str, package: Row) -> Row:
    version = package.get("version")
    latest = (package.get("source_package") or {}).get("version")
    facts = {name: package.get(name) for name in ("package_id", "name", "version", "date")}
    newer = latest if latest and latest != version else None
    return {"type": kind, **facts, "newer": newer, "source": package.get("sourceURL")}


async def _start_jobs(
    runtime: Runtime, options: TaskOptions, operation: str, find: Any, session: Session
) -> None:
    """Start a job for each type of package that `find` returns."""
    rows = await find(session)
    if not rows:
        runtime.streams.note("nothing to do: all packages are up to date")
    for kind in dict.fromkeys(row["type"] for row in rows):
        specs = [{"id": row["package_id"], "sourceURL": row["source"]} for row in rows if row["type"] == kind]
        args = {"type": TYPES[kind], "packages": specs}
        await run_job(session, runtime, operation, args, options if options.follows else None)


def chosen(rows: Sequence[Row], ids: Sequence[str] | None, listed: str) -> list[Row]:
    """The packages with these ids, or all. Raises StashNotFoundError with similar ids.

    `listed` is the verb that lists `rows`.
    """
    if not ids:
        return list(rows)
    by_id = {row["package_id"]: row for row in rows}
    for word in ids:
        if word not in by_id:
            raise StashNotFoundError(
                f"no package {word}. {did_you_mean(word, by_id)}".rstrip(),
                hint=f"See `stash packages {listed}`.",
            )
    return [by_id[word] for word in dict.fromkeys(ids)]


def print_rows(runtime: Runtime, rows: list[Row], nothing: str) -> None:
    runtime.check_output(PACKAGE)
    runtime.print_rows(PACKAGE, rows)
    if not rows and nothing:
        runtime.streams.note(nothing)
