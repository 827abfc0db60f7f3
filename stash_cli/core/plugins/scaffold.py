"""The files of a new plugin: its description for the server, and a script that uses this library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stash_cli.core.errors import StashInputError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(r"[A-Za-z][\w-]{0,63}", re.ASCII)

TASK = "Tag scenes"
"""The task of a new plugin."""
MANIFEST = """\
name: {name}
description: Adds a tag to all scenes that have none.
version: 0.1.0
exec:
  - python
  - "{{pluginDir}}/{name}.py"
interface: raw
tasks:
  - name: {task}
    description: Adds the tag Untagged to all scenes that have no tags
    defaultArgs:
      tag: Untagged
# A hook runs after a change of an object, which context.hook tells:
# hooks:
#   - name: New scene
#     triggeredBy:
#       - Scene.Create.Post
"""
SCRIPT = '''\
"""Adds a tag to all scenes that have none. Stash runs this file: see {name}.yml."""

import asyncio
import json

from stash_cli import Scene, StashContext, StashError, Tag


async def main() -> str:
    context = StashContext.from_plugin_stdin()
    async with context as client:
        tag = await context.store.get_or_create(Tag, name=context.args.get("tag", "Untagged"))
        scenes = await context.store.find(Scene, tags__null=True)
        for done, scene in enumerate(scenes, start=1):
            await scene.add_tag(tag)
            await scene.save(client)
            context.log.progress(done / len(scenes))
        context.log.info(f"{{len(scenes)}} scenes have the tag {{tag.name}} now")
    return f"tagged {{len(scenes)}} scenes"


if __name__ == "__main__":
    try:
        print(json.dumps({{"output": asyncio.run(main())}}))
    except StashError as error:
        print(json.dumps({{"error": error.message}}))
'''


def write_plugin(name: str, parent: Path) -> list[Path]:
    """Write the folder of a new plugin below `parent`; return its files. Raises StashInputError."""
    if not _NAME.fullmatch(name):
        raise StashInputError(
            f"{name!r} is no name for a plugin: it has letters, digits, _ and -, and begins with a letter"
        )
    folder = parent / name
    try:
        folder.mkdir(parents=True)
        texts = {f"{name}.yml": MANIFEST.format(name=name, task=TASK), f"{name}.py": SCRIPT.format(name=name)}
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
    except FileExistsError:
        raise StashInputError(f"{folder} exists already") from None
    except OSError as error:
        raise StashInputError(f"{folder} cannot be written: {error.strerror}") from None
    return [folder / file for file in texts]
