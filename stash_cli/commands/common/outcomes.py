"""The outcome of each object that a command was asked to change, and the error that reports them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from stash_cli.core.errors import StashError, StashNotFoundError, StashUnknownOutcomeError
from stash_cli.core.many_keys import Ids
from stash_cli.core.texts import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableSequence, Sequence

    from stash_cli.core.edits.operation import Operation
    from stash_cli.core.graphql.batch import BatchOperation, Outcome

# Errors that affect every further command first (API key, version, connection), then those after which the
# user has to check the server.
PRECEDENCE = (130, 4, 7, 5, 10, 9, 8, 6, 11, 2, 1, 3, 12)
"""Exit statuses of errors, the one that takes precedence first."""
PARTLY = 6

SHOWN_IDS, SHOWN_REASONS = 10, 10
"""Maximum numbers of listed ids and reasons; the others are counted."""


class StashIncompleteError(StashError):
    """Some objects were not changed, or may not have been.

    `exit_status` is 6 when some were changed (5 when the others were not sent because the server was
    unreachable), else the status of the errors. `details` lists ids with their reasons, a line each; `facts`
    is the same as JSON.
    """

    code = "incomplete"

    def __init__(self, outcomes: Outcomes, *, exit_status: int | None = None) -> None:
        super().__init__(outcomes.summary(), hint=outcomes.hint())
        self.exit_status = outcomes.exit_status() if exit_status is None else exit_status
        self.details = outcomes.lines()
        self.facts = outcomes.facts()


class HasNoun(Protocol):
    """Objects with a noun: entities, and others named by `Nouns`."""

    @property
    def noun(self) -> str: ...
    @property
    def plural(self) -> str: ...


class Nouns(NamedTuple):
    """The noun of objects that are not entities."""

    noun: str
    plural: str


@dataclass(eq=False)
class Outcomes:
    """The objects of one command: `asked` for, `done`, and those with problems.

    Ids stay as typed. `verb` is the participle for done objects: "updated". An object with
    several steps is done after its last step. Objects without an outcome were not sent.
    """

    named: HasNoun
    verb: str
    asked: MutableSequence[str]
    done: MutableSequence[str] = field(default_factory=Ids)
    problems: dict[str, StashError] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    """Objects with some steps done, but not all."""
    steps_left: dict[str, int] = field(default_factory=dict)
    gave_up: StashError | None = None
    """The error that stopped the command before the rest was sent; None after Ctrl-C."""

    def __post_init__(self) -> None:
        self.asked, self.done = Ids(self.asked), Ids(self.done)

    def expect(self, ids: Iterable[str]) -> None:
        """Add one step to the steps of these objects."""
        for id_ in ids:
            self.steps_left[id_] = self.steps_left.get(id_, 0) + 1

    def add_steps(self, one: str, steps: int) -> None:
        """Add to the number of pending steps of an object; a negative number subtracts."""
        self.steps_left[one] = self.steps_left.get(one, 0) + steps

    def record(self, operation: Operation, done: BatchOperation) -> None:
        """Record the outcome of one step of the objects of an operation."""
        if done.error is None:
            self.succeed(operation.ids)
        else:
            self.fail(operation.ids, done.error)

    def succeed(self, ids: Iterable[str]) -> None:
        """Record one step of these objects as done."""
        for id_ in ids:
            self.touched.add(id_)
            self.steps_left[id_] -= 1
            if not self.steps_left[id_]:
                del self.steps_left[id_]
                self.touched.discard(id_)
                self.done.append(id_)

    def fail(self, ids: Iterable[str], error: StashError) -> None:
        """Record an error of these objects."""
        self.problems |= dict.fromkeys(ids, error)

    @property
    def not_sent(self) -> list[str]:
        """Ids of objects without an outcome."""
        not_done = Ids(self.asked).without(self.done)
        return [id_ for id_ in not_done if id_ not in self.problems]

    @property
    def nothing_changed(self) -> bool:
        """Whether no object was changed, and none may have been."""
        return not self._any_touched and not self._by_outcome()["unknown"]

    @property
    def _any_touched(self) -> bool:
        return bool(self.touched or self.done)

    @property
    def complete(self) -> bool:
        return len(self.done) == len(self.asked)

    def done_message(self) -> str:
        """`updated 5 tags`."""
        return f"{self.verb} {counted(len(self.done), self.named.noun, self.named.plural)}"

    def message(self, unchanged: int) -> str:
        """`updated 5 tags, 1 tag unchanged`; with `unchanged` objects alone nothing was changed."""
        so = f"{counted(unchanged, self.named.noun, self.named.plural)} unchanged" if unchanged else ""
        return (
            ", ".join(filter(None, [self.done_message(), so])) if self.asked else f"nothing to change: {so}"
        )

    def check(self) -> None:
        """Raise StashIncompleteError, or the error of the only object, unless all objects are done."""
        if self.complete:
            return
        # For a single object, its own error is clearer than "updated 0 of 1 tag".
        if len(self.asked) == 1 and not self._any_touched:
            raise self._only()
        raise StashIncompleteError(self)

    def _only(self) -> StashError:
        """The error of the only object."""
        [error] = self.problems.values() or [self.gave_up or StashError("it was not sent")]
        if isinstance(error, StashUnknownOutcomeError):
            error.hint = self.hint()
        return error

    def exit_status(self) -> int:
        """The status by PRECEDENCE.

        When something was done, failed and unknown objects count as PARTLY; the others keep their status.
        """
        from stash_cli.core.graphql.batch import Outcome

        errors = [*self.problems.values(), *([self.gave_up] if self.gave_up and self.not_sent else [])]
        if self._any_touched:
            # A lost connection or a refused API key takes precedence even after some objects were changed.
            unsent = (each.exit_status for each in errors if outcome_of(each) is Outcome.NOT_SENT)
            statuses = {PARTLY, *unsent}
        else:
            statuses = {each.exit_status for each in errors}
        return next((status for status in PRECEDENCE if status in statuses), 1)

    def summary(self) -> str:
        """`updated 2 of 5 tags: 1 failed, 1 unknown, 1 not sent`."""
        counts = {outcome: len(ids) for outcome, ids in self._by_outcome().items()}
        counts_text = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
        noun = self.named.noun if len(self.asked) == 1 else self.named.plural
        return f"{self.verb} {len(self.done)} of {len(self.asked)} {noun}" + (
            f": {counts_text}" if counts_text else ""
        )

    def hint(self) -> str | None:
        """Advice for objects with an unknown outcome."""
        unknown = self._by_outcome()["unknown"]
        if not unknown:
            return None
        command = f"stash {self.named.plural} show {unknown[0]}"
        return f"Unknown changes may have been made: check with `{command}` before you try again."

    def lines(self) -> list[str]:
        """A line per outcome and reason: `494 of 600 failed (ids 3, 7, 9 and 491 more): the reason`."""
        groups, total = self._groups(), len(self.asked)
        lines = [
            f"{len(ids)} of {total} {outcome} ({listed(ids)}){': ' if reason else ''}{reason}"
            for (outcome, _, reason), ids in groups[:SHOWN_REASONS]
        ]
        rest = groups[SHOWN_REASONS:]
        if rest:
            count = sum(len(ids) for _, ids in rest)
            lines.append(f"and {count} more for {len(rest)} other reasons")
        return lines

    def facts(self) -> dict[str, Any]:
        """The outcomes as JSON, with every id."""
        problems = [
            {"outcome": outcome, "error": code, "message": reason, "ids": ids}
            for (outcome, code, reason), ids in self._groups()
        ]
        return {"done": [*self.done], "problems": problems}

    def _groups(self) -> list[tuple[tuple[str, str, str], list[str]]]:
        """Ids by (outcome, error code, reason), in order of arrival."""
        groups: dict[tuple[str, str, str], list[str]] = {}
        for id_, error in self.problems.items():
            partly = "partly changed: " if id_ in self.touched else ""
            key = (str(outcome_of(error)), error.code, f"{partly}{_reason(error)}")
            groups.setdefault(key, []).append(id_)
        if self.not_sent:
            reason = _reason(self.gave_up) if self.gave_up else ""
            code = self.gave_up.code if self.gave_up else "interrupted"
            groups.setdefault(("not sent", code, reason), []).extend(self.not_sent)
        return list(groups.items())

    def _by_outcome(self) -> dict[str, list[str]]:
        by_outcome: dict[str, list[str]] = {"failed": [], "unknown": [], "not sent": []}
        for id_, error in self.problems.items():
            by_outcome[str(outcome_of(error))].append(id_)
        by_outcome["not sent"] += self.not_sent
        return by_outcome


def outcome_of(error: StashError) -> Outcome:
    """The outcome of an operation that ended with `error`."""
    from stash_cli.core.graphql.batch import BatchOperation

    return BatchOperation("", error=error).outcome


def listed(ids: Sequence[str]) -> str:
    """Ids as text: the first SHOWN_IDS, and the number of the others.

    >>> listed(["3", "7"]), listed([str(n) for n in range(12)])
    ('ids 3, 7', 'ids 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more')
    """
    if len(ids) == 1 and not ids[0].isdecimal():
        return ids[0]
    more = f" and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
    word = "ids " if ids[0].isdecimal() else ""
    return f"{word}{', '.join(ids[:SHOWN_IDS])}{more}"


def _reason(error: StashError) -> str:
    """The message of an error; "not found" without the id, so that such objects form one group."""
    return "not found" if type(error) is StashNotFoundError and "with id" in error.message else error.message
