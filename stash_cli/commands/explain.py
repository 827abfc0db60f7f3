"""`explain`: what the API has under a name, without asking a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import StashCommand, command
from stash_cli.commands.runtime import Runtime, runtime_of
from stash_cli.core.errors import StashUsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    """Completes what it explains."""

    def words(self, word: str) -> Iterator[tuple[str, str]]:
        from stash_cli.core.explain import fields_of, names
        from stash_cli.core.types.entities import NOUNS

        above, dot, _ = word.rpartition(".")
        if dot:
            yield from ((f"{above}.{name}", text) for name, text in fields_of(above))
            return
        yield from ((noun, entity.type) for noun, entity in NOUNS.items())
        yield from ((row["name"], row["kind"]) for row in names())


def build() -> StashCommand:
    return command("explain", run, cls=ExplainCommand, examples=EXAMPLES)


def run(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="[TYPE[.FIELD]]", help="what to explain; all names without")
    ] = None,
) -> None:
    """Explain a type, field, input, enum, operation or noun of the API.

    Shows types in GraphQL notation, what may be null, arguments, values, ranges, what is deprecated, the
    release that brought it where that is known, and the lookups and flags of what can be filtered by. No
    server is asked.
    """
    from stash_cli.core.explain import explain, names
    from stash_cli.output.explained import index, text_of

    runtime = runtime_of(ctx)
    if runtime.options.output not in _FORMATS:
        raise StashUsageError(f"explain prints {', '.join(_FORMATS)}")
    if name is None:
        show(runtime, names(), index)
        return
    show(runtime, with_flags(explain(name)), text_of)


def show(runtime: Runtime, facts: Any, as_text: Any) -> None:
    """Print facts as text for a person, or as rows of the chosen format."""
    if runtime.options.output == "table":
        runtime.streams.data(as_text(facts))
        return
    single = not isinstance(facts, list)
    writer = runtime.writer((), single=single)
    for row in [facts] if single else facts:
        writer.row(row)
    writer.finish()


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
    """Lookup -> flags of the find command for a type; none where it has no such command."""
    from stash_cli.commands.argv.filter_flags import FilterFlags
    from stash_cli.core.types.entities import ENTITIES

    found: dict[str, list[str]] = {}
    for flag in FilterFlags(type_name).rows() if type_name in ENTITIES else ():
        found.setdefault(flag.dest, []).append(flag.name)
    return found
