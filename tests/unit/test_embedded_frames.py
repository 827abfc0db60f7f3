"""Video frames: the first one at or after a time, in any order of requests, upright."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from PIL import Image
from scan_library import add_silence, put_picture_first, write_video

from stash_cli.embedded.imaging.phash import video_hash
from stash_cli.embedded.imaging.pictures import Frames, Scaler, cover_at
from stash_cli.embedded.library.functions import phash_distance
from stash_cli.embedded.scan.probe import BrokenFileError, open_video


def cover(path: Path, second: float) -> bytes | None:
    with path.open("rb") as stream:
        return cover_at(stream, second)


def hash_of(path: Path, duration: float) -> int:
    with path.open("rb") as stream:
        return video_hash(stream, duration)


def frame_numbers(path: Path, *seconds: float) -> list[int]:
    """Number of the frame at each time, read from its colour."""
    with open_video(str(path)) as container:
        frames, small = Frames(container), Scaler(32)
        return [round(small(frames.at(second)).getpixel((8, 8))[1] / 20) for second in seconds]


@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((0.0, 0.1, 0.15, 0.2), [0, 1, 2, 2]),
        ((0.21, 0.22, 0.3, 0.31), [3, 3, 3, 4]),
        ((0.5, 0.1, 0.9, 0.0), [5, 1, 9, 0]),
        ((0.95 - 0.9, 0.85), [1, 9]),
    ],
)
def test_a_frame_is_the_first_at_or_after_its_time(tmp_path, codec, seconds, expected):
    path = write_video(tmp_path / "a.mkv", frames=10, rate=10, codec=codec)
    assert frame_numbers(path, *seconds) == expected


def test_distant_times_use_seeking(tmp_path):
    path = write_video(tmp_path / "a.mp4", frames=12, rate=1, codec="libx264")
    assert frame_numbers(path, 0.5, 9.0, 9.5, 2.0) == [1, 9, 10, 2]


def test_attached_picture_is_not_a_video_frame(tmp_path):
    plain = write_video(tmp_path / "a.mp4")
    covered = put_picture_first(write_video(tmp_path / "b.mp4", cover=(40, 20)))
    assert cover(covered, 0.5) == cover(plain, 0.5)
    assert hash_of(covered, 0.9) == hash_of(plain, 0.9)


def test_no_frame_after_the_end(tmp_path):
    path = write_video(tmp_path / "a.mp4", frames=10, rate=10)
    with pytest.raises(BrokenFileError, match=r"no picture at 0\.95 seconds"):
        frame_numbers(path, 0.95)
    assert cover(path, 5.0) == cover(path, 0.0) != cover(path, 0.5)


def test_audio_only_file_has_no_frames(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        add_silence(container, container.add_stream("aac", rate=48000, layout="stereo"), 1.0)
    with pytest.raises(BrokenFileError, match="without pictures"):
        hash_of(path, 1.0)
    assert cover(path, 0.0) is None


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (160, 120)), (90, (160, 214)), (-90, (160, 214)), (180, (160, 120))]
)
def test_rotated_frames_and_covers_are_upright(tmp_path, rotation, size):
    path = write_video(tmp_path / "a.mp4", size=(64, 48), rotation=rotation)
    with open_video(str(path)) as container:
        assert Scaler(160)(Frames(container).at(0.0)).size == size
    with Image.open(io.BytesIO(cover(path, 0.0) or b"")) as upright:
        assert upright.size == ((64, 48) if rotation in (0, 180) else (48, 64))


def test_scaled_copy_has_a_similar_hash(tmp_path):
    hashes = [
        hash_of(write_video(tmp_path / name, seed, size=size, codec=codec, frames=40, rate=20), 2.0)
        for name, seed, size, codec in (
            ("a.mp4", 200, (320, 240), "libx264"),
            ("b.mkv", 200, (160, 120), "mpeg4"),
            ("c.mp4", 20, (320, 240), "libx264"),
        )
    ]
    assert phash_distance(hashes[0], hashes[1]) <= 8
    assert hashes[0] != hashes[2]


@pytest.mark.parametrize("frames", [1, 10])
def test_video_missing_a_sampled_frame_has_no_hash(tmp_path, frames):
    path = write_video(tmp_path / "a.mp4", frames=frames, rate=10)
    with pytest.raises(BrokenFileError, match="no picture at"):
        hash_of(path, frames / 10)
