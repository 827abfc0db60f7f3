"""The server that a command talks to; its key is sent there and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_support import Cli, RequestRecorder, leaf_commands
from PIL import Image
from table_tests import table_test

from stash_cli.commands.argv.flags import global_flags
from stash_cli.commands.verbs.list_flags import update_type
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES, Entity

COMMANDS = leaf_commands()
FLAGS = {path: {flag.name for flag in command.derived().rows()} for path, command in COMMANDS.items()}


@pytest.fixture
def site() -> Iterator[RequestRecorder]:
    """A web site that an object's URL may name."""
    with RequestRecorder() as recorder:
        yield recorder


def with_urls(input_type: str) -> bool:
    found = describe_api().types.get(input_type)
    return found is not None and "urls" in found.fields


CREATED = [
    e for e in ENTITIES.values() if (e.plural, "create") in COMMANDS and with_urls(f"{e.type}CreateInput")
]
UPDATED = [e for e in ENTITIES.values() if (e.plural, "update") in COMMANDS and with_urls(update_type(e))]


def test_most_nouns_have_urls() -> None:
    assert {"scene", "performer", "studio", "group", "gallery"} <= {entity.noun for entity in CREATED}
    assert {entity.noun for entity in CREATED} | {"image"} <= {entity.noun for entity in UPDATED}


@pytest.mark.parametrize("entity", CREATED, ids=lambda entity: entity.noun)
def test_create_url_belongs_to_the_object(entity: Entity, embedded_url: str, site: RequestRecorder) -> None:
    cli = Cli(embedded_url, STASH_API_KEY="k3y")
    flags = ("--url", f"{site.url}/v", f"--{entity.label}", "X", f"--url={site.url}/w")
    made = cli.ok(entity.noun, "create", *flags, "--json", "--fields", "urls").json
    assert made["urls"] == [f"{site.url}/v", f"{site.url}/w"]
    assert site.heads == []


def create_one(cli: Cli, entity: Entity, folder: Path) -> None:
    """Create an object of a type; types without a create command are scanned."""
    if entity in CREATED:
        cli.ok(entity.noun, "create", f"--{entity.label}", "X")
        return
    folder.mkdir()
    Image.new("RGB", (8, 8)).save(folder / "picture.png")
    cli.ok("library", "add", str(folder))
    cli.ok("scan", "--wait", "-q")


@pytest.mark.parametrize("entity", UPDATED, ids=lambda entity: entity.noun)
def test_update_url_belongs_to_the_object(
    entity: Entity, embedded_url: str, library_file: Path, site: RequestRecorder
) -> None:
    cli = Cli(embedded_url, STASH_API_KEY="k3y")
    create_one(cli, entity, library_file.parent / "media")
    sent = cli.ok(entity.noun, "update", "1", "--url", f"{site.url}/v", "--dry-run").out
    [given] = json.loads(sent).values()
    assert given["urls"] == [f"{site.url}/v"]
    assert site.heads == []


def test_both_meanings_of_url_in_one_line(embedded_url: str, site: RequestRecorder) -> None:
    line = ("--url", embedded_url, "scene", "create", "--title", "X", "--url", f"{site.url}/v")
    Cli(STASH_API_KEY="k3y").ok(*line)
    cli = Cli(embedded_url)
    assert cli.ok("scenes", "find", "--url", f"{site.url}/v", "--ids").out == "1\n"
    assert cli.ok("scenes", "find", "--url", f"{site.url}/w", "--ids").out == ""
    assert site.heads == []


def test_url_after_the_command_never_selects_the_server(site: RequestRecorder) -> None:
    cli = Cli("http://127.0.0.1:1", STASH_API_KEY="k3y")
    paths = [path for path, flags in FLAGS.items() if "--url" not in flags]
    for path in paths:
        result = cli(*path, "--url", site.url)
        assert (path, result.status) == (path, 2)
        messages = (
            "or use --server",
            "leave out --url",
            "--url is for one of",
        )  # scrape has its own URL argument
        assert any(text in result.err for text in messages), result.err
    assert ("tags", "create") in paths
    assert site.heads == []


def test_url_between_noun_and_verb_does_not_select_the_server(site: RequestRecorder) -> None:
    result = Cli(STASH_API_KEY="k3y")("scene", f"--url={site.url}/?t=1", "create", "--title", "X")
    assert (result.status, site.heads) == (2, [])
    assert "or use --server" in result.err
    assert site.url not in result.err


@table_test("path", FLAGS, ids=" ".join)
def test_options_have_unique_names(path: tuple[str, ...]) -> None:
    own, shared = COMMANDS[path].own_names()[0], set(global_flags().names())
    assert not FLAGS[path] & own
    assert not FLAGS[path] & shared
    assert not own & shared


WAYS = {
    "environment": ((), {"STASH_URL": "{url}"}),
    "before": (("--server", "{url}"), {}),
    "url before": (("--url", "{url}"), {}),
    "after": ((), {}, ("--server", "{url}")),
    "equals": ((), {}, ("--server={url}/graphql",)),
    "over the environment": (("--server", "{url}"), {"STASH_URL": "{site}"}),
    "nearer to the command": (("--url", "{site}", "--server", "{url}"), {}),
    "after wins": (("--url", "{site}"), {}, ("--server", "{url}")),
}


@pytest.mark.parametrize("key", ["variable", "file", "flag", "none"])
@pytest.mark.parametrize("way", WAYS)
def test_key_is_sent_to_the_selected_server(
    way: str, key: str, site: RequestRecorder, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text("k3y\n")
    before, environ, after = (*WAYS[way], ())[:3]
    keys = {"variable": {"STASH_API_KEY": "k3y"}, "file": {"STASH_API_KEY_FILE": str(file)}}.get(key, {})
    flag = ("--api-key-file", str(file)) if key == "flag" else ()
    with RequestRecorder() as server:

        def filled(text: str) -> str:
            return text.format(url=server.url, site=site.url)

        cli = Cli(**{name: filled(text) for name, text in environ.items()}, **keys)
        cli(*map(filled, before), "tags", "count", *map(filled, after), *flag, "--timeout", "5")
    assert {head.get("ApiKey") for head in server.heads} == {None if key == "none" else "k3y"}
    assert site.heads == []


@pytest.mark.parametrize("name", ["STASH_API_KEY", "STASH_API_KEY_FILE"])
def test_invalid_key_is_a_one_line_setting_error(name: str, tmp_path: Path, site: RequestRecorder) -> None:
    file = tmp_path / "key"
    file.write_bytes("s3cret\n".encode("utf-16-le"))
    cli = Cli(site.url, **{name: "s3cret\u00e9" if name == "STASH_API_KEY" else str(file)})
    for more in ((), ("--debug",)):
        result = cli("tags", "count", *more)
        assert result.status == 2
        assert name in result.err
        assert "s3cret" not in result.err
        assert "bug" not in result.err
    assert site.heads == []
