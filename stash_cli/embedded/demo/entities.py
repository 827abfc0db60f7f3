"""The entities of the demo library, with files, markers and history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from stash_cli.embedded import tables as t
from stash_cli.embedded.demo import names
from stash_cli.embedded.library import timestamps

if TYPE_CHECKING:
    from sqlalchemy import Table

    from stash_cli.embedded.demo.builder import Builder


_GENDERS = ("FEMALE", "MALE", "NON_BINARY", None)
_PERFORMERS = 60


def add_tags(builder: Builder) -> None:
    """Tags with their relations and aliases, parents before children."""
    ids: dict[str, int] = {}
    for parent, children in names.TAGS.items():
        for name in (parent, *children):
            if name not in ids:
                ids[name] = _tag(builder, name)
        for child in children:
            builder.add(t.tags_relations, parent_id=ids[parent], child_id=ids[child])
    for name, aliases in names.ALIASES.items():
        for alias in aliases:
            builder.add(t.tag_aliases, tag_id=ids[name], alias=alias)


def _tag(builder: Builder, name: str) -> int:
    return builder.entity(
        t.tags,
        name=name,
        sort_name=None,
        description=None if name == "To sort" else f"Shows or concerns {name.lower()}",
        favorite=builder.chance(0.15),
        ignore_auto_tag=name == "To sort",
        image_blob=None,
    )


def add_studios(builder: Builder) -> None:
    for name, children in names.STUDIOS.items():
        parent = _studio(builder, name, None)
        for child in children:
            _studio(builder, child, parent)


def _studio(builder: Builder, name: str, parent: int | None) -> int:
    number = builder.entity(
        t.studios,
        name=name,
        parent_id=parent,
        details=f"{name} makes films about places and how to get there.",
        rating=builder.rating(),
        favorite=builder.chance(0.2),
        organized=builder.chance(0.5),
        ignore_auto_tag=False,
        image_blob=None,
    )
    slug = name.lower().replace(" & ", "-").replace(" ", "-")
    builder.add(t.studio_urls, studio_id=number, position=0, url=f"https://{slug}.example.org")
    return number


def add_performers(builder: Builder) -> None:
    """Sixty performers with different names."""
    pairs = [(given, family) for given in names.GIVEN for family in names.FAMILY]
    for given, family in builder.random.sample(pairs, _PERFORMERS):
        number = _performer(builder, f"{given} {family}")
        if builder.chance(0.3):
            builder.add(t.performer_aliases, performer_id=number, alias=f"{given[0]}. {family}")
        if builder.chance(0.4):
            url = f"https://people.example.org/{given.lower()}-{family.lower()}"
            builder.add(t.performer_urls, performer_id=number, position=0, url=url)
        for tag in builder.sample(range(1, 20), 2):
            builder.add(t.performers_tags, performer_id=number, tag_id=tag)
        if builder.chance(0.3):
            languages = builder.random.randint(1, 5)
            fields = {"performer_id": number, "field": "languages", "value": languages}
            builder.add(t.performer_custom_fields, **fields)


def _performer(builder: Builder, name: str) -> int:
    pick = builder.random.choice
    return builder.entity(
        t.performers,
        name=name,
        disambiguation=None,
        gender=pick(_GENDERS),
        birthdate=f"{builder.random.randint(1948, 2001)}-{builder.random.randint(1, 12):02}-15",
        birthdate_precision=0,
        country=pick(names.COUNTRIES),
        eye_color=pick(("Brown", "Blue", "Green", None)),
        hair_color=pick(("Black", "Brown", "Blond", "Grey", None)),
        height=builder.random.randint(155, 196),
        weight=builder.random.randint(50, 98),
        details=f"{name} presents and travels.",
        favorite=builder.chance(0.2),
        rating=builder.rating(),
        ignore_auto_tag=False,
        image_blob=None,
    )


def add_groups(builder: Builder) -> None:
    """Groups for series, with their volumes as sub-groups."""
    for series in names.SERIES:
        parts = [
            _group(builder, f"{series}, {volume}") for volume in names.VOLUMES[: 1 + builder.chance(0.5)]
        ]
        series_group = _group(builder, series)
        for index, part in enumerate(parts, 1):
            columns = {"containing_id": series_group, "sub_id": part}
            builder.add(t.groups_relations, **columns, order_index=index, description=f"Part {index}")


def _group(builder: Builder, name: str) -> int:
    return builder.entity(
        t.groups,
        name=name,
        aliases=None,
        duration=builder.random.randint(40, 180) * 60,
        date=builder.day(),
        date_precision=0,
        rating=builder.rating(),
        studio_id=builder.random.randint(1, len(builder.rows(t.studios))),
        director=f"{builder.random.choice(names.GIVEN)} {builder.random.choice(names.FAMILY)}",
        description=f"{name}: a journey in pictures.",
        front_image_blob=None,
        back_image_blob=None,
    )


_GALLERIES, _IMAGES = 30, 4
"""The number of galleries, and of images in each."""
_SIZES = ((4000, 3000), (3000, 4000), (6000, 4000), (2048, 1365))


def add_galleries(builder: Builder) -> None:
    """Galleries: a third each of folders, of zip files, and created by hand from loose images."""
    for index in range(_GALLERIES):
        name = f"{builder.random.choice(names.PLACES)} {builder.random.choice(names.SUBJECTS)} {index + 1}"
        kind = ("folder", "zip", "made")[index % 3]
        folder_path = f"/media/images/{name}{'.zip' if kind == 'zip' else ''}"
        zip_file = _zip(builder, name) if kind == "zip" else None
        folder = builder.folder(
            folder_path if kind != "made" else "/media/images/loose", zip_file_id=zip_file
        )
        gallery = _gallery(builder, name if kind == "made" else None, folder if kind == "folder" else None)
        if zip_file is not None:
            builder.add(t.galleries_files, gallery_id=gallery, file_id=zip_file, primary=True)
        for number in range(_IMAGES):
            image = _image(builder, folder, f"{name} {number + 1}.jpg", zip_file)
            builder.add(t.galleries_images, gallery_id=gallery, image_id=image, cover=False)


def _zip(builder: Builder, name: str) -> int:
    folder = builder.folder("/media/images")
    file = builder.file(folder, f"{name}.zip", builder.random.randint(10, 60) * 1_000_000)
    builder.hashes(file, md5=builder.hexadecimal(32))
    return file


def _gallery(builder: Builder, title: str | None, folder: int | None) -> int:
    gallery = builder.entity(
        t.galleries,
        folder_id=folder,
        title=title,
        code=None,
        details=None,
        photographer=f"{builder.random.choice(names.GIVEN)} {builder.random.choice(names.FAMILY)}",
        date=builder.day(),
        date_precision=0,
        rating=builder.rating(),
        organized=builder.chance(0.5),
        studio_id=builder.random.randint(1, len(builder.rows(t.studios))),
    )
    for tag in builder.sample(range(1, len(builder.rows(t.tags)) + 1), 3):
        builder.add(t.galleries_tags, gallery_id=gallery, tag_id=tag)
    for performer in builder.sample(range(1, 30), 2):
        builder.add(t.performers_galleries, performer_id=performer, gallery_id=gallery)
    for scene in builder.sample(range(1, len(builder.rows(t.scenes)) + 1), 1):
        builder.add(t.scenes_galleries, scene_id=scene, gallery_id=gallery)
    return gallery


def _image(builder: Builder, folder: int, name: str, zip_file: int | None) -> int:
    width, height = builder.random.choice(_SIZES)
    file = builder.file(folder, name, width * height // 4, zip_file)
    kind = "mjpeg" if zip_file is None else "jpeg"
    builder.add(t.image_files, file_id=file, format=kind, width=width, height=height)
    builder.hashes(file, md5=builder.hexadecimal(32))
    image = builder.entity(
        t.images,
        title=None,
        code=None,
        details=None,
        photographer=None,
        date=None,
        date_precision=None,
        rating=builder.rating(),
        organized=builder.chance(0.3),
        studio_id=None,
        o_counter=builder.random.choice((0, 0, 0, 1, 2)),
    )
    builder.add(t.images_files, image_id=image, file_id=file, primary=True)
    for tag in builder.sample(range(1, len(builder.rows(t.tags)) + 1), 2):
        builder.add(t.images_tags, image_id=image, tag_id=tag)
    return image


_SCENES, _MARKERS = 240, 120
_VIDEO_SIZES = ((1280, 720), (1920, 1080), (1920, 1080), (2560, 1440), (3840, 2160), (720, 1280))
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
    width, height = builder.random.choice(_VIDEO_SIZES)
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
    chosen.update(builder.sample(range(2, len(tags)), 4))
    for tag in sorted(chosen):
        builder.add(t.scenes_tags, scene_id=scene, tag_id=tag)
    for performer in builder.sample(range(1, len(builder.rows(t.performers)) + 1), 3):
        builder.add(t.performers_scenes, performer_id=performer, scene_id=scene)
    for group in builder.sample(range(1, len(builder.rows(t.groups)) + 1), 1):
        scene_index = builder.random.randint(1, 12)
        builder.add(t.groups_scenes, group_id=group, scene_id=scene, scene_index=scene_index)
    if builder.chance(0.5):
        url = f"https://films.example.org/{scene}"
        builder.add(t.scene_urls, scene_id=scene, position=0, url=url)
    if builder.chance(0.25):
        stash_id = f"{builder.hexadecimal(8)}-0000-4000-8000-{scene:012}"
        columns = {"scene_id": scene, "endpoint": "https://box.example.org/graphql", "stash_id": stash_id}
        builder.add(t.scene_stash_ids, **columns, updated_at=builder.next_time())


def add_duplicates(builder: Builder) -> None:
    """Other encodings of some scenes: the same perceptual hash, or one that differs in a few bits."""
    # Existing rows are changed, and no random number is drawn, so that all other rows stay the same.
    for number, scene in enumerate(range(20, _SCENES, 40)):
        phash, video = _hash_of(builder, scene), _video_of(builder, scene)
        _hash_of(builder, scene + 1)["fingerprint"] = phash["fingerprint"] ^ (0b1011 if number % 2 else 0)
        _video_of(builder, scene + 1)["duration"] = video["duration"]
    # The last group is a chain: its ends differ more from each other than neighbours do.
    _hash_of(builder, scene + 2)["fingerprint"] = phash["fingerprint"] ^ 0b10111011
    _video_of(builder, scene + 2)["duration"] = video["duration"]


def add_similar(builder: Builder) -> None:
    """Different names with the same meaning, and unused tags; no random number is drawn for them."""
    for number, name in enumerate(names.SIMILAR_TAGS):
        tag = _plain_tag(builder, name)
        for scene in range(2 + number, _SCENES, 60):
            builder.add(t.scenes_tags, scene_id=scene, tag_id=tag)
    for name in names.UNUSED_TAGS:
        _plain_tag(builder, name)
    first = builder.rows(t.performers)[0]
    values = {**first, "name": first["name"].replace("a", "aa", 1), "details": None}
    performer = builder.entity(t.performers, **{key: values[key] for key in values if key not in _GENERATED})
    studio = {**builder.rows(t.studios)[0], "name": names.SIMILAR_STUDIO, "parent_id": None, "details": None}
    number = builder.entity(t.studios, **{key: studio[key] for key in studio if key not in _GENERATED})
    for scene in (30, 90):
        builder.add(t.performers_scenes, performer_id=performer, scene_id=scene)
        builder.rows(t.scenes)[scene - 1]["studio_id"] = number


_GENERATED = ("id", "created_at", "updated_at")


def _plain_tag(builder: Builder, name: str) -> int:
    values = {"sort_name": None, "description": None, "favorite": False, "image_blob": None}
    return builder.entity(t.tags, name=name, ignore_auto_tag=False, **values)


def _video_of(builder: Builder, scene: int) -> dict[str, Any]:
    """The row of a scene's first file."""
    file = next(row["file_id"] for row in builder.rows(t.scenes_files) if row["scene_id"] == scene)
    return next(row for row in builder.rows(t.video_files) if row["file_id"] == file)


def _hash_of(builder: Builder, scene: int) -> dict[str, Any]:
    """The row of the perceptual hash of a scene's first file."""
    file = _video_of(builder, scene)["file_id"]
    rows = builder.rows(t.files_fingerprints)
    return next(row for row in rows if row["file_id"] == file and row["type"] == "phash")


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
        for tag in builder.sample(range(tags // 2 + 1, tags + 1), 2):
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
