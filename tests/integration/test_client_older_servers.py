"""Older servers: requests and responses are adapted to current names, or rejected."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from client_server import CannedServer, canned_server, connection_to, graphql_response
from graphql import extend_schema, introspection_from_schema, parse
from schemas import old_schema
from support import run

from stash_cli.core.client import BatchOperation, StashClient
from stash_cli.core.client.session import Session
from stash_cli.core.errors import (
    StashBatchError,
    StashCapabilityError,
    StashInputError,
    StashUnknownOutcomeError,
)
from stash_cli.core.scraping.matching import Matcher
from stash_cli.core.scraping.scraped_object import ScrapedReference
from stash_cli.core.store import StashEntityStore
from stash_cli.core.types import Group, Performer, Scene

VERSION = {"_server": {"version": "v0.22.1", "hash": "abc"}}
SAVED = {
    "find_filter": {"q": "beach", "per_page": 40, "sort": "date", "direction": "DESC"},
    "object_filter": {"rating100": {"modifier": "GREATER_THAN", "value": {"value": 80}}},
    "ui_options": {"display_mode": 1},
}
TEXT = json.dumps(
    {
        "q": "beach",
        "perPage": 40,
        "sortby": "date",
        "sortdir": "desc",
        "disp": 1,
        "c": [json.dumps({"type": "rating100", "modifier": "GREATER_THAN", "value": {"value": 80}})],
    }
)


GENDERS = "extend type Performer { gender: String }"
PERFORMERS = (
    "extend type Query { findPerformer(id: ID!): Performer } extend type Performer { aliases: String }"
)
STUDIOS = "extend type Query { findStudio(id: ID!): Studio } extend type Studio { aliases: [String!]! }"
COUNTERS = "extend type Query { findScene(id: ID): Scene } extend type Scene { o_counter: Int }"


def old(answer: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    schema = introspection_from_schema(
        extend_schema(old_schema(), parse(COUNTERS + GENDERS + PERFORMERS + STUDIOS)), descriptions=False
    )
    return lambda request: {**(schema if "__schema" in request["query"] else answer), **VERSION}


def asked(tmp_path: Path, answer: dict[str, Any], work: Any) -> tuple[Any, dict[str, Any]]:
    """The result of `work` against an old server's response, and the request received."""

    async def main() -> tuple[Any, CannedServer]:
        async with canned_server(old(answer)) as server:
            server.version = "v0.22.1"
            async with StashClient(Session(connection_to(server.url, tmp_path))) as client:
                return await work(client), server

    found, server = run(main())
    return found, server.requests[-1]


def test_play_history_is_replaced_by_a_count(tmp_path: Path) -> None:
    found, sent = asked(tmp_path, {"sceneAddO": 3}, lambda client: client.scene_add_o(1))
    assert (found.count, found.history) == (3, [])
    assert sent["query"] == "mutation SceneAddO($id: ID!) { sceneAddO: sceneIncrementO(id: $id) }"
    found, _ = asked(tmp_path, {"sceneAddPlay": 1}, lambda client: client.scene_add_play("1"))
    assert found.count == 1


def test_play_history_in_a_batch(tmp_path: Path) -> None:
    operations = [BatchOperation("sceneAddO", {"id": "1"}), BatchOperation("sceneDeleteO", {"id": "2"})]
    found, sent = asked(tmp_path, {"a0": 4, "a1": 0}, lambda client: client.execute_batch(operations))
    assert [each.result["count"] for each in found] == [4, 0]
    assert "a1: sceneDecrementO(id: $a1_id)" in sent["query"]


def test_counter_without_times_rejects_times(tmp_path: Path) -> None:
    with pytest.raises(StashCapabilityError, match=r"sceneAddO\(times\) needs Stash 0.25"):
        asked(tmp_path, {}, lambda client: client.scene_add_o(1, ["2024-01-01T00:00:00Z"]))


def test_lost_response_to_a_counter_without_times_is_unknown(tmp_path: Path) -> None:
    async def count_twice(client: StashClient) -> Scene:
        scene = Scene.from_graphql({"id": "1", "o_counter": 1})
        scene.o_counter = 2
        for message in ("without sceneAddO", "was 1 and is 2, by whom is not known"):
            with pytest.raises(StashUnknownOutcomeError, match=message):
                await scene.save(client)
        return scene

    scene, sent = asked(tmp_path, {"findScene": {"id": "1", "o_counter": 2}}, count_twice)
    assert scene.get_changed_fields() == {"o_counter": 2}
    assert sent["query"].startswith("query")


def test_single_url_is_read_as_a_list(tmp_path: Path) -> None:
    answer = {"findGallery": {"id": "1", "title": "A", "url": "http://a"}}
    gallery, sent = asked(tmp_path, answer, lambda client: client.find_gallery(1))
    assert gallery.urls == ["http://a"]
    assert " url" in sent["query"]
    assert "urls" not in sent["query"]
    none, _ = asked(
        tmp_path, {"findGallery": {"id": "1", "url": None}}, lambda client: client.find_gallery(1)
    )
    assert none.urls == []


def test_group_is_a_movie_found_by_name(tmp_path: Path) -> None:
    answer = {"a0": {"groups": [{"id": "1", "name": "Trip", "rating100": 60}]}, "a1": {"groups": []}}
    group, sent = asked(tmp_path, answer, lambda client: Group.find_by_name(client, "trip"))
    assert (group.id, group.rating100) == ("1", 60)
    assert "a0: findMovies(movie_filter: " in sent["query"]
    assert "groups: movies {" in sent["query"]


def test_scraped_performers_match_without_older_aliases(tmp_path: Path) -> None:
    ann = {"id": "1", "name": "Ann"}
    answer = {"a0": {"performers": [ann]}, "a1": {"performers": []}, "findPerformer": ann}
    answer["findPerformers"] = {"performers": [ann]}
    link = ScrapedReference("Performer", "Ann", stored_id="1")

    async def work(client: StashClient) -> Any:
        matcher = Matcher(client.session)
        await matcher.resolve([link])
        return matcher.matches[link].id

    found, sent = asked(tmp_path, answer, work)
    assert (found, "aliases" in sent["query"]) == ("1", False)


def test_urls_of_a_page(tmp_path: Path) -> None:
    answer = {"findScenes": {"scenes": [{"id": "1", "galleries": [{"url": "http://a"}]}]}}

    async def work(client: StashClient) -> Any:
        return await client.session.call("findScenes", {}, ["scenes.id", "scenes.galleries.urls"])

    found, _ = asked(tmp_path, answer, work)
    assert found["scenes"][0]["galleries"][0]["urls"] == ["http://a"]


@pytest.mark.parametrize(("urls", "sent"), [(["http://a"], "http://a"), ([], "")])
def test_single_url_is_written(urls: list[str], sent: str, tmp_path: Path) -> None:
    async def work(client: StashClient) -> Any:
        return await client.session.call("galleryUpdate", {"input": {"id": "1", "urls": urls}}, ["id"])

    _, request = asked(tmp_path, {"galleryUpdate": {"id": "1"}}, work)
    assert request["variables"] == {"input": {"id": "1", "url": sent}}


def test_several_urls_are_rejected(tmp_path: Path) -> None:
    async def work(client: StashClient) -> Any:
        return await client.session.call("galleryUpdate", {"input": {"id": "1", "urls": ["a", "b"]}}, ["id"])

    with pytest.raises(StashCapabilityError, match=r"GalleryUpdateInput\.urls needs Stash 0\.23"):
        asked(tmp_path, {}, work)


def test_saved_filter_is_json_text(tmp_path: Path) -> None:
    answer = {"findSavedFilters": [{"id": "1", "mode": "SCENES", "name": "A", "filter": TEXT}]}
    [found], sent = asked(tmp_path, answer, lambda client: client.find_saved_filters("GROUPS"))
    assert found.find_filter.sort == "date"
    assert found.object_filter == SAVED["object_filter"]
    assert found.ui_options == SAVED["ui_options"]
    assert sent["variables"] == {"mode": "MOVIES"}


def test_filter_is_saved_as_json_text(tmp_path: Path) -> None:
    answer = {"saveFilter": {"id": "1", "mode": "SCENES", "name": "A", "filter": TEXT}}
    given = {"mode": "SCENES", "name": "A", **SAVED}
    _, sent = asked(tmp_path, answer, lambda client: client.save_filter(given))
    assert json.loads(sent["variables"]["input"].pop("filter")) == json.loads(TEXT)
    assert sent["variables"]["input"] == {"mode": "SCENES", "name": "A"}


def test_empty_filter_is_saved_as_json_text(tmp_path: Path) -> None:
    answer = {"saveFilter": {"id": "1", "mode": "SCENES", "name": "A", "filter": "{}"}}
    _, sent = asked(tmp_path, answer, lambda client: client.save_filter({"mode": "SCENES", "name": "A"}))
    assert json.loads(sent["variables"]["input"]["filter"]) == {"c": []}


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"c": ["{}"]}', '{"c": 5}'])
def test_corrupt_saved_filter_is_kept_unchanged(text: str, tmp_path: Path) -> None:
    answer = {"findSavedFilters": [{"id": "1", "mode": "SCENES", "name": "A", "filter": text}]}
    [found], _ = asked(tmp_path, answer, lambda client: client.find_saved_filters())
    assert found.name == "A"


def test_duplicates_are_filtered_by_phash(tmp_path: Path) -> None:
    criterion = {"duplicated": {"phash": True, "distance": 2}}
    answer = {"findScenes": {"count": 0, "scenes": []}}
    _, sent = asked(tmp_path, answer, lambda client: client.find_scenes(scene_filter=criterion))
    assert sent["variables"]["scene_filter"] == {"duplicated": {"duplicated": True, "distance": 2}}
    with pytest.raises(StashCapabilityError, match=r"DuplicationCriterionInput\.title"):
        asked(tmp_path, answer, lambda c: c.find_scenes(scene_filter={"duplicated": {"title": True}}))


def test_migration_completes_with_its_response(tmp_path: Path) -> None:
    done, _ = asked(tmp_path, {"migrate": True}, lambda client: client.migrate({"backupPath": ""}))
    assert done == ""


def test_field_required_by_older_servers_is_named(tmp_path: Path) -> None:
    async def work(client: StashClient) -> Any:
        return await client.session.call("movieUpdate", {"input": {"name": "A"}}, ["id"])

    with pytest.raises(StashCapabilityError, match=r"MovieUpdateInput\.id is needed by this server"):
        asked(tmp_path, {}, work)


def test_selection_of_only_missing_fields_still_returns_the_object(tmp_path: Path) -> None:
    """A placeholder is selected: the object is returned without the field."""

    async def work(client: StashClient) -> Any:
        return await client.session.call("findGallery", {"id": "1"}, ["photographer"], quiet=True)

    found, sent = asked(tmp_path, {"findGallery": {"__typename": "Gallery"}}, work)
    assert "{ __typename }" in sent["query"]
    assert found == {"__typename": "Gallery"}


BOXES = {"configuration": {"general": {"stashBoxes": [{"endpoint": "http://a"}, {"endpoint": "http://b"}]}}}
SUBMISSION = {"scene_ids": ["1"], "stash_box_endpoint": "http://b"}


def test_stash_box_is_addressed_by_index(tmp_path: Path) -> None:
    answer = {**BOXES, "submitStashBoxFingerprints": True}
    done, sent = asked(tmp_path, answer, lambda client: client.submit_stashbox_fingerprints(SUBMISSION))
    assert done is True
    assert sent["variables"] == {"input": {"scene_ids": ["1"], "stash_box_index": 1}}
    batch = {"stash_box_endpoint": "http://a", "refresh": True, "createParent": False}
    answer = {**BOXES, "stashBoxBatchPerformerTag": "7"}
    done, sent = asked(tmp_path, answer, lambda client: client.stashbox_batch_performer_tag(batch))
    assert done == "7"
    assert sent["variables"] == {"input": {"endpoint": 0, "refresh": True, "createParent": False}}


def test_unknown_stash_box(tmp_path: Path) -> None:
    submission = {**SUBMISSION, "stash_box_endpoint": "http://c"}
    with pytest.raises(StashInputError, match=r"no stash-box 'http://c'\. Did you mean"):
        asked(tmp_path, BOXES, lambda client: client.submit_stashbox_fingerprints(submission))


def test_bulk_update_becomes_single_updates(tmp_path: Path) -> None:
    """Before 0.30 studios had no bulk update; one request updates all."""
    answer = {"a0": {"id": "1", "name": "A"}, "a1": {"id": "2", "name": "B"}}
    change = {"ids": [1, 2], "rating100": 60}
    found, sent = asked(tmp_path, answer, lambda client: client.bulk_studio_update(change))
    assert [studio.name for studio in found] == ["A", "B"]
    assert sent["variables"] == {
        "a0_input": {"id": "1", "rating100": 60},
        "a1_input": {"id": "2", "rating100": 60},
    }
    assert "a1: studioUpdate(input: $a1_input) { id name aliases }" in sent["query"]
    answer = {"a0": True, "a1": True}
    done, sent = asked(tmp_path, answer, lambda client: client.scene_markers_destroy([3, "4"]))
    assert done is True
    assert sent["variables"] == {"a0_id": "3", "a1_id": "4"}


@pytest.mark.parametrize(
    ("mode", "given", "sent"),
    [
        ("SET", ["x"], [["x"], ["x"]]),
        ("ADD", ["x", "a"], [["a", "b", "x"], ["x", "a"]]),
        ("REMOVE", ["a"], [["b"], []]),
    ],
)
def test_bulk_list_changes_become_whole_lists(mode: str, given: Any, sent: Any, tmp_path: Path) -> None:
    """The single update takes the complete list, which is read just before."""

    async def work(client: StashClient) -> Any:
        change = {"ids": ["1", 2], "rating100": 5, "aliases": {"values": given, "mode": mode}}
        return await client.session.call("bulkStudioUpdate", {"input": change}, ["id"])

    answer = {"a0": {"id": "1", "aliases": ["a", "b"]}, "a1": {"id": "2", "aliases": []}}
    found, request = asked(tmp_path, answer, work)
    assert [each["id"] for each in found] == ["1", "2"]
    assert request["variables"] == {
        "a0_input": {"id": "1", "rating100": 5, "aliases": sent[0]},
        "a1_input": {"id": 2, "rating100": 5, "aliases": sent[1]},
    }


def test_missing_list_field_names_its_release(tmp_path: Path) -> None:
    async def work(client: StashClient) -> Any:
        change = {"ids": ["1"], "tag_ids": {"ids": ["2"], "mode": "ADD"}}
        return await client.session.call("bulkStudioUpdate", {"input": change}, ["id"])

    with pytest.raises(StashCapabilityError, match=r"StudioUpdateInput\.tag_ids needs Stash 0\.27"):
        asked(tmp_path, {}, work)


async def test_partial_failure_of_single_updates(tmp_path: Path) -> None:
    errors = [{"message": "no such studio", "path": ["a1"]}]
    answer = {"data": {"a0": {"id": "1"}, "a1": None}, "errors": errors}

    def reply(request: dict[str, Any]) -> Any:
        return old({})(request) if "__schema" in request["query"] else graphql_response(**answer)

    async with (
        canned_server(reply) as server,
        StashClient(Session(connection_to(server.url, tmp_path))) as client,
    ):
        server.version = "v0.22.1"
        with pytest.raises(StashBatchError, match="1 of 2 failed: no such studio") as caught:
            await client.bulk_studio_update({"ids": [1, 2], "rating100": 60})
        assert [each.succeeded for each in caught.value.result] == [True, False]


def test_rows_decide_where_older_servers_are_wrong(tmp_path: Path) -> None:
    """Before 0.25 servers matched exactly one gender, and failed for none."""
    people = [{"id": "1", "gender": None}, {"id": "2", "gender": "MALE"}, {"id": "3", "gender": "INTERSEX"}]
    answer = {"findPerformers": {"performers": people}}
    for gender, ids in ({"null": True}, ["1"]), ({"in": ["male", "intersex"]}, ["2", "3"]):
        [(lookup, value)] = gender.items()

        async def work(client: StashClient, asked: dict[str, Any]) -> tuple[list[str], int]:
            store = StashEntityStore(client)
            found = await store.find(Performer, fields=["gender"], **asked)
            return [each.id for each in found], await store.count(Performer, **asked)

        question = {f"gender__{lookup}": value}
        found, sent = asked(tmp_path, answer, lambda client, question=question: work(client, question))
        assert found == (ids, len(ids))
        assert "performer_filter" not in sent["query"]


def test_current_servers_are_not_adapted() -> None:
    from schemas import capabilities_of

    from stash_cli.embedded.graphql.schema import library_schema

    assert not capabilities_of(library_schema(), "v0.31").is_older
    assert capabilities_of(old_schema(), "v0.22.1").is_older
