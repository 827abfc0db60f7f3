"""The scene filename parser: captured fields and matched objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_library import SampleLibrary, open_sample_library

PARSE = """query($c: SceneParserInput!, $f: FindFilterType) { parseSceneFilenames(config: $c, filter: $f)
    { count results { scene { id } title code date rating rating100 studio_id gallery_ids performer_ids
    movies { movie_id scene_index } tag_ids } } }"""


@pytest.fixture
def sample(library_file: Path) -> Iterator[SampleLibrary]:
    made = open_sample_library(library_file)
    yield made
    made.library.close()


def scene(sample: SampleLibrary, path: str, **given: Any) -> str:
    made = sample.create("sceneCreate", title="x", **given)
    sample.video(path, made)
    return made


def parse(
    sample: SampleLibrary, pattern: str, config: dict[str, Any] | None = None, **find: Any
) -> list[dict[str, Any]]:
    found = sample(PARSE, c=config or {}, f={"q": pattern, "sort": "path", **find})
    return [{name: value for name, value in row.items() if value is not None} for row in found["results"]]


def only(sample: SampleLibrary, pattern: str, path: str, **config: Any) -> dict[str, Any] | None:
    """Fields parsed from the only path of the library, without the scene."""
    scene(sample, path)
    found = parse(sample, pattern, config)
    return {name: value for name, value in found[0].items() if name != "scene"} if found else None


@pytest.mark.parametrize(
    ("pattern", "name", "read"),
    [
        ("{title}.{ext}", "a b.mp4", {"title": "a b"}),
        ("{title}.mp4", "a b.MP4", {"title": "a b"}),
        ("{title} - {}.{ext}", "a - b - c.mp4", {"title": "a - b"}),
        ("{}{d}{title}.{ext}", "x_a.mp4", {"title": "a"}),
        ("{date}{d}{title}.{ext}", "2023-05-01.t.mp4", {"date": "2023-05-01", "title": "t"}),
        ("{date}", "2023-02-30 x.mp4", {}),
        ("{date}", "1899-02-03 x.mp4", {}),
        ("{yyyy}{mm}{dd} {title}.mp4", "20230501 t.mp4", {"date": "2023-05-01", "title": "t"}),
        ("{dd}.{mmm}.{yy}", "01.mAy.23.mp4", {"date": "2023-05-01"}),
        ("{dd}.{mmm}.{yy}", "01.xyz.23.mp4", {}),
        ("{yyyy}.{mm}", "2023.05.mp4", {}),
        ("{yyyymmdd}", "20230501.mp4", {"date": "2023-05-01"}),
        ("{yymmdd}", "230501.mp4", {"date": "2023-05-01"}),
        ("{ddmmyyyy}", "01052023.mp4", {"date": "2023-05-01"}),
        ("{ddmmyy}", "010523.mp4", {"date": "2023-05-01"}),
        ("{mmddyyyy}", "05012023.mp4", {"date": "2023-05-01"}),
        ("{mmddyy}", "050123.mp4", {"date": "2023-05-01"}),
        ("{rating} {title}.mp4", "4 t.mp4", {"rating": 80, "rating100": 80, "title": "t"}),
        ("{rating} {title}.mp4", "7 t.mp4", {"title": "t"}),
        ("({title}) [{}]", "(a) [b].mp4", {"title": "a"}),
        ("^{title}( x)?", "a.mp4", None),
        ("nothing", "a.mp4", None),
    ],
)
def test_fields_match_their_character_class(
    sample: SampleLibrary, pattern: str, name: str, read: dict[str, Any] | None
) -> None:
    assert only(sample, pattern, f"/m/{name}") == read


def test_words_can_be_ignored(sample: SampleLibrary) -> None:
    read = only(sample, "{title}.{i}.{ext}", "/m/a.DVDRip.mp4", ignoreWords=["web-dl", " dvdrip "])
    assert read == {"title": "a"}
    assert parse(sample, "{title}.{i}.{ext}", {"ignoreWords": ["other"]}) == []


@pytest.mark.parametrize(
    ("config", "title"),
    [
        ({}, "three.word__title"),
        ({"whitespaceCharacters": "._"}, "three word title"),
        ({"whitespaceCharacters": " "}, "three.word__title"),
        ({"whitespaceCharacters": "._", "capitalizeTitle": True}, "Three Word Title"),
        ({"capitalizeTitle": True}, "Three.word__title"),
    ],
)
def test_title_is_cleaned_up(sample: SampleLibrary, config: dict[str, Any], title: str) -> None:
    assert only(sample, "{title}.{ext}", "/m/three.word__title.mp4", **config) == {"title": title}


def test_names_match_existing_objects(sample: SampleLibrary) -> None:
    ada = sample.create("performerCreate", name="Ada Byron", alias_list=["Countess"])
    studio = sample.create("studioCreate", name="Acme", aliases=["The Maker"])
    tag = sample.create("tagCreate", name="Outdoor Sun", aliases=["Bright"])
    group = sample.create("groupCreate", name="Big Film")
    scene(sample, "/m/ada_byron - ada.BYRON - the-maker - bright - big film.mp4")
    scene(sample, "/m/Countess - nobody - nothing - dark - big.mp4")
    pattern = "{performer} - {performer} - {studio} - {tag} - {movie}.{ext}"
    known, unknown = sorted(parse(sample, pattern), key=len, reverse=True)
    assert known == {
        "scene": {"id": "1"},
        "performer_ids": [ada],
        "studio_id": studio,
        "tag_ids": [tag],
        "movies": [{"movie_id": group, "scene_index": None}],
    }
    assert unknown == {"scene": {"id": "2"}}


def test_folders_are_parsed_if_the_pattern_has_them(sample: SampleLibrary) -> None:
    scene(sample, "/media/Acme/first.mp4")
    assert [row.get("title") for row in parse(sample, "/{}/{title}.{ext}")] == ["first"]
    assert [row.get("title") for row in parse(sample, "Acme.{title}")] == []
    found = sample(PARSE, c={}, f={"q": "Acme"})
    assert (found["count"], found["results"]) == (1, [])


def test_results_are_sorted_paged_and_can_exclude_organized(sample: SampleLibrary) -> None:
    for name in "cab":
        scene(sample, f"/m/{name}.mp4", organized=name == "a")
    scene(sample, "/m/other.avi")
    titles = [row["title"] for row in parse(sample, "{title}.mp4")]
    assert titles == ["a", "b", "c"]
    page = sample(PARSE, c={"ignoreOrganized": True}, f={"q": "{title}.mp4", "sort": "path", "per_page": 1})
    assert (page["count"], [row["title"] for row in page["results"]]) == (2, ["b"])


@pytest.mark.parametrize(
    ("find", "reason"),
    [
        ({"q": "{nope} {title} {what}"}, "Invalid fields: {nope}, {what}"),
        ({"q": "*"}, "error parsing regexp"),
        ({}, "filter.q has to hold the pattern"),
        (None, "filter.q has to hold the pattern"),
    ],
)
def test_invalid_patterns_are_rejected(
    sample: SampleLibrary, find: dict[str, Any] | None, reason: str
) -> None:
    assert sample.error(PARSE, c={}, f=find).startswith(reason)
