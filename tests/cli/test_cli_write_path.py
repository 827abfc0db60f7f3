"""One write path: an update command and an object's save plan the same mutations."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from cli_support import Cli
from PIL import Image as Picture
from pydantic import ValidationError
from support import run
from table_tests import table_test
from write_samples import WRITE_ONLY, api_field, cleared_value, object_with, sample, writable

from stash_cli import StashContext
from stash_cli.commands.argv.input_flags import input_flags
from stash_cli.commands.argv.value_parsers import pair
from stash_cli.commands.verbs.editing import shortened
from stash_cli.commands.verbs.list_flags import list_fields, plural
from stash_cli.core.edits.plan import operation_of
from stash_cli.core.edits.saving.commit import side_mutations_of
from stash_cli.core.errors import StashGraphQLError, StashInputError
from stash_cli.core.orm.flush import plan_flush
from stash_cli.core.orm.input import attributes, field_paths
from stash_cli.core.orm.quirks import Rule, quirk
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES, Entity

EVERY = pytest.mark.parametrize("entity", ENTITIES.values(), ids=lambda entity: entity.noun)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tags, performers, studios and groups, a scene, a gallery, a marker and an image; created once."""
    folder = tmp_path_factory.mktemp("writable")
    made = Cli(f"embedded:{folder / 'library.sqlite'}")
    for noun in ("tag", "performer", "studio", "group"):
        for name in "ABC":
            made.ok(noun, "create", "--name", name)
    made.ok("scene", "create", "--title", "A")
    made.ok("scene", "create", "--title", "B")
    made.ok("gallery", "create", "--title", "A")
    made.ok("marker", "create", "--scene", "2", "--seconds", "1", "--title", "A", "--primary-tag", "id:2")
    (folder / "media").mkdir()
    Picture.new("RGB", (8, 8)).save(folder / "media" / "picture.png")
    made.ok("library", "add", str(folder / "media"))
    made.ok("scan", "--wait", "-q")
    return folder / "library.sqlite"


@pytest.fixture
def cli(library: Path, library_file: Path, embedded_url: str) -> Cli:
    """The program over a copy of the library."""
    copyfile(library, library_file)
    return Cli(embedded_url)


def words(entity: Entity, name: str, text: str) -> list[str]:
    item = input_flags(f"{entity.type}UpdateInput")[name]
    if item.many and item.target:
        given = json.dumps(dict(map(pair, text.split(",")))) if item.inner else text
        return [f"--set-{plural(list_fields(entity)[name])}", given]
    return [item.name, text] if text else [item.name]


def planned(cli: Cli, entity: Entity, *args: str) -> list[dict[str, Any]]:
    return cli.ok(entity.noun, "update", "1", *args, "--dry-run").rows


def saved(cli: Cli, obj: Any) -> list[dict[str, Any]]:
    """Operations that a save of the object plans."""

    async def main() -> list[Any]:
        async with StashContext(conn=cli.environ["STASH_URL"]) as client:
            flush = plan_flush(obj)
            own = (
                [operation_of([flush.plan], await client.session.load_capabilities())]
                if flush.sends_input
                else []
            )
            return [*own, *(side.operation for side in side_mutations_of(obj, flush))]

    return [json.loads(json.dumps({each.name: shortened(each.input)})) for each in run(main())]


@EVERY
def test_equal_operations_for_all_fields(entity: Entity, cli: Cli) -> None:
    samples = {name: sample(entity, name) for name in writable(entity)}
    flags = [word for name, (text, _) in samples.items() for word in words(entity, name, text)]
    operations = planned(cli, entity, *flags)
    assert operations == saved(
        cli, object_with(entity, {name: value for name, (_, value) in samples.items()})
    )
    cli.ok(entity.noun, "update", "1", *flags)
    assert row(cli, entity, [*samples]) == {
        attributes(entity.type)[name]: value for name, (_, value) in samples.items() if name not in WRITE_ONLY
    }


def row(cli: Cli, entity: Entity, names: list[str]) -> dict[str, Any]:
    """These fields of object 1 of the library, without times of stash-box ids."""
    fields = [api_field(entity, attributes(entity.type)[name]) for name in names if name not in WRITE_ONLY]
    paths = [path for field in fields for path in field_paths(field) if not path.endswith("updated_at")]
    data = cli.ok(entity.noun, "show", "1", "--json", "--fields", ",".join(paths)).json
    return {field.attr: data[field.name] for field in fields}


@EVERY
def test_fields_are_cleared_alike_or_rejected(entity: Entity, cli: Cli) -> None:
    names = [name for name in writable(entity) if not refuses_null(entity, name)]
    samples = {name: sample(entity, name) for name in names}
    cli.ok(
        entity.noun, "update", "1", *(w for n, (text, _) in samples.items() for w in words(entity, n, text))
    )
    flags = [word for name in names for word in ("--clear", name)]
    operations = planned(cli, entity, *flags)
    # The server requires a title of a scene or gallery without a file.
    cleared = [
        name for name in names if (entity.type, name) not in (("Scene", "title"), ("Gallery", "title"))
    ]
    cli.ok(entity.noun, "update", "1", *(word for name in cleared for word in ("--clear", name)))
    assert not any(row(cli, entity, cleared).values())
    assert operations == saved(
        cli, object_with(entity, {name: cleared_value(entity, name) for name in names})
    )


@EVERY
def test_empty_texts_are_written_alike(entity: Entity, cli: Cli) -> None:
    fields = describe_api().types[f"{entity.type}UpdateInput"].fields
    texts = [
        name
        for name in writable(entity)
        if fields[name].type.text == "String"
        and name not in (*WRITE_ONLY, "name", "title")
        and sample(entity, name)[1] == "text"
    ]
    flags = [word for name in texts for word in (input_flags(f"{entity.type}UpdateInput")[name].name, "")]
    if texts:
        cli.ok(entity.noun, "update", "1", *(w for name in texts for w in words(entity, name, "text")))
        operations = planned(cli, entity, *flags)
        assert operations == saved(cli, object_with(entity, dict.fromkeys(texts, "")))
        cli.ok(entity.noun, "update", "1", *flags)
        assert not any(row(cli, entity, texts).values())


def test_markers_get_different_tags(cli: Cli) -> None:
    cli.ok("marker", "create", "--scene", "1", "--seconds", "2", "--title", "B", "--primary-tag", "id:2")
    cli.ok("markers", "update", "1", "2", "--set-tags", "id:1", "--yes")
    cli.ok("markers", "update", "1", "2", "--set-tags", "id:3", "--yes")
    data = cli.ok("markers", "find", "--json", "--fields", "tags.id").json
    assert data == [{"tags": [{"id": "3"}]}] * 2


def test_title_kept_by_the_server_stays_dirty(cli: Cli) -> None:
    async def main() -> None:
        async with StashContext(conn=cli.environ["STASH_URL"]) as client:
            gallery = await client.find_gallery("1")
            assert gallery is not None
            gallery.title = None
            with pytest.raises(StashGraphQLError, match="title must not be empty"):
                await gallery.save(client)
            assert gallery.is_dirty()

    run(main())
    assert "title must not be empty" in cli("gallery", "update", "1", "--clear", "title").err


@pytest.mark.parametrize(
    "both", [("--clear", "title", "--title", "x"), ("--set-tags", "id:1", "--clear", "tags")]
)
def test_cleared_field_takes_no_value(both: tuple[str, ...], cli: Cli) -> None:
    result = cli("scene", "update", "1", *both)
    assert (result.status, result.out) == (2, "")
    assert "given a value as well" in result.err


def test_list_is_replaced_and_changed_in_one_command(cli: Cli) -> None:
    flags = ("--set-tags", "id:1", "--add-tag", "id:2", "--remove-tag", "id:1")
    assert planned(cli, ENTITIES["Scene"], *flags) == [{"sceneUpdate": {"id": "1", "tag_ids": ["2"]}}]


def refuses_null(entity: Entity, name: str) -> bool:
    """Whether the quirks table says that no server clears the field."""
    return quirk(entity.type, name, Rule.NOT_CLEARABLE) is not None


REFUSED = [
    (entity, name) for entity in ENTITIES.values() for name in writable(entity) if refuses_null(entity, name)
]


@table_test(("entity", "name"), REFUSED, ids=lambda each: getattr(each, "noun", each))
def test_unclearable_fields_are_rejected_by_both(entity: Entity, name: str, offline: Cli) -> None:
    result = offline(entity.noun, "update", "1", "--clear", name)
    assert (result.status, result.out) == (2, "")
    assert "cannot be cleared" in result.err
    with pytest.raises((StashInputError, ValidationError)):
        plan_flush(object_with(entity, {name: None}))
