"""Server messages as one readable line, selections from text, and which documents change things."""

from __future__ import annotations

import pytest
from every import every

from stash_cli.core.client.responses import failure, is_refusal
from stash_cli.core.errors import StashGraphQLError, StashLockedError, StashLookupError
from stash_cli.core.graphql import selection
from stash_cli.core.graphql.releases import since


@every(
    ("messages", "line"),
    [
        (["no such thing"], "no such thing"),
        (["twice", "twice", "once"], "twice; once"),
        (["a", "b", "c", "d", "e"], "a; b; c; and 2 more"),
        ([""], "the server gave no reason"),
        (["two\n  lines"], "two lines"),
        (["Internal system error. Error <index out of range>"], "index out of range"),
        (
            ["creating tag: error executing `INSERT INTO `t` (?)` [x]: y]: UNIQUE constraint failed: t.n"],
            "creating tag: UNIQUE constraint failed: t.n",
        ),
        (["x" * 9999], "x" * 240 + "..."),
    ],
)
def test_one_line(messages: list[str], line: str) -> None:
    assert failure([{"message": each} for each in messages], None).message == line


def test_kinds_of_failure() -> None:
    assert isinstance(failure([{"message": "updating: database is locked"}], None), StashLockedError)
    refused = [{"message": "x", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]
    assert is_refusal(StashGraphQLError("x", errors=refused))
    assert is_refusal(StashGraphQLError("x", errors=[{"message": 'Cannot query field "a" on type "B".'}]))
    assert not is_refusal(StashGraphQLError("x", errors=[{"message": "Unknown field 3", "path": ["a"]}]))
    assert not is_refusal(StashGraphQLError("x", errors=refused, data={"a": 1}))


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("id title", ["id", "title"]),
        ("id, title,", ["id", "title"]),
        (
            "id studio { name parent_studio { id } } files.path",
            ["id", "studio.name", "studio.parent_studio.id", "files.path"],
        ),
        ("", []),
    ],
)
def test_fields_from_text(text: str, paths: list[str]) -> None:
    assert selection.parse(text) == paths


@pytest.mark.parametrize("text", ["{ id }", "id }", "studio(id: 1)", "...F", "a: id"])
def test_other_graphql_is_no_list_of_fields(text: str) -> None:
    with pytest.raises(StashLookupError, match="Not a list of fields"):
        selection.parse(text)


@every(
    ("paths", "text"),
    [
        (["id", "studio"], "id studio { id name }"),
        (["studio.name", "studio"], "studio { name id }"),
        (["paths.stream"], "paths { stream }"),
        (["groups"], "groups { group { id name } scene_index }"),
        (["sceneStreams.url"], "sceneStreams { url }"),
        (["scene_streams.url"], "sceneStreams { url }"),
        (["files.duration"], "files { duration }"),
        ([], ""),
    ],
)
def test_selections(paths: list[str], text: str) -> None:
    assert selection.build("Scene", paths) == text


def test_fields_of_some_members_become_fragments() -> None:
    assert (
        selection.build("BaseFile", ["path", "duration"]) == "__typename path ... on VideoFile { duration }"
    )
    clips = selection.build("Image", ["visual_files.width"])
    assert clips == "visual_files { __typename ... on VideoFile { width } ... on ImageFile { width } }"


def test_releases() -> None:
    assert since("SceneUpdateInput.custom_fields") == "0.31"
    assert since("BulkStudioUpdateInput.organized") == "0.31"
    assert since("findFiles") == "0.29"
    assert since("Scene.title") is None
