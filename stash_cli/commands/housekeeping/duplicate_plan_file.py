"""`duplicates --plan-out`: a plan file with the groups to change, for `stash apply`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from stash_cli.commands.common.plan_output import write_plan
from stash_cli.commands.common.sending import before_sending
from stash_cli.commands.housekeeping.duplicate_plan import Plan, TieBreaker, print_groups
from stash_cli.commands.housekeeping.duplicate_rows import totals_of
from stash_cli.commands.housekeeping.duplicates import DuplicatesOptions, read_request
from stash_cli.core.duplicates.planned_json import check_targets, draft_of, read_survey, targets_of
from stash_cli.core.duplicates.policy import MOVE, TAG, Policy
from stash_cli.core.duplicates.relocation import relocate
from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.duplicates import Request
    from stash_cli.commands.verbs.editing import EditOptions
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import Draft

_STORED = ("by", "distance", "duration_diff", "keep", "into", "same_time_copies", "backup_first")
"""Options that are stored in the plan."""


async def write_groups(plan: Plan, request: Request, ties: TieBreaker) -> None:
    """Show the groups to change, and write them to the file of `--plan-out`."""
    await plan.preview()
    stored = {name: getattr(plan.options, name) for name in _STORED}
    word = {TAG: plan.tag, MOVE: plan.policy.folder}.get(request.then, "")
    stored["then"] = f"{request.then}:{word}" if word else request.then
    stored |= {"protect": [*plan.policy.protected], "drop_tag": sorted(plan.policy.dropped, key=int)}
    tie_choices = [[sorted(tied), id_] for tied, id_ in ties.kept.items()]
    drafts = (draft_of(each, plan.targets) for each in plan.survey if each.decision.is_acted_on)
    await write_plan(
        plan.session,
        plan.runtime,
        plan.options.plan_out or "",
        drafts,
        kind="duplicates",
        type=plan.noun.entity.type,
        objects=plan.survey.totals.acted_on,
        facts={"options": stored, "ties": tie_choices},
    )


def show_plan(runtime: Runtime, noun: Noun, facts: Mapping[str, Any], draft: Draft) -> None:
    """Print the groups of a plan and their outcome, without a server."""
    from stash_cli.core.duplicates.keep import parse_rules

    stored = _options(facts)
    request, paths = read_request(noun, stored), targets_of(draft)
    rules, folder = parse_rules(stored.keep or ()), request.word if request.then == MOVE else ""
    policy = Policy(request.match, rules, request.into, request.then, folder=folder)
    with closing(read_survey(draft, policy)) as survey:
        print_groups(runtime, survey, policy, lambda id_: (paths.get(id_), ""), None)
        for line in totals_of(noun.entity, survey.totals, policy, None):
            runtime.streams.note(line)


def _options(facts: Mapping[str, Any], **more: Any) -> DuplicatesOptions:
    """The options of a plan, with those of `apply`."""
    return DuplicatesOptions(**facts["options"], **more)


async def carry_out_plan(
    session: Session,
    runtime: Runtime,
    noun: Noun,
    facts: Mapping[str, Any],
    draft: Draft,
    options: EditOptions,
) -> None:
    """Apply the groups of a plan; groups with a different decision now are left unchanged."""
    _check(options)
    overrides = {name: getattr(options, name) for name in ("yes", "interactive", "max_changes")}
    stored = _options(facts, **overrides)
    request = read_request(noun, stored)
    ties = TieBreaker(runtime, noun.entity, is_asking=False)
    ties.kept |= {frozenset(tied): id_ for tied, id_ in facts["ties"]}
    with before_sending(runtime):
        policy = await request.policy(session, runtime, ties)
        tag = await request.tag_id(session)
        survey = read_survey(draft, policy)
    with closing(survey):
        if policy.then == MOVE:
            with before_sending(runtime):
                survey.relocation = await relocate(session, survey, policy, runtime.local_path)
            check_targets(draft, survey.relocation.plan.target_of)
        await Plan(session, runtime, noun, stored, policy, survey, tag).run()


def _check(options: EditOptions) -> None:
    """Raise StashUsageError for options that do not apply to groups."""
    given = {"--force": options.force, "--fail-fast": options.fail_fast, "--failed-to": options.failed_to}
    for flag, value in given.items():
        if value:
            raise StashUsageError(f"{flag} is not for a plan of duplicates: groups that changed are left")
