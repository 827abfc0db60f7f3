"""StashClient: a typed method for each operation of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from stash_cli.core.client.mixins import metadata, named, system
from stash_cli.core.client.mixins.extension import PackageClientMixin, PluginClientMixin, ScraperClientMixin
from stash_cli.core.client.mixins.gallery import GalleryClientMixin, ImageClientMixin
from stash_cli.core.client.mixins.scene import MarkerClientMixin, SceneClientMixin
from stash_cli.core.client.session import Session
from stash_cli.core.settings import Connection, parse_connection

if TYPE_CHECKING:
    from collections.abc import Mapping


class StashClient(
    SceneClientMixin,
    ImageClientMixin,
    GalleryClientMixin,
    named.PerformerClientMixin,
    named.StudioClientMixin,
    named.TagClientMixin,
    named.GroupClientMixin,
    MarkerClientMixin,
    system.FileClientMixin,
    system.FilterClientMixin,
    metadata.MetadataClientMixin,
    metadata.SubscriptionClientMixin,
    metadata.JobsClientMixin,
    system.ConfigClientMixin,
    PluginClientMixin,
    PackageClientMixin,
    ScraperClientMixin,
    system.SystemQueryClientMixin,
    system.VersionClientMixin,
):
    """The operations of one server as async methods.

    Ids may be int or str; inputs may be typed objects or mappings; a request that is refused or not answered
    raises.
    """

    @classmethod
    async def create(
        cls, conn: Mapping[str, Any] | Connection | str | None = None, verify_ssl: bool | str = True
    ) -> Self:
        """Create an initialised client with its own connections, which `close` closes.

        `conn` and `verify_ssl` are as in StashContext, which closes its client itself.
        """
        client = cls(Session(parse_connection(conn, verify_ssl)))
        try:
            await client.initialize()
        except BaseException:
            await client.close()
            raise
        return client
