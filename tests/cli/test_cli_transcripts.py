"""Every verb of every noun once, as shown in 80 columns.

A transcript is a file with lines `$ stash ...` and their output. Its commands run in order on a copy of
one library; UPDATE_SNAPSHOTS=1 writes the file.
"""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest
from cli_support import Cli, leaf_commands
from sample_library import STAMP, open_sample_library

from stash_cli import __version__
from stash_cli.app import root

TRANSCRIPTS = Path(__file__).parent / "transcripts"
PROMPT = "$ stash "


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two or three objects of each type that refer to each other, with missing files; created once."""
    path = tmp_path_factory.mktemp("transcripts") / "library.sqlite"
    sample = open_sample_library(path)
    for title, rating in (("Sea", 90), ("Sand", 60), ("Rocks", None)):
        sample.create("sceneCreate", title=title, rating100=rating, date="2024-03-01")
    for name in ("Outdoor", "Beach", "Shore"):
        sample.create("tagCreate", name=name, parent_ids=["1"] if name == "Beach" else [])
    for name, country in (("Alice", "JP"), ("Bob", "DE")):
        sample.create("performerCreate", name=name, country=country, birthdate="1990-05")
    for name in ("Acme", "Coast Films"):
        sample.create("studioCreate", name=name)
        sample.create("groupCreate", name=f"The {name} Collection")
        sample.create("galleryCreate", title=f"Stills of {name}")
    for seconds in (30, 95):
        sample.create("sceneMarkerCreate", scene_id="1", seconds=seconds, title="Wave", primary_tag_id="2")
    sample.write("sceneUpdate", id="1", tag_ids=["2"], performer_ids=["1", "2"], studio_id="1")
    sample.write("sceneUpdate", id="2", tag_ids=["1"], performer_ids=["2"], groups=[{"group_id": "1"}])
    sample.video("/media/videos/sea.mp4", scene="1", size=734003200, hashes={"oshash": "0123456789abcdef"})
    sample.video("/media/videos/sand.mp4", scene="2", size=52428800, duration=95.0)
    for number in (1, 2):
        sample.image(f"/media/pictures/still {number}.png", galleries=("1",))
    sample.library.close()
    stamp(path)
    return path


def stamp(path: Path) -> None:
    """Set the same timestamps on all objects."""
    with closing(sqlite3.connect(path)) as connection, connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            names = {row[1] for row in connection.execute(f"PRAGMA table_info('{table}')")}
            for name in names & {"created_at", "updated_at"}:
                connection.execute(f"UPDATE `{table}` SET {name} = ?", (STAMP,))


EDITOR = """import pathlib, re, sys
file = pathlib.Path(sys.argv[-1])
words = {"Sea": "Ocean", "Bob": "Rob", "Acme": "Zenith", "Beach": "Strand", "Wave": "Surf", "1338": "1339"}
line = rf"(?m)^( *(?:name|title|port): .*)\\b({'|'.join(words)})\\b"
file.write_text(re.sub(line, lambda found: found[1] + words[found[2]], file.read_text("utf-8")), "utf-8")
"""
"""The editor of `edit`: a program that replaces some names."""

VARIABLE = (
    (rf"client: {re.escape(__version__)}", lambda _: "client: VERSION"),
    # A card prints a long path below its label.
    (r"(?m)^(\w[\w ]*:)\s+(/home/me\S*)", lambda found: f"{found[1]} {found[2]}"),
    (r"on\s+embedded:/home/me", lambda _: "on embedded:/home/me"),
    (r"(scan|generate) \d:\d\d", lambda found: f"{found[1]} 0:00"),
    (r"\d{4}-\d\d-\d\d([ T])\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d|Z)?", lambda found: "~" * len(found[0])),
    (r"\d{4}-\d\d-\d\d", lambda found: found[0] if found[0] < "2026" else "~" * len(found[0])),
)
"""Patterns of texts that differ between runs -> their placeholder in a transcript."""


def commands_of(transcript: Path) -> list[str]:
    lines = transcript.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(PROMPT) for line in lines if line.startswith(PROMPT)]


def output_of(cli: Cli, command: str) -> str:
    """Output of a command: results, then messages, then a status other than 0."""
    result = cli(*shlex.split(command), terminal=True)
    status = f"[exit {result.status}]\n" if result.status else ""
    lines = f"{result.out.rstrip()}\n{result.err.strip()}\n{status}".splitlines()
    text = "\n".join(line.rstrip() for line in lines).strip()
    return f"{PROMPT}{command}\n{text}\n"


@pytest.mark.parametrize("transcript", sorted(TRANSCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript_equals_the_output(
    transcript: Path, library: Path, library_file: Path, own_state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LOGNAME", "me")
    monkeypatch.chdir(library_file.parent)
    copyfile(library, library_file)
    Path("settings.yaml").write_text("general:\n  parallel_tasks: 3\n", encoding="utf-8")
    Path("editor.py").write_text(EDITOR, encoding="utf-8")
    environ = {"NO_COLOR": "1", "STASH_STATE_DIR": str(library_file.parent / "state")}
    cli = Cli(f"embedded:{library_file}", EDITOR=f"{sys.executable} editor.py", **environ)
    text = "\n".join(output_of(cli, command) for command in commands_of(transcript))
    for folder in (library_file.parent, own_state):
        text = text.replace(str(folder), "/home/me")
    for expression, replacement in VARIABLE:
        text = re.sub(expression, replacement, text)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        transcript.write_text(text, encoding="utf-8")
    assert text == transcript.read_text(encoding="utf-8"), f"differs from {transcript.name}"


NOT_SHOWN = {
    "completion": "prints scripts; the shells' own tests run them",
    "embedded serve": "goes on until it is interrupted",
    "embedded reset": "makes the demo library, which takes seconds",
    "plugins exec": "is started by a server",
    "doctor": "tells of this machine",
    "mirror": "names a file that is another one in each run",
    "jobs watch": "goes on until it is interrupted",
}
"""Commands without a transcript -> the reason."""


def test_every_verb_has_a_transcript() -> None:
    written = [shlex.split(command) for path in TRANSCRIPTS.glob("*.txt") for command in commands_of(path)]
    covered = {tuple(words[:size]) for words in written for size in (1, 2, 3)}
    singular = {
        word: name for name, entry in root().entries.items() if (word := entry.alias_of) and word != name
    }
    missing = []
    for path in leaf_commands():
        words = path[1:] if path[0] == "metadata" and path[1:] in covered else path
        spellings = {words, (singular.get(words[0], words[0]), *words[1:])}
        if not spellings & covered and not {" ".join(path[:2]), path[0]} & NOT_SHOWN.keys():
            missing.append(" ".join(path))
    assert missing == [], "write them into tests/cli/transcripts, and run with UPDATE_SNAPSHOTS=1"
