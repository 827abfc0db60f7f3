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
        return await self.call_operation("systemStatus")

    async def check_system_ready(self) -> None:
        """Raise StashSystemNotReadyError when set-up or a migration is due."""
        system: Dict = await self.call_operation_json("systemStatus", ["status"])
        if system["status"] != "OK":
            raise not_ready(system["status"], system["status"])

    async def stats(self) -> types.StatsResultType:
        return await self.call_operation("stats")

    async def logs(self) -> list[types.LogEntry]:
        """The latest log lines, newest first."""
        return await self.call_operation("logs")

    async def dlna_status(self) -> types.DLNAStatus:
        return await self.call_operation("dlnaStatus")

    dlnaStatus = dlna_status  # noqa: N815 - the API's own name

    async def directory(self, path: str | Path | None = None, locale: str = "en") -> types.Directory:
        """A folder on the server's machine and the folders in it."""
        return await self.call_operation("directory", path=str(path) if path else None, locale=locale)

    async def sql_query(self, sql: str, args: Sequence[Any] | None = None) -> types.SQLQueryResult:
        return await self.call_operation("querySQL", sql=sql, args=args)

    querySQL = sql_query  # noqa: N815 - the API's own name

    async def sql_exec(self, sql: str, args: Sequence[Any] | None = None) -> types.SQLExecResult:
        return await self.call_operation("execSQL", sql=sql, args=args)

    execSQL = sql_exec  # noqa: N815 - the API's own name


class VersionClientMixin(StashClientBase):
    """Operations on versions."""

    async def version(self) -> types.Version:
        return await self.call_operation("version")

    async def latestversion(self) -> types.LatestVersion:
        """The latest release, which the server queries from the internet."""
        return await self.call_operation("latestversion")


class ConfigClientMixin(StashClientBase):
    """Operations on the configuration."""

    async def get_configuration(self) -> types.ConfigResult:
        return await self.call_operation("configuration")

    async def configure_general(
        self, input_data: types.ConfigGeneralInput | Dict
    ) -> types.ConfigGeneralResult:
        return await self.call_operation("configureGeneral", input=input_data)

    async def configure_interface(
        self, input_data: types.ConfigInterfaceInput | Dict
    ) -> types.ConfigInterfaceResult:
        return await self.call_operation("configureInterface", input=input_data)

    async def configure_dlna(self, input_data: types.ConfigDLNAInput | Dict) -> types.ConfigDLNAResult:
        return await self.call_operation("configureDLNA", input=input_data)

    async def configure_scraping(
        self, input_data: types.ConfigScrapingInput | Dict
    ) -> types.ConfigScrapingResult:
        return await self.call_operation("configureScraping", input=input_data)

    async def configure_defaults(
        self, input_data: types.ConfigDefaultSettingsInput | Dict
    ) -> types.ConfigDefaultSettingsResult:
        return await self.call_operation("configureDefaults", input=input_data)

    async def configure_ui(self, input_data: Dict | None = None, partial: Dict | None = None) -> Dict:
        """Replace the web interface's settings, or with `partial` merge into them; returns all."""
        return await self.call_operation("configureUI", input=input_data, partial=partial)

    async def configure_ui_setting(self, key: str, value: Any) -> Dict:
        """Set one setting of the web interface; None removes it."""
        return await self.call_operation_json("configureUISetting", None, key=key, value=value)

    async def generate_api_key(self, input_data: types.GenerateAPIKeyInput | Dict) -> str:
        return await self.call_operation("generateAPIKey", input=input_data)

    async def validate_stashbox_credentials(
        self, input_data: types.StashBoxInput | Dict
    ) -> types.StashBoxValidationResult:
        return await self.call_operation("validateStashBoxCredentials", input=input_data)

    validateStashBoxCredentials = validate_stashbox_credentials  # noqa: N815 - the API's own name

    async def enable_dlna(self, input_data: types.EnableDLNAInput | Dict) -> bool:
        return await self.call_operation("enableDLNA", input=input_data)

    async def disable_dlna(self, input_data: types.DisableDLNAInput | Dict) -> bool:
        return await self.call_operation("disableDLNA", input=input_data)

    async def add_temp_dlna_ip(self, input_data: types.AddTempDLNAIPInput | Dict) -> bool:
        return await self.call_operation("addTempDLNAIP", input=input_data)

    async def remove_temp_dlna_ip(self, input_data: types.RemoveTempDLNAIPInput | Dict) -> bool:
        return await self.call_operation("removeTempDLNAIP", input=input_data)


class FilterClientMixin(StashClientBase):
    """Operations on saved filters."""

    async def find_saved_filter(self, id: Id) -> types.SavedFilter | None:
        return await self.call_operation("findSavedFilter", id=id)

    async def find_saved_filters(self, mode: types.FilterMode | str | None = None) -> list[types.SavedFilter]:
        return await self.call_operation("findSavedFilters", mode=mode)

    async def save_filter(self, input_data: types.SaveFilterInput | Dict) -> types.SavedFilter:
        return await self.call_operation("saveFilter", input=input_data)

    async def destroy_saved_filter(self, input_data: types.DestroyFilterInput | Dict) -> bool:
        return await self.call_operation("destroySavedFilter", input=input_data)


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
        return await self.call_operation(
            "findFiles", file_filter=file_filter, filter=paging(filter_, None), ids=ids
        )

    async def find_folder(self, id: Id | None = None, path: str | None = None) -> types.Folder | None:
        return await self._find_or_none("findFolder", id=id, path=path)

    async def find_folders(
        self,
        folder_filter: types.FolderFilterType | Dict | None = None,
        filter_: types.FindFilterType | Dict | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindFoldersResultType:
        """Folders that match; all of them unless `filter_` pages."""
        return await self.call_operation(
            "findFolders", folder_filter=folder_filter, filter=paging(filter_, None), ids=ids
        )

    async def move_files(self, input_data: types.MoveFilesInput | Dict) -> bool:
        return await self.call_operation("moveFiles", input=input_data)

    async def file_set_fingerprints(self, input_data: types.FileSetFingerprintsInput | Dict) -> bool:
        return await self.call_operation("fileSetFingerprints", input=input_data)

    async def delete_files(self, ids: Sequence[Id]) -> bool:
        """Remove files from the disk and from the library."""
        return await self.call_operation("deleteFiles", ids=ids)

    async def destroy_files(self, ids: Sequence[Id]) -> bool:
        """Remove files from the library and leave them on the disk."""
        return await self.call_operation("destroyFiles", ids=ids)

    async def reveal_file_in_file_manager(self, id: Id) -> bool:
        return await self.call_operation("revealFileInFileManager", id=id)

    async def reveal_folder_in_file_manager(self, id: Id) -> bool:
        return await self.call_operation("revealFolderInFileManager", id=id)

    async def _find_or_none(self, operation: str, **args: Any) -> T | None:
        """The file or folder, or None: the server reports a missing one as an error."""
        try:
            return await self.call_operation(operation, **args)
        except StashGraphQLError as error:
            if is_not_found(error.message):
                return None
            raise
