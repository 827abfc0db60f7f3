"""A name resolves to the same object in lookups, client methods, classes and the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from store_support import RecordingTransport, recorded_store

from stash_cli.core.client.resolver import Name, Policy, map_ids, resolve, resolve_ids
from stash_cli.core.errors import StashNotFoundError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Group, Performer, Tag
from stash_cli.core.types.entities import ENTITIES

Door = Callable[[StashEntityStore, str], Awaitable[str]]


@asynccontextmanager
async def library(url: str) -> AsyncIterator[tuple[StashEntityStore, RecordingTransport]]:
    """Tags Rock (alias Metal) and Pop, which is "id:1" to one of its aliases."""
    async with recorded_store(url) as (store, wire):
        rock = Tag(name="Rock", aliases=["Metal", "100%"])
        assert (await store.save_batch([rock, Tag(name="Pop", aliases=["id:1"])])).all_succeeded
        wire.take_documents()
        yield store, wire


async def by_flag(store: StashEntityStore, name: str) -> str:
    return (await resolve_ids(store.client.session, "Tag", [name]))[0]


async def by_map(store: StashEntityStore, name: str) -> str:
    return (await store.client.map_tag_ids([{"name": name}]))[0]


async def by_class(store: StashEntityStore, name: str) -> str:
    return (await Tag.find_by_name(store.client, name)).id  # type: ignore[union-attr]


async def by_store(store: StashEntityStore, name: str) -> str:
    return (await store.get_or_create(Tag, name=name)).id


DOORS: list[Door] = [by_flag, by_map, by_class, by_store]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", ["Rock", "rOCK", "metal", "100%"])
async def test_names_ignore_case_and_aliases_match(embedded_url: str, door: Door, name: str) -> None:
    async with library(embedded_url) as (store, wire):
        assert await door(store, name) == "1"
        assert len(wire.take_documents()) == 1


@pytest.mark.parametrize("door", [by_map, by_class, by_store])
async def test_literal_name_is_not_an_id(embedded_url: str, door: Door) -> None:
    async with library(embedded_url) as (store, _):
        assert await door(store, "id:1") == "2"
        assert await store.client.map_tag_ids(["id:1"]) == ["1"]


async def test_names_precede_aliases_and_older_objects_newer_ones(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, _):
        people: list[Any] = [
            Performer(name="Alice", alias_list=["Bea"]),
            Performer(name="bea", disambiguation="singer"),
            Performer(name="Bea", disambiguation="dancer"),
            Performer(name="BEA"),
        ]
        for each in people:
            await store.save(each)
        for name, found in (("Bea", 2), ("beA", 1), ("bea (DANCER)", 2), ("BEA", 3)):
            assert await Performer.find_by_name(store.client, name) is people[found]
        singer = await store.get_or_create(Performer, name="BEA", disambiguation="singer")
        assert singer is people[1]


async def test_groups_by_alias(embedded_url: str) -> None:
    async with recorded_store(embedded_url) as (store, wire):
        await store.save_batch([Group(name="Trip", aliases="Tour, Long way"), Group(name="Tours")])
        wire.take_documents()
        assert await resolve_ids(store.client.session, "Group", ["long way", "tour", "TOURS"]) == [
            "1",
            "2",
        ]
        assert len(wire.take_documents()) == 1


async def test_unknown_names_are_reported_in_order_after_two_requests(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        names = [Name.parse(word) for word in ("Rok", "rock", "id:9", "Popp")]
        result = await resolve(store.client.session, ENTITIES["Tag"], names)
        assert len(wire.take_documents()) == 2
        assert [name.written for name in result.errors] == ["Rok", "id:9", "Popp"]
        assert "Did you mean Pop?" in str(result.errors[names[3]])
        assert result.ids[names[1]] == ["1"]
        with pytest.raises(StashNotFoundError, match="'Rok'"):
            result.require_all()


async def test_policies_for_unknown_names(embedded_url: str) -> None:
    async with library(embedded_url) as (store, wire):
        given = (store.client.session, ENTITIES["Tag"], ["Jazz", "rock", "JAZZ", "Blues"])
        with pytest.raises(StashNotFoundError, match="There is no tag 'Jazz'"):
            await map_ids(*given, Policy("first", "raise"))
        assert await map_ids(*given, Policy("first", "omit")) == ["1"]
        wire.take_documents()
        assert await map_ids(*given, Policy("first", "create")) == ["3", "1", "4"]
        assert len(wire.take_documents()) == 2
