"""A plan for duplicates: preview, confirmation, execution and report."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from stash_cli.commands.common.consent import require_few
from stash_cli.commands.common.idle import check_idle
from stash_cli.commands.housekeeping.duplicate_rows import (
    VIEW,
    facts_of,
    lines_of,
    rows_of,
    show_plan,
    totals_of,
    view_of,
)
from stash_cli.core.duplicates.policy import MOVE
from stash_cli.core.errors import StashInputError, StashNotConfirmedError
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.duplicates import DuplicatesOptions
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.carry_out import Results
    from stash_cli.core.duplicates.copies import File
    from stash_cli.core.duplicates.policy import Policy
    from stash_cli.core.duplicates.relocation import Targets
    from stash_cli.core.duplicates.survey import Planned, Survey
    from stash_cli.core.types.entities import Entity

_SHOWN = 20
"""Number of groups that are shown before the prompt."""


@dataclass
class TieBreaker:
    """Asks which file to keep if the rules cannot decide, and caches the answers.

    With `is_asking` False, only cached answers are used.
    """

    runtime: Runtime
    entity: Entity
    is_asking: bool
    kept: dict[frozenset[str], str] = field(default_factory=dict)
    """The ids of tied files -> that of the kept one; "" if the group is left unchanged."""

    def choose(self, reason: str, files: Sequence[File]) -> File | None:
        """Choose the file to keep among tied ones; None leaves the group unchanged."""
        tied = frozenset(file.id for file in files)
        if self.is_asking and tied not in self.kept:
            self.kept[tied] = self._ask(reason, files)
        return next((file for file in files if file.id == self.kept.get(tied)), None)

    def _ask(self, reason: str, files: Sequence[File]) -> str:
        from stash_cli.output.failures import answer

        streams = self.runtime.streams
        if not streams.interactive:
            self.is_asking = False
            streams.warn("--on-tie ask: there is no terminal to ask, so ties leave their groups as they are")
            return ""
        streams.say(reason)
        for number, file in enumerate(files, 1):
            streams.say(f"  {number}: {self.entity.noun} {file.owner}, {facts_of(file)}")
        while True:
            word = answer(
                streams, f"keep which? [1-{len(files)}, Enter leaves them, q ends these questions] "
            )
            self.is_asking = word != "q"
            if word in ("", "q"):
                return ""
            if word.isdecimal() and 0 < int(word) <= len(files):
                return files[int(word) - 1].id


@dataclass
class Plan:
    """A survey of duplicates, with the steps of the command."""

    session: Session
    runtime: Runtime
    noun: Noun
    options: DuplicatesOptions
    policy: Policy
    survey: Survey
    tag: str = ""
    """The id of the tag of `--then tag:NAME`."""

    @property
    def targets(self) -> Targets | None:
        """The new paths of the losing files for MOVE, else None."""
        return self.survey.targets

    async def run(self) -> None:
        makes_changes = self.policy.makes_changes
        self._check_protected(makes_changes=makes_changes)
        if not makes_changes or self.options.dry_run:
            print_groups(self.runtime, self.survey, self.policy, self.targets, self.options.limit)
            await self._note_totals()
        elif not self.survey.totals.acted_on:
            await self._note_totals()
            self.runtime.streams.note("nothing to do")
        else:
            await self._carry_out()

    def _check_protected(self, *, makes_changes: bool) -> None:
        """Raise for a protected path that matches no file, because it is probably mistyped."""
        for path in self.policy.protected if len(self.survey) else ():
            if path not in self.survey.totals.protected:
                message = f"--protect {path}: no file of these groups is there"
                if makes_changes and not self.options.dry_run:
                    raise StashInputError(message, hint="Paths are those of the server: see the list.")
                self.runtime.streams.warn(message)

    async def _note_totals(self) -> None:
        from stash_cli.commands.verbs.deletion import trash_of

        trash = await trash_of(self.session) if self.policy.deletes_files else None
        for line in totals_of(self.noun.entity, self.survey.totals, self.policy, trash):
            self.runtime.streams.note(line)

    async def _carry_out(self) -> None:
        """Ask for confirmation, back up the database if requested, and apply the plan."""
        from stash_cli.commands.verbs.delete import back_up

        if self.policy.into is not None or self.policy.removes_files:
            await check_idle(self.session, "may change these files and scenes")
        chosen = await self._consent()
        if self.options.backup_first:
            await back_up(self.session, self.runtime)
        await self._apply(chosen)

    async def _apply(self, chosen: set[str] | None) -> None:
        """Apply the plan to the chosen groups (ids of destinations; None for all), and report the outcome."""
        from asyncio import CancelledError

        from stash_cli.core.duplicates.carry_out import CarryOut
        from stash_cli.core.edits.apply import Applier
        from stash_cli.core.edits.pace import Pace

        applier = Applier(self.session, is_shielded=True, pace=Pace())
        work = CarryOut(applier, self.noun.entity.type, self.policy, self.tag, self.survey.relocation)
        total = self.survey.totals.acted_on if chosen is None else len(chosen)
        with self._progress(total) as work.note:
            try:
                await work.run(self._chosen(chosen))
            except CancelledError:
                self._note_outcome(work.results, total)
                raise
        self._note_outcome(work.results, total)
        self._check(work.results, chosen)

    # --- questions ---

    async def _consent(self) -> set[str] | None:
        """Ask for confirmation; return the groups chosen one by one (ids of destinations), None for all.

        Raises StashNotConfirmedError.
        """
        options, totals = self.options, self.survey.totals
        action = f"change {totals.acted_on:,} groups"
        require_few(totals.acted_on, action, yes=options.yes, max_changes=options.max_changes)
        if options.interactive:
            return await self._choose()
        if options.yes:
            await self._note_totals()
        elif self.runtime.streams.interactive:
            await self.preview()
        self._confirm(totals.acted_on, totals.files)
        return None

    def _confirm(self, groups: int, files: int) -> None:
        """Ask for confirmation; if files are deleted, the user has to type their number."""
        from stash_cli.output.failures import confirm, confirm_count

        streams, yes = self.runtime.streams, self.options.yes
        what = f"{counted(groups, 'group')} of duplicates"
        if self.policy.deletes_files:
            deleted = f"delete {counted(files, 'file')} of {what} from disk"
            confirm_count(streams, deleted, files, yes=yes)
        elif self.policy.then == MOVE:
            moved = f"move {counted(files, 'file')} of {what} to {self.policy.folder}"
            confirm(streams, moved, yes=yes)
        else:
            confirm(streams, f"change {what}", yes=yes)

    async def preview(self) -> None:
        """Print the plan of the first groups, and totals."""
        acted_on = (planned for planned in self.survey if planned.decision.is_acted_on)
        for planned in islice(acted_on, _SHOWN):
            await self._show(planned)
        if (more := self.survey.totals.acted_on - _SHOWN) > 0:
            self.runtime.streams.note(f"... and {more:,} more groups; --dry-run --limit all lists them")
        await self._note_totals()

    async def _show(self, planned: Planned) -> None:
        for line in lines_of(self.noun.entity, planned, self.policy, self.targets):
            self.runtime.streams.note(line)
        await show_plan(self.session, self.runtime, self.noun.entity, [planned])

    async def _choose(self) -> set[str]:
        """Ask about each group. Raises StashNotConfirmedError without a terminal, and if none was chosen."""
        from stash_cli.output.failures import answer

        streams = self.runtime.streams
        if not streams.interactive:
            raise StashNotConfirmedError("--interactive needs a terminal to ask: nothing was changed")
        chosen: dict[str, int] = {}
        word = ""
        for planned in self.survey:
            if not planned.decision.is_acted_on or word == "q":
                continue
            if word != "a":
                await self._show(planned)
                word = answer(streams, "do this? [y,n,a,q] ").lower()[:1] or "n"
            if word in ("y", "a"):
                chosen[planned.decision.into] = len({file.id for file in planned.decision.losers})
        if not chosen:
            raise StashNotConfirmedError("none was chosen: nothing was changed")
        if self.policy.deletes_files:
            self._confirm(len(chosen), sum(chosen.values()))
        return set(chosen)

    # --- outcomes ---

    def _chosen(self, chosen: set[str] | None) -> Iterator[Planned]:
        return (each for each in self.survey if chosen is None or each.decision.into in chosen)

    @contextmanager
    def _progress(self, total: int) -> Iterator[Callable[[int], None]]:
        from stash_cli.output.progress import open_progress

        streams = self.runtime.streams
        bar = open_progress(streams, "bar" if streams.animated and total > 1 else "none")
        try:
            yield lambda done: bar.update(f"{done:,} of {total:,} groups", done / max(1, total))
        finally:
            bar.close()

    def _note_outcome(self, results: Results, total: int) -> None:
        """Print a note with the numbers of completed groups and files."""
        from stash_cli.core.texts import size

        done = f"{len(results.done):,} of {total:,} groups done"
        started = len(results.touched.difference(results.done, results.problems))
        if started:  # after Ctrl-C
            done += f", {started:,} begun: the same command again finishes them"
        files = f"{counted(results.files, 'file')}, {size(results.bytes)}"
        action = f"moved to {self.policy.folder}" if self.policy.then == MOVE else "deleted"
        self.runtime.streams.note(f"{done}; {files}, {action}" if self.policy.removes_files else done)

    def _check(self, results: Results, chosen: set[str] | None) -> None:
        """Print the files with their outcomes. Raises StashIncompleteError for failed groups."""
        from stash_cli.commands.common.outcomes import Outcomes

        selected = [each.decision.into for each in self._chosen(chosen) if each.decision.is_acted_on]
        if not self.runtime.for_people:
            failed = {id_: error.message for id_, error in results.problems.items()}
            states = dict.fromkeys(results.done, "done") | failed
            limit = self.options.limit
            print_groups(self.runtime, self.survey, self.policy, self.targets, limit, states)
        outcomes = Outcomes(self.noun.entity, "processed", selected, results.done, results.problems)
        outcomes.touched = results.touched
        outcomes.check()


def print_groups(
    runtime: Runtime,
    survey: Survey,
    policy: Policy,
    targets: Targets | None,
    limit: str | None,
    states: Mapping[str, str] | None = None,
) -> None:
    """Print a row for each file: all of them, or the first `limit` of a table.

    `states` are the outcomes of groups, by the id of their destination.
    """
    from stash_cli.commands.queries.listing import table_limit

    is_table = runtime.for_people and not runtime.options.fields
    writer = runtime.writer(view_of(policy) if is_table else VIEW)
    rows = (
        row for number, planned in enumerate(survey, 1) for row in rows_of(number, planned, policy, targets)
    )
    for row in islice(rows, table_limit(runtime, limit)):
        writer.row(row | ({"state": states.get(row["into"], "")} if states else {}))
    writer.finish()
    more = sum(1 for _ in rows)
    if more and runtime.for_people:
        runtime.streams.note(f"... and {more:,} more files; --limit all lists them")
