"""`merge`: several objects made one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, Yes, command
from stash_cli.commands.argv.query_words import WhereOptions
from stash_cli.commands.common.consent import MOST, BackupFirst, DryRun, require_few
from stash_cli.commands.common.plan_output import PlanOut, changed_since, check_plan_out, write_plan
from stash_cli.commands.common.sending import before_sending, uninterrupted
from stash_cli.commands.queries.searching import matching_ids, read_query, search_for
from stash_cli.commands.verbs.targets import read_words, rows_of, target_ids
from stash_cli.core.errors import StashError, StashInputError, StashUsageError
from stash_cli.core.types.entities import ENTITIES, Entity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.saved_filters import Renamed
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.merging.merge import Merge
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation
    from stash_cli.core.query.language.query import Query


@dataclass(frozen=True, kw_only=True, eq=False)
class MergeOptions(WhereOptions):
    """The command line of `merge`."""

    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID|NAME...",
            help="the objects that are merged and go; - reads ids from stdin",
            show_default=False,
        ),
    ] = None
    into: Annotated[str, typer.Option("--into", metavar="ID|NAME", help="the object that stays")]
    take: Annotated[
        list[str] | None,
        typer.Option("--take", metavar="FIELD=ID|NAME", help="take a field from this source; repeatable"),
    ] = None
    yes: Yes = False
    dry_run: DryRun = False
    backup_first: BackupFirst = False
    max_changes: Annotated[
        int | None,
        typer.Option(
            "--max-changes", metavar="N", min=0, help=f"refuse to merge more objects; {MOST} with --yes"
        ),
    ] = None
    plan_out: PlanOut = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    return command(
        "merge",
        partial(merge, noun),
        MergeOptions,
        help=f"Merge {plural} into another one, and delete them."
        "\n\nThe destination keeps its values, and takes those it lacks from the first that has them."
        " Lists are united, and what names a source names the destination afterwards."
        "\n\nA query may match the destination, too: it stays.",
        examples=examples,
    )


def merge(noun: Noun, runtime: Runtime, options: MergeOptions) -> None:
    runtime.check_output(noun.view)
    check_plan_out(options.plan_out)
    entity = noun.entity
    takes = dict(_parse_take(entity, word) for word in options.take or ())
    query = read_sources(runtime, entity, options)
    words = read_words(runtime.streams, options.sources) if options.sources else []
    if not words and query is None:
        return

    async def work(session: Session) -> None:
        with before_sending(runtime):
            sources, target = await sources_and_target(session, runtime, entity, words, query, options)
            if not sources:
                runtime.streams.note(f"nothing to merge: no other {entity.plural} match")
                return
            action = f"merge {entity.counted(len(sources))}"
            require_few(len(sources), action, yes=options.yes, max_changes=options.max_changes)
            planned = await plan(session, entity, sources, target, takes)
            filters = await naming_filters(session, entity, planned)
        show_all(runtime, entity, planned, filters)
        if options.plan_out is not None:
            await write_merge(session, runtime, planned, options.plan_out)
        elif options.dry_run:
            print_operations(runtime, planned)
        else:
            await carry_out(session, runtime, noun, planned, options)
            for each in filters:
                await uninterrupted(each.save(session))

    runtime.run(work, writes=not (options.dry_run or options.plan_out))


def show_all(runtime: Runtime, entity: Entity, planned: Merge, filters: Sequence[Renamed]) -> None:
    """Print the changes of a merge, and the saved filters that name a source."""
    show(runtime, entity, planned)
    for each in filters:
        kind = f"the default filter of {each.plural}" if each.is_default else f"the filter {each.name!r}"
        runtime.streams.note(f"{kind} names the destination instead")


async def write_merge(session: Session, runtime: Runtime, planned: Merge, target: str) -> None:
    """Write the plan of a merge for `stash apply`."""
    noun = ENTITIES[planned.type].noun
    facts = {
        "sources": planned.sources,
        "target": planned.target,
        "takes": dict(planned.combination.takes),
        "edits": _edits(planned),
        "lines": [f"{noun} {id_} into {noun} {planned.target}" for id_ in planned.sources],
    }
    await write_plan(session, runtime, target, kind="merge", type=planned.type, facts=facts)


def _edits(planned: Merge) -> list[Any]:
    """The changes of a merge as JSON values, which `stash apply` compares with a new plan."""
    from stash_cli.core.edits.diff import edit_json

    return list(
        json.loads(json.dumps([edit_json(edit) for edit in (*planned.values(), *planned.moves)], default=str))
    )


async def carry_out_plan(
    session: Session, runtime: Runtime, noun: Noun, facts: Mapping[str, Any], *, yes: bool
) -> None:
    """Merge the objects of a plan. Raises StashConflictError if its changes would differ now."""
    entity = noun.entity
    planned = await plan(session, entity, facts["sources"], facts["target"], dict(facts["takes"]))
    if _edits(planned) != facts["edits"]:
        raise changed_since(entity.noun, f"{facts['target']} or a source of it")
    filters = await naming_filters(session, entity, planned)
    show_all(runtime, entity, planned, filters)
    options = MergeOptions(sources=facts["sources"], into=facts["target"], yes=yes)
    await carry_out(session, runtime, noun, planned, options)
    for each in filters:
        await uninterrupted(each.save(session))


async def naming_filters(session: Session, entity: Entity, planned: Merge) -> list[Renamed]:
    """Return the saved and default filters of the web interface that name a source."""
    from stash_cli.core.client.saved_filters import filters_naming

    label = str(planned.combination.destination.get(entity.label) or "")
    item = {"id": planned.target, "label": label}
    return await filters_naming(session, entity.type, planned.sources, item)


def _parse_take(entity: Entity, word: str) -> tuple[str, str]:
    """Parse `--take` into (attribute, source). Raises StashUsageError."""
    from stash_cli.commands.verbs.assignments import target_of
    from stash_cli.core.edits.merging.combine import RULES

    name, equals, source = word.partition("=")
    if not equals or not source.strip():
        raise StashUsageError(f"--take {word}: write FIELD=ID")
    attr = target_of(entity, name).attr
    if attr not in RULES[entity.type]:
        raise StashUsageError(f"--take {word}: {name} cannot be taken over")
    return attr, source


def read_sources(runtime: Runtime, entity: Entity, options: MergeOptions) -> Query | None:
    """Return the query that selects the sources; None if words do.

    Raises StashUsageError for both and for neither.
    """
    query = read_query(runtime, entity, options, changing=True)
    if bool(options.sources) == (query is not None):
        problem = "chosen in two ways at once" if query else "named to be merged"
        hint = "Give ids or names, - to read ids, or else --where QUERY or --saved NAME."
        raise StashUsageError(f"{'the' if query else 'no'} {entity.plural} are {problem}", hint=hint)
    return query


async def sources_and_target(
    session: Session,
    runtime: Runtime,
    entity: Entity,
    words: Sequence[str],
    query: Query | None,
    options: MergeOptions,
) -> tuple[list[str], str]:
    """Return the ids of the sources, and of the destination; a query may match the destination, too.

    Raises StashInputError if words name the destination as a source.
    """
    [target] = await target_ids(session, entity, [options.into])
    if query is None:
        sources = await target_ids(session, entity, words)
        if target in sources:
            raise StashInputError(f"{entity.noun} {target} cannot be merged into itself")
        return sources, target
    matches = await matching_ids(session, await search_for(session, runtime, entity, query, "id"))
    return [id_ for id_ in matches if id_ != target], target


async def plan(
    session: Session, entity: Entity, sources: list[str], target: str, takes: dict[str, str]
) -> Merge:
    """Read the objects, and plan the merge. Raises StashInputError if they cannot be merged."""
    from stash_cli.commands.verbs.changes import label_paths
    from stash_cli.core.edits.gallery_contents import refusals
    from stash_cli.core.edits.merging.combine import RULES, Combination
    from stash_cli.core.edits.merging.merge import Merge, find_references, paths_to_read

    server = await session.load_capabilities()
    source_by_field = {name: (await target_ids(session, entity, [word]))[0] for name, word in takes.items()}
    for name, id_ in source_by_field.items():
        if id_ not in sources:
            raise StashInputError(f"--take {name}: {id_} is no source of this merge")
    names = (path for attr in RULES[entity.type] for path in label_paths(entity, attr))
    paths = [*paths_to_read(entity.type, server), *(n for n in names if server.has_path(entity.type, n))]
    first, *others = await rows_of(session, entity, [target, *sources], paths)
    planned = Merge(Combination(entity.type, first, others, source_by_field), server)
    planned.check()
    await find_references(session, planned)
    for error in (await refusals(session, planned.first())).values():
        raise error
    return planned


def show(runtime: Runtime, entity: Entity, planned: Merge) -> None:
    """Print changed values, references that move to the destination, and deleted objects."""
    from collections import Counter

    from stash_cli.core.edits.diff import parts
    from stash_cli.output.diff import show_object

    streams, values = runtime.streams, planned.values()
    row = planned.combination.destination
    labels = _labels(entity, [row, *planned.combination.sources])
    edit_rows = [(edit.field, parts(edit, labels)) for edit in values]
    show_object(streams, f"into {entity.noun}", planned.target, str(row.get(entity.label) or ""), edit_rows)
    for type_name, count in Counter(edit.type for edit in planned.moves).items():
        other = ENTITIES[type_name]
        verb = f"{other.noun} names" if count == 1 else f"{other.plural} name"
        streams.note(f"{count:,} {verb} the destination instead")
    if repeated := planned.repeated_markers():
        streams.note(f"{len(repeated)} of their markers go: another one has the same second and tag")
    for text in planned.warnings():
        streams.note(text)
    for source in planned.combination.sources:
        show_object(
            streams, f"deletes {entity.noun}", str(source["id"]), str(source.get(entity.label) or ""), ()
        )


def _labels(entity: Entity, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Names of related objects in rows, by type and id."""
    from stash_cli.commands.verbs.changes import labels_of
    from stash_cli.core.edits.merging.combine import RULES

    fields = RULES[entity.type]
    return {key: name for row in rows for attr in fields for key, name in labels_of(entity, attr, row)}


def print_operations(runtime: Runtime, planned: Merge) -> None:
    """Print a line of JSON for each mutation that does not depend on the result of another one."""
    from stash_cli.core.edits.plan import plan_updates

    operations = plan_updates(planned.first(), planned.server).operations
    for each in (*operations, planned.last()):
        runtime.streams.data(json.dumps({each.name: each.input}, ensure_ascii=False) + "\n")


async def carry_out(
    session: Session, runtime: Runtime, noun: Noun, planned: Merge, options: MergeOptions
) -> None:
    """Ask, and merge: update the destination and references first, then delete the sources."""
    from stash_cli.commands.verbs.delete import back_up
    from stash_cli.output.failures import confirm

    entity, count = noun.entity, len(planned.sources)
    what = entity.counted(count)
    confirm(runtime.streams, f"merge {what} into {entity.noun} {planned.target}", yes=options.yes)
    if options.backup_first:
        await back_up(session, runtime)
    await uninterrupted(send_merge(session, noun.entity, planned))
    runtime.streams.note(f"merged {what} into {entity.noun} {planned.target}")
    if not runtime.for_people:
        [row] = await rows_of(session, entity, [planned.target], runtime.requested_fields(noun.view))
        runtime.print_row(noun.view, row)


async def send_merge(session: Session, entity: Entity, planned: Merge) -> None:
    """Send the steps of a merge in order. Raises the error of the first failed step, and sends no more."""
    from stash_cli.core.edits.merging.merge import count_remaining_references, paths_to_read
    from stash_cli.core.edits.plan import plan_destroy, plan_updates

    server = planned.server
    await _apply(session, plan_updates(planned.first(), server).operations)
    # Other clients may have added references to a source since then; its deletion would drop them.
    remaining = await count_remaining_references(session, planned)
    if remaining:
        raise StashError(
            f"{remaining:,} objects name a source still, so the sources were not deleted",
            hint="Others may change them at this moment: try again.",
        )
    await _apply(session, [planned.last()])
    # The server's own merge has changed the destination, so the remaining edits are planned from its new row.
    [destination] = await rows_of(session, entity, [planned.target], paths_to_read(entity.type, server))
    # Sent after the deletion: names and aliases are unique, and the sources had them until now.
    await _apply(session, plan_updates(planned.late(destination), server).operations)
    await _apply(session, list(plan_destroy("SceneMarker", planned.repeated_markers(), {})))


async def _apply(session: Session, operations: Sequence[Operation]) -> None:
    from stash_cli.core.edits.apply import Applier
    from stash_cli.core.edits.pace import Pace

    errors: list[StashError] = []

    def note(_: Operation, done: BatchOperation) -> None:
        errors.extend([done.error] if done.error is not None else [])

    applier = Applier(session, fail_fast=True, pace=Pace())
    await applier.apply(operations, note)
    for error in errors:
        raise error
