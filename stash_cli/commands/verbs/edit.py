"""`edit`: objects as text in an editor."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.common.editor import EditedText, require_terminal
from stash_cli.commands.common.failed_ids import check_failed_to
from stash_cli.commands.verbs.editing import Editing, EditOptions
from stash_cli.commands.verbs.targets import Selection, TargetOptions, read_targets, read_words, rows_of
from stash_cli.core.errors import (
    StashConflictError,
    StashError,
    StashInputError,
    StashNotConfirmedError,
    StashUsageError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.records.documents import Document
    from stash_cli.commands.records.export_fields import ExportField
    from stash_cli.commands.verbs.assignments import Assignment
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import Draft, ObjectEdits
    from stash_cli.core.orm.history import Conflict
    from stash_cli.core.query.language.query import Query

    Row = dict[str, Any]

MOST = 500
"""Maximum number of objects in one text."""
_HEAD = """\
{count}{target}.
Change values, save and close. A list replaces the one that is there; null clears a field.
What you delete here stays as it is, and an empty file changes nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EditorOptions(EditOptions, TargetOptions):
    """The command line of `edit`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
    ] = None
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="make tags, performers and studios that are not there")
    ] = False


@dataclass(eq=False)
class _Text:
    """The state of the text in the editor: the rows as read with `paths`, and their documents."""

    noun: Noun
    runtime: Runtime
    options: EditorOptions
    rows: dict[str, Row] = field(default_factory=dict)
    documents: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    return command(
        "edit",
        partial(edit, noun),
        EditorOptions,
        help=f"Change {plural} as text in an editor: that of VISUAL or EDITOR."
        f"\n\nEach object is one YAML document, at most {MOST}; --fields chooses the fields. Changes are"
        " checked, shown and confirmed before they are sent. If a value is wrong, or was changed by others"
        " meanwhile, you can open the editor again.",
        examples=examples,
    )


def edit(noun: Noun, runtime: Runtime, options: EditorOptions) -> None:
    from stash_cli.commands.records import documents

    option_words = options.words or []
    query = read_targets(runtime, noun.entity, option_words, options)
    check_failed_to(options.failed_to)
    require_terminal(runtime)
    words = read_words(runtime.streams, option_words) if option_words else []
    if option_words and not words:
        return
    text = runtime.run(lambda session: _read(session, noun, runtime, options, words, query))
    if not text.rows:
        runtime.streams.note(f"nothing to edit: no {noun.entity.plural} match")
        return
    count = noun.entity.counted(len(text.rows))
    head = _HEAD.format(count=count, target=runtime.streams.target)
    before = documents.written(text.documents, head)
    with EditedText(runtime, before, name=noun.entity.plural) as file:
        _edit_until_done(text, file, documents.read(before))


async def _read(
    session: Session,
    noun: Noun,
    runtime: Runtime,
    options: EditorOptions,
    words: Sequence[str],
    query: Query | None,
) -> _Text:
    """Read the selected objects, each as a document. Raises StashUsageError for more than MOST."""
    selection = await Selection.of(session, runtime, noun.entity, words, query)
    fields, paths = await _fields(session, runtime, noun)
    text = _Text(noun, runtime, options, paths=paths)
    async for page in selection.pages(paths):
        for row in page:
            text.rows[row["id"]] = row
            text.documents.append({each.name: each.value(row) for each in fields})
        if len(text.rows) > MOST:
            raise StashUsageError(f"more than {MOST} {noun.entity.plural} are chosen")
    selection.raise_missing()
    return text


async def _fields(session: Session, runtime: Runtime, noun: Noun) -> tuple[list[ExportField], list[str]]:
    """The fields of the documents, and the paths to read."""
    from stash_cli.commands.records.columns import Columns, every_assignment
    from stash_cli.commands.records.export_fields import Words, export_fields, types_of
    from stash_cli.commands.verbs.changes import Changes
    from stash_cli.commands.verbs.names import Names

    entity, server, words = noun.entity, await session.load_capabilities(), Words()
    names = runtime.options.fields
    columns = Columns(entity)
    readable = [
        each for each in export_fields(entity, server, names, words, "") if each.name == "id" or each.paths
    ]
    fields = [each for each in readable if each.name == "id" or columns.of(each.name).target is not None]
    await words.read(session, types_of([each.name for each in fields], entity))
    assigned = every_assignment(columns, [each.name for each in fields])
    paths = [path for each in fields for path in each.paths]
    paths += Changes(entity, assigned, Names(session)).paths(server)
    return fields, list(dict.fromkeys(["id", entity.label, *paths]))


def _edit_until_done(text: _Text, file: EditedText, before: list[Document]) -> None:
    """Open the editor until the changes are valid or the user accepts them; then ask and send."""
    from stash_cli.commands.records import documents
    from stash_cli.core.edits.drafts.draft import Draft

    is_open = True
    while is_open:
        changed = list(documents.changed(before, documents.read(file.edit())))
        if not changed:
            text.runtime.streams.note("nothing to change")
            return
        with closing(Draft()) as draft:
            work = partial(_carry_out, text=text, file=file, found=changed, draft=draft)
            is_open = text.runtime.run(work, writes=not text.options.dry_run)


async def _carry_out(
    session: Session, *, text: _Text, file: EditedText, found: list[Document], draft: Draft
) -> bool:
    """Plan and show the changes, ask, and send them; return True to open the editor again instead."""
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.verbs.names import Names
    from stash_cli.commands.verbs.update import carry_out

    noun, runtime, options = text.noun, text.runtime, text.options
    names = Names(session, create=options.create_missing)
    outcomes = Outcomes(noun.entity, "updated", [])
    editing = Editing(session, runtime, noun.entity, options, draft, names, outcomes)
    problems, marks = await _draft_edits(editing, text, found)
    if problems and _ask_to_reopen(runtime, problems, len(draft)):
        if marks:
            comments = "".join(f"# {mark}\n" for mark in marks)
            file.path.write_text(comments + file.path.read_text("utf-8"), "utf-8")
        return True
    if not len(draft):
        runtime.streams.note("nothing to change")
        return False
    if len(draft) == 1 and not options.dry_run:
        editing.preview()
    await carry_out(session, runtime, noun, options, editing)
    return False


async def _draft_edits(editing: Editing, text: _Text, changed: list[Document]) -> tuple[list[str], list[str]]:
    """Draft the edits of the documents; return their errors, and comments about concurrent changes."""
    from stash_cli.commands.verbs.changes import gather

    words: dict[str, list[str]] = {}
    parsed, problems = _parse(editing, changed)
    comments: list[str] = []
    for _, assignments in parsed:
        for assignment in assignments:
            gather(words, assignment.target, assignment.value)
    await editing.names.resolve_each(words)
    current_rows = await _rows(editing, text, [each.values["id"] for each, _ in parsed])
    page = []
    for each, assignments in parsed:
        try:
            page.append(await _rebased_edits(editing, text, assignments, each.values["id"], current_rows))
        except StashError as error:
            problems.append(f"line {each.line}: {error.message}")
            comments += [error.message] if isinstance(error, StashConflictError) else []
    editing.draft.add([each for each in page if each.edits], monotonic())
    editing.outcomes.asked += [each.id for each in page if each.edits]
    return problems, comments


def _parse(
    editing: Editing, found: list[Document]
) -> tuple[list[tuple[Document, list[Assignment]]], list[str]]:
    """Parse documents to assignments; return also the errors of invalid ones."""
    from stash_cli.commands.records.columns import Columns

    columns, problems = Columns(editing.entity), list[str]()
    parsed: list[tuple[Document, list[Assignment]]] = []
    for each in found:
        try:
            if each.problem:
                raise StashInputError(each.problem)
            values = {name: None if value == "" else value for name, value in each.values.items()}
            parsed.append((each, list(columns.assignments(values, is_text=False))))
        except StashError as error:
            problems.append(f"line {each.line}: {error.message}")
    return parsed, problems


async def _rows(editing: Editing, text: _Text, ids: Sequence[str]) -> dict[str, Row]:
    """Read the current rows of objects, by id."""
    return (
        {row["id"]: row for row in await rows_of(editing.session, editing.entity, ids, text.paths)}
        if ids
        else {}
    )


async def _rebased_edits(
    editing: Editing,
    text: _Text,
    assignments: Sequence[Assignment],
    id_: str,
    current_rows: Mapping[str, Row],
) -> ObjectEdits:
    """Return the edits of one object.

    Raises StashConflictError if it was changed concurrently; the next attempt overwrites that change.
    """
    from stash_cli.commands.verbs.changes import Changes
    from stash_cli.core.edits.drafts.recheck import rebase
    from stash_cli.core.edits.plan import check_known, plan_updates

    _raise_unresolved(editing, assignments)
    changes = Changes(editing.entity, assignments, editing.names)
    object_edits = changes.of(text.rows[id_])
    edits, conflicts = rebase(object_edits.edits, current_rows[id_])
    if conflicts:
        text.rows[id_] = current_rows[id_]  # the next attempt compares with this row, and overwrites it
        raise _conflict(editing, id_, conflicts)
    server = await editing.session.load_capabilities()
    check_known(plan_updates(edits, server), server)
    return replace(object_edits, edits=edits)


def _raise_unresolved(editing: Editing, assignments: Sequence[Assignment]) -> None:
    """Raise the error of the first name that could not be resolved."""
    from stash_cli.commands.verbs.changes import gather

    words: dict[str, list[str]] = {}
    for each in assignments:
        gather(words, each.target, each.value)
    for target, names in words.items():
        for error in (editing.names.errors.get((target, name)) for name in names):
            if error is not None:
                raise error


def _conflict(editing: Editing, id_: str, conflicts: Mapping[str, Conflict]) -> StashConflictError:
    """The error about concurrent changes of an object."""
    from stash_cli.core.edits.diff import change_text
    from stash_cli.core.orm.edit import Edit

    concurrent = (
        Edit(editing.entity.type, id_, name, each.original, each.theirs) for name, each in conflicts.items()
    )
    shown = "; ".join(f"{edit.field}: {change_text(edit, editing.names.labels)}" for edit in concurrent)
    return StashConflictError(
        f"{editing.entity.noun} {id_} was changed by others meanwhile: {shown}; save again to overwrite it",
        conflicts,
    )


def _ask_to_reopen(runtime: Runtime, problems: Sequence[str], valid: int) -> bool:
    """Print the problems, and ask whether to edit again. Raises StashNotConfirmedError if the user quits."""
    from stash_cli.output.failures import answer

    for problem in problems:
        runtime.streams.warn(problem)
    what = f"{valid} {'object is' if valid == 1 else 'objects are'} valid"
    word = answer(runtime.streams, f"{what}: [e]dit again, [s]ave what is valid, [q]uit?").lower()
    if word.startswith("s"):
        return False
    if not word.startswith("e"):
        raise StashNotConfirmedError("not saved: nothing was changed")
    return True
