"""Scenes and their markers: finding, changing, play and o history, duplicates."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, cast

from stash_cli.core.client.base import Dict, Id, StashClientBase
from stash_cli.core.errors import StashNotFoundError
from stash_cli.core.graphql.batch import call_each
from stash_cli.core.graphql.selection import default_paths
from stash_cli.core.types.api import TypeRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from stash_cli.core import types

    Times = Sequence[str | datetime] | None


_MARKERS = ("scene_markers.id", "scene_markers.seconds")


class SceneClientMixin(StashClientBase):
    """Operations on scenes."""

    async def find_scene(self, id: Id) -> types.Scene | None:
        return await self.call_operation("findScene", id=id)

    async def find_scenes(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        scene_filter: types.SceneFilterType | Dict | None = None,
        q: str | None = None,
        ids: Sequence[Id] | None = None,
    ) -> types.FindScenesResultType:
        """Scenes that match; all of them unless `filter_` pages."""
        return await self.find_page("Scene", filter_, scene_filter, q, ids)

    async def create_scene(self, scene: types.Scene) -> types.Scene:
        return await self.write("sceneCreate", scene)

    async def update_scene(self, scene: types.Scene) -> types.Scene:
        return await self.write("sceneUpdate", scene)

    async def scenes_update(self, scenes: Sequence[types.Scene]) -> list[types.Scene]:
        return await self.write_all("scenesUpdate", scenes)

    async def bulk_scene_update(
        self, input_data: types.BulkSceneUpdateInput | Dict, *, return_fields: str | None = None
    ) -> list[types.Scene] | list[Dict]:
        return await self.bulk("bulkSceneUpdate", input_data, return_fields)

    async def scene_destroy(self, input_data: types.SceneDestroyInput | Dict) -> bool:
        return await self.call_operation("sceneDestroy", input=input_data)

    async def scenes_destroy(self, input_data: types.ScenesDestroyInput | Dict) -> bool:
        return await self.call_operation("scenesDestroy", input=input_data)

    async def scene_merge(self, input_data: types.SceneMergeInput | Dict) -> types.Scene:
        return await self.call_operation("sceneMerge", input=input_data)

    async def find_scene_by_hash(self, input_data: types.SceneHashInput | Dict) -> types.Scene | None:
        return await self.call_operation("findSceneByHash", input=input_data)

    async def find_scenes_by_path_regex(
        self, filter_: types.FindFilterType | Dict | None = None
    ) -> types.FindScenesResultType:
        """Scenes whose path matches the regular expression in `filter_["q"]`."""
        return await self.call_operation("findScenesByPathRegex", filter=filter_)

    async def find_duplicate_scenes(
        self, distance: int | None = None, duration_diff: float | None = None
    ) -> list[list[types.Scene]]:
        """Groups of scenes whose perceptual hashes differ by at most `distance` bits."""
        return await self.call_operation(
            "findDuplicateScenes", distance=distance, duration_diff=duration_diff
        )

    async def find_duplicate_scenes_wrapper(
        self, distance: int = 0, duration_diff: float | None = None
    ) -> list[list[types.Scene]]:
        """`find_duplicate_scenes` with exact matches as the default."""
        return await self.find_duplicate_scenes(distance, duration_diff)

    async def parse_scene_filenames(
        self,
        filter_: types.FindFilterType | Dict | None = None,
        config: types.SceneParserInput | Dict | None = None,
    ) -> Dict:
        """The results of the file name parser as JSON: count and results."""
        paths = ["count", *(f"results.{name}" for name in ("scene", "title", "code", "details", "date"))]
        paths += [f"results.{name}" for name in ("rating100", "studio_id", "performer_ids", "tag_ids")]
        return await self.call_operation_json(
            "parseSceneFilenames", paths, filter=filter_, config=config or {}
        )

    async def scene_wall(self, q: str | None = None) -> list[types.Scene]:
        return await self.call_operation("sceneWall", q=q)

    async def scene_streams(self, scene_id: Id) -> list[types.SceneStreamEndpoint]:
        return await self.call_operation("sceneStreams", id=scene_id)

    async def scene_generate_screenshot(self, id: Id, at: float | None = None) -> str:
        """Queue a new cover from the frame at `at` seconds."""
        return await self.call_operation("sceneGenerateScreenshot", id=id, at=at)

    async def scene_assign_file(self, input_data: types.AssignSceneFileInput | Dict) -> bool:
        return await self.call_operation("sceneAssignFile", input=input_data)

    async def scene_add_o(self, id: Id, times: Times = None) -> types.HistoryMutationResult:
        return await self.call_operation("sceneAddO", id=id, times=times)

    async def scene_delete_o(self, id: Id, times: Times = None) -> types.HistoryMutationResult:
        return await self.call_operation("sceneDeleteO", id=id, times=times)

    async def scene_reset_o(self, id: Id) -> int:
        return await self.call_operation("sceneResetO", id=id)

    async def scene_add_play(self, id: Id, times: Times = None) -> types.HistoryMutationResult:
        return await self.call_operation("sceneAddPlay", id=id, times=times)

    async def scene_delete_play(self, id: Id, times: Times = None) -> types.HistoryMutationResult:
        return await self.call_operation("sceneDeletePlay", id=id, times=times)

    async def scene_reset_play_count(self, id: Id) -> int:
        return await self.call_operation("sceneResetPlayCount", id=id)

    async def scene_save_activity(
        self, id: Id, resume_time: float | None = None, play_duration: float | None = None
    ) -> bool:
        """Set the resume time and add to the play duration, both in seconds."""
        return await self.call_operation(
            "sceneSaveActivity", id=id, resume_time=resume_time, playDuration=play_duration
        )

    async def scene_reset_activity(
        self, id: Id, reset_resume: bool = False, reset_duration: bool = False
    ) -> bool:
        return await self.call_operation(
            "sceneResetActivity", id=id, reset_resume=reset_resume, reset_duration=reset_duration
        )

    async def merge_scene_markers(
        self, target_scene_id: Id, source_scene_ids: Sequence[Id]
    ) -> list[types.SceneMarker]:
        """Move markers of other scenes to one scene and return the moved ones.

        A marker is skipped if the target has one at the same second. Raises StashNotFoundError for a scene
        that does not exist.
        """
        scenes = [{"id": str(one)} for one in (target_scene_id, *source_scene_ids)]
        rows = await call_each(self.session, "findScene", scenes, _MARKERS)
        # Checked before the first marker is moved, so that a wrong id changes nothing.
        for scene, row in zip(scenes, rows, strict=True):
            if row is None:
                raise StashNotFoundError(f"There is no scene with the id {scene['id']}.")
        existing, *others = [row["scene_markers"] for row in rows]
        ids = _ids_at_free_seconds(existing, chain(*others))
        args = [{"input": {"id": one, "scene_id": str(target_scene_id)}} for one in ids]
        paths = default_paths("SceneMarker")
        with self.session.order.request() as number:
            moved = await call_each(self.session, "sceneMarkerUpdate", args, paths, quiet=True)
            markers = cast("list[types.SceneMarker]", self.hydrated(TypeRef("[SceneMarker!]"), moved, number))
            # Recorded after the merge, so that only the responses to older requests count as outdated.
            for each in args:
                self.record_effects("sceneMarkerUpdate", each)
        return markers


def _ids_at_free_seconds(existing: Iterable[Dict], others: Iterable[Dict]) -> list[str]:
    """Ids of the first other marker at each second without an existing marker."""
    occupied = {row["seconds"] for row in existing}
    ids: list[str] = []
    for row in others:
        if row["seconds"] not in occupied:
            occupied.add(row["seconds"])
            ids.append(row["id"])
    return ids


class MarkerClientMixin(StashClientBase):
    """Operations on scene markers."""

    async def find_marker(self, id: Id) -> types.SceneMarker | None:
        from stash_cli.core.types import SceneMarker

        # There is no query for one marker; the query for a page takes ids.
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
        return await self.call_operation("sceneMarkerDestroy", id=id)

    async def scene_markers_destroy(self, ids: Sequence[Id]) -> bool:
        return await self.call_operation("sceneMarkersDestroy", ids=ids)

    async def scene_marker_tags(self, scene_id: Id) -> list[Dict]:
        """The tags of a scene's markers, each with its markers, as JSON."""
        paths = ["tag", "scene_markers", "scene_markers.seconds"]
        return await self.call_operation_json("sceneMarkerTags", paths, scene_id=scene_id)

    async def marker_wall(self, q: str | None = None) -> list[types.SceneMarker]:
        return await self.call_operation("markerWall", q=q)

    async def marker_strings(
        self, q: str | None = None, sort: str | None = None
    ) -> list[types.MarkerStringsResultType]:
        return await self.call_operation("markerStrings", q=q, sort=sort)
