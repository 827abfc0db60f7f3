"""Every help text renders, starts with usage and equals its snapshot."""

from __future__ import annotations

import re

import pytest
from cli_support import Cli, assert_snapshot
from table_tests import table_test

from stash_cli.app import NOUNS, root
from stash_cli.commands.argv.command import LazyGroup
from stash_cli.commands.topics import TOPICS
from stash_cli.core.types.api import describe_api
from stash_cli.core.types.entities import ENTITIES, Entity


def paths() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for name, entry in root().entries.items():
        made = entry.load(name)
        found.append((name,))
        if isinstance(made, LazyGroup):
            found += [(name, verb) for verb in made.entries]
    return found


@table_test("path", paths(), ids=" ".join)
def test_every_help_renders(offline: Cli, path: tuple[str, ...]) -> None:
    result = offline.ok(*path, "--help")
    assert result.err == ""
    assert result.out.startswith(f"Usage: {' '.join(['stash', *path])}")
    assert max(map(len, result.out.splitlines())) <= 120
    if not path or "COMMAND [ARGS...]" not in result.out:  # groups except the root have no examples
        assert "\nExamples:\n  " in result.out
    assert offline.ok(*path, "-h").out == result.out


@table_test(
    "line",
    [
        "",
        "scenes",
        "scenes find",
        "performers create",
        "scenes update",
        "scenes delete",
        "tags find",
        "scan",
        "jobs wait",
    ],
)
def test_help_equals_snapshot(offline: Cli, line: str) -> None:
    name = f"help-{line.replace(' ', '-')}" if line else "help"
    assert_snapshot(name, offline.ok(*line.split(), "--help").out)


@pytest.mark.parametrize("noun", [noun for noun, _ in NOUNS])
def test_every_lookup_is_listed_and_accepted(offline: Cli, noun: str) -> None:
    text = offline.ok(noun, "find", "--help-filters").out
    flags = [line.split()[0] for line in text.splitlines() if line.startswith("  --")]
    assert len(flags) > 40
    assert len(flags) == len(set(flags))


@table_test(
    ("field", "flags"),
    [
        ("date", ["--date", "--date-between", "--date-gte"]),
        ("rating100", ["--rating100-gte"]),
        ("tag", ["--tag", "--any-tag", "--no-tag", "--tag-null"]),
        ("tags", ["--tag"]),
        ("play_count", ["--play-count"]),
        ("performers-country", ["--performers-country", "--performers-country-in"]),
        ("performers.country", ["--performers-country"]),
        ("duration", ["--duration-lt"]),
    ],
)
def test_flags_of_one_field(field: str, flags: list[str], offline: Cli) -> None:
    text = offline.ok("scenes", "find", "--help-filters", field).out
    found = [line.split()[0] for line in text.splitlines() if line.startswith("  --")]
    assert set(flags) <= set(found)
    assert len(found) < 20
    assert offline.ok("scenes", "count", f"--help-filters={field}").out.count("  --") == len(found)


def has_related_flags(entity: Entity) -> bool:
    """Whether the filter of an entity has filters of related objects, as `scenes_filter`."""
    return any(name.endswith("_filter") for name in describe_api().types[entity.filter_type].fields)


def test_unknown_field_has_no_flags(offline: Cli) -> None:
    result = offline("scenes", "find", "--help-filters", "raitng100")
    assert (result.status, "Did you mean rating100?" in result.err) == (2, True)


@pytest.mark.parametrize("noun", [each.noun for each in ENTITIES.values() if has_related_flags(each)])
def test_help_names_flags_of_related_objects(offline: Cli, noun: str) -> None:
    text = " ".join(offline.ok(noun, "find", "--help").out.split())
    [flag] = re.findall(r"their name in front: (--\S+)", text)
    assert f"{flag} " in offline.ok(noun, "find", "--help-filters").out


def test_root_nouns_are_those_of_the_api() -> None:
    assert {(e.noun, e.plural) for e in ENTITIES.values()} == set(NOUNS)


def test_help_precedes_usage_errors(offline: Cli) -> None:
    assert offline("scenes", "find", "--nonsense", "--help").status == 0


@pytest.mark.parametrize("columns", [50, 80])
def test_help_fits_the_terminal(offline: Cli, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for args in (["--help"], ["scenes", "find", "--help"], ["tags", "find", "--help-filters"]):
        text = offline.ok(*args, terminal=True).out
        lines = [line for line in text.splitlines() if not re.match(r"  stash |  --\S+( \S+)?$", line)]
        assert max(map(len, lines)) <= columns
        assert not any(line.endswith("-") for line in lines)


@table_test("topic", TOPICS)
def test_topic_fits_a_narrow_terminal(offline: Cli, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = offline.ok("help", topic, terminal=True).out.splitlines()
    # Lines from files are copied unchanged.
    assert not [line for line in lines if len(line) > 60 and topic not in ("cron", "plugins")]
    page = offline.ok("help", topic).out
    assert " ".join(page.split()) == " ".join(" ".join(lines).split())
    # Paragraphs are wrapped again, not the lines of a wider page.
    assert not re.search(r"^\S.{0,20}\n\S", "\n".join(lines), re.MULTILINE)


def test_completion_follows_the_command_tree(offline: Cli) -> None:
    cli = Cli(_STASH_COMPLETE="1")

    def offered(*words: str) -> list[str]:
        return [line.split("\t")[0] for line in cli.ok(*words).out.splitlines()]

    assert offered("sc") == ["scenes", "scan", "scrapers"]
    assert offered("scene") == ["scenes"]
    assert sorted(offered("scenes", "f")) == ["fill", "find"]
    assert "--rating100-gte" in offered("--demo", "scenes", "find", "--rating100-g")
    assert "--rating100-gte" not in offered("scenes", "find", "--")
    assert offered("scenes", "find", "--performers-gender", "FEM") == ["FEMALE"]
    assert offered("scenes", "find", "--performers-favorite", "--so") == ["--sort"]
    assert offered("scenes", "find", "-o", "js") == ["json", "jsonl"]
    assert offered("scenes", "find", "--missing", "cov") == ["cover"]
    assert offered("performer", "create", "--gender", "MA") == ["MALE"]
    assert offered("scenes", "find", "--limit", "") == []
    assert "--wait" in offered("scan", "--w")


@table_test(
    ("words", "files"),
    [
        ("library add /m", True),
        ("scan /m", True),
        ("scan --ca-cert x", True),
        ("scene update 1 --cover-image x", True),
        ("tag create --input x", True),
        ("scene show ", False),
        ("scenes find --tag ", False),
        ("scenes update ", False),
        ("scenes find x", False),
    ],
)
def test_files_are_completed_for_file_arguments_only(words: str, files: bool) -> None:
    assert (Cli(_STASH_COMPLETE="1").ok(*words.split(" ")).out == ":files\t\n") is files
