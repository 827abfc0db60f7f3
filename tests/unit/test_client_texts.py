"""Server messages as one readable line, field selections from text, and kinds of documents."""

from __future__ import annotations

import re

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashGraphQLError, StashLockedError, StashLookupError
from stash_cli.core.graphql import selection
from stash_cli.core.graphql.releases import since
from stash_cli.core.graphql.responses import failure, is_refusal


@table_test(
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
            "creating tag: another object has the same n, or it is given twice",
        ),
        (
            ["inserting into t: executing `INSERT` [[]]: UNIQUE constraint failed: tag_aliases.alias"],
            "the alias is given twice, or another tag has it",
        ),
        (
            ["finding by name: querying `SELECT * FROM `tags` WHERE x` [[a [b]: c]]: gone"],
            "finding by name: gone",
        ),
        (
            ["error finding IDs: running query: SELECT DISTINCT a WHERE (b = ?) [[50]]: no good"],
            "error finding IDs: no good",
        ),
        (["executing query: SELECT a [[]]: no good"], "no good"),
        (
            ["error executing count query with SQL: SELECT COUNT(*), args: [1, 2], error: no good"],
            "no good",
        ),
        (["x" * 9999], "x" * 240 + "..."),
    ],
)
def test_one_line(messages: list[str], line: str) -> None:
    assert failure([{"message": each} for each in messages], None).message == line


RAW = [
    ("UNIQUE constraint failed: tag_aliases.alias", "the alias is given twice, or another tag has it"),
    (
        "setting groups: UNIQUE constraint failed: groups_scenes.group_id, groups_scenes.scene_id",
        "setting groups: another object has the same group id and scene id, or it is given twice",
    ),
    (
        "UNIQUE constraint failed: index 'performers_name_unique'",
        "another performer has this name",
    ),
    ("FOREIGN KEY constraint failed", "it names an object that does not exist, or is still used by another"),
    ("NOT NULL constraint failed: scene_markers.primary_tag_id", "primary tag id must have a value"),
    ("CHECK constraint failed: containing_id != sub_id", "a value is not one that the server can hold"),
    ('converting ids: strconv.Atoi: parsing "x": invalid syntax', 'ids: "x" is not a number'),
    (
        'strconv.Atoi: parsing "99999999999999999999": value out of range',
        '"99999999999999999999" is too large a number',
    ),
    (
        'converting phash zz: strconv.ParseUint: parsing "zz": invalid syntax',
        'phash zz: "zz" is not a number',
    ),
    ('strconv.ParseBool: parsing "maybe": invalid syntax', '"maybe" is not true or false'),
    (
        'converting date: failed to parse date "x": [parsing time "x" as "2006": cannot parse "x" as "2006"]',
        'date: "x" is not a date: write 2024, 2024-05 or 2024-05-31',
    ),
    (
        'parsing time "2024-13-01": month out of range',
        '"2024-13-01" is not a date or time: write 2024, 2024-05 or 2024-05-31',
    ),
    (
        "cannot parse Timestamp: ParseDateStringAsTime failed: dateString <soon>",
        'cannot parse Timestamp: "soon" is not a time: write 2024-05-31 or 2024-05-31T12:00:00Z',
    ),
    ('time: invalid duration "4d"', '"4d" is not a length of time: write 4h, 30m or 1h5s'),
    ("getting file by id 999: sql: no rows in result set", "getting file by id 999: it does not exist"),
    ("no such column: scenes.nope", "the server's database has no column scenes.nope"),
    (
        "Expression tree is too large (maximum depth 1000)",
        "the filter or list is too large for the server's database",
    ),
    (
        "Internal system error. Error <runtime error: invalid memory address or nil pointer dereference>",
        "the server failed internally",
    ),
    (
        "json: cannot unmarshal string into Go struct field X.y of type int",
        "a value of the wrong type (string) was given",
    ),
]


@pytest.mark.parametrize(("raw", "words"), RAW)
def test_database_and_go_errors_are_reworded(raw: str, words: str) -> None:
    found = failure([{"message": raw}], None)
    assert found.message == words
    assert found.originals == [raw]
    assert not re.search(r"constraint|strconv|parsing time|sql:|runtime error|unmarshal", found.message)


def test_reworded_message_omits_the_original() -> None:
    assert failure([{"message": "tag with id 3 not found"}], None).originals == []


def test_failure_kinds() -> None:
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
def test_other_graphql_is_not_a_field_list(text: str) -> None:
    with pytest.raises(StashLookupError, match="Not a list of fields"):
        selection.parse(text)


@table_test(
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


def test_fields_of_union_members_become_fragments() -> None:
    assert (
        selection.build("BaseFile", ["path", "duration"]) == "__typename path ... on VideoFile { duration }"
    )
    clips = selection.build("Image", ["visual_files.width"])
    assert clips == "visual_files { __typename ... on VideoFile { width } ... on ImageFile { width } }"


def test_release_parsing() -> None:
    assert since("SceneUpdateInput.custom_fields") == "0.31"
    assert since("BulkStudioUpdateInput.organized") == "0.31"
    assert since("findFiles") == "0.29"
    assert (since("StudioFilterType.tag_count"), since("MovieFilterType.name")) == ("0.27", None)
    assert since("Scene.title") is None
