"""The server's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import StashClientBase

if TYPE_CHECKING:
    from stash_cli.core.client.mixins.annotations import Dict, Id
    from stash_cli.core.types import (
        AddTempDLNAIPInput,
        ConfigDefaultSettingsInput,
        ConfigDefaultSettingsResult,
        ConfigDLNAInput,
        ConfigDLNAResult,
        ConfigGeneralInput,
        ConfigGeneralResult,
        ConfigInterfaceInput,
        ConfigInterfaceResult,
        ConfigResult,
        ConfigScrapingInput,
        ConfigScrapingResult,
        DestroyFilterInput,
        DisableDLNAInput,
        EnableDLNAInput,
        FilterMode,
        GenerateAPIKeyInput,
        RemoveTempDLNAIPInput,
        SavedFilter,
        SaveFilterInput,
        StashBoxInput,
        StashBoxValidationResult,
    )


class ConfigClientMixin(StashClientBase):
    """Operations on the configuration."""

    async def get_configuration(self) -> ConfigResult:
        return await self.ask("configuration")

    async def configure_general(self, input_data: ConfigGeneralInput | Dict) -> ConfigGeneralResult:
        return await self.ask("configureGeneral", input=input_data)

    async def configure_interface(self, input_data: ConfigInterfaceInput | Dict) -> ConfigInterfaceResult:
        return await self.ask("configureInterface", input=input_data)

    async def configure_dlna(self, input_data: ConfigDLNAInput | Dict) -> ConfigDLNAResult:
        return await self.ask("configureDLNA", input=input_data)

    async def configure_scraping(self, input_data: ConfigScrapingInput | Dict) -> ConfigScrapingResult:
        return await self.ask("configureScraping", input=input_data)

    async def configure_defaults(
        self, input_data: ConfigDefaultSettingsInput | Dict
    ) -> ConfigDefaultSettingsResult:
        return await self.ask("configureDefaults", input=input_data)

    async def configure_ui(self, input_data: Dict | None = None, partial: Dict | None = None) -> Dict:
        """Replace the web interface's settings, or with `partial` merge into them; all as they are now."""
        return await self.ask("configureUI", input=input_data, partial=partial)

    async def configure_ui_setting(self, key: str, value: Any) -> Dict:
        """Set one setting of the web interface; None removes it."""
        return await self.ask_json("configureUISetting", None, key=key, value=value)

    async def generate_api_key(self, input_data: GenerateAPIKeyInput | Dict) -> str:
        return await self.ask("generateAPIKey", input=input_data)

    async def validate_stashbox_credentials(
        self, input_data: StashBoxInput | Dict
    ) -> StashBoxValidationResult:
        return await self.ask("validateStashBoxCredentials", input=input_data)

    async def enable_dlna(self, input_data: EnableDLNAInput | Dict) -> bool:
        return await self.ask("enableDLNA", input=input_data)

    async def disable_dlna(self, input_data: DisableDLNAInput | Dict) -> bool:
        return await self.ask("disableDLNA", input=input_data)

    async def add_temp_dlna_ip(self, input_data: AddTempDLNAIPInput | Dict) -> bool:
        return await self.ask("addTempDLNAIP", input=input_data)

    async def remove_temp_dlna_ip(self, input_data: RemoveTempDLNAIPInput | Dict) -> bool:
        return await self.ask("removeTempDLNAIP", input=input_data)


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
