"""Metadata of small real videos and pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from scan_library import add_silence, picture, put_picture_first, write_video

from stash_cli.embedded.scan.probe import (
    BrokenFileError,
    ImageFacts,
    VideoFacts,
    probe_picture,
    probe_video,
    probe_zipped,
)


def facts_of(path: Path) -> VideoFacts:
    with path.open("rb") as stream:
        return probe_video(str(path), stream, path.stat().st_size)


@pytest.mark.parametrize(
    ("name", "options", "format_name", "video", "audio"),
    [
        ("a.mp4", {"codec": "mpeg4"}, "mp4", "mpeg4", ""),
        ("a.mov", {"codec": "mpeg4", "sound": "aac"}, "mp4", "mpeg4", "aac"),
        ("a.mkv", {"codec": "mpeg4", "sound": "mp3"}, "matroska", "mpeg4", "mp3"),
        ("a.webm", {"codec": "libvpx", "sound": "libopus"}, "webm", "vp8", "opus"),
        ("a.avi", {"codec": "mpeg4"}, "avi", "mpeg4", ""),
        ("a.wmv", {"codec": "wmv2"}, "wmv", "wmv2", ""),
        ("a.flv", {"codec": "flv"}, "flv", "flv1", ""),
        ("a.mpg", {"codec": "mpeg1video", "rate": 25}, "mpeg", "mpeg1video", ""),
    ],
)
def test_container_and_codec_names(
    tmp_path: Path, name: str, options: dict[str, Any], format_name: str, video: str, audio: str
) -> None:
    facts = facts_of(write_video(tmp_path / name, **options))
    assert (facts.format, facts.video_codec, facts.audio_codec) == (format_name, video, audio)
    assert (facts.width, facts.height) == (64, 48)


def test_frame_rate_and_duration(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", frames=36, rate=12)
    facts = facts_of(path)
    assert (facts.duration, facts.frame_rate) == (3.0, 12.0)
    assert facts.bit_rate == pytest.approx(path.stat().st_size * 8 / 3, rel=0.01)


def test_duration_has_two_decimals(tmp_path: Path) -> None:
    assert facts_of(write_video(tmp_path / "a.mp4", frames=10, rate=30)).duration == 0.33


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (64, 48)), (90, (48, 64)), (180, (64, 48)), (270, (48, 64))]
)
def test_rotated_video_has_its_upright_size(tmp_path: Path, rotation: int, size: tuple[int, int]) -> None:
    facts = facts_of(write_video(tmp_path / "a.mp4", rotation=rotation))
    assert (facts.width, facts.height) == size


@pytest.mark.parametrize("rotation", [0, 90])
def test_attached_picture_is_not_the_video(tmp_path: Path, rotation: int) -> None:
    path = put_picture_first(write_video(tmp_path / "a.mp4", cover=(40, 20), rotation=rotation))
    facts = facts_of(path)
    size = (48, 64) if rotation else (64, 48)
    assert (facts.video_codec, facts.width, facts.height, facts.frame_rate) == ("mpeg4", *size, 10.0)


def test_default_stream_of_several_is_used(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        videos = [container.add_stream("mpeg4", rate=10) for _ in range(3)]
        for video, side in zip(videos, (32, 96, 64), strict=True):
            video.width, video.height, video.pix_fmt = side, side, "yuv420p"
        videos[1].disposition = av.stream.Disposition.default
        for video in videos:
            frame = av.VideoFrame(video.width, video.height, "yuv420p")
            container.mux([*video.encode(frame), *video.encode()])
    assert facts_of(path).width == 96


def test_name_like_a_url_is_a_file(tmp_path: Path) -> None:
    assert facts_of(write_video(tmp_path / "http:x 日本 %d.mp4")).format == "mp4"


@pytest.mark.parametrize("content", [b"no video at all", bytes(3000)])
def test_corrupt_video_is_reported(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(BrokenFileError):
        facts_of(path)


def test_truncated_video_is_corrupt(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BrokenFileError):
        facts_of(path)


def test_audio_file_has_no_size(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        add_silence(container, container.add_stream("aac", rate=48000, layout="stereo"), 1)
    facts = facts_of(path)
    assert (facts.width, facts.height, facts.video_codec, facts.audio_codec) == (0, 0, "", "aac")


@pytest.mark.parametrize(
    ("kind", "plain", "zipped"),
    [("JPEG", "mjpeg", "jpeg"), ("PNG", "png", "png"), ("WEBP", "webp", "webp"), ("BMP", "bmp", "bmp")],
)
def test_picture_formats_are_named_by_location(kind: str, plain: str, zipped: str) -> None:
    data = picture(size=(40, 30), kind=kind)
    assert probe_picture(io.BytesIO(data)) == ImageFacts(plain, 40, 30)
    assert probe_zipped(io.BytesIO(data)) == ImageFacts(zipped, 40, 30)


def test_gif_is_a_clip_unless_in_a_zip() -> None:
    data = picture(kind="GIF")
    assert probe_picture(io.BytesIO(data)) is None
    assert probe_zipped(io.BytesIO(data)) == ImageFacts("gif", 32, 24)


def test_an_animated_png_is_a_clip() -> None:
    data = picture(save_all=True, append_images=[Image.new("RGB", (32, 24), "red")])
    assert probe_picture(io.BytesIO(data)) is None


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40))]
)
def test_rotated_photo_has_its_upright_size(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = picture(size=(40, 30), kind="JPEG", exif=exif)
    facts = probe_picture(io.BytesIO(data))
    assert facts == ImageFacts("mjpeg", *size)


def test_only_the_header_of_a_huge_picture_is_read() -> None:
    header = picture(kind="BMP")[:18] + (60000).to_bytes(4, "little") * 2 + picture(kind="BMP")[26:]
    assert probe_picture(io.BytesIO(header)) == ImageFacts("bmp", 60000, 60000)


@pytest.mark.parametrize("content", [b"", b"text", picture()[:20], picture(kind="JPEG")[:30], b"GIF89a"])
def test_corrupt_picture_is_reported(content: bytes) -> None:
    with pytest.raises(BrokenFileError):
        probe_zipped(io.BytesIO(content))
