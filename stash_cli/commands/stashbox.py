"""`stash stashbox`: the stash-boxes of the server, which share metadata by fingerprints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands import metadata
from stash_cli.commands.argv.command import CommandOptions, Entry, subcommand
from stash_cli.commands.common.calls import Call, Word, call_group
from stash_cli.core.errors import StashNotFoundError
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.tasks.task_inputs import TaskOptions, Values
    from stash_cli.core.client.session import Session

Row = dict[str, Any]

NO_BOXES = "See `stash config get general.stash_boxes`."

BOX = View("StashBox", columns("name!", "endpoint", "limit=max_requests_per_minute>?"))
RESULT = View(columns=columns("name!", "valid", "status"))


@dataclass(frozen=True, kw_only=True, eq=False)
class ValidateOptions(CommandOptions):
    """The command line of `stashbox validate`."""

    name: Annotated[str | None, typer.Argument(metavar="[NAME|URL]", help="only this one")] = None


async def boxes(session: Session, paths: list[str]) -> list[Row]:
    """The stash-boxes in the settings of the server."""
    server = await session.learn()
    known = [f"general.stashBoxes.{path}" for path in paths if server.has_path("StashBox", path)]
    answer = await session.call("configuration", {}, known)
    return list(answer["general"]["stashBoxes"] or ())


def run_list(runtime: Runtime, _: CommandOptions) -> None:
    """List the stash-boxes in the settings of the server, without their keys."""
    paths = ["name", "endpoint", "max_requests_per_minute"]
    rows = runtime.run(lambda session: boxes(session, paths))
    runtime.print_rows(BOX, rows)
    if not rows:
        runtime.streams.note(f"no stash-boxes. {NO_BOXES}")


def run_validate(runtime: Runtime, options: ValidateOptions) -> int:
    """Make the server try the keys of its stash-boxes. The exit status is 4 if one is refused."""

    async def work(session: Session) -> list[Row]:
        found = await boxes(session, ["name", "endpoint", "api_key"])
        wanted = [box for box in found if options.name in (None, box["name"], box["endpoint"])]
        if options.name is not None and not wanted:
            raise StashNotFoundError(f"no stash-box {options.name}", hint="See `stash stashbox list`.")
        rows = []
        for box in wanted:
            answer = await session.call("validateStashBoxCredentials", {"input": box})
            rows.append({"name": box["name"], "valid": answer["valid"], "status": answer["status"]})
        return rows

    rows = runtime.run(work)
    runtime.print_rows(RESULT, rows)
    if not rows:
        runtime.streams.note(f"no stash-boxes. {NO_BOXES}")
    return 0 if all(row["valid"] for row in rows) else 4


async def prepare_identify(session: Session, runtime: Runtime, options: TaskOptions, values: Values) -> Any:
    """All stash-boxes as the sources, where none is named."""
    if not options.flags.get("sources"):
        found = await boxes(session, ["endpoint"])
        if not found:
            raise StashNotFoundError("the server has no stash-boxes", hint=NO_BOXES)
        values |= {"sources": [{"source": {"stash_box_endpoint": box["endpoint"]}} for box in found]}
    return await metadata.prepare_identify(session, runtime, options, values)


IDENTIFY = replace(
    metadata.TASKS["identify"],
    about="Fill in scenes from stash-boxes, as a job",
    text="Fill in scenes that are not organized from all stash-boxes, or from those of --source.",
    prepare=prepare_identify,
    examples=("stash stashbox identify --wait", "stash stashbox identify --source stashdb --scene 12"),
)


SCENES = Word("scene_ids", "SCENE...", "ids or titles of scenes", "Scene", many=True)
ENTRIES: tuple[Call | tuple[str, Entry], ...] = (
    ("list", subcommand("List the stash-boxes", run_list, CommandOptions, "stash stashbox list")),
    (
        "validate",
        subcommand(
            "Try the keys of the stash-boxes", run_validate, ValidateOptions, "stash stashbox validate"
        ),
    ),
    (IDENTIFY.verb, Entry(IDENTIFY.about, IDENTIFY.build)),
    *(
        Call(
            f"tag-{plural}",
            f"stashBoxBatch{plural[:-1].title()}Tag",
            f"Fill in {plural} from a stash-box, as a job; --refresh also those that have been filled in",
            (f"stash stashbox tag-{plural} --stash-box-endpoint https://stashdb.org/graphql --refresh",),
            defaults=(("refresh", False), ("createParent", False)),
        )
        for plural in ("performers", "studios", "tags")
    ),
    Call(
        "submit-fingerprints",
        "submitStashBoxFingerprints",
        "Send the fingerprints of scenes to a stash-box",
        ("stash stashbox submit-fingerprints 12 13 --stash-box-endpoint https://stashdb.org/graphql",),
        word=SCENES,
        done="sent the fingerprints",
        question="send the fingerprints to the stash-box",
    ),
    Call(
        "draft-scene",
        "submitStashBoxSceneDraft",
        "Send a scene to a stash-box as a draft",
        ("stash stashbox draft-scene 12 --stash-box-endpoint https://stashdb.org/graphql",),
        word=Word("id", "SCENE", "id or title of the scene", "Scene"),
        question="send the scene to the stash-box",
    ),
    Call(
        "draft-performer",
        "submitStashBoxPerformerDraft",
        "Send a performer to a stash-box as a draft",
        ("stash stashbox draft-performer 3 --stash-box-endpoint https://stashdb.org/graphql",),
        word=Word("id", "PERFORMER", "id or name of the performer", "Performer"),
        question="send the performer to the stash-box",
    ),
)

group = partial(call_group, "stashbox", "Servers that share metadata by fingerprints.", ENTRIES)
