"""`export` and `import`: record files, the meaning of their rows, and errors with line numbers."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from cli_support import Cli
from hypothesis import given, settings
from hypothesis import strategies as st
from table_tests import table_test

from stash_cli.commands.argv.value_parsers import split_list
from stash_cli.commands.records.export_fields import cell
from stash_cli.core.records.formats import Layout, sniffed
from stash_cli.core.records.reading import open_records

NOUNS = ("scenes", "tags")


@pytest.fixture
def cli(small_library: Path, library_file: Path, embedded_url: str) -> Cli:
    """The program over scenes 1 Sea, 2 Sand, 3 Rocks and 4 Dunes."""
    copyfile(small_library, library_file)
    return Cli(embedded_url)


def rows(cli: Cli, noun: str, *args: str) -> list[Any]:
    """Exported objects, without the fields that every change updates."""
    data = cli.ok(noun, "export", "-", "--json", *args).json
    return [{k: v for k, v in row.items() if k not in ("updated_at", "database")} for row in data]


@table_test("ending", ["csv", "jsonl", "parquet"])
def test_export_round_trips(ending: str, small_library: Path, tmp_path: Path) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    copyfile(small_library, tmp_path / "copy.sqlite")
    cli = Cli(f"embedded:{tmp_path / 'copy.sqlite'}")
    before = {noun: rows(cli, noun) for noun in NOUNS}
    for noun in NOUNS:
        cli.ok(noun, "export", str(tmp_path / f"{noun}.{ending}"), "--overwrite")
        result = cli.ok(noun, "import", str(tmp_path / f"{noun}.{ending}"))
        assert "unchanged" in result.err
    cli.ok("scenes", "update", "--all", "-y", "title~/./x/", "rating100=1", "tags=Beach", "custom.a=1")
    cli.ok("tags", "update", "2", "parents!", "aliases!")
    clears = ["--empty-null"] if ending == "csv" else []
    for noun in NOUNS:
        cli.ok(noun, "import", str(tmp_path / f"{noun}.{ending}"), "-y", "--force", *clears)
    assert {noun: rows(cli, noun) for noun in NOUNS} == before


CELLS: list[tuple[str, list[str], str, Any]] = [
    ("title,rating100\nSea,7", [], "rating100", 7),
    ("title,rating100\nSea,7.0", [], "rating100", 7),
    ("title,rating100\nSea,", [], "rating100", 90),
    ("title,rating100\nSea,", ["--empty-null"], "rating100", None),
    ("title,details\nSea,Null", [], "details", "Null"),
    ('title,details\nSea,"a\nb"', [], "details", "a\nb"),
    ("title,organized\nSea,TRUE", [], "organized", True),
    ("title,tags\nSea,Outdoor", [], "tags", ["Outdoor"]),
    ("title,tags\nSea,", [], "tags", ["Beach"]),
    ("title,tags\nSea,[]", [], "tags", []),
    ("title,tags+\nSea,Outdoor", [], "tags", ["Beach", "Outdoor"]),
    ("title,tags-\nSea,shore", [], "tags", []),
    ('title,tags+\nSea,"New, ""A, B"""', ["--create-missing"], "tags", ["A, B", "Beach", "New"]),
    ("title,studio\nSea,acme", [], "studio", "Acme"),
    ("title,custom.height\nSea,180", [], "custom_fields", {"height": 180}),
    ("title;details\nSea;a,b", [], "details", "a,b"),
    ("sep=|\ntitle|details\nSea|x", [], "details", "x"),
    ("title|details\nSea|x", ["--delimiter", "|"], "details", "x"),
    ('{"title": "Sea", "rating100": null}', [], "rating100", None),
    ('{"title": "Sea", "rating100": "80"}', [], "rating100", 80),
    ('{"title": "Sea", "tags": [{"id": "9", "name": "Outdoor"}]}', [], "tags", ["Outdoor"]),
    (
        '[{"title": "Sea", "tags+": ["Outdoor"]}, {"title": "Sand", "tags": []}]',
        [],
        "tags",
        ["Beach", "Outdoor"],
    ),
    ('{"title": "Sea", "play_history": [], "details": "x"}', [], "details", "x"),
    ("id,title,details\n1,sea,x", ["--match", "id,title"], "details", "x"),
]


PRINTED = ("--json", "--fields", "title,rating100,details,organized,tags.name,studio.name,custom_fields")


@table_test(("text", "args", "field", "value"), CELLS, ids=str)
def test_values_are_converted_by_field(
    text: str, args: list[str], field: str, value: Any, small_library: Path, tmp_path: Path
) -> None:
    copyfile(small_library, tmp_path / "copy.sqlite")
    cli = Cli(f"embedded:{tmp_path / 'copy.sqlite'}")
    match = () if "--match" in args else ("--match", "title")
    result = cli.ok("scenes", "import", "-", "-y", *match, *args, *PRINTED, answers=text)
    found = next(row[field] for row in result.json if row["title"] == "Sea")
    if field in ("tags", "studio"):
        found = [each["name"] for each in found] if isinstance(found, list) else found["name"]
    assert (sorted(found) if isinstance(found, list) else found) == value


BROKEN: list[tuple[str, list[str], str]] = [
    ("", [], "is empty"),
    ('id,title\n1,"a\n2,b\n', [], "line 2: a quote is opened here and never closed"),
    ('id,title\n1,a\n2,"b"c\n', [], "line 3: not csv"),
    ("id,title\n1,a\n\n2,b,c\n", [], "line 4: 3 cells, where the first line has 2 columns"),
    ("id,id,title\n1,1,a", [], "line 1: the column id is there twice"),
    ("id,,title\n1,1,a", [], "line 1: a column has no name"),
    ("id,titel\n1,a", [], "column titel: no such field: titel. Did you mean title?"),
    ("id,tag,tags\n1,a,b", [], "the columns tag and tags are the same field"),
    ("id,rating100+\n1,a", [], "only lists take + and -"),
    ("id,path\n1,/a", [], "no column assigns anything"),
    ("id,title\n1,x\n", ["--match", "name"], "scenes cannot be looked up by it"),
    ("id,title\n1,x\n", ["--match", "oshash"], "has no such column"),
    ('{"id": 1}\n{"id": 2,}\n', [], "line 2: not JSON"),
    ('{"id": 1}\n[2]\n', [], "line 2: not a JSON object"),
    ('{"id": 1, "rating100": NaN}\n', [], "line 1: not JSON: NaN is no number"),
    ('[\n{"id": 1},\n{"id": 2\n', [], "line 4: not JSON"),
    ('[\n{"id": 1}\n{"id": 2}]\n', [], "line 3: a comma is missing"),
    ('[\n{"id": 1},\n', [], "line 3: the array is not closed"),
    ('[{"id": 1},\n]', [], "line 2: a comma before the end"),
    ('[{"id": 1}]\n\nx', [], "line 3: there is more after the end"),
    ("[]", ["--delimiter", ";"], "are for csv"),
    ("id\n1", ["--upsert", "--create"], "exclude each other"),
    ("oshash,title\n1,x", ["--upsert", "--match", "oshash"], "would make it again"),
    ("id,title\n1,x", ["--on-multiple", "maybe"], "choose fail, skip or all"),
]


@table_test(("text", "args", "message"), BROKEN, ids=str)
def test_corrupt_file_is_rejected_with_line(text: str, args: list[str], message: str, cli: Cli) -> None:
    result = cli("scenes", "import", "-", "-y", *args, answers=text)
    assert (result.status, result.out) == (2, "")
    assert message in result.err


WRONG: list[tuple[str, list[str], str]] = [
    ("id,title\n1,x", [], 'scene 1 "Sea" has another title'),
    ("id,title\n1,x", [], "Give a column that agrees"),
    ("id,rating100\n1,5", [], 'only the id says that this is scene 1 "Sea"'),
    ("id,title\n1E+15,Sea", [], "a spreadsheet has rounded"),
    ("id,title\nx,Sea", [], "'x' is no id"),
    ("id,title\n99,Sea", [], "no scene with id 99"),
    ("title,rating100\nSea,900", ["--match", "title"], "rating100: 900 is not between"),
    ("title,date\nSea,31.12.2024", ["--match", "title"], "is not a date"),
    ("phash,title\nxyz,Sea", ["--match", "phash"], "no hexadecimal number"),
    ("title,tags\nSea,Nope", ["--match", "title"], "no tag 'Nope'"),
    ("title,performers\nSea,Alice", ["--match", "title"], "matches several performers"),
    ("title,rating100\nSea,1\nsea,2", ["--match", "title"], "line 2 is about scene 1, too"),
    ("title,rating100\n,1", ["--match", "title"], "nothing says which object it is"),
    ("title,rating100\nnew,1\nNew,2", ["--match", "title", "--upsert"], "line 2 makes one of this title"),
    ("title,rating100\nSea,1", ["--match", "title", "--create"], "the scene is there already"),
    ('{"title": "Sea", "tags": "Beach"}', ["--match", "title"], "tags: not a list"),
    ('{"title": "Sea", "organized": null}', ["--match", "title"], "cannot be cleared"),
    ('{"title": "Sea", "x": null}', ["--match", "title"], "no such field: x"),
]


@table_test(("text", "args", "message"), WRONG, ids=str)
def test_invalid_row_is_reported_with_line_and_changes_nothing(
    text: str, args: list[str], message: str, cli: Cli
) -> None:
    before = rows(cli, "scenes")
    result = cli("scenes", "import", "-", "-n", *args, answers=text)
    assert result.status
    assert message in result.err
    assert "line " in result.err
    assert rows(cli, "scenes") == before


def test_invalid_row_does_not_stop_the_others(cli: Cli, tmp_path: Path) -> None:
    text = "title,rating100\nSea,1\nNope,2\nSand,3\n"
    failed = tmp_path / "failed"
    result = cli("scenes", "import", "-", "-y", "--match", "title", "--failed-to", str(failed), answers=text)
    assert result.status == 6
    assert "imported 2 of 3 scenes: 1 failed" in result.err
    assert failed.read_text() == "line 3\n"
    assert [row["rating100"] for row in rows(cli, "scenes")] == [1, 3, 79, None]
    stopped = cli("scenes", "import", "-", "-y", "--match", "title", "--fail-fast", answers=text)
    assert "standard input, line 3: no scene with title Nope" in stopped.err


def test_invalid_rows_use_little_memory(cli: Cli, tmp_path: Path) -> None:
    """Errors do not keep the values read when they were raised."""
    file, peaks = tmp_path / "wrong.jsonl", []
    for count in (100, 100, 500):  # the first run imports modules
        file.write_text('{"name": "x", "size": 1}\n' * count)
        tracemalloc.start()
        assert "no such field: size" in cli("tags", "import", str(file), "--match", "name", "--upsert").err
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[2] - peaks[1]) / 400 < 1500


def test_change_after_the_export_is_a_conflict(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "scenes.jsonl"
    cli.ok("scenes", "export", str(file))
    text = file.read_text().replace('"rating100": 90', '"rating100": 10')
    file.write_text(text.replace('"updated_at": "', '"updated_at": "19', 1).replace("1920", "19", 1))
    result = cli("scenes", "import", str(file), "-y")
    assert result.status == 1
    assert "changed by others since the file was exported; the file has another rating100" in result.err
    cli.ok("scenes", "import", str(file), "-y", "--force")
    assert rows(cli, "scenes")[0]["rating100"] == 10


def test_upsert_creates_and_updates_and_undo_reverts_both(cli: Cli) -> None:
    before = rows(cli, "tags")
    text = "name,description,aliases+\nBeach,sandy,\nNew,made,N1\n"
    assert "make 1 tag and change 1" in cli("tags", "import", "-", "--upsert", answers=text).err
    result = cli.ok(
        "tags", "import", "-", "--upsert", "-y", "--json", "--fields", "name,aliases", answers=text
    )
    assert {row["name"]: row["aliases"] for row in result.json} == {"Beach": ["Shore"], "New": ["N1"]}
    assert "created 1 tag, changed 1 tag" in result.err
    again = cli.ok("tags", "import", "-", "--upsert", "-y", answers=text)
    assert "nothing to change, 2 tags unchanged" in again.err
    cli.ok("undo", "1", "-y")
    assert rows(cli, "tags") == before


@table_test(
    ("args", "message"),
    [
        (["--ignore"], "changed 1 tag, 1 row passed over"),
        (["--create", "--ignore"], "created 1 tag, 1 row passed over"),
        (["--upsert"], "created 1 tag, changed 1 tag"),
    ],
    ids=str,
)
def test_import_modes(args: list[str], message: str, small_library: Path, tmp_path: Path) -> None:
    copyfile(small_library, tmp_path / "copy.sqlite")
    cli = Cli(f"embedded:{tmp_path / 'copy.sqlite'}")
    result = cli.ok("tags", "import", "-", "-y", *args, answers="name,description\nBeach,x\nNew,y\n")
    assert message in result.err


def test_rows_may_refer_to_objects_of_other_rows(cli: Cli) -> None:
    """In any order, also to later rows."""
    text = "name,parents\nLeaf,Branch\nBranch,Root\nRoot,\nBeach,name:branch\n"
    result = cli.ok("tags", "import", "-", "--upsert", "-y", answers=text)
    assert "created 3 tags, changed 1 tag" in result.err
    found = {row["name"]: row["parents"] for row in rows(cli, "tags")}
    assert found == {
        "Leaf": ["Branch"],
        "Branch": ["Root"],
        "Root": [],
        "Beach": ["Branch"],
        "Outdoor": [],
    }
    cli.ok("undo", "1", "-y")
    assert {row["name"]: row["parents"] for row in rows(cli, "tags")} == {"Beach": ["Outdoor"], "Outdoor": []}


def test_interactive_drops_links_to_rejected_objects(cli: Cli) -> None:
    text = "name,parents\nLeaf,Branch\nBranch,\nTwig,Branch\n"
    args = ("tags", "import", "-", "--upsert", "-i", "--color", "never")
    streams_answers = "y\nn\ny\n"  # Branch, then Leaf, then Twig
    file = Path(cli.environ["STASH_URL"].removeprefix("embedded:")).with_name("tags.csv")
    file.write_text(text)
    result = cli(
        *(str(file) if word == "-" else word for word in args), terminal=True, answers=streams_answers
    )
    assert "created 2 tags" in result.err, result.err
    assert {row["name"]: row["parents"] for row in rows(cli, "tags")} == {
        "Beach": ["Outdoor"],
        "Outdoor": [],
        "Branch": [],
        "Twig": ["Branch"],
    }


def test_export_of_another_database_is_matched_by_name(cli: Cli, tmp_path: Path) -> None:
    other = Cli(f"embedded:{tmp_path / 'other.sqlite'}")
    text = cli.ok("tags", "export", "-", "--json").out
    other.ok("tags", "create", "--name", "Something else")
    other.ok("tags", "import", "-", "--upsert", "-y", answers=text)
    ours, theirs = (
        {row["name"]: row["parents"] for row in rows(each, "tags", "--fields", "name,parents")}
        for each in (cli, other)
    )
    assert theirs == ours | {"Something else": []}


def test_several_objects_with_one_key(cli: Cli) -> None:
    cli.ok("scene", "create", "--title", "Sea")
    text, args = "title,rating100\nSea,1\n", ("scenes", "import", "-", "-y", "--match", "title")
    assert "'Sea' means several scenes: 1, 5" in cli(*args, answers=text).err
    assert "1 row passed over" in cli.ok(*args, "--on-multiple", "skip", answers=text).err
    assert "changed 2 scenes" in cli.ok(*args, "--on-multiple", "all", answers=text).err


def test_existing_file_is_kept_unless_forced(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "tags.csv"
    file.write_text("mine")
    assert cli("tags", "export", str(file)).status == 2
    assert file.read_text() == "mine"
    cli.ok("tags", "export", str(file), "--overwrite", "--fields", "name")
    assert file.read_text().splitlines()[0] == "id,name,updated_at,database"
    assert [each.name for each in tmp_path.iterdir() if "tags" in each.name] == ["tags.csv"]


ENCODED = ["utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-8"]


@table_test("encoding", ENCODED)
def test_encodings(encoding: str, cli: Cli) -> None:
    data = "title,details\nSea,Größe\n".encode(encoding)
    known = encoding in ("utf-8-sig", "utf-16", "utf-8")
    args = ("scenes", "import", "-", "-n", "--match", "title")
    result = cli(*args, *([] if known else ["--encoding", encoding]), answers=data)
    assert result.status == 0
    assert "Größe" in result.err
    if not known:
        assert "not text in UTF-8" in cli(*args, answers=data).err


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
EXAMPLES = int(os.environ.get("STASH_EXAMPLES", "40"))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(TEXTS.filter(lambda text: text.strip() == text != ""), min_size=1, max_size=4))
def test_list_round_trips_in_a_cell(items: list[str]) -> None:
    assert split_list(cell(items)) == items


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.fixed_dictionaries({"id": st.just("1"), "a": TEXTS, "b": TEXTS}), max_size=5))
def test_rows_round_trip_with_any_text(values: list[dict[str, str]]) -> None:
    table = io.StringIO()
    writer = csv.DictWriter(table, ["id", "a", "b"])
    writer.writeheader()
    writer.writerows(values)
    texts = [
        table.getvalue(),
        json.dumps(values, indent=1),
        "".join(f"{json.dumps(each)}\n" for each in values) or "{",
    ]
    for text in texts[: None if values else 2]:
        data = text.encode()
        found = open_records(io.BytesIO(data), "x", sniffed(data))
        assert [each.values for each in found.rows] == values
    wide = open_records(io.BytesIO(table.getvalue().encode("utf-16")), "x", Layout(sniffed(b"a").format))
    assert [each.values for each in wide.rows] == values
