"""Groups: finding, changing, sub-groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import Dict, Id, StashClientBase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types


class GroupClientMixin(StashClientBase):
    """Operations on groups."""

    async def find_group(self, group_id: Id) -> types.Group | None:
        return await self.ask("findGroup", id=group_id)

    async def find_groups(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        group_filter: types.GroupFilterType | Dict | None = None,
        ids: Sequence[Id] | None = None,
        q: str | None = None,
    ) -> types.FindGroupsResultType:
        """Groups that match; all of them unless `filter_` pages."""
        return await self.find_page("Group", filter_, group_filter, q, ids)

    async def create_group(self, group: types.Group) -> types.Group:
        return await self.write("groupCreate", group)

    async def update_group(self, group: types.Group) -> types.Group:
        return await self.write("groupUpdate", group)

    async def bulk_group_update(
        self, input_data: types.BulkGroupUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Group] | list[Dict]:
        return await self.bulk("bulkGroupUpdate", input_data, return_fields)

    async def group_destroy(self, input_data: types.GroupDestroyInput | Dict) -> bool:
        return await self.ask("groupDestroy", input=input_data)

    async def groups_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.ask("groupsDestroy", ids=ids)

    async def add_group_sub_groups(self, input_data: types.GroupSubGroupAddInput | Dict) -> bool:
        return await self.ask("addGroupSubGroups", input=input_data)

    async def remove_group_sub_groups(self, input_data: types.GroupSubGroupRemoveInput | Dict) -> bool:
        return await self.ask("removeGroupSubGroups", input=input_data)

    async def reorder_sub_groups(self, input_data: types.ReorderSubGroupsInput | Dict) -> bool:
        return await self.ask("reorderSubGroups", input=input_data)
