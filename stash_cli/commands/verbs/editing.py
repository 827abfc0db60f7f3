"""Carrying out a draft of edits: show it, ask for confirmation, send it, and report the outcomes."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions
from stash_cli.commands.common.consent import MOST, DryRun, require_few
from stash_cli.commands.common.failed_ids import write_failed
from stash_cli.core.errors import (
    StashError,
    StashSidecarError,
    StashUsageError,
    StashVersionError,
)
from stash_cli.core.many_keys import Ids, KeyFile
from stash_cli.core.texts import counted
from stash_cli.core.types.entities import ENTITIES, Entity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.interactive import Edited
    from stash_cli.commands.verbs.names import Names
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.apply import Applier, Note
    from stash_cli.core.edits.drafts.draft import Draft, ObjectEdits
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation

    Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class EditOptions(CommandOptions):
    """Options of commands that change many objects."""

    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask before changing several objects")] = (
        False
    )
    dry_run: DryRun = False
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="ask about each object: y n a q e ?")
    ] = False
    max_changes: Annotated[
        int | None,
        typer.Option(
            "--max-changes", metavar="N", min=0, help=f"refuse to change more objects; {MOST} with --yes"
        ),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="overwrite what others changed meanwhile")] = False
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="stop at the first object that fails")] = (
        False
    )
    failed_to: Annotated[
        str | None,
        typer.Option("--failed-to", metavar="FILE", help="write the ids that were not changed, one a line"),
    ] = None


@dataclass
class Editing:
    """One command that changes objects: the draft of its edits, and their outcomes.

    `unchanged` are objects without an edit, because they already have the new values.
    """

    session: Session
    runtime: Runtime
    entity: Entity
    options: EditOptions
    draft: Draft
    names: Names
    outcomes: Outcomes
    unchanged: Ids = field(default_factory=Ids)
    more: dict[str, Any] = field(default_factory=dict)
    """Further facts for the JSON of the plan."""
    made: KeyFile = field(default_factory=KeyFile)
    """Ids of new objects by provisional id, if their rows are printed."""
    new: int = 0
    """Number of created objects."""
    checked: set[str] = field(default_factory=set)
    """Fields of which an edit was already checked against the server's schema."""

    def draft_page(
        self,
        rows: Sequence[Row],
        edits_of: Callable[[Row], ObjectEdits],
        server: ServerCapabilities,
        read_at: float,
    ) -> None:
        """Draft the edits of rows, and add objects without edits to `unchanged`.

        `read_at` is the monotonic time at which the rows were read.
        """
        from stash_cli.core.edits.plan import check_known, plan_updates

        page: list[ObjectEdits] = []
        for row in rows:
            try:
                each = edits_of(row)
                plan = plan_updates(each.edits, server)
                # Checked before the prompt, and once for each field, as there may be 100,000 objects.
                if unchecked := {edit.field for edit in each.edits} - self.checked:
                    check_known(plan, server)
                    self.checked |= unchecked
            except (StashUsageError, StashSidecarError) as error:
                self.outcomes.fail([row["id"]], error)
                continue
            if each.edits:
                page.append(each)
            else:
                self.unchanged.append(each.id)
        self.draft.add(page, read_at)
        self.outcomes.asked += [each.id for each in page]
        self.names.trim_labels()
        self.runtime.streams.on_many_rows()

    def preview(self) -> None:
        """Print the edits of the first objects, and totals."""
        from itertools import islice

        from stash_cli.core.edits.diff import SHOWN

        for each in islice(self.draft, SHOWN):
            self.show(each)
        if len(self.draft) > SHOWN:
            self.runtime.streams.note(f"... and {len(self.draft) - SHOWN:,} more {self.entity.plural}")
        for line in self.totals():
            self.runtime.streams.note(line)

    def show(self, each: ObjectEdits) -> None:
        """Print the edits of one object."""
        from stash_cli.core.edits.diff import parts
        from stash_cli.output.diff import show_object

        rows = [(edit.field, parts(edit, self.names.labels)) for edit in each.edits]
        noun = f"new {self.entity.noun}" if each.is_new else self.entity.noun
        show_object(self.runtime.streams, noun, each.id, each.label, rows)

    def totals(self) -> Iterator[str]:
        """Yield lines with totals: per field, for replaced lists, for new objects and for requests."""
        totals = self.draft.totals
        if len(self.draft) > 1:
            yield from self._field_lines()
        if lost := totals.replaced.total():
            lists = ", ".join(f"{count:,} of {name}" for name, count in totals.replaced.items() if count)
            yield f"lists that are replaced or cleared lose {counted(lost, 'item')}: {lists}"
        yield from _creation_lines(self.names.to_create(), "makes")
        yield self._counts_line()

    def _field_lines(self) -> Iterator[str]:
        """Yield a line for each changed field."""
        totals = self.draft.totals
        for (name, operation), count in totals.by_field.items():
            items = [f"{totals.added[name]:,} added"] if totals.added[name] else []
            items += [f"{totals.removed[name]:,} removed"] if totals.removed[name] else []
            more = f": {', '.join(items)}" if operation == "changed" and items else ""
            yield f"{name}: {operation} on {self.count(count)}{more}"

    def _counts_line(self) -> str:
        """The numbers of new, changed and unchanged objects, and of requests."""
        from stash_cli.core.edits.pace import requests_of
        from stash_cli.core.edits.plan import CHUNK

        new, changed = self.draft.totals.new, len(self.draft) - self.draft.totals.new
        failed, unchanged = len(self.outcomes.problems), len(self.unchanged)
        parts = [f"creates {self.count(new)}"] if new else []
        if changed or not parts:
            parts.append(f"{self.count(changed)} {'changes' if changed == 1 else 'change'}")
        parts += [f"{unchanged:,} unchanged"] if unchanged else []
        parts += [f"{failed:,} cannot be changed"] if failed else []
        # A lower bound: different values per object, and fields with their own mutations, need more requests.
        requests = requests_of([len(self.draft)]) + -(-len(self.names.to_create()) // CHUNK)
        suffix = f"; {counted(requests, 'request')} or more" if requests else ""
        return f"{', '.join(parts)}{suffix}"

    @property
    def is_single(self) -> bool:
        """Whether one object was selected; it is changed without confirmation."""
        return len(self.draft) + len(self.outcomes.problems) + len(self.unchanged) == 1

    def count(self, number: int) -> str:
        """A number of objects with their noun."""
        return self.entity.counted(number)

    def print_plan(self, server: Any) -> None:
        """Print the edits, and a line of JSON per mutation; with --json the whole plan."""
        from stash_cli.core.edits.drafts.run import operations_of

        streams = self.runtime.streams
        if self.runtime.options.output == "json":
            streams.data(json.dumps(self.plan_json(server), ensure_ascii=False) + "\n")
            return
        self.preview()
        for _, page in self.draft.pages():
            for each in operations_of(page, server):
                streams.data(json.dumps({each.name: shortened(each.input)}, ensure_ascii=False) + "\n")

    def check_count(self) -> None:
        """Raise StashNotConfirmedError for more objects than allowed."""
        options, count = self.options, len(self.draft)
        action = f"change {self.count(count)}"
        require_few(count, action, yes=options.yes, max_changes=options.max_changes)

    def plan_json(self, server: Any) -> dict[str, Any]:
        """The whole plan as JSON."""
        from stash_cli.core.edits.diff import edit_json
        from stash_cli.core.edits.drafts.run import operations_of

        operations = [op for _, page in self.draft.pages() for op in operations_of(page, server)]
        return {
            "edits": [edit_json(edit) for each in self.draft for edit in each.edits],
            "operations": [{each.name: each.args} for each in operations],
            "creates": [{"type": target, "name": name} for target, _, name in self.names.to_create()],
            "unchanged": [*self.unchanged],
            "problems": {id_: error.message for id_, error in self.outcomes.problems.items()},
            **self.more,
        }

    def done(self) -> Iterator[str]:
        """Yield the parts of the result: `created 3 tags`, `changed 5 tags`, `2 tags unchanged`."""
        new, changed = self.new, len(self.outcomes.done) - self.new
        if new:
            yield f"created {self.count(new)}"
        if changed:
            yield f"changed {self.count(changed)}"
        if not new and not changed:
            yield "nothing to change"
        if self.unchanged:
            yield f"{self.count(len(self.unchanged))} unchanged"

    async def consent(self, edited: Edited) -> bool:
        """Ask for confirmation where it is needed; return whether the user was asked.

        `edited` is the callback for edits typed by the user. Raises StashNotConfirmedError when the user
        declines, without a terminal, and for more objects than allowed.
        """
        from stash_cli.output.failures import confirm

        streams, options = self.runtime.streams, self.options
        self.check_count()
        if options.interactive:
            from stash_cli.commands.verbs.interactive import confirm_each

            await confirm_each(self, edited)
            return True
        if self.is_single or options.yes:
            return False
        if streams.interactive:
            self.preview()
        confirm(streams, self.question(), yes=False)
        return True

    def question(self) -> str:
        """The question about the plan: `make 3 tags and change 5`."""
        new = self.draft.totals.new
        changed = len(self.draft) - new
        if not new:
            return f"change {self.count(changed)}"
        return f"make {self.count(new)}" + (f" and change {changed:,}" if changed else "")

    async def apply(self, *, asked: bool) -> None:
        """Create missing related objects, send the edits, and record the outcomes.

        `asked` says whether the user was asked.
        """
        from asyncio import CancelledError

        from stash_cli.commands.common.sending import print_interrupted
        from stash_cli.core.edits.apply import Applier
        from stash_cli.core.edits.drafts.run import DraftRun

        applier = Applier(self.session, is_shielded=True, fail_fast=self.options.fail_fast)
        run = DraftRun(applier, self._read, self.entity.type, self.draft)
        run.asked, run.force, run.expect = asked, self.options.force, self._expect
        run.add_steps = self.outcomes.add_steps
        try:
            run.ids.update(await self._create_missing(applier))
            with self._recording() as note:
                await run.apply(note, self._fail, skip=self.outcomes.problems)
        except CancelledError:
            print_interrupted(self.runtime, self.outcomes)
            raise
        finally:
            self._move_to_unchanged(run.already)
            self.outcomes.gave_up = applier.stopped
            write_failed(self.runtime, self.options.failed_to, self.outcomes)
        # A usage or version error concerns the whole command, not each object.
        if isinstance(applier.stopped, StashUsageError | StashVersionError) and self.outcomes.nothing_changed:
            raise applier.stopped

    async def _read(self, ids: Sequence[str], paths: Sequence[str]) -> dict[str, Any]:
        """Rows by id; fields that the server lacks are left out."""
        from stash_cli.core.client.paging import pages_by_id
        from stash_cli.core.edits.before_values import is_readable

        server = await self.session.load_capabilities()
        readable = [path for path in paths if is_readable(self.entity.type, path, server)]
        return {
            row["id"]: row
            async for rows in pages_by_id(self.session, self.entity, ids, readable)
            for row in rows
        }

    def _move_to_unchanged(self, ids: Ids) -> None:
        """Move objects to `unchanged` that another client has set to the same values."""
        self.unchanged += ids
        if ids:
            self.outcomes.asked = Ids(Ids(self.outcomes.asked).without(ids))

    def _expect(self, operations: Sequence[Operation]) -> None:
        for each in operations:
            self.outcomes.expect(each.ids)

    def _fail(self, id_: str, error: StashError) -> None:
        self.outcomes.fail([id_], error)

    async def _create_missing(self, applier: Applier) -> dict[str, str]:
        """Create the missing objects that the edits name; return a map of provisional id -> id."""
        from stash_cli.core.edits.plan import plan_create

        missing = self.names.to_create()
        operations = [
            plan_create(target, self.names.input_of(target, id_, name)) for target, id_, name in missing
        ]
        ids: dict[str, str] = {}

        def note(operation: Operation, done: BatchOperation) -> None:
            if done.error is not None:
                # Edits that name this object need its id, so the first failure ends the command.
                raise done.error
            provisional = next(
                id_ for (_, id_, _), each in zip(missing, operations, strict=True) if each is operation
            )
            ids[provisional] = str(done.result["id"])

        await applier.apply(operations, note)
        for line in _creation_lines(missing, "made"):
            self.runtime.streams.note(line)
        return ids

    @contextmanager
    def _recording(self) -> Iterator[Note]:
        """Yield a callback that records outcomes, and shows a progress bar for more than one request."""
        from stash_cli.core.edits.pace import START
        from stash_cli.output.progress import open_progress

        streams, total = self.runtime.streams, len(self.draft)
        is_shown = streams.animated and total > START
        bar = open_progress(streams, "bar" if is_shown else "none")

        def note(operation: Operation, done: BatchOperation) -> None:
            self.outcomes.record(operation, done)
            if done.error is None and operation.name.endswith("Create"):
                self.new += 1
                if not self.runtime.for_people:
                    self.made[operation.ids[0]] = str(done.result["id"])
            finished = len(self.outcomes.done) + len(self.outcomes.problems)
            bar.update(f"{finished:,} of {self.count(total)}", min(1.0, finished / max(1, total)))

        try:
            yield note
        finally:
            bar.close()

    def print_outcome(self) -> None:
        """Print a note with the numbers of changed and of unchanged objects."""
        if not (self.outcomes.asked or self.unchanged):
            self.runtime.streams.note(f"nothing to change: no {self.entity.plural} match")
        elif self.outcomes.complete:
            self.runtime.streams.note(self.outcomes.message(len(self.unchanged)))


def shortened(values: dict[str, Any]) -> dict[str, Any]:
    """Return an input for display, with data URIs shortened to 32 characters."""
    return {
        name: f"{value[:32]}... ({len(value)} characters)"
        if isinstance(value, str) and value.startswith("data:")
        else value
        for name, value in values.items()
    }


def _creation_lines(missing: Sequence[tuple[str, str, str]], verb: str) -> Iterator[str]:
    """Yield lines with the first SHOWN names of created objects, and the number of the others."""
    from stash_cli.core.edits.diff import SHOWN

    for target, _, name in missing[:SHOWN]:
        yield f"{verb} the {ENTITIES[target].noun} {name!r}"
    if len(missing) > SHOWN:
        yield f"{verb} {len(missing) - SHOWN:,} others that are not there"
