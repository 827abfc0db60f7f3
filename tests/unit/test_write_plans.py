"""Edits planned as operations: all rows of the quirks table, bulk updates, and older servers."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from schemas import OLD, capabilities_of, old_schema, schema_of
from table_tests import table_test

from stash_cli.core.capabilities import ServerCapabilities
from stash_cli.core.edits.diff import as_json, lines
from stash_cli.core.edits.plan import plan_create, plan_destroy, plan_updates
from stash_cli.core.errors import StashInputError
from stash_cli.core.orm.edit import Change, Edit, MapChange
from stash_cli.core.orm.quirks import QUIRKS, Rule
from stash_cli.core.unset import UNSET

Sent = list[dict[str, Any]]


@cache
def server() -> ServerCapabilities:
    """A server with the complete schema."""
    schema = schema_of("0.31")
    assert schema is not None
    return capabilities_of(schema, "v0.31.0")


def sent(*edits: Edit) -> Sent:
    return [{each.name: each.input} for each in plan_updates(edits, server()).operations]


def edit(name: str, after: Any, *, before: Any = UNSET, one: str = "4") -> Edit:
    """An edit of `Type.field`."""
    type_name, _, field = name.partition(".")
    return Edit(type_name, one, field, before, after)


WRITTEN: dict[str, tuple[tuple[Edit, ...], Sent]] = {
    "Scene.resume_time": (
        (edit("Scene.resume_time", 12.5),),
        [{"sceneSaveActivity": {"id": "4", "resume_time": 12.5}}],
    ),
    "Scene.play_count": (
        (edit("Scene.play_count", 3, before=1),),
        [{"sceneAddPlay": {"id": "4"}}, {"sceneAddPlay": {"id": "4"}}],
    ),
    "Scene.o_counter": ((edit("Scene.o_counter", 0, before=5),), [{"sceneResetO": {"id": "4"}}]),
    "Gallery.title": ((edit("Gallery.title", None),), [{"galleryUpdate": {"id": "4", "title": ""}}]),
    "Scene.play_duration": (
        (edit("Scene.play_duration", None),),
        [{"sceneUpdate": {"id": "4", "play_duration": 0}}],
    ),
    "SceneMarker.title": (
        (edit("SceneMarker.title", None),),
        [{"sceneMarkerUpdate": {"id": "4", "title": ""}}],
    ),
    "GalleryChapter.title": (
        (edit("GalleryChapter.title", None),),
        [{"galleryChapterUpdate": {"id": "4", "title": ""}}],
    ),
    "SceneMarker.tag_ids": (
        (edit("SceneMarker.tags", ["7"], one="1"), edit("SceneMarker.tags", ["7"], one="2")),
        [
            {"sceneMarkerUpdate": {"id": "1", "tag_ids": ["7"]}},
            {"sceneMarkerUpdate": {"id": "2", "tag_ids": ["7"]}},
        ],
    ),
    "SceneMarker.primary_tag_id": (
        (edit("SceneMarker.primary_tag", "7", one="1"), edit("SceneMarker.primary_tag", "7", one="2")),
        [
            {"sceneMarkerUpdate": {"id": "1", "primary_tag_id": "7"}},
            {"sceneMarkerUpdate": {"id": "2", "primary_tag_id": "7"}},
        ],
    ),
    "Scene.title": (
        (edit("Scene.title", None, one="1"), edit("Scene.title", None, one="2")),
        [{"sceneUpdate": {"id": "1", "title": None}}, {"sceneUpdate": {"id": "2", "title": None}}],
    ),
}
"""Row of the quirks table -> edits, and the operations that must be planned."""

REFUSED = {
    "Scene.cover_image": "",
    "*.primary_file_id": None,
    "*.organized": None,
    "*.favorite": None,
    "*.ignore_auto_tag": None,
    "*.name": "",
    "SceneMarker.seconds": None,
    "SceneMarker.scene_id": None,
    "SceneMarker.primary_tag_id": None,
    "GalleryChapter.gallery_id": None,
    "GalleryChapter.image_index": None,
}
"""Row of the quirks table -> a clearing that every server rejects."""

TYPES = {"primary_file_id": "Image", "organized": "Gallery", "favorite": "Tag", "name": "Studio"}


def test_every_quirk_is_tested() -> None:
    refused = {f"{row.type}.{row.field}" for row in QUIRKS if row.rule is Rule.NOT_CLEARABLE}
    assert refused == REFUSED.keys()
    others = {f"{row.type}.{row.field}" for row in QUIRKS if row.rule is not Rule.NOT_CLEARABLE}
    assert others == WRITTEN.keys()


@table_test("row", WRITTEN)
def test_field_is_written_as_the_server_stores_it(row: str) -> None:
    edits, wanted = WRITTEN[row]
    assert sent(*edits) == wanted


@table_test("row", REFUSED)
def test_unclearable_field_is_rejected_before_sending(row: str) -> None:
    type_name, _, field = row.partition(".")
    type_name = TYPES.get(field, "Performer") if type_name == "*" else type_name
    attr = field if field == "primary_file_id" else field.removesuffix("_id")
    with pytest.raises(StashInputError, match="cannot be cleared: "):
        sent(edit(f"{type_name}.{attr}", REFUSED[row]))


def test_null_custom_field_is_removed() -> None:
    changed = edit("Performer.custom_fields", MapChange({"a": None, "b": 1}, ("c",)))
    assert sent(changed) == [
        {"performerUpdate": {"id": "4", "custom_fields": {"partial": {"b": 1}, "remove": ["c", "a"]}}}
    ]
    assert sent(edit("Performer.custom_fields", {"a": None, "b": 1})) == [
        {"performerUpdate": {"id": "4", "custom_fields": {"full": {"b": 1}}}}
    ]


def test_equal_changes_become_bulk_updates_of_250() -> None:
    many = [
        each
        for n in range(1, 1001)
        for each in (
            edit("Scene.rating100", 80, one=str(n)),
            edit("Scene.tags", Change(("5",), ("6",)), before=["6", str(n)], one=str(n)),
        )
    ]
    operations = plan_updates(many, server()).operations
    assert [len(each.ids) for each in operations] == [250] * 8
    assert operations[0].input["rating100"] == 80
    assert operations[0].input["tag_ids"] == {"ids": ["6"], "mode": "REMOVE"}
    assert operations[4].input == {"ids": list(operations[4].ids), "tag_ids": {"ids": ["5"], "mode": "ADD"}}
    assert {each.before is UNSET for op in operations for each in op.edits if each.field == "tags"} == {False}
    assert {(each.id, each.field) for op in operations for each in op.edits} == {
        (str(n), field) for n in range(1, 1001) for field in ("rating100", "tags")
    }


def test_changes_beyond_bulk_updates_are_sent_per_object() -> None:
    edits = [edit("Gallery.title", "x"), edit("Gallery.tags", Change(added=("5",)), before=["1"])]
    assert sent(*edits) == [
        {"bulkGalleryUpdate": {"ids": ["4"], "tag_ids": {"ids": ["5"], "mode": "ADD"}}},
        {"galleryUpdate": {"id": "4", "title": "x"}},
    ]


def test_list_with_link_data_is_changed_incrementally() -> None:
    groups = Change(added=({"group_id": "3"},), removed=({"group_id": "1"},))
    before = [{"group_id": "1", "scene_index": 2}, {"group_id": "2", "scene_index": 9}]
    assert sent(edit("Scene.groups", groups, before=before)) == [
        {"bulkSceneUpdate": {"ids": ["4"], "group_ids": {"ids": ["1"], "mode": "REMOVE"}}},
        {"bulkSceneUpdate": {"ids": ["4"], "group_ids": {"ids": ["3"], "mode": "ADD"}}},
    ]


def test_added_items_with_link_data_are_written_separately() -> None:
    """A bulk update takes only ids."""
    added = Change(added=({"group_id": "3", "scene_index": 0},))
    before = [{"group_id": "1", "scene_index": 2}]
    groups = [{"group_id": "1", "scene_index": 2}, {"group_id": "3", "scene_index": 0}]
    assert sent(edit("Scene.groups", added, before=before)) == [
        {"sceneUpdate": {"id": "4", "groups": groups}}
    ]


def test_server_without_bulk_update_gets_the_whole_list() -> None:
    added = edit("Gallery.urls", Change(added=("B",)), before=["A"])
    [planned] = plan_updates([added], capabilities_of(old_schema(), OLD)).operations
    assert (planned.name, planned.input) == ("galleryUpdate", {"id": "4", "urls": ["A", "B"]})


def test_only_supported_fields_are_read_before_a_change() -> None:
    old = capabilities_of(old_schema(), OLD)
    assert old.has_path("Scene", "groups.group.rating100")
    assert not old.has_path("Scene", "groups.scene_index.x")
    assert not old.has_path("Scene", "galleries.urls")
    assert not old.has_path("Scene", "tags.id")


def test_create_and_delete_are_planned_with_their_edits() -> None:
    made = plan_create("Tag", {"name": "x"})
    assert (made.name, made.args) == ("tagCreate", {"input": {"name": "x"}})
    assert made.edits == (Edit("Tag", "", "name", UNSET, "x"),)
    gone = list(plan_destroy("Scene", ["1", "2", "3"], {"delete_file": True}, size=2))
    assert [each.args for each in gone] == [
        {"input": {"ids": ["1", "2"], "delete_file": True}},
        {"input": {"ids": ["3"], "delete_file": True}},
    ]
    assert gone[1].edits == (Edit("Scene", "3", "id", "3", None),)


def test_plan_is_rendered_as_old_and_new_and_as_json() -> None:
    edits = [
        edit("Scene.rating100", 80, before=60),
        edit("Scene.title", "a\tb", before=None),
        edit("Scene.tags", Change(("5",), ("6",)), before=["6", "1"]),
        edit("Scene.urls", ["b"], before=["a"]),
        edit("Scene.custom_fields", MapChange({"a": 1}, ("b",)), before={"b": "x"}),
        edit("Scene.cover_image", "https://a.example/1.jpg"),
    ]
    assert [*lines(edits)] == [
        "scene 4  rating100: 60 -> 80",
        'scene 4  title: nothing -> "a\\tb"',
        "scene 4  tags: -6 +5",
        'scene 4  urls: -"a" +"b"',
        'scene 4  custom_fields: a: 1  -b: "x"',
        'scene 4  cover_image: "https://a.example/1.jpg"',
    ]
    shown = as_json(plan_updates(edits, server()))
    assert shown["edits"][0] == {"type": "Scene", "id": "4", "field": "rating100", "before": 60, "after": 80}
    assert shown["edits"][2]["removed"] == ["6"]
    assert "before" not in shown["edits"][5]
    assert [name for each in shown["operations"] for name in each] == ["bulkSceneUpdate"] * 2 + [
        "sceneUpdate"
    ]


def test_long_plan_lists_first_objects_and_counts_all() -> None:
    many = [edit("Tag.aliases", [], before=["a", "b"], one=str(n)) for n in range(30)]
    told = [*lines(many)]
    assert told[0] == 'tag 0  aliases: -"a" -"b"'
    assert told[20:] == ["and 10 more objects"]
