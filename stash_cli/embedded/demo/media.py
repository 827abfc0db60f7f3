"""Small real files of the demo library, with sidecars, to try fill, scrape, rename and scan."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from stash_cli.core.atomic_files import replacing
from stash_cli.core.private_files import make_private_folder
from stash_cli.embedded import tables as t
from stash_cli.embedded.library import settings

if TYPE_CHECKING:
    from pathlib import Path

    from stash_cli.embedded.library.library import Library

_SIZE, _FRAMES, _RATE = (160, 90), 10, 10
_SCAN_TIMEOUT = 60.0
"""Maximum seconds for the scan of a few files."""
_NFO = """\
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<movie>
  <title>A Week on the Ferry</title>
  <plot>Seven harbours in seven days.</plot>
  <premiered>2024-06-09</premiered>
  <studio>Blue Harbour Media</studio>
  <actor><name>{performer}</name><order>0</order></actor>
  <actor><name>Zoe Nowak</name><order>1</order></actor>
  <tag>Ferry</tag>
  <genre>Travel</genre>
  <userrating>8</userrating>
  <url>https://films.example.org/ferry</url>
  <runtime>1</runtime>
</movie>
"""
_INFO = {
    "id": "k3Jq0",
    "title": "Above Kyoto",
    "description": "The old town from the air.",
    "upload_date": "20240614",
    "channel": "Wide Horizon",
    "tags": ["Aerial", "Old Town", "Rooftops"],
    "webpage_url": "https://video.example.org/watch?v=k3Jq0",
    "duration": 1,
}
_XMP = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
   xmp:Rating="4" xmp:CreateDate="2024-06-14T06:30:00">
  <dc:title><rdf:Alt><rdf:li xml:lang="x-default">First light</rdf:li></rdf:Alt></dc:title>
  <dc:creator><rdf:Seq><rdf:li>{performer}</rdf:li></rdf:Seq></dc:creator>
  <dc:subject><rdf:Bag><rdf:li>Sunrise</rdf:li><rdf:li>Skyline</rdf:li></rdf:Bag></dc:subject>
 </rdf:Description></rdf:RDF></x:xmpmeta>
"""


def add_media(library: Library, folder: Path) -> None:
    """Write the files into a folder, add it to the media folders of the library, and scan it."""
    with library.database.read() as connection:
        query = select(t.performers.c.name).order_by(t.performers.c.id).limit(3)
        performers = list(connection.scalars(query))
    for seed, name in enumerate(_videos(performers)):
        _write(folder / "incoming" / name, _video(seed))
    unsorted = folder / "incoming" / "Unsorted"
    _write(unsorted / "ferry_final.nfo", _NFO.format(performer=performers[0]).encode())
    _write(unsorted / "k3Jq0.info.json", json.dumps(_INFO, indent=1).encode())
    _write(folder / "photos" / "IMG_2042.jpg", _picture(0))
    _write(folder / "photos" / "IMG_2042.jpg.xmp", _XMP.format(performer=performers[1]).encode())
    _scan(library, folder)


def _videos(performers: list[str]) -> list[str]:
    first, second, third = performers
    return [
        f"Acme Films/2024-03-01 - Quiet Harbour in Lofoten [{first}, {second}].mp4",
        f"Acme Films/2024-04-12 - Golden Bridge in Kyoto [{third}, Zoe Nowak].mp4",
        f"SlowTrainProductions/2024-05-20 - Night Ferry [{second}].mp4",
        "Unsorted/ferry_final.mp4",
        "Unsorted/k3Jq0.mp4",
        "Unsorted/IMG_2041.mp4",
    ]


def _scan(library: Library, folder: Path) -> None:
    with library.database.write() as connection:
        general = settings.read_part(connection, "general")
        stash = {"path": str(folder), "excludeVideo": False, "excludeImage": False}
        settings.write_part(connection, "general", {"stashes": [*general["stashes"], stash]})
    library.execute("mutation($p: [String!]) { metadataScan(input: {paths: $p}) }", {"p": [str(folder)]})
    library.jobs.wait_idle(_SCAN_TIMEOUT)


def _write(path: Path, content: bytes) -> None:
    """Write a file unless it exists; another process may write it at the same time."""
    make_private_folder(path.parent)
    if path.exists():
        return
    with replacing(path, sync=False) as file:
        file.write(content)


def _picture(seed: int) -> bytes:
    """A landscape of a few bars as JPEG."""
    from io import BytesIO

    stream = BytesIO()
    _landscape(seed, 0).save(stream, "JPEG")
    return stream.getvalue()


def _landscape(seed: int, step: int) -> Any:
    from PIL import Image, ImageDraw

    random = Random(seed)  # noqa: S311 - the same on every machine
    width, height = _SIZE
    image = Image.new("RGB", _SIZE, (120 + random.randrange(80), 180, 220))
    draw = ImageDraw.Draw(image)
    for _ in range(5):
        left, top = random.randrange(width), height // 3 + random.randrange(height // 2)
        shade = (random.randrange(160), 60 + random.randrange(120), random.randrange(120))
        draw.rectangle((left + step, top, left + step + 50, height), fill=shade)
    return image


def _video(seed: int) -> bytes:
    """One second in which the landscape passes by, as mp4."""
    from fractions import Fraction
    from io import BytesIO

    import av

    frames: Any = av.VideoFrame  # its type hints are incomplete
    stream = BytesIO()
    with av.open(stream, "w", format="mp4") as container:
        video = container.add_stream("mpeg4", rate=_RATE)
        video.width, video.height, video.pix_fmt = *_SIZE, "yuv420p"
        for number in range(_FRAMES):
            frame = frames.from_image(_landscape(seed, number))
            frame.pts, frame.time_base = number, Fraction(1, _RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode())
    return stream.getvalue()
