"""Filters saved in the web interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import StashClientBase

if TYPE_CHECKING:
    from stash_cli.core.client.mixins.annotations import Dict, Id
    from stash_cli.core.types import DestroyFilterInput, FilterMode, SavedFilter, SaveFilterInput


class FilterClientMixin(StashClientBase):
    """Operations on saved filters."""

    async def find_saved_filter(self, id: Id) -> SavedFilter | None:
        return await self.ask("findSavedFilter", id=id)

    async def find_saved_filters(self, mode: FilterMode | str | None = None) -> list[SavedFilter]:
        return await self.ask("findSavedFilters", mode=mode)

    async def save_filter(self, input_data: SaveFilterInput | Dict) -> SavedFilter:
        return await self.ask("saveFilter", input=input_data)

    async def destroy_saved_filter(self, input_data: DestroyFilterInput | Dict) -> bool:
        return await self.ask("destroySavedFilter", input=input_data)
