"""Pages of the site that are derived from the code, and the navigation of `mkdocs.yml`."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from library_pages import library_pages, table

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
NAVIGATION = {
    "Start": "installing tutorial connections doctor completion",
    "Guides": "finding query-language saved-filters output editing editing-and-undo renaming housekeeping"
    " filling scraping sidecars import-export jobs scripting plugins rehearsing mirror serving cookbook",
    "Python": "library library-lookups python/*",
    "Reference": "errors exit-status environment compatibility migrating",
    "Commands": "reference/*",
    "Project": "architecture contributing releasing security",
}
"""Sections of the site and the names of their pages, where they exist; other guides follow in `Guides`."""


def site_pages() -> Iterator[tuple[Path, str]]:
    """All derived pages; `mkdocs.yml` last, which lists them."""
    from stash_cli.commands.topics import TOPICS

    yield DOCS / "environment.md", topic_page("Environment variables", TOPICS["environment"])
    yield DOCS / "exit-status.md", topic_page("Exit statuses", TOPICS["exit-status"])
    yield DOCS / "compatibility.md", compatibility()
    yield from project_pages()
    yield from library_pages()


def project_pages() -> Iterator[tuple[Path, str]]:
    """The files of the project that the site has, too, with their links led from `docs/`."""
    for name in ("CONTRIBUTING", "SECURITY"):
        text = (ROOT / f"{name}.md").read_text(encoding="utf-8")
        yield DOCS / f"{name.lower()}.md", text.replace("](docs/", "](")


def topic_page(title: str, topic: str) -> str:
    """A topic of `stash help` as a page: its columns as a table, all else as paragraphs."""
    found = []
    for part in topic.rstrip().split("\n\n"):
        rows = [re.split(r"  +", line.strip(), maxsplit=1) for line in part.splitlines() if line[:1] == " "]
        if rows and all(len(row) > 1 for row in rows):
            found.append(table(("", ""), ((f"`{name}`", text.replace("|", "\\|")) for name, text in rows)))
        else:
            found.append(part)
    return f"# {title}\n\n" + "\n\n".join(found) + "\n"


COMPATIBILITY = """\
# Compatibility

`stash` works with Stash {oldest} and newer. This page lists what was added after {oldest}. It is generated
from the tables that the program uses. `stash explain NAME` shows the same for one name, and `stash doctor`
for the server.

| what an older server lacks | what happens |
|---|---|
| a field of an object | it is left out of the answer, with one warning |
| a field of an input or filter, an operation | error with status 7, which names the release that has it |
| merging performers, bulk updates of tags, studios and markers | done with older operations |
| counting plays and o | done with older operations, without times |
| a new name or shape: groups were movies before 0.27, `urls` was one `url` | translated in both directions |

With a server newer than this program, everything works that the server still supports. The program does
not request its new fields.
"""


def compatibility() -> str:
    """The page of what works on which release."""
    from stash_cli.core.doctor.server import OLDEST

    parts = [COMPATIBILITY.format(oldest=OLDEST)]
    for release, found in by_release():
        rows = [(title, ", ".join(f"`{name}`" for name in names)) for title, names in found.items()]
        parts.append(f"## Since {release}\n\n{table(('part', 'names'), rows)}\n")
    return "\n".join(parts)


def by_release() -> list[tuple[str, dict[str, list[str]]]]:
    """Each release after the oldest, the newest first, with what it brought."""
    from stash_cli.core.doctor.server import OLDEST
    from stash_cli.core.graphql.releases import number, since

    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for title, shown, name in parts_of_the_api():
        release = since(name)
        if release and number(release) > number(OLDEST) and shown not in found[release][title]:
            found[release][title].append(shown)
    return [(release, found[release]) for release in sorted(found, key=number, reverse=True)]


def parts_of_the_api() -> Iterator[tuple[str, str, str]]:
    """Heading, the name that users know, and the API's name: commands, operations, filters and fields."""
    from stash_cli.core.types.api import describe_api
    from stash_cli.core.types.entities import ENTITIES

    api = describe_api()
    for command, operation in oldest_operations().items():
        yield "commands", f"stash {command}", operation
    for operation in (*api.queries, *api.mutations, *api.subscriptions):
        yield "operations", operation, operation
    for title, ending in (("filters", "FilterType"), ("fields", "")):
        for name, entity in ENTITIES.items():
            declared = api.types.get(f"{name}{ending}")
            for field in declared.fields if declared else ():
                yield f"{title} of {entity.plural}", field, f"{_older(name, ending, field)}{ending}.{field}"


def _older(name: str, ending: str, field: str) -> str:
    """The type that had a field first: most fields of groups were those of movies."""
    from stash_cli.core.graphql.releases import older_name
    from stash_cli.core.types.api import describe_api

    older = older_name(name)
    declared = describe_api().types.get(f"{older}{ending}")
    return older if declared and field in declared.fields else name


def oldest_operations() -> dict[str, str]:
    """Commands, and the operation of each that came first: with that one a part of the command works."""
    from stash_cli.core.graphql.releases import number, since

    oldest: dict[str, str] = {}
    for operation, command in commands_of_operations().items():
        if operation in _REPLACED:
            continue
        kept = oldest.setdefault(command, operation)
        if number(since(operation) or "0") < number(since(kept) or "0"):
            oldest[command] = operation
    return {command: operation for command, operation in oldest.items() if command != "api"}


_REPLACED = ("performerMerge",)
"""Operations that a command replaces by older ones where the server lacks them."""


def commands_of_operations() -> dict[str, str]:
    """The command that sends an operation, from the table that a guard holds against the commands."""
    source = (ROOT / "tests" / "guards" / "test_guard_operations.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMANDS":
            found: dict[str, str] = ast.literal_eval(node.value)
            return found
    raise ValueError("test_guard_operations.py has no table COMMANDS")


MARK = "# The rest is written by scripts/generate.\n"


def navigation() -> tuple[Path, str]:
    """`mkdocs.yml` with the pages that there are."""
    path = ROOT / "mkdocs.yml"
    head, mark, _ = path.read_text(encoding="utf-8").partition(MARK)
    listed = {name for names in NAVIGATION.values() for name in names.split()}
    more = sorted({page.stem for page in DOCS.glob("*.md")} - listed - {"index"})
    lines = ["nav:", "  - index.md"]
    for section, names in NAVIGATION.items():
        pages = [
            page for name in [*names.split(), *(more if section == "Guides" else ())] for page in found(name)
        ]
        lines += [f"  - {section}:", *(f"      - {page}" for page in pages)]
    return path, head + mark + "\n".join(lines) + "\n"


def found(name: str) -> list[str]:
    """The pages of a name, where `*` stands for all of a folder, its index first."""
    pages = sorted(DOCS.glob(f"{name}.md"), key=lambda page: (page.stem != "README", page.stem))
    return [page.relative_to(DOCS).as_posix() for page in pages]
