"""`similar`: find objects with probably the same name, and merge them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, Yes, command
from stash_cli.commands.argv.value_parsers import bounded, named
from stash_cli.commands.common.consent import require_few
from stash_cli.commands.common.sending import before_sending, uninterrupted
from stash_cli.commands.housekeeping.dismissing import dismiss, load_dismissed
from stash_cli.core.errors import (
    StashConflictError,
    StashError,
    StashInputError,
    StashNotConfirmedError,
    StashUsageError,
)
from stash_cli.core.texts import counted
from stash_cli.output.values import View, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.core.capabilities import ServerCapabilities
    from stash_cli.core.client.session import Session
    from stash_cli.core.duplicates.dismissed import Pair
    from stash_cli.core.duplicates.names import Group, Named
    from stash_cli.core.edits.merging.merge import Merge
    from stash_cli.core.types.entities import Entity

VIEW = View(
    columns=columns("group>", "action", "id>", "name!", "uses>", "reason", "score>?", "like", "into>?")
)
_SHOWN = 20
"""Number of merges that are shown before the prompt."""
_PATHS = ("stash_ids.endpoint", "stash_ids.stash_id", "disambiguation", "birthdate")
_COUNTS = (
    *("scene_count", "image_count", "gallery_count", "performer_count", "studio_count", "group_count"),
    "scene_marker_count",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class SimilarOptions(CommandOptions):
    """The command line of `similar`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[dismiss|restore ID|NAME...]",
            help="remember that these objects are not one, or forget it",
            show_default=False,
        ),
    ] = None
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="REASON,...", help="case, punctuation, plural, order (of words), spelling"
        ),
    ] = None
    threshold: Annotated[
        int,
        typer.Option(
            "--threshold",
            metavar="PERCENT",
            help="how alike misspelt names are at least",
            parser=named("--threshold", bounded(int, (50, 100))),
        ),
    ] = 85
    merge: Annotated[bool, typer.Option("--merge", help="merge each group into the one used most")] = False
    yes: Yes = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="show what would be merged, send nothing")
    ] = False
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="ask about each group: y n a q")
    ] = False
    max_changes: Annotated[
        int | None,
        typer.Option(
            "--max-changes", metavar="N", min=0, help="refuse to merge more groups; 1000 with --yes"
        ),
    ] = None
    limit: Annotated[
        str | None, typer.Option("--limit", "-L", metavar="N|all", help="rows of a table (default: 40)")
    ] = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    text = (
        f"List {plural} whose names or aliases are the same but for case, punctuation, plural, order of"
        " words or spelling."
        f"\n\nOf {plural} with different ids at one stash-box, another disambiguation or another birth date"
        " none are listed. With --merge the groups are merged into the one that is used most."
    )
    return command("similar", partial(similar, noun), SimilarOptions, help=text, examples=examples)


def similar(noun: Noun, runtime: Runtime, options: SimilarOptions) -> None:
    runtime.check_output(VIEW)
    if options.words:
        dismiss(runtime, noun, options.words, partial(_paths, noun.entity), _pairs_of, "names")
        return
    reasons = _reasons(options.only)

    async def work(session: Session) -> None:
        with before_sending(runtime):
            groups, uses = await find(session, runtime, noun, options, reasons)
        if not options.merge or options.dry_run:
            print_groups(runtime, options, groups, uses)
            if options.merge:
                await Merging(session, runtime, noun, options, groups).preview()
            summary = f"{counted(len(groups), 'group')} of similar {noun.entity.plural}"
            runtime.streams.note(summary)
        elif not groups:
            runtime.streams.note(f"nothing to merge: no {noun.entity.plural} have similar names")
        else:
            await Merging(session, runtime, noun, options, groups).run()

    runtime.run(work, writes=options.merge and not options.dry_run)


def _reasons(only: str | None) -> tuple[str, ...]:
    from stash_cli.core.duplicates.names import REASONS

    reasons = tuple(word.strip() for word in only.split(",")) if only is not None else REASONS
    for word in reasons:
        if word not in REASONS:
            raise StashUsageError(f"--only {word}: reasons are {', '.join(REASONS)}")
    return reasons


async def find(
    session: Session, runtime: Runtime, noun: Noun, options: SimilarOptions, reasons: Sequence[str]
) -> tuple[list[Group], dict[str, int]]:
    """Find the groups of similar objects, and the number of uses of each object."""
    from stash_cli.core.client.paging import FindQuery, iter_rows, pages_by_id
    from stash_cli.core.duplicates import names

    entity, server = noun.entity, await session.load_capabilities()
    rows = iter_rows(session, FindQuery(entity, sort="name"), _paths(entity, server))
    objects = [named_of(row) async for row in rows if (row.get("name") or "").strip()]
    dismissed = load_dismissed(runtime, entity)
    pairs = [
        pair
        for pair in names.similar(objects, options.threshold / 100)
        if pair.reason in reasons and not dismissed.holds(key_of(pair.one), key_of(pair.other))
    ]
    ids = list({each.id: None for pair in pairs for each in (pair.one, pair.other)})
    counts = [name for name in _COUNTS if server.has_path(entity.type, name)]
    uses = {
        row["id"]: sum(row.get(name) or 0 for name in counts)
        async for page in pages_by_id(session, entity, ids, counts)
        for row in page
    }
    return list(names.group(pairs, uses)), uses


def _paths(entity: Entity, server: ServerCapabilities) -> list[str]:
    aliases = "alias_list" if entity.type == "Performer" else "aliases"
    return ["id", "name", aliases, *(path for path in _PATHS if server.has_path(entity.type, path))]


def named_of(row: Mapping[str, Any]) -> Named:
    """The names of a row, and its facts that distinguish namesakes."""
    from stash_cli.core.duplicates.names import Named

    aliases = row.get("aliases") or row.get("alias_list") or []
    return Named(
        str(row["id"]),
        (row["name"], *(alias for alias in aliases if alias.strip())),
        frozenset((each["endpoint"], each["stash_id"]) for each in row.get("stash_ids") or ()),
        row.get("disambiguation") or "",
        row.get("birthdate") or "",
    )


def key_of(each: Named) -> str:
    """The key of an object in dismissed pairs: its name with its disambiguation."""
    return f"{each.name} ({each.note})" if each.note else each.name


def _pairs_of(rows: Sequence[dict[str, Any]]) -> Iterator[Pair]:
    """The pairs of the names of some objects."""
    for one, other in combinations(map(named_of, rows), 2):
        yield key_of(one), key_of(other)


def print_groups(
    runtime: Runtime, options: SimilarOptions, groups: Sequence[Group], uses: Mapping[str, int]
) -> None:
    """Print a row for each object of the groups, the kept one first."""
    from stash_cli.commands.queries.listing import table_limit

    rows = (row for number, group in enumerate(groups, 1) for row in rows_of_group(number, group, uses))
    limit = table_limit(runtime, options.limit)
    runtime.print_rows(VIEW, list(islice(rows, limit)))
    more = sum(1 for _ in rows)
    if more and runtime.for_people:
        runtime.streams.note(f"... and {more:,} more rows; --limit all lists them")


def rows_of_group(number: int, group: Group, uses: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The rows of a group; `like` is the matching name of the kept object."""
    common = {"group": number, "into": group.kept.id}
    yield {
        **common,
        "action": "keep",
        "id": group.kept.id,
        "name": group.kept.name,
        "reason": "",
        "uses": uses.get(group.kept.id, 0),
        "score": None,
        "like": "",
    }
    for pair, other in zip(group.pairs, group.others, strict=True):
        facts = {"reason": pair.reason, "score": pair.score, "like": group.kept.name}
        yield {
            **common,
            "action": "merge",
            "id": other.id,
            "name": other.name,
            "uses": uses.get(other.id, 0),
            **facts,
        }


@dataclass
class Merging:
    """Merges of groups: preview, confirmation, execution and report."""

    session: Session
    runtime: Runtime
    noun: Noun
    options: SimilarOptions
    groups: list[Group]

    async def preview(self) -> None:
        """Print the plans of the first merges."""
        for group in self.groups[:_SHOWN]:
            await self._show(group)
        if len(self.groups) > _SHOWN:
            self.runtime.streams.note(f"... and {len(self.groups) - _SHOWN:,} more merges")

    async def run(self) -> None:
        from stash_cli.commands.common.outcomes import Outcomes

        await self._consent()
        sources = {each.id: group for group in self.groups for each in group.others}
        outcomes = Outcomes(self.noun.entity, "merged", list(sources))
        outcomes.expect(sources)
        try:
            for group in self.groups:
                await self._merge(group, outcomes)
        finally:
            if outcomes.complete:
                self.runtime.streams.note(outcomes.done_message())
        outcomes.check()

    async def _merge(self, group: Group, outcomes: Outcomes) -> None:
        """Merge one group; record objects that cannot be merged as failed."""
        from stash_cli.commands.verbs.merge import naming_filters, send_merge

        entity, ids = self.noun.entity, [each.id for each in group.others]
        try:
            planned = await self._plan(group)
            filters = await naming_filters(self.session, entity, planned)
            await uninterrupted(send_merge(self.session, entity, planned))
            for each in filters:
                await uninterrupted(each.save(self.session))
        except StashError as error:
            outcomes.fail(ids, error)
        else:
            outcomes.succeed(ids)

    async def _plan(self, group: Group) -> Merge:
        """Plan the merge of a group. Raises StashConflictError if its names were changed since the search."""
        from stash_cli.commands.verbs.merge import plan

        sources = [each.id for each in group.others]
        merge = await plan(self.session, self.noun.entity, sources, group.kept.id, {})
        rows = (merge.combination.destination, *merge.combination.sources)
        names_by_id = {each.id: each.name for each in (group.kept, *group.others)}
        if any(names_by_id[str(row["id"])] != row.get("name") for row in rows):
            raise StashConflictError("it was renamed by others since it was read", {})
        return merge

    async def _show(self, group: Group) -> None:
        from stash_cli.commands.verbs.merge import show

        try:
            show(self.runtime, self.noun.entity, await self._plan(group))
        except StashInputError as error:
            names = ", ".join(each.name for each in group.others)
            self.runtime.streams.note(f"{names} cannot be merged into {group.kept.name}: {error.message}")

    async def _consent(self) -> None:
        """Ask about all groups, or about each. Raises StashNotConfirmedError."""
        from stash_cli.output.failures import confirm

        options, streams, count = self.options, self.runtime.streams, len(self.groups)
        action = f"merge {counted(count, 'group')}"
        require_few(count, action, yes=options.yes, max_changes=options.max_changes)
        if options.interactive:
            await self._choose()
            return
        if streams.interactive and not options.yes:
            await self.preview()
        merged = sum(len(group.pairs) for group in self.groups)
        noun = self.noun.entity.noun if merged == 1 else self.noun.entity.plural
        confirm(streams, f"merge {merged:,} {noun} into {count:,} others", yes=options.yes)

    async def _choose(self) -> None:
        from stash_cli.output.failures import answer

        streams = self.runtime.streams
        if not streams.interactive:
            raise StashNotConfirmedError("--interactive needs a terminal to ask: nothing was changed")
        chosen, word = list[Any](), ""
        for group in self.groups:
            if word not in ("a", "q"):
                await self._show(group)
                word = answer(streams, "merge these? [y,n,a,q] ").lower()[:1] or "n"
            if word in ("y", "a"):
                chosen.append(group)
        if not chosen:
            raise StashNotConfirmedError("none was chosen: nothing was changed")
        self.groups = chosen
