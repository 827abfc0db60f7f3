"""Tags: finding, changing, merging, names to ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.client.resolver import Policy, map_ids
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types


class TagClientMixin(StashClientBase):
    """Operations on tags."""

    async def find_tag(self, id: Id) -> types.Tag | None:
        return await self.ask("findTag", id=id)

    async def find_tags(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        tag_filter: types.TagFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindTagsResultType:
        """Tags that match; all of them unless `filter_` pages."""
        return await self.find_page("Tag", filter_, tag_filter, q, ids)

    async def create_tag(self, tag: types.Tag) -> types.Tag:
        return await self.write("tagCreate", tag)

    async def update_tag(self, tag: types.Tag) -> types.Tag:
        return await self.write("tagUpdate", tag)

    async def bulk_tag_update(
        self,
        ids: Sequence[Id],
        description: str | None = None,
        aliases: Sequence[str] | None = None,
        favorite: bool | None = None,
        parent_ids: Sequence[Id] | None = None,
        child_ids: Sequence[Id] | None = None,
    ) -> list[types.Tag]:
        """Change many tags; lists replace the present values."""
        given = {
            "description": description,
            "favorite": favorite,
            "aliases": _set("values", aliases),
            "parent_ids": _set("ids", parent_ids),
            "child_ids": _set("ids", child_ids),
        }
        return await self.ask(
            "bulkTagUpdate", input={"ids": ids, **{k: v for k, v in given.items() if v is not None}}
        )

    async def tags_merge(self, source: Sequence[Id], destination: Id) -> types.Tag:
        return await self.ask("tagsMerge", input={"source": source, "destination": destination})

    async def tag_destroy(self, input_data: types.TagDestroyInput | Dict) -> bool:
        return await self.ask("tagDestroy", input=input_data)

    async def tags_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.ask("tagsDestroy", ids=ids)

    async def map_tag_ids(self, tags: Sequence[Id | Dict | types.Tag], create: bool = False) -> list[str]:
        """Ids of objects, ids, mappings or names; unknown names are created with `create`, else left out."""
        policy = Policy("first", "create" if create else "omit")
        return await map_ids(self.session, ENTITIES["Tag"], tags, policy)


def _set(key: str, items: Sequence[Id] | None) -> Dict | None:
    """The bulk input of a list that is replaced; None where none was given."""
    return None if items is None else {key: items, "mode": "SET"}
