"""`duplicates`: find alike files, choose which to keep, and merge, tag or delete the others."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, Yes, command
from stash_cli.commands.argv.query_words import WhereOptions
from stash_cli.commands.argv.value_parsers import bounded, choice, named
from stash_cli.commands.common.plan_output import PlanOut, check_plan_out
from stash_cli.commands.common.sending import before_sending
from stash_cli.commands.housekeeping.dismissing import dismiss, load_dismissed
from stash_cli.core.duplicates.policy import (
    ACTIONS,
    DELETE,
    INTO,
    KEEP,
    MOVE,
    NOTHING,
    TAG,
)
from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.duplicate_plan import TieBreaker
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.dismissed import Pair
    from stash_cli.core.duplicates.matching import Match
    from stash_cli.core.duplicates.policy import Policy
    from stash_cli.core.duplicates.survey import Survey
    from stash_cli.core.query.language.query import Query

SKIP, ASK = TIES = ("skip", "ask")
BEST_FILE = "best-file"
"""Synonym of KEEP."""
_WITH_WORD = {TAG: "NAME", MOVE: "FOLDER"}
"""Actions with a word after a colon."""
_ANY = "any"
_MOST_BITS = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class DuplicatesOptions(WhereOptions):
    """The command line of `duplicates`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[dismiss|restore ID...]",
            help="remember that these objects are no duplicates, or forget it",
            show_default=False,
        ),
    ] = None
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="WAY",
            help="what is alike: phash (default), oshash, checksum, stash-id, duration (a weak sign)",
        ),
    ] = None
    distance: Annotated[
        int,
        typer.Option(
            "--distance",
            metavar="N",
            help="bits in which perceptual hashes may differ: 0 to 16; 4 and 8 are usual",
            parser=named("--distance", bounded(int, (0, _MOST_BITS))),
        ),
    ] = 0
    duration_diff: Annotated[
        str | None,
        typer.Option(
            "--duration-diff", metavar="SECONDS|any", help="by how much lengths may differ (default: 1)"
        ),
    ] = None
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="RULE,...",
            help="which file is kept, by the first rule that decides: resolution, bitrate, size, smallest,"
            " duration, framerate, codec:NAME, oldest, newest, path:REGEX, most-metadata",
        ),
    ] = None
    into: Annotated[
        str | None,
        typer.Option(
            "--into",
            metavar="best-file|oldest|most-metadata",
            help="merge into the object of the kept file, the oldest, or the one with most metadata",
            parser=named("--into", choice(BEST_FILE, *INTO)),
        ),
    ] = None
    then: Annotated[
        str | None,
        typer.Option(
            "--then",
            metavar="ACTION",
            help="what becomes of the others: nothing (default), tag:NAME, move:FOLDER, delete, delete-files",
        ),
    ] = None
    on_tie: Annotated[
        str,
        typer.Option(
            "--on-tie",
            metavar="|".join(TIES),
            help="where the rules cannot tell: leave the group, or ask on the terminal which file is kept",
            parser=named("--on-tie", choice(*TIES)),
        ),
    ] = SKIP
    protect: Annotated[
        list[str] | None,
        typer.Option("--protect", metavar="PATH", help="a folder or file that never loses; repeatable"),
    ] = None
    drop_tag: Annotated[
        list[str] | None,
        typer.Option("--drop-tag", metavar="TAG", help="a tag that is not taken over; repeatable"),
    ] = None
    same_time_copies: Annotated[
        bool,
        typer.Option(
            "--same-time-copies", help="take files of the same size, hash and time for copies, not for links"
        ),
    ] = False
    yes: Yes = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="show what would be done, send nothing")
    ] = False
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="ask about each group: y n a q")
    ] = False
    max_changes: Annotated[
        int | None,
        typer.Option(
            "--max-changes", metavar="N", min=0, help="refuse to act on more groups; 1000 with --yes"
        ),
    ] = None
    limit: Annotated[
        str | None, typer.Option("--limit", "-L", metavar="N|all", help="rows of a table (default: 40)")
    ] = None
    backup_first: Annotated[
        bool, typer.Option("--backup-first", help="have the server back up its database first")
    ] = False
    plan_out: PlanOut = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    text = (
        f"Find {plural} with alike files, and merge, tag, move or delete all but one."
        "\n\nWithout --keep the groups are listed. Ties, and facts that are not known, leave a group"
        " as it is."
        " Only files that are like the kept one are touched."
        " --into merges the others into one object, --then says what becomes of them and their files."
    )
    if noun.entity.type == "Scene":
        text += (
            "\n\nScenes of one length alone (--by duration) are often unrelated: look at the list before you"
            " act, or choose some with --where."
        )
    return command("duplicates", partial(duplicates, noun), DuplicatesOptions, help=text, examples=examples)


def duplicates(noun: Noun, runtime: Runtime, options: DuplicatesOptions) -> None:
    from stash_cli.commands.housekeeping.duplicate_rows import VIEW
    from stash_cli.commands.queries.searching import read_query
    from stash_cli.core.duplicates.copies import paths_to_read

    runtime.check_output(VIEW)
    if options.words:
        type_name = noun.entity.type
        paths_of, pairs_of = partial(paths_to_read, type_name), partial(_pairs_of, type_name)
        dismiss(runtime, noun, options.words, paths_of, pairs_of, "files")
        return
    request = read_request(noun, options)
    query = read_query(runtime, noun.entity, options)

    async def work(session: Session) -> None:
        from stash_cli.commands.housekeeping.duplicate_plan import Plan, TieBreaker
        from stash_cli.commands.housekeeping.duplicate_plan_file import write_groups

        ties = TieBreaker(runtime, noun.entity, is_asking=options.on_tie == ASK)
        with before_sending(runtime):
            policy = await request.policy(session, runtime, ties)
            tag = await request.tag_id(session)
            survey = await survey_objects(session, runtime, noun, policy, query)
        ties.is_asking = False  # when groups are decided on again, only the cached answers apply
        with closing(survey):
            plan = Plan(session, runtime, noun, options, policy, survey, tag)
            if options.plan_out is None:
                await plan.run()
            else:
                await write_groups(plan, request, ties)

    runtime.run(work, writes=request.makes_changes and not (options.dry_run or options.plan_out))


@dataclass(frozen=True)
class Request:
    """The parsed command line, before names are resolved."""

    noun: Noun
    options: DuplicatesOptions
    match: Match
    then: str
    word: str
    """The tag of TAG, or the folder of MOVE."""

    @property
    def makes_changes(self) -> bool:
        """Whether anything is changed, not only listed."""
        return self.options.into is not None or self.then != NOTHING

    @property
    def into(self) -> str | None:
        """The destination of a merge, in the terms of a policy."""
        return KEEP if self.options.into == BEST_FILE else self.options.into

    async def tag_id(self, session: Session) -> str:
        """The id of the tag of TAG. Raises StashNotFoundError."""
        from stash_cli.commands.verbs.targets import target_ids
        from stash_cli.core.types.entities import ENTITIES

        return (await target_ids(session, ENTITIES["Tag"], [self.word]))[0] if self.then == TAG else ""

    async def policy(self, session: Session, runtime: Runtime, ties: TieBreaker) -> Policy:
        """The policy, with names resolved. Raises StashNotFoundError, StashInputError."""
        from stash_cli.commands.verbs.targets import target_ids
        from stash_cli.core.duplicates.keep import parse_rules
        from stash_cli.core.duplicates.policy import Policy
        from stash_cli.core.types.entities import ENTITIES

        options = self.options
        return Policy(
            self.match,
            parse_rules(options.keep) if options.keep else (),
            self.into,
            self.then,
            tuple(runtime.server_path(path) for path in options.protect or ()),
            load_dismissed(runtime, self.noun.entity).holds_files,
            partial(_is_same_file, runtime),
            frozenset(await target_ids(session, ENTITIES["Tag"], options.drop_tag or [])),
            options.same_time_copies,
            await self._folder(session, runtime),
            ties.choose,
            cache(runtime.sidecars.can_move_from),
        )

    async def _folder(self, session: Session, runtime: Runtime) -> str:
        """The folder of MOVE. Raises StashInputError for a folder outside of the library."""
        from stash_cli.core.renames.library import library_folders, require_within

        if self.then != MOVE:
            return ""
        folder = runtime.server_path(self.word)
        require_within(folder, await library_folders(session), "--then move")
        return folder


def read_request(noun: Noun, options: DuplicatesOptions) -> Request:
    """Parse the command line. Raises StashUsageError for invalid combinations."""
    from stash_cli.core.duplicates.keep import parse_rules

    then, _, word = (options.then or NOTHING).partition(":")
    request = Request(noun, options, _match_of(noun, options), then, word)
    _check(request)
    if options.keep:
        parse_rules(options.keep)
    return request


def _match_of(noun: Noun, options: DuplicatesOptions) -> Match:
    """The comparison of `--by` with its limits. Raises StashUsageError for one that the type lacks."""
    from stash_cli.core.duplicates.matching import DURATION, PHASH, WAYS, Match

    ways = WAYS[noun.entity.type]
    way = options.by or PHASH
    if way not in ways:
        raise StashUsageError(f"--by {way}: {noun.entity.plural} are compared by {', '.join(ways)}")
    if options.distance and way != PHASH:
        raise StashUsageError("--distance is for --by phash")
    # Images have no durations.
    seconds = None if noun.entity.type == "Image" else _seconds(options.duration_diff)
    if noun.entity.type == "Image" and options.duration_diff is not None:
        raise StashUsageError("--duration-diff: images have no length")
    if way == DURATION and seconds is None:
        raise StashUsageError("--by duration needs a --duration-diff in seconds: all lengths differ by any")
    return Match(way, options.distance, seconds)


def _seconds(text: str | None) -> float | None:
    if text == _ANY:
        return None
    value: float = named("--duration-diff", bounded(float, (0, None)))(text or "1")
    return value


def _check(request: Request) -> None:
    """Raise StashUsageError for contradicting options, before the first request."""
    options, then = request.options, request.then
    if then not in ACTIONS or (then in _WITH_WORD) != bool(request.word):
        *others, last = (f"{each}:{_WITH_WORD[each]}" if each in _WITH_WORD else each for each in ACTIONS)
        raise StashUsageError(f"--then {options.then}: write {', '.join(others)} or {last}")
    if request.makes_changes and not options.keep:
        raise StashUsageError(
            "nothing says which file is kept", hint="Give --keep, such as --keep resolution,bitrate,oldest."
        )
    _check_plan_out(request)
    if options.on_tie == ASK and not options.keep:
        raise StashUsageError("--on-tie is for --keep: without rules there are no ties")
    if options.into is not None and then == TAG:
        raise StashUsageError("--into leaves nothing to tag: use one of --into and --then tag:NAME")
    is_scene = request.noun.entity.type == "Scene"
    if options.into is not None and is_scene and then == DELETE:
        raise StashUsageError(
            "--into merges the scenes away, and their files go with them: leave out --then delete",
            hint="--then delete-files deletes the files that lose, --then move:FOLDER moves them.",
        )
    if options.into is not None and not is_scene and then == NOTHING:
        raise StashUsageError("--into needs --then move, delete or delete-files: the API merges no images")


def _check_plan_out(request: Request) -> None:
    """Raise StashUsageError for a plan file without an action, and for prompts, which belong to `apply`."""
    check_plan_out(request.options.plan_out)
    if request.options.plan_out is None:
        return
    if not request.makes_changes:
        raise StashUsageError("--plan-out: nothing is done with the groups", hint="Give --into or --then.")
    if request.options.interactive:
        raise StashUsageError("--plan-out asks nothing: use `stash apply FILE --interactive`")


def _is_same_file(runtime: Runtime, one: Any, other: Any) -> bool | None:
    """Whether two paths are the same file; None if they are not accessible on this machine."""
    from pathlib import Path

    maps = runtime.profile.path_maps if runtime.has_settings else None
    paths = [Path(maps.to_local(file.path) if maps else file.path) for file in (one, other)]
    is_here = runtime.connection().is_embedded or all(
        str(path) != file.path for path, file in zip(paths, (one, other), strict=True)
    )
    if not is_here:
        return None
    try:
        return paths[0].samefile(paths[1])
    except OSError:
        return None


def _pairs_of(type_name: str, rows: Sequence[dict[str, Any]]) -> list[Pair]:
    """The pairs of files of some objects. Raises StashInputError for files without a common hash."""
    from stash_cli.core.duplicates.copies import copy_of
    from stash_cli.core.duplicates.dismissed import pairs_of_files

    pairs = list(pairs_of_files(copy_of(type_name, row) for row in rows))
    if not pairs:
        raise StashInputError("their files have no hashes by which they could be remembered")
    return pairs


async def survey_objects(
    session: Session, runtime: Runtime, noun: Noun, policy: Policy, query: Query | None
) -> Survey:
    """Find the groups among the objects of the query, and decide on each."""
    from stash_cli.commands.queries.searching import matching_ids, search_for
    from stash_cli.core.duplicates.candidates import find_groups
    from stash_cli.core.duplicates.survey import make_survey

    type_name, chosen = noun.entity.type, None
    if query is not None:
        search = await search_for(session, runtime, noun.entity, query, "id")
        chosen = set(await matching_ids(session, search))
    groups = await find_groups(session, type_name, policy.match, chosen)
    return await make_survey(session, type_name, groups, policy, runtime.local_path)
