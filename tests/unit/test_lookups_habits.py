"""Lookup spellings of other libraries: each works, or the error names the right one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashUsageError
from stash_cli.core.query.lookups import compile as compile_lookups
from stash_cli.core.types import FuzzyDate, GenderEnum, ResolutionEnum, Tag

NOW = datetime(2024, 5, 10, 12, 30, tzinfo=UTC)
TAG = Tag.from_graphql({"id": "7", "name": "x"})

SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("Scene", {"title__exact": "x"}, {"title": "x"}),
    ("Scene", {"title__iexact": "x"}, {"title": "x"}),
    ("Scene", {"title__icontains": "x"}, {"title__contains": "x"}),
    ("Scene", {"title__istartswith": "x"}, {"title__startswith": "x"}),
    ("Scene", {"title__regex": re.compile("x", re.IGNORECASE)}, {"title__regex": "(?i)x"}),
    ("Scene", {"title__in": {"a"}}, {"title__in": ["a"]}),
    ("Scene", {"title": None}, {"title__null": True}),
    ("Scene", {"title__ne": None}, {"title__null": False}),
    ("Scene", {"title__isnull": 1}, {"title__null": True}),
    ("Scene", {"path": PurePosixPath("/a")}, {"path": "/a"}),
    ("Scene", {"urls__contains": "x"}, {"url__contains": "x"}),
    ("Scene", {"rating100__range": [60, 80]}, {"rating100__between": (60, 80)}),
    ("Scene", {"rating100__gt": 79.5}, {"rating100__gte": 80}),
    ("Scene", {"rating100__lte": "80"}, {"rating100__lt": 81}),
    ("Scene", {"rating100__in": range(60, 63)}, {"rating100__between": (60, 62)}),
    ("Scene", {"framerate": 59.94}, {"framerate": 60}),
    ("Scene", {"date": 2024}, {"date": "2024"}),
    ("Scene", {"date__gte": date(2024, 1, 1)}, {"date__gte": "2024"}),
    ("Scene", {"date__gt": FuzzyDate("2024-03")}, {"date__gte": "2024-04"}),
    ("Scene", {"created_at__gte": date(2024, 1, 1)}, {"created_at__gte": "2024-01-01T00:00:00"}),
    ("Scene", {"created_at__gte": timedelta(days=-2)}, {"created_at__gte": "-2d"}),
    ("Scene", {"created_at__gte": NOW - timedelta(hours=1)}, {"created_at__gte": "-1h"}),
    ("Scene", {"duration__gt": "1:30"}, {"duration__gt": 90}),
    ("Scene", {"duration__gt": "60m"}, {"duration__gt": 3600}),
    ("Scene", {"duration__between": ("1h30m", "2h")}, {"duration__between": (5400, 7200)}),
    ("Scene", {"duration__between": ("1:00:00", None)}, {"duration__gte": 3600}),
    ("Scene", {"duration__lt": timedelta(minutes=3)}, {"duration__lt": 180}),
    ("SceneMarker", {"duration__gt": timedelta(seconds=1.5)}, {"duration__gt": 1.5}),
    ("Scene", {"resolution__gte": 1080}, {"resolution__gte": "1080p"}),
    ("Scene", {"resolution": ResolutionEnum.FOUR_K}, {"resolution": "4k"}),
    ("Scene", {"organized": 1}, {"organized": True}),
    ("Scene", {"tags": TAG}, {"tags": 7}),
    ("Scene", {"tags": [TAG, "3"]}, {"tags__includes_all": [7, 3]}),
    ("Scene", {"tags": None}, {"tags__null": True}),
    ("Scene", {"tag_ids": [1, 2]}, {"tags": [1, 2]}),
    ("Scene", {"performer_ids": [1]}, {"performers": 1}),
    ("Scene", {"performers__id": 5}, {"performers": 5}),
    ("Scene", {"performers__id__in": [5, 6]}, {"performers__includes": [5, 6]}),
    ("Scene", {"performers__gender": "female"}, {"performers__gender": GenderEnum.FEMALE}),
    ("Scene", {"studio_id": 5}, {"studios": 5}),
    ("Scene", {"studio": None}, {"studios__null": True}),
    ("Scene", {"studio__isnull": False}, {"studios__null": False}),
    ("Scene", {"studio__parent_studio": 3}, {"studios__parents": 3}),
    ("Scene", {"scene_markers__tags": 1}, {"markers__tags": 1}),
    ("Scene", {"md5": "11ff"}, {"checksum": "11ff"}),
    ("Scene", {"stash_id": "x"}, {"stash_id_endpoint": "x"}),
    ("Scene", {"stash_ids__in": ["a", "b"]}, {"stash_id__in": ["a", "b"]}),
    ("Scene", {"is_missing": "tags"}, {"tags__null": True}),
    ("Scene", {"is_missing__ne": "tags"}, {"tags__null": False}),
    ("Scene", {"custom_fields__a": 1}, {"custom_fields": {"a": 1}}),
    ("Scene", {"custom_fields__a__isnull": True}, {"custom_fields__null": {"a": True}}),
    ("Performer", {"height": 180}, {"height_cm": 180}),
    ("Performer", {"alias": "x"}, {"aliases": "x"}),
    ("Performer", {"favorite": True}, {"filter_favorites": True}),
    ("Performer", {"image__isnull": True}, {"is_missing": "image"}),
    ("Studio", {"parent": 3}, {"parents": 3}),
    ("Tag", {"parent": 1}, {"parents": 1}),
    ("SceneMarker", {"scene": 1}, {"scenes": 1}),
]


@table_test(("owner", "written", "means"), SAME, ids=[str(row[1]) for row in SAME])
def test_familiar_spelling_is_accepted(owner: str, written: dict[str, Any], means: dict[str, Any]) -> None:
    made, meant = (compile_lookups(owner, each, now=NOW) for each in (written, means))
    assert made.filter == meant.filter
    assert (made.post_filter is None) == (meant.post_filter is None)


SAID: list[tuple[str, dict[str, Any], str]] = [
    ("Scene", {"title__iregex": "x"}, 'title__regex="(?i)..."'),
    ("Scene", {"title__like": "%x%"}, "title__contains"),
    ("Scene", {"title__search": "x"}, "title__contains"),
    ("Scene", {"title__gt": "m"}, "It has eq, ne, in, contains"),
    ("Scene", {"titel": "x"}, "Did you mean title?"),
    ("Scene", {"name": "x"}, "Did you mean title?"),
    ("Scene", {"pk": 1}, "Did you mean id?"),
    ("Scene", {"rating__gte": 80}, "Did you mean rating100"),
    ("Scene", {"rating100__exists": True}, "rating100__null=False"),
    ("Scene", {"id": [1, 2]}, "id__in=[...]"),
    ("Scene", {"date__year": 2024}, 'date="2024"'),
    ("Scene", {"date__month": 3}, 'date="2024-03"'),
    ("Scene", {"created_at__date": date(2024, 1, 1)}, 'created_at="2024-03-15"'),
    ("Scene", {"date": "01/02/2024"}, "2024-03-15"),
    ("Scene", {"duration__gt": "long"}, "a whole number"),
    ("Scene", {"urls": ["a"]}, "url__in=[...]"),
    ("Scene", {"tags": []}, "tags__null=True"),
    ("Scene", {"tags__all": [1]}, "tags__includes_all=[...]"),
    ("Scene", {"tags__any": [1]}, "tags__includes=[...]"),
    ("Scene", {"tags__contains": 1}, "tags__includes=[...]"),
    ("Scene", {"tags__exclude": [1]}, "Did you mean excludes"),
    ("Scene", {"tags__count__gte": 3}, "tag_count"),
    ("Scene", {"tags_count": 3}, "Did you mean tag_count"),
    ("Scene", {"performers__contry": "JP"}, "Did you mean country"),
    ("Scene", {"studio__depth": -1}, "ids beside studios__depth"),
    ("Scene", {"studio__parent_studio__name": "x"}, 'parents="..."'),
    ("Scene", {"width__gte": 1920}, "Did you mean resolution?"),
    ("Scene", {"last_played": "2024"}, "Did you mean last_played_at?"),
    ("Scene", {"is_missing": "everything"}, "one of url, galleries"),
    ("Performer", {"scenes": [1]}, "scenes__..."),
    ("SceneMarker", {"title": "x"}, "test the loaded objects"),
    ("SceneMarker", {"primary_tag": 1}, "Did you mean tags?"),
]


@table_test(("owner", "written", "words"), SAID, ids=[str(row[1]) for row in SAID])
def test_error_names_the_right_spelling(owner: str, written: dict[str, Any], words: str) -> None:
    with pytest.raises(StashUsageError) as caught:
        compile_lookups(owner, written, now=NOW)
    output = f"{caught.value.message} {caught.value.hint or ''}"
    assert words in output
    assert "\n" not in output
    assert caught.value.hint is None or f"Hint: {caught.value.hint}" in caught.value.__notes__


@pytest.mark.parametrize("name", ["title", "rating100", "date", "created_at", "tags"])
def test_empty_list_matches_nothing(name: str) -> None:
    if name == "tags":
        with pytest.raises(StashUsageError, match="at least one id"):
            compile_lookups("Scene", {"tags__in": []})
        return
    compiled = compile_lookups("Scene", {f"{name}__in": []})
    assert compiled.filter
    assert compiled.post_filter is None
