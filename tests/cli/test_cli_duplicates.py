"""`duplicates`: groups, the effect of a plan on scenes and files, and undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile, copytree, rmtree
from typing import Any

import httpx
import pytest
from cli_support import Cli, CommandResult, serve_with_job
from fault_kinds import fixed_response, graphql_errors, reset_before
from fault_proxy import FaultProxy, matching
from scan_library import write_picture, write_video
from served_library import serve_library
from table_tests import table_test

from stash_cli.embedded import open_library

BIG = "00ff00ff00ff00ff"
HASHES = {"big": BIG, "small": "00ff00ff00ff00fe", "third": "00ff00ff00ff00fc"}
MERGE = ("--distance", "1", "--keep", "resolution,bitrate", "--into")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with media and a library of them, created once.

    Scenes: `big` without metadata, `small` with much, `third` like `small`; `twin` and its copy in one scene;
    two with equal values. All last one second, except `long`.

    """
    folder = tmp_path_factory.mktemp("duplicates")
    media, url = folder / "media", f"embedded:{folder / 'library.sqlite'}"
    cli = Cli(url)
    for name, size, seed in (("best/big", (96, 72), 1), ("a/small", (64, 48), 2), ("a/third", (48, 36), 3)):
        write_video(media / f"{name}.mp4", seed, size=size)
    write_video(media / "a/twin.mp4", 4)
    (media / "b").mkdir()
    copyfile(media / "a/twin.mp4", media / "b/twin.mp4")
    for seed in (5, 6):
        write_video(media / f"a/tie{seed}.mp4", seed)
    write_video(media / "a/long.mp4", 7, frames=20)
    for number, size in enumerate(((32, 24), (16, 12))):
        write_picture(media / f"pictures/{number}.png", number, size=size)
    cli.ok("library", "add", str(media))
    cli.ok("scan", "--wait")
    files = cli.ok("files", "find", "--json", "--fields", "id,path").json
    scenes = {Path(each["files"][0]["path"]).stem: each["id"] for each in state(cli, "id")}
    made = [_phash(each["id"], _hash_of(Path(each["path"]))) for each in files]
    made += [f'{noun}Create(input: {{name: "{noun}"}}) {{ id }}' for noun in ("performer", "studio", "group")]
    made += [f'tagCreate(input: {{name: "{name}"}}) {{ id }}' for name in ("A", "Mark")]
    made += ['galleryCreate(input: {title: "Gal"}) { id }', _metadata(scenes["small"])]
    cli.ok("api", "mutation { " + " ".join(f"m{n}: {each}" for n, each in enumerate(made)) + " }")
    more = f'scene_id: "{scenes["small"]}", seconds: 0.5, title: "m", primary_tag_id: "1"'
    play = f'sceneAddPlay(id: "{scenes["small"]}", times: ["2024-01-01T10:00:00Z"]) {{ count }}'
    cli.ok("api", f"mutation {{ sceneMarkerCreate(input: {{{more}}}) {{ id }} {play} }}")
    return folder


def _phash(file: str, value: str) -> str:
    return (
        f'fileSetFingerprints(input: {{id: "{file}", fingerprints: [{{type: "phash", value: "{value}"}}]}})'
    )


def _hash_of(path: Path) -> str:
    tie = "f" * 12 + "0000"
    return HASHES.get(path.stem, BIG if path.suffix == ".png" else tie if "tie" in path.stem else "0")


def _metadata(scene: str) -> str:
    box = 'stash_ids: [{endpoint: "https://box.example", stash_id: "0c55b8d4-5d3e-4c29-9bcd-25ef0a0c2ea5"}]'
    links = "tag_ids: [1, 2], performer_ids: [1], studio_id: 1, gallery_ids: [1]"
    rest = 'groups: [{group_id: 1, scene_index: 3}], urls: ["https://x.example"]'
    return f'sceneUpdate(input: {{id: "{scene}", title: "Small", {links}, {rest}, {box}}}) {{ id }}'


@pytest.fixture
def cli(template: Path, own_state: Path) -> Iterator[Cli]:
    """The program over the library; it and the files are restored afterwards."""
    kept = own_state / "kept"
    copytree(template, kept)
    yield Cli(f"embedded:{template / 'library.sqlite'}")
    for each in template.iterdir():
        rmtree(each) if each.is_dir() else each.unlink()
    copytree(kept, template, dirs_exist_ok=True)


def scene(cli: Cli, name: str) -> str:
    return cli.ok("scenes", "find", "--path-contains", name, "--ids").out.strip()


def rows(cli: Cli, *words: str, noun: str = "scenes") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cli.ok(noun, "duplicates", *words, "--dry-run", "--json").json
    return found


def actions(found: list[dict[str, Any]]) -> dict[str, str]:
    return {Path(row["path"]).stem: row["action"] for row in found}


def state(cli: Cli, *more: str) -> Any:
    """All data of the scenes, by path."""
    fields = ",".join(more) + (
        ",title,tags.name,performers.name,studio.name,galleries.title,groups.group.name,groups.scene_index,urls,"
        "stash_ids.stash_id,play_history,files.path,scene_markers.seconds"
    )
    return cli.ok("scenes", "find", "--json", "--fields", fields.lstrip(","), "--sort", "path").json


def last_run(cli: Cli) -> str:
    return str(cli.ok("history", "--json").json[0]["id"])


def test_groups_show_differences(cli: Cli) -> None:
    found = rows(cli, "--distance", "1")
    assert {row["group"] for row in found} == {1, 2}
    differs = {Path(row["path"]).stem: {*row["differs"]} for row in found}
    expected = {"resolution", "size", "title", "tags", "markers", "histories"}
    assert expected <= differs["big"] | differs["small"]
    text = cli.ok("scenes", "duplicates", "--by", "checksum").out
    assert ("a/twin.mp4" in text, "b/twin.mp4" in text, "small" in text) == (True, True, False)


def test_scenes_of_one_duration(cli: Cli) -> None:
    found = actions(rows(cli, "--by", "duration", "--duration-diff", "0.5"))
    assert {"big", "small", "twin", "tie5"} <= found.keys()
    assert "long" not in found
    assert "long" in actions(rows(cli, "--by", "duration"))
    result = cli.ok("scenes", "duplicates", "--by", "duration", "--where", "path:tie", "--json")
    assert {Path(row["path"]).stem for row in result.json} == {"tie5", "tie6"}
    assert "a weak sign" in result.err


def test_only_files_similar_to_the_kept_one_are_removed(cli: Cli) -> None:
    """`third` is in the group, but differs by two bits from `big`."""
    found = rows(cli, *MERGE, "keep", "--then", "delete-files")
    planned = actions(found)
    assert (planned["big"], planned["small"], planned["third"]) == ("keep", "delete", "stays")
    assert planned["tie5"] == planned["tie6"] == "left"
    assert "a tie" in next(row["reason"] for row in found if "tie5" in row["path"])


def test_kept_scene_has_all_data_and_undo_restores_all_but_the_file(cli: Cli, template: Path) -> None:
    before, small = state(cli), template / "media/a/small.mp4"
    result = cli.ok(
        "scenes", "duplicates", *MERGE, "keep", "--then", "delete-files", "--yes", "--drop-tag", "Mark"
    )
    assert "1 of 1 groups done; 1 file" in result.err
    assert not small.exists()
    [kept] = [row for row in state(cli) if row["title"] == "Small"]
    had = next(row for row in before if row["title"] == "Small")
    assert [Path(each["path"]).name for each in kept["files"]] == ["big.mp4"]
    assert [each["name"] for each in kept["tags"]] == ["A"]
    for name in had.keys() - {"files", "tags"}:
        assert kept[name] == had[name], name
    undone = cli("undo", last_run(cli), "--yes")
    assert (undone.status, "small.mp4 was deleted" in undone.err) == (6, True)
    again = {row["title"] or row["files"][0]["path"]: row for row in state(cli)}
    assert again["Small"] == had | {"files": []}
    assert next(row for row in state(cli) if row["files"] and "big" in row["files"][0]["path"])["tags"] == []


def test_undo_of_a_merge_without_deletion_restores_everything(cli: Cli) -> None:
    before = state(cli)
    cli.ok("scenes", "duplicates", *MERGE, "keep", "--yes")
    assert len(state(cli)) == len(before) - 1
    cli.ok("undo", last_run(cli), "--yes")
    assert state(cli) == before


def test_best_file_of_the_poorer_scene_is_kept(cli: Cli, template: Path) -> None:
    """The scene with metadata is kept, and the better file becomes its primary file."""
    one = scene(cli, "small")
    cli.ok("scenes", "duplicates", *MERGE, "most-metadata", "--then", "delete-files", "--yes")
    row = cli.ok("scene", "show", one, "--json", "--fields", "title,files.path").json
    assert (row["title"], [Path(each["path"]).name for each in row["files"]]) == ("Small", ["big.mp4"])
    assert not (template / "media/a/small.mp4").exists()


def test_merged_but_undeleted_file_is_deleted_by_the_next_run(cli: Cli, template: Path) -> None:
    """As after a run that was killed in between."""
    cli.ok("scenes", "duplicates", *MERGE, "keep", "--yes")
    assert (template / "media/a/small.mp4").exists()
    cli.ok("scenes", "duplicates", *MERGE, "keep", "--then", "delete-files", "--yes")
    assert not (template / "media/a/small.mp4").exists()
    assert cli.ok("scenes", "duplicates", *MERGE, "keep", "--yes").err.endswith("nothing to do\n")


def test_copies_inside_one_scene(cli: Cli, template: Path) -> None:
    words = ("--by", "checksum", "--keep", "path:/b/", "--then", "delete-files", "--yes")
    result = cli.ok("scenes", "duplicates", *words)
    assert "1 file" in result.err
    assert [path.parent.name for path in (template / "media").glob("*/twin.mp4")] == ["b"]
    assert cli("scenes", "duplicates", "--by", "checksum", "--json").json == []


def test_hard_link_is_not_a_copy(cli: Cli, template: Path) -> None:
    link = template / "media/b/twin.mp4"
    link.unlink()
    link.hardlink_to(template / "media/a/twin.mp4")
    found = rows(cli, "--by", "checksum", "--keep", "path:/b/", "--then", "delete-files")
    assert {row["reason"] for row in found} == {f"{link} and {template / 'media/a/twin.mp4'} are one file"}


def test_protected_files_are_kept(cli: Cli, template: Path) -> None:
    words = (*MERGE[:2], "--keep", "resolution", "--then", "delete-files")
    planned = actions(rows(cli, *words, "--protect", str(template / "media/a")))
    assert (planned["small"], planned["big"], planned["third"]) == ("keep", "delete", "stays")
    everything = rows(cli, *words, "--protect", str(template / "media"))
    assert {row["action"] for row in everything} == {"left"}
    result = cli("scenes", "duplicates", *words, "--protect", "/nowhere", "--yes")
    assert (result.status, "no file of these groups is there" in result.err) == (2, True)


def test_dismissed_groups_are_not_listed(cli: Cli) -> None:
    pair = [scene(cli, "big"), scene(cli, "small")]
    assert "dismissed 1 pair" in cli.ok("scenes", "duplicates", "dismiss", *pair).err
    assert actions(rows(cli, *MERGE, "keep")).keys().isdisjoint({"big"})
    assert "restored 1 pair" in cli.ok("scenes", "duplicates", "restore", *pair).err
    assert "big" in actions(rows(cli, *MERGE, "keep"))


def test_losing_scenes_are_tagged_or_deleted(cli: Cli, template: Path) -> None:
    words = ("scenes", "duplicates", "--distance", "1", "--keep", "resolution", "--then")
    cli.ok(*words, "tag:Mark", "--where", "path:a/ OR path:best", "--yes")
    assert "small" in cli.ok("scenes", "find", "tag:Mark", "--paths").out
    result = cli.ok(*words, "delete", "--yes")
    assert "the next scan makes them again" in cli.ok(*words, "delete", "--dry-run").err or result.status == 0
    assert not scene(cli, "small")
    assert (template / "media/a/small.mp4").exists()


def test_losing_files_are_moved_and_undo_moves_them_back(cli: Cli, template: Path) -> None:
    before, media = state(cli), template / "media"
    (media / "rejects").mkdir()
    (media / "rejects/small.mp4").write_text("no file of the library")
    words = ("scenes", "duplicates", *MERGE, "best-file", "--then", f"move:{media}/rejects")
    [moved] = [row["to"] for row in cli.ok(*words, "--dry-run", "--json").json if row["action"] == "move"]
    assert moved == f"{media}/rejects/small (2).mp4"
    result = cli.ok(*words, "--yes")
    assert "1 of 1 groups done; 1 file" in result.err
    assert (Path(moved).exists(), (media / "a/small.mp4").exists()) == (True, False)
    assert [{"path": f"{media}/best/big.mp4"}, {"path": moved}] in [row["files"] for row in state(cli)]
    assert cli.ok(*words, "--yes").err.endswith("nothing to do\n")
    cli.ok("undo", last_run(cli), "--yes")
    assert (Path(moved).exists(), (media / "a/small.mp4").exists()) == (False, True)
    assert state(cli) == before


def test_saved_plan_is_applied_as_shown(cli: Cli, template: Path, tmp_path: Path) -> None:
    before, media, plan = state(cli), template / "media", str(tmp_path / "plan.jsonl")
    words = ("scenes", "duplicates", *MERGE, "best-file", "--then", f"move:{media}/rejects")
    assert "wrote the plan" in cli.ok(*words, "--plan-out", plan).err
    assert state(cli) == before
    preview = Cli("http://127.0.0.1:9").ok("apply", plan, "--dry-run", "--json").json
    assert {row["to"] for row in preview} == {"", f"{media}/rejects/small.mp4"}
    assert "1 of 1 groups done; 1 file" in cli.ok("apply", plan, "--yes").err
    assert (media / "rejects/small.mp4").exists()
    assert "carried out before" in cli("apply", plan, "--yes").err
    cli.ok("undo", last_run(cli), "--yes")
    assert state(cli) == before


def test_saved_plan_skips_changed_objects(cli: Cli, template: Path, tmp_path: Path) -> None:
    media, plan = template / "media", str(tmp_path / "plan.jsonl")
    words = ("scenes", "duplicates", *MERGE, "best-file", "--then", f"move:{media}/rejects")
    cli.ok(*words, "--plan-out", plan)
    (media / "rejects").mkdir()
    (media / "rejects/small.mp4").write_text("no file of the library")
    assert "and not moved to" in cli("apply", plan, "--yes").err
    (media / "rejects/small.mp4").unlink()
    cli.ok("scene", "update", scene(cli, "small"), "title=Other")
    result = cli("apply", plan, "--yes")
    assert (result.status, "changed by others" in result.err) == (1, True), result.err
    assert (media / "a/small.mp4").exists()


def test_files_are_moved_without_a_merge(cli: Cli, template: Path) -> None:
    """A copy inside one scene, and two scenes that stay separate; existing target files are kept."""
    media = template / "media"
    words = ("scenes", "duplicates", "--by", "checksum", "--keep", "path:/b/", "--then")
    cli.ok(*words, f"move:{media}/new/rejects", "--yes")
    assert (media / "new/rejects/twin.mp4").exists()
    kept_there = rows(cli, *words[2:-2], "path:rejects", "--then", f"move:{media}/new")
    assert {row["reason"] for row in kept_there} == {f"the kept file is in {media}/new itself"}
    there = rows(cli, *words[2:], f"move:{media}/new")
    assert {row["reason"] for row in there} == {f"all others are in {media}/new already"}
    cli.ok("undo", last_run(cli), "--yes")
    assert (media / "a/twin.mp4").exists()


TIE = ("scenes", "duplicates", "--where", "path:tie", "--keep", "resolution", "--on-tie", "ask", "--then")


def test_tie_is_decided_interactively(cli: Cli) -> None:
    result = cli.ok(*TIE, "tag:Mark", terminal=True, answers="3\n2\ny\n")
    assert "resolution cannot tell 2 files apart" in result.err
    assert "tie5" in cli.ok("scenes", "find", "tag:Mark", "--paths").out
    assert "tie6" not in cli.ok("scenes", "find", "tag:Mark", "--paths").out


@table_test("answers", ["\n", "q\n", ""], ids=repr)
def test_undecided_tie_is_skipped(answers: str, template: Path) -> None:
    url = f"embedded:{template / 'library.sqlite'}"
    assert "nothing to do" in Cli(url).ok(*TIE, "tag:Mark", terminal=True, answers=answers).err
    result = Cli(url).ok(*TIE, "tag:Mark", "--yes")
    assert ("there is no terminal to ask" in result.err, "1 kept as they are" in result.err) == (True, True)


def test_images_are_merged(cli: Cli, template: Path) -> None:
    ids = cli.ok("images", "find", "--sort", "path", "--ids").out.split()
    cli.ok("image", "update", ids[1], "title=Two", "tags+=A")
    cli.ok("image", "o", ids[1])
    cover = f"addGalleryImages(input: {{gallery_id: 1, image_ids: [{ids[1]}]}})"
    chosen = f"setGalleryCover(input: {{gallery_id: 1, cover_image_id: {ids[1]}}})"
    cli.ok("api", f"mutation {{ {cover} {chosen} }}")
    words = ("images", "duplicates", "--keep", "resolution", "--into", "keep", "--then", "delete-files")
    assert actions(cli.ok(*words, "--dry-run", "--json").json) == {"0": "keep", "1": "delete"}
    cli.ok(*words, "--yes")
    fields = "id,title,tags.name,o_counter"
    [row] = cli.ok("images", "find", "--json", "--fields", fields).json
    assert (row["id"], row["title"], row["tags"], row["o_counter"]) == (ids[0], "Two", [{"name": "A"}], 1)
    gallery = cli.ok("gallery", "show", "1", "--json", "--fields", "cover.id,image_count").json
    assert gallery["cover"] == {"id": ids[0]}
    assert [path.name for path in (template / "media/pictures").iterdir()] == ["0.png"]


REFUSED: list[tuple[list[str], int, str]] = [
    (["--then", "delete-files"], 2, "nothing says which file is kept"),
    (["--keep", "size", "--then", "burn"], 2, "write nothing, tag:NAME, move:FOLDER, delete or delete-files"),
    (["--keep", "sise"], 2, "size"),
    (["--keep", "path:("], 2, "path:("),
    (["--keep", "size", "--into", "keep", "--then", "delete"], 2, "leave out --then delete"),
    (["--keep", "size", "--into", "keep", "--then", "tag:A"], 2, "nothing to tag"),
    (["--by", "name"], 2, "are compared by"),
    (["--on-tie", "ask"], 2, "without rules"),
    (["--keep", "size", "--then", "move:"], 2, "move:FOLDER"),
    (["--keep", "size", "--then", "move:/nowhere"], 2, "in no folder of the library"),
    (["--by", "checksum", "--distance", "1"], 2, "--by phash"),
    (["--by", "duration", "--duration-diff", "any"], 2, "in seconds"),
    (["--distance", "99"], 2, "--distance"),
    (["--plan-out", "p"], 2, "nothing is done with the groups"),
    ([*MERGE, "keep", "--plan-out", "p", "-i"], 2, "stash apply FILE --interactive"),
    (["beach"], 2, "takes only dismiss and restore"),
    (["dismiss", "1"], 2, "needs two scenes"),
    (["--keep", "size", "--then", "tag:Nobody", "--yes"], 3, "Nobody"),
    ([*MERGE, "keep", "--then", "delete-files"], 11, "confirm with --yes"),
]


@table_test(("args", "status", "text"), REFUSED, ids=str)
def test_invalid_options_are_rejected(args: list[str], status: int, text: str, template: Path) -> None:
    result = Cli(f"embedded:{template / 'library.sqlite'}")("scenes", "duplicates", *args)
    assert (result.status, text in result.err) == (status, True), result.err


def test_deleting_files_requires_typing_the_count(cli: Cli, template: Path) -> None:
    words = ("scenes", "duplicates", *MERGE, "keep", "--then", "delete-files")
    wrong = cli(*words, terminal=True, answers="y\n")
    assert (wrong.status, (template / "media/a/small.mp4").exists()) == (11, True)
    assert "undo brings back all but files" in wrong.err
    result = cli(*words, terminal=True, answers="1\n")
    assert (result.status, (template / "media/a/small.mp4").exists()) == (0, False)


@pytest.fixture
def proxy(cli: Cli, template: Path) -> Iterator[FaultProxy]:
    assert cli
    with serve_library(template / "library.sqlite") as url, FaultProxy(url) as proxy:
        yield proxy


def delete(proxy: FaultProxy, into: str = "keep") -> CommandResult:
    return Cli(proxy.url)("scenes", "duplicates", *MERGE, into, "--then", "delete-files", "--yes")


STEPS = [("sceneMerge", "keep"), ("primary_file_id", "most-metadata")]


@table_test(("step", "into"), STEPS, ids=str)
def test_failed_step_prevents_deletion(step: str, into: str, proxy: FaultProxy, template: Path) -> None:
    """The kept file is already the primary file of its own scene, and becomes that of another one."""
    proxy.rule = matching(lambda request: step in str(request.payload), graphql_errors("no"))
    result = delete(proxy, into)
    assert (result.status, "partly changed: no" in result.err) == (6, True), result.err
    assert (template / "media/a/small.mp4").exists()


def test_command_resumes_after_a_merge_without_response(proxy: FaultProxy, template: Path) -> None:
    small = template / "media/a/small.mp4"
    proxy.rule = matching(lambda request: "sceneMerge" in request.document, reset_before)
    result = delete(proxy)
    assert (result.status, "1 unknown" in result.err, small.exists()) == (6, True, True), result.err
    proxy.rule = lambda _: None
    assert (delete(proxy).status, small.exists()) == (0, False)


def test_partly_failed_undo_is_finished_by_the_next(proxy: FaultProxy) -> None:
    cli, merged = Cli(proxy.url), ("--distance", "1", "--keep", "path:best|tie5", "--into", "keep", "--yes")
    before = state(cli)
    assert "2 of 2 groups done" in cli.ok("scenes", "duplicates", *merged).err
    run = last_run(cli)
    # Nothing is sent after this response: the other merge is not undone.
    proxy.rule = matching(lambda request: "sceneCreate" in request.document, fixed_response("", 401))
    assert cli("undo", run, "--yes").status == 4
    proxy.rule = lambda _: None
    cli.ok("undo", run, "--yes")
    assert state(cli) == before


@table_test("name", ["a/small", "best/big"], ids=str)
def test_replaced_file_prevents_merge_and_deletion(name: str, cli: Cli, template: Path) -> None:
    before, big = state(cli), template / f"media/{name}.mp4"
    big.write_bytes(b"another video")
    result = cli("scenes", "duplicates", *MERGE, "keep", "--then", "delete-files", "--yes")
    assert (result.status, f"{big} cannot be read to its end" in result.err) == (1, True), result.err
    assert (template / "media/a/small.mp4").exists()
    assert state(cli) == before


def test_missing_kept_file_prevents_merge_and_deletion(cli: Cli, template: Path) -> None:
    before = state(cli)
    (template / "media/best/big.mp4").unlink()
    result = cli("scenes", "duplicates", *MERGE, "keep", "--then", "delete-files", "--yes")
    assert result.status != 0
    assert (template / "media/a/small.mp4").exists()
    assert state(cli) == before


def test_scene_in_two_groups_is_used_once(cli: Cli) -> None:
    """The server lists a scene with the copies of each of its files."""
    cli.ok("scenes", "merge", scene(cli, "tie5"), "--into", scene(cli, "big"), "--yes")
    words = ("--distance", "1", "--keep", "path:best|tie5", "--into")
    found = rows(cli, *words, "keep")
    assert {row["group"] for row in found if row["action"] == "keep"} == {1}
    assert "1 of 1 groups done" in cli.ok("scenes", "duplicates", *words, "keep", "--yes").err
    assert "1 of 1 groups done" in cli.ok("scenes", "duplicates", *words, "keep", "--yes").err
    assert scene(cli, "big") == scene(cli, "small") == scene(cli, "tie6")


def test_nothing_is_changed_while_the_server_runs_jobs(cli: Cli, template: Path) -> None:
    assert cli
    with serve_with_job(open_library(str(template / "library.sqlite")), "Scanning...") as url:
        result = Cli(url)("scenes", "duplicates", *MERGE, "keep", "--yes")
    assert (result.status, "at work" in result.err) == (5, True), result.err


def test_group_changed_since_the_plan_is_skipped(proxy: FaultProxy, template: Path) -> None:
    """Another client changes its title."""
    one = scene(Cli(proxy.url), "small")

    def rule(request: Any) -> None:
        if request.operation == "JobQueue":  # sent between the plan and the first change
            mutation = f'mutation {{ sceneUpdate(input: {{id: "{one}", title: "Other"}}) {{ id }} }}'
            url = "http://{}:{}/graphql".format(*proxy.target)
            httpx.post(url, json={"query": mutation}).raise_for_status()

    proxy.rule = rule
    result = delete(proxy)
    assert (result.status, "changed by others" in result.err) == (1, True), result.err
    assert (template / "media/a/small.mp4").exists()
