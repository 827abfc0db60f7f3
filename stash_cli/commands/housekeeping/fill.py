"""`fill`: fill in fields from the paths of files, or from sidecars beside them."""

from __future__ import annotations

from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.common.failed_ids import check_failed_to
from stash_cli.commands.common.plan_output import PlanOut, check_plan_out
from stash_cli.commands.common.sending import before_sending
from stash_cli.commands.verbs.editing import Editing, EditOptions
from stash_cli.commands.verbs.targets import Selection, TargetOptions, read_targets, read_words
from stash_cli.core.errors import StashUsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.fill_covers import Covers
    from stash_cli.commands.housekeeping.fill_files import MediaFiles, VideoFolders
    from stash_cli.commands.housekeeping.fill_names import FactNames
    from stash_cli.commands.housekeeping.fill_reading import Reading
    from stash_cli.commands.housekeeping.fill_report import Report
    from stash_cli.commands.housekeeping.fill_sources import Source
    from stash_cli.core.client.session import Session
    from stash_cli.core.edits.drafts.draft import Draft
    from stash_cli.core.types.entities import Entity

    Row = dict[str, Any]

SOURCES = ("path", "nfo", "json", "xmp")


@dataclass(frozen=True, kw_only=True, eq=False)
class FillOptions(EditOptions, TargetOptions):
    """The command line of `fill`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|NAME...", help="the objects (- reads ids from stdin)", show_default=False),
    ] = None
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="path|nfo|json|xmp", help="the path of the file, or a sidecar"),
    ] = None
    pattern: Annotated[
        list[str] | None,
        typer.Option("--pattern", metavar="PATTERN", help="'{studio}/{date} {title}'; the first that fits"),
    ] = None
    regex: Annotated[
        list[str] | None,
        typer.Option("--regex", metavar="RE", help="a regular expression with (?P<title>...) groups"),
    ] = None
    date_format: Annotated[
        str | None, typer.Option("--date-format", metavar="FORMAT", help="of --regex: %d.%m.%y")
    ] = None
    spaces: Annotated[
        str, typer.Option("--spaces", metavar="CHARS", help="characters that stand for spaces, such as ._")
    ] = ""
    only: Annotated[
        str | None, typer.Option("--only", metavar="FIELD,...", help="leave all other fields alone")
    ] = None
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace what is there; lists only ever get more")
    ] = False
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="make what is named and not there")
    ] = False
    cover: Annotated[
        bool,
        typer.Option("--cover", help="also covers: pictures beside videos, or that an NFO names"),
    ] = False
    maps: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="SERVER=HERE", help="a folder of the server: here, or at an address"),
    ] = None
    plan_out: PlanOut = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    from stash_cli.core.edits.merging.fill import facts_of
    from stash_cli.core.sidecars.path_pattern import FIELDS

    plural = noun.entity.plural
    return command(
        "fill",
        partial(fill, noun),
        FillOptions,
        help=f"Fill the fields of {plural} from the paths of their files, or from sidecars beside them."
        "\n\nOnly empty fields are filled, and lists get more items. Names that the library does not have are"
        " reported and not set."
        f"\n\nA pattern is compared with the end of the path, without the ending of the file. Fields: "
        f"{', '.join(each for each in FIELDS if each in (*facts_of(noun.entity.type), *_PATH_ONLY))}; "
        "{date:%d.%m.%y} is a date in that format, {_} any text that is not used.",
        examples=examples,
    )


_PATH_ONLY = ("year", "month", "day", "index")


def fill(noun: Noun, runtime: Runtime, options: FillOptions) -> None:
    from stash_cli.commands.housekeeping.fill_report import VIEW, Report
    from stash_cli.commands.verbs.update import carry_out

    entity = noun.entity
    runtime.check_output(VIEW if options.dry_run and runtime.options.output != "json" else noun.view)
    if options.cover and entity.type != "Scene":
        raise StashUsageError(f"--cover is for scenes: {entity.plural} have no cover of their own")
    files = media_files(runtime, options.maps or ())
    source = _source(files, entity, options)
    fields = _fields(entity, options)
    query = read_targets(runtime, entity, options.words or [], options)
    check_failed_to(options.failed_to)
    check_plan_out(options.plan_out)

    async def work(session: Session) -> None:
        from stash_cli.core.edits.drafts.draft import Draft

        chosen = read_words(runtime.streams, options.words) if options.words else []
        if options.words and not chosen:
            return
        report = Report(entity.noun, entity.plural)
        with closing(Draft()) as draft, closing(report):
            with before_sending(runtime):
                selection = await Selection.of(session, runtime, entity, chosen, query)
                editing = _filling(session, runtime, entity, options, draft, report)
                reading = await _reading(noun, editing, files, source, fields, options)
                async with aclosing(files):
                    await reading.run(selection)
            await carry_out(session, runtime, noun, options, editing, plan_out=options.plan_out)

    runtime.run(work, writes=not (options.dry_run or options.plan_out))


def _filling(
    session: Session, runtime: Runtime, entity: Entity, options: FillOptions, draft: Draft, report: Report
) -> Filling:
    from stash_cli.commands.common.outcomes import Outcomes
    from stash_cli.commands.housekeeping.fill_names import FactNames
    from stash_cli.commands.verbs.names import Names

    names = Names(session, create=options.create_missing)
    return Filling(
        *(session, runtime, entity, options, draft, names, Outcomes(entity, "updated", [])),
        report=report,
        facts=FactNames(session, names),
        is_overwriting=options.overwrite,
    )


async def _reading(
    noun: Noun,
    editing: Filling,
    files: MediaFiles,
    source: Source,
    fields: Sequence[str],
    options: FillOptions,
) -> Reading:
    """Build the reading phase, with the folders of videos, and the covers for `--cover`."""
    from stash_cli.commands.housekeeping.fill_files import VideoFolders
    from stash_cli.commands.housekeeping.fill_reading import Reading

    folders = VideoFolders(editing.session, files)
    covers = await _covers(editing.session, files, folders, options) if options.cover else None
    source = _of_videos(source, noun.entity, folders)
    return Reading(noun, editing, source, fields, overwrite=options.overwrite, covers=covers)


def _source(files: MediaFiles, entity: Entity, options: FillOptions) -> Source:
    """Return the reader of facts. Raises StashUsageError for invalid combinations of options."""
    from stash_cli.commands.housekeeping.fill_sources import PathSource, SidecarSource

    kind, by_path = _kind(options), bool(options.pattern or options.regex)
    if kind == "path" and not (by_path or (options.cover and not options.source)):
        raise StashUsageError("--from path: give --pattern or --regex", hint="'{studio}/{date} - {title}'")
    if kind != "path" and (by_path or options.spaces):
        raise StashUsageError(f"--from {kind} reads sidecars: leave out --pattern, --regex and --spaces")
    if options.date_format and not options.regex:
        raise StashUsageError("--date-format is for --regex; a pattern has {date:%d.%m.%y}")
    return PathSource(_patterns(entity, options)) if kind == "path" else SidecarSource(kind, files)


def _kind(options: FillOptions) -> str:
    """The kind of source; that of covers alone is a path without patterns. Raises StashUsageError."""
    kind = options.source
    if kind is None and not (options.pattern or options.regex or options.cover):
        raise StashUsageError(
            "say where to read: --from path --pattern PATTERN, --from nfo, json or xmp, or --cover"
        )
    if kind is not None and kind not in SOURCES:
        raise StashUsageError(
            f"--from {kind}: one of {', '.join(SOURCES)}. {did_you_mean(kind, SOURCES)}".rstrip()
        )
    return kind or "path"


def _patterns(entity: Entity, options: FillOptions) -> list[Any]:
    from stash_cli.core.edits.merging.fill import facts_of
    from stash_cli.core.sidecars.path_pattern import FIELDS, PathPattern

    known = [each for each in FIELDS if each in (*facts_of(entity.type), *_PATH_ONLY)]
    patterns = [PathPattern.parse(text, known, blanks=options.spaces) for text in options.pattern or ()]
    for text in options.regex or ():
        date_format = options.date_format or ""
        patterns.append(PathPattern.of_regex(text, known, date_format=date_format, blanks=options.spaces))
    return patterns


def media_files(runtime: Runtime, maps: Sequence[str]) -> MediaFiles:
    """The files of the server, by the path maps of the profile and of `--map`. Raises StashUsageError."""
    from stash_cli.commands.housekeeping.fill_files import MediaFiles, read_maps
    from stash_cli.core.path_maps import PathMaps

    profile_maps = runtime.profile.path_maps if runtime.has_settings else PathMaps()
    paths, addresses = read_maps(maps, profile_maps)
    return MediaFiles(paths, addresses, is_here=runtime.connection().is_on_this_machine)


def _of_videos(source: Source, entity: Entity, folders: VideoFolders) -> Source:
    """Return the source; for videos, one that also reads sidecars of whole folders."""
    from stash_cli.commands.housekeeping.fill_sources import SidecarSource

    if isinstance(source, SidecarSource) and entity.type == "Scene":
        return replace(source, folders=folders)
    return source


async def _covers(session: Session, files: MediaFiles, folders: VideoFolders, options: FillOptions) -> Covers:
    from stash_cli.commands.housekeeping.fill_covers import Covers
    from stash_cli.core.scraping.run import scenes_without_cover

    without_cover = None if options.overwrite else await scenes_without_cover(session)
    return Covers(session, files, folders, without_cover)


def _fields(entity: Entity, options: FillOptions) -> list[str]:
    """The facts selected by `--only`."""
    from stash_cli.core.edits.merging.fill import ATTRS, facts_of

    known = facts_of(entity.type)
    if options.only is None:
        return known
    chosen = [name.strip() for name in options.only.split(",") if name.strip()]
    names = {ATTRS.get(name, name): name for name in known}
    for name in chosen:
        if name not in names:
            hint = f"Fields: {', '.join(names)}."
            raise StashUsageError(
                f"--only: no such field: {name}. {did_you_mean(name, names)}".rstrip(), hint=hint
            )
    if not chosen:
        raise StashUsageError("--only: name a field")
    return [names[name] for name in chosen]


@dataclass(kw_only=True)
class Filling(Editing):
    """The edits of `fill`, with its report."""

    report: Report
    facts: FactNames
    is_overwriting: bool = False
    is_reported: bool = False
    """Whether the lines of the report were already printed."""

    @property
    def is_single(self) -> bool:
        return self.report.counts.total() == 1

    def totals(self) -> Iterator[str]:
        """Yield the lines of the report, the totals of the changes, and a note if covers are set."""
        yield from self._lines()
        yield from super().totals()
        from stash_cli.commands.housekeeping.fill_covers import COVER, FIRST_COVER

        if self.draft.totals.by_field[COVER, "set"] and not self.is_overwriting:
            yield FIRST_COVER

    def _lines(self) -> Iterator[str]:
        from stash_cli.commands.housekeeping.fill_report import SHOWN

        self.is_reported = True
        unknown = self.facts.unknown_rows(SHOWN)
        unlisted = len(self.facts.unknown) - len(unknown)
        yield from self.report.lines(unknown, unlisted, created=bool(self.names.create))
        if count := self.facts.partial_dates:
            yield f"dates without a day are not set, which servers before 0.30 do not take: {count:,}"

    def print_outcome(self) -> None:
        """Print the report, unless it was printed before, and the number of changed objects."""
        if not self.is_reported:
            for line in self._lines():
                self.runtime.streams.note(line)
        super().print_outcome()

    def print_plan(self, server: Any) -> None:
        """Print the edits and the unmatched objects; in a chosen format, a row for each object."""
        if self.runtime.options.output == "json":
            super().print_plan(server)
            return
        if self.runtime.for_people:
            self.preview()
        self.report.print(self.runtime)

    def plan_json(self, server: Any) -> dict[str, Any]:
        """The whole plan as JSON, with the facts that were read about each object."""
        facts = {"read": [*self.report.rows()], "unknown": self.facts.unknown_rows(len(self.facts.unknown))}
        return {**super().plan_json(server), **facts}
