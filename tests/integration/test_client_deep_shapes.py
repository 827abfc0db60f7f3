"""Malformed responses at any depth: wrong types, nulls, lists and missing values raise a readable error."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from client_server import canned_server, connection_to, session_with, with_schema
from test_client_shapes import following, sends, websocket

from stash_cli import Scene, StashClient, StashContext
from stash_cli.core.errors import StashIntegrationError, StashUnknownOutcomeError

GONE = object()
FILE = {
    "__typename": "VideoFile",
    "id": "1",
    "path": "/x",
    "size": 5,
    "fingerprints": [{"type": "md5", "value": "x"}],
}
SCENE = {
    "id": "1",
    "title": "x",
    "organized": False,
    "rating100": None,
    "created_at": "2024-01-01T00:00:00Z",
    "urls": [],
    "studio": {"id": "1", "name": "x"},
    "tags": [{"id": "1", "name": "x"}],
    "files": [{key: value for key, value in FILE.items() if key != "__typename"}],
    "custom_fields": {"a": [1]},
}
PATHS = ["id", "title", "organized", "rating100", "created_at", "urls", "studio.name", "tags.name"]
PATHS += ["files.path", "files.size", "files.fingerprints", "custom_fields"]
PAGE = {"count": 1, "scenes": [SCENE]}
ASKED = ("findScenes", {}, ["count", *(f"scenes.{path}" for path in PATHS)])
WRONG: dict[str, list[Any]] = {
    "": [5, "x", [], True, [PAGE]],
    "count": [None, "1", True, [], {}, GONE],
    "scenes": [None, {}, "x", 5, [[]], [5], ["x"], [[SCENE]], GONE],
    "scenes.0": [5, "x", [], True, {}],
    "scenes.0.id": [None, {}, [], True, 1.5, GONE],
    "scenes.0.title": [5, {}, [], True],
    "scenes.0.organized": [None, "x", 1, GONE],
    "scenes.0.rating100": ["80", 80.5, True, [80]],
    "scenes.0.created_at": [None, 5, {}],
    "scenes.0.urls": [None, "x", {}, [None], [5], GONE],
    "scenes.0.studio": [5, "x", [], [{"id": "1", "name": "x"}], {}, {"id": "1", "name": None}, GONE],
    "scenes.0.tags": [None, {}, {"id": "1"}, [5], ["x"], [None], [{}], GONE],
    "scenes.0.tags.0.name": [None, 5, [], GONE],
    "scenes.0.files": [None, {}, ["x"], GONE],
    "scenes.0.files.0.size": [None, "5", 5.5, GONE],
    "scenes.0.files.0.fingerprints": [None, {}, [5], [{}], GONE],
    "scenes.0.custom_fields": [None, 5, "x", [], GONE],
    "scenes.0.__typename": ["Tag", "Nonsense", 5, {}, []],
    "scenes.0.studio.__typename": ["Tag", "Nonsense", {}],
}


def malformed(good: Any, table: dict[str, list[Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Every (path, wrong value, response with it) of a table of paths."""
    for place, values in table.items():
        for value in values:
            root = {"": copy.deepcopy(good)}
            holder: Any = root
            *steps, last = ["", *place.split(".")] if place else [""]
            for step in steps:
                holder = holder[int(step) if step.isdigit() else step]
            key = int(last) if last.isdigit() else last
            if value is GONE:
                del holder[key]
            else:
                holder[key] = value
            yield place, value, root[""]


CASES = list(malformed(PAGE, WRONG))


def test_table_has_many_cases() -> None:
    assert len(CASES) > 80


async def test_query_rejects_malformed_response(tmp_path: Path) -> None:
    answer: list[Any] = [PAGE]
    accepted: list[Any] = []
    refused: list[StashIntegrationError] = []

    async with session_with(lambda _: {"findScenes": answer[0]}, tmp_path) as (session, _):
        assert await session.call(*ASKED) == PAGE
        for place, value, answer[0] in CASES:
            try:
                await session.call(*ASKED)
            except StashIntegrationError as error:
                refused.append(error)
            else:
                accepted.append((place, value))
    assert accepted == []
    assert {error.exit_status for error in refused} == {1}
    assert max(len(error.message) for error in refused) < 250


@pytest.mark.parametrize(
    ("place", "message"), [("scenes.0.tags.0.name", "findScenes.scenes[0].tags[0].name")]
)
async def test_error_names_the_path(place: str, message: str, tmp_path: Path) -> None:
    [(_, _, wrong)] = malformed(PAGE, {place: [5]})

    async with session_with(lambda _: {"findScenes": wrong}, tmp_path) as (session, _):
        with pytest.raises(StashIntegrationError) as caught:
            await session.call(*ASKED)
        assert f"answered {message} with something else: 5" in caught.value.message


LIBRARY = {
    "find_scenes": ("findScenes", PAGE, WRONG),
    "find_tag": (
        "findTag",
        {"id": "1", "name": "x", "parents": []},
        {"": [5, [], "x"], "name": [None, {}], "parents": [{}, ["x"], 5]},
    ),
    "job_queue": (
        "jobQueue",
        [{"id": "1", "status": "RUNNING", "description": "x", "addTime": "2024-01-01T00:00:00Z"}],
        {"": [5, {}, "x"], "0": [5], "0.status": [None, 5], "0.addTime": [None, 5, "soon"]},
    ),
    "find_files": (
        "findFiles",
        {"count": 1, "files": [FILE]},
        {"files": [{}, ["x"]], "files.0.__typename": ["Scene", 5, {}], "files.0.size": ["x"]},
    ),
    "get_configuration": (
        "configuration",
        {"general": {"stashes": [{"path": "/x", "excludeVideo": False, "excludeImage": False}]}},
        {"": [None, 5, []], "general": [None, [], "x"], "general.stashes": [{}, 5, ["x"]]},
    ),
}


@asynccontextmanager
async def library_with(answer: Callable[[], Any], tmp_path: Path) -> AsyncIterator[StashClient]:
    """A client of a server that answers every request with this data."""
    async with (
        canned_server(with_schema(lambda _: answer())) as server,
        StashContext(connection_to(server.url, tmp_path)) as client,
    ):
        yield client


@pytest.mark.parametrize("method", LIBRARY)
async def test_client_method_rejects_malformed_response(method: str, tmp_path: Path) -> None:
    """Fields missing in the response are those of the default selection; they stay unread."""
    operation, good, table = LIBRARY[method]
    answer: list[Any] = [good]
    accepted = []

    async with library_with(lambda: {operation: answer[0]}, tmp_path) as client:
        args = ("1",) if method == "find_tag" else ()
        for place, value, answer[0] in malformed(good, table):
            try:
                await getattr(client, method)(*args)
            except StashIntegrationError:
                continue
            accepted.append((place, value))
    assert [each for each in accepted if each[1] not in (GONE, {}, [{}])] == []


async def test_malformed_mutation_response_has_unknown_outcome(tmp_path: Path) -> None:
    wrong = [
        answer for _, _, answer in malformed({"id": "1", "name": "x"}, {"name": [None, 5, []], "id": [{}]})
    ]

    async with session_with(lambda _: {"tagCreate": wrong[0]}, tmp_path) as (session, _):
        while wrong:
            with pytest.raises(StashUnknownOutcomeError):
                await session.call("tagCreate", {"input": {"name": "x"}}, ["id", "name"])
            wrong.pop(0)


async def test_custom_document_is_validated_against_the_requested_type(tmp_path: Path) -> None:
    answer: list[Any] = [None]

    async with library_with(lambda: {"findScene": answer[0]}, tmp_path) as client:
        for answer[0] in ([], "x", {"id": "1", "tags": {}}, {"id": {}}, {"__typename": "Tag"}):
            with pytest.raises(StashIntegrationError):
                await client.execute("{ findScene(id: 1) { id } }", result_type=Scene)


JOB = {"id": "1", "status": "RUNNING", "description": "x", "addTime": "2024-01-01T00:00:00Z"}
EVENT = {"type": "ADD", "job": JOB}
UPDATES: dict[str, list[Any]] = {
    "": [None, 5, "x", [], [EVENT], {}],
    "type": [None, 5, {}, [], GONE],
    "job": [None, 5, "x", [], [JOB], {}, GONE],
    "job.id": [None, {}, [], GONE],
    "job.status": [None, 5, {}, GONE],
    "job.description": [None, 5, {}, GONE],
    "job.addTime": [None, 5, {}, GONE],
    "job.__typename": ["Tag", 5],
}


@pytest.mark.parametrize("place", UPDATES)
async def test_subscription_rejects_malformed_message(place: str, tmp_path: Path) -> None:
    wrong = [answer for _, _, answer in malformed(EVENT, {place: UPDATES[place]})]
    paths = ["type", *(f"job.{name}" for name in JOB)]

    for answer in wrong:
        handler = sends(following({"data": {"jobsSubscribe": answer}}))
        async with websocket(handler, tmp_path) as (session, _):
            with pytest.raises(StashIntegrationError):
                async with session.subscribe("jobsSubscribe", paths=paths) as stream:
                    await anext(stream)


async def test_valid_responses_are_accepted(tmp_path: Path) -> None:
    """Nullable fields that are null, fields of newer servers, integers for floats."""
    right = json.loads(json.dumps(SCENE)) | {"studio": None, "title": None, "rating100": 5, "newer": {}}
    page = {"count": 1, "scenes": [right], "duration": 5}

    async with session_with(lambda _: {"findScenes": page}, tmp_path) as (session, _):
        assert await session.call(*ASKED) == page
