"""Tasks of a noun: those of `stash metadata`, on objects selected by ids or by a query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.flags import FlagTable
from stash_cli.commands.metadata import TASKS
from stash_cli.commands.tasks.task_inputs import Done, TaskOptions, run_task
from stash_cli.commands.tasks.waiting import JOB
from stash_cli.commands.verbs.targets import Selection, TargetOptions, read_targets, read_words

if TYPE_CHECKING:
    from stash_cli.commands.argv.command import StashCommand
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.tasks.task_inputs import Prepare, Task, Values
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.language.query import Query

ID_FIELDS = {"Scene": "sceneIDs", "SceneMarker": "markerIDs"}
"""Type -> the field of a task's input that limits it to objects with these ids."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ChosenOptions(TaskOptions, TargetOptions):
    """The command line of a task on selected objects; `flags` are fields of its input."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
    ] = None


def build(noun: Noun, examples: tuple[str, ...], verb: str, text: str) -> StashCommand:
    """Build the command of the task `verb` for objects of the noun."""
    task = replace(
        TASKS[verb], options=ChosenOptions, text=text, examples=examples, flags=partial(_flags, TASKS[verb])
    )
    # `run_chosen` sets `prepare`, because query and words are known only then.
    return task.command(partial(run_chosen, noun, task))


def _flags(task: Task, table: FlagTable) -> FlagTable:
    """The flags of the task without those for ids."""
    return FlagTable(flag for flag in task.flags(table).rows() if not flag.dest.endswith("IDs"))


def run_chosen(noun: Noun, task: Task, runtime: Runtime, options: ChosenOptions) -> None:
    option_words = options.words or []
    query = read_targets(runtime, noun.entity, option_words, options)
    words = read_words(runtime.streams, option_words) if option_words else []
    if option_words and not words:
        return
    run_task(replace(task, prepare=_limit_to(noun, words, query, task.prepare)), runtime, options)


def _limit_to(noun: Noun, words: list[str], query: Query | None, then: Prepare | None) -> Prepare:
    """Return a prepare callback that limits a task to the selected objects, and then calls `then`."""

    async def prepare(
        session: Session, runtime: Runtime, options: TaskOptions, values: Values
    ) -> Values | Done:
        ids = await _ids(session, runtime, noun, words, query)
        if not ids:
            runtime.streams.note(f"nothing to do: no {noun.entity.plural} match")
            return Done(JOB, [], is_for_people=True)
        limited: dict[str, Any] = values | {ID_FIELDS[noun.entity.type]: ids}
        return limited if then is None else await then(session, runtime, options, limited)

    return prepare


async def _ids(
    session: Session, runtime: Runtime, noun: Noun, words: list[str], query: Query | None
) -> list[str]:
    """Return the ids of the selected objects. Raises StashNotFoundError for a word without an object."""
    selection = await Selection.of(session, runtime, noun.entity, words, query)
    ids = [row["id"] async for rows in selection.pages(["id"]) for row in rows]
    selection.raise_missing()
    return ids
