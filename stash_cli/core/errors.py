"""All errors of the library as a tree; each has a code, an exit status and perhaps a hint.

StashError
├── StashUsageError             the call itself is wrong: nothing was sent
│   ├── StashNotConfirmedError  a question that was declined, or could not be asked
│   ├── StashInputError         a value or key that an input does not take
│   ├── StashLookupError        unknown field, lookup or sort key
│   ├── StashTemplateError      a template that is not valid, or does not fit its object
│   ├── StashQueryError         a query text with mistakes, each at its place
│   └── StashConfigurationError settings that contradict each other or miss something
├── StashNotFoundError          an id or name that does not exist
├── StashAmbiguousError         a name that fits several objects
├── StashConnectionError        no answer: unreachable, refused, timed out
│   └── StashUnknownOutcomeError a mutation without a usable answer: it may have been done
├── StashNotSentError           an operation of a batch that was given up before it was sent
├── StashAuthenticationError    the server wants a key, or another one
├── StashServerError            the server answered something that is not GraphQL
├── StashGraphQLError           the server refused or failed the operation
│   └── StashLockedError        its database is locked: worth retrying
├── StashVersionError           the server is too old or too new
│   └── StashCapabilityError    an operation or field this server does not have
├── StashSystemNotReadyError    the server wants set-up or a migration first
├── StashSourceError            the server cannot reach a scraper's site or a stash-box
├── StashIntegrationError       an answer that contradicts the API description
├── StashConflictError          fields that were changed here and on the server since they were read
├── StashSidecarError           a file beside media that cannot be read as what its name says
├── StashJournalError           the journal of edits cannot be written or read
├── StashBatchError             some operations of a batch were not done, or may not have been
├── StashRunLockedError         another run of tasks is going on for this server
└── StashJobError               a job did not end well
    ├── StashJobRunningError    waiting was given up, the job goes on
    ├── StashJobLogError        it finished, but errors were logged meanwhile
    └── StashJobUnknownError    the job's outcome cannot be known any more
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stash_cli.core.graphql.batch import BatchResult
    from stash_cli.core.orm.history import Conflict


class Delivery(StrEnum):
    """Progress of a request when it ended, as recorded by the transport; the stages are in order."""

    NOT_STARTED = "not started"
    """No byte was written to a connection: the server cannot have seen it."""
    HEADERS_WRITTEN = "headers written"
    BODY_WRITTEN = "body written"
    ANSWER_BEGUN = "answer begun"


class StashError(RuntimeError):
    """Base of all errors; the message is one line that states the failure.

    `code` is a stable identifier, `exit_status` that of the command line, `hint` the next step for the user.
    `delivery` is how far the request got (None: no request of this library failed), `status` the HTTP status
    of the response.
    """

    code: str = "error"
    exit_status: int = 1
    delivery: Delivery | None = None
    status: int | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint:
            self.add_note(f"Hint: {hint}")  # shown in a traceback


class StashUsageError(StashError):
    """A wrong call; nothing was sent."""

    code = "usage"
    exit_status = 2


class StashNotConfirmedError(StashUsageError):
    """A change that was not confirmed: declined, or there was no terminal to ask on; nothing was sent."""

    code = "not_confirmed"
    exit_status = 11


class StashInputError(StashUsageError):
    """A value or field that an input type does not accept."""

    code = "input"


class StashLookupError(StashUsageError):
    """An unknown field, lookup or sort key."""

    code = "lookup"


class StashTemplateError(StashUsageError):
    """A template that is not valid, or that fails for the values of an object."""

    code = "template"


class StashQueryError(StashUsageError):
    """A query text with mistakes; `problems` has each with its place, `details` are lines that show them."""

    code = "query"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        details: Sequence[str] = (),
        problems: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message, hint=hint)
        self.details = list(details)
        self.problems = [dict(problem) for problem in problems]
        self.facts = {"problems": self.problems}


class StashConfigurationError(StashUsageError):
    """Settings that are contradictory, incomplete or invalid."""

    code = "configuration"


class StashNotFoundError(StashError):
    """An id or name that does not exist on the server."""

    code = "not_found"
    exit_status = 3


class StashAmbiguousError(StashError):
    """A name that matches several objects; the message lists them."""

    code = "ambiguous"
    exit_status = 3


class StashConnectionError(StashError):
    """No response: unreachable, refused, closed or timed out.

    `delivery` is how far the request got, `transient` whether a retry may help, `retry_after` the seconds
    that the server asks to wait before it.
    """

    code = "unreachable"
    exit_status = 5

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        delivery: Delivery = Delivery.BODY_WRITTEN,
        transient: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.delivery = delivery
        self.transient = transient
        self.retry_after = retry_after

    @property
    def sent(self) -> bool:
        """Whether the server may have seen the request."""
        return self.delivery is not Delivery.NOT_STARTED


class StashUnknownOutcomeError(StashConnectionError):
    """A mutation was sent without a usable response: it may have been done.

    It is never retried. The cause is the failure that lost the response.
    """

    code = "unknown_outcome"
    exit_status = 10


class StashNotSentError(StashError):
    """An operation of a batch that was not sent, because the batch ended before it."""

    code = "not_sent"
    exit_status = 5


class StashAuthenticationError(StashError):
    """A missing or refused API key."""

    code = "authentication"
    exit_status = 4


class StashServerError(StashError):
    """A response that is not a GraphQL result."""

    code = "server"


class StashGraphQLError(StashError):
    """The server refused an operation, or failed to execute it.

    `errors` are the error objects as sent, `data` is the partial data (or None), `path` that of the first
    error. `originals` are texts of the server that the message rephrases or shortens.
    """

    code = "graphql"
    # An error is a response, so the server has read the request.
    delivery = Delivery.ANSWER_BEGUN

    def __init__(
        self,
        message: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        data: Mapping[str, Any] | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.errors = list(errors)
        self.data = data
        self.originals: list[str] = []
        self.path: list[str | int] = list(self.errors[0].get("path") or ()) if self.errors else []


class StashLockedError(StashGraphQLError):
    """The server's database is locked by another writer."""

    code = "locked"
    exit_status = 5

    @property
    def is_at_root(self) -> bool:
        """Whether all errors are at root fields, so that the operation was not executed."""
        return bool(self.errors) and all(len(each.get("path") or ()) == 1 for each in self.errors)


class StashVersionError(StashError):
    """The server is too old or too new for what was asked."""

    code = "version"
    exit_status = 7


class StashCapabilityError(StashVersionError):
    """An operation, argument or field that this server does not have."""

    code = "capability"


class StashSystemNotReadyError(StashError):
    """The server needs set-up or a database migration first."""

    code = "not_ready"


class StashIntegrationError(StashError):
    """A response that contradicts the API description."""

    code = "integration"


class StashSourceError(StashError):
    """A scraper or stash-box that the server cannot reach, or that refuses it."""

    code = "source"
    exit_status = 5


class StashConflictError(StashError):
    """Fields that were changed here and, since they were read, on the server; nothing was sent.

    `conflicts` are the fields, each with its value when read (`original`), `mine` and `theirs`.
    """

    code = "conflict"

    def __init__(self, message: str, conflicts: Mapping[str, Conflict], *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.conflicts = dict(conflicts)


class StashSidecarError(StashError):
    """A sidecar that is refused or not readable; nothing of it was used."""

    code = "sidecar"


class StashJournalError(StashError):
    """The journal cannot be written or read, or a run cannot be undone, redone or resumed.

    An edit is stopped before its next request.
    """

    code = "journal"


class StashBatchError(StashError):
    """Some operations of a batch failed; `result` has the outcome of each."""

    code = "batch"
    exit_status = 6

    def __init__(self, message: str, result: BatchResult) -> None:
        super().__init__(message)
        self.result = result


class StashRunLockedError(StashError):
    """Another process runs tasks on this server; worth retrying."""

    code = "run_locked"
    exit_status = 5


class StashJobError(StashError):
    """A job failed or was cancelled; `details` are lines of the server's log, `facts` more data as JSON."""

    code = "job_failed"
    exit_status = 9

    def __init__(self, message: str, details: Sequence[str] = (), *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.details = list(details)
        self.facts: dict[str, Any] = {}


class StashJobRunningError(StashJobError):
    """The time for waiting has passed and the job still runs."""

    code = "job_running"
    exit_status = 8


class StashJobLogError(StashJobError):
    """A job finished, and the server logged errors while it ran; `details` are their lines."""

    code = "job_logged"
    exit_status = 6

    def __init__(self, message: str, details: Sequence[str] = (), *, hint: str | None = None) -> None:
        super().__init__(message, details, hint=hint)
        self.facts = {"log": self.details}


class StashJobUnknownError(StashJobError):
    """The server no longer has the job, and its outcome was not seen."""

    code = "job_unknown"
    exit_status = 10


class StashCleanupWarning(UserWarning):
    """A connection could not be closed cleanly."""


class StashUnmappedFieldWarning(UserWarning):
    """A selected field was left out because the server lacks it."""


_SUGGESTED = 3
"""The largest number of names that are suggested."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The names nearest to `word` as a sentence, or "" where none is near.

    >>> did_you_mean("raitng100", ["rating100", "title"])
    'Did you mean rating100?'
    """
    from stash_cli.core.near_names import nearest  # only needed after a mistake

    near = nearest(word, known)[:_SUGGESTED]
    return f"Did you mean {' or '.join(near)}?" if near else ""
