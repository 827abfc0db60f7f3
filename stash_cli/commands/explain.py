"""`explain`: describe a type, field, operation or noun of the API, without a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.core.errors import StashUsageError
from stash_cli.output.views import View

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stash_cli.commands.runtime import Runtime

_FORMATS = ("table", "json", "jsonl", "yaml")

EXAMPLES = (
    "stash explain scenes",
    "stash explain Scene.rating100",
    "stash explain Scene.files.path",
    "stash explain SceneFilterType.performers",
    "stash explain findScenes",
    "stash explain GenderEnum --json | jq -r '.values[].name'",
    "stash explain --jsonl | grep -i marker",
)


class ExplainCommand(StashCommand):
    """A command that completes the names it explains."""

    def complete_argument(self, word: str) -> Iterator[tuple[str, str]]:
        from stash_cli.core.explain import fields_of, names
        from stash_cli.core.types.entities import NOUNS

        above, dot, _ = word.rpartition(".")
        if dot:
            yield from ((f"{above}.{name}", text) for name, text in fields_of(above))
            return
        yield from ((noun, entity.type) for noun, entity in NOUNS.items())
        yield from ((row["name"], row["kind"]) for row in names())


def build() -> StashCommand:
    return command("explain", run, ExplainOptions, cls=ExplainCommand, examples=EXAMPLES)


@dataclass(frozen=True, kw_only=True)
class ExplainOptions(CommandOptions):
    """The command line of `explain`."""

    name: Annotated[
        str | None, typer.Argument(metavar="[TYPE[.FIELD]]", help="what to explain; all names without")
    ] = None


def run(runtime: Runtime, options: ExplainOptions) -> None:
    """Explain a type, field, input, enum, operation or noun of the API.

    Shows types in GraphQL notation, nullability, arguments, values, ranges, deprecations, the release that
    added a name where it is known, and the lookups and flags of fields to filter by. Sends no request.
    """
    from stash_cli.core.explain import explain, names
    from stash_cli.output.explained import index, text_of

    if runtime.options.output not in _FORMATS:
        raise StashUsageError(f"explain prints {', '.join(_FORMATS)}")
    if options.name is None:
        show(runtime, names(), index)
    else:
        show(runtime, with_flags(explain(options.name)), text_of)


def show(runtime: Runtime, facts: Any, as_text: Any) -> None:
    """Print facts as text, or as rows of the chosen format."""
    if runtime.for_people:
        runtime.streams.data(as_text(facts))
    elif isinstance(facts, list):
        runtime.print_rows(View(), facts)
    else:
        runtime.print_row(View(), facts)


def with_flags(facts: dict[str, Any]) -> dict[str, Any]:
    """`facts` with the command-line flags of each lookup."""
    found: Mapping[str, Any] = facts.get("filter", {})
    if not found.get("lookups"):
        return facts
    flags = flags_of(str(found["field"]).partition("FilterType.")[0])
    rows = [{**row, "flags": flags[row["lookup"]]} for row in found["lookups"] if row["lookup"] in flags]
    others = [row for row in found["lookups"] if row["lookup"] not in flags]
    return {**facts, "filter": {**found, "lookups": [*rows, *others]}}


def flags_of(type_name: str) -> dict[str, list[str]]:
    """The flags of `find` by lookup; empty for a type without that command."""
    from stash_cli.commands.argv.filter_flags import FilterFlags
    from stash_cli.core.types.entities import ENTITIES

    found: dict[str, list[str]] = {}
    for flag in FilterFlags(type_name).rows() if type_name in ENTITIES else ():
        found.setdefault(flag.dest, []).append(flag.name)
    return found
