"""Studios: finding, changing, their hierarchy, names to ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.client.resolver import Policy, map_ids
from stash_cli.core.types.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types


_LEVELS = 8
"""Parents selected in one request."""


class StudioClientMixin(StashClientBase):
    """Operations on studios."""

    async def find_studio(self, id: Id) -> types.Studio | None:
        return await self.ask("findStudio", id=id)

    async def find_studios(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        studio_filter: types.StudioFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindStudiosResultType:
        """Studios that match; all of them unless `filter_` pages."""
        return await self.find_page("Studio", filter_, studio_filter, q, ids)

    async def create_studio(self, studio: types.Studio) -> types.Studio:
        return await self.write("studioCreate", studio)

    async def update_studio(self, studio: types.Studio) -> types.Studio:
        return await self.write("studioUpdate", studio)

    async def bulk_studio_update(
        self, input_data: types.BulkStudioUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Studio] | list[Dict]:
        return await self.bulk("bulkStudioUpdate", input_data, return_fields)

    async def studio_destroy(self, input_data: types.StudioDestroyInput | Dict) -> bool:
        return await self.ask("studioDestroy", input=input_data)

    async def studios_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.ask("studiosDestroy", ids=ids)

    async def find_studio_hierarchy(self, studio_id: Id) -> list[types.Studio]:
        """The studio's ancestors, topmost first, and the studio itself; [] for an unknown id."""
        chain = await self._lineage(str(studio_id))
        if not chain:
            return []
        page = await self.find_studios(ids=chain)
        found = {studio.id: studio for studio in page.studios}
        return [found[one] for one in reversed(chain) if one in found]

    async def find_studio_root(self, studio_id: Id) -> types.Studio | None:
        """The topmost ancestor, or the studio itself where it has no parent."""
        chain = await self._lineage(str(studio_id))
        return await self.find_studio(chain[-1]) if chain else None

    async def _lineage(self, studio_id: str) -> list[str]:
        """Ids from a studio up to its topmost ancestor, several levels to a request."""
        paths = [".".join(["parent_studio"] * depth + ["id"]) for depth in range(_LEVELS + 1)]
        chain: list[str] = []
        asked: str | None = studio_id
        while asked is not None:
            level: Dict | None = await self.ask_json("findStudio", paths, id=asked)
            if chain and level is not None:
                level = level["parent_studio"]
            asked = None
            # The check ends the walk in a circle of parents.
            while level is not None and level["id"] not in chain:
                chain.append(level["id"])
                asked = None if "parent_studio" in level else level["id"]
                level = level.get("parent_studio")
        return chain

    async def map_studio_ids(
        self, studios: Sequence[Id | Dict | types.Studio], create: bool = False
    ) -> list[str]:
        """Ids of objects, ids, mappings or names; unknown names are created with `create`, else left out."""
        policy = Policy("first", "create" if create else "omit")
        return await map_ids(self.session, ENTITIES["Studio"], studios, policy)
