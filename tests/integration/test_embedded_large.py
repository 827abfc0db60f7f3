"""Large libraries: the initial queries of every client are answered from indexes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_library import LISTS, SampleLibrary, open_sample_library
from sqlalchemy import event
from table_tests import table_test

from stash_cli.embedded import tables as t
from stash_cli.embedded.library.migrations import migrate
from stash_cli.embedded.search.file_sorts import update_search_index
from stash_cli.embedded.tables import NAME_INDEXES
from stash_cli.embedded.tables.entities import SORT_INDEXES

BIG = ("scenes", "files", "scenes_tags", "scenes_files", "files_fingerprints", "scene_markers")
ASKED = {
    "by title": ({"sort": "title"}, None),
    "by title, descending": ({"sort": "title", "direction": "DESC", "page": 3}, None),
    "tag with depth": ({"sort": "id"}, {"tags": {"value": ["1"], "modifier": "INCLUDES", "depth": -1}}),
    "text search": ({"q": "coast 12", "sort": "title"}, None),
    "count": ({"per_page": 0}, None),
    "by path": ({"sort": "path"}, None),
    "path": ({"sort": "path"}, {"path": {"value": "/media/clip 7.mp4", "modifier": "EQUALS"}}),
    "no tags, by title": ({"sort": "title"}, {"tags": {"modifier": "IS_NULL"}}),
    "codec, by path": ({"sort": "path"}, {"video_codec": {"value": "h264", "modifier": "EQUALS"}}),
}


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[SampleLibrary]:
    """Three hundred scenes with a file and a tag each, under a tag above all tags."""
    sample = open_sample_library(tmp_path / "library.sqlite")
    sample.create("tagCreate", name="all")
    for number in range(5):
        sample.create("tagCreate", name=f"tag {number}", parent_ids=["1"])
    with sample.library.database.write() as connection:
        stamps = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z"}
        folder = {"id": 1, "path": "/media", "basename": "media", "mod_time": "2024-01-02T03:04:05Z"}
        connection.execute(t.folders.insert(), [folder | stamps])
        numbers = range(1, 301)
        file = {"parent_folder_id": 1, "size": 1, "mod_time": "2024-01-02T03:04:05Z"}
        rows = [{"id": n, "basename": f"clip {n}.mp4", **file, **stamps} for n in numbers]
        connection.execute(t.files.insert(), rows)
        connection.execute(t.scenes.insert(), [{"id": n, "title": f"coast {n}", **stamps} for n in numbers])
        links = [{"scene_id": n, "file_id": n, "primary": True} for n in numbers]
        connection.execute(t.scenes_files.insert(), links)
        tagged = [{"scene_id": n, "tag_id": 2 + n % 5} for n in numbers]
        connection.execute(t.scenes_tags.insert(), tagged)
        connection.exec_driver_sql("ANALYZE")
    yield sample
    sample.library.close()


def plans(
    sample: SampleLibrary, find: dict[str, Any], given: dict[str, Any] | None, type_name: str = "Scene"
) -> list[str]:
    """Query plan of the statements of a find query, one line per step."""
    reader = sample.library.database.engines[0]
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append((statement, parameters))

    event.listen(reader, "before_cursor_execute", note)
    items = LISTS[type_name]
    document = (
        f"query($f: FindFilterType, $o: {type_name}FilterType) {{ find{items.title()}"
        f"(filter: $f, {type_name.lower()}_filter: $o) {{ count {items} {{ id }} }} }}"
    )
    sample(document, f=find, o=given)
    event.remove(reader, "before_cursor_execute", note)
    with sample.library.database.read() as connection:
        return [
            row[3]
            for statement, parameters in seen
            if not statement.startswith("BEGIN")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@table_test("name", ASKED)
def test_no_large_table_is_scanned(sample: SampleLibrary, name: str) -> None:
    """A table may only be scanned along an index."""
    steps = plans(sample, *ASKED[name])
    walked = [step for step in steps if re.fullmatch(rf"SCAN ({'|'.join(BIG)})(_\d+)?", step)]
    assert steps
    assert not walked, steps


@table_test("key", ["title", "path"])
@table_test(
    "given",
    [
        None,
        {"path": {"value": "clip", "modifier": "INCLUDES"}},
        {"video_codec": {"value": "h264", "modifier": "EQUALS"}},
        {"duration": {"value": 5, "modifier": "GREATER_THAN"}},
        {"tags": {"modifier": "IS_NULL"}},
        {"performer_age": {"value": 30, "modifier": "GREATER_THAN"}},
        {"stash_id_endpoint": {"modifier": "IS_NULL"}},
        {"is_missing": "tags"},
    ],
)
def test_page_by_title_or_path_is_not_sorted(
    sample: SampleLibrary, key: str, given: dict[str, Any] | None
) -> None:
    """The order comes from the index; scenes are tested along it until the page is full."""
    steps = plans(sample, {"sort": key}, given)
    assert "USE TEMP B-TREE FOR ORDER BY" not in steps
    assert any(f"ix_scenes_{key}_key" in step for step in steps)


@pytest.mark.parametrize("key", ["rating", "created_at", "play_count", "filesize", "duration"])
def test_ties_use_no_custom_collation(sample: SampleLibrary, key: str) -> None:
    """A collation function is called for every compared pair of texts."""
    reader = sample.library.database.engines[0]
    seen: list[str] = []
    event.listen(reader, "before_cursor_execute", lambda *args: seen.append(args[2]))
    sample.ids("Scene", sort=key)
    assert not [statement for statement in seen if "NATURAL_CI" in statement]


def test_primary_file_facts_are_looked_up_by_index(sample: SampleLibrary) -> None:
    steps = plans(sample, {"sort": "duration"}, None)
    assert not [step for step in steps if re.search(r"\b(files|folders|image_files)_\d", step)]


def test_performer_pairs_are_computed_for_the_page_only(sample: SampleLibrary) -> None:
    """Performers have many pairs; those outside the page are not computed."""
    names = [sample.create("performerCreate", name=name) for name in "abc"]
    sample.write("sceneUpdate", id="1", performer_ids=names[:2])
    sample.write("sceneUpdate", id="2", performer_ids=names)
    counts = sample("{ findPerformers { performers { performer_count } } }")["performers"]
    assert counts == [{"performer_count": 2}] * 3
    reader = sample.library.database.engines[0]
    seen: list[str] = []
    event.listen(reader, "before_cursor_execute", lambda *args: seen.append(args[2]))
    sample('{ findPerformer(id: "1") { performer_count } }')
    (pairs,) = [statement for statement in seen if "UNION" in statement]
    assert pairs.count("json_each") >= 3


def test_path_order_is_by_folder_and_name_and_follows_moves(sample: SampleLibrary) -> None:
    """Natural order, without a separator before the name; objects without files come first."""
    bare = sample.create("sceneCreate", title="bare")
    order = sample.ids("Scene", sort="path")
    assert order == [bare, *map(str, range(1, 301))]
    assert order[::-1] == sample.ids("Scene", sort="path", direction="DESC")
    with sample.library.database.write() as connection:
        connection.execute(t.files.update().where(t.files.c.id == 9).values(basename="Clip 250b.mp4"))
    assert sample.ids("Scene", sort="path")[249:252] == ["250", "9", "251"]
    with sample.library.database.write() as connection:
        connection.execute(t.scenes_files.delete().where(t.scenes_files.c.scene_id == 300))
    assert set(sample.ids("Scene", sort="path", per_page=2)) == {bare, "300"}


def test_path_filter_works_for_any_text(sample: SampleLibrary) -> None:
    """The index only narrows: wildcards, upper case and short texts match as without it."""
    sample.video('/m/a"b%c.mp4', "1")
    for value, found in (
        ("/media/clip 7.mp4", {"7"}),
        ("/MEDIA/CLIP 7.MP4", {"7"}),
        ("/media/clip _.mp4", set("123456789")),
        ("%7.mp4", {str(n) for n in range(1, 301) if n % 10 == 7}),
        ('/m/a"b%', {"1"}),
        ("7", set()),
        ("", set()),
    ):
        assert sample.id_set("Scene", {"path": {"value": value, "modifier": "EQUALS"}}) == found


def test_tables_have_their_declared_indexes(sample: SampleLibrary) -> None:
    """Also in a scene table of an older version."""
    with sample.library.database.read() as connection:
        held = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    declared = {index.name for table in t.metadata.tables.values() for index in table.indexes}
    assert declared | {"scenes_search"} <= held


def test_search_index_follows_every_change(sample: SampleLibrary) -> None:
    """Titles, details, names of files and folders, fingerprints and markers, and deletions."""

    def found(q: str) -> list[str]:
        return sample.ids("Scene", q=q, sort="id")

    sample.write("sceneUpdate", id="7", title="fjord", details="deep water")
    assert found("fjord") == found("WATER") == found('"deep wat"') == ["7"]
    assert found("coast 7") == [str(n) for n in range(1, 301) if "7" in str(n) and n != 7]
    number = sample.video("/other/inlet.mp4", "9", hashes={"oshash": "00ff00ff00ff00ff"})
    assert found("inlet") == found("00ff00ff") == found("other/inl") == ["9"]
    sample.create("sceneMarkerCreate", scene_id="11", primary_tag_id="1", seconds=1, title="jetty")
    assert found("jetty") == ["11"]
    with sample.library.database.write() as connection:
        connection.execute(t.folders.update().where(t.folders.c.path == "/other").values(path="/grove"))
        connection.execute(t.files_fingerprints.delete().where(t.files_fingerprints.c.file_id == number))
    assert found("grove inlet") == ["9"]
    assert found("00ff00ff") == []
    sample("mutation { sceneDestroy(input: {id: 7}) }")
    assert found("fjord") == []


@table_test("q", ["c_ast", "c%t 1", "st", "coast or fjord", "fjord | 12", "-coast", "-clip coast", '"'])
def test_search_results_are_equal_with_and_without_the_index(sample: SampleLibrary, q: str) -> None:
    """Compared with the rules of the search, word by word."""
    texts = {n: [f"coast {n}", f"/media/clip {n}.mp4"] for n in range(1, 301)}

    def holds(word: str, text: str) -> bool:
        pattern = re.escape(word).replace("%", ".*").replace("_", ".")
        return re.search(pattern, text) is not None

    def wanted(number: int) -> bool:
        words = q.split(" ")
        if len(words) == 3 and words[1] in ("or", "|"):
            return any(holds(word, text) for word in (words[0], words[2]) for text in texts[number])
        needed = (any(holds(word, text) for text in texts[number]) for word in words if word[0] != "-")
        barred = (any(holds(word[1:], text) for text in texts[number]) for word in words if word[0] == "-")
        return all(needed) and not any(barred)

    assert sample.ids("Scene", q=q, sort="id") == [str(number) for number in texts if wanted(number)]


def test_titles_sort_naturally_and_by_file_name(sample: SampleLibrary) -> None:
    titles = {"1": "b 10", "2": "B 9", "3": "b 010", "4": "a", "5": "", "6": "b"}
    for number, title in titles.items():
        sample.write("sceneUpdate", id=number, title=title)
    order = sample.ids("Scene", sort="title")
    assert [number for number in order if number in titles] == ["4", "6", "2", "1", "3", "5"]
    assert order[::-1] == sample.ids("Scene", sort="title", direction="DESC")


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_older_library_file_gets_missing_columns(sample: SampleLibrary, version: int) -> None:
    """Its scenes and images are sorted and found as if written by this version."""
    for name in ("b", "a 10", "a 9"):
        sample.image(f"/m/{name}.png")
    path, database = sample.library.path, sample.library.database
    keys = [(table, key) for table in ("images", "scenes") for key in ("path_key", "title_key")]
    kept = {1: 0, 2: 1, 3: 2}.get(version, 4)
    with database.engines[1].begin() as connection:
        made = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars()
        added = [name for name in list(made) if version == 1 or name.startswith("stale_images")]
        later = added if version < 4 else []
        later_indexes = (*NAME_INDEXES, *SORT_INDEXES * (version < 6))
        for statement in (
            *(f"DROP TRIGGER {name}" for name in later),
            *("DROP TABLE scenes_search", "DROP TABLE scenes_stale") * (version == 1),
            *("DROP TABLE images_stale",) * (version < 4),
            *(f"DROP INDEX {index.name}" for index in later_indexes),
            *(f"DROP INDEX ix_{table}_{key}" for table, key in keys[: len(keys) - kept]),
            *(f"ALTER TABLE {table} DROP COLUMN {key}" for table, key in keys[: len(keys) - kept]),
            f"PRAGMA user_version = {version}",
        ):
            connection.exec_driver_sql(statement)
    migrate(database.engines[1], path)
    assert sample.ids("Scene", sort="title", per_page=2) == ["1", "2"]
    assert sample.ids("Scene", sort="path", per_page=2) == ["1", "2"]
    assert sample.ids("Scene", q="coast 299") == ["299"]
    assert sample.ids("Image", sort="title") == sample.ids("Image", sort="path") == ["3", "2", "1"]
    test_tables_have_their_declared_indexes(sample)


@pytest.mark.parametrize(
    "column", ["performers.name", "studios.name", "tags.name", "studio_aliases.alias", "tag_aliases.alias"]
)
def test_name_lookup_uses_an_index(sample: SampleLibrary, column: str) -> None:
    """The name of a new object is compared with all existing names."""
    statement = f"EXPLAIN QUERY PLAN SELECT 1 FROM {column.split('.', maxsplit=1)[0]} WHERE {column} LIKE ?"
    with sample.library.database.write() as connection:
        (step,) = connection.exec_driver_sql(statement, ("A name",))
    assert f"index_{column.replace('.', '_on_')}_nocase" in step[-1]


def test_images_sort_by_title_and_path_and_follow_changes(sample: SampleLibrary) -> None:
    """By file name without a title; equal ones newest first."""
    for name in ("c", "a 10", "a 9", "A 9"):
        sample.image(f"/m/{name}.png")
    assert sample.ids("Image", sort="title") == ["4", "3", "2", "1"]
    sample.write("imageUpdate", id="1", title="a 1")
    assert sample.ids("Image", sort="title") == ["1", "4", "3", "2"]
    assert sample.ids("Image", sort="title", direction="DESC") == ["2", "3", "4", "1"]
    assert sample.ids("Image", sort="path") == ["4", "3", "2", "1"]
    with sample.library.database.write() as connection:
        moved = t.files.update().where(t.files.c.basename == "c.png")
        connection.execute(moved.values(basename="0.png"))
    assert sample.ids("Image", sort="path") == ["1", "4", "3", "2"]
    for key in ("title", "path"):
        steps = plans(sample, {"sort": key}, None, "Image")
        assert "USE TEMP B-TREE FOR ORDER BY" not in steps
        assert any(f"ix_images_{key}_key" in step for step in steps)


def test_index_has_no_stale_rows(sample: SampleLibrary) -> None:
    sample.write("sceneUpdate", id="7", title="fjord")
    with sample.library.database.write() as connection:
        update_search_index(connection)
        assert connection.execute(t.scenes_stale.select()).all() == []
