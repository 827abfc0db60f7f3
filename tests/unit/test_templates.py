"""Output templates: rendering, requested fields, and invalid templates."""

from __future__ import annotations

import time
from typing import Any

import pytest
from table_tests import table_test

from stash_cli.core.errors import StashTemplateError
from stash_cli.core.templates import Template

ROW: dict[str, Any] = {
    "id": "7",
    "title": "",
    "date": "2024-03",
    "organized": True,
    "rating100": 80,
    "created_at": "2024-05-06T10:11:12+02:00",
    "studio": None,
    "tags": [],
    "files": [
        {
            "basename": "Foo Bar.x.mp4",
            "path": "/a/b/Foo Bar.x.mp4",
            "width": 1080,
            "height": 1920,
            "duration": 3723.4,
            "size": 1_400_000_000,
        }
    ],
    "performers": [
        {"id": "1", "name": "Alice", "tags": [{"name": "t"}]},
        {"id": "2", "name": "Bob", "tags": []},
    ],
    "custom_fields": {"a b": 5},
}

RENDERED = [
    ("{{ title }}|{{ studio.name }}|{{ tags[3].name }}|{{ tags | first }}", "|||"),
    ("{{ title or files[0].basename | stem }}", "Foo Bar.x"),
    ("{{ files[0].path | stem }}{{ files[0].path | suffix }}{{ title | suffix }}", "Foo Bar.x.mp4"),
    ("{{ 'C:\\\\x\\\\.y.tar' | stem }} {{ '.hidden' | stem }}{{ '.hidden' | suffix }}", ".y .hidden"),
    ("{{ performers }} {{ performers.name }} {{ performers.tags.name }}", "Alice, Bob Alice, Bob t"),
    ("{{ performers | join(' & ') }}{{ tags | join(', ') }}", "Alice & Bob"),
    (
        "{% for p in performers %}{{ loop.index }}{{ p.name }}{{ ',' if not loop.last }}{% endfor %}",
        "1Alice,2Bob",
    ),
    ("{{ performers | map(attribute='name') | map('upper') | join('+') }}", "ALICE+BOB"),
    ("{{ performers | selectattr('name', 'eq', 'Bob') | map(attribute='name') | length }}", "1"),
    ("{{ performers | sort(attribute='name', reverse=true) | limit(1) }}", "Bob"),
    (
        "{{ date | date('%Y') }} {{ date | date('%m/%y') }}{{ date | date('%Y-%m-%d') | opt(' (', ')') }}",
        "2024 03/24",
    ),
    ("{{ '0099' | date('%Y') }} {{ created_at | date('%d.%m.%Y %H:%M') }}", "0099 06.05.2024 10:11"),
    (
        "{{ files[0] | resolution }} {{ files[0].width | resolution }} {{ 2160 | resolution }}",
        "1080p 1080p 4k",
    ),
    ("{{ files[0].duration | duration }} {{ files[0].size | size }}", "1:02:03 1.4 GB"),
    ("{{ 'Ärger über Straße / 日本 が' | slug }}", "arger-uber-strasse-日本-が"),
    ("{{ title | default('none') }} {{ studio.name | opt('[', ']') }}{{ rating100 | opt('r') }}", "none r80"),
    ("{{ custom_fields['a b'] }}{{ custom_fields.other }}", "5"),
    ("{{ '%03d' | format(rating100) }} {{ '%03d' % rating100 }} {{ rating100 / 20 }}", "080 080 4"),
    ("{{ files[0].basename[:3] }}{{ title[:3] }} {{ files[0].basename.split(' ')[0].upper() }}", "Foo FOO"),
    ("{{ title.upper() }}{{ title | upper | replace('a', 'b') | truncate(3) }}{{ studio | upper }}", ""),
    ("{{ organized }} {{ 2.5 }} {{ 30.0 }} {{ 2.567 | round(1) }} {{ 2.5 | round }}", "true 2.5 30 2.6 2"),
    ("{% set who = performers[0] %}{{ who.name ~ '-' ~ rating100 }}{% if x is defined %}{% endif %}", None),
    ("{% set who = performers[0] %}{{ who.name ~ '-' ~ rating100 }}", "Alice-80"),
    ("{# a comment #}{% raw %}{{ x }}{% endraw %} plain\n", "{{ x }} plain\n"),
]


@table_test("source, expected", RENDERED)
def test_template_is_rendered(source: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(StashTemplateError):
            Template(source, "Scene")
    else:
        assert Template(source, "Scene").render(ROW) == expected


PATHS = [
    ("plain", []),
    ("{{ title }} {{ title | upper }}", ["title"]),
    ("{{ studio.name }}{{ studio['name'] }}{{ files[0].basename }}", ["studio.name", "files.basename"]),
    ("{% for p in performers %}{{ p.name }}{% for t in p.tags %}{{ t.name }}{% endfor %}{% endfor %}",
     ["performers.name", "performers.tags.name"]),
    ("{% for p in performers %}x{% endfor %}{{ tags | length }}", ["tags", "performers"]),
    ("{{ performers | map(attribute='name') | join }}", ["performers.name"]),
    ("{{ performers | selectattr('favorite') | first }}", ["performers.favorite", "performers"]),
    ("{{ (studio or performers[0]).name }}", ["studio.name", "performers.name"]),
    ("{% set s = studio if organized else performers | first %}{{ s.name }}",
     ["organized", "studio.name", "performers.name"]),
    ("{{ files[0] | resolution }}", ["files.width", "files.height"]),
    ("{{ custom_fields.height }}{{ title.split('-')[0] }}", ["custom_fields", "title"]),
    ("{{ groups[0].group.name }}{{ paths.screenshot }}", ["groups.group.name", "paths.screenshot"]),
]  # fmt: skip


@table_test("source, expected", PATHS)
def test_only_fields_of_the_template_are_requested(source: str, expected: list[str]) -> None:
    assert Template(source, "Scene").paths == expected


def test_fields_of_one_file_type_are_found() -> None:
    found = Template("{{ visual_files[0].duration }}{{ visual_files[0].path }}", "Image")
    assert found.paths == ["visual_files.duration", "visual_files.path"]


WRONG = [
    ("{{ titel }}", "Scene has no field 'titel'. Did you mean title?"),
    ("{{ studio.nmae }}", "Studio has no field 'nmae'. Did you mean name?"),
    ("{{ performers | map(attribute='nam') | join }}", "Performer has no field 'nam'. Did you mean name?"),
    ("{{ custom.height }}", "Scene has no field 'custom'. Did you mean custom_fields?"),
    ("{{ title | stm }}", "There is no filter 'stm'. Did you mean sum or stem?"),
    ("{{ title", "The template is not valid: unexpected end of template"),
    ("a\nb {% if %}", "(line 2)."),
    ("{{ lipsum() }}", "There is no function 'lipsum'."),
    ("{{ title.format(1) }}", "Only methods of texts and maps can be called."),
    ("{{ title.__class__ }}", "There is no field '__class__'."),
    ("{% include 'x' %}", "A template cannot use include."),
    ("{% macro a() %}{% endmacro %}", "A template cannot use macro."),
    ("{{ 9**9 }}", "A template cannot use **."),
    ("{{ self }}", "Scene has no field 'self'."),
    ("{{ performers | map(attribute=title) }}", "map: the attribute has to be a text"),
    ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "it cannot be compiled"),
    ("{{ " + "1+" * 500 + "1 }}", "more than 40 levels"),
    ("x" * 20_001, "more than 20,000 characters"),
]


@table_test("source, message", WRONG, ids=lambda text: text[:30])
def test_invalid_template_is_rejected_before_use(source: str, message: str) -> None:
    with pytest.raises(StashTemplateError) as caught:
        Template(source, "Scene")
    assert message in str(caught.value)
    assert caught.value.exit_status == 2


RUNAWAY = [
    "{% for i in range(1000) %}{% for j in range(1000) %}{{ i }}{% endfor %}{% endfor %}",
    "{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}",
    "{{ range(100000) }}",
    "{{ 'a' * 10000000 }}{{ [1] * 10000000 }}",
    "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 40,
    "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a + a %}" * 40,
    "{% set a = [1, 2] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}",
    "{% set a = 9 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "{{ ('a' * 1000).replace('a', 'b' * 9000) }}",
    "{{ 'a' * 1000 | replace('a', 'b' * 99999) | replace('b', 'c' * 9999) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%*d' | format(1000000000, 1) }}",
    "{{ '%.1000000000f' | format(1) }}",
    "{{ 1.5 | round(1000000000) }}",
    "{% for i in range(100) %}{{ 'a' * 90000 }}{% endfor %}",
]


@table_test("source", RUNAWAY, ids=lambda text: text[:40])
def test_endless_template_is_stopped(source: str) -> None:
    started = time.process_time()
    with pytest.raises(StashTemplateError):
        Template(source, "Scene").render(ROW)
    assert time.process_time() - started < 2


FAILING = [
    ("{{ custom_fields.items }}", "items is called: write () behind it."),
    ("{{ files[0].basename.upper }}", "upper is called: write () behind it."),
    ("{{ files[0].basename | date }}", "date: 'Foo Bar.x.mp4' is not a date."),
    ("{{ 1 / 0 }}", "The template fails: division by zero."),
    ("{{ title + 1 }}", "The template fails: "),
    ("{{ performers | limit(-1) }}", "limit: takes a number from 0 on."),
]


@table_test("source, message", FAILING)
def test_invalid_value_is_an_error_of_its_object(source: str, message: str) -> None:
    with pytest.raises(StashTemplateError) as caught:
        Template(source, "Scene").render(ROW)
    assert message in str(caught.value)


def test_template_of_unknown_rows_names_missing_fields() -> None:
    assert Template("{{ a.b }}").render({"a": {"b": 1}}) == "1"
    with pytest.raises(StashTemplateError, match=r"no field 'titel'. Did you mean title\?"):
        Template("{{ titel }}").render({"title": "x"})
    with pytest.raises(StashTemplateError, match=r"no field 'bb'"):
        Template("{{ a.bb }}").render({"a": {"b": 1}})


def test_template_cannot_modify_the_object() -> None:
    row = {"tags": [{"name": "a"}, {"name": "b"}], "custom_fields": {"x": 1}}
    Template(
        "{{ tags | reverse }}{{ tags | sort(attribute='name') }}{{ custom_fields.keys() }}", "Scene"
    ).render(row)
    assert row == {"tags": [{"name": "a"}, {"name": "b"}], "custom_fields": {"x": 1}}
    with pytest.raises(StashTemplateError):
        Template("{{ custom_fields.pop('x') }}", "Scene")
