"""The recipe for a field of a coming release, followed in a copy of the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support import PATIENCE, ROOT

TYPES = "stash_cli/core/types"
DESCRIPTION = "    description: Nullable[{}] = UNSET\n"
FIELD = '    made_up: Nullable[{}] = api(since="0.32")\n'
EDITS = {
    f"{TYPES}/tag.py": "str",
    f"{TYPES}/inputs/studio.py": "str",
    f"{TYPES}/filters/studio.py": "criteria.StringCriterionInput",
}
"""File -> type of the new field, inserted after the description."""
IMPORT = "types.base import StashInput\n"

FACTS = """
import json
from graphql import build_schema, print_schema
from schemas import capabilities_of
from stash_cli.app import run
from stash_cli.core.graphql import selection
from stash_cli.core.types import Tag, TagUpdateInput
from stash_cli.core.unset import UNSET
from stash_cli.embedded.graphql.schema import library_schema
from stash_cli.output.streams import fake_streams

def output(*args):
    streams = fake_streams()
    run(args, streams, {})
    return streams.out.getvalue()

def selected(schema, version):
    server = capabilities_of(schema, version)
    return selection.build("Tag", ["name", "made_up"], server=server)

schema = library_schema()
newer = build_schema(print_schema(schema) + "extend type Tag { made_up: String }", assume_valid=True)
print(json.dumps({
    "unset": Tag(id="1", name="a").made_up is UNSET,
    "input": TagUpdateInput(id="1", made_up="b").made_up,
    "newer": selected(newer, "v0.32.0"),
    "older": selected(schema, "v0.31.0"),
    "embedded": [name for name, kind in schema.type_map.items() if "made_up" in getattr(kind, "fields", ())],
    "help": {verb: output("tags", verb, "--help") for verb in ("create", "update", "find")},
    "explain": output("explain", "Tag"),
}))
"""


pytestmark = pytest.mark.long  # the first one generates all files


def python(copy: Path, *args: str) -> str:
    """Output of Python in the copy of the project; test helpers can be imported."""
    result = subprocess.run(
        [sys.executable, *args],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(copy), str(ROOT / "tests")])},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one more field, after one run of scripts/generate."""
    folder = tmp_path_factory.mktemp("recipes") / "project"
    for name in ("stash_cli", "scripts", "docs", "completions", "man", "tests/guards"):
        shutil.copytree(ROOT / name, folder / name)  # compiled modules stay valid, which saves seconds
    for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "mkdocs.yml"):
        shutil.copy(ROOT / name, folder / name)
    for name, kind in EDITS.items():
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count(DESCRIPTION.format(kind)) == 1
        text = text.replace(DESCRIPTION.format(kind), DESCRIPTION.format(kind) + FIELD.format(kind))
        (folder / name).write_text(
            text.replace(IMPORT, "types.base import StashInput, api\n"), encoding="utf-8"
        )
    python(folder, "scripts/generate")
    return folder


@pytest.fixture(scope="module")
def facts(copy: Path) -> Any:
    return json.loads(python(copy, "-c", FACTS))


def test_types_have_the_field(facts: Any) -> None:
    assert (facts["unset"], facts["input"]) == (True, "b")


def test_only_supporting_servers_are_asked(facts: Any) -> None:
    assert facts["newer"].split() == ["name", "made_up"]
    assert facts["older"].split() == ["name"]


def test_embedded_library_lacks_the_field(facts: Any) -> None:
    assert facts["embedded"] == []


def test_commands_have_its_flags(facts: Any) -> None:
    assert [text.count("--made-up TEXT") for text in facts["help"].values()] == [1, 1, 1]


def test_explain_names_its_release(facts: Any) -> None:
    [line] = [line for line in facts["explain"].splitlines() if "made_up" in line]
    assert line.split(maxsplit=2) == ["made_up", "String", "may be null; since 0.32"]
