"""Command words of other programs: verb synonyms, help as a word, near suggestions."""

from __future__ import annotations

import re
import shlex

import pytest
from cli_support import Cli, leaf_commands
from table_tests import table_test

from stash_cli.app import NOUNS, root
from stash_cli.commands.topics import TOPICS
from stash_cli.core.errors import did_you_mean

SYNONYMS = [
    ("scenes list", "scenes find"),
    ("scene ls", "scenes find"),
    ("scenes search Sea", "scenes find Sea"),
    ("scene get 1", "scene show 1"),
    ("tag add --name x --read-only", "tag create --name x --read-only"),
    ("tag set 1 --name x --read-only", "tag update 1 --name x --read-only"),
    ("scene rm 1 --dry-run", "scene delete 1 --dry-run"),
    ("jobs ls", "jobs list"),
    ("library find", "library list"),
    ("library rm /nowhere", "library remove /nowhere"),
]


@table_test(("line", "same"), SYNONYMS, ids=[line for line, _ in SYNONYMS])
def test_verb_synonyms(line: str, same: str, small_library) -> None:
    cli = Cli(f"embedded:{small_library}")
    assert cli(*line.split()) == cli(*same.split())


@table_test("noun", [noun for noun, _ in NOUNS])
def test_help_lists_each_verb_once(noun: str, offline: Cli) -> None:
    text = offline.ok(noun, "--help").out
    assert "\n  find " in text
    assert not any(f"\n  {word} " in text for word in ("list", "ls", "search", "get", "add", "set", "rm"))


@table_test("word", ["ls", "find", "show", "rm", "add", "update", "count"])
def test_verb_alone_asks_for_its_noun(word: str, offline: Cli) -> None:
    result = offline(word)
    assert result.status == 2
    assert f"stash scenes {word}" in result.err
    assert "performers" in result.err


@table_test(
    ("line", "same"),
    [
        ("help", "--help"),
        ("help scenes", "scenes --help"),
        ("help scenes find", "scenes find --help"),
        ("scenes help", "scenes --help"),
        ("scenes help find", "scenes find --help"),
        ("help jobs wait", "jobs wait --help"),
    ],
)
def test_help_as_a_word_is_the_help_of_the_command(line: str, same: str, offline: Cli) -> None:
    assert offline.ok(*line.split()) == offline.ok(*same.split())


@table_test("topic", list(TOPICS))
def test_topics_fit_a_terminal(topic: str, offline: Cli) -> None:
    lines = offline.ok("help", topic).out.splitlines()
    assert len(lines) > 5
    assert max(map(len, lines)) <= 84


def test_unknown_topic_lists_the_topics(offline: Cli) -> None:
    assert "Did you mean exit-status?" in offline("help", "exit-staus").err
    result = offline("help", "nonsense")
    assert (result.status, all(topic in result.err for topic in TOPICS)) == (2, True)


NEAR = [
    ("undo", ["studio", "studios", "scenes"], ""),
    ("scens", ["scenes", "scene", "studios"], "Did you mean scenes or scene?"),
    ("acme", ["Acme Films", "Acme Outdoors", "Academy"], "Did you mean Acme Films or Acme Outdoors?"),
    ("lsit", ["list", "show"], "Did you mean list?"),
    ("organised", ["organized", "o_counter"], "Did you mean organized?"),
    ("xyz", ["abc"], ""),
    ("", ["abc"], ""),
    ("a", ["abc", "ab"], "Did you mean ab?"),
]  # fmt: skip


@pytest.mark.parametrize(("word", "known", "text"), NEAR, ids=[word for word, *_ in NEAR])
def test_only_near_names_are_suggested(word: str, known: list[str], text: str) -> None:
    assert did_you_mean(word, known) == text


def test_every_command_is_suggested_for_one_wrong_letter() -> None:
    names = list(root().entries)
    for name in names:
        assert name in did_you_mean(f"{name[:2]}{name[3:]}", names) or len(name) < 4


def examples_of_finds() -> list[str]:
    """Help examples that only read objects of the library and name no file."""
    found = [each for command in leaf_commands().values() for each in command.examples]
    reads = re.compile(rf"stash ({'|'.join(name for noun in NOUNS for name in noun)}) (find|count|show) ")
    return [each for each in found if reads.match(each) and "|" not in each]


@table_test("example", examples_of_finds())
def test_help_examples_work_on_the_demo(example: str) -> None:
    """`show --where` may match none or several here, which is accepted."""
    result = Cli("embedded:demo")(*shlex.split(example)[1:])
    assert result.status == 0 or (result.status == 3 and " show --where " in example), result.err
