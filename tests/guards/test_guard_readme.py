"""What the README and the guides show works as it stands there."""

from __future__ import annotations

import inspect
import re
import shlex
import shutil
from pathlib import Path

import pytest
from support import ROOT

from stash_cli.app import run
from stash_cli.core import errors
from stash_cli.embedded import open_library
from stash_cli.output.streams import fake_streams

README = (ROOT / "README.md").read_text(encoding="utf-8")


def shown_commands() -> list[list[str]]:
    """Every `stash ...` line of the section "Use", without what it is piped into."""
    section = README.partition("\n## Use\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^    stash (.*)$", section, re.MULTILINE)
    return [shlex.split(line.partition(" | ")[0], comments=True) for line in lines]


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo library as a file of its own, with a few things that the README names."""
    from stash_cli.embedded.demo import build

    path = tmp_path_factory.mktemp("readme") / "demo.sqlite"
    library = open_library(str(path))
    build(library)
    library.close()
    return path


@pytest.mark.parametrize("argv", shown_commands(), ids=" ".join)
def test_shown_command_ends_well(argv: list[str], demo_file: Path, tmp_path: Path) -> None:
    library = shutil.copy(demo_file, tmp_path / "copy.sqlite")
    (tmp_path / "Videos").mkdir()
    argv = [word.replace("~", str(tmp_path)) for word in argv]
    url = {"STASH_URL": f"embedded:{library}"}
    if "Outdoor" in argv:
        assert run(["tag", "create", "--name", "Outdoor", "--if-missing"], fake_streams(), url) == 0
    streams = fake_streams()
    assert run(argv, streams, url) == 0, streams.err.getvalue()  # type: ignore[attr-defined]


def test_python_example_runs(served_url: str) -> None:
    code = README.partition("\n## From Python\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^(?:    .*)?$", code, re.MULTILINE)
    script = "\n".join(line[4:] for line in lines)
    port = served_url.rstrip("/").rpartition(":")[2].removesuffix("/graphql")
    script = script.replace('"Host": "localhost", "Port": 9999', f'"Host": "127.0.0.1", "Port": {port}')
    names: dict[str, object] = {}
    exec(compile(script, "README.md", "exec"), names)
    assert "main" in names


def test_every_error_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    for name, cls in inspect.getmembers(errors, inspect.isclass):
        if issubclass(cls, errors.StashError):
            row = next(line for line in guide.splitlines() if f"`{name}`" in line and line.startswith("|"))
            assert f"`{cls.code}`" in row
            assert f"| {cls.exit_status} |" in row


@pytest.mark.parametrize("page", [README, *(p.read_text("utf-8") for p in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", page) if "://" not in target]
    missing = [t for t in targets if not ((ROOT / t).exists() or (ROOT / "docs" / t).exists())]
    assert not missing
