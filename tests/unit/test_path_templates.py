"""Path templates: folders, file names, and paths of other systems."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashTemplateError
from stash_cli.core.renames.plan import RenamePlan, Target
from stash_cli.core.renames.targets import Naming
from stash_cli.core.renames.template import PathTemplate

NETWORK = {"name": "Net: work", "parent_studio": None}
ROW: dict[str, Any] = {
    "id": "7",
    "title": "A/B\x1fC",
    "date": "2024-05",
    "code": "",
    "studio": {"name": "Acme/x", "parent_studio": NETWORK},
    "performers": [{"name": "Al"}, {"name": "Bo/b"}],
    "files": [{"id": "1", "path": "C:\\media\\in\\a.b.MP4", "basename": "a.b.MP4"}],
}

PATHS = [
    ("{{ title }}", ["A-B C"]),
    ("{{ studio | studio_path }}/{{ title }}", ["Net - work", "Acme-x", "A-B C"]),
    ("{{ studio | studio_path ~ '/' }}{{ title }}", ["Net - work-Acme-x-A-B C"]),
    ("{{ studio.name | opt('', '/') }}{{ code | opt('', '/') }}{{ title }}", ["Acme-x", "A-B C"]),
    ("{{ title | opt(studio.name) }}", ["Acme-xA-B C"]),
    ("{{ performers | join('/') }}", ["Al-Bo-b"]),
    ("{% for p in performers %}{{ p.name }}/{% endfor %}x", ["Al", "Bo-b", "x"]),
    (" {{ date }} /\n{{ title }} ", ["2024-05", "A-B C"]),
    ("aux/{{ 'con' }}.x", ["aux_", "con_.x"]),
]


@table_test("source, parts", PATHS)
def test_only_template_text_creates_folders(source: str, parts: list[str]) -> None:
    assert PathTemplate(source, "Scene").parts(ROW) == parts


@table_test(
    "source",
    ["", " ", "/a", "a/", "a//b", "a:b", "a\\b", "{{ title }}?", "{{ x }}", "{{ title | opt('?') }}"],
)
def test_invalid_path_templates_are_rejected(source: str) -> None:
    with pytest.raises(StashTemplateError):
        PathTemplate(source, "Scene")


@table_test("source", ["{{ code }}", "{{ code }}/x", "x/{{ '..' }}", "../x", "./x"])
def test_empty_names_are_rejected_without_a_fallback(source: str) -> None:
    with pytest.raises(StashTemplateError):
        PathTemplate(source, "Scene").parts(ROW)
    assert "none" in PathTemplate(source, "Scene").parts(ROW, empty="none")


def test_windows_paths() -> None:
    naming = Naming(PathTemplate("{{ studio | studio_path }}/{{ title }}", "Scene"), ["D:\\", "C:\\media"])
    with closing(RenamePlan()) as plan:
        plan.add(each for each in naming.of(ROW) if isinstance(each, Target))
        plan.use_existing_case(["C:\\media", "C:\\MEDIA\\net - work"])
        plan.resolve("fail", 255)
        [move] = plan.moves()
    assert move.target == "C:\\MEDIA\\net - work\\Acme-x\\A-B C.MP4"
