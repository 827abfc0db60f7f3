"""Query examples of the guides work unquoted in common shells.

Interactive bash expands `!`, zsh and fish fail on `*` and `(`: an example without quotes contains none.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from cli_support import Cli
from support import ROOT
from table_tests import Failures, table_test

from stash_cli.commands.argv.query_words import query_from_argv
from stash_cli.commands.topics import QUERY
from stash_cli.core.query.fields import fields
from stash_cli.core.query.language.fields import short_name
from stash_cli.core.query.language.tree import quote
from stash_cli.core.query.q import Q
from stash_cli.core.types.entities import ENTITIES

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
SHOW = {
    "bash": "stash() { printf '<%s>' \"$@\"; echo; }; set -o history -o histexpand",
    "zsh": "stash() { printf '<%s>' \"$@\"; echo; }; setopt bang_hist",
    "fish": "function stash; printf '<%s>' $argv; echo; end",
}
"""Shell -> a function instead of the program that prints its arguments."""


def examples() -> list[str]:
    """Lines of the guide and of `stash help query` that begin with `stash`."""
    guide = (ROOT / "docs" / "query-language.md").read_text(encoding="utf-8")
    lines = [*re.findall(r"^ *(stash \S+ (?:find|count).*)$", guide, re.MULTILINE)]
    lines += [
        re.split(r"\s{2,}", line.strip())[0] for line in QUERY.splitlines() if line.startswith("  stash ")
    ]
    return list(dict.fromkeys(lines))


@pytest.mark.parametrize("shell", SHELLS)
def test_examples_reach_the_program_unchanged(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    lines = examples()
    assert len(lines) > 15
    arguments = run_in(shell, tmp_path, lines)
    expected = ["".join(f"<{word}>" for word in shlex.split(line)[1:]) for line in lines]
    assert [line for line in expected if line not in arguments] == []
    assert not {path.name for path in tmp_path.iterdir()} & {"80", "=80"}, "a shell took > for itself"


def run_in(shell: str, folder: Path, lines: list[str]) -> list[str]:
    """Arguments an interactive shell passes for each line, each in angle brackets."""
    result = subprocess.run(
        SHELLS[shell],
        input="\n".join([SHOW[shell], *lines, "exit"]) + "\n",
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return re.findall(r"(?:<.*>)+", result.stdout)


def test_examples_are_valid_queries(small_library: Path) -> None:
    """A library without their names answers that it has none of them, or finds the matches."""
    cli = Cli(f"embedded:{small_library}")
    for line in examples():
        argv = shlex.split(line)[1:]
        result = cli(*argv)
        assert result.status in (0, 3), f"{line}: {result.err}"


def test_words_of_the_guide_form_one_query() -> None:
    words = ["rating:80..", "tag:To sort", "-is:organized", "created:-7d.."]
    joined = "rating:80.. tag:'To sort' -is:organized created:-7d.."
    by_words, by_text = query_from_argv("Scene", words).where, query_from_argv("Scene", [joined]).where
    assert repr(by_words) == repr(by_text).replace("name:To sort", "To sort")


AWKWARD = [
    *(
        "don't",
        'say "hi"',
        "a b",
        " two  gaps ",
        "été ÉTÉ",
        "日本 の",
        "-dash",
        "--",
        "*",
        "a*b?",
        "[x]",
        "50%",
        "a_b",
    ),
    *(
        "back\\slash",
        "C:\\Videos\\new",
        "D:\\Video\\",
        "\\\\host\\share",
        "/media/new/",
        "~/x",
        "AC/DC",
        "a,b",
        ",",
    ),
    *(
        "(x)",
        "a (b",
        ")",
        "|",
        "or",
        "not",
        "and x",
        "$HOME",
        "`id`",
        "!x",
        "{a,b}",
        "a;b",
        "a&b",
        "#x",
        "a#b",
    ),
    *(
        "=x",
        ">5",
        "<5",
        "~x",
        "!=x",
        "..",
        "5..3",
        "1:30",
        "Re: x",
        "id:12",
        "name:x",
        "title:x",
        "tag:",
        "é\u00a0x",
    ),
    *(
        "https://a.org/b?x=1&y=2",
        "x\ty",
        "x\ny",
        "'",
        '"',
        "''",
        '\\"',
        "%s",
        "\N{GRINNING FACE}",
        "0",
        "-5",
        "^x",
    ),
]
EVERY = os.environ.get("QUERY_EXAMPLES")
"""All values for every field if set, else a part of them."""


@pytest.mark.parametrize("shell", SHELLS)
def test_quoted_term_reaches_the_program_from_every_shell(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    terms = [f"title:{quote(value)}" for value in AWKWARD if not {"\n", "\t"} & {*value}]
    arguments = run_in(shell, tmp_path, [f"stash {quoted_for(shell, term)}" for term in terms])
    assert [term for term in terms if f"<{term}>" not in arguments] == []


def quoted_for(shell: str, word: str) -> str:
    """The word in single quotes for the shell; double quotes would expand history."""
    if shell == "fish":
        return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return shlex.quote(word)


def text_fields(type_name: str) -> list[str]:
    return [
        field.name
        for field in fields(type_name).values()
        if "contains" in field.lookups and field.kind == "StringCriterionInput" and field.name not in PATHS
    ]


PATHS = ("path", "dir", "basename")
"""Fields whose value is a path or a path pattern."""


@table_test("type_name", ENTITIES)
def test_every_text_field_accepts_awkward_values(type_name: str) -> None:
    """Quoted as the only word and among several; unquoted if it contains no syntax."""
    failed = Failures()
    for at, field in enumerate(text_fields(type_name)):
        name = short_name(type_name, field)
        for value in AWKWARD if EVERY else AWKWARD[at % 7 :: 7]:
            with failed.of(f"{name} {value!r}"):
                expected = Q(**{f"{field}__contains": value})
                assert lookups([f"{name}:{quote(value)}"], type_name) == expected.lookups
                assert lookups([f"{name}:{quote(value)}", "id:1.."], type_name) == expected.lookups
                if (
                    value != "*"
                    and value[0] not in "=!<>~\"'("
                    and value.count("(") == value.count(")")
                    and value == value.strip()
                ):
                    assert lookups([f"{name}:{value}", "id:1.."], type_name) == expected.lookups
    failed.report()


def lookups(words: list[str], type_name: str) -> object:
    """Lookups of the first word."""
    where = query_from_argv(type_name, words).where
    assert where is not None
    return where.parts[0].lookups if where.parts else where.lookups


def test_names_are_found_in_any_spelling(cli: Cli) -> None:
    """One scene has a tag of each name; quoted terms and flags together still find it."""
    # Servers treat % and _ of a new name as wildcards, so these are created before names they match.
    names = sorted({value.strip() for value in AWKWARD}, key=lambda name: not {"%", "_"} & {*name})
    made = "".join(
        f"t{at}: tagCreate(input: {{name: {json.dumps(name)}}}) {{ id }} " for at, name in enumerate(names)
    )
    tags = cli.ok("api", f"mutation {{ {made} }}").json
    ids = json.dumps([tag["id"] for tag in tags.values()])
    cli.ok("api", f'mutation {{ sceneCreate(input: {{title: "S", tag_ids: {ids}}}) {{ id }} }}')
    where = " ".join(f"tag:{quote(name)}" for name in names)
    assert cli.ok("scenes", "count", "--where", where).out == "1\n"
    assert cli.ok("scenes", "count", *(f"tag:{quote(name)}" for name in names)).out == "1\n"
    literal = [word for name in names for word in ("--tag", f"name:{name}")]
    assert cli.ok("scenes", "count", *literal).out == "1\n"
