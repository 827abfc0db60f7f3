"""Names on the command line: empty ones are rejected, and numbers may be names."""

from __future__ import annotations

import pytest
from cli_support import Cli

from stash_cli.commands.argv.input_flags import input_flags
from stash_cli.core.types.entities import ENTITIES

NOUNS = sorted(entity.noun for entity in ENTITIES.values())
NAMING = sorted(
    (entity.noun, verb, flag.name)
    for entity in ENTITIES.values()
    for verb, type_name in (("create", f"{entity.type}CreateInput"), ("update", f"{entity.type}UpdateInput"))
    if entity.noun != "image" or verb == "update"
    for flag in input_flags(type_name).values()
    if flag.names_something
)
"""(noun, verb, flag) of every flag that takes an object name."""


@pytest.mark.parametrize("blank", ["", " ", "name:"])
@pytest.mark.parametrize("noun", NOUNS)
def test_empty_object_names_are_rejected(cli: Cli, noun: str, blank: str) -> None:
    cli.ok("tag", "create", "--name", "made first, so that there is a library")
    field = "title" if noun in ("scene", "image", "gallery", "marker") else "name"
    for verb, *flags in (["show"], ["update", f"{field}=x", "--dry-run"], ["delete", "--yes"]):
        result = cli(noun, verb, blank, *flags)
        assert result.status == 2, result.err
        assert "Neither an id nor a name" in result.err


@pytest.mark.parametrize(("noun", "verb", "flag"), NAMING)
def test_empty_names_in_flags_are_rejected(offline: Cli, noun: str, verb: str, flag: str) -> None:
    target = ["1"] if verb == "update" else []
    for name in [flag] if verb == "create" else [flag, f"--add-{flag[2:]}", f"--remove-{flag[2:]}"]:
        result = offline(noun, verb, *target, name, "")
        assert result.status == 2
        messages = (f"{name}: is empty", "no such option", "could mean a filter")
        assert any(text in result.err for text in messages), result.err


@pytest.mark.parametrize(
    "words",
    [
        ["scenes", "find", "--tag", ""],
        ["scenes", "count", "--studio", " "],
        ["images", "find", "--performers-tags", ""],
        ["scan", ""],
        ["library", "add", ""],
        ["library", "remove", ""],
        ["api", ""],
        ["api", "--operation", ""],
        ["api", "--input", ""],
        ["jobs", "wait", ""],
        ["explain", ""],
        ["embedded", "serve", "--library", ""],
        ["scene", "update", "1", "--stash-id", ""],
    ],
    ids=" ".join,
)
def test_other_empty_values_are_rejected(cli: Cli, words: list[str]) -> None:
    cli.ok("tag", "create", "--name", "made first, so that there is a library")
    result = cli(*words)
    assert result.status == 2, result.err
    assert "bug" not in result.err


def test_number_is_an_id_or_else_a_name(cli: Cli) -> None:
    for name in ("2024", "1", "Beach"):
        cli.ok("tag", "create", "--name", name)
    assert cli.ok("tag", "show", "2024", "--ids").out == "1\n"
    assert cli.ok("tag", "show", "1", "--ids").out == "1\n"
    assert cli.ok("tag", "show", "name:1", "--ids").out == "2\n"
    assert cli("tag", "show", "77").err == "stash: no tag with id 77\n"
    cli.ok("tags", "update", "2024", "3", "--description", "x", "--yes")
    assert cli.ok("tags", "find", "--description", "x", "--ids").out.split() == ["1", "3"]
    result = cli("tags", "delete", "2024", "77", "--yes")
    assert result.status == 6
    assert cli.ok("tags", "find", "--ids").out.split() == ["2", "3"]


def test_number_as_name_of_several_objects_is_ambiguous(cli: Cli) -> None:
    for disambiguation in ("a", "b"):
        cli.ok("performer", "create", "--name", "77", "--disambiguation", disambiguation)
    for verb, *flags in (["show"], ["delete", "--yes"]):
        result = cli("performer", verb, "77", *flags)
        assert result.status == 3
        assert "several performers: id:1 77 (a), id:2 77 (b)" in result.err
