"""Performers: finding, changing, merging, names to ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.client.resolver import Policy, map_ids
from stash_cli.core.types.entities import ENTITIES
from stash_cli.core.types.matching import OnMultipleMatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types

_AMBIGUOUS: dict[OnMultipleMatch, Literal["first", "all", "none"]] = {
    OnMultipleMatch.RETURN_FIRST: "first",
    OnMultipleMatch.RETURN_LIST: "all",
    OnMultipleMatch.RETURN_NONE: "none",
}


class PerformerClientMixin(StashClientBase):
    """Operations on performers."""

    async def find_performer(self, performer: int | str | Dict) -> types.Performer | None:
        """By id (a number or its digits), by name or alias, or by a mapping with either."""
        # Ids in answers of the server are text, so digits are an id here and not a name.
        if isinstance(performer, str) and performer.isdigit():
            performer = int(performer)
        found = await map_ids(self.session, ENTITIES["Performer"], [performer])
        return await self.ask("findPerformer", id=found[0]) if found else None

    async def find_performers(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        performer_filter: types.PerformerFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindPerformersResultType:
        """Performers that match; all of them unless `filter_` pages."""
        return await self.find_page("Performer", filter_, performer_filter, q, ids)

    async def all_performers(self) -> list[types.Performer]:
        return await self.ask("allPerformers")

    async def create_performer(self, performer: types.Performer) -> types.Performer:
        return await self.write("performerCreate", performer)

    async def update_performer(self, performer: types.Performer) -> types.Performer:
        return await self.write("performerUpdate", performer)

    async def update_performer_image(self, performer: types.Performer, image_url: str) -> types.Performer:
        """Set the image from a URL that the server fetches, or from a data: URL."""
        return await self.ask("performerUpdate", input={"id": performer.id, "image": image_url})

    async def bulk_performer_update(
        self, input_data: types.BulkPerformerUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Performer] | list[Dict]:
        return await self.bulk("bulkPerformerUpdate", input_data, return_fields)

    async def performer_destroy(self, input_data: types.PerformerDestroyInput | Dict) -> bool:
        return await self.ask("performerDestroy", input=input_data)

    async def performers_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.ask("performersDestroy", ids=ids)

    async def performer_merge(self, input_data: types.PerformerMergeInput | Dict) -> types.Performer:
        return await self.ask("performerMerge", input=input_data)

    async def map_performer_ids(
        self,
        performers: Sequence[Id | Dict | types.Performer],
        create: bool = False,
        on_multiple: OnMultipleMatch = OnMultipleMatch.RETURN_FIRST,
    ) -> list[str]:
        """Ids of objects, ids, mappings or names; unknown names are created with `create`, else left out."""
        policy = Policy(_AMBIGUOUS[on_multiple], "create" if create else "omit")
        return await map_ids(self.session, ENTITIES["Performer"], performers, policy)
