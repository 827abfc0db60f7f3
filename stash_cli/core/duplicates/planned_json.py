"""Decisions about duplicates as lines of a plan file, with all facts that they are based on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from stash_cli.core.duplicates.copies import Copy, File
from stash_cli.core.duplicates.decision import Decision
from stash_cli.core.duplicates.survey import Planned, Survey
from stash_cli.core.edits.drafts.draft import ObjectEdits
from stash_cli.core.errors import StashConflictError, StashInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stash_cli.core.duplicates.policy import Policy
    from stash_cli.core.duplicates.relocation import Targets


def draft_of(planned: Planned, targets: Targets | None) -> ObjectEdits:
    """Convert a decision to edits of its destination, with the decision and the new paths as facts."""
    decision = planned.decision
    kept = decision.kept
    facts = {
        "copies": [_as_json(asdict(copy)) for copy in decision.copies],
        "files": [[file.id, file.owner] for file in decision.files],
        "kept": [kept.id, kept.owner] if kept else None,
        "losers": [[file.id, file.owner] for file in decision.losers],
        "gone": list(decision.gone),
        "protected": sorted(decision.protected),
        "differs": {id_: list(names) for id_, names in planned.differs.items()},
        "to": {file.id: targets(file.id)[0] for file in decision.losers} if targets else {},
    }
    return ObjectEdits(decision.into, "", planned.edits, facts=facts)


def _as_json(values: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}


def planned_of(each: ObjectEdits) -> Planned:
    """Parse the decision written by `draft_of`. Raises StashInputError."""
    facts = each.facts
    try:
        copies = tuple(map(_parse_copy, facts["copies"]))
        files = {(file.id, file.owner): file for copy in copies for file in copy.files}
        decision = Decision(
            copies,
            tuple(files[id_, owner] for id_, owner in facts["files"]),
            files[tuple(facts["kept"])],
            each.id,
            tuple(files[id_, owner] for id_, owner in facts["losers"]),
            tuple(facts["gone"]),
            protected=frozenset(facts["protected"]),
        )
        differs = {id_: tuple(names) for id_, names in facts["differs"].items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise StashInputError(f"the group of {each.id} is not one of a plan for duplicates") from None
    return Planned(decision, each.edits, differs)


def _parse_copy(values: Mapping[str, Any]) -> Copy:
    sets = {name: frozenset(values[name]) for name in ("captions", "galleries")}
    return Copy(
        **{
            **values,
            **sets,
            "files": tuple(File(**file) for file in values["files"]),
            "stash_ids": frozenset((endpoint, stash_id) for endpoint, stash_id in values["stash_ids"]),
            "markers": tuple(values["markers"]),
        }
    )


def read_survey(drafts: Iterable[ObjectEdits], policy: Policy) -> Survey:
    """Read the decisions of a plan. Raises StashInputError for a line that is not a decision."""
    survey = Survey()
    try:
        for each in drafts:
            survey.add(planned_of(each), policy)
    except BaseException:
        survey.close()
        raise
    # The plan has only some of the groups, so here it cannot be checked which protected paths exist.
    survey.totals.protected |= {*policy.protected}
    return survey


def targets_of(drafts: Iterable[ObjectEdits]) -> dict[str, str]:
    """The new paths of the files that a plan moves, by file id."""
    return dict(_targets(drafts))


def _targets(drafts: Iterable[ObjectEdits]) -> Iterator[tuple[str, str]]:
    for each in drafts:
        yield from ((id_, path) for id_, path in each.facts["to"].items() if path is not None)


def check_targets(drafts: Iterable[ObjectEdits], targets: Targets) -> None:
    """Raise StashConflictError if a file would now be moved to another path than in the plan."""
    for id_, planned_path in _targets(drafts):
        path, reason = targets(id_)
        if path != planned_path:
            outcome = f"moved to {path}" if path else f"left, as {reason},"
            raise StashConflictError(
                f"file {id_} would be {outcome} now, and not moved to {planned_path}",
                {},
                hint="Make the plan again.",
            )
