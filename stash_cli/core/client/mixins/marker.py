"""Scene markers: finding, changing, walls and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.core.client.base import Dict, Id, StashClientBase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stash_cli.core import types


class MarkerClientMixin(StashClientBase):
    """Operations on scene markers."""

    async def find_marker(self, id: Id) -> types.SceneMarker | None:
        from stash_cli.core.types import SceneMarker

        return await self.find_entity(SceneMarker, id)

    async def find_markers(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        marker_filter: types.SceneMarkerFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindSceneMarkersResultType:
        """Markers that match; all of them unless `filter_` pages."""
        return await self.find_page("SceneMarker", filter_, marker_filter, q, ids)

    async def create_marker(self, marker: types.SceneMarker) -> types.SceneMarker:
        return await self.write("sceneMarkerCreate", marker)

    async def update_marker(self, marker: types.SceneMarker) -> types.SceneMarker:
        return await self.write("sceneMarkerUpdate", marker)

    async def bulk_scene_marker_update(
        self, input_data: types.BulkSceneMarkerUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.SceneMarker] | list[Dict]:
        return await self.bulk("bulkSceneMarkerUpdate", input_data, return_fields)

    async def scene_marker_destroy(self, id: Id) -> bool:
        return await self.ask("sceneMarkerDestroy", id=id)

    async def scene_markers_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.ask("sceneMarkersDestroy", ids=ids)

    async def scene_marker_tags(self, scene_id: Id) -> list[Dict]:
        """The tags of a scene's markers, each with its markers, as JSON."""
        paths = ["tag", "scene_markers", "scene_markers.seconds"]
        return await self.ask_json("sceneMarkerTags", paths, scene_id=scene_id)

    async def marker_wall(self, q: str | None = None) -> list[types.SceneMarker]:
        return await self.ask("markerWall", q=q)

    async def marker_strings(
        self, q: str | None = None, sort: str | None = None
    ) -> list[types.MarkerStringsResultType]:
        return await self.ask("markerStrings", q=q, sort=sort)
