"""Scraped results are unions of types whose equal field names differ: no member loses a field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, connection_to, with_schema
from graphql import execute, parse
from support import run

from stash_cli.core import types
from stash_cli.core.client import BatchOperation, StashClient
from stash_cli.core.client.session import Session
from stash_cli.core.graphql.selection import conflicting_fields
from stash_cli.core.types.api import describe_api
from stash_cli.embedded.graphql.schema import library_schema

FOUND: dict[str, dict[str, Any]] = {
    "ScrapedStudio": {"name": "A", "parent": {"name": "B"}, "aliases": "x"},
    "ScrapedTag": {"name": "A", "parent": {"name": "B", "description": "d"}, "alias_list": ["x"]},
    "ScrapedScene": {"title": "A", "duration": 61, "studio": {"name": "B"}},
    "ScrapedGallery": {"title": "A", "photographer": "p"},
    "ScrapedImage": {"title": "A", "photographer": "p"},
    "ScrapedMovie": {"name": "A", "duration": "1:01"},
    "ScrapedGroup": {"name": "A", "duration": "1:01"},
    "ScrapedPerformer": {"name": "A", "aliases": "x"},
}


def scraper_returning(name: str) -> Any:
    """Answers with one object, as a server's executor would."""

    def answer(request: dict[str, Any]) -> Any:
        found = execute(
            library_schema(),
            parse(request["query"]),
            field_resolver=lambda source, info, **_: _value(name, source, info),
            variable_values=request["variables"],
        )
        assert found.errors is None
        return found.data

    return answer


def _value(name: str, source: Any, info: Any) -> Any:
    if info.parent_type.name == "Query":
        return {"__typename": name, **FOUND[name]}
    if isinstance(source, list) or source is None:
        return None
    return source.get(info.field_name)


def scraped(name: str, tmp_path: Path, work: Any) -> Any:
    async def main() -> Any:
        async with (
            canned_server(with_schema(scraper_returning(name))) as server,
            StashClient(Session(connection_to(server.url, tmp_path))) as client,
        ):
            return await work(client)

    return run(main())


@pytest.mark.parametrize("name", describe_api().types["ScrapedContent"].members)
def test_every_field_of_a_result(name: str, tmp_path: Path) -> None:
    found = scraped(name, tmp_path, lambda client: client.scrape_url("http://a", "SCENE"))
    assert isinstance(found, getattr(types, name))
    data = found.to_graphql()
    for field, value in FOUND[name].items():
        assert data[field] == value or value.items() <= data[field].items()


def test_fields_selected_by_name(tmp_path: Path) -> None:
    async def work(client: StashClient) -> Any:
        args = {"url": "http://a", "ty": "GROUP"}
        one = await client.session.call("scrapeURL", args, ["name", "duration"])
        [same] = await client.execute_batch([BatchOperation("scrapeURL", args, "name duration")])
        return one, same.result

    one, same = scraped("ScrapedGroup", tmp_path, work)
    assert one == same == {"__typename": "ScrapedGroup", "name": "A", "duration": "1:01"}


def test_only_result_types_are_distinguished() -> None:
    """Checking nested fields would mean searching every response for them."""
    api = describe_api()
    answered = {operation.type.name for operation in (*api.queries.values(), *api.mutations.values())}
    inside = {field.type.name for declared in api.types.values() for field in declared.fields.values()}
    assert {name for name in api.types if conflicting_fields(name)} <= answered - inside
