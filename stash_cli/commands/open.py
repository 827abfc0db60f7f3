"""`open`: the page of an object in the web interface, in the browser."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.core.errors import StashError, StashUsageError, did_you_mean
from stash_cli.core.types.entities import ENTITIES, NOUNS, Entity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session


@dataclass(frozen=True, kw_only=True, eq=False)
class PageOptions(CommandOptions):
    """The command line of `scene open`."""

    target: Annotated[str, typer.Argument(metavar="ID|NAME", help="the object")]
    only_print: Annotated[bool, typer.Option("--print", help="print the address, open nothing")] = False


@dataclass(frozen=True, kw_only=True, eq=False)
class OpenOptions(CommandOptions):
    """The command line of `open`."""

    noun: Annotated[str, typer.Argument(metavar="NOUN", help="scene, image, gallery, performer, ...")]
    target: Annotated[str, typer.Argument(metavar="ID|NAME", help="the object")]
    only_print: Annotated[bool, typer.Option("--print", help="print the address, open nothing")] = False


class OpenCommand(StashCommand):
    """`open`, which completes the kinds of objects."""

    def complete_argument(self, word: str) -> Iterator[tuple[str, str]]:
        yield from ((entity.noun, "") for entity in ENTITIES.values() if entity.noun.startswith(word))


def build() -> StashCommand:
    return command(
        "open",
        run,
        OpenOptions,
        cls=OpenCommand,
        examples=("stash open scene 12", "stash open tag Outdoor", "stash open performer Alice --print"),
    )


def build_verb(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "open",
        partial(run_verb, noun),
        PageOptions,
        help="Open the page of an object in the browser. `find --web` opens a list.",
        examples=examples,
    )


def run_verb(noun: Noun, runtime: Runtime, options: PageOptions) -> None:
    open_page(runtime, noun.entity, options.target, only_print=options.only_print)


def run(runtime: Runtime, options: OpenOptions) -> None:
    """Open the page of an object in the browser. `find --web` opens a list."""
    entity = NOUNS.get(options.noun)
    if entity is None:
        nouns = ", ".join(each.noun for each in ENTITIES.values())
        hint = did_you_mean(options.noun, NOUNS) or f"One of {nouns}."
        raise StashUsageError(f"no objects are called {options.noun}. {hint}")
    open_page(runtime, entity, options.target, only_print=options.only_print)


def open_page(runtime: Runtime, entity: Entity, target: str, *, only_print: bool) -> None:
    """Open the page of an object, or print its address."""
    if runtime.connection().is_embedded:
        raise StashUsageError("a library in a file has no web interface")
    address = runtime.run(lambda session: page_of(session, entity, target))
    if only_print:
        runtime.streams.data(f"{address}\n")
        return
    import webbrowser

    if not webbrowser.open(address):
        raise StashError(f"no browser was found for {address}", hint="--print prints the address.")
    runtime.streams.note(f"opened {address}")


async def page_of(session: Session, entity: Entity, word: str) -> str:
    """The URL of an object's page. Raises StashNotFoundError."""
    from stash_cli.commands.verbs.targets import one_row
    from stash_cli.core.query.saved_filters.address import FOLDERS

    is_marker = entity.type == "SceneMarker"
    row: dict[str, Any] = await one_row(
        session, entity, word, ["id", *(["seconds", "scene.id"] if is_marker else [])]
    )
    base = session.connection.server.rstrip("/")
    if is_marker:  # markers have no pages
        return f"{base}/scenes/{row['scene']['id']}?t={row['seconds']:g}"
    folder = FOLDERS[entity.type]
    # Before 0.27, groups were called movies, in URLs as well.
    if entity.type == "Group" and not session.capabilities.has_type("Group"):
        folder = "movies"
    return f"{base}/{folder}/{row['id']}"
