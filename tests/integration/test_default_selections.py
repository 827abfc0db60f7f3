"""Missing fields warn only if they were requested by name, not in a default selection."""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from client_server import canned_server
from graphql import extend_schema, introspection_from_schema, parse
from schema_server import SchemaServer
from schemas import available_versions, is_recorded, old_schema, schema_of
from support import ROOT

from stash_cli.core import types
from stash_cli.core.client import StashClient
from stash_cli.core.edits.journal.snapshots import read_snapshots
from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types.entities import ENTITIES

RECORDED = [name for name in ENTITIES if is_recorded(name)]


async def warned(version: str, cache: Path, *names: str, **options: Any) -> list[str]:
    """Warnings when finding these types, evaluated by rows and by the server."""
    schema = schema_of(version)
    assert schema is not None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with StashClient(SchemaServer(schema, version).session(cache)) as client:
            store = StashEntityStore(client)
            for name in names:
                for lookups in ({}, {"created_at__gte": "2024"}):
                    try:
                        await store.find(getattr(types, name), **options, **lookups)
                    except StashCapabilityError:
                        assert version == "0.19"
    return [str(each.message) for each in caught]


async def test_reading_all_types_of_a_store_does_not_warn(tmp_path: Path) -> None:
    for version in available_versions():
        assert await warned(version, tmp_path / version, *RECORDED) == []


async def test_snapshot_requests_only_supported_fields(tmp_path: Path) -> None:
    for version in available_versions():
        schema = schema_of(version)
        assert schema is not None
        server = SchemaServer(schema, version)
        async with StashClient(server.session(tmp_path / version)) as client:
            for name in RECORDED if version != "0.19" else ():
                assert set(await read_snapshots(client.session, name, ["1"])) == {"1"}
        assert server.errors == []


async def test_requested_field_warns(tmp_path: Path) -> None:
    for version in available_versions()[1:]:
        warnings = await warned(version, tmp_path / version, "Scene", fields=["id", "custom_fields"])
        assert [each.partition(";")[0] for each in warnings] == [
            "Scene.custom_fields needs Stash 0.31 or newer"
        ]


SYSTEM = """
extend type Query { systemStatus: SystemStatus! plugins: [Plugin!] }
type SystemStatus { status: String! appSchema: Int! }
type Plugin { id: ID! name: String! }
"""


def old(request: dict[str, Any]) -> dict[str, Any]:
    group = {"id": "1", "name": "Trip", "rating100": 60, "scene_count": 2}
    schema = introspection_from_schema(extend_schema(old_schema(), parse(SYSTEM)), descriptions=False)
    rows = {"systemStatus": {"status": "OK", "appSchema": 48}, "plugins": [{"id": "a", "name": "A"}]}
    rows |= {"findMovies": {"groups": [group]}, "findGroups": {"groups": [group]}, "findGroup": group}
    answer = schema if "__schema" in request["query"] else rows
    return {**answer, "_server": {"version": "v0.22.1", "hash": "abc"}}


async def test_card_of_one_object_warns_of_requested_fields_only(tmp_path: Path) -> None:
    async with canned_server(old) as server:

        async def err(*args: str) -> str:
            result = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "stash_cli", *args),
                env={**os.environ, "STASH_URL": server.url, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            stderr = (await result.communicate())[1].decode()
            assert result.returncode == 0, stderr
            return stderr

        for form in ("--csv", "--tsv", "--md", "--json"):
            assert await err("group", "show", "1", form) == ""
        for words in (("groups", "find", "--csv"), ("system", "status"), ("plugins", "list", "--csv")):
            assert await err(*words) == ""
        assert "Group.custom_fields needs Stash" in await err(
            "group", "show", "1", "--fields", "custom_fields"
        )
