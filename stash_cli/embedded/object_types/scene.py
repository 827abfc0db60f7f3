"""Fields of scenes and scene markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, Text, and_, cast, func, select

from stash_cli.embedded import tables as t
from stash_cli.embedded.object_types import fields, relations

if TYPE_CHECKING:
    from stash_cli.embedded.library.context import Row


def _marker_media(name: str) -> relations.Computed:
    def make(row: Row) -> str:
        scene = f"{row.batch.context.base_url}/scene/{row.values['_scene_id']}"
        return f"{scene}/scene_marker/{row.id}/{name}"

    return relations.Computed(make)


MARKER = fields.ObjectType(
    "SceneMarker",
    t.scene_markers,
    noun="scene marker",
    columns={
        **fields.texts(t.scene_markers, "title"),
        **fields.plain(t.scene_markers, "seconds end_seconds created_at updated_at"),
        "_scene_id": t.scene_markers.c.scene_id,
        "_primary_tag_id": t.scene_markers.c.primary_tag_id,
    },
    relations={
        "scene": relations.ToOne("Scene", "_scene_id"),
        "primary_tag": relations.ToOne("Tag", "_primary_tag_id"),
        "tags": fields.tags_over(t.scene_markers_tags, "scene_marker_id"),
        **{name: _marker_media(name) for name in ("stream", "preview", "screenshot")},
    },
)


def _primary(*columns: Any, source: Any) -> Select[Any]:
    """(scene, columns...) of the primary file, joined with `source`."""
    link = t.scenes_files
    joined = link.join(source, and_(source.c.file_id == link.c.file_id, link.c.primary.is_(True)))
    return relations.for_owners(select(link.c.scene_id, *columns).select_from(joined))


def _paths(row: Row) -> dict[str, str]:
    base = row.batch.context.base_url
    scene, by_hash = f"{base}/scene/{row.id}", f"{base}/scene/{row.get('_oshash')}"
    return {
        "screenshot": f"{scene}/screenshot?t={fields.changed_at(row)}",
        "preview": f"{scene}/preview",
        "stream": _stream(row),
        "webp": f"{scene}/webp",
        "vtt": f"{by_hash}_thumbs.vtt",
        "sprite": f"{by_hash}_sprite.jpg",
        "funscript": f"{scene}/funscript",
        "interactive_heatmap": f"{scene}/interactive_heatmap",
        "caption": f"{scene}/caption",
    }


_MIME_TYPES = {"mp4": "video/mp4", "matroska": "video/x-matroska", "webm": "video/webm"}


def _streams(row: Row) -> list[dict[str, str]]:
    """The file itself is the only stream, because nothing is transcoded."""
    container = row.get("_format")
    if container is None:
        return []
    mime = _MIME_TYPES.get(container, "video/mp4")
    return [{"url": _stream(row), "mime_type": mime, "label": "Direct stream"}]


def _stream(row: Row) -> str:
    """The URL of the stream; it contains the API key, because players cannot send headers."""
    context = row.batch.context
    # Players send neither headers nor cookies.
    key = f"?apikey={context.api_key}" if context.api_key else ""
    return f"{context.base_url}/scene/{row.id}/stream{key}"


def _history(table: Any, column: Any) -> relations.Values:
    return relations.Values(
        relations.for_owners(select(table.c.scene_id, column)).order_by(column.desc(), table.c.id.desc())
    )


_plays, _os = t.scenes_view_dates, t.scenes_o_dates
_grouped = select(
    t.groups_scenes.c.scene_id, t.groups_scenes.c.group_id, t.groups_scenes.c.scene_index.label("scene_index")
)
_groups = relations.for_owners(_grouped).order_by(t.groups_scenes.c.group_id)
_markers = select(t.scene_markers.c.scene_id, t.scene_markers.c.id)
_files = select(t.scenes_files.c.scene_id, t.scenes_files.c.file_id)
_captions = t.video_captions.c

SCENE = fields.ObjectType(
    "Scene",
    t.scenes,
    noun="scene",
    columns={
        **fields.texts(t.scenes, "title code details director"),
        **fields.dates(t.scenes, "date"),
        **fields.plain(t.scenes, "organized resume_time play_duration created_at updated_at"),
        "rating100": t.scenes.c.rating,
        "_studio_id": t.scenes.c.studio_id,
    },
    relations={
        **fields.url_fields(t.scene_urls),
        "studio": relations.ToOne("Studio", "_studio_id"),
        "tags": fields.tags_over(t.scenes_tags, "scene_id"),
        "performers": fields.many("Performer", t.performers_scenes, "scene_id", "performer_id"),
        "galleries": fields.many("Gallery", t.scenes_galleries, "scene_id", "gallery_id"),
        "groups": relations.Joined("Group", "group", _groups),
        "movies": relations.Joined("Movie", "movie", _groups),
        "scene_markers": relations.ToMany(
            "SceneMarker",
            relations.for_owners(_markers).order_by(t.scene_markers.c.seconds, t.scene_markers.c.id),
        ),
        "files": relations.ToMany(
            "VideoFile",
            relations.for_owners(_files).order_by(t.scenes_files.c.primary.desc(), t.scenes_files.c.file_id),
        ),
        "stash_ids": fields.stash_ids(t.scene_stash_ids),
        "custom_fields": fields.CustomFields(t.scene_custom_fields),
        "play_count": relations.direct_count(_plays.c.scene_id),
        "o_counter": relations.direct_count(_os.c.scene_id),
        "play_history": _history(_plays, _plays.c.view_date),
        "o_history": _history(_os, _os.c.o_date),
        "last_played_at": relations.Value(
            relations.for_owners(select(_plays.c.scene_id, func.max(_plays.c.view_date))).group_by(
                _plays.c.scene_id
            )
        ),
        "interactive": relations.Value(
            _primary(t.video_files.c.interactive, source=t.video_files), default=False
        ),
        "interactive_speed": relations.Value(
            _primary(t.video_files.c.interactive_speed, source=t.video_files)
        ),
        "captions": relations.Values(
            _primary(_captions.language_code, _captions.caption_type, source=t.video_captions),
            null_when_empty=True,
        ),
        "paths": relations.Computed(_paths),
        "sceneStreams": relations.Computed(_streams),
        "_format": relations.Value(_primary(t.video_files.c.format, source=t.video_files)),
        "_oshash": relations.Value(
            _primary(cast(t.files_fingerprints.c.fingerprint, Text), source=t.files_fingerprints).where(
                t.files_fingerprints.c.type == "oshash"
            ),
            default="",
        ),
    },
)
