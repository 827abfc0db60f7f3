"""Verbs of galleries: their cover and their chapters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from stash_cli.commands.argv.command import CommandOptions, LazyGroup, subcommand
from stash_cli.commands.common.calls import Call, Word, call_group
from stash_cli.commands.verbs.actions import Row, Targets, change
from stash_cli.commands.verbs.targets import one_row
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.orm.edit import Edit

CHAPTER = View("GalleryChapter", columns("id>", "title!", "image=image_index>"))


@dataclass(frozen=True, kw_only=True, eq=False)
class SetCoverOptions(CommandOptions):
    """The command line of `cover set`."""

    gallery: Annotated[str, typer.Argument(metavar="GALLERY", help="id or title of the gallery")]
    image: Annotated[str, typer.Argument(metavar="IMAGE", help="id or title of one of its images")]


@dataclass(frozen=True, kw_only=True, eq=False)
class ResetCoverOptions(CommandOptions):
    """The command line of `cover reset`."""

    targets: Targets


@dataclass(frozen=True, kw_only=True, eq=False)
class ChaptersOptions(CommandOptions):
    """The command line of `chapters list`."""

    gallery: Annotated[str, typer.Argument(metavar="GALLERY", help="id or title of the gallery")]


def build_cover(noun: Noun, _: tuple[str, ...]) -> LazyGroup:
    entries = {
        "set": subcommand(
            "Make an image the cover",
            partial(_set_cover, noun),
            SetCoverOptions,
            "stash galleries cover set 3 17",
        ),
        "reset": subcommand(
            "Let the server choose the cover",
            partial(_reset_cover, noun),
            ResetCoverOptions,
            "stash galleries cover reset 3",
        ),
    }
    return LazyGroup("cover", entries, "The cover of a gallery.")


def _set_cover(noun: Noun, runtime: Runtime, options: SetCoverOptions) -> None:
    """Set an image of a gallery as its cover."""
    runtime.check_output(noun.view)

    async def work(session: Session) -> None:
        from stash_cli.core.types.entities import ENTITIES

        image = await one_row(session, ENTITIES["Image"], options.image, ["id"])
        await change(session, runtime, noun, [options.gallery], ["cover"], partial(_cover, image["id"]))

    runtime.run(work, writes=True)


def _reset_cover(noun: Noun, runtime: Runtime, options: ResetCoverOptions) -> None:
    """Reset the cover, so that the server chooses it: an image named like a cover, or the first one."""
    runtime.check_output(noun.view)

    async def work(session: Session) -> None:
        await change(session, runtime, noun, options.targets, ["cover"], partial(_cover, None))

    runtime.run(work, writes=True)


def _cover(image: str | None, row: Row) -> Iterator[Edit]:
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.orm.input import before_of

    before = before_of("Gallery", "cover", row)
    # The server returns a chosen cover like one that was set, so a reset is always sent.
    if image is None or before != image:
        yield Edit("Gallery", row["id"], "cover", before, image)


CHAPTER_ID = Word("id", "CHAPTER", "id of the chapter")
CHAPTERS = (
    Call(
        "add",
        "galleryChapterCreate",
        "Begin a chapter at an image",
        ("stash galleries chapters add 3 --title Beach --image-index 12",),
        word=Word("gallery_id", "GALLERY", "id or title of the gallery", "Gallery"),
        view=CHAPTER,
    ),
    Call(
        "update",
        "galleryChapterUpdate",
        "Change a chapter",
        ("stash galleries chapters update 5 --title Pool",),
        word=CHAPTER_ID,
        view=CHAPTER,
    ),
    Call(
        "delete",
        "galleryChapterDestroy",
        "Delete a chapter; its images stay",
        ("stash galleries chapters delete 5",),
        word=CHAPTER_ID,
        done="deleted the chapter",
        question="delete the chapter",
    ),
)


def build_chapters(noun: Noun, _: tuple[str, ...]) -> LazyGroup:
    listing = subcommand(
        "List the chapters of a gallery",
        partial(_list_chapters, noun),
        ChaptersOptions,
        "stash galleries chapters list 3",
    )
    return call_group("chapters", "The chapters of a gallery.", [("list", listing), *CHAPTERS])


def _list_chapters(noun: Noun, runtime: Runtime, options: ChaptersOptions) -> None:
    """List the chapters of a gallery in the order of their images."""
    runtime.check_output(CHAPTER)

    async def work(session: Session) -> Row:
        paths = [f"chapters.{name}" for name in ("id", "title", "image_index")]
        return await one_row(session, noun.entity, options.gallery, ["id", *paths])

    chapters = runtime.run(work)["chapters"]
    runtime.print_rows(CHAPTER, sorted(chapters, key=lambda each: each["image_index"]))
    if not chapters:
        runtime.streams.note("no chapters")
