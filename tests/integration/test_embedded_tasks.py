"""Tasks on real media: clean, auto tag, covers, and deletion of files with their objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from library_client import LibraryClient
from scan_library import (
    ScanLibrary,
    picture,
    scan_library,
    write_picture,
    write_video,
    write_zip,
    write_zip_of_names,
)
from sqlalchemy import text


@pytest.fixture
def media(tmp_path: Path) -> Iterator[ScanLibrary]:
    with scan_library(tmp_path) as opened:
        yield opened


@pytest.fixture
def ask(media: ScanLibrary) -> LibraryClient:
    return LibraryClient(media.library)


def wait_for_job(ask: LibraryClient, operation: str, **given: Any) -> dict[str, Any]:
    """Queue a job, wait for its end and return it."""
    number = ask.write(operation, "", **given)
    assert ask.library.jobs.wait_idle(30)
    job = ask.library.jobs.find(int(number))
    assert job
    return job


def run_job(ask: LibraryClient, operation: str, **given: Any) -> dict[str, Any]:
    """Run a job that must not fail, and return it."""
    job = wait_for_job(ask, operation, **given)
    assert (job["status"], job["error"]) == ("FINISHED", None)
    return job


def counts(ask: LibraryClient) -> tuple[int, int, int, int]:
    scenes, images, galleries, files = (
        ask(f"{{ find{name} {{ count }} }}")["count"] for name in ("Scenes", "Images", "Galleries", "Files")
    )
    return scenes, images, galleries, files


def test_clean_deletes_missing_files_only(media, ask):
    gone, kept = write_video(media.media / "gone.mp4", 1), write_video(media.media / "kept.mp4", 2)
    zipped = write_zip(media.media / "set.zip", {"a.png": picture(3), "b.png": picture(4)})
    loose = write_picture(media.media / "pics" / "c.png", 5)
    media.scan()
    ask.create("sceneCreate", title="without a file")
    assert counts(ask) == (3, 3, 1, 6)
    for path in (gone, zipped, loose):
        path.unlink()
    loose.parent.rmdir()
    run_job(ask, "metadataClean", dryRun=True)
    assert counts(ask) == (3, 3, 1, 6)
    assert f'File not found. Marking to clean: "{gone}"' in media.log("Info")
    run_job(ask, "metadataClean", dryRun=False)
    assert counts(ask) == (2, 0, 0, 1)
    assert media.scenes() == [(2, "kept.mp4")]
    assert media.column("SELECT path FROM folders") == [str(media.media)]
    media.assert_consistent()
    assert kept.exists()


def test_clean_keeps_an_object_with_another_file(media, ask):
    first = write_video(media.media / "a.mp4", 1)
    (media.media / "b.mp4").write_bytes(first.read_bytes())
    media.scan()
    assert counts(ask)[0] == 1
    first.unlink()
    run_job(ask, "metadataClean", dryRun=False)
    found = ask("{ findScenes { scenes { files { path } } } }")
    assert found == {"scenes": [{"files": [{"path": str(media.media / "b.mp4")}]}]}


def test_clean_is_limited_to_the_given_paths(media, ask):
    for name in ("a/1.mp4", "b/2.mp4"):
        write_video(media.media / name, len(name)).touch()
    write_video(media.media / "kept.mp4", 3)
    media.scan()
    for path in media.media.glob("*/*.mp4"):
        path.unlink()
    run_job(ask, "metadataClean", dryRun=False, paths=[str(media.media / "a")])
    assert [path for _, path in media.scenes()] == ["b/2.mp4", "kept.mp4"]


def _leave_a_note(folder: Path) -> None:
    folder.mkdir()
    (folder / "not mounted.txt").write_text("see fstab")


@pytest.mark.parametrize(
    ("left_behind", "message"),
    [
        (lambda _: None, "is missing"),
        (Path.mkdir, "holds no media"),
        (_leave_a_note, "holds no media"),
        (Path.touch, "cannot be read (Not a directory)"),
        (lambda path: path.symlink_to("nowhere"), "is missing"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_clean_keeps_an_unmounted_library_folder(media, ask, tmp_path, left_behind, message, dry_run):
    drive, gone = tmp_path / "drive", write_video(media.media / "gone.mp4", 1)
    write_video(media.media / "kept.mp4", 2)
    write_picture(drive / "sub/a.png", 3)
    write_zip(drive / "b.zip", {"c.png": picture(4)})
    media.configure(stashes=[{"path": str(media.media)}, {"path": str(drive)}])
    media.scan()
    gone.unlink()
    drive.rename(tmp_path / "away")
    left_behind(drive)
    job = wait_for_job(ask, "metadataClean", dryRun=dry_run)
    assert job["status"] == "FAILED"
    assert job["error"].startswith(f"the library folder {drive} {message}: 3 files stay in the library.")
    assert counts(ask) == ((2 if dry_run else 1), 2, 1, (5 if dry_run else 4))
    assert media.count("folders") == 4


def test_clean_keeps_unreadable_folders(media, ask):
    path, zipped = media.media / "a.mp4", media.media / "set.zip"
    write_video(path), write_zip(zipped, {"a.png": picture(1)})
    write_picture(media.media / "kept.png", 2)
    media.scan()
    path.unlink()
    path.symlink_to(path)
    zipped.write_bytes(b"half a zip")
    run_job(ask, "metadataClean", dryRun=False)
    assert counts(ask) == (1, 2, 1, 4)
    assert [path.name in entry for entry in media.log()] == [True, False]
    assert "not a readable zip" in media.log()[1]


def test_clean_deletes_excluded_zip_members(media, ask):
    write_zip(media.media / "set.zip", {"a.png": picture(1), "thumbs/b.png": picture(2)})
    media.scan()
    media.configure(imageExcludes=["thumbs/"])
    run_job(ask, "metadataClean", dryRun=False)
    assert media.images() == [(1, "set.zip/a.png")]


def test_clean_keeps_zip_members_with_names_of_earlier_releases(media, ask):
    write_zip_of_names(media.media / "set.zip", {"写真の題名.png": picture(1)}, "cp932")
    media.scan()
    old = "写真の題名.png".encode("cp932").decode("cp437")
    with media.library.database.write() as connection:
        connection.execute(text("UPDATE files SET basename = :old WHERE id = 2"), {"old": old})
    run_job(ask, "metadataClean", dryRun=False)
    assert media.images() == [(1, f"set.zip/{old}")]
    media.scan(rescan=True)
    assert media.images() == [(1, "set.zip/写真の題名.png")]


def test_clean_deletes_files_outside_the_library(media, ask):
    write_video(media.media / "a.mp4", 1)
    media.scan()
    media.configure(stashes=[])
    run_job(ask, "metadataClean", dryRun=False)
    assert counts(ask) == (0, 0, 0, 0)
    assert (media.media / "a.mp4").exists()


def test_clean_deletes_missing_zip_members_unless_contents_are_ignored(media, ask):
    path = write_zip(media.media / "set.zip", {"a.png": picture(3), "b.png": picture(4)})
    media.scan()
    write_zip(path, {"a.png": picture(3)})
    run_job(ask, "metadataClean", dryRun=False, ignoreZipFileContents=True)
    assert counts(ask) == (0, 2, 1, 3)
    run_job(ask, "metadataClean", dryRun=False)
    assert counts(ask) == (0, 1, 1, 2)


def test_auto_tag_matches_whole_words_in_paths(media, ask):
    write_video(media.media / "ada.lovelace_at the-Beach.mp4", 1)
    write_video(media.media / "beaches.mp4", 2)
    write_picture(media.media / "Acme" / "x.png", 3)
    media.scan()
    ask.create("performerCreate", name="Ada Lovelace")
    ask.create("performerCreate", name="Lovelace", ignore_auto_tag=True)
    ask.create("tagCreate", name="Coast", aliases=["beach"])
    ask.create("tagCreate", name="Each")
    ask.create("studioCreate", name="acme")
    job = run_job(ask, "metadataAutoTag", performers=["*"], studios=["*"], tags=["*"])
    assert job["progress"] == 1
    scenes = ask("{ allScenes { performers { name } tags { name } } }")
    assert sorted(scenes, key=str) == [
        {"performers": [], "tags": []},
        {"performers": [{"name": "Ada Lovelace"}], "tags": [{"name": "Coast"}]},
    ]
    assert ask("{ allImages { studio { name } } }") == [{"studio": {"name": "acme"}}]


def test_auto_tag_keeps_existing_studios_and_organized_scenes(media, ask):
    write_video(media.media / "beach.mp4", 1)
    write_video(media.media / "done" / "beach two.mp4", 2)
    media.scan()
    first, second = (ask.create("studioCreate", name=name) for name in ("Beach", "Other"))
    ask.write("sceneUpdate", id="1", studio_id=second)
    ask.write("sceneUpdate", id="2", organized=True)
    run_job(ask, "metadataAutoTag", studios=[first])
    run_job(ask, "metadataAutoTag", studios=[], paths=[str(media.media)])
    found = ask("{ allScenes { id studio { name } } }")
    assert sorted((scene["id"], scene["studio"] and scene["studio"]["name"]) for scene in found) == [
        ("1", "Other"),
        ("2", None),
    ]


def test_generate_creates_covers_and_reports_unsupported_kinds(media, ask):
    write_video(media.media / "a.mp4", 1)
    (media.media / "b.mp4").write_bytes(b"no video")
    media.scan()
    run_job(ask, "metadataGenerate", covers=True, sprites=True)
    assert media.column("SELECT count(*) FROM scenes WHERE cover_blob IS NOT NULL") == [1]
    assert "sprites cannot be generated in an embedded library" in media.log()
    (content,) = media.column("SELECT blob FROM blobs")
    assert content.startswith(b"\xff\xd8\xff")
    assert ask('mutation { sceneGenerateScreenshot(id: "1", at: 0.5) }') == "todo"
    assert ask.library.jobs.wait_idle(10)
    assert len(media.column("SELECT blob FROM blobs")) == 1


def test_optimise_and_clean_generated_files(media, ask):
    assert ask("mutation { optimiseDatabase }") == "1"
    run_job(ask, "metadataCleanGenerated", blobFiles=True)
    assert ask.library.jobs.find(1)["status"] == "FINISHED"


def test_scene_is_deleted_with_its_file_on_request(media, ask):
    path = write_video(media.media / "a.mp4", 1)
    script = path.with_suffix(".funscript")
    script.write_text("{}")
    media.scan()
    ask.write("sceneDestroy", "", id="1", delete_file=True)
    assert counts(ask) == (0, 0, 0, 0)
    assert not path.exists()
    assert not script.exists()


def test_file_of_a_deleted_scene_can_be_attached_again(media, ask):
    path = write_video(media.media / "a.mp4", 1)
    media.scan()
    ask.write("sceneDestroy", "", id="1")
    assert counts(ask) == (0, 0, 0, 1)
    scene = ask.write("sceneCreate", "{ files { id } }", file_ids=["1"])
    assert scene == {"files": [{"id": "1"}]}
    taken = ask.write_error("sceneCreate", file_ids=["1"])
    assert taken == "assigning file 1 to new scene: cannot reassign primary file"
    ask.write("sceneDestroy", "", id="2", destroy_file_entry=True)
    assert counts(ask) == (0, 0, 0, 0)
    assert path.exists()


def test_zip_gallery_is_deleted_with_its_images(media, ask):
    write_zip(media.media / "set.zip", {"a.png": picture(3), "b.png": picture(4)})
    write_picture(media.media / "a.png", 3)
    media.scan()
    refused = ask.write_error("addGalleryImages", "", gallery_id="1", image_ids=["1"])
    assert refused == 'cannot change contents of zip-based gallery "set.zip"'
    assert counts(ask)[1] == 2
    ask.write("galleryDestroy", "", ids=["1"])
    assert counts(ask)[:3] == (0, 1, 0)


def test_images_of_a_manual_gallery(media, ask):
    for number, name in enumerate("abc"):
        write_picture(media.media / f"{name}.png", number)
    media.scan()
    gallery = ask.create("galleryCreate", title="x")

    def images():
        found = ask("query($id: ID!) { findGallery(id: $id) { image_count cover { id } } }", id=gallery)
        return found["image_count"], found["cover"] and found["cover"]["id"]

    ask.write("addGalleryImages", "", gallery_id=gallery, image_ids=["1", "2", "2"])
    ask.write("setGalleryCover", "", gallery_id=gallery, cover_image_id="2")
    assert images() == (2, "2")
    ask.write("imageUpdate", id="3", gallery_ids=[gallery])
    ask.write("imageUpdate", id="2", gallery_ids=[gallery])
    assert images() == (3, "2")
    ask.write("setGalleryCover", "", gallery_id=gallery, cover_image_id="99")
    assert images()[1] == "1"
    ask.write("resetGalleryCover", "", gallery_id=gallery)
    out_of_range = "Image # must greater than zero and in range of the gallery images"
    for index in (0, 4):
        chapter = {"gallery_id": gallery, "title": "", "image_index": index}
        assert ask.write_error("galleryChapterCreate", **chapter) == out_of_range
    chapter = ask.create("galleryChapterCreate", gallery_id=gallery, title="", image_index=3)
    assert ask.write("galleryChapterUpdate", "{ title image_index }", id=chapter, title="c") == {
        "title": "c",
        "image_index": 3,
    }
    assert ask.write_error("galleryChapterUpdate", id=chapter, image_index=9) == out_of_range
    assert ask("mutation($id: ID!) { galleryChapterDestroy(id: $id) }", id=chapter) is True
    ask.write("removeGalleryImages", "", gallery_id=gallery, image_ids=["1", "99"])
    assert images()[0] == 2
    missing = ask.write_error("setGalleryCover", "", gallery_id="9", cover_image_id="1")
    assert missing == "gallery with id 9 not found"


def test_image_o_counter(media, ask):
    write_picture(media.media / "a.png", 1)
    media.scan()
    steps = ["imageIncrementO", "imageIncrementO", "imageDecrementO", "imageResetO", "imageDecrementO"]
    assert [ask(f'mutation {{ {step}(id: "1") }}') for step in steps] == [1, 2, 1, 0, 0]
    assert ask.error('mutation { imageResetO(id: "9") }') == "id 9 does not exist in images"


def test_moving_files(media, ask):
    path = write_video(media.media / "a.mp4", 1)
    media.scan()
    new = media.media / "films" / "new"
    assert (
        ask.write("moveFiles", "", ids=["1"], destination_folder=str(new), destination_basename="b.mp4")
        is True
    )
    assert (new / "b.mp4").exists()
    assert not path.exists()
    assert ask("{ findScenes { scenes { files { path } } } }")["scenes"][0]["files"][0]["path"] == str(
        new / "b.mp4"
    )
    media.scan()
    assert counts(ask) == (1, 0, 0, 1)
    media.assert_consistent()
    outside = str(media.media.parent)
    for given, message in (
        ({}, "must specify destination folder or path"),
        ({"destination_folder": outside}, f"folder path {outside} must be within a stash library path"),
        (
            {"destination_folder": str(new), "destination_basename": "x.txt"},
            "file extension for x.txt is inconsistent",
        ),
    ):
        assert ask.write_error("moveFiles", "", ids=["1"], **given).startswith(message)
    twice = ask.write_error("moveFiles", "", ids=["1", "2"], destination_basename="x.mp4")
    assert twice == "must specify one file when providing destination path"


def test_deleting_files(media, ask):
    first = write_video(media.media / "a.mp4", 1)
    second = media.media / "b.mp4"
    second.write_bytes(first.read_bytes())
    media.scan()
    delete = "mutation($ids: [ID!]!) { deleteFiles(ids: $ids) }"
    assert ask.error(delete, ids=["2", "1"]) == f"cannot delete primary file {first}"
    assert second.exists()
    assert ask(delete, ids=["2"]) is True
    assert not second.exists()
    assert ask.error(delete, ids=["2"]) == "getting file by id 2: sql: no rows in result set"


def test_assigning_a_file_to_another_scene(media, ask):
    first = write_video(media.media / "a.mp4", 1)
    (media.media / "b.mp4").write_bytes(first.read_bytes())
    media.scan()
    scene = ask.create("sceneCreate", title="x")
    primary = ask.write_error("sceneAssignFile", "", scene_id=scene, file_id="1")
    assert primary == "assigning file to scene: cannot reassign primary file"
    assert ask.write("sceneAssignFile", "", scene_id=scene, file_id="2") is True
    assert media.scenes() == [(1, "a.mp4"), (2, "b.mp4")]


def test_setting_the_primary_file(media, ask):
    first = write_video(media.media / "a.mp4", 1)
    (media.media / "b.mp4").write_bytes(first.read_bytes())
    media.scan()
    assert ask.write("sceneUpdate", "{ files { id } }", id="1", primary_file_id="2") == {
        "files": [{"id": "2"}, {"id": "1"}]
    }


def test_setting_fingerprints(media, ask):
    write_video(media.media / "a.mp4", 1)
    media.scan()

    def set_to(kind, value):
        return {"id": "1", "fingerprints": [{"type": kind, "value": value}]}

    selection = 'query($t: String!) { findFile(id: "1") { fingerprint(type: $t) } }'
    for value, read in (("00ff", "ff"), ("ffffffffffffffff", "ffffffffffffffff")):
        ask.write("fileSetFingerprints", "", **set_to("phash", value))
        assert ask(selection, t="phash") == {"fingerprint": read}
    ask.write("fileSetFingerprints", "", **set_to("note", "x"))
    assert ask(selection, t="note") == {"fingerprint": "x"}
    ask.write("fileSetFingerprints", "", **set_to("note", None))
    assert ask(selection, t="note") == {"fingerprint": None}
    assert ask.write_error("fileSetFingerprints", "", **set_to("md5", "x")) == "cannot modify md5 fingerprint"
    assert ask.write_error("fileSetFingerprints", "", **set_to("phash", "zz")).startswith(
        "converting phash zz: "
    )


def test_files_outside_the_library_folders_are_not_touched(media, ask, tmp_path):
    """Whatever the rows say: they may have been imported."""
    inside = write_video(media.media / "inside.mp4", 1)
    media.scan()
    outside = tmp_path / "outside"
    for folder in (outside, media.media / ".." / "outside"):
        message = ask.write_error("moveFiles", "", ids=["1"], destination_folder=str(folder))
        assert message == f"folder path {folder} must be within a stash library path"
    move = {"ids": ["1"], "destination_folder": str(media.media), "destination_basename": "../x.mp4"}
    assert ask.write_error("moveFiles", "", **move) == "../x.mp4 is a path, not the name of a file"
    assert inside.exists()
    assert not outside.exists()
    strange = write_video(outside / "strange.mp4", 2)
    with media.library.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE folders SET path = ? WHERE path = ?", (str(outside), str(media.media))
        )
        connection.exec_driver_sql("UPDATE files SET basename = 'strange.mp4'")
    run_job(ask, "metadataGenerate", covers=True)
    assert media.column("SELECT cover_blob FROM scenes") == [None]
    message = ask.write_error("moveFiles", "", ids=["1"], destination_folder=str(media.media))
    assert message == f"cannot move file {strange}, is not within a stash library path"
    ask.write("sceneDestroy", "", id="1", delete_file=True)
    assert strange.exists()
