"""Start-up costs: `python benchmarks/startup.py`.

Budgets: `--version` and completion at most 1.6 times `import typer`; one page of scenes as JSON from a
known server at most 1.5 times a hand-written script that imports httpx, posts the same query and prints.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from library import make_library, served
from timing import STASH, report, side_by_side

BY_HAND = """
import httpx, json, sys
query = "{ findScenes(filter: {per_page: 25}) { scenes { id title date rating100 organized urls } } }"
answer = httpx.post(sys.argv[1], json={"query": query}).json()
print(json.dumps(answer["data"]["findScenes"]["scenes"]))
"""
FIELDS = "id,title,date,rating100,organized,urls"


def start_up() -> None:
    commands = {
        "import typer": [sys.executable, "-c", "import typer"],
        "stash --version": [STASH, "--version"],
        "stash --help": [STASH, "--help"],
        "stash scenes find --help": [STASH, "scenes", "find", "--help"],
    }
    report("start-up", side_by_side(commands), "import typer", {"stash --version": 1.6})


def completion() -> None:
    words = {"completion of a command": ["sce"], "completion of a flag": ["scenes", "find", "--rating"]}
    asked = {name: [STASH, *typed] for name, typed in words.items()}
    commands = {"import typer": [sys.executable, "-c", "import typer"], **asked}
    timings = side_by_side(commands, _STASH_COMPLETE="1")
    report("completion", timings, "import typer", dict.fromkeys(words, 1.6))


def one_page(folder: Path) -> None:
    library = make_library(folder / "page.sqlite", scenes=1000)
    with served(library) as url:
        find = [STASH, "--server", url, "scenes", "find", "--limit", "25", "--json", "--fields", FIELDS]
        commands = {"by hand": [sys.executable, "-c", BY_HAND, f"{url}/graphql"], "stash scenes find": find}
        report("one page of scenes", side_by_side(commands), "by hand", {"stash scenes find": 1.5})


def main() -> None:
    start_up()
    completion()
    with tempfile.TemporaryDirectory() as folder:
        one_page(Path(folder))


if __name__ == "__main__":
    main()
