"""Captions and funscripts matched to videos."""

from __future__ import annotations

from table_tests import table_test

from stash_cli.embedded.scan.walk import find_sidecars, language_of


@table_test(
    ("suffix", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("eng", "en"),
        ("en-US", "en"),
        ("pt_BR", "pt"),
        ("ger", "de"),
        ("deu", "de"),
        ("zz", None),
        ("part1", None),
        ("", None),
    ],
)
def test_language_code_in_file_name(suffix: str, code: str | None) -> None:
    assert language_of(suffix) == code


@table_test(
    ("name", "owner", "language", "kind"),
    [
        ("a.srt", "a.mp4", "00", "srt"),
        ("a.en.srt", "a.mp4", "en", "srt"),
        ("a.de.VTT", "a.mkv", "de", "vtt"),
        ("a.b.srt", "a.b.mp4", "00", "srt"),
        ("a.b.fr.vtt", "a.b.mp4", "fr", "vtt"),
        ("Ünïcode 日本.ja.srt", "Ünïcode 日本.mp4", "ja", "srt"),
    ],
)
def test_caption_beside_its_video(name: str, owner: str, language: str, kind: str) -> None:
    (caption,), interactive = find_sidecars([name]).of(owner)
    assert (caption.language_code, caption.filename, caption.caption_type) == (language, name, kind)
    assert not interactive


def test_first_caption_of_a_language_and_type_is_used() -> None:
    captions, _ = find_sidecars(["a.eng.srt", "a.en.srt", "a.en.vtt"]).of("a.mp4")
    assert [caption.filename for caption in captions] == ["a.en.srt", "a.en.vtt"]


def test_funscripts_and_unrelated_files() -> None:
    beside = find_sidecars(["a.funscript", "b.txt", "a.mp4", "c.funscript.bak"])
    assert beside.of("a.mp4") == ((), True)
    assert beside.of("b.mp4") == beside.of("c.mp4") == ((), False)
