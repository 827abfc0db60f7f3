"""What a scene marker shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.embedded import tables as t
from stash_cli.embedded.kinds.common import tags_over
from stash_cli.embedded.kinds.kind import Kind, plain, texts
from stash_cli.embedded.kinds.relations import Computed, One

if TYPE_CHECKING:
    from stash_cli.embedded.library.rows import Row


def _media(name: str) -> Computed:
    def make(row: Row) -> str:
        scene = f"{row.batch.context.base_url}/scene/{row.values['_scene_id']}"
        return f"{scene}/scene_marker/{row.id}/{name}"

    return Computed(make)


MARKER = Kind(
    "SceneMarker",
    t.scene_markers,
    noun="scene marker",
    columns={
        **texts(t.scene_markers, "title"),
        **plain(t.scene_markers, "seconds end_seconds created_at updated_at"),
        "_scene_id": t.scene_markers.c.scene_id,
        "_primary_tag_id": t.scene_markers.c.primary_tag_id,
    },
    relations={
        "scene": One("Scene", "_scene_id"),
        "primary_tag": One("Tag", "_primary_tag_id"),
        "tags": tags_over(t.scene_markers_tags, "scene_marker_id"),
        **{name: _media(name) for name in ("stream", "preview", "screenshot")},
    },
)
