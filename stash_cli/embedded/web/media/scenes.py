"""Routes of scenes: the video, captions, funscript, chapters, and frames of markers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from stash_cli.core.texts import decode_text
from stash_cli.embedded import tables as t
from stash_cli.embedded.imaging.pictures import cover_at
from stash_cli.embedded.library.context import RequestContext, Row
from stash_cli.embedded.scan.probe import BrokenFileError
from stash_cli.embedded.web import responses
from stash_cli.embedded.web.media import object_id, primary_file, scene_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from stash_cli.embedded.library.file_source import FileSource
    from stash_cli.embedded.library.library import Library

TYPE = "text/vtt"
_HEADER = "WEBVTT"
_TIME = re.compile(r"(\d{2}:\d{2}:\d{2}),(\d{3})")
_CUE = "-->"


def as_vtt(content: bytes, kind: str) -> bytes:
    """A caption file as WebVTT; `kind` is "vtt" or "srt", whose times have a comma."""
    text = _decoded(content)
    if kind == "srt":
        lines = (_TIME.sub(r"\1.\2", line) if _CUE in line else line for line in text.split("\n"))
        text = f"{_HEADER}\n\n" + "\n".join(lines)
    return text.encode()


def _decoded(content: bytes) -> str:
    try:
        return decode_text(content)
    except UnicodeDecodeError:
        return content.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")


def chapters(marks: Iterable[tuple[float, float, str]]) -> bytes:
    """Chapters as WebVTT, from (start, end, text) in seconds."""
    cues = (
        f"{number}\n{_clock(start)} {_CUE} {_clock(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(marks, 1)
    )
    return "\n".join([f"{_HEADER}\n", *cues]).encode()


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(max(seconds, 0) * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}.{thousandths:03}"


_LONGEST_CAPTION = 16 * 1024 * 1024
_MARKER = "/scene/{id}/scene_marker/{marker}"


def scene_routes(library: Library) -> list[Route]:
    """The routes of scenes; previews, sprites and transcodes are not generated."""
    serving = _Scenes(library)
    return [
        responses.media_route("/scene/{id}/stream", serving.stream),
        responses.media_route("/scene/{id}/caption", serving.caption),
        responses.media_route("/scene/{id}/funscript", serving.funscript),
        responses.media_route("/scene/{id}/vtt/chapter", serving.chapters),
        responses.media_route(f"{_MARKER}/screenshot", serving.marker_screenshot),
        responses.media_route(f"{_MARKER}/preview", serving.marker_preview),
    ]


class _Scenes:
    def __init__(self, library: Library) -> None:
        self._library = library

    def stream(self, request: Request) -> Response:
        """The primary file."""
        with self._library.database.read() as connection:
            video = self._video(connection, request)
        return responses.send_file(request, video.open())

    def caption(self, request: Request) -> Response:
        """The caption of a language (`lang`) and type (`type`: "srt" or "vtt"), as WebVTT."""
        key = [request.query_params.get(name, "") for name in ("lang", "type")]
        captions = t.video_captions.c
        query = select(captions.filename).join(
            t.scenes_files, (t.scenes_files.c.file_id == captions.file_id) & t.scenes_files.c.primary
        )
        query = query.where(captions.language_code == key[0], captions.caption_type == key[1])
        with self._library.database.read() as connection:
            video = self._video(connection, request)
            number = scene_id(connection, request.path_params["id"])
            name = connection.scalar(query.where(t.scenes_files.c.scene_id == number))
        if not name:
            raise responses.NotServed
        with video.open(sidecar=name) as file:
            content = as_vtt(file.stream.read(_LONGEST_CAPTION), key[1])
        return responses.send_content(request, content, TYPE)

    def funscript(self, request: Request) -> Response:
        with self._library.database.read() as connection:
            video = self._video(connection, request)
        script = video.location.path.with_suffix(".funscript").name
        return responses.send_file(request, video.open(sidecar=script), "text/plain")

    def chapters(self, request: Request) -> Response:
        """The markers of a scene as chapters, each until its end or the next marker."""
        with self._library.database.read() as connection:
            number = scene_id(connection, request.path_params["id"])
            scene = RequestContext(self._library, connection, "").fetch("Scene", number)
            if scene is None:
                raise responses.NotServed
            content = chapters(_chapter_times(scene))
        return responses.send_content(request, content, TYPE)

    def marker_screenshot(self, request: Request) -> Response:
        """The frame of a marker, or a placeholder."""
        seconds, video = self._marker(request)
        picture = None if video is None else _frame(video, max(seconds, 0.0))
        if picture is None:
            return responses.send_content(request, responses.placeholder("scene"), cache="no-store")
        return responses.send_content(request, picture)

    def marker_preview(self, request: Request) -> Response:
        """A placeholder, because previews are not generated."""
        self._marker(request)
        return responses.send_content(request, responses.placeholder("scene"), cache="no-store")

    def _marker(self, request: Request) -> tuple[float, FileSource | None]:
        """The time of a marker in seconds, and its video."""
        with self._library.database.read() as connection:
            marker = object_id(connection, request.path_params["marker"])
            number = scene_id(connection, request.path_params["id"])
            markers = t.scene_markers.c
            query = select(markers.seconds).where(markers.id == marker, markers.scene_id == number)
            seconds = connection.scalar(query)
            if seconds is None:
                raise responses.NotServed
            try:
                return seconds, self._video(connection, request)
            except responses.NotServed:
                return seconds, None

    def _video(self, connection: Connection, request: Request) -> FileSource:
        """The primary file of the requested scene."""
        number = scene_id(connection, request.path_params["id"])
        return primary_file(self._library, connection, t.scenes_files, "scene_id", number)


def _frame(video: FileSource, second: float) -> bytes | None:
    try:
        with video.open() as file:
            return cover_at(file.stream, second)
    except (BrokenFileError, OSError):
        return None


def _chapter_times(scene: Row) -> Iterator[tuple[float, float, str]]:
    markers = scene.get("scene_markers")
    files = scene.get("files")
    last = max([float(files[0].get("duration"))] if files else [], default=0.0)
    following = [float(marker.get("seconds")) for marker in markers[1:]]
    for marker, next_start in zip(markers, [*following, last], strict=False):
        start, end = float(marker.get("seconds")), marker.get("end_seconds")
        tags = [marker.get("primary_tag"), *marker.get("tags")]
        text = marker.get("title") or ", ".join(str(tag.get("name")) for tag in tags)
        yield start, max(next_start if end is None else float(end), start), text
