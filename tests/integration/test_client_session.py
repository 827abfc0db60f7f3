"""Session: number of requests, schema discovery, and logging."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from client_server import (
    RESET,
    CannedServer,
    canned_server,
    graphql_response,
    schema,
    session_with,
    with_schema,
)
from support import fresh_python, run

from stash_cli.core.capabilities import reduce_introspection
from stash_cli.core.client import paging, schema_cache
from stash_cli.core.client.session import Session
from stash_cli.core.errors import StashConnectionError, StashGraphQLError, StashInputError, StashLookupError
from stash_cli.core.graphql.batch import BatchOperation, execute_batch
from stash_cli.core.log import configure_logging
from stash_cli.core.settings import Connection
from stash_cli.core.types.entities import ENTITIES

SCENES = ENTITIES["Scene"]
REFUSED = [
    {
        "message": 'Cannot query field "x" on type "Scene".',
        "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
    }
]


def library(total: int) -> Any:
    """A server with `total` scenes, found by page or id."""

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        variables = request["variables"]
        if "ids" in variables:
            rows = [{"id": one} for one in variables["ids"] if int(one) <= total]
            return {"findScenes": {"scenes": rows[::-1]}}
        order = variables["filter"]
        start = (order["page"] - 1) * order["per_page"]
        ids = range(start + 1, min(total, start + order["per_page"]) + 1)
        return {"findScenes": {"count": total, "scenes": [{"id": str(n)} for n in ids]}}

    return answer


def connection_of(server: CannedServer, cache: Path) -> Connection:
    return Connection(f"{server.url}/graphql", cache_dir=cache)


async def test_unknown_server_needs_two_requests_known_server_one(tmp_path: Path) -> None:
    async with canned_server(with_schema(library(1))) as server:
        query = paging.FindQuery(SCENES)
        for expected in (["Introspection", "FindScenes"], ["FindScenes"], ["FindScenes"]):
            server.requests.clear()
            async with Session(connection_of(server, tmp_path)) as session:
                assert await paging.count(session, query) == 1
            assert server.operations == expected
        assert "_server: version" in server.requests[0]["query"]


async def test_concurrent_calls_introspect_once(tmp_path: Path) -> None:
    async with session_with(library(1), tmp_path) as (session, server):
        query = paging.FindQuery(SCENES)
        assert await asyncio.gather(*(paging.count(session, query) for _ in range(5))) == [1] * 5
        assert sorted(server.operations) == ["FindScenes"] * 5 + ["Introspection"]


async def test_session_checks_the_version_once(tmp_path: Path) -> None:
    async with session_with(library(1), tmp_path) as (session, server):
        for _ in range(3):
            await paging.count(session, paging.FindQuery(SCENES))
        riders = ["_server" in each["query"] for each in server.requests]
        assert riders == [True, False, False, False]


async def test_changed_version_triggers_introspection_and_retry(tmp_path: Path) -> None:
    async with canned_server(with_schema(library(1))) as server:
        async with Session(connection_of(server, tmp_path)) as session:
            await session.load_capabilities()
        server.version = "v0.32.0"
        server.requests.clear()
        async with Session(connection_of(server, tmp_path)) as session:
            await paging.count(session, paging.FindQuery(SCENES))
            assert session.capabilities.version == "v0.32.0"
        assert server.operations == ["FindScenes", "Introspection", "FindScenes"]
        server.requests.clear()
        async with Session(connection_of(server, tmp_path)) as session:
            await paging.count(session, paging.FindQuery(SCENES))
        assert server.operations == ["FindScenes"]


@pytest.mark.parametrize("operation", ["findScenes", "tagDestroy"])
async def test_rejected_document_is_adapted_once(operation: str, tmp_path: Path) -> None:
    """A rejected document was not executed, so even a mutation may be retried."""
    args = {"input": {"id": "1"}} if operation == "tagDestroy" else {}

    async with canned_server(with_schema(lambda _: {})) as server:
        async with Session(connection_of(server, tmp_path)) as session:
            await session.load_capabilities()
        server.requests.clear()
        server.answer = with_schema(lambda _: graphql_response(None, REFUSED, 422))
        async with Session(connection_of(server, tmp_path)) as session:
            for _ in range(2):
                with pytest.raises(StashGraphQLError, match="Cannot query field"):
                    await session.call(operation, args)
        name = operation[0].upper() + operation[1:]
        assert server.operations == [name, "Introspection", name, name]


async def test_unsupported_fields_are_not_sent(tmp_path: Path) -> None:
    older = json.loads(json.dumps(schema()))
    for declared in older["__schema"]["types"]:
        if declared["name"] == "Scene":
            declared["fields"] = [f for f in declared["fields"] if f["name"] != "custom_fields"]

    answer = library(1)
    async with canned_server(lambda r: older if "__schema" in r["query"] else answer(r)) as server:
        async with Session(connection_of(server, tmp_path)) as session:
            await paging.page(session, paging.FindQuery(SCENES))
        assert "custom_fields" not in server.requests[-1]["query"]
        assert "title" in server.requests[-1]["query"]


async def test_corrupt_or_unwritable_cache_costs_one_request(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    async with canned_server(with_schema(library(1))) as server:
        for cache in (tmp_path / "cache", blocked):
            whole = {"format": 2, "url": f"{server.url}/graphql"}
            lost = [json.dumps(whole | {"facts": facts}) for facts in (None, [], {}, {"types": []})]
            for damage in ("", "{", "[]", '{"format": 99}', *lost):
                for file in (tmp_path / "cache").glob("servers/*.json"):
                    file.write_text(damage)
                server.requests.clear()
                async with Session(connection_of(server, cache)) as session:
                    assert await paging.count(session, paging.FindQuery(SCENES)) == 1
                assert server.operations == ["Introspection", "FindScenes"]
        assert [file.suffix for file in (tmp_path / "cache" / "servers").iterdir()] == [".json"]


async def test_unknown_names_are_rejected_before_sending(tmp_path: Path) -> None:
    async with session_with(library(1), tmp_path) as (session, server):
        await session.load_capabilities()
        server.requests.clear()
        with pytest.raises(StashLookupError, match="Did you mean findScene or findScenes"):
            await session.call("findScenez")
        with pytest.raises(StashInputError, match=r"takes no argument 'filtre'.*filter"):
            await session.call("findScenes", {"filtre": {}})
        with pytest.raises(StashInputError, match="needs the argument 'input'"):
            await session.call("tagDestroy")
        with pytest.raises(StashLookupError, match="Did you mean rating100"):
            await paging.page(session, paging.FindQuery(SCENES), ["raitng100"])
        with pytest.raises(StashLookupError, match=r"title.*has no fields"):
            await paging.page(session, paging.FindQuery(SCENES), ["title.x"])
        with pytest.raises(StashLookupError, match=r"Gallery.image needs an argument"):
            await paging.page(session, paging.FindQuery(SCENES), ["galleries.image"])
        with pytest.raises(StashLookupError, match=r"cannot be sorted by 'raitng'. Did you mean rating"):
            paging.FindQuery(SCENES, sort="raitng")
        assert server.requests == []


@pytest.mark.parametrize(
    ("limit", "page_size", "rows", "pages"),
    [
        (None, None, 1234, [1000, 1000]),
        (None, 617, 1234, [617, 617]),
        (None, 1234, 1234, [1234, 1234]),
        (None, 100, 1234, [100] * 13),
        (25, None, 25, [25]),
        (600, None, 600, [600]),
        (1200, None, 1200, [600, 600]),
        (7, 5, 7, [5, 5]),
        (1000, 250, 1000, [250] * 4),
        (0, None, 0, []),
        (9999, None, 1234, [1000, 1000]),
    ],
)
async def test_pages(
    limit: int | None, page_size: int | None, rows: int, pages: list[int], tmp_path: Path
) -> None:
    async with session_with(library(1234), tmp_path) as (session, server):
        await session.load_capabilities()
        server.requests.clear()
        query = paging.FindQuery(SCENES)
        found = [
            row["id"]
            async for row in paging.iter_rows(session, query, ["id"], limit=limit, page_size=page_size)
        ]
        assert found == [str(n) for n in range(1, rows + 1)]
        assert [each["variables"]["filter"]["per_page"] for each in server.requests] == pages
        orders = {(f["sort"], f["direction"]) for f in (r["variables"]["filter"] for r in server.requests)}
        assert orders <= {("id", "ASC")}
        counted = [number for number, each in enumerate(server.requests) if "{ count " in each["query"]]
        assert counted == ([1] if len(pages) > 1 and (limit is None or limit > 2 * pages[0]) else [])


async def test_next_page_is_prefetched(tmp_path: Path) -> None:
    async with session_with(library(1000), tmp_path) as (session, server):
        pages = paging.iter_pages(session, paging.FindQuery(SCENES), ["id"], page_size=100)
        await anext(pages)
        async with asyncio.timeout(30):
            while len(server.requests) < 3:  # noqa: ASYNC110 - the server has no event
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert [each["variables"]["filter"]["page"] for each in server.requests[1:]] == [1, 2]
        await pages.aclose()


def test_next_page_is_received_while_the_caller_blocks_the_loop(tmp_path: Path) -> None:
    arrived = threading.Semaphore(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            arrived.release()
            body = json.dumps({"data": library(1000)(request)}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    async def main(url: str) -> None:
        connection = Connection(f"{url}/graphql", cache_dir=tmp_path)
        schema_cache.remember(connection, reduce_introspection(schema()))
        async with Session(connection) as session:
            pages = paging.iter_pages(session, paging.FindQuery(SCENES), ["id"], page_size=100)
            await anext(pages)
            assert all(arrived.acquire(timeout=30) for _ in range(2))  # blocks without awaiting
            await anext(pages)
            await pages.aclose()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run(main(f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()


async def test_prefetch_error_is_raised_for_its_page(tmp_path: Path) -> None:
    scenes = library(1000)

    def answer(request: dict[str, Any]) -> Any:
        return RESET if request["variables"]["filter"]["page"] > 1 else scenes(request)

    async with session_with(answer, tmp_path) as (session, _):
        pages = paging.iter_pages(session, paging.FindQuery(SCENES), ["id"], page_size=100)
        assert len(await anext(pages)) == 100
        with pytest.raises(StashConnectionError):
            await anext(pages)
        rows = paging.iter_rows(session, paging.FindQuery(SCENES), ["id"], page_size=100)
        await anext(rows)
        await rows.aclose()


async def test_random_order_keeps_one_seed(tmp_path: Path) -> None:
    async with session_with(library(30), tmp_path) as (session, server):
        query = paging.FindQuery(SCENES, sort="random")
        async for _ in paging.iter_rows(session, query, ["id"], page_size=10):
            pass
        sorts = {each["variables"]["filter"]["sort"] for each in server.requests[1:]}
        assert len(sorts) == 1
        assert sorts.pop().startswith("random_")


async def test_ids_are_fetched_in_order_500_per_request(tmp_path: Path) -> None:
    async with session_with(library(900), tmp_path) as (session, server):
        ids = tuple(str(n) for n in (5, 3, 5, *range(100, 1000)))
        query = paging.FindQuery(SCENES, ids=ids)
        rows = [row["id"] async for row in paging.iter_rows(session, query, ["title"])]
        assert rows == ["5", "3", *(str(n) for n in range(100, 901))]
        assert len(server.requests) == 3
        assert await paging.count(session, query) == 803


async def test_batch_is_chunked_with_a_result_per_operation(tmp_path: Path) -> None:
    def answer(request: dict[str, Any]) -> Any:
        names = [name.split("_")[0] for name in request["variables"]]
        ids = {name: request["variables"][f"{name}_input"]["id"] for name in names}
        data = {name: None if one == "4" else {"id": one} for name, one in ids.items()}
        errors = [{"message": "no", "path": [name]} for name, one in ids.items() if one == "4"]
        return graphql_response(data, errors)

    async with session_with(answer, tmp_path) as (session, server):
        await session.load_capabilities()
        operations = [BatchOperation("tagUpdate", {"input": {"id": str(n)}}) for n in range(10)]
        result = await execute_batch(session, operations, max_batch_size=4)
        assert len(server.requests) == 1 + 3
        assert [each.result for each in result if each.error is None] == [
            {"id": str(n)} for n in range(10) if n != 4
        ]
        assert [str(each.error) for each in result.failed] == ["no"]
        assert not result.all_succeeded
        assert (len(result), len(result.succeeded)) == (10, 9)
        assert result[4].error is not None


async def test_locked_database_in_a_batch_is_retried(tmp_path: Path) -> None:
    done: list[str] = []

    def answer(request: dict[str, Any]) -> Any:
        ids = {name.split("_")[0]: change["id"] for name, change in request["variables"].items()}
        first = len(ids) == 3
        locked = [name for name, one in ids.items() if first and one == "2"]
        done.extend(one for name, one in ids.items() if name not in locked)
        data = {name: None if name in locked else {"id": one} for name, one in ids.items()}
        return graphql_response(data, [{"message": "database is locked", "path": [name]} for name in locked])

    async with session_with(answer, tmp_path) as (session, _):
        operations = [BatchOperation("tagUpdate", {"input": {"id": one}}) for one in ("1", "2", "3")]
        result = await execute_batch(session, operations)
        assert result.all_succeeded
        assert [each.result for each in result] == [{"id": "1"}, {"id": "2"}, {"id": "3"}]
        assert done == ["1", "3", "2"]


async def test_batch_keeps_outcomes_before_a_disconnect(tmp_path: Path) -> None:
    def answer(request: dict[str, Any]) -> Any:
        return {"a0": {"id": "1"}} if "1" in str(request["variables"]) else RESET

    async with session_with(answer, tmp_path) as (session, server):
        operations = [BatchOperation("tagUpdate", {"input": {"id": one}}) for one in ("1", "2", "3")]
        result = await execute_batch(session, operations, max_batch_size=1)
        assert [each.outcome for each in result] == ["succeeded", "unknown", "unknown"]
        assert server.operations == ["Introspection", "Batch", "Batch", "Batch"]
        result = await execute_batch(session, operations[1:], max_batch_size=1)
        assert len(result.unknown) == 2


def test_secrets_are_not_logged(tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = configure_logging(2, stream, ["k3y"])

    async def main() -> None:
        answer = {"configureGeneral": {"databasePath": "x"}}
        async with session_with(lambda _: answer, tmp_path, api_key="k3y") as (session, _):
            change = {"input": {"password": "hunter2", "stashBoxes": [{"api_key": "b0x", "name": "box"}]}}
            await session.call("configureGeneral", change, ["databasePath"])
            await session.execute('mutation M { configureGeneral(input: {password: "hunt\\"xq2"}) { x } }')
            logging.getLogger("stash_cli").info("the key is k3y")

    try:
        run(main())
    finally:
        logging.getLogger("stash_cli").removeHandler(handler)
    log = stream.getvalue()
    assert "ConfigureGeneral -> 200" in log
    assert "***" in log
    assert "password: <String>" in log
    assert not any(secret in log for secret in ("hunter2", "xq2", "b0x", "k3y"))


def test_query_imports_neither_pydantic_nor_rich(tmp_path: Path) -> None:
    code = """
import asyncio, json, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.dumps({"data": {"findScenes": {"scenes": [{"id": "1"}]}}}).encode()
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass

from stash_cli.core.client import schema_cache
from stash_cli.core.client.session import Session
from stash_cli.core.client.paging import FindQuery, iter_rows
from stash_cli.core.settings import Connection
from stash_cli.core.types.entities import ENTITIES
assert "httpx" not in sys.modules

server = HTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
connection = Connection(f"http://127.0.0.1:{server.server_port}/graphql", cache_dir=Path(tempfile.mkdtemp()))
schema_cache.remember(connection, json.loads(Path(sys.argv[1]).read_text()))

async def main():
    async with Session(connection) as session:
        return [row async for row in iter_rows(session, FindQuery(ENTITIES["Scene"]), ["id"], limit=5)]

assert asyncio.run(main()) == [{"id": "1"}]
print(*sorted({"httpx", "pydantic", "rich", "click", "pygments", "websockets", "graphql"} & set(sys.modules)))
"""
    facts = tmp_path / "facts.json"
    facts.write_text(json.dumps(reduce_introspection(schema())))
    assert fresh_python(code, str(facts)).split() == ["httpx"]
