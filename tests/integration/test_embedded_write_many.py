"""Bulk updates, update lists, play and O history."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from library_client import LibraryClient, library_client


@pytest.fixture
def ask(library_file: Path) -> Iterator[LibraryClient]:
    with library_client(library_file) as client:
        yield client


@pytest.fixture
def scenes(ask) -> list[str]:
    for name in "abc":
        ask.create("tagCreate", name=name)
    return [ask.create("sceneCreate", title=title, tag_ids=["1", "2"]) for title in "xyz"]


def tags(ask: LibraryClient, ids: list[str], mode: str, *values: str | None) -> list[list[str]]:
    change = {"mode": mode, "ids": list(values)}
    found = ask.write("bulkSceneUpdate", "{ tags { id } }", ids=ids, tag_ids=change)
    return [sorted(tag["id"] for tag in scene["tags"]) for scene in found]


def test_bulk_modes(ask, scenes):
    assert tags(ask, scenes[:2], "ADD", "2", "3") == [["1", "2", "3"]] * 2
    assert tags(ask, scenes, "REMOVE", "2", "3", "99") == [["1"]] * 3
    assert tags(ask, scenes[:1], "SET", "3") == [["3"]]
    assert tags(ask, scenes[:1], "SET") == [[]]


def test_absent_and_null_fields_in_a_bulk_update(ask, scenes):
    ask.write("bulkSceneUpdate", ids=scenes, rating100=50, date="2020")
    found = ask.write("bulkSceneUpdate", "{ rating100 date title }", ids=scenes[:1], rating100=None)
    assert found == [{"rating100": None, "date": "2020", "title": "x"}]


def test_string_lists_in_a_bulk_update(ask, scenes):
    def urls(mode, *values):
        change = {"mode": mode, "values": list(values)}
        return ask.write("bulkSceneUpdate", "{ urls }", ids=scenes[:1], urls=change)[0]["urls"]

    assert urls("SET", "b", "a", "b") == ["b", "a", "b"]
    assert urls("ADD", "a", "c") == ["b", "a", "b", "c"]
    assert urls("REMOVE", "b") == ["a", "c"]


def test_bulk_update_is_all_or_nothing_and_keeps_the_order(ask, scenes):
    assert (
        ask.write_error("bulkSceneUpdate", ids=[scenes[0], "99"], rating100=1) == "sql: no rows in result set"
    )
    found = ask.write("bulkSceneUpdate", "{ id rating100 }", ids=scenes[::-1], organized=True)
    assert found == [{"id": number, "rating100": None} for number in scenes[::-1]]
    assert ask.write("bulkSceneUpdate", ids=[], rating100=1) is None
    assert ask.write("bulkSceneUpdate", rating100=1) is None


def test_bulk_title_may_be_empty(ask, scenes):
    assert ask.write("bulkSceneUpdate", "{ title }", ids=scenes[:1], title="") == [{"title": ""}]


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("bulkPerformerUpdate", "performer with id 99 not found"),
        ("bulkStudioUpdate", "studio with id 99 not found"),
        ("bulkTagUpdate", "tag with id 99 not found"),
        ("bulkImageUpdate", "image with id 99 not found"),
        ("bulkGroupUpdate", "not found"),
        ("bulkMovieUpdate", "not found"),
        ("bulkGalleryUpdate", "sql: no rows in result set"),
        ("bulkSceneMarkerUpdate", "sql: no rows in result set"),
    ],
)
def test_bulk_update_of_a_missing_object(ask, operation, message):
    assert ask.write_error(operation, ids=["99"]) == message


def test_bulk_updates_of_other_entities(ask, scenes):
    performers = [ask.create("performerCreate", name=name) for name in "pq"]
    change = {"favorite": True, "gender": "FEMALE", "alias_list": {"mode": "ADD", "values": ["z"]}}
    found = ask.write("bulkPerformerUpdate", "{ favorite gender alias_list }", ids=performers, **change)
    assert found == [{"favorite": True, "gender": "FEMALE", "alias_list": ["z"]}] * 2
    fields = {"custom_fields": {"partial": {"n": 1}}}
    assert ask.write("bulkPerformerUpdate", "{ custom_fields }", ids=performers[:1], **fields) == [
        {"custom_fields": {"n": 1}}
    ]
    studios = [ask.create("studioCreate", name=name) for name in "pq"]
    assert "ancestor of itself" in ask.write_error("bulkStudioUpdate", ids=studios, parent_id=studios[0])
    parents = {"parent_ids": {"mode": "ADD", "ids": ["1"]}}
    assert (
        ask.write("bulkTagUpdate", "{ parents { id } }", ids=["2", "3"], **parents)
        == [{"parents": [{"id": "1"}]}] * 2
    )
    given = {"title": "", "seconds": 1, "scene_id": scenes[0], "primary_tag_id": "1"}
    marker = ask.create("sceneMarkerCreate", **given)
    selection = "{ primary_tag { id } tags { id } }"
    swap = {"primary_tag_id": "2", "tag_ids": {"mode": "SET", "ids": ["2", "3"]}}
    assert ask.write("bulkSceneMarkerUpdate", selection, ids=[marker], **swap) == [
        {"primary_tag": {"id": "2"}, "tags": [{"id": "3"}]}
    ]
    promoted = {"primary_tag_id": "3", "tag_ids": {"mode": "ADD", "ids": ["1"]}}
    assert ask.write("bulkSceneMarkerUpdate", selection, ids=[marker], **promoted) == [
        {"primary_tag": {"id": "3"}, "tags": [{"id": "1"}]}
    ]
    exchanged = {"tag_ids": {"mode": "SET", "ids": ["2"]}}
    assert ask.write("bulkSceneMarkerUpdate", selection, ids=[marker], **exchanged) == [
        {"primary_tag": {"id": "3"}, "tags": [{"id": "2"}]}
    ]


def test_bulk_groups(ask, scenes):
    groups = [ask.create("groupCreate", name=name) for name in "abc"]
    selection = "{ groups { group { id } scene_index } }"
    added = ask.write(
        "bulkSceneUpdate", selection, ids=scenes[:1], group_ids={"mode": "ADD", "ids": groups[:2]}
    )
    assert added == [{"groups": [{"group": {"id": number}, "scene_index": None} for number in groups[:2]]}]
    inside = {"mode": "SET", "groups": [{"group_id": groups[0], "description": "d"}]}
    found = ask.write(
        "bulkGroupUpdate",
        "{ containing_groups { group { id } description } }",
        ids=groups[1:],
        containing_groups=inside,
    )
    assert found == [{"containing_groups": [{"group": {"id": groups[0]}, "description": "d"}]}] * 2


def test_update_lists_are_all_or_nothing(ask, scenes):
    document = "mutation($i: [SceneUpdateInput!]!) { scenesUpdate(input: $i) { title } }"
    assert ask(document, i=[{"id": scenes[0], "title": "new"}, {"id": scenes[1]}]) == [
        {"title": "new"},
        {"title": "y"},
    ]
    assert (
        ask.error(document, i=[{"id": scenes[0], "title": "newer"}, {"id": "99"}])
        == "scene with id 99 not found"
    )
    assert ask('{ findScene(id: "1") { title } }') == {"title": "new"}


def history(ask: LibraryClient, operation: str, scene: str, *times: str) -> list[str]:
    document = (
        f"mutation($id: ID!, $t: [Timestamp!]) {{ {operation}(id: $id, times: $t) {{ count history }} }}"
    )
    found = ask(document, id=scene, t=list(times))
    assert found["count"] == len(found["history"])
    return found["history"]


@pytest.mark.parametrize("kind", ["Play", "O"])
def test_history_is_stored_in_utc_newest_first(ask, scenes, kind):
    added = history(
        ask, f"sceneAdd{kind}", scenes[0], "2024-01-02", "2024-01-02T03:04:05+02:00", "2024-01-03 10:00:00"
    )
    assert added == ["2024-01-03T10:00:00Z", "2024-01-02T01:04:05Z", "2024-01-02T00:00:00Z"]
    assert len(history(ask, f"sceneAdd{kind}", scenes[0])) == 4
    assert len(history(ask, f"sceneDelete{kind}", scenes[0])) == 3
    left = history(ask, f"sceneDelete{kind}", scenes[0], "2024-01-02T02:04:05+01:00", "1999-01-01")
    assert left == ["2024-01-03T10:00:00Z", "2024-01-02T00:00:00Z"]
    assert history(ask, f"sceneDelete{kind}", "99") == []
    refusal = ask.error(f'mutation {{ sceneAdd{kind}(id: "99") {{ count }} }}')
    assert refusal == "there is no scene 99"


def test_relative_times(ask, scenes):
    assert len(history(ask, "sceneAddPlay", scenes[0], "<4h", ">30m")) == 2


def test_older_counters(ask, scenes):
    def change(operation):
        return ask(f"mutation($id: ID!) {{ {operation}(id: $id) }}", id=scenes[0])

    assert [change("sceneIncrementO"), change("sceneIncrementO"), change("sceneDecrementO")] == [1, 2, 1]
    assert [change("sceneDecrementO"), change("sceneDecrementO"), change("sceneResetO")] == [0, 0, 0]
    assert [change("sceneIncrementPlayCount"), change("sceneResetPlayCount")] == [1, 0]


def test_activity(ask, scenes):
    given = "id: $id, resume_time: $r, playDuration: $d"
    save = f"mutation($id: ID!, $r: Float, $d: Float) {{ sceneSaveActivity({given}) }}"
    selection = "query($id: ID!) { findScene(id: $id) { resume_time play_duration play_count } }"
    assert ask(save, id=scenes[0], r=12.5, d=10)
    assert ask(save, id=scenes[0], d=5)
    assert ask(selection, id=scenes[0]) == {"resume_time": 12.5, "play_duration": 15, "play_count": 0}
    assert ask("mutation($id: ID!) { sceneResetActivity(id: $id, reset_resume: true) }", id=scenes[0])
    assert ask(selection, id=scenes[0]) == {"resume_time": 0, "play_duration": 15, "play_count": 0}
    assert ask(save, id="99") is True
    assert ask.error(save, id="99", r=1) == "id 99 does not exist in scenes"
