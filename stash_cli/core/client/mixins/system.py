"""The server: status, version, statistics, logs, folders, SQL; configuration, saved filters, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import Dict, Id, StashClientBase, T, paging
from stash_cli.core.errors import StashGraphQLError
from stash_cli.core.graphql.responses import not_ready
from stash_cli.core.graphql.server_messages import is_not_found

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stash_cli.core import types


class SystemQueryClientMixin(StashClientBase):
    """Operations on the server as a whole."""

    async def get_system_status(self) -> types.SystemStatus | None:
        return await self.ask("systemStatus")

    async def check_system_ready(self) -> None:
        """Raise StashSystemNotReadyError when set-up or a migration is due."""
        system: Dict = await self.ask_json("systemStatus", ["status"])
        if system["status"] != "OK":
            raise not_ready(system["status"], system["status"])

    async def stats(self) -> types.StatsResultType:
        return await self.ask("stats")

    async def logs(self) -> list[types.LogEntry]:
        """The latest log lines, newest first."""
        return await self.ask("logs")

    async def dlna_status(self) -> types.DLNAStatus:
        return await self.ask("dlnaStatus")

    dlnaStatus = dlna_status  # noqa: N815 - the API's own name

    async def directory(self, path: str | Path | None = None, locale: str = "en") -> types.Directory:
        """A folder on the server's machine and the folders in it."""
        return await self.ask("directory", path=str(path) if path else None, locale=locale)

    async def sql_query(self, sql: str, args: Sequence[Any] | None = None) -> types.SQLQueryResult:
        return await self.ask("querySQL", sql=sql, args=args)

    querySQL = sql_query  # noqa: N815 - the API's own name

    async def sql_exec(self, sql: str, args: Sequence[Any] | None = None) -> types.SQLExecResult:
        return await self.ask("execSQL", sql=sql, args=args)

    execSQL = sql_exec  # noqa: N815 - the API's own name


class VersionClientMixin(StashClientBase):
    """Operations on versions."""

    async def version(self) -> types.Version:
        return await self.ask("version")

    async def latestversion(self) -> types.LatestVersion:
        """The latest release, which the server queries from the internet."""
        return await self.ask("latestversion")


class ConfigClientMixin(StashClientBase):
    """Operations on the configuration."""

    async def get_configuration(self) -> types.ConfigResult:
        return await self.ask("configuration")

    async def configure_general(
        self, input_data: types.ConfigGeneralInput | Dict
    ) -> types.ConfigGeneralResult:
        return await self.ask("configureGeneral", input=input_data)

    async def configure_interface(
        self, input_data: types.ConfigInterfaceInput | Dict
    ) -> types.ConfigInterfaceResult:
        return await self.ask("configureInterface", input=input_data)

    async def configure_dlna(self, input_data: types.ConfigDLNAInput | Dict) -> types.ConfigDLNAResult:
        return await self.ask("configureDLNA", input=input_data)

    async def configure_scraping(
        self, input_data: types.ConfigScrapingInput | Dict
    ) -> types.ConfigScrapingResult:
        return await self.ask("configureScraping", input=input_data)

    async def configure_defaults(
        self, input_data: types.ConfigDefaultSettingsInput | Dict
    ) -> types.ConfigDefaultSettingsResult:
        return await self.ask("configureDefaults", input=input_data)

    async def configure_ui(self, input_data: Dict | None = None, partial: Dict | None = None) -> Dict:
        """Replace the web interface's settings, or with `partial` merge into them; returns all."""
        return await self.ask("configureUI", input=input_data, partial=partial)

    async def configure_ui_setting(self, key: str, value: Any) -> Dict:
        """Set one setting of the web interface; None removes it."""
        return await self.ask_json("configureUISetting", None, key=key, value=value)

    async def generate_api_key(self, input_data: types.GenerateAPIKeyInput | Dict) -> str:
        return await self.ask("generateAPIKey", input=input_data)

    async def validate_stashbox_credentials(
        self, input_data: types.StashBoxInput | Dict
    ) -> types.StashBoxValidationResult:
        return await self.ask("validateStashBoxCredentials", input=input_data)

    validateStashBoxCredentials = validate_stashbox_credentials  # noqa: N815 - the API's own name

    async def enable_dlna(self, input_data: types.EnableDLNAInput | Dict) -> bool:
        return await self.ask("enableDLNA", input=input_data)

    async def disable_dlna(self, input_data: types.DisableDLNAInput | Dict) -> bool:
        return await self.ask("disableDLNA", input=input_data)

    async def add_temp_dlna_ip(self, input_data: types.AddTempDLNAIPInput | Dict) -> bool:
        return await self.ask("addTempDLNAIP", input=input_data)

    async def remove_temp_dlna_ip(self, input_data: types.RemoveTempDLNAIPInput | Dict) -> bool:
        return await self.ask("removeTempDLNAIP", input=input_data)


class FilterClientMixin(StashClientBase):
    """Operations on saved filters."""

    async def find_saved_filter(self, id: Id) -> types.SavedFilter | None:
        return await self.ask("findSavedFilter", id=id)

    async def find_saved_filters(self, mode: types.FilterMode | str | None = None) -> list[types.SavedFilter]:
        return await self.ask("findSavedFilters", mode=mode)

    async def save_filter(self, input_data: types.SaveFilterInput | Dict) -> types.SavedFilter:
        return await self.ask("saveFilter", input=input_data)

    async def destroy_saved_filter(self, input_data: types.DestroyFilterInput | Dict) -> bool:
        return await self.ask("destroySavedFilter", input=input_data)


class FileClientMixin(StashClientBase):
    """Operations on files and folders."""

    async def find_file(self, id: Id | None = None, path: str | None = None) -> types.BaseFile | None:
        return await self._find_or_none("findFile", id=id, path=path)

    async def find_files(
        self,
        file_filter: types.FileFilterType | Dict | None = None,
        filter_: types.FindFilterType | Dict | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindFilesResultType:
        """Files that match; all of them unless `filter_` pages."""
        return await self.ask("findFiles", file_filter=file_filter, filter=paging(filter_, None), ids=ids)

    async def find_folder(self, id: Id | None = None, path: str | None = None) -> types.Folder | None:
        return await self._find_or_none("findFolder", id=id, path=path)

    async def find_folders(
        self,
        folder_filter: types.FolderFilterType | Dict | None = None,
        filter_: types.FindFilterType | Dict | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindFoldersResultType:
        """Folders that match; all of them unless `filter_` pages."""
        return await self.ask(
            "findFolders", folder_filter=folder_filter, filter=paging(filter_, None), ids=ids
        )

    async def move_files(self, input_data: types.MoveFilesInput | Dict) -> bool:
        return await self.ask("moveFiles", input=input_data)

    async def file_set_fingerprints(self, input_data: types.FileSetFingerprintsInput | Dict) -> bool:
        return await self.ask("fileSetFingerprints", input=input_data)

    async def delete_files(self, ids: Sequence[Id]) -> bool:
        """Remove files from the disk and from the library."""
        return await self.ask("deleteFiles", ids=ids)

    async def destroy_files(self, ids: Sequence[Id]) -> bool:
        """Remove files from the library and leave them on the disk."""
        return await self.ask("destroyFiles", ids=ids)

    async def reveal_file_in_file_manager(self, id: Id) -> bool:
        return await self.ask("revealFileInFileManager", id=id)

    async def reveal_folder_in_file_manager(self, id: Id) -> bool:
        return await self.ask("revealFolderInFileManager", id=id)

    async def _find_or_none(self, operation: str, **args: Any) -> T | None:
        """The file or folder, or None: the server reports a missing one as an error."""
        try:
            return await self.ask(operation, **args)
        except StashGraphQLError as error:
            if is_not_found(error.message):
                return None
            raise
