"""`explain`: every API name is known, and the explanation matches the API."""

from __future__ import annotations

import pytest
from cli_support import Cli
from table_tests import table_test

from stash_cli.commands.explain import flags_of, text_of
from stash_cli.core.explain import explain, names
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES, NOUNS


def test_type_is_explained(offline: Cli) -> None:
    facts = offline.ok("explain", "Scene", "--json").json
    fields = {field["name"]: field for field in facts["fields"]}
    assert facts["kind"] == "object"
    assert facts["entity"]["plural"] == "scenes"
    assert set(fields) == set(describe_api().types["Scene"].fields)
    assert fields["rating100"] == {"name": "rating100", "type": "Int", "nullable": True, "range": [0, 100]}
    assert fields["id"]["nullable"] is False
    assert fields["url"]["deprecated"] == "Use urls"
    assert fields["custom_fields"]["since"] == "0.31"


@pytest.mark.parametrize("word", ["Scene", "scenes", "scene", "SCENE"])
def test_nouns_in_any_case(offline: Cli, word: str) -> None:
    assert offline.ok("explain", word).out == offline.ok("explain", "Scene").out


def test_field_with_lookups_and_flags(offline: Cli) -> None:
    facts = offline.ok("explain", "Scene.rating100", "--json").json
    lookups = {row["lookup"]: row for row in facts["filter"]["lookups"]}
    assert facts["type"] == "Int"
    assert lookups["rating100__gte"]["flags"] == ["--rating100-gte"]
    assert lookups["rating100__null"]["flags"] == ["--rating100-null", "--rating100-not-null"]
    text = offline.ok("explain", "SceneFilterType.tags").out
    assert "takes names, aliases or ids of Tag" in text
    assert "--any-tag" in text
    assert "nests the filter of Performer" in offline.ok("explain", "SceneFilterType.performers_filter").out


@table_test(
    ("name", "line"),
    [
        ("Scene.files.path", "VideoFile.path: String!  (field)"),
        ("findScenes", "findScenes: FindScenesResultType!  (query)"),
        ("findScenes.filter.per_page", "FindFilterType.per_page: Int  (input field)"),
        ("findScenes.count", "FindScenesResultType.count: Int!  (field)"),
        ("sceneCreate.input", "sceneCreate.input: SceneCreateInput!  (argument)"),
        ("jobsSubscribe", "jobsSubscribe: JobStatusUpdate!  (subscription)"),
        ("VisualFile.duration", "VideoFile.duration: Float!  (field)"),
        ("Upload", "Upload  (scalar)"),
    ],
)
def test_paths_and_operations(offline: Cli, name: str, line: str) -> None:
    assert offline.ok("explain", name).out.splitlines()[0] == line


def test_enum_values_name_the_fields_that_take_them(offline: Cli) -> None:
    assert "NON_BINARY" in offline.ok("explain", "Performer.gender").out


@pytest.mark.parametrize(
    ("name", "near"), [("findScenez", "findScenes"), ("Scene.titel", "title"), ("Scnee", "Scene")]
)
def test_unknown_name_suggests_near_ones(offline: Cli, name: str, near: str) -> None:
    result = offline("explain", name)
    assert result.status == 2
    assert result.out == ""
    assert near in result.err


def test_unsupported_formats_are_rejected(offline: Cli) -> None:
    assert offline("explain", "Scene", "--csv").status == 2


def test_every_name_and_field_is_explained(offline: Cli) -> None:
    rows = offline.ok("explain", "--jsonl").rows
    api = describe_api()
    assert rows == names()
    assert len(rows) == len(api.types) + len(api.queries) + len(api.mutations) + len(api.subscriptions)
    for row in rows:
        facts = explain(row["name"])
        assert facts["name"] == row["name"]
        assert text_of(facts).startswith(row["name"])
        for field in [*facts.get("fields", ()), *facts.get("args", ())]:
            assert text_of(explain(f"{row['name']}.{field['name']}"))


def test_every_lookup_has_a_flag_or_an_equivalent(offline: Cli) -> None:
    """Only relations have lookups without a flag: `eq`, `in` and `ne` equal other lookups."""
    from stash_cli.core.query.lookups import fields

    for type_name in ENTITIES:
        known = flags_of(type_name)
        for field in fields(type_name).values():
            missing = {name for name in field.lookups if f"{field.name}__{name}" not in known}
            assert field.deprecated or missing <= {"eq", "in", "ne"}, field.name
    assert len(NOUNS) == 16


def test_names_and_fields_are_completed() -> None:
    cli = Cli(_STASH_COMPLETE="1")

    def offered(*words: str) -> list[str]:
        return [line.split("\t")[0] for line in cli.ok(*words).out.splitlines()]

    assert offered("explain", "scenes") == ["scenes", "scenesDestroy", "scenesUpdate"]
    assert offered("explain", "GenderE") == ["GenderEnum"]
    assert offered("explain", "Scene.rati") == ["Scene.rating100"]
    assert offered("explain", "findScenes.filter.per") == ["findScenes.filter.per_page"]
    assert offered("explain", "findScenes.scene_f") == ["findScenes.scene_filter"]
    assert offered("explain", "nosuch.") == []
    assert offered("api", "--operation", "findScenesB") == ["findScenesByPathRegex"]
