"""`show`: one object, by id or name, or the only match of a query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.query_words import WhereOptions
from stash_cli.commands.argv.value_parsers import choice, named
from stash_cli.commands.queries.searching import pages_of, read_query, search_for
from stash_cli.commands.verbs.targets import labelled, one_row, words_of
from stash_cli.core.errors import StashAmbiguousError, StashInputError, StashNotFoundError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.types.entities import Entity
    from stash_cli.output.streams import Streams
    from stash_cli.output.values import View

MOST_COLUMNS, LEAST_LINES = 80, 6
"""Maximum width and minimum height of a picture, in terminal cells."""
_MOST_CANDIDATES = 5
"""Maximum number of matches in the error about several matches."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShowOptions(WhereOptions):
    """The command line of `show`."""

    target: Annotated[
        str | None,
        typer.Argument(metavar="ID|NAME", help="the object; - reads its id from stdin", show_default=False),
    ] = None
    picture: Annotated[
        str | None,
        typer.Option(
            "--picture",
            metavar="[=HOW]",
            parser=named("--picture", choice("auto", "kitty", "iterm2", "sixel", "blocks")),
            help="show its picture: auto, kitty, iterm2, sixel or blocks",
        ),
    ] = None


class ShowCommand(StashCommand):
    """A command whose `--picture` has an optional value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = ["--picture=auto" if word == "--picture" else word for word in args]
        return super().parse_args(ctx, words)


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    return command(
        "show",
        partial(show, noun),
        ShowOptions,
        cls=ShowCommand,
        help=f"Show one {noun.entity.noun}.\n\n"
        "A number is an id, or a name where no object has it; anything else is a name or alias. "
        "Use id:12 or name:12 to be explicit. --where and --saved show the one object that matches.",
        examples=examples,
    )


def show(noun: Noun, runtime: Runtime, options: ShowOptions) -> None:
    runtime.check_output(noun.view)
    protocol = protocol_of(noun, runtime, options)
    query = read_query(runtime, noun.entity, options)
    require_one_way(noun.entity, options.target, query)
    word = read_word(runtime.streams, noun.entity, options.target or "")

    async def work(session: Session) -> dict[str, Any]:
        if query is None:
            row = await one_row(session, noun.entity, word, requested_fields(runtime, noun))
        else:
            row = await one_match(session, runtime, noun.entity, query, requested_fields(runtime, noun))
        if runtime.options.pictures or protocol:
            from stash_cli.commands.results.html_pages import add_pictures

            await add_pictures(session, noun.entity.type, [row])
        return row

    row = runtime.run(work)
    if protocol:
        print_picture(runtime, row, protocol)
    runtime.print_row(details(noun, card=runtime.for_people), row)


def protocol_of(noun: Noun, runtime: Runtime, options: ShowOptions) -> str:
    """Return the terminal's image protocol; "" without `--picture`, or if the terminal has none."""
    if options.picture is None:
        return ""
    from stash_cli.commands.results.html_pages import PICTURES
    from stash_cli.output import picture

    if noun.entity.type not in PICTURES:
        raise StashUsageError(f"--picture: {noun.entity.plural} have no pictures")
    if not runtime.for_people or runtime.options.fields:
        raise StashUsageError("--picture is for the card of `show`: give no other format and no --fields")
    if not runtime.streams.out_is_terminal or not picture.is_wanted(runtime.streams.environ):
        runtime.streams.note("no picture: standard output is no terminal that takes one")
        return ""
    return picture.protocol(runtime.streams.environ, options.picture)


def print_picture(runtime: Runtime, row: dict[str, Any], how: str) -> None:
    """Print the picture of a row, at most a third of the screen high."""
    from shutil import get_terminal_size

    from stash_cli.output.html import PICTURE
    from stash_cli.output.picture import from_uri, render

    if PICTURE not in row:
        runtime.streams.note("it has no picture")
        return
    size = get_terminal_size()
    columns, lines = min(size.columns, MOST_COLUMNS), max(size.lines // 3, LEAST_LINES)
    try:
        runtime.streams.graphics(render(from_uri(row.pop(PICTURE)), how, columns, lines))
    except StashInputError as error:
        runtime.streams.note(error.message)


def requested_fields(runtime: Runtime, noun: Noun) -> list[str] | None:
    """The fields to request for one object; for people and tables, all plain fields of the type."""
    table = runtime.options.output in ("csv", "tsv", "md", "html")
    if (runtime.for_people or table) and not runtime.options.fields:
        from stash_cli.core.graphql.selection import DefaultPaths, default_paths

        more = _NAME_PATHS.get(noun.entity.type) if runtime.for_people else None
        return DefaultPaths([*default_paths(noun.entity.type), *more]) if more else None
    return runtime.requested_fields(details(noun))


_GALLERIES = ("galleries.folder.path", "galleries.files.path")
_NAME_PATHS = {
    "Scene": _GALLERIES,
    "Image": _GALLERIES,
    "Gallery": ("scenes.files.path", "cover.visual_files.path"),
}
"""Type -> paths to the file names of linked objects, shown in place of titles, which most of these lack."""


def details(noun: Noun, *, card: bool = False) -> View:
    """The view of a single object: the noun's columns first, then its other plain fields and its files.

    On a card, a file is one value with path, size and other facts; elsewhere path and size are columns.
    """
    from stash_cli.output.values import Column, custom

    view = noun.view
    roots = [path.rpartition(".")[0] for path in view.files]
    # An empty root: the object itself is a file or folder.
    is_file = roots == [""]
    hidden = {*_MARKER_URLS, *(_FILE_FIELDS if is_file else ())} if card else set()
    shown = [column for column in view.columns if not hidden.intersection(column.paths)]
    used = {path.partition(".")[0].removesuffix("[0]") for column in shown for path in column.paths} | hidden
    others = [f.name for f in noun.entity.api.fields.values() if f.name not in used and _is_on_card(f)]
    files: list[Column] = []
    if card and roots:
        files = [Column("path" if is_file else "file", tuple(roots), "file")]
    elif roots and not is_file:
        files = [Column("path", view.files), Column("size", (f"{roots[0]}.size",), "size")]
    return view._replace(columns=(*shown, *custom(others), *files))


_MARKER_URLS = frozenset({"stream", "preview", "screenshot"})
"""URLs of markers, which a card omits like URLs of pictures."""
_FILE_FIELDS = frozenset({"path", "basename", "size", "fingerprints"})
"""Fields shown by the `file` value of a card."""


def _is_on_card(field: Any) -> bool:
    """Whether a card shows the field; URLs of pictures are for programs."""
    is_url = field.name == "paths" or field.name.endswith("_path")
    return not (field.deprecated or field.lazy or field.needs_args or is_url)


def require_one_way(entity: Entity, word: str | None, query: Query | None) -> None:
    """Raise StashUsageError unless exactly one of word and query selects the object."""
    if (word is None) == (query is None):
        problem = f"no {entity.noun} is chosen" if query is None else f"the {entity.noun} is chosen twice"
        raise StashUsageError(problem, hint="Give an id or a name, or else --where QUERY or --saved NAME.")


def read_word(streams: Streams, entity: Entity, word: str) -> str:
    """Return a word of the command line; for `-`, the only word on stdin. Raises StashUsageError."""
    if word != "-":
        return word
    words = words_of(streams.read())
    if len(words) != 1:
        raise StashUsageError(f"standard input names {len(words) or 'no'} {entity.plural}, not one")
    return words[0]


async def one_match(
    session: Session, runtime: Runtime, entity: Entity, query: Query, paths: Sequence[str] | None
) -> dict[str, Any]:
    """Return the only match of a query. Raises StashNotFoundError or StashAmbiguousError."""
    search = await search_for(session, runtime, entity, query, "id")
    fields = None if paths is None else list(dict.fromkeys(["id", entity.label, *paths]))
    # One more than the error lists, to detect further matches.
    pages = pages_of(session, search, fields, _MOST_CANDIDATES + 1)
    rows = [row async for page in pages for row in page]
    if not rows:
        raise StashNotFoundError(f"no {entity.noun} matches")
    if len(rows) > 1:
        raise _ambiguous(entity, rows)
    return rows[0]


def _ambiguous(entity: Entity, rows: Sequence[dict[str, Any]]) -> StashAmbiguousError:
    candidates = ", ".join(labelled(entity, row) for row in rows[:_MOST_CANDIDATES])
    prefix = f"several {entity.plural} match, such as" if len(rows) > _MOST_CANDIDATES else ""
    return StashAmbiguousError(
        f"{prefix or f'{len(rows)} {entity.plural} match:'} {candidates}",
        hint="Add conditions, or give the id of one.",
    )
