"""The library overview as documented: client, types and store."""

from __future__ import annotations

import re
import textwrap
from typing import Any
from urllib.parse import urlsplit

import pytest
from support import reference, run

from stash_cli import StashContext, StashEntityStore
from stash_cli.core.types import UNSET, Performer, Scene, Tag


def connection(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {"Scheme": parts.scheme, "Host": parts.hostname, "Port": parts.port}


async def test_client_operations(served_url: str) -> None:
    async with StashContext(conn=connection(served_url)) as client:
        scenes = await client.find_scenes()
        performer = await client.create_performer(Performer(name="Alice"))
        job_id = await client.metadata_scan()
        assert (scenes.count, scenes.scenes) == (0, [])
        assert performer.name == "Alice"
        assert not performer.is_new()
        assert await client.wait_for_job(job_id, period=0.1)


async def test_types_create_and_change(served_url: str) -> None:
    async with StashContext(conn=connection(served_url)) as client:
        scene = Scene(title="My Scene", rating100=85)
        assert len(scene.id) == 32
        assert int(scene.id, 16)
        assert scene.is_new()
        assert scene.details is UNSET
        assert await scene.to_input() == {"title": "My Scene", "rating100": 85}

        await scene.save(client)
        assert scene.id.isdigit()
        assert not scene.is_new()

        scene.rating100 = 90
        assert scene.get_changed_fields() == {"rating100": 90}
        assert await scene.to_input() == {"id": scene.id, "rating100": 90}
        await scene.save(client)
        assert not scene.is_dirty()
        again = await client.find_scene(scene.id)
        assert again is not None
        assert again.rating100 == 90


async def test_store_access(served_url: str) -> None:
    async with StashContext(conn=connection(served_url)) as client:
        alice = await client.create_performer(Performer(name="Alice"))
        for rating in (70, 85, None):
            await client.create_scene(Scene(title=f"rated {rating}", rating100=rating, performers=[alice]))

        store = StashEntityStore(client, default_ttl=300)
        performer = await store.get(Performer, alice.id)
        assert performer is not None
        assert performer is await store.get(Performer, int(alice.id))
        top_rated = await store.find(Scene, rating100__gte=80)
        unrated = await store.find(Scene, rating100__null=True)
        assert [scene.title for scene in top_rated] == ["rated 85"]
        assert [scene.title for scene in unrated] == ["rated None"]
        assert top_rated[0].performers == [performer]
        assert top_rated[0].performers[0] is performer

        await store.populate(performer, fields=["scenes", "images"])
        assert len(performer.scenes) == 3
        assert performer.images == []

        tag = await store.get_or_create(Tag, name="Action")
        assert tag is await store.get_or_create(Tag, name="Action")


def written_examples() -> list[str]:
    """Code of the overview, line by line, without its imports."""
    path = reference("library-overview.txt")
    text = path.read_text(encoding="utf-8") if path else ""
    blocks = re.findall(r"^Example usage:\n(.*?)^(?:Layer|Mixin|When) ", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"^(from|async with) .*\n", "", block, flags=re.MULTILINE) for block in blocks]


@pytest.mark.parametrize("code", written_examples())
def test_overview_examples_run(served_url: str, code: str) -> None:
    names: dict[str, Any] = {"StashEntityStore": StashEntityStore, "UNSET": UNSET}
    names |= {cls.__name__: cls for cls in (Performer, Scene, Tag)}
    body = textwrap.indent(code, "    ")
    exec(compile(f"async def example(client):\n{body}\n    return locals()", "overview", "exec"), names)

    async def main() -> dict[str, Any]:
        async with StashContext(conn=connection(served_url)) as client:
            if '"123"' in code:
                numbers = range(1, 124)
                aliases = " ".join(f'p{n}: performerCreate(input: {{name: "{n}"}}) {{ id }}' for n in numbers)
                await client.execute(f"mutation {{ {aliases} }}")
            found: dict[str, Any] = await names["example"](client)
            return found

    found = run(main())
    assert len(found) > 1
