"""`stash stashbox`: the stash-boxes of the server, which share metadata by fingerprints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands import metadata
from stash_cli.commands.argv.command import CommandOptions, Entry, LazyGroup, subcommand
from stash_cli.commands.argv.flags import Flag, FlagTable
from stash_cli.commands.argv.value_parsers import not_blank
from stash_cli.commands.common.calls import Call, Word, build
from stash_cli.commands.tasks.task_inputs import Done, Task, TaskOptions
from stash_cli.commands.tasks.waiting import JOB
from stash_cli.commands.verbs.targets import read_words, target_ids
from stash_cli.core.errors import StashNotFoundError
from stash_cli.core.scraping.sources import boxes, stash_box
from stash_cli.core.types.entities import ENTITIES
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.tasks.task_inputs import Values
    from stash_cli.core.client.session import Session

Row = dict[str, Any]

NO_BOXES = "See `stash config get general.stash_boxes`."

BOX = View("StashBox", columns("name!", "endpoint", "limit=max_requests_per_minute>?"))
RESULT = View(columns=columns("name!", "valid", "status"))
_NO_RESPONSE = "No response from server"
"""The server's status of a stash-box that it could not reach."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ValidateOptions(CommandOptions):
    """The command line of `stashbox validate`."""

    name: Annotated[
        str | None, typer.Argument(metavar="[STASHBOX]", help="only the one of this name or address")
    ] = None


def run_list(runtime: Runtime, _: CommandOptions) -> None:
    """List the stash-boxes in the settings of the server, without their keys."""
    paths = ["name", "endpoint", "max_requests_per_minute"]
    rows = runtime.run(lambda session: boxes(session, paths))
    runtime.print_rows(BOX, rows)
    if not rows:
        runtime.streams.note(f"no stash-boxes. {NO_BOXES}")


def run_validate(runtime: Runtime, options: ValidateOptions) -> int:
    """Make the server try the keys of its stash-boxes. Exit 4 if one is refused, 5 if one is silent."""

    async def work(session: Session) -> list[Row]:
        endpoint = None if options.name is None else (await stash_box(session, options.name)).box
        known_boxes = await boxes(session, ["name", "endpoint", "api_key"])
        rows = []
        for box in (each for each in known_boxes if endpoint in (None, each["endpoint"])):
            answer = await session.call("validateStashBoxCredentials", {"input": box})
            rows.append({"name": box["name"], "valid": answer["valid"], "status": answer["status"]})
        return rows

    rows = runtime.run(work)
    runtime.print_rows(RESULT, rows)
    if not rows:
        runtime.streams.note(f"no stash-boxes. {NO_BOXES}")
    return _exit_status(rows)


def _exit_status(rows: list[Row]) -> int:
    """The exit status: 4 if a key is refused, 5 if stash-boxes did not respond."""
    refused = [row["status"] for row in rows if not row["valid"]]
    if not refused:
        return 0
    return 5 if all(status == _NO_RESPONSE for status in refused) else 4


async def prepare_identify(session: Session, runtime: Runtime, options: TaskOptions, values: Values) -> Any:
    """Use all stash-boxes as sources if none is named."""
    if not options.flags.get("sources"):
        all_boxes = await boxes(session, ["endpoint"])
        if not all_boxes:
            raise StashNotFoundError("the server has no stash-boxes", hint=NO_BOXES)
        values |= {"sources": [{"source": {"stash_box_endpoint": box["endpoint"]}} for box in all_boxes]}
    return await metadata.prepare_identify(session, runtime, options, values)


IDENTIFY = replace(
    metadata.TASKS["identify"],
    about="Fill in scenes from stash-boxes, as a job",
    text="Fill in scenes that are not organized from all stash-boxes, or from those of --source.",
    prepare=prepare_identify,
    examples=("stash stashbox identify --wait", "stash stashbox identify --source stashdb --scene 12"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class BatchOptions(TaskOptions):
    """The command line of `stashbox tag`; `flags` are fields of the input."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID|NAME]...", help="only these; - reads ids from stdin"),
    ] = None


def _batch(type_name: str) -> Task:
    """The task that fills in objects of a type from a stash-box."""
    entity = ENTITIES[type_name]
    return Task(
        verb=entity.plural,
        operation=f"stashBoxBatch{type_name}Tag",
        job=f"Batch stash-box {entity.noun} tag",
        about=f"Fill in {entity.plural} from a stash-box, as a job",
        text=f"Fill in {entity.plural} that have no id at a stash-box from it: all, or only those named."
        "\n\n--refresh fills in those that have an id there instead. --name and --stash-id make new ones.",
        input=_BATCH,
        options=BatchOptions,
        prepare=partial(_prepare_batch, type_name),
        flags=_batch_flags,
        examples=(
            f"stash stashbox tag {entity.plural} --wait",
            f"stash stashbox tag {entity.plural} 12 13 --stash-box stashdb --refresh",
        ),
    )


_BATCH = "StashBoxBatchTagInput"
_ENDPOINT = "stash_box_endpoint"
_BOX_FLAGS = (
    Flag(
        "--stash-box",
        _ENDPOINT,
        "one of `stash stashbox list`, by name or address (default: the only one)",
        "NAME|URL",
        "Settings",
        not_blank,
    ),
    Flag("--stash-box-endpoint", _ENDPOINT, "", "URL", "Settings", not_blank, hidden=True),
)


def _batch_flags(table: FlagTable) -> FlagTable:
    return FlagTable([*_BOX_FLAGS, *(flag for flag in table.rows() if flag.dest != _ENDPOINT)])


async def _prepare_batch(
    type_name: str, session: Session, runtime: Runtime, options: Any, values: Values
) -> Values | Done:
    """Resolve the stash-box and the named objects; set the required `refresh` and `createParent`."""
    (await session.load_capabilities()).operation_name("mutation", f"stashBoxBatch{type_name}Tag")
    box = await stash_box(session, values.get(_ENDPOINT))
    words = read_words(runtime.streams, options.words) if options.words else []
    if options.words and not words:
        return Done(JOB, [], is_for_people=True)
    ids = {"ids": await target_ids(session, ENTITIES[type_name], words)} if words else {}
    return {"refresh": False, "createParent": False, **values, **ids, _ENDPOINT: box.box}


async def _with_box(session: Session, values: Row) -> Row:
    """The input with the endpoint of the selected stash-box."""
    return {**values, _ENDPOINT: (await stash_box(session, values.get(_ENDPOINT))).box}


_CALLS = (
    Call(
        "fingerprints",
        "submitStashBoxFingerprints",
        "Send the fingerprints of scenes to a stash-box",
        ("stash stashbox submit fingerprints 12 13 --stash-box stashdb",),
        word=Word("scene_ids", "SCENE...", "ids or titles of scenes", "Scene", many=True),
        done="sent the fingerprints",
        question=f"send the fingerprints to {{{_ENDPOINT}}}",
        flags=_BOX_FLAGS,
        prepare=_with_box,
    ),
    Call(
        "scene",
        "submitStashBoxSceneDraft",
        "Send a scene to a stash-box as a draft",
        ("stash stashbox draft scene 12 --stash-box stashdb",),
        word=Word("id", "SCENE", "id or title of the scene", "Scene"),
        question=f"send the scene to {{{_ENDPOINT}}}",
        flags=_BOX_FLAGS,
        prepare=_with_box,
    ),
    Call(
        "performer",
        "submitStashBoxPerformerDraft",
        "Send a performer to a stash-box as a draft",
        ("stash stashbox draft performer 3 --stash-box stashdb",),
        word=Word("id", "PERFORMER", "id or name of the performer", "Performer"),
        question=f"send the performer to {{{_ENDPOINT}}}",
        flags=_BOX_FLAGS,
        prepare=_with_box,
    ),
)
_ENTRIES = {
    "tag": {task.verb: Entry(task.about, task.build) for task in map(_batch, ("Performer", "Studio", "Tag"))},
    "submit": {call.name: Entry(call.help, partial(build, call)) for call in _CALLS[:1]},
    "draft": {call.name: Entry(call.help, partial(build, call)) for call in _CALLS[1:]},
}
"""First word of the verbs of two words -> entries by second word."""
_TEXTS = {
    "tag": "Fill in objects from a stash-box, as a job.",
    "submit": "Send fingerprints of scenes to a stash-box.",
    "draft": "Send an object to a stash-box as a draft.",
}


def group() -> LazyGroup:
    """The group; verbs of two words are also accepted in their old form with a dash."""
    entries = {
        "list": subcommand("List the stash-boxes", run_list, CommandOptions, "stash stashbox list"),
        "validate": subcommand(
            "Try the keys of the stash-boxes", run_validate, ValidateOptions, "stash stashbox validate"
        ),
        IDENTIFY.verb: Entry(IDENTIFY.about, IDENTIFY.build),
    }
    for word, rows in _ENTRIES.items():
        entries[word] = Entry(_TEXTS[word].rstrip("."), partial(LazyGroup, word, rows, _TEXTS[word]))
    dashed = {
        f"{word}-{name}": row._replace(alias_of=f"{word} {name}")
        for word, rows in _ENTRIES.items()
        for name, row in rows.items()
    }
    return LazyGroup("stashbox", entries | dashed, "Servers that share metadata by fingerprints.")
