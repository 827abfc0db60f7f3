"""What is known of relationships in part: no circle slips through, and only what differs is left to save."""

from __future__ import annotations

import pytest
from store_support import counted
from support import run

from stash_cli.core.errors import StashInputError
from stash_cli.core.types import Tag


def test_circles_over_what_was_put_into_unread_lists_are_refused(embedded_url: str) -> None:
    async def main() -> None:
        async with counted(embedded_url) as (_, wire):
            one, two = Tag.from_graphql({"id": "1"}), Tag.from_graphql({"id": "2"})
            await one.add_child(two)
            with pytest.raises(StashInputError, match="contain each other"):
                await two.add_child(one)
            assert wire.take() == []
            assert not two.is_dirty()

    run(main())


def test_circles_through_several_unread_parts_are_refused(embedded_url: str) -> None:
    """One -> two -(on the server)-> three -> four -(on the server)-> one."""

    async def main() -> None:
        async with counted(embedded_url) as (store, wire):
            one, two, three, four = made = [Tag(name=f"{number}") for number in range(4)]
            await store.save_batch(made, check=True)
            text = (
                "mutation($id: ID!, $above: [ID!]) { tagUpdate(input: {id: $id, parent_ids: $above}) { id } }"
            )
            await store.client.execute(text, {"i": two.id, "up": [three.id]})
            await store.client.execute(text, {"i": four.id, "up": [one.id]})
            wire.take()
            one.parents, three.parents = [two], [four]
            with pytest.raises(StashInputError, match="contain each other"):
                await store.save_all()
            assert not any(document.startswith("mutation") for document in wire.take())
            three.parents = []
            assert (await store.save_all()).all_succeeded
            assert await one.get_all_ancestors() == [two, three]

    run(main())
