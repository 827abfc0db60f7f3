"""`duplicates`: find alike files, choose which to keep, and merge, tag or delete the others."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.query_words import WhereOptions
from stash_cli.commands.argv.value_parsers import bounded, choice, named
from stash_cli.commands.common.sending import before_sending
from stash_cli.core.errors import StashInputError, StashUsageError

if TYPE_CHECKING:
    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.decision import Policy
    from stash_cli.core.duplicates.dismissed import Dismissed
    from stash_cli.core.duplicates.matching import Match
    from stash_cli.core.duplicates.survey import Survey
    from stash_cli.core.query.language.query import Query

DISMISS, RESTORE = "dismiss", "restore"
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
            help="which file is kept, by the first rule that tells: resolution, bitrate, size, smallest,"
            " duration, framerate, codec:NAME, oldest, newest, path:REGEX, most-metadata",
        ),
    ] = None
    into: Annotated[
        str | None,
        typer.Option(
            "--into",
            metavar="keep|oldest|most-metadata",
            help="merge into the object of the kept file, the oldest, or the one with most metadata",
            parser=named("--into", choice("keep", "oldest", "most-metadata")),
        ),
    ] = None
    then: Annotated[
        str | None,
        typer.Option(
            "--then",
            metavar="ACTION",
            help="what becomes of the others: nothing (default), tag:NAME, delete, delete-files",
        ),
    ] = None
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
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False
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


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    text = (
        f"Find {plural} with alike files, and merge, tag or delete all but one."
        "\n\nWithout --keep the groups are listed. Ties, and facts that are not known, leave a group"
        " as it is."
        " Only files that are like the kept one are touched."
        " --into gives the object that lives on what the others have, --then says what becomes of them."
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

    runtime.check_output(VIEW)
    if options.words:
        dismiss(noun, runtime, options.words)
        return
    request = read_request(noun, options)
    query = read_query(runtime, noun.entity, options)

    async def work(session: Session) -> None:
        with before_sending(runtime):
            policy = await request.policy(session, runtime)
            tag = await request.tag_id(session)
            survey = await look(session, runtime, noun, policy, query)
        with closing(survey):
            from stash_cli.commands.housekeeping.duplicate_plan import Plan

            await Plan(session, runtime, noun, options, policy, survey, tag).run()

    runtime.run(work, writes=request.acts and not options.dry_run)


@dataclass(frozen=True)
class Request:
    """The command line as it was read, before anything was looked up."""

    noun: Noun
    options: DuplicatesOptions
    match: Match
    then: str
    tag: str

    @property
    def acts(self) -> bool:
        """Whether anything is changed, and not only listed."""
        return self.options.into is not None or self.then != "nothing"

    async def tag_id(self, session: Session) -> str:
        """The id of the tag of `--then tag:NAME`. Raises StashNotFoundError."""
        from stash_cli.commands.verbs.targets import target_ids
        from stash_cli.core.types.entities import ENTITIES

        return (await target_ids(session, ENTITIES["Tag"], [self.tag]))[0] if self.tag else ""

    async def policy(self, session: Session, runtime: Runtime) -> Policy:
        """The policy, with names looked up. Raises StashNotFoundError."""
        from stash_cli.commands.verbs.targets import target_ids
        from stash_cli.core.duplicates.decision import Policy
        from stash_cli.core.duplicates.keep import parse_rules
        from stash_cli.core.types.entities import ENTITIES

        options = self.options
        return Policy(
            self.match,
            parse_rules(options.keep) if options.keep else (),
            options.into,
            self.then,
            tuple(runtime.server_path(path) for path in options.protect or ()),
            load_dismissed(runtime, self.noun).holds_files,
            partial(_is_same_file, runtime),
            frozenset(await target_ids(session, ENTITIES["Tag"], options.drop_tag or [])),
            options.same_time_copies,
        )


def read_request(noun: Noun, options: DuplicatesOptions) -> Request:
    """The request of a command line. Raises StashUsageError for what does not go together."""
    from stash_cli.core.duplicates.keep import parse_rules
    from stash_cli.core.duplicates.matching import DURATION, PHASH, WAYS, Match

    ways = WAYS[noun.entity.type]
    way = options.by or PHASH
    if way not in ways:
        raise StashUsageError(f"--by {way}: {noun.entity.plural} are compared by {', '.join(ways)}")
    if options.distance and way != PHASH:
        raise StashUsageError("--distance is for --by phash")
    # The lengths of pictures say nothing.
    seconds = None if noun.entity.type == "Image" else _seconds(options.duration_diff)
    if noun.entity.type == "Image" and options.duration_diff is not None:
        raise StashUsageError("--duration-diff: images have no length")
    then, _, tag = (options.then or "nothing").partition(":")
    if way == DURATION and seconds is None:
        raise StashUsageError("--by duration needs a --duration-diff in seconds: all lengths differ by any")
    request = Request(noun, options, Match(way, options.distance, seconds), then, tag)
    _check(request)
    if options.keep:
        parse_rules(options.keep)
    return request


def _seconds(text: str | None) -> float | None:
    if text == _ANY:
        return None
    found: float = named("--duration-diff", bounded(float, (0, None)))(text or "1")
    return found


def _check(request: Request) -> None:
    """Refuse options that contradict each other, before anything is read."""
    options, then = request.options, request.then
    if then not in ("nothing", "tag", "delete", "delete-files") or (then == "tag") != bool(request.tag):
        raise StashUsageError(f"--then {options.then}: write nothing, tag:NAME, delete or delete-files")
    if request.acts and not options.keep:
        raise StashUsageError(
            "nothing says which file is kept", hint="Give --keep, such as --keep resolution,bitrate,oldest."
        )
    if options.into is not None and then == "tag":
        raise StashUsageError("--into leaves nothing to tag: use one of --into and --then tag:NAME")
    is_scene = request.noun.entity.type == "Scene"
    if options.into is not None and is_scene and then == "delete":
        raise StashUsageError(
            "--into merges the scenes away, and their files go with them: leave out --then delete",
            hint="--then delete-files also deletes the files that lose.",
        )
    if options.into is not None and not is_scene and then == "nothing":
        raise StashUsageError("--into needs --then delete or --then delete-files: the API merges no images")


def _is_same_file(runtime: Runtime, one: Any, other: Any) -> bool | None:
    """Whether two paths lead to one file; None where they cannot be seen from here."""
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


def load_dismissed(runtime: Runtime, noun: Noun) -> Dismissed:
    """The groups that were dismissed on this machine."""
    from stash_cli.core.duplicates.dismissed import Dismissed

    return Dismissed.load(runtime.connection().journal, noun.entity.type)


def dismiss(noun: Noun, runtime: Runtime, words: list[str]) -> None:
    """Remember that the files of some objects are no duplicates of each other, or forget it."""
    action, *given = words
    if action not in (DISMISS, RESTORE):
        raise StashUsageError(
            f"{action}: duplicates takes only {DISMISS} and {RESTORE} with ids",
            hint="Choose objects with --where QUERY.",
        )

    async def work(session: Session) -> None:
        from stash_cli.commands.verbs.targets import read_words, rows_of, target_ids
        from stash_cli.core.duplicates.copies import copy_of, paths_to_read
        from stash_cli.core.duplicates.dismissed import pairs_of_files

        ids = await target_ids(session, noun.entity, read_words(runtime.streams, given))
        if len(ids) < 2:  # noqa: PLR2004 - a pair
            raise StashUsageError(f"{action} needs two {noun.entity.plural} or more")
        paths = paths_to_read(noun.entity.type, await session.learn())
        rows = await rows_of(session, noun.entity, ids, paths)
        pairs = list(pairs_of_files(copy_of(noun.entity.type, row) for row in rows))
        if not pairs:
            raise StashInputError("their files have no hashes by which they could be remembered")
        known = load_dismissed(runtime, noun)
        count = known.add(pairs) if action == DISMISS else known.remove(pairs)
        verb = "dismissed" if action == DISMISS else "restored"
        runtime.streams.note(f"{verb} {count} pair{'' if count == 1 else 's'} of files")

    runtime.run(work)


async def look(session: Session, runtime: Runtime, noun: Noun, policy: Policy, query: Query | None) -> Survey:
    """Find the groups, among the objects of the query, and decide what becomes of each."""
    from stash_cli.commands.queries.searching import matching_ids, search_for
    from stash_cli.core.duplicates.candidates import find_groups
    from stash_cli.core.duplicates.survey import make_survey

    type_name, chosen = noun.entity.type, None
    if query is not None:
        search = await search_for(session, runtime, noun.entity, query, "id")
        chosen = set(await matching_ids(session, search))
    groups = await find_groups(session, type_name, policy.match, chosen)
    return await make_survey(session, type_name, groups, policy)
