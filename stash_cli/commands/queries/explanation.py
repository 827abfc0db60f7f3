"""`--explain`: the parsed query, the request for it, and the part that is evaluated locally."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stash_cli.commands.common.runtime import Runtime
    from stash_cli.commands.queries.searching import Search
    from stash_cli.core.client.session import Session
    from stash_cli.core.query.language.query import Query
    from stash_cli.core.query.q import Q

Facts = dict[str, Any]


def plan_of(
    session: Session, query: Query | None, search: Search, paths: Sequence[str] | None, per_page: int | None
) -> Facts:
    """The facts of a search: parsed query, resolved names, request, and locally evaluated conditions."""
    from stash_cli.core.graphql import document
    from stash_cli.core.query.local_zone import LOCAL

    entity, compiled = search.query.entity, search.compiled
    selected = [f"{entity.items}.{path}" for path in search.fields(paths)]
    args = search.query.args(1, -1 if per_page is None else per_page)
    root = document.root_for(
        entity.find, args, ["count", *selected], session.assumed_capabilities(), quiet=True
    )
    text, variables = document.join(document.title(entity.find), [root])
    names = search.names
    return {
        "query": str(query) if query and query.tree else "",
        "read_as": list(tree_lines(query.where)) if query and query.where else ["all objects"],
        "names": {word: ids for words in names.values() for word, ids in words.items()},
        "zone": LOCAL.tzname(None),
        "search": search.query.q or "",
        "filter": search.query.filter or {},
        "sorted_by_server": f"{search.query.args(1, 1)['filter']['sort']} {search.query.direction or 'ASC'}",
        "sorted_here": [str(key) for key in search.order.keys[1:]] if search.order else [],
        "tested_here": list(compiled.notes) if compiled else [],
        "document": text,
        "variables": variables,
        "asked_for_names": search.has_asked,
    }


def tree_lines(q: Q, indent: str = "") -> Iterator[str]:
    """Yield the query as an outline, a line for each group and each lookup."""
    if q.negated:
        yield f"{indent}not"
        indent += "  "
    if len(q.parts) + len(q.lookups) > 1:
        yield f"{indent}{'all of' if q.op == 'all' else 'any of'}"
        indent += "  "
    for part in q.parts:
        yield from tree_lines(part, indent)
    for key, value in q.lookups.items():
        yield f"{indent}{_lookup(key, value)}"


def _lookup(key: str, value: Any) -> str:
    path, _, lookup = key.rpartition("__")
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    if key == "q__in":
        return f"text search: {shown}"
    if key == "saved":
        return f"saved filter: {shown}"
    return f"{path.replace('__', '.')} {lookup}: {shown}"


def print_plan(runtime: Runtime, facts: Facts) -> None:
    """Print the facts as text for people, as JSON in other formats."""
    if not runtime.for_people:
        runtime.streams.data(json.dumps(facts, ensure_ascii=False, default=str) + "\n")
        return
    runtime.streams.text("\n".join(_lines(facts)) + "\n")
    requests = (
        "asked the server only for what the query names" if facts["asked_for_names"] else "sent nothing"
    )
    runtime.streams.note(f"{requests}; this is only an explanation")


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts["query"]:
        yield f"Query: {facts['query']}"
    yield "Read as:"
    yield from (f"  {line}" for line in facts["read_as"])
    if facts["names"]:
        yield "Names:"
        yield from (f"  {word} is id {id_}" for word, id_ in facts["names"].items())
    yield f"Times without a zone: {facts['zone']}"
    if facts["search"]:
        yield f"Text search sent: {facts['search']}"
    yield f"Filter sent: {json.dumps(facts['filter'], ensure_ascii=False)}"
    yield f"Sorted by the server: {facts['sorted_by_server']}"
    if facts["sorted_here"]:
        yield f"Sorted here, over the whole result: {', '.join(facts['sorted_here'])}"
    yield "Tested here:"
    yield from (f"  {note}" for note in facts["tested_here"] or ["nothing: the server's answer is exact"])
    yield "Document:"
    yield f"  {facts['document']}"
    yield f"Variables: {json.dumps(facts['variables'], ensure_ascii=False, default=str)}"
