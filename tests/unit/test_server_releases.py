"""Server releases, and their differences from the current one."""

from __future__ import annotations

import pytest
from schemas import available_versions, capabilities_of, old_schema, release_capabilities, schema_of

from stash_cli.core.capabilities import EmbeddedCapabilities, ServerCapabilities
from stash_cli.core.errors import StashCapabilityError
from stash_cli.core.graphql import document, selection
from stash_cli.core.graphql.responses import failure
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.types.entities import ENTITIES


def server(version: str) -> ServerCapabilities:
    return capabilities_of(old_schema(), version)


@pytest.mark.parametrize(
    ("version", "release", "since"),
    [
        ("v0.22.1", (0, 22), ["0.21", "0.22"]),
        ("0.30.1", (0, 30), ["0.22", "0.30"]),
        ("v0.30.1-19-gcf3489efd", (0, 30), ["0.30", "0.31"]),
    ],
)
def test_release_is_taken_from_the_version(version: str, release: tuple[int, int], since: list[str]) -> None:
    capabilities = server(version)
    assert capabilities.release == release
    assert [each for each in ("0.21", "0.22", "0.30", "0.31", "0.32") if capabilities.is_since(each)][
        -2:
    ] == since


@pytest.mark.parametrize("version", available_versions()[:-1])
def test_unknown_version_is_derived_from_the_schema(version: str) -> None:
    schema = schema_of(version)
    assert schema is not None
    assert capabilities_of(schema, "").release == tuple(map(int, version.split(".")[:2]))


def sort_sent(server: ServerCapabilities, plural: str, key: str) -> str:
    entity = next(each for each in ENTITIES.values() if each.plural == plural)
    sent = document.root(entity.find, {"filter": {"sort": key}}, "count", server=server)
    return str(sent.values["filter"]["sort"])


@pytest.mark.parametrize(
    ("plural", "keys"),
    [
        ("scenes", "studio performer_age resolution last_o_at"),
        ("performers", "play_count o_counter last_played_at last_o_at scenes_duration"),
    ],
)
def test_missing_sort_key_is_rejected_before_sending(plural: str, keys: str) -> None:
    for key in keys.split():
        with pytest.raises(
            StashCapabilityError, match=rf"Sorting {plural} by {key} needs Stash 0\.\d\d"
        ) as no:
            sort_sent(server("v0.22.1"), plural, key)
        assert "It sorts them by " in str(no.value.hint)
        assert key not in str(no.value.hint).removeprefix("It sorts them by ").split(", ")


def test_renamed_sort_keys_use_the_older_name() -> None:
    assert sort_sent(server("v0.22.1"), "scenes", "group_scene_number") == "movie_scene_number"


def test_every_listed_sort_key_is_known_to_a_current_server() -> None:
    for entity in ENTITIES.values():
        for key in (*entity.sorts, "random_5"):
            assert sort_sent(EmbeddedCapabilities(), entity.plural, key) == key


def test_sort_keys_of_a_recorded_release() -> None:
    for version in available_versions():
        assert sort_sent(release_capabilities(version), "scenes", "title") == "title"


def test_mod_time_of_zip_folders_is_requested_only_by_name() -> None:
    """Before 0.31 the whole response fails for one such folder."""
    schema = schema_of("0.31")
    assert schema is not None
    for version, has_it in (("v0.29.3", False), ("v0.30.1-19-gcf3489efd", False), ("v0.31.0", True)):
        asked = capabilities_of(schema, version)
        for type_name in ("Folder", "FindFoldersResultType"):
            chosen = selection.build(type_name, None, asked)
            assert ("mod_time created_at" in chosen) is has_it
            assert "path" in chosen
        assert selection.build("Folder", ["id", "mod_time"], asked) == "id mod_time"
        assert "mod_time" in selection.build("VideoFile", None, asked)


def test_folder_times_are_compared_by_such_servers() -> None:
    result = compile_lookups("Folder", {"mod_time__gte": "2024-03-15"}, server=server("v0.30.1"))
    assert result.post_filter is None
    assert "as if its clock" in result.explain()
    told = compile_lookups("Folder", {"mod_time__gte": "2024-03-15"}, server=server("v0.31.0")).post_filter
    assert told is not None
    assert told.fields == ("mod_time",)


def test_null_in_a_required_field_is_reported() -> None:
    null = "the requested element is null which the schema does not allow"
    row_error = {"message": null, "path": ["findFolders", "folders", 3, "mod_time"]}
    error = failure([row_error, {**row_error, "path": ["findFolders", "folders", 4, "mod_time"]}], None)
    assert error.message == (
        "the server has no value for findFolders.folders.mod_time, which its schema promises:"
        " leave the field out"
    )
    assert error.originals == [null]
