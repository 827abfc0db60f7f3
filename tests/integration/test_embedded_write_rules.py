"""Rules of every write: absent, null and empty values; dates, ids, URLs, custom fields, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from library_client import PICTURE, PICTURE_BYTES, LibraryClient, library_client
from sqlalchemy import select

from stash_cli.embedded import open_library
from stash_cli.embedded.library.limits import Limits
from stash_cli.embedded.tables import blobs


@pytest.fixture
def ask(library_file: Path) -> Iterator[LibraryClient]:
    with library_client(library_file) as client:
        yield client


@pytest.fixture
def scene(ask) -> str:
    tags = [ask.create("tagCreate", name=name) for name in ("b", "a")]
    return ask.create("sceneCreate", title="Beach", details="x", rating100=5, date="2020-03", tag_ids=tags)


SCENE = "{ title details rating100 date organized urls tags { id } updated_at }"


def test_absent_fields_are_unchanged(ask, scene):
    before = ask.write("sceneUpdate", SCENE, id=scene)
    after = ask.write("sceneUpdate", SCENE, id=scene, code="C")
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_null_clears_and_lists_are_replaced(ask, scene):
    cleared = ask.write(
        "sceneUpdate",
        SCENE,
        id=scene,
        details=None,
        rating100=None,
        date=None,
        tag_ids=None,
        urls=["u", "u", ""],
    )
    assert (cleared["details"], cleared["rating100"], cleared["date"], cleared["tags"]) == (
        "",
        None,
        None,
        [],
    )
    assert cleared["urls"] == ["u", "u", ""]
    assert ask.write("sceneUpdate", SCENE, id=scene, urls=[])["urls"] == []


def test_null_in_a_required_field_is_rejected(ask, scene):
    assert "null value not allowed in optional bool" in ask.write_error(
        "sceneUpdate", id=scene, organized=None
    )
    assert "null value not allowed in optional float64" in ask.write_error(
        "sceneUpdate", id=scene, play_duration=None
    )


def test_absence_is_recognised_in_literals_and_under_aliases(ask, scene):
    outcome = ask.library.execute(
        f'mutation {{ a: sceneUpdate(input: {{id: "{scene}", rating100: null}}) {{ rating100 title }}'
        f' b: sceneUpdate(input: {{id: "{scene}", title: "Cliff"}}) {{ rating100 title }} }}'
    )
    assert outcome.data == {
        "a": {"rating100": None, "title": "Beach"},
        "b": {"rating100": None, "title": "Cliff"},
    }


def test_texts_are_trimmed_and_empty_ones_are_stored_as_empty(ask, scene):
    written = ask.write("sceneUpdate", SCENE, id=scene, title="  Cliff ", details="  ")
    assert (written["title"], written["details"]) == ("Cliff", "")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2021", "2021"),
        ("2021-03", "2021-03"),
        ("2021-03-04", "2021-03-04"),
        ("2021-03-04 05:06:07", "2021-03-04"),
        ("2021-03-04T05:06:07Z", "2021-03-04"),
        ("2021-03-04T05:06:07+02:00", "2021-03-04"),
        ("", None),
    ],
)
def test_dates_keep_their_precision(ask, scene, given, shown):
    assert ask.write("sceneUpdate", SCENE, id=scene, date=given)["date"] == shown


@pytest.mark.parametrize(
    "given",
    [
        "2020-02-30",
        "2020-13",
        "2020-00",
        "20",
        "20201",
        "2021-03-04T05:06:07",
        "2021-03-04 05:06:07Z",
        "soon",
        "2020-1",
    ],
)
def test_invalid_dates_are_rejected(ask, scene, given):
    message = ask.write_error("sceneUpdate", id=scene, date=given)
    assert message.startswith(
        f'converting date: failed to parse date "{given}": [ParseDateStringAsTime failed'
    )


def test_ids_must_be_numbers_of_existing_objects(ask, scene):
    assert (
        ask.write_error("sceneUpdate", id="x") == 'converting id: strconv.Atoi: parsing "x": invalid syntax'
    )
    assert ask.write_error("sceneUpdate", id="99") == "scene with id 99 not found"
    assert "strconv.Atoi" in ask.write_error("sceneUpdate", id=scene, tag_ids=["x"])
    assert ask.write_error("sceneUpdate", id=scene, tag_ids=["99"]) == "there is no tag 99"
    assert ask.write_error("sceneUpdate", id=scene, studio_id="99") == "there is no studio 99"
    assert ask("query($id: ID!) { findScene(id: $id) { tags { id } } }", id=scene)["tags"] == [
        {"id": "2"},
        {"id": "1"},
    ]


def test_empty_reference_is_null_on_create_and_rejected_on_update(ask, scene):
    assert ask.create("sceneCreate", title="x", studio_id="")
    assert 'parsing "": invalid syntax' in ask.write_error("sceneUpdate", id=scene, studio_id="")


def test_rejected_write_changes_nothing(ask):
    ask.write_error("performerCreate", name="Ada", alias_list=["A", "a"])
    assert ask("{ findPerformers { count } }") == {"count": 0}


URLS = "{ urls }"


def test_older_url_field(ask, scene):
    assert ask.write("sceneUpdate", URLS, id=scene, url="a")["urls"] == ["a"]
    assert ask.write("sceneUpdate", URLS, id=scene, url="a", urls=["b"])["urls"] == ["b"]
    assert ask.write("sceneUpdate", URLS, id=scene, url=None)["urls"] == []


def test_older_performer_urls(ask):
    ada = ask.write(
        "performerCreate",
        "{ id urls }",
        name="Ada",
        url="x",
        urls=["y"],
        twitter="ada",
        instagram="https://i.example",
    )
    assert ada["urls"] == ["x", "https://twitter.com/ada", "https://i.example", "y"]
    assert "must not be included if urls is included" in ask.write_error(
        "performerUpdate", id=ada["id"], url="x", urls=[]
    )
    assert ask.write("performerUpdate", URLS, id=ada["id"], twitter=None, url="z")["urls"] == [
        "z",
        "https://i.example",
        "y",
    ]


CUSTOM = "{ id custom_fields }"


def test_custom_fields_of_a_new_object(ask):
    fields = {"text": "x", "number": 3, "half": 1.5, "whole": 2.0, "yes": True, "none": None, " odd": 1}
    made = ask.write("performerCreate", CUSTOM, name="Ada", custom_fields=fields)
    assert made["custom_fields"] == {"text": "x", "number": 3, "half": 1.5, "whole": 2, "yes": 1, " odd": 1}


def test_custom_fields_are_replaced_added_and_removed(ask):
    ada = ask.write("performerCreate", CUSTOM, name="Ada", custom_fields={"a": 1, "b": 2})["id"]

    def after(**change):
        return ask.write("performerUpdate", CUSTOM, id=ada, custom_fields=change)["custom_fields"]

    assert after(partial={"b": 3, "c": "x"}) == {"a": 1, "b": 3, "c": "x"}
    assert after(remove=["a", "unknown"]) == {"b": 3, "c": "x"}
    assert after(full={"z": 1}, partial={"y": 1}) == {"z": 1}
    assert after(full={}) == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"partial": {"": 1}}, 'custom field name "": custom field name cannot be empty'),
        (
            {"partial": {" a": 1}},
            'custom field name " a": custom field name cannot have leading or trailing whitespace',
        ),
        ({"full": {"é" * 33: 1}}, "must be less than 65 characters"),
        (
            {"partial": {"a": 1}, "remove": ["a"]},
            'custom field name "a" cannot be in both values and delete keys',
        ),
        (
            {"partial": {"a": [1]}},
            'getting SQL value for field "a": unsupported custom field value type: []interface {}',
        ),
    ],
)
def test_invalid_custom_fields_are_rejected(ask, change, message):
    ada = ask.create("performerCreate", name="Ada")
    assert message in ask.write_error("performerUpdate", id=ada, custom_fields=change)


@pytest.mark.parametrize("entity", ["scene", "gallery", "studio", "tag", "group"])
def test_every_entity_has_custom_fields(ask, entity):
    label = "title" if entity in {"scene", "gallery"} else "name"
    made = ask.write(f"{entity}Create", CUSTOM, **{label: "x"}, custom_fields={"a": 1})
    changed = ask.write(f"{entity}Update", CUSTOM, id=made["id"], custom_fields={"partial": {"b": "x"}})
    assert changed["custom_fields"] == {"a": 1, "b": "x"}


def stored(ask) -> list[bytes]:
    with ask.library.database.read() as connection:
        return list(connection.scalars(select(blobs.c.blob)))


def test_picture_is_stored_once_and_deleted_with_its_last_user(ask):
    made = [ask.create("tagCreate", name=name, image=PICTURE) for name in "ab"]
    assert stored(ask) == [PICTURE_BYTES]
    ask.write("tagUpdate", id=made[0], image="")
    assert stored(ask) == [PICTURE_BYTES]
    ask.write("tagDestroy", "", id=made[1])
    assert stored(ask) == []


def test_scene_cover_cannot_be_removed(ask):
    scene = ask.create("sceneCreate", title="x", cover_image=PICTURE)
    ask.write("sceneUpdate", id=scene, cover_image=None)
    ask.write("sceneUpdate", id=scene, cover_image="")
    assert stored(ask) == [PICTURE_BYTES]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("notaurl", 'processing image: Get "notaurl": unsupported protocol scheme ""'),
        (
            "file:///etc/passwd",
            'processing image: Get "file:///etc/passwd": unsupported protocol scheme "file"',
        ),
        ("data:image/png;base64,!!!!", "processing image: illegal base64 data at input byte 0"),
        ("http://127.0.0.1:1/x.png", 'processing image: Get "http://127.0.0.1:1/x.png": '),
    ],
)
def test_invalid_pictures_are_rejected(ask, image, message):
    assert ask.write_error("tagCreate", name="x", image=image).startswith(message)


def test_stash_ids_are_replaced_as_a_whole(ask):
    ids = [{"endpoint": "e", "stash_id": "1"}, {"endpoint": "e", "stash_id": "2"}]
    selection = "{ id stash_ids { endpoint stash_id } }"
    tag = ask.write("tagCreate", selection, name="x", stash_ids=ids)
    assert tag["stash_ids"] == ids
    assert ask.write("tagUpdate", selection, id=tag["id"], stash_ids=ids[:1])["stash_ids"] == ids[:1]
    assert "is given twice" in ask.write_error("sceneCreate", title="x", stash_ids=ids)


def test_group_with_only_a_back_image_gets_a_front_image(ask):
    group = ask.create("groupCreate", name="a", back_image=PICTURE)
    found = ask(f"{{ findGroup(id: {group}) {{ front_image_path back_image_path }} }}")
    assert "default=true" not in found["front_image_path"]
    other = ask.create("groupCreate", name="b")
    ask.write("groupUpdate", id=other, back_image=PICTURE)
    found = ask(f"{{ findGroup(id: {other}) {{ front_image_path back_image_path }} }}")
    assert "default=true" in found["front_image_path"]


def test_library_can_be_written_while_a_picture_is_fetched(tmp_path):
    """The remote server answers only after another write is committed."""
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self):
            made.append(ask.create("tagCreate", name="meanwhile"))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PICTURE_BYTES)

        def log_message(self, *_):
            pass

    made = []
    library = open_library(str(tmp_path / "a.sqlite"), limits=Limits(private_addresses=True))
    ask = LibraryClient(library)
    with library, HTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = Thread(target=server.handle_request, daemon=True)
        thread.start()
        ask.create("performerCreate", name="Ada", image=f"http://127.0.0.1:{server.server_port}/a.png")
        thread.join(10)
        assert made == ["1"]
        assert stored(ask) == [PICTURE_BYTES]


def test_picture_data_is_read_from_picture_fields_only(ask):
    assert ask('mutation { configureUI(input: {image: 5, cover_image: "x"}) }') == {
        "image": 5,
        "cover_image": "x",
    }
