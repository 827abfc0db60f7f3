"""Carrying out a plan of renames: ask for confirmation, send it, and report the outcomes."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from stash_cli.commands.common.consent import require_few
from stash_cli.commands.common.failed_ids import write_failed
from stash_cli.commands.housekeeping.rename_preview import files, preview, print_plan, show, unmoved_lines
from stash_cli.core.errors import (
    StashError,
    StashNotConfirmedError,
    StashUsageError,
    StashVersionError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.verbs.editing import EditOptions
    from stash_cli.commands.verbs.targets import Selection
    from stash_cli.core.client.session import Session
    from stash_cli.core.renames.apply import RenameRun
    from stash_cli.core.renames.plan import Move, RenamePlan
    from stash_cli.core.renames.targets import Naming

_HELP = """\
y - rename its files
n - leave them as they are
a - rename them and all that follow
q - leave them and all that follow; rename those with a y
? - this help"""


class Renaming:
    """One command that renames: its plan, and the outcomes of its objects.

    `read_at` is the monotonic time at which reading began.
    """

    def __init__(
        self,
        session: Session,
        runtime: Runtime,
        noun: Noun,
        options: EditOptions,
        plan: RenamePlan,
        naming: Naming,
        read_at: float,
    ) -> None:
        from stash_cli.commands.common.outcomes import Outcomes

        self.session, self.runtime, self.noun = session, runtime, noun
        self.options, self.plan, self.naming, self.read_at = options, plan, naming, read_at
        self.entity = noun.entity
        self.outcomes = Outcomes(self.entity, "renamed", [])
        self.unchanged: list[str] = []
        self.moving: list[str] = []
        """Ids of objects with a moved file."""

    def record_planned(self, selection: Selection, *, is_named: bool) -> None:
        """Record the outcomes that the plan already has: unchanged and refused objects.

        Files that no server can rename, such as images in a zip, are errors only for named objects.
        """
        from stash_cli.core.renames.plan import MOVES, SAME

        problems: dict[str, StashError] = dict(selection.problems)
        for each in self.plan.refusals():
            if not each.is_left:
                problems.setdefault(each.owner, StashError(each.reason))
        if is_named:
            problems |= {id_: StashError(why) for id_, why in self.naming.unmovable.items()}
        self.moving = self.plan.owners(MOVES)
        self.outcomes.asked += dict.fromkeys([*self.moving, *problems])
        for id_, error in problems.items():
            self.outcomes.expect([id_])
            self.outcomes.fail([id_], error)
        touched = {*self.outcomes.asked}
        self.unchanged = [id_ for id_ in self.plan.owners(SAME) if id_ not in touched]
        if not self.moving and not self.unchanged:
            selection.raise_missing()

    async def carry_out(self) -> None:
        """Show the moves, or ask and send them."""
        if self.options.dry_run:
            print_plan(self)
            return
        if self.moving:
            was_asked = self.consent()
            await self.apply(asked=was_asked)
        self.print_outcome()
        await self.print_rows()

    def by_owner(self) -> Iterator[tuple[str, list[Move]]]:
        """The objects with their moves."""
        for owner, moves in groupby(self.plan.renames(), key=lambda each: each.owner):
            yield owner, list(moves)

    def count(self, number: int) -> str:
        """A number of objects with their noun."""
        return self.entity.counted(number)

    # --- asking ---

    def consent(self) -> bool:
        """Ask for confirmation where it is needed; return whether the user was asked.

        Raises StashNotConfirmedError when the user declines, without a terminal, and for too many objects.
        """
        from stash_cli.output.failures import confirm

        options, count = self.options, len(self.moving)
        action = f"rename {self.count(count)}"
        require_few(count, action, yes=options.yes, max_changes=options.max_changes)
        if options.interactive:
            self.choose()
            return True
        if len(self.outcomes.asked) + len(self.unchanged) == 1 or options.yes:
            return False
        if self.runtime.streams.interactive:
            preview(self)
        confirm(self.runtime.streams, f"rename the files of {self.count(count)}", yes=False)
        return True

    def choose(self) -> None:
        """Ask about each object. Raises StashNotConfirmedError without a terminal, and if none was chosen."""
        from stash_cli.core.renames.plan import MOVES

        if not self.runtime.streams.interactive:
            raise StashNotConfirmedError("--interactive needs a terminal to ask: nothing was changed")
        answer, declined = "", list[str]()
        for owner, moves in self.by_owner():
            if answer not in ("a", "q"):
                show(self, moves)
                answer = self._answer(owner)
            if answer in ("n", "q"):
                declined += [each.id for each in moves]
        self.plan.decline(declined)
        moving = set(self.plan.owners(MOVES))
        declined_owners = {id_ for id_ in self.moving if id_ not in moving}
        self.moving = [id_ for id_ in self.moving if id_ in moving]
        self.outcomes.asked[:] = [
            id_ for id_ in self.outcomes.asked if id_ not in declined_owners or id_ in self.outcomes.problems
        ]
        if not self.moving:
            raise StashNotConfirmedError("none was chosen: nothing was changed")

    def _answer(self, owner: str) -> str:
        from stash_cli.output import failures

        while True:
            question = f"rename {self.entity.noun} {owner}? [y,n,a,q,?] "
            answer = failures.answer(self.runtime.streams, question).lower()[:1]
            if answer in ("y", "n", "a", "q"):
                return answer
            if not answer:  # an empty line means no, as for `[y/N]`; so does the end of input
                return "n"
            for line in _HELP.splitlines():
                self.runtime.streams.say(line)

    # --- sending ---

    async def apply(self, *, asked: bool) -> None:
        """Send the moves, and record the outcomes."""
        from asyncio import CancelledError

        from stash_cli.commands.common.sending import print_interrupted

        run = self._new_run(asked=asked)
        for each in self.plan.moves():
            self.outcomes.expect([each.owner])
        try:
            with self._bar():
                await run.apply()
        except CancelledError:
            print_interrupted(self.runtime, self.outcomes)
            raise
        finally:
            self._end(run)
        stopped = run.applier.stopped
        if isinstance(stopped, StashUsageError | StashVersionError) and self.outcomes.nothing_changed:
            raise stopped

    def _new_run(self, *, asked: bool) -> RenameRun:
        from stash_cli.core.edits.apply import Applier
        from stash_cli.core.renames.apply import RenameRun

        applier = Applier(self.session, is_shielded=True, fail_fast=self.options.fail_fast)
        callbacks = self._record_success, self._record_failure
        run = RenameRun(applier, self.plan, self.entity.type, self.naming.roots, self.read_at, *callbacks)
        run.asked, run.force = asked, self.options.force
        return run

    def _end(self, run: RenameRun) -> None:
        """Record files that were already in place; warn of temporary names; write the failed objects."""
        for each in run.already:
            self._record_success(each)
        for each in run.temporary.values():
            self.runtime.streams.warn(f"file {each.id} has the temporary name {each.target}")
        self.outcomes.gave_up = run.applier.stopped
        write_failed(self.runtime, self.options.failed_to, self.outcomes)

    def _record_success(self, move: Move) -> None:
        self.outcomes.succeed([move.owner])
        self._progress()

    def _record_failure(self, move: Move, error: StashError) -> None:
        self.outcomes.fail([move.owner], error)
        self._progress()

    def _bar(self) -> Any:
        """Open a progress bar on a terminal, for more than one request."""
        from contextlib import closing

        from stash_cli.core.edits.pace import START
        from stash_cli.output.progress import open_progress

        streams, total = self.runtime.streams, len(self.moving)
        bar = open_progress(streams, "bar" if streams.animated and total > START else "none")

        def progress() -> None:
            finished = len(self.outcomes.done) + len(self.outcomes.problems)
            bar.update(f"{finished:,} of {self.count(total)}", min(1.0, finished / max(1, total)))

        self._progress = progress
        return closing(bar)

    def print_outcome(self) -> None:
        """Print the numbers of renamed, unchanged and skipped objects."""
        streams = self.runtime.streams
        for line in unmoved_lines(self):
            streams.note(line)
        unchanged = f"{self.count(len(self.unchanged))} unchanged" if self.unchanged else ""
        if moved := self.runtime.sidecars.moved:
            streams.note(f"moved {files(moved)} beside them")
        if self.runtime.sidecars.captions:
            scan = self.runtime.command("scan --wait")
            streams.note(f"a scan lets the server find their captions again: {scan}")
        if not self.outcomes.asked:
            streams.note(f"nothing to rename: {unchanged or f'no file of {self.entity.plural} moves'}")
        elif self.outcomes.complete:
            streams.note(", ".join(filter(None, [self.outcomes.done_message(), unchanged])))

    async def print_rows(self) -> None:
        """Print the new rows in a chosen format; then raise the error about failed objects."""
        from stash_cli.commands.verbs.update import print_rows

        try:
            ids = [*self.outcomes.done, *self.unchanged]
            await print_rows(self.session, self.runtime, self.noun, ids)
        finally:  # failed objects are reported also when the new state cannot be read
            self.outcomes.check()
