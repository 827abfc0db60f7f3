"""Journal entries around each request: the planned changes before it, the outcomes after it."""

from __future__ import annotations

from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.edits.journal import changes
from stash_cli.core.edits.journal.changes import Recorded, wanted_of
from stash_cli.core.edits.journal.databases import (
    database_of,
    fingerprint_of,
    fingerprint_roots,
    read_fingerprint,
)
from stash_cli.core.edits.journal.journal import Journal
from stash_cli.core.edits.journal.pictures import Pictures, is_picture
from stash_cli.core.edits.journal.recording import Recording, read_chosen
from stash_cli.core.errors import StashConflictError, StashError, StashJournalError, StashUsageError
from stash_cli.core.log import logger
from stash_cli.core.unset import UNSET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence

    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.journal.changes import Origin
    from stash_cli.core.edits.journal.databases import Fingerprint
    from stash_cli.core.edits.journal.journal import Run
    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation
    from stash_cli.core.graphql.document import Root
    from stash_cli.core.orm.edit import Edit
    from stash_cli.core.settings import Connection

    Note = Callable[[Operation, BatchOperation], None]


@dataclass(slots=True)
class Recorder:
    """Recorder of the edits of one session as one run, which starts with the first edit.

    `command` is shown by `history` and contains no secrets. `targets` are the changes that an undo undoes: by
    type, id and field, or for recreated objects by the identity of an operation's arguments. `resumed` are
    changes that were recorded before and are sent now, by the same keys.
    """

    journal: Journal
    command: str
    server: str
    who: str = ""
    is_person: bool = False
    kind: str = "edit"
    target: int | None = None
    run: int | None = None
    database: int | None = None
    targets: dict[tuple[str, str, str] | int, Origin] = field(default_factory=dict)
    resumed: dict[tuple[str, str, str] | int, Recorded] = field(default_factory=dict)
    is_sending: bool = field(default=False, init=False)
    """Whether a request with recorded changes is in flight."""
    chosen: list[Recorded] = field(default_factory=list, init=False)
    """Changes whose new value the server chose without answering it; it is read at the end of the run."""
    _is_database_stored: bool = field(default=False, init=False)
    _fingerprint: Fingerprint | None = field(default=None, init=False)
    _last_creation: int = field(default=0, init=False)
    """Number of the last recorded creation that was continued."""

    @classmethod
    @contextmanager
    def opened(cls, connection: Connection, command: str, **facts: Any) -> Iterator[Self]:
        """Context with a recorder for the journal of a connection; `facts` are further fields."""
        with closing(Journal(connection.journal)) as journal:
            yield cls(journal, command, connection.server, who=_account(), **facts)

    def continue_run(self, run: Run) -> None:
        """Continue a run that has ended: record further changes as part of it."""
        self.run, self.kind, self.target = run.id, run.kind, run.target

    @property
    def id(self) -> int:
        """The number of the run."""
        return self.start()

    def start(self) -> int:
        """Store the run unless it has started; return its number."""
        if self.run is None:
            self.run = self.journal.start(
                self.command,
                self.server,
                who=self.who,
                is_person=self.is_person,
                kind=self.kind,
                target=self.target,
            )
        return self.run

    async def identify(self, session: Session) -> int:
        """Return the number of the session's database; one request, if no response had the fingerprint."""
        if self.database is None:
            found = await read_fingerprint(session) if self._fingerprint is None else self._fingerprint
            self.database = database_of(self.journal, self.server, found)
        return self.database

    def identity_fields(self, server: ServerCapabilities) -> list[Root]:
        """Fields that identify the database, for the next query; `read_identity` reads its response."""
        return [] if self.is_identified else fingerprint_roots(server)

    def read_identity(self, answer: Mapping[str, Any]) -> None:
        """Read the fingerprint of the database from a response, if it is there."""
        if not self.is_identified:
            self._fingerprint = fingerprint_of(answer)

    @property
    def is_identified(self) -> bool:
        """Whether the session's database is known."""
        return self.database is not None or self._fingerprint is not None

    async def record(self, session: Session, operations: Sequence[Operation]) -> Recording:
        """Store operations as planned, which must happen before any of them is sent."""
        server = await self._store_database(session)
        recording = Recording(self, server)
        for start in range(0, len(operations), changes.PAGE):
            await recording.plan(session, operations[start : start + changes.PAGE])
        return recording

    async def _store_database(self, session: Session) -> ServerCapabilities:
        """Store the database of the run; return the server's capabilities."""
        server = await session.load_capabilities()
        if not self._is_database_stored:
            self.journal.set_database(self.start(), await self.identify(session), server.version)
            self._is_database_stored = True
        return server

    async def record_planned_updates(self, session: Session, pages: Iterable[Sequence[Edit]]) -> None:
        """Store updates as planned, page by page, before the first of them is sent."""
        await self.record_planned(session, (((), edits) for edits in pages))

    async def record_planned(
        self, session: Session, pages: Iterable[tuple[Sequence[Operation], Sequence[Edit]]]
    ) -> None:
        """Store creations and updates as planned, page by page, before the first of them is sent.

        Updates may refer to new objects by placeholders, which are stored with the creations.
        """
        await self._store_database(session)
        pictures = Pictures(self.journal)
        for creations, edits in pages:
            rows = [
                Recorded(each.type, "", changes.CREATE, wanted=_creation_values(pictures, each))
                for each in creations
            ]
            rows += [
                Recorded(edit.type, edit.id, changes.UPDATE, edit.field, edit.before, _packed(pictures, edit))
                for edit in edits
            ]
            changes.add(self.journal, self.start(), rows)

    def resume_creations(self, type_name: str, creations: Sequence[Operation]) -> None:
        """Continue the recorded changes of the next creations, which come in the order of the plan."""
        if not creations:
            return
        rows = changes.planned_creations(
            self.journal, self.start(), type_name, after=self._last_creation, limit=len(creations)
        )
        self._last_creation = rows[-1].seq
        self.resumed |= {id(each.args): row for each, row in zip(creations, rows, strict=True)}

    def resume_updates(
        self,
        type_name: str,
        ids: Mapping[str, str],
        edits: Sequence[Edit],
        errors: Mapping[str, StashError],
    ) -> None:
        """Continue the recorded changes of the objects that are sent next.

        `ids` maps the ids or placeholders that were recorded to the present ids. `edits` are those that are
        left after the objects were read again, `errors` those of objects that are not changed.
        """
        rows = changes.planned(self.journal, self.start(), type_name, [*ids])
        for row in rows:
            row.id = ids[row.id]
        self.resumed = {row.key: row for row in rows}
        edits_by_key = {(edit.type, edit.id, edit.field): edit for edit in edits}
        pictures = Pictures(self.journal)
        replanned, dropped = [], []
        for row in rows:
            edit = edits_by_key.get(row.key)
            if edit is None:
                error = errors.get(row.id)
                is_conflict = isinstance(error, StashConflictError)
                row.state = changes.CONFLICT if is_conflict else changes.SKIPPED
                row.reason = error.message if error else "it had this value already"
                dropped.append(row)
            elif row.before != edit.before or row.wanted != _packed(pictures, edit):
                row.before, row.wanted = edit.before, _packed(pictures, edit)
                replanned.append(row)
        if replanned:
            changes.replan(self.journal, replanned)
        if dropped:
            changes.set_states(self.journal, dropped)

    @asynccontextmanager
    async def recording(self, session: Session) -> AsyncIterator[Recorder]:
        """Context in which the edits of `session` are recorded.

        Raises StashUsageError if another recorder is active in this session.
        """
        if session.recorder is not None:
            raise StashUsageError("The edits of this session are recorded already.")
        session.recorder = self
        try:
            yield self
            await self._read_chosen(session)
        except BaseException as error:
            self._give_up(interrupted=not isinstance(error, Exception))
            raise
        finally:
            session.recorder = None
        self.finish()

    @contextmanager
    def listing(self, names: Sequence[str]) -> Iterator[None]:
        """Context for mutations that edit no objects: only their names and their outcome are stored.

        They cannot be undone, because neither objects nor arguments are stored.
        """
        rows = [Recorded("", "", name, state=changes.SENT) for name in names]
        changes.add(self.journal, self.start(), rows)
        try:
            yield
        except StashError as error:
            self._end_listing(rows, changes.FAILED, error.message)
            raise
        except BaseException:
            self._end_listing(rows, changes.UNKNOWN, None)
            raise
        self._end_listing(rows, changes.DONE, None)

    def _end_listing(self, rows: Sequence[Recorded], state: str, reason: str | None) -> None:
        for row in rows:
            row.state, row.reason = state, reason
        changes.set_states(self.journal, rows)

    async def _read_chosen(self, session: Session) -> None:
        """Read the values that the server chose; an undo refuses to replace those that cannot be read."""
        try:
            found = await read_chosen(session, Pictures(self.journal), self.chosen)
        except StashError as error:
            logger.warning("Undo will not restore all fields: reading them failed: %s", error.message)
            return
        for row in self.chosen:
            row.answered = found.get(row.key, UNSET)
        changes.set_states(self.journal, self.chosen)
        self.chosen.clear()

    def _give_up(self, *, interrupted: bool) -> None:
        """Store that an error ended the run; a journal error is only logged, as the first matters more."""
        try:
            self.finish(interrupted=interrupted)
        except StashJournalError as error:
            logger.warning("%s", error.message)

    def finish(self, *, interrupted: bool = False) -> None:
        """Store that the run has ended."""
        if self.run is not None:
            self.journal.finish(self.run, interrupted=interrupted)


def _creation_values(pictures: Pictures, creation: Operation) -> dict[str, Any]:
    """Wanted value of a creation: its arguments and its placeholder."""
    [placeholder] = creation.ids
    return {**pictures.packed(dict(creation.args)), changes.PLACEHOLDER: placeholder}


def _packed(pictures: Pictures, edit: Edit) -> dict[str, Any]:
    """Wanted value of an edit; a picture is replaced by its hash."""
    wanted = wanted_of(edit)
    return pictures.packed(wanted) if is_picture(edit.type, edit.field) else wanted


def _account() -> str:
    """Name of the account that runs this program; "" if the system has none."""
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError, ImportError):  # an id without a name, as in containers
        return ""
