"""Rules of each entity on create, update, merge and delete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from library_client import LibraryClient, library_client


@pytest.fixture
def ask(library_file: Path) -> Iterator[LibraryClient]:
    with library_client(library_file) as client:
        yield client


def count(ask: LibraryClient, entities: str) -> int:
    return ask(f"{{ find{entities} {{ count }} }}")["count"]


@pytest.mark.parametrize("entity", ["performer", "studio", "tag"])
def test_names_are_required_and_unique_ignoring_case(ask, entity):
    first = ask.create(f"{entity}Create", name=" Ada ")
    assert ask.write_error(f"{entity}Create", name=" ") == f"{entity} name must not be blank"
    assert ask.write_error(f"{entity}Create", name="ada") == f"{entity} with name 'ada' already exists"
    assert ask.write_error(f"{entity}Update", id=first, name=None) == f"{entity} name must not be blank"
    assert ask.write(f"{entity}Update", "{ name }", id=first, name="ADA") == {"name": "ADA"}


@pytest.mark.parametrize("entity", ["studio", "tag"])
def test_names_and_aliases_share_one_namespace(ask, entity):
    first = ask.create(f"{entity}Create", name="Beach", aliases=["Shore", "Beach"])
    assert ask.write_error(f"{entity}Create", name="shore") == "name 'shore' is used as alias for 'Beach'"
    assert (
        ask.write_error(f"{entity}Create", name="x", aliases=["beach"])
        == f"{entity} with name 'beach' already exists"
    )
    assert (
        ask.write_error(f"{entity}Create", name="x", aliases=[""])
        == f"{entity} alias must not be an empty string"
    )
    assert (
        ask.write_error(f"{entity}Create", name="x", aliases=["SHORE"])
        == "name 'SHORE' is used as alias for 'Beach'"
    )
    assert ask.write(f"{entity}Update", "{ aliases }", id=first, name="Coast")["aliases"] == [
        "Beach",
        "Shore",
    ]


def test_performers_are_unique_by_name_and_disambiguation(ask):
    ask.create("performerCreate", name="Ada")
    other = ask.create("performerCreate", name="Ada", disambiguation="b")
    message = "performer with name 'Ada' and disambiguation 'b' already exists"
    assert ask.write_error("performerCreate", name="Ada", disambiguation="b") == message
    assert (
        ask.write_error("performerUpdate", id=other, disambiguation="")
        == "performer with name 'Ada' already exists"
    )


def test_performer_aliases_and_dates(ask):
    made = ask.write("performerCreate", "{ id alias_list }", name="Ada", alias_list=["b1", "a1", ""])
    assert made["alias_list"] == ["", "a1", "b1"]
    assert (
        ask.write_error("performerUpdate", id=made["id"], alias_list=["x", "X"])
        == "performer contains duplicate alias 'X'"
    )
    assert (
        ask.write_error("performerUpdate", id=made["id"], name="A1")
        == "performer contains duplicate alias 'a1'"
    )
    ask.write("performerUpdate", id=made["id"], birthdate="1990")
    message = "death date 1989-05 should be after birthdate 1990"
    assert ask.write_error("performerUpdate", id=made["id"], death_date="1989-05") == message


def test_scene_requires_a_title_or_files(ask):
    assert ask.write_error("sceneCreate") == "title must be set if scene has no files"
    scene = ask.create("sceneCreate", title="x")
    assert ask.write_error("sceneUpdate", id=scene, title=" ") == "title must be set if scene has no files"
    assert ask.write_error("sceneCreate", file_ids=["7"]).endswith(
        "getting file by id 7: sql: no rows in result set"
    )
    assert "not associated with scene" in ask.write_error("sceneUpdate", id=scene, primary_file_id="7")


def test_fields_a_scene_update_ignores(ask):
    scene = ask.create("sceneCreate", title="x")
    selection = "{ resume_time play_count o_counter play_duration }"
    written = ask.write(
        "sceneUpdate", selection, id=scene, resume_time=5, play_count=3, o_counter=2, play_duration=7
    )
    assert written == {"resume_time": 0, "play_count": 0, "o_counter": 0, "play_duration": 7}


def test_groups_of_a_scene(ask):
    groups = [ask.create("groupCreate", name="same") for _ in range(2)]
    entry = [{"group_id": groups[0], "scene_index": 3}]
    selection = "{ id groups { group { id } scene_index } }"
    scene = ask.write("sceneCreate", selection, title="x", groups=entry)
    assert scene["groups"] == [{"group": {"id": groups[0]}, "scene_index": 3}]
    assert "of group 1 is given twice" in ask.write_error("sceneUpdate", id=scene["id"], groups=entry * 2)
    older = [{"movie_id": groups[1], "scene_index": 1}]
    assert (
        ask.write("sceneUpdate", selection, id=scene["id"], movies=older)["groups"][0]["group"]["id"]
        == groups[1]
    )
    assert ask.write("sceneUpdate", selection, id=scene["id"], movies=older, groups=[])["groups"] == []


def test_gallery_title(ask):
    assert ask.write_error("galleryCreate", title="") == "title must not be empty"
    gallery = ask.create("galleryCreate", title=" ")
    assert (
        ask.write_error("galleryUpdate", id=gallery, title="")
        == "title must not be empty for user-created galleries"
    )
    assert ask.write("galleryUpdate", "{ title }", id=gallery, title=" x ") == {"title": " x "}
    assert ask.write("galleryUpdate", "{ title }", id=gallery, title=None) == {"title": " x "}


def test_markers(ask):
    scene, (a, b) = ask.create("sceneCreate", title="x"), [ask.create("tagCreate", name=n) for n in "ab"]
    selection = "{ id title primary_tag { id } tags { id } }"
    given = {"title": "", "seconds": -1, "scene_id": scene, "primary_tag_id": a}
    marker = ask.write("sceneMarkerCreate", selection, **given, tag_ids=[a, b])
    assert marker["tags"] == [{"id": b}]
    late = "end_seconds (3.000000) must be greater than or equal to seconds (5.000000)"
    assert ask.write_error("sceneMarkerUpdate", id=marker["id"], seconds=5, end_seconds=3) == late
    assert ask.write("sceneMarkerUpdate", selection, id=marker["id"], tag_ids=None)["tags"] == []
    assert ask.error('mutation { sceneMarkerDestroy(id: "9") }') == "scene marker with id 9 not found"
    assert ask("mutation { sceneMarkersDestroy(ids: []) }") is True


def test_groups_contain_groups_in_order(ask):
    whole, *parts = [ask.create("groupCreate", name=name) for name in "wabc"]

    def order():
        found = ask("query($id: ID!) { findGroup(id: $id) { sub_groups { group { name } } } }", id=whole)
        return "".join(entry["group"]["name"] for entry in found["sub_groups"])

    def add(place, *ids):
        entries = [{"group_id": group} for group in ids]
        return ask.write(
            "addGroupSubGroups", "", containing_group_id=whole, sub_groups=entries, insert_index=place
        )

    add(None, parts[0])
    add(1, parts[1])
    add(0, parts[2])
    assert order() == "bac"
    reorder = {"group_id": whole, "sub_group_ids": [parts[2]], "insert_at_id": parts[1]}
    ask.write("reorderSubGroups", "", **reorder)
    assert order() == "cba"
    ask.write("reorderSubGroups", "", **reorder, insert_after=True)
    assert order() == "bca"
    again = ask.write_error(
        "addGroupSubGroups", "", containing_group_id=whole, sub_groups=[{"group_id": parts[0]}]
    )
    assert again == f"subgroups with IDs [{parts[0]}] already in group"
    lost = ask.write_error("reorderSubGroups", "", **{**reorder, "insert_at_id": "99"})
    assert lost == f"sub-group 99 not found in containing group {whole}"
    cycle = "a group cannot be contained by one of its subgroups"
    assert (
        ask.write_error(
            "addGroupSubGroups", "", containing_group_id=parts[0], sub_groups=[{"group_id": whole}]
        )
        == cycle
    )
    assert ask.write_error("groupUpdate", id=whole, containing_groups=[{"group_id": parts[0]}]) == cycle
    assert ask.write_error("groupUpdate", id=whole, sub_groups=[{"group_id": whole}]) == cycle
    ask.write("removeGroupSubGroups", "", containing_group_id=whole, sub_group_ids=[parts[2], "99"])
    assert order() == "ba"


def test_tag_cycles_are_rejected(ask):
    top, middle, low = (ask.create("tagCreate", name=name) for name in ("top", "middle", "low"))
    ask.write("tagUpdate", id=middle, parent_ids=[top])
    ask.write("tagUpdate", id=low, parent_ids=[middle, top])
    assert ask.write_error("tagUpdate", id=top, parent_ids=[low]) == (
        'cannot apply tag "low" as a parent of "top" as it is already a descendant (top->low)'
    )
    assert ask.write_error("tagUpdate", id=low, child_ids=[top]).startswith(
        'cannot apply tag "top" as a child of "low" as it is already an ancestor ('
    )
    assert ask.write_error("tagCreate", name="new", parent_ids=[low], child_ids=[top]).endswith(
        "already a descendant"
    )
    assert ask.write_error("tagUpdate", id=top, parent_ids=[top]).endswith("(top)")


def test_studio_cycles_are_rejected(ask):
    first = ask.create("studioCreate", name="a")
    second = ask.create("studioCreate", name="b", parent_id=first)
    for studio, parent in ((first, first), (first, second)):
        assert (
            ask.write_error("studioUpdate", id=studio, parent_id=parent)
            == "studio cannot be an ancestor of itself"
        )
    ask.write("studioDestroy", "", id=first)
    assert ask(f'{{ findStudio(id: "{second}") {{ parent_studio {{ id }} }} }}') == {"parent_studio": None}


@pytest.mark.parametrize("entity", ["performer", "studio", "tag", "group"])
def test_deleting_a_list_is_all_or_nothing(ask, entity):
    made = [ask.create(f"{entity}Create", name=name) for name in "ab"]
    message = ask.error(f"mutation($ids: [ID!]!) {{ {entity}sDestroy(ids: $ids) }}", ids=[made[0], "99"])
    assert message == f"id 99 does not exist in {entity}s"
    assert count(ask, f"{entity.title()}s") == 2
    assert ask(f"mutation($ids: [ID!]!) {{ {entity}sDestroy(ids: $ids) }}", ids=made) is True
    assert count(ask, f"{entity.title()}s") == 0


def test_tag_used_as_primary_tag_cannot_be_deleted(ask):
    scene, tag = ask.create("sceneCreate", title="x"), ask.create("tagCreate", name="t")
    ask.create("sceneMarkerCreate", title="", seconds=1, scene_id=scene, primary_tag_id=tag)
    message = "cannot delete tag used as a primary tag in scene markers"
    assert ask.write_error("tagDestroy", "", id=tag) == message
    ask.write("sceneDestroy", "", id=scene)
    assert ask.write("tagDestroy", "", id=tag) is True


def test_movies_are_groups_by_their_older_name(ask):
    made = ask.write("movieCreate", "{ id name urls }", name="x", url="u")
    assert made == {"id": "1", "name": "x", "urls": ["u"]}
    assert ask.write("movieUpdate", "{ name }", id="1", name="y") == {"name": "y"}
    assert ask('{ findGroup(id: "1") { name } }') == {"name": "y"}
    assert ask.write_error("groupUpdate", id="9") == "not found"
    assert ask.write("movieDestroy", "", id="1") is True
    assert ask.write_error("groupDestroy", "", id="1") == "id 1 does not exist in groups"


def test_merging_tags(ask):
    selection = "{ id aliases scene_count scene_marker_count parents { name } }"
    above = ask.create("tagCreate", name="above")
    a, b = (ask.create("tagCreate", name=n, aliases=[n * 2], parent_ids=[above]) for n in "ab")
    scene = ask.create("sceneCreate", title="x", tag_ids=[a, b])
    ask.create("sceneMarkerCreate", title="", seconds=1, scene_id=scene, primary_tag_id=a)
    merged = ask.write("tagsMerge", selection, source=[a], destination=b)
    assert merged["aliases"] == ["a", "aa", "bb"]
    assert (merged["scene_count"], merged["scene_marker_count"]) == (1, 1)
    assert merged["parents"] == [{"name": "above"}]
    assert ask.write("tagsMerge", selection, source=[], destination=b) is None
    assert (
        ask.write_error("tagsMerge", source=[b], destination=b) == "cannot merge where source == destination"
    )
    assert ask.write_error("tagsMerge", source=["99"], destination=b) == "id 99 does not exist in tags"
    assert ask.write_error("tagsMerge", source=[b], destination="99") == "tag with id 99 not found"


def test_merging_a_tag_with_its_parent(ask):
    above = ask.create("tagCreate", name="above")
    below = ask.create("tagCreate", name="below", parent_ids=[above])
    merged = ask.write("tagsMerge", "{ parents { id } children { id } }", source=[below], destination=above)
    assert merged == {"parents": [], "children": []}


def test_merging_scenes_moves_file_data_and_history_on_request(ask):
    tag = ask.create("tagCreate", name="t")
    a, b = (ask.create("sceneCreate", title=n, tag_ids=[tag] if n == "a" else []) for n in "ab")
    ask.create("sceneMarkerCreate", title="", seconds=1, scene_id=a, primary_tag_id=tag)
    ask("mutation($id: ID!) { sceneAddPlay(id: $id) { count } }", id=a)
    ask("mutation($id: ID!) { sceneAddO(id: $id) { count } }", id=a)
    selection = "{ title tags { id } scene_markers { id } play_count o_counter }"
    merged = ask.write(
        "sceneMerge", selection, source=[a], destination=b, o_history=True, values={"id": b, "title": "c"}
    )
    assert merged == {
        "title": "c",
        "tags": [],
        "scene_markers": [{"id": "1"}],
        "play_count": 0,
        "o_counter": 1,
    }
    assert count(ask, "Scenes") == 1
    assert (
        ask.write_error("sceneMerge", source=[b], destination=b)
        == "destination scene cannot be in source list"
    )
    assert (
        ask.write_error("sceneMerge", source=["99"], destination=b)
        == "finding source scenes: scene with id 99 not found"
    )


def test_merging_performers_unites_their_appearances(ask):
    a, b = (ask.create("performerCreate", name=n, alias_list=[n * 2]) for n in "ab")
    for cast in ([a], [b], [a, b]):
        ask.create("sceneCreate", title="x", performer_ids=cast)
    merged = ask.write("performerMerge", "{ scene_count alias_list }", source=[a], destination=b)
    assert merged == {"scene_count": 3, "alias_list": ["bb"]}
    legacy = ask.write_error("performerMerge", source=[a], destination=b, values={"id": b, "url": "x"})
    assert legacy == "Merging legacy performer URLs is not supported"
    assert (
        ask.write_error("performerMerge", source=[b], destination="99")
        == "updating performer: sql: no rows in result set"
    )


def test_saved_filters(ask):
    given = {
        "mode": "SCENES",
        "name": " best ",
        "object_filter": {"b": 1, "a": [None]},
        "find_filter": {"sort": "date"},
    }
    selection = "{ id mode name object_filter find_filter { sort } ui_options }"
    saved = ask.write("saveFilter", selection, **given)
    assert saved["name"] == "best"
    assert saved["object_filter"] == {"a": [None], "b": 1}
    assert (
        ask.write("saveFilter", selection, id=saved["id"], mode="SCENES", name="worst")["object_filter"]
        is None
    )
    assert "is already used by filter" in ask.write_error("saveFilter", mode="SCENES", name="worst")
    assert ask.write_error("saveFilter", mode="SCENES", name=" ") == "name must be non-empty"
    assert ask.write("saveFilter", "{ id name }", id="99", mode="TAGS", name="x") == {"id": "99", "name": "x"}
    assert len(ask("{ findSavedFilters { id } }")) == 1
    assert ask.write("destroySavedFilter", "", id=saved["id"]) is True
    assert ask.write_error("destroySavedFilter", "", id="1") == "id 1 does not exist in saved_filters"


def test_default_filter_of_a_view(ask):
    ask.write("setDefaultFilter", "", mode="SCENES", find_filter={"sort": "date"})
    found = ask("{ findDefaultFilter(mode: SCENES) { id name find_filter { sort } } }")
    assert found == {"id": "0", "name": "", "find_filter": {"sort": "date"}}
    ask.write("setDefaultFilter", "", mode="SCENES")
    assert ask("{ findDefaultFilter(mode: SCENES) { id } }") is None


def test_unsupported_operations_are_reported(ask):
    message = ask.error("mutation { downloadFFMpeg }")
    assert message == "downloadFFMpeg is not available in an embedded library"
    assert "set up already" in ask.write_error(
        "setup",
        "",
        configLocation="",
        stashes=[],
        databaseFile="",
        generatedLocation="",
        cacheLocation="",
        storeBlobsInDatabase=True,
        blobsLocation="",
    )
