"""Renames of random libraries on disk: complete, killed at any request, resumed, undone; no file is lost."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rename_support import PictureLibrary, open_rename_workbench, rename_images

EXAMPLES = int(os.environ.get("RENAMED_LIBRARIES", "3"))
names = st.sampled_from(["a", "b", "c", "A", "b (2)", "../x", "é"])
files = st.builds("{}{}.png".format, st.sampled_from(["", "a/", "b/"]), st.sampled_from("abcd"))
templates = st.sampled_from(["{{ title }}", "a/{{ title }}", "{{ title }}/{{ visual_files[0].width }}"])
policies = st.sampled_from(["number", "skip", "fail"])


def killed_during_rename(url: str, template: str, policy: str, request: int) -> bool:
    """Whether a renaming process was killed before its n-th mutation."""

    def die(sent: Any) -> bool:
        nonlocal request
        request -= sent.document.startswith("mutation")
        if request == 0:
            os._exit(9)
        return False

    child = os.fork()
    if child == 0:
        try:
            asyncio.run(rename_images(url, template, policy, die))
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


async def undo_run(url: str, run: int) -> None:
    async with open_rename_workbench(url) as bench:
        assert not (await bench.context.undo(run)).problems


async def resume_run(url: str, run: int) -> None:
    async with open_rename_workbench(url) as bench:
        assert (await bench.context.resume(run)).keys() <= {"done"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are copied")
@settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.dictionaries(files, names, min_size=2, max_size=6), templates, policies, st.integers(1, 3))
def test_no_file_is_lost(titles: dict[str, str], template: str, policy: str, request: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shelf = PictureLibrary(Path(folder), titles)
        before = shelf.content()
        for goes_on in (False, True):
            runs = last_run(shelf)
            is_killed = killed_during_rename(shelf.url, template, policy, request)
            run = last_run(shelf)
            if run == runs:  # no file moves
                break
            assert_whole(shelf, before)
            if goes_on and is_killed:
                asyncio.run(resume_run(shelf.url, run))
                assert_whole(shelf, before)
            asyncio.run(undo_run(shelf.url, run))
            assert shelf.content() == before
        run = last_run(shelf)
        asyncio.run(rename_images(shelf.url, template, policy))
        after = assert_whole(shelf, before)
        assert not [path for path in after if "stash-rename" in path]
        if last_run(shelf) > run:
            run = last_run(shelf)
            asyncio.run(rename_images(shelf.url, template, policy))
            assert last_run(shelf) == run
            asyncio.run(undo_run(shelf.url, run))
        assert shelf.content() == before


def last_run(shelf: PictureLibrary) -> int:
    runs = shelf.runs()
    return int(str(runs[0]["id"])) if runs else 0


def assert_whole(shelf: PictureLibrary, before: dict[str, str]) -> dict[str, str]:
    """All content exists once, at the path in the library."""
    found = shelf.content()
    assert sorted(found.values()) == sorted(before.values())
    assert found.keys() == set(shelf.paths().values())
    assert len(shelf.paths()) == len(before)
    return found
