"""Filters saved in the web interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import StashClientBase

if TYPE_CHECKING:
    from stash_cli.core.types import DestroyFilterInput, FilterMode, SavedFilter, SaveFilterInput


class FilterClientMixin(StashClientBase):
    """Operations on saved filters."""

    async def find_saved_filter(self, id: str | int) -> SavedFilter | None:
        return await self.ask("findSavedFilter", id=id)

    async def find_saved_filters(self, mode: FilterMode | str | None = None) -> list[SavedFilter]:
        return await self.ask("findSavedFilters", mode=mode)

    async def save_filter(self, input_data: SaveFilterInput | dict[str, Any]) -> SavedFilter:
        return await self.ask("saveFilter", input=input_data)

    async def destroy_saved_filter(self, input_data: DestroyFilterInput | dict[str, Any]) -> bool:
        return await self.ask("destroySavedFilter", input=input_data)
