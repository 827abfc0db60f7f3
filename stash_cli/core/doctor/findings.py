"""Findings: what a check found, its state, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stash_cli.core.errors import StashError

FAILED, REFUSED, UNREACHABLE, VERSION = 1, 4, 5, 7
"""Exit statuses of a failure: of set-up and permissions, of the key, of the network, of the version."""
_WORST_FIRST = (REFUSED, VERSION, UNREACHABLE, FAILED)


class State(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"
    SKIPPED = "skipped"
    """Not checked: a required check failed, or this connection does not need it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check.

    `check` is a stable id. `found` and `fix` are text for people, `because` is the id of the failed check
    because of which this one was skipped, `exit_status` is that of a failure.
    """

    state: State
    found: str
    fix: str = ""
    exit_status: int = 0
    because: str = ""
    check: str = ""

    def row(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return {
            "id": self.check,
            "state": str(self.state),
            "found": self.found,
            "fix": self.fix or None,
            "because": self.because or None,
            "exit_status": self.exit_status,
        }


def ok(found: str) -> Finding:
    return Finding(State.OK, found)


def warning(found: str, fix: str) -> Finding:
    return Finding(State.WARNING, found, fix)


def failure(found: str, fix: str = "", exit_status: int = FAILED) -> Finding:
    return Finding(State.FAILURE, found, fix, exit_status)


def not_needed(found: str) -> Finding:
    return Finding(State.SKIPPED, found)


def from_error(error: StashError) -> Finding:
    """The failure for an error; statuses other than those of a diagnosis count as 1."""
    status = error.exit_status if error.exit_status in _WORST_FIRST else FAILED
    return failure(error.message, error.hint or "", status)


def exit_status(findings: Iterable[Finding], *, strict: bool = False) -> int:
    """0 if nothing failed, else the status of the most severe failure; `strict` counts warnings as 1."""
    found = list(findings)
    statuses = {each.exit_status for each in found if each.state is State.FAILURE}
    if strict and any(each.state is State.WARNING for each in found):
        statuses.add(FAILED)
    return next((each for each in _WORST_FIRST if each in statuses), 0)
