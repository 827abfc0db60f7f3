"""`explain`: describe a type, field, operation or noun of the API, without a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stash_cli.commands.argv.command import CommandOptions, StashCommand, command
from stash_cli.core.errors import StashUsageError
from stash_cli.core.types.entities import ENTITIES, NOUNS
from stash_cli.output.values import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stash_cli.commands.common.runtime import Runtime

_FORMATS = ("table", "json", "jsonl", "yaml")

_COLUMN = 34

Facts = dict[str, Any]
Line = tuple[str, str, str]

EXAMPLES = (
    "stash explain scenes",
    "stash explain Scene.rating100",
    "stash explain Scene.files.path",
    "stash explain SceneFilterType.performers",
    "stash explain Scene --query",
    "stash explain findScenes",
    "stash explain GenderEnum --json | jq -r '.values[].name'",
    "stash explain --jsonl | grep -i marker",
)


class ExplainCommand(StashCommand):
    """A command that completes the names it explains."""

    def complete_argument(self, word: str) -> Iterator[tuple[str, str]]:
        from stash_cli.core.explain import fields_of, names

        above, dot, _ = word.rpartition(".")
        if dot:
            yield from ((f"{above}.{name}", text) for name, text in fields_of(above))
            return
        yield from ((noun, entity.type) for noun, entity in NOUNS.items())
        yield from ((row["name"], row["kind"]) for row in names())


def build() -> StashCommand:
    return command("explain", run, ExplainOptions, cls=ExplainCommand, examples=EXAMPLES)


@dataclass(frozen=True, kw_only=True, eq=False)
class ExplainOptions(CommandOptions):
    """The command line of `explain`."""

    name: Annotated[
        str | None, typer.Argument(metavar="[TYPE[.FIELD]]", help="name to explain; default: list all names")
    ] = None
    query: Annotated[
        bool, typer.Option("--query", help="list the names of the query language for a type, and operators")
    ] = False


def run(runtime: Runtime, options: ExplainOptions) -> None:
    """Explain a type, field, input, enum, operation or noun of the API.

    Prints types in GraphQL notation, nullability, arguments, values, ranges, deprecations, the release that
    added a name, and the lookups and flags of filter fields. Sends no request.
    """
    from stash_cli.core.explain import explain, names

    if runtime.options.output not in _FORMATS:
        raise StashUsageError(f"explain supports only the formats {', '.join(_FORMATS)}")
    if options.query:
        explain_query(runtime, options.name)
    elif options.name is None:
        show(runtime, names(), index)
    else:
        show(runtime, with_flags(explain(options.name)), text_of)


def explain_query(runtime: Runtime, name: str | None) -> None:
    """List the names that queries for a type may use."""
    from stash_cli.commands.queries.reference import name_rows, one_column
    from stash_cli.core.explain import resolve
    from stash_cli.core.query.fields import fields
    from stash_cli.core.query.language.reference import OPERATORS

    if name is None:
        raise StashUsageError("explain --query needs a type.", hint="stash explain Scene --query")
    type_name = resolve(name)
    fields(type_name)  # raises for a type without queries

    def as_text(rows: list[Facts]) -> str:
        lines = [(row["name"], row["kind"], one_column(row["values"])) for row in rows]
        return section("Names", lines) + section("Operators", [(*each, "") for each in OPERATORS])

    show(runtime, name_rows(type_name), as_text)


def show(runtime: Runtime, facts: Any, as_text: Any) -> None:
    """Print facts as text, or as rows of the chosen format."""
    if runtime.for_people:
        runtime.streams.text(as_text(facts))
    elif isinstance(facts, list):
        runtime.print_rows(View(), facts)
    else:
        runtime.print_row(View(), facts)


def with_flags(facts: Facts) -> Facts:
    """`facts` with the command-line flags of each lookup."""
    filter_facts = facts.get("filter", {})
    if not filter_facts.get("lookups"):
        return facts
    flags = flags_of(str(filter_facts["field"]).partition("FilterType.")[0])
    rows = [
        {**row, "flags": flags[row["lookup"]]} for row in filter_facts["lookups"] if row["lookup"] in flags
    ]
    others = [row for row in filter_facts["lookups"] if row["lookup"] not in flags]
    # Lookups with a flag come first, because most readers need a flag.
    return {**facts, "filter": {**filter_facts, "lookups": [*rows, *others]}}


def flags_of(type_name: str) -> dict[str, list[str]]:
    """The flags of `find` by lookup; empty for a type without that command."""
    from stash_cli.commands.argv.filter_flags import FilterFlags

    flags: dict[str, list[str]] = {}
    for flag in FilterFlags(type_name).rows() if type_name in ENTITIES else ():
        flags.setdefault(flag.dest, []).append(flag.name)
    return flags


def text_of(facts: Facts) -> str:
    """The whole explanation of one name."""
    parts = ["\n".join(heading(facts))]
    parts += [section(title, lines) for title, lines in _sections(facts) if lines]
    if inside := facts.get("inside"):
        parts.append(text_of(inside))
    return "\n".join(parts)


def index(rows: Iterable[Facts]) -> str:
    """A line per name."""
    return section("", [(row["name"], row["kind"], row["doc"]) for row in rows])


def heading(facts: Facts) -> Iterator[str]:
    """The name, its kind, and the notes on the whole."""
    shape = f": {facts['type']}" if "type" in facts else ""
    yield f"{facts['name']}{shape}  ({facts['kind'].replace('_', ' ')})"
    if doc := facts.get("doc", ""):
        yield doc
    note = notes(facts)
    if note:
        yield note
    if entity := facts.get("entity"):
        yield f"Commands: stash {entity['plural']} ...; operations: {' '.join(entity['operations'])}"
        yield f"Filter: {entity['filter']}"
        yield f"Sort keys: {' '.join(entity['sorts'])} random"
    if members := facts.get("members"):
        yield f"One of: {' '.join(members)}"
    yield ""


def notes(facts: Facts) -> str:
    """The notes on a field, on one line."""
    parts = [
        "required" if facts.get("required") else "",
        "may be null" if facts.get("nullable") else "",
        _range(facts.get("range")),
        f"default {facts['default']}" if facts.get("default") is not None else "",
        "only if requested by name" if facts.get("only_by_name") else "",
        f"changed by {facts['written_by']}" if "written_by" in facts else "",
        f"since {facts['since']}" if "since" in facts else "",
        f"deprecated: {facts['deprecated']}" if facts.get("deprecated") else "",
    ]
    return "; ".join(part for part in parts if part)


def _range(bounds: list[float | None] | None) -> str:
    low, high = bounds or (None, None)
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f"at least {low:g}" if low is not None else ""


def _sections(facts: Facts) -> Iterator[tuple[str, list[Line]]]:
    for title, key in (("Arguments", "args"), ("Fields", "fields")):
        yield title, [(_call(row), row["type"], notes(row)) for row in facts.get(key, ())]
    yield "Values", [(row["name"], "", notes(row)) for row in facts.get("values", ())]
    if found := facts.get("filter"):
        yield _filter_title(found), [_lookup(row) for row in found.get("lookups", ())] or [("none", "", "")]


def _filter_title(filter_facts: Facts) -> str:
    target_type, choices = filter_facts.get("of"), filter_facts.get("choices")
    takes = "takes names, aliases or ids of" if filter_facts.get("lookups") else "nests the filter of"
    notes = [f"{takes} {target_type}"] if target_type else []
    notes += [f"one of {' '.join(choices)}"] if choices else []
    return "; ".join([f"Lookups of {filter_facts['field']}", *notes])


def _lookup(row: Facts) -> Line:
    flag, *others = row.get("flags") or [""]
    # Only one flag in the column, so that there is room for the explanation.
    other_flags = f"; also {' '.join(others)}" if others else ""
    return row["lookup"], flag, f"{row['takes']}: {row['meaning']}".lstrip(": ") + other_flags


def _call(row: Facts) -> str:
    """A field's name with its arguments: `fingerprint(type)`."""
    args = ", ".join(arg["name"] for arg in row.get("args", ()))
    return f"{row['name']}({args})" if args else str(row["name"])


def section(title: str, lines: list[Line]) -> str:
    """Format three columns below a title; long words shift the rest of their line to the right."""
    first = min(max((len(line[0]) for line in lines), default=0), _COLUMN)
    second = min(max((len(line[1]) for line in lines), default=0), _COLUMN)
    rows = [f"  {a:<{first}}  {b:<{second}}  {c}".rstrip() for a, b, c in lines]
    return "\n".join([*([f"{title}:"] if title else []), *rows]) + "\n"
