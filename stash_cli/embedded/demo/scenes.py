"""Scenes of the demo library with files, markers and history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stash_cli.embedded import tables as t
from stash_cli.embedded.demo import names
from stash_cli.embedded.library import timestamps

if TYPE_CHECKING:
    from sqlalchemy import Table

    from stash_cli.embedded.demo.builder import Builder

_SCENES, _MARKERS = 240, 120
_SIZES = ((1280, 720), (1920, 1080), (1920, 1080), (2560, 1440), (3840, 2160), (720, 1280))
_RATES = (23.98, 25.0, 29.97, 50.0, 60.0)
_NO_STUDIO = 0.1
_WATCHED_SINCE = datetime(2023, 1, 1, 18, tzinfo=UTC)


def add_scenes(builder: Builder) -> None:
    for _ in range(_SCENES):
        _scene(builder)


def _scene(builder: Builder) -> None:
    pick = builder.random.choice
    subject, place = pick(names.SUBJECTS), pick(names.PLACES)
    title = f"{pick(names.MOODS)} {subject} in {place}"
    studios = builder.rows(t.studios)
    studio = None if builder.chance(_NO_STUDIO) else builder.random.randint(1, len(studios))
    duration = round(builder.random.uniform(45, 5400), 2)
    number = builder.entity(
        t.scenes,
        title=title,
        code=f"DL-{len(builder.rows(t.scenes)) + 1:04}",
        details=f"{subject} near {place}, filmed over several days.",
        director=f"{pick(names.GIVEN)} {pick(names.FAMILY)}" if builder.chance(0.5) else None,
        date=builder.day(),
        date_precision=0,
        rating=builder.rating(),
        organized=builder.chance(0.6),
        studio_id=studio,
        resume_time=round(duration / 3, 1) if builder.chance(0.1) else 0,
        play_duration=0,
        cover_blob=None,
    )
    folder = "/media/videos/" + (studios[studio - 1]["name"] if studio else "Unsorted")
    _video(builder, number, folder, f"{number:04} {title}", duration)
    _relate(builder, number, subject)


def _video(builder: Builder, scene: int, folder: str, stem: str, duration: float) -> None:
    """A file for each scene, and for some a second file of the same film."""
    width, height = builder.random.choice(_SIZES)
    rate = width * height * builder.random.randint(2, 5)
    for primary, suffix in ((True, "mp4"), (False, "mkv"))[: 1 + builder.chance(0.08)]:
        size = int(rate * duration / 8)
        file = builder.file(builder.folder(folder), f"{stem}.{suffix}", size)
        builder.add(
            t.video_files,
            file_id=file,
            duration=duration,
            video_codec="h264" if suffix == "mp4" else "hevc",
            format="mp4" if suffix == "mp4" else "matroska",
            audio_codec="aac",
            width=width,
            height=height,
            frame_rate=builder.random.choice(_RATES),
            bit_rate=rate,
            interactive=False,
            interactive_speed=None,
        )
        phash = builder.random.getrandbits(63)
        builder.hashes(file, oshash=builder.hexadecimal(16), md5=builder.hexadecimal(32), phash=phash)
        builder.add(t.scenes_files, scene_id=scene, file_id=file, primary=primary)


def _relate(builder: Builder, scene: int, subject: str) -> None:
    tags = builder.rows(t.tags)
    chosen = {tag["id"] for tag in tags if tag["name"] in {subject, "Outdoor"} and builder.chance(0.8)}
    chosen.update(builder.some(range(2, len(tags)), 4))
    for tag in sorted(chosen):
        builder.add(t.scenes_tags, scene_id=scene, tag_id=tag)
    for performer in builder.some(range(1, len(builder.rows(t.performers)) + 1), 3):
        builder.add(t.performers_scenes, performer_id=performer, scene_id=scene)
    for group in builder.some(range(1, len(builder.rows(t.groups)) + 1), 1):
        place = builder.random.randint(1, 12)
        builder.add(t.groups_scenes, group_id=group, scene_id=scene, scene_index=place)
    if builder.chance(0.5):
        url = f"https://films.example.org/{scene}"
        builder.add(t.scene_urls, scene_id=scene, position=0, url=url)
    if builder.chance(0.25):
        stash_id = f"{builder.hexadecimal(8)}-0000-4000-8000-{scene:012}"
        ends = {"scene_id": scene, "endpoint": "https://box.example.org/graphql", "stash_id": stash_id}
        builder.add(t.scene_stash_ids, **ends, updated_at=builder.next_time())


def add_markers(builder: Builder) -> None:
    tags = len(builder.rows(t.tags))
    for _ in range(_MARKERS):
        start = float(builder.random.randint(1, 40))
        marker = builder.entity(
            t.scene_markers,
            title=f"{builder.random.choice(names.MOODS)} view" if builder.chance(0.6) else "",
            seconds=start,
            end_seconds=start + builder.random.randint(2, 5) if builder.chance(0.5) else None,
            primary_tag_id=builder.random.randint(1, tags // 2),
            scene_id=builder.random.randint(1, _SCENES),
        )
        for tag in builder.some(range(tags // 2 + 1, tags + 1), 2):
            builder.add(t.scene_markers_tags, scene_marker_id=marker, tag_id=tag)


def add_history(builder: Builder) -> None:
    for scene in builder.random.sample(range(1, _SCENES + 1), _SCENES // 2):
        _dates(builder, t.scenes_view_dates, "view_date", scene)
        if builder.chance(0.3):
            _dates(builder, t.scenes_o_dates, "o_date", scene)


def _dates(builder: Builder, table: Table, column: str, scene: int) -> None:
    for _ in range(builder.random.randint(1, 5)):
        minutes = builder.random.randrange(60 * 24 * 700)
        builder.add(
            table, scene_id=scene, **{column: timestamps.utc(_WATCHED_SINCE + timedelta(minutes=minutes))}
        )
