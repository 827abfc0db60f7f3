"""A server that makes the rows of an answer as it sends them: `python benchmarks/synthetic.py ROWS`.

It prints its URL. Every find query has ROWS objects, whatever it is filtered by; all values but the id are
the same, so that a million rows cost neither a database nor memory.
"""

from __future__ import annotations

import asyncio
import json
import sys
from functools import cache
from typing import Any

import graphql

from stash_cli.embedded.graphql.schema import library_schema

ID, COUNT = "-1", 10**12 + 39
"""What stands for the id and for the number of all rows in the answer that is the pattern of a page."""
TEXTS = {"date": "2024-03-15", "path": "/media/North lagoon at dawn.mp4", "url": "https://example.com/north"}
NUMBERS = {"count": COUNT, "rating100": 80, "size": 1_400_000_000, "duration": 3723.4}
VALUES: dict[str, Any] = {
    "ID": "7",
    "Int": 3,
    "Int64": 1_400_000_000,
    "Float": 25.0,
    "Boolean": True,
    "Time": "2024-01-02T03:04:05Z",
    "Timestamp": "2024-01-02T03:04:05Z",
    "Map": {},
}


def value(_source: Any, info: graphql.GraphQLResolveInfo, **_: Any) -> Any:
    """Any value of a field's type; the id of the row at the top is ID."""
    if info.parent_type.name == "Version":
        return "v0.31.0"
    kind, is_list = graphql.get_named_type(info.return_type), "[" in str(info.return_type)
    if graphql.is_composite_type(kind):
        found = info.schema.get_possible_types(kind)[0].name if graphql.is_abstract_type(kind) else kind.name
        made: Any = {"__typename": found}
    elif graphql.is_enum_type(kind):
        made = next(iter(kind.values))
    elif info.field_name == "id" and len(info.path.as_list()) == len(("findScenes", "scenes", 0, "id")):
        return ID
    else:
        text = TEXTS.get(info.field_name, "North lagoon at dawn")
        made = NUMBERS.get(info.field_name, VALUES.get(kind.name, text))
    return [made] if is_list else made


class Pattern:
    """The answer to one document: the text before the rows, a row around its id, the text after them."""

    def __init__(self, document: str) -> None:
        found = graphql.execute(library_schema(), graphql.parse(document), field_resolver=value)
        assert not found.errors, found.errors
        self.text = json.dumps({"data": found.data}, separators=(",", ":"))

    @staticmethod
    @cache
    def of(document: str) -> Pattern:
        return Pattern(document)

    def page(self, first: int, last: int, count: int) -> bytes:
        """The answer with the rows `first` to `last`."""
        head, opened, rest = self.text.replace(str(COUNT), str(count)).partition('s":[')
        if not opened or f'"{ID}"' not in rest:
            return (head + opened + rest).encode()
        end = row_end(rest)
        before, after = rest[:end].split(f'"{ID}"', 1)
        # Joined around the numbers, so that a row costs no call of its own.
        inner = f'"{after},{before}"'.join(map(str, range(first, last + 1)))
        rows = f'{before}"{inner}"{after}' if last >= first else ""
        return f"{head}{opened}{rows}{rest[end:]}".encode()


def row_end(text: str) -> int:
    """The length of the JSON value at the start of `text`."""
    return json.JSONDecoder().raw_decode(text)[1]


def answer(rows: int, body: bytes) -> bytes:
    """The body of the response to a GraphQL request."""
    asked = json.loads(body)
    if "__schema" in asked["query"]:
        schema = graphql.introspection_from_schema(library_schema(), descriptions=False)
        version = {"version": "v0.31.0", "hash": "v0.31.0"}
        return json.dumps({"data": {**schema, "_server": version}}).encode()
    paging = next((each for each in asked["variables"].values() if "per_page" in each), {})
    size, page = paging.get("per_page", 25), paging.get("page", 1)
    first = (page - 1) * size + 1
    return Pattern.of(asked["query"]).page(first, min(first + size - 1, rows), rows)


async def serve(rows: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        names = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
        body = answer(rows, await reader.readexactly(int(names[b"content-length"])))
        kind = b"Content-Type: application/json\r\n"
        writer.write(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (kind, len(body), body))
        await writer.drain()


async def main(rows: int) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(rows, reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
