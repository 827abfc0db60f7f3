"""StashClient: a typed method for each operation of the API."""

from __future__ import annotations

from stash_cli.core.client.mixins.extension import PackageClientMixin, PluginClientMixin, ScraperClientMixin
from stash_cli.core.client.mixins.gallery import GalleryClientMixin, ImageClientMixin
from stash_cli.core.client.mixins.metadata import (
    JobsClientMixin,
    MetadataClientMixin,
    SubscriptionClientMixin,
)
from stash_cli.core.client.mixins.named import (
    GroupClientMixin,
    PerformerClientMixin,
    StudioClientMixin,
    TagClientMixin,
)
from stash_cli.core.client.mixins.scene import MarkerClientMixin, SceneClientMixin
from stash_cli.core.client.mixins.system import (
    ConfigClientMixin,
    FileClientMixin,
    FilterClientMixin,
    SystemQueryClientMixin,
    VersionClientMixin,
)


class StashClient(
    SceneClientMixin,
    ImageClientMixin,
    GalleryClientMixin,
    PerformerClientMixin,
    StudioClientMixin,
    TagClientMixin,
    GroupClientMixin,
    MarkerClientMixin,
    FileClientMixin,
    FilterClientMixin,
    MetadataClientMixin,
    SubscriptionClientMixin,
    JobsClientMixin,
    ConfigClientMixin,
    PluginClientMixin,
    PackageClientMixin,
    ScraperClientMixin,
    SystemQueryClientMixin,
    VersionClientMixin,
):
    """The operations of one server as async methods.

    Ids may be int or str; inputs may be typed objects or mappings; a request that is refused or not answered
    raises.
    """
