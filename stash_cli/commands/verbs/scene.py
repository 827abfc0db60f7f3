"""Verbs of scenes: cover, streams, assign-file and parse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.commands.argv.input_flags import flag_table
from stash_cli.commands.argv.value_parsers import named, seconds
from stash_cli.commands.common.sending import confirmed, uninterrupted
from stash_cli.core.errors import StashUsageError
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.commands.argv.flags import FlagTable
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.actions import Row
    from stash_cli.core.client.session import Session
    from stash_cli.core.orm.edit import Edit

STREAM = View("SceneStreamEndpoint", columns("label!", "mime_type", "url"))

Scene = Annotated[str, typer.Argument(metavar="ID|TITLE", help="the scene")]


@dataclass(frozen=True, kw_only=True, eq=False)
class CoverOptions(CommandOptions):
    """The command line of `cover`."""

    scene: Scene
    at: Annotated[
        float | None,
        typer.Option("--at", metavar="TIME", parser=named("--at", seconds), help="the frame at 90 or 1:30"),
    ] = None
    image: Annotated[str | None, typer.Option("--image", metavar="FILE|URL", help="a picture")] = None
    generate: Annotated[bool, typer.Option("--generate", help="a frame that the server chooses")] = False


@dataclass(frozen=True, kw_only=True, eq=False)
class SceneOptions(CommandOptions):
    """The command line of verbs with one scene as argument."""

    scene: Scene


@dataclass(frozen=True, kw_only=True, eq=False)
class AssignOptions(CommandOptions):
    """The command line of `assign-file`."""

    scene: Scene
    file: Annotated[str, typer.Argument(metavar="FILE", help="id of a video file")]


def build_cover(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = "Set the cover of a scene: one of its frames, or a picture."
    return command("cover", partial(_cover, noun), CoverOptions, help=text, examples=examples)


def build_streams(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = "List the addresses under which the server streams a scene."
    return command("streams", partial(_streams, noun), SceneOptions, help=text, examples=examples)


def build_assign_file(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = (
        "Give a video file to another scene. Its present scene loses it.\n\nA scene keeps its primary file:"
        " `stash files set-primary` makes another one primary, and `stash scenes merge` takes all files."
    )
    return command("assign-file", partial(_assign, noun), AssignOptions, help=text, examples=examples)


def _cover(noun: Noun, runtime: Runtime, options: CoverOptions) -> None:
    chosen_ways = [options.at is not None, options.image is not None, options.generate]
    if sum(chosen_ways) != 1:
        raise StashUsageError("give one of --at, --image and --generate")
    runtime.check_output(noun.view)
    if options.image is not None:
        from stash_cli.core.orm import images

        _set_image(noun, runtime, options.scene, images.as_input(options.image))
        return

    async def work(session: Session) -> None:
        await _generate_cover(session, await _id(session, noun, options.scene), options.at)
        runtime.streams.note("the server makes the cover in the background")

    runtime.run(work, writes=True)


async def _generate_cover(session: Session, scene: str, at: float | None) -> None:
    """Have the server generate a cover from the frame at a number of seconds, or from one it chooses."""
    from stash_cli.core.edits.apply import apply_one
    from stash_cli.core.edits.operation import Operation

    args = {"id": scene} if at is None else {"id": scene, "at": at}
    operation = Operation("sceneGenerateScreenshot", args, (scene,))
    await uninterrupted(
        confirmed(
            apply_one(session, operation),
            is_answer=lambda value: value is not None,
            hint="Look at the scene's cover.",
        )
    )


def _set_image(noun: Noun, runtime: Runtime, scene: str, image: str) -> None:
    from stash_cli.commands.verbs.actions import change
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.unset import UNSET

    def edits_of(row: Row) -> Iterator[Edit]:
        yield Edit("Scene", row["id"], "cover_image", UNSET, image)

    async def work(session: Session) -> None:
        await change(session, runtime, noun, [scene], [], edits_of)

    runtime.run(work, writes=True)


def _streams(noun: Noun, runtime: Runtime, options: SceneOptions) -> None:
    runtime.check_output(STREAM)

    async def work(session: Session) -> list[dict[str, Any]]:
        answer = await session.call("sceneStreams", {"id": await _id(session, noun, options.scene)})
        return list(answer or ())

    rows = runtime.run(work)
    runtime.print_rows(STREAM, rows)
    if not rows:
        runtime.streams.note("no streams: it has no file")


def _assign(noun: Noun, runtime: Runtime, options: AssignOptions) -> None:
    async def work(session: Session) -> None:
        from stash_cli.core.edits.apply import apply_one
        from stash_cli.core.edits.operation import Operation

        scene = await _id(session, noun, options.scene)
        args = {"input": {"scene_id": scene, "file_id": options.file}}
        operation = Operation("sceneAssignFile", args, (scene,))
        await uninterrupted(
            confirmed(
                apply_one(session, operation),
                is_answer=lambda value: value is True,
                hint="Look at the files of the scene.",
            )
        )
        runtime.streams.note(f"file {options.file} belongs to scene {scene} now")

    runtime.run(work, writes=True)


async def _id(session: Session, noun: Noun, word: str) -> str:
    """Return the id of an existing scene. Raises StashNotFoundError."""
    from stash_cli.commands.verbs.targets import one_row

    row = await one_row(session, noun.entity, word, ["id"])
    return str(row["id"])


@dataclass(frozen=True, kw_only=True, eq=False)
class ParseOptions(CommandOptions):
    """The command line of `parse`; `flags` are the settings of the server's parser."""

    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="such as '{date} {title}.{ext}'")]
    limit: Annotated[int, typer.Option("--limit", "-L", min=1, metavar="N", help="scenes at most")] = 40


def parse_flags() -> FlagTable:
    """The settings of the parser."""
    return flag_table("SceneParserInput", group="Settings")


def build_parse(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    text = (
        "Print what the server reads out of the names of files, and change nothing.\n\n"
        "PATTERN has {title}, {date}, {yyyy}, {mm}, {dd}, {studio}, {performer}, {tag}, {rating100}, "
        "{ext}; {} is any text, {i} is ignored."
    )
    run = partial(_parse, noun)
    return command("parse", run, ParseOptions, help=text, examples=examples, flags=parse_flags)


def _parse(noun: Noun, runtime: Runtime, options: ParseOptions) -> None:
    view = View("SceneParserResult", columns("id=scene.id>", "title!", "date", "rating=rating100>", "code?"))
    runtime.check_output(view)
    find = {"q": options.pattern, "per_page": options.limit, "page": 1}
    paths = ["count", *(f"results.{path}" for path in runtime.requested_fields(view) or _PARSED_FIELDS)]

    async def work(session: Session) -> dict[str, Any]:
        args = {"filter": find, "config": options.flags}
        answer: dict[str, Any] = await session.call("parseSceneFilenames", args, paths)
        return answer

    answer = runtime.run(work)
    runtime.print_rows(view, answer["results"])
    if answer["count"] > len(answer["results"]):
        runtime.streams.note(f"{len(answer['results'])} of {answer['count']} {noun.entity.plural}")


_PARSED_FIELDS = (
    "scene.id",
    "title",
    "code",
    "details",
    "director",
    "date",
    "rating100",
    "studio_id",
    "performer_ids",
    "tag_ids",
)
"""Fields requested for machine-readable formats."""
