"""Galleries and images of the demo library: made by hand, of folders and of zip files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stash_cli.embedded import tables
from stash_cli.embedded.demo import words

if TYPE_CHECKING:
    from stash_cli.embedded.demo.builder import Builder

_GALLERIES, _IMAGES = 30, 4
"""How many galleries, and images in each of them."""
_SIZES = ((4000, 3000), (3000, 4000), (6000, 4000), (2048, 1365))


def add_galleries(builder: Builder) -> None:
    """A third each of folders, of zip files, and made by hand of loose images."""
    for place in range(_GALLERIES):
        name = f"{builder.random.choice(words.PLACES)} {builder.random.choice(words.SUBJECTS)} {place + 1}"
        kind = ("folder", "zip", "made")[place % 3]
        folder_path = f"/media/images/{name}{'.zip' if kind == 'zip' else ''}"
        zip_file = _zip(builder, name) if kind == "zip" else None
        folder = builder.folder(
            folder_path if kind != "made" else "/media/images/loose", zip_file_id=zip_file
        )
        gallery = _gallery(builder, name if kind == "made" else None, folder if kind == "folder" else None)
        if zip_file is not None:
            builder.add(tables.galleries_files, gallery_id=gallery, file_id=zip_file, primary=True)
        for part in range(_IMAGES):
            image = _image(builder, folder, f"{name} {part + 1}.jpg", zip_file)
            builder.add(tables.galleries_images, gallery_id=gallery, image_id=image, cover=False)


def _zip(builder: Builder, name: str) -> int:
    folder = builder.folder("/media/images")
    file = builder.file(folder, f"{name}.zip", builder.random.randint(10, 60) * 1_000_000)
    builder.hashes(file, md5=builder.hexadecimal(32))
    return file


def _gallery(builder: Builder, title: str | None, folder: int | None) -> int:
    gallery = builder.entity(
        tables.galleries,
        folder_id=folder,
        title=title,
        code=None,
        details=None,
        photographer=f"{builder.random.choice(words.GIVEN)} {builder.random.choice(words.FAMILY)}",
        date=builder.day(),
        date_precision=0,
        rating=builder.rating(),
        organized=builder.chance(0.5),
        studio_id=builder.random.randint(1, len(builder.rows(tables.studios))),
    )
    for tag in builder.some(range(1, len(builder.rows(tables.tags)) + 1), 3):
        builder.add(tables.galleries_tags, gallery_id=gallery, tag_id=tag)
    for performer in builder.some(range(1, 30), 2):
        builder.add(tables.performers_galleries, performer_id=performer, gallery_id=gallery)
    for scene in builder.some(range(1, len(builder.rows(tables.scenes)) + 1), 1):
        builder.add(tables.scenes_galleries, scene_id=scene, gallery_id=gallery)
    return gallery


def _image(builder: Builder, folder: int, name: str, zip_file: int | None) -> int:
    width, height = builder.random.choice(_SIZES)
    file = builder.file(folder, name, width * height // 4, zip_file)
    kind = "mjpeg" if zip_file is None else "jpeg"
    builder.add(tables.image_files, file_id=file, format=kind, width=width, height=height)
    builder.hashes(file, md5=builder.hexadecimal(32))
    image = builder.entity(
        tables.images,
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
    builder.add(tables.images_files, image_id=image, file_id=file, primary=True)
    for tag in builder.some(range(1, len(builder.rows(tables.tags)) + 1), 2):
        builder.add(tables.images_tags, image_id=image, tag_id=tag)
    return image
