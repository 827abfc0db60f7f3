"""Files and folders: finding, moving, removing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stash_cli.core.client.base import Dict, Id, StashClientBase, T, paging
from stash_cli.core.errors import StashGraphQLError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types


_NOT_FOUND = re.compile(r"no rows in result set|^(file|folder) not found")


class FileClientMixin(StashClientBase):
    """Operations on files and folders."""

    async def find_file(self, id: Id | None = None, path: str | None = None) -> types.BaseFile | None:
        return await self._found("findFile", id=id, path=path)

    async def find_files(
        self,
        file_filter: types.FileFilterType | Dict | None = None,
        filter_: types.FindFilterType | Dict | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindFilesResultType:
        """Files that match; all of them unless `filter_` pages."""
        return await self.ask("findFiles", file_filter=file_filter, filter=paging(filter_, None), ids=ids)

    async def find_folder(self, id: Id | None = None, path: str | None = None) -> types.Folder | None:
        return await self._found("findFolder", id=id, path=path)

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

    async def _found(self, operation: str, **args: Any) -> T | None:
        """The file or folder, or None: the server reports a missing one as an error."""
        try:
            return await self.ask(operation, **args)
        except StashGraphQLError as error:
            if _NOT_FOUND.search(error.message):
                return None
            raise
