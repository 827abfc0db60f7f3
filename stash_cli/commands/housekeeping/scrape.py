"""`scrape`: fill in objects from scrapers and stash-boxes; the plan is shown first, and can be undone."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.argv.value_parsers import choice, named, seconds
from stash_cli.commands.common.failed_ids import check_failed_to
from stash_cli.commands.common.plan_output import PlanOut, check_plan_out
from stash_cli.commands.common.sending import before_sending
from stash_cli.commands.verbs.editing import EditOptions
from stash_cli.commands.verbs.targets import Selection, TargetOptions, read_targets, read_words
from stash_cli.core.errors import (
    StashConnectionError,
    StashNotConfirmedError,
    StashNotFoundError,
    StashUsageError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stash_cli.commands.common.noun import Noun
    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.housekeeping.scraping import Scraping
    from stash_cli.core.client.session import Session
    from stash_cli.core.scraping.choice import Rules
    from stash_cli.core.scraping.decisions import Decisions, Scrape
    from stash_cli.core.scraping.requests import ScrapeClient
    from stash_cli.core.scraping.sources import Source

_NOT_STORED = ("yes", "dry_run", "max_changes", "force", "fail_fast", "failed_to", "plan_out", "resume")
"""Options that a resumed run takes from the new command line, not from the stored one."""
_SHORT = {"cover": "cover_image", "aliases": "alias_list", "parent": "parent_studio", "height": "height_cm"}
"""Short names of fields in `--only`."""
_LEVELS = ("low", "medium", "high")


@dataclass(frozen=True, kw_only=True, eq=False)
class ScrapeOptions(EditOptions, TargetOptions):
    """The command line of `scrape`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|NAME...", help="the objects; - reads ids from stdin", show_default=False),
    ] = None
    scraper: Annotated[
        str | None, typer.Option("--with", metavar="SCRAPER", help="a scraper of `stash scrapers list`")
    ] = None
    stash_box: Annotated[
        str | None,
        typer.Option(
            "--stash-box",
            metavar="STASHBOX",
            help="name or address of a stash-box of `stash stashbox list`",
        ),
    ] = None
    url: Annotated[
        str | None, typer.Option("--url", metavar="URL", help="read this address, for one object")
    ] = None
    by_url: Annotated[
        bool, typer.Option("--by-url", help="read the addresses that each object has, until one is known")
    ] = False
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="TEXT", help="search for these words, for one object"),
    ] = None
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="FIELD,...", help="change these fields and no others; repeatable"),
    ] = None
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite", help="replace what is there; lists are added to, covers only by larger ones"
        ),
    ] = False
    min_fields: Annotated[
        int,
        typer.Option(
            "--min-fields", metavar="N", min=1, help="leave results with fewer fields that say something"
        ),
    ] = 1
    confidence: Annotated[
        str,
        typer.Option(
            "--confidence",
            metavar="LEVEL",
            parser=named("--confidence", choice(*_LEVELS)),
            help="how sure a stash-box's scene must be: low (a fingerprint is the same), medium (and the"
            " duration), high (two fingerprints or submissions)",
        ),
    ] = "medium"
    duration_diff: Annotated[
        float,
        typer.Option(
            "--duration-diff",
            metavar="TIME",
            parser=named("--duration-diff", seconds),
            help="by which durations may differ",
        ),
    ] = 5.0
    rate: Annotated[
        int | None,
        typer.Option("--rate", metavar="N", min=1, help="ask at most this often in a minute"),
    ] = None
    create_missing: Annotated[
        bool,
        typer.Option("--create-missing", help="make tags, performers, studios and groups that are not there"),
    ] = False
    again: Annotated[bool, typer.Option("--again", help="offer results again that were refused before")] = (
        False
    )
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="go on with the last run that was cut off or not applied, with its options"
        ),
    ] = False
    submit_fingerprints: Annotated[
        bool,
        typer.Option(
            "--submit-fingerprints", help="then tell the stash-box the fingerprints of these scenes"
        ),
    ] = False
    plan_out: PlanOut = None


def build(noun: Noun, examples: tuple[str, ...]) -> StashCommand:
    plural = noun.entity.plural
    return command(
        "scrape",
        partial(scrape, noun),
        ScrapeOptions,
        help=f"Fill in {plural} with what a scraper or a stash-box knows."
        "\n\nOnly empty fields are filled, lists are added to. What is found is shown and asked about before"
        " anything changes, and can be undone. Several results for one object are a question: --interactive"
        " asks it, field by field.",
        examples=examples,
    )


def scrape(noun: Noun, runtime: Runtime, options: ScrapeOptions) -> None:
    runtime.check_output(noun.view)
    check_failed_to(options.failed_to)
    check_plan_out(options.plan_out)
    _check_terminal(runtime, is_asked=options.interactive)
    if not options.resume:
        _check(noun, options)
        read_targets(runtime, noun.entity, options.words or [], options)
    elif options.words or options.where or options.saved or options.everything:
        raise StashUsageError("--resume goes on with the objects of that run: give no others")

    async def work(session: Session) -> None:
        with closing(_decisions(runtime)) as decisions:
            await _scrape(session, runtime, noun, decisions, options)

    runtime.run(work, writes=not (options.dry_run or options.plan_out))


async def _scrape(
    session: Session, runtime: Runtime, noun: Noun, decisions: Decisions, options: ScrapeOptions
) -> None:
    """Scrape, ask and apply the results, or resume an interrupted run."""
    from stash_cli.commands.housekeeping.scraping import Scraping
    from stash_cli.core.edits.drafts.draft import Draft
    from stash_cli.core.scraping.edits import Unmatched

    effective, stored_run = _resumed(runtime, noun, decisions, options) if options.resume else (options, None)
    query = read_targets(runtime, noun.entity, effective.words or [], effective)
    words = read_words(runtime.streams, effective.words) if effective.words else []
    if effective.words and not words:
        return
    with closing(Draft()) as draft, closing(Unmatched()) as unmatched:
        with before_sending(runtime):
            source = await _source(session, noun, effective)
            selection = await Selection.of(session, runtime, noun.entity, words, query)
            scraping = Scraping(session, runtime, noun, effective, draft, unmatched)
            await _open_run(scraping, source, decisions)
            scraping.run.number = stored_run.id if stored_run else _number(decisions, noun, effective, words)
            with _resumable(scraping):
                await scraping.fill(selection)
        await scraping.carry_out()


def _check_terminal(runtime: Runtime, *, is_asked: bool) -> None:
    """Raise StashNotConfirmedError if a prompt is needed, and there is no terminal."""
    if is_asked and not runtime.streams.interactive:
        raise StashNotConfirmedError("--interactive needs a terminal to ask: nothing was changed")


@contextmanager
def _resumable(scraping: Scraping) -> Iterator[None]:
    """Print how to resume when Ctrl-C or a lost connection interrupts the block."""
    from asyncio import CancelledError

    try:
        yield
    except (CancelledError, KeyboardInterrupt, StashConnectionError):
        scraping.note_resume()
        raise


def _check(noun: Noun, options: ScrapeOptions) -> None:
    """Raise StashUsageError for invalid combinations of options, before the first request."""
    sources = [options.scraper, options.stash_box, options.url, options.by_url or None]
    given_sources = [each for each in sources if each is not None]
    plural = noun.entity.plural
    _check_texts(options)
    if not given_sources:
        raise StashUsageError(
            "nothing to ask: give --with SCRAPER, --stash-box NAME, --url URL or --by-url",
            hint="See `stash scrapers list` and `stash stashbox list`.",
        )
    if len(given_sources) > 1:
        raise StashUsageError("give one of --with, --stash-box, --url and --by-url")
    if options.query is not None and (options.url or options.by_url):
        raise StashUsageError("--query needs --with or --stash-box: an address is read as it is")
    if options.submit_fingerprints and not (options.stash_box and noun.entity.type == "Scene"):
        raise StashUsageError("--submit-fingerprints needs --stash-box, and scenes")
    if options.submit_fingerprints and options.plan_out is not None:
        raise StashUsageError("--plan-out sends nothing, so leave out --submit-fingerprints")
    is_one = len(options.words or ()) == 1 and options.words != ["-"]
    if (options.query is not None or options.url) and not is_one:
        flag = "--url" if options.url else "--query"
        raise StashUsageError(f"{flag} is for one of the {plural}: name it by its id")
    _only(noun, options)


def _check_texts(options: ScrapeOptions) -> None:
    """Raise StashUsageError for an empty name or an invalid URL."""
    given = {"--with": options.scraper, "--stash-box": options.stash_box, "--query": options.query}
    for flag, text in given.items():
        if text is not None and not text.strip():
            raise StashUsageError(f"{flag} is empty")
    if options.url is not None and not options.url.lower().startswith(("http://", "https://")):
        raise StashUsageError(f"--url {options.url}: not an address such as https://example.com/scene/1")


def _only(noun: Noun, options: ScrapeOptions) -> frozenset[str]:
    """The attributes of `--only`. Raises StashUsageError for one that is not scraped."""
    from stash_cli.core.errors import did_you_mean
    from stash_cli.core.scraping.edits import STASH_IDS
    from stash_cli.core.scraping.scraped_object import targets

    known = {each.attr: each.attr for each in targets(noun.entity.type)}
    known |= {short: name for short, name in _SHORT.items() if name in known}
    if noun.entity.type in ("Scene", "Performer", "Studio", "Tag"):
        known[STASH_IDS] = STASH_IDS
    attributes = set()
    for word in [part.strip() for text in options.only or () for part in text.split(",")]:
        if word not in known:
            hint = did_you_mean(word, known) or f"There are {', '.join(known)}."
            raise StashUsageError(f"--only: {noun.entity.plural} have no {word!r} to scrape. {hint}")
        attributes.add(known[word])
    return frozenset(attributes)


def _decisions(runtime: Runtime) -> Decisions:
    """The store of results and decisions, beside the journal."""
    from stash_cli.core.scraping.decisions import Decisions

    connection = runtime.connection()
    return Decisions(connection.journal.with_name("scrapes.sqlite"), connection.server)


def _number(decisions: Decisions, noun: Noun, options: ScrapeOptions, words: Sequence[str]) -> int | None:
    """Start a stored run with its options and objects; return its number, None for a single object.

    A typed URL may contain secrets, and is not stored.
    """
    if options.url or options.query:
        return None
    flags = {
        each.name: getattr(options, each.name)
        for each in fields(ScrapeOptions)
        if each.name not in _NOT_STORED and hasattr(options, each.name)
    }
    return decisions.start(noun.entity.type, flags | {"words": list(words) or None})


def _resumed(
    runtime: Runtime, noun: Noun, decisions: Decisions, options: ScrapeOptions
) -> tuple[ScrapeOptions, Scrape]:
    """The options of the last interrupted run, with the _NOT_STORED options of this command."""
    last = decisions.last(noun.entity.type)
    plural = noun.entity.plural
    if last is None:
        raise StashNotFoundError(
            f"no scrape of {plural} was cut off on this server",
            hint=f"Start one: stash {plural} scrape --help",
        )
    names = {each.name for each in fields(ScrapeOptions)}
    flags: dict[str, Any] = {name: value for name, value in last.flags.items() if name in names}
    is_interactive = options.interactive or (
        bool(flags.get("interactive")) and not (options.yes or options.dry_run)
    )
    _check_terminal(runtime, is_asked=is_interactive)
    return replace(options, **flags | {"interactive": is_interactive}), last


async def _source(session: Session, noun: Noun, options: ScrapeOptions) -> Source:
    from stash_cli.core.scraping.sources import ANY_SCRAPER, box_of, scraper_of

    if options.scraper:
        return await scraper_of(session, noun.entity.type, options.scraper)
    if options.stash_box:
        return await box_of(session, noun.entity.type, options.stash_box)
    return ANY_SCRAPER


async def _open_run(scraping: Scraping, source: Source, decisions: Decisions) -> None:
    """Create the parts of a scrape run: client, matcher, planner, rules."""
    from stash_cli.core.scraping.edits import Planner
    from stash_cli.core.scraping.matching import Matcher
    from stash_cli.core.scraping.run import ScrapeRun, scenes_without_cover

    session, options, type_name = scraping.session, scraping.options, scraping.noun.entity.type
    client = _client(session, type_name, source, options)
    client.check()
    matcher = Matcher(session, source.box)
    planner = Planner(
        type_name,
        await session.load_capabilities(),
        matcher.matches,
        scraping.new_id,
        source.box,
        _only(scraping.noun, options),
        options.overwrite,
        scraping.unmatched,
    )
    rules = _rules(client, options)
    scraping.run = ScrapeRun(session, client, planner, matcher, rules, decisions, again=options.again)
    if type_name == "Scene" and not options.overwrite and planner.may_change("cover_image"):
        scraping.run.without_cover = await scenes_without_cover(session)


def _client(session: Session, type_name: str, source: Source, options: ScrapeOptions) -> ScrapeClient:
    from stash_cli.core.scraping.requests import RateLimit, ScrapeClient

    return ScrapeClient(
        session,
        type_name,
        source,
        RateLimit(options.rate or 0),
        options.query or "",
        options.url or "",
        options.by_url,
    )


def _rules(client: ScrapeClient, options: ScrapeOptions) -> Rules:
    from stash_cli.core.scraping.choice import Rules
    from stash_cli.core.scraping.evidence import Confidence

    return Rules(
        client.source.box,
        Confidence[options.confidence.upper()],
        options.duration_diff,
        options.min_fields,
        is_named=bool(options.query or options.url),
        is_by_name=client.is_by_name,
    )
